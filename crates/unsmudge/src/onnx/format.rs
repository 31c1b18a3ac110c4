//! The ONNX messages of a graph, with the field numbers of onnx.proto. `graph` and `tabular` build
//! graphs from them.

use super::wire::Message;
use super::{IR_VERSION, OPSET, Port};

/// Type numbers of tensors and attributes in onnx.proto.
pub(super) const FLOAT: u64 = 1;
const INT64: u64 = 7;
const BOOL: u64 = 9;
pub(super) const DOUBLE: u64 = 11;
const ATTRIBUTE_INT: u64 = 2;
const ATTRIBUTE_INTS: u64 = 7;

/// What constants consist of.
pub(super) trait Value: Copy {
    /// The type number of tensors of it.
    const TYPE: u64;

    /// Adds its bytes, little-endian.
    fn put(self, bytes: &mut Vec<u8>);
}

impl Value for f32 {
    const TYPE: u64 = FLOAT;

    fn put(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }
}

impl Value for f64 {
    const TYPE: u64 = DOUBLE;

    fn put(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }
}

impl Value for usize {
    const TYPE: u64 = INT64;

    fn put(self, bytes: &mut Vec<u8>) {
        bytes.extend((self as u64).to_le_bytes());
    }
}

impl Value for bool {
    const TYPE: u64 = BOOL;

    fn put(self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(self));
    }
}

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
    let attributes = attributes.iter().map(|(name, value)| whole(name, *value));
    node_of(operator, inputs, &[output], attributes)
}

/// NodeProto, named by its first output.
pub(super) fn node_of<'a>(
    operator: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: impl IntoIterator<Item = Message<'a>>,
) -> Message<'a> {
    let texts = |node, field, texts: &[&str]| {
        texts.iter().fold(node, |node: Message<'a>, text| node.text(field, text))
    };
    let node = texts(texts(Message::default(), 1, inputs), 2, outputs);
    let node = texts(node, 3, &outputs[..1]).text(4, operator);
    node.messages(5, attributes)
}

/// AttributeProto of a whole number.
pub(super) fn whole<'a>(name: &str, value: u64) -> Message<'a> {
    Message::default().text(1, name).number(3, value).number(20, ATTRIBUTE_INT)
}

/// AttributeProto of several whole numbers.
pub(super) fn wholes<'a>(name: &str, values: &[u64]) -> Message<'a> {
    let attribute = Message::default().text(1, name);
    let attribute = values.iter().fold(attribute, |attribute, value| attribute.number(8, *value));
    attribute.number(20, ATTRIBUTE_INTS)
}

/// TensorProto with its values in the file; a scalar if `shape` is empty.
pub(super) fn tensor<'a>(name: &str, shape: &[usize], values: &'a [f32]) -> Message<'a> {
    sized(shape).number(2, FLOAT).text(8, name).floats(9, values)
}

/// TensorProto with its values, which are few, copied.
pub(super) fn constant<'a, T: Value>(name: &str, shape: &[usize], values: &[T]) -> Message<'a> {
    let mut bytes = Vec::with_capacity(size_of_val(values));
    values.iter().for_each(|value| value.put(&mut bytes));
    sized(shape).number(2, T::TYPE).text(8, name).raw(9, &bytes)
}

fn sized<'a>(shape: &[usize]) -> Message<'a> {
    shape.iter().fold(Message::default(), |tensor, size| tensor.number(1, *size as u64))
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
