//! A reader of ONNX files, written from onnx.proto and the text of its operators
//! and from nothing of ours: what is not as it has to be fails the test.

pub mod arithmetic;
pub mod case;

use std::collections::BTreeMap;

/// ModelProto.
pub struct File {
    pub ir_version: u64,
    pub producer: [String; 2],
    pub operators: (String, u64),
    pub metadata: BTreeMap<String, String>,
    pub graph: Graph,
}

/// GraphProto.
pub struct Graph {
    pub nodes: Vec<Node>,
    pub tensors: Vec<(String, Tensor)>,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
}

/// NodeProto.
pub struct Node {
    pub operator: String,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    pub attributes: BTreeMap<String, Vec<u64>>,
}

/// TensorProto; numbers of all types as f32.
#[derive(Debug, PartialEq)]
pub struct Tensor {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// ValueInfoProto: its name, type and sizes.
#[derive(Debug, PartialEq)]
pub struct Port {
    pub name: String,
    pub element: &'static str,
    pub shape: Vec<String>,
}

pub fn read(bytes: &[u8]) -> File {
    let file = Fields::of(bytes, &[1, 2, 3, 7, 8, 14]);
    let operators = Fields::of(file.bytes(8), &[1, 2]);
    let metadata = file.all(14).into_iter().map(|entry| {
        let entry = Fields::of(entry, &[1, 2]);
        (entry.text(1), entry.text(2))
    });
    File {
        ir_version: file.number(1),
        producer: [file.text(2), file.text(3)],
        operators: (operators.text(1), operators.number(2)),
        metadata: metadata.collect(),
        graph: graph(file.bytes(7)),
    }
}

fn graph(bytes: &[u8]) -> Graph {
    let graph = Fields::of(bytes, &[1, 2, 5, 11, 12]);
    assert!(!graph.text(2).is_empty(), "a graph needs a name");
    Graph {
        nodes: graph.all(1).into_iter().map(node).collect(),
        tensors: graph.all(5).into_iter().map(tensor).collect(),
        inputs: graph.all(11).into_iter().map(port).collect(),
        outputs: graph.all(12).into_iter().map(port).collect(),
    }
}

fn node(bytes: &[u8]) -> Node {
    let node = Fields::of(bytes, &[1, 2, 3, 4, 5]);
    let attributes = node.all(5).into_iter().map(|attribute| {
        let attribute = Fields::of(attribute, &[1, 3, 8, 20]);
        let values = match attribute.number(20) {
            2 => vec![attribute.number(3)], // AttributeProto.INT
            7 => attribute.numbers(8),      // AttributeProto.INTS
            other => panic!("attribute type {other}"),
        };
        (attribute.text(1), values)
    });
    Node {
        operator: node.text(4),
        inputs: node.all(1).into_iter().map(text).collect(),
        outputs: node.all(2).into_iter().map(text).collect(),
        attributes: attributes.collect(),
    }
}

fn tensor(bytes: &[u8]) -> (String, Tensor) {
    let tensor = Fields::of(bytes, &[1, 2, 8, 9]);
    let shape: Vec<usize> = tensor.numbers(1).iter().map(|n| *n as usize).collect();
    let bytes = tensor.bytes(9);
    let values = match tensor.number(2) {
        1 => numbers(bytes, f32::from_le_bytes),
        7 => numbers(bytes, |bytes| i64::from_le_bytes(bytes) as f32),
        9 => numbers(bytes, |[byte]| f32::from(byte)),
        11 => numbers(bytes, |bytes| f64::from_le_bytes(bytes) as f32),
        other => panic!("element type {other}"),
    };
    assert_eq!(values.len(), shape.iter().product::<usize>(), "{shape:?}");
    (tensor.text(8), Tensor { shape, values })
}

fn numbers<const N: usize>(bytes: &[u8], of: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (values, rest) = bytes.as_chunks::<N>();
    assert!(rest.is_empty());
    values.iter().map(|bytes| of(*bytes)).collect()
}

fn port(bytes: &[u8]) -> Port {
    let port = Fields::of(bytes, &[1, 2]);
    let kind = Fields::of(port.bytes(2), &[1]);
    let tensor = Fields::of(kind.bytes(1), &[1, 2]);
    let element = match tensor.number(1) {
        1 => "float32",
        7 => "int64",
        other => panic!("element type {other}"),
    };
    let shape = Fields::of(tensor.bytes(2), &[1]);
    let sizes = shape.all(1).into_iter().map(|size| match Fields::of(size, &[1, 2]) {
        size if size.is_there(1) => size.number(1).to_string(),
        size => size.text(2),
    });
    Port { name: port.text(1), element, shape: sizes.collect() }
}

/// The fields of a message in order, which must be of these numbers.
struct Fields<'a>(Vec<(u64, Value<'a>)>);

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    fn of(mut bytes: &'a [u8], known: &[u64]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let tag = varint(&mut bytes);
            assert!(known.contains(&(tag >> 3)), "field {} is not one of {known:?}", tag >> 3);
            let value = match tag & 7 {
                0 => Value::Number(varint(&mut bytes)),
                2 => {
                    let length = varint(&mut bytes) as usize;
                    let (value, rest) = bytes.split_at(length);
                    bytes = rest;
                    Value::Bytes(value)
                }
                other => panic!("wire type {other}"),
            };
            fields.push((tag >> 3, value));
        }
        Self(fields)
    }

    fn is_there(&self, field: u64) -> bool {
        self.0.iter().any(|(number, _)| *number == field)
    }

    fn numbers(&self, field: u64) -> Vec<u64> {
        let found = self.0.iter().filter(|(number, _)| *number == field);
        let found = found.map(|(_, value)| match value {
            Value::Number(value) => *value,
            Value::Bytes(_) => panic!("field {field} is no number"),
        });
        found.collect()
    }

    fn all(&self, field: u64) -> Vec<&'a [u8]> {
        let found = self.0.iter().filter(|(number, _)| *number == field);
        let found = found.map(|(_, value)| match value {
            Value::Bytes(value) => *value,
            Value::Number(_) => panic!("field {field} is a number"),
        });
        found.collect()
    }

    fn number(&self, field: u64) -> u64 {
        one(&self.numbers(field), field)
    }

    fn bytes(&self, field: u64) -> &'a [u8] {
        one(&self.all(field), field)
    }

    fn text(&self, field: u64) -> String {
        text(self.bytes(field))
    }
}

fn one<T: Copy>(found: &[T], field: u64) -> T {
    assert_eq!(found.len(), 1, "field {field}");
    found[0]
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        shift += 7;
        if first & 0x80 == 0 {
            return value;
        }
    }
}
