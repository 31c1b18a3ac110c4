//! A graph while it is built: nodes of any operator, whose values are named by who adds them, and
//! constants.

use super::format::{self, Value};
use super::wire::Message;
use std::collections::BTreeSet;

/// Nodes in topological order, and tensors.
#[derive(Default)]
pub(super) struct Builder<'a> {
    pub nodes: Vec<Message<'a>>,
    pub initializers: Vec<Message<'a>>,
    constants: BTreeSet<String>,
}

impl<'a> Builder<'a> {
    /// Adds a node.
    pub fn node(&mut self, operator: &str, inputs: &[&str], output: &str) {
        self.nodes.push(format::node(operator, inputs, output, &[]));
    }

    /// Adds a node with attributes that are whole numbers.
    pub fn node_with(
        &mut self,
        operator: &str,
        inputs: &[&str],
        output: &str,
        attributes: &[(&str, u64)],
    ) {
        self.nodes.push(format::node(operator, inputs, output, attributes));
    }

    /// Adds a node whose second input is a vector.
    pub fn by<T: Value>(&mut self, operator: &str, input: &str, values: &[T], output: &str) {
        let name = format!("{output}.by");
        self.constant(&name, &[values.len()], values);
        self.node(operator, &[input, &name], output);
    }

    /// These columns of a matrix.
    pub fn pick(&mut self, input: &str, columns: &[usize], output: &str) {
        let name = format!("{output}.columns");
        self.constant(&name, &[columns.len()], columns);
        self.node_with("Gather", &[input, &name], output, &[("axis", 1)]);
    }

    /// Values of another type.
    pub fn cast(&mut self, input: &str, element: u64, output: &str) {
        self.node_with("Cast", &[input], output, &[("to", element)]);
    }

    /// Adds an axis of one element.
    pub fn unsqueeze(&mut self, input: &str, axis: usize, output: &str) {
        let name = format!("axis.{axis}");
        self.constant(&name, &[1], &[axis]);
        self.node("Unsqueeze", &[input, &name], output);
    }

    /// Parts of these sizes along an axis.
    pub fn split(&mut self, input: &str, sizes: &[usize], axis: u64, outputs: &[&str]) {
        let texts: Vec<String> = sizes.iter().map(ToString::to_string).collect();
        let name = format!("sizes.{}", texts.join("."));
        self.constant(&name, &[sizes.len()], sizes);
        let axis = format::whole("axis", axis);
        self.nodes.push(format::node_of("Split", &[input, &name], outputs, [axis]));
    }

    /// Parts side by side along an axis.
    pub fn concat(&mut self, inputs: &[&str], axis: u64, output: &str) {
        self.node_with("Concat", inputs, output, &[("axis", axis)]);
    }

    /// The matrix of each row, transposed.
    pub fn transpose(&mut self, input: &str, output: &str) {
        let order = format::wholes("perm", &[0, 2, 1]);
        self.nodes.push(format::node_of("Transpose", &[input], &[output], [order]));
    }

    /// A constant, which is added only once.
    pub fn constant<T: Value>(&mut self, name: &str, shape: &[usize], values: &[T]) {
        if self.constants.insert(name.into()) {
            self.initializers.push(format::constant(name, shape, values));
        }
    }

    /// Weights, which are not copied.
    pub fn weights(&mut self, name: &str, shape: &[usize], values: &'a [f32]) {
        self.initializers.push(format::tensor(name, shape, values));
    }
}
