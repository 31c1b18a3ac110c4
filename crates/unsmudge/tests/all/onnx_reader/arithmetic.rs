//! What a graph computes, in f64 and plain loops, node after node: a node that takes what is not
//! there yet fails the test.

use super::{Graph, Node, Tensor};
use std::collections::BTreeMap;

/// Rows of numbers; whole numbers too.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub n_columns: usize,
    pub values: Vec<f64>,
}

impl Table {
    pub fn new(n_columns: usize, values: &[f32]) -> Self {
        Self { n_columns, values: values.iter().map(|value| f64::from(*value)).collect() }
    }

    fn of(tensor: &Tensor) -> Self {
        Self::new(tensor.shape.last().copied().unwrap_or(1), &tensor.values)
    }

    fn rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.n_columns)
    }

    fn map(&self, of: impl Fn(f64) -> f64) -> Self {
        Self { values: self.values.iter().map(|value| of(*value)).collect(), ..self.clone() }
    }

    fn each_row(&self, of: impl Fn(&[f64]) -> Vec<f64>) -> Self {
        let values: Vec<f64> = self.rows().flat_map(of).collect();
        Self { n_columns: values.len() / self.rows().len(), values }
    }

    /// With one number for all, or one for each column.
    fn with(&self, other: &Self, of: impl Fn(f64, f64) -> f64) -> Self {
        assert!([1, self.n_columns].contains(&other.values.len()), "{other:?}");
        let others = other.values.iter().cycle();
        let both = self.values.iter().zip(others);
        Self { values: both.map(|(a, b)| of(*a, *b)).collect(), ..self.clone() }
    }
}

/// The values of all outputs, by name.
pub fn run(graph: &Graph, input: Table) -> BTreeMap<String, Table> {
    let mut values: BTreeMap<String, Table> =
        graph.tensors.iter().map(|(name, tensor)| (name.clone(), Table::of(tensor))).collect();
    values.insert(graph.inputs[0].name.clone(), input);
    for node in &graph.nodes {
        let inputs: Vec<&Table> = node
            .inputs
            .iter()
            .map(|name| values.get(name).unwrap_or_else(|| panic!("no {name} yet")))
            .collect();
        let output = output(node, &inputs);
        let [name] = &node.outputs[..] else { panic!("outputs {:?}", node.outputs) };
        assert!(values.insert(name.clone(), output).is_none(), "{name} twice");
    }
    let names = graph.outputs.iter().map(|port| port.name.clone());
    names.map(|name| (name.clone(), values[&name].clone())).collect()
}

fn output(node: &Node, inputs: &[&Table]) -> Table {
    let allowed: &[(&str, u64)] = match node.operator.as_str() {
        "Gemm" => &[("transB", 1)],
        "ArgMax" => &[("axis", 1), ("keepdims", 0)],
        _ => &[],
    };
    for (name, value) in &node.attributes {
        let is_allowed = allowed.iter().any(|of| of.0 == name && *value == [of.1]);
        assert!(is_allowed, "{} with {name} = {value:?}", node.operator);
    }
    match (node.operator.as_str(), inputs) {
        ("Gemm", [x, w, b]) => gemm(x, w, b, node.attributes.contains_key("transB")),
        ("Sub", [x, y]) => x.with(y, |x, y| x - y),
        ("Identity", [x]) => (*x).clone(),
        ("Add", [x, y]) => x.with(y, |x, y| x + y),
        ("Mul", [x, y]) => x.with(y, |x, y| x * y),
        ("Div", [x, y]) => x.with(y, |x, y| x / y),
        ("Clip", [x, least, greatest]) => x.with(least, f64::max).with(greatest, f64::min),
        ("Sigmoid", [x]) => x.map(|a| 1.0 / (1.0 + (-a).exp())),
        ("Tanh", [x]) => x.map(f64::tanh),
        ("Relu", [x]) => x.map(|a| a.max(0.0)),
        ("Softplus", [x]) => x.map(|a| a.exp().ln_1p()),
        ("Softmax", [x]) => x.each_row(|row| {
            let sum: f64 = row.iter().map(|a| a.exp()).sum();
            row.iter().map(|a| a.exp() / sum).collect()
        }),
        ("ArgMax", [x]) => {
            assert_eq!(node.attributes.len(), 2, "by default it would run along columns");
            x.each_row(|row| {
                let most = (0..row.len()).rev().max_by(|i, j| row[*i].total_cmp(&row[*j]));
                vec![most.unwrap() as f64]
            })
        }
        (other, inputs) => panic!("{other} of {} inputs", inputs.len()),
    }
}

/// x w + b, or x wᵀ + b.
fn gemm(x: &Table, w: &Table, b: &Table, is_transposed: bool) -> Table {
    let n_outputs = b.values.len();
    let inner = if is_transposed { w.n_columns } else { w.rows().len() };
    assert_eq!((x.n_columns, inner * n_outputs), (inner, w.values.len()), "Gemm does not fit");
    x.each_row(|row| {
        let weight = |i: usize, j: usize| match is_transposed {
            true => w.values[j * w.n_columns + i],
            false => w.values[i * w.n_columns + j],
        };
        let product = |j: usize| row.iter().enumerate().map(|(i, x)| x * weight(i, j)).sum::<f64>();
        (0..n_outputs).map(|j| product(j) + b.values[j]).collect()
    })
}
