//! The ONNX messages of a graph of dense layers, with the field numbers of onnx.proto. `graph`
//! builds the graph from them.

use super::wire::Message;
use super::{IR_VERSION, OPSET, Port};

/// Type numbers of tensors and attributes in onnx.proto.
const FLOAT: u64 = 1;
const INT64: u64 = 7;
const ATTRIBUTE_INT: u64 = 2;

/// The name of the dimension of variable size.
pub(super) const BATCH: &str = "batch";

/// The whole file: ModelProto.
pub(super) fn model<'a>(graph: Message<'a>, metadata: &[(&str, String)]) -> Message<'a> {
    let entry = |(key, value): &(&str, String)| Message::default().text(1, key).text(2, value);
    Message::default()
        .number(1, IR_VERSION)
        .text(2, "unsmudge") // producer_name
        .text(3, env!("CARGO_PKG_VERSION")) // producer_version
        .message(7, graph)
        .message(8, Message::default().text(1, "").number(2, OPSET)) // OperatorSetIdProto
        .messages(14, metadata.iter().map(entry)) // StringStringEntryProto
}

/// GraphProto. Nodes are in topological order.
pub(super) fn graph<'a>(
    nodes: Vec<Message<'a>>,
    initializers: Vec<Message<'a>>,
    input: &Port,
    outputs: &[Port],
) -> Message<'a> {
    Message::default()
        .messages(1, nodes)
        .text(2, "unsmudge")
        .messages(5, initializers)
        .message(11, value(input))
        .messages(12, outputs.iter().map(value))
}

/// NodeProto, named by its output. Attributes are whole numbers.
pub(super) fn node<'a>(
    operator: &str,
    inputs: &[&str],
    output: &str,
    attributes: &[(&str, u64)],
) -> Message<'a> {
    let attribute = |(name, value): &(&str, u64)| {
        Message::default().text(1, name).number(3, *value).number(20, ATTRIBUTE_INT)
    };
    let node = inputs.iter().fold(Message::default(), |node, input| node.text(1, input));
    let node = node.text(2, output).text(3, output).text(4, operator);
    node.messages(5, attributes.iter().map(attribute))
}

/// TensorProto with its values in the file; a scalar if `shape` is empty.
pub(super) fn tensor<'a>(name: &str, shape: &[usize], values: &'a [f32]) -> Message<'a> {
    let sized = |tensor: Message<'a>, size: &usize| tensor.number(1, *size as u64);
    let tensor = shape.iter().fold(Message::default(), sized);
    tensor.number(2, FLOAT).text(8, name).floats(9, values)
}

/// ValueInfoProto: a matrix with a variable number of rows, or a vector.
fn value<'a>(port: &Port) -> Message<'a> {
    let rows = Message::default().text(2, BATCH); // dim_param
    let columns = port.n_columns.map(|n| Message::default().number(1, n as u64)); // dim_value
    let shape = Message::default().message(1, rows).messages(1, columns);
    let element = if port.is_index() { INT64 } else { FLOAT };
    let tensor = Message::default().number(1, element).message(2, shape);
    let kind = Message::default().message(1, tensor); // TypeProto
    Message::default().text(1, port.name).message(2, kind)
}
