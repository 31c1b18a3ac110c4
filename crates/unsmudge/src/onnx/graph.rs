//! The graph of a model: raw examples are scaled, encoded by the layers, decoded and unscaled; a
//! network, where there is one, is applied to the scaled examples. Values are named like the
//! tensors of a model file, with layers numbered from 1.

use super::Port;
use super::format;
use super::wire::Message;
use crate::activation::Activation;
use crate::encoding::{Scaling, ScalingKind};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::model_file::{Model, layer_name, network_name};
use crate::network::{Network, Task};
use crate::output::Output;
use crate::stack::Stack;

/// The graph of a model, its input and its outputs.
///
/// # Errors
/// [`Error::Shape`] for columns that are not all numbers without missing cells, and when the network has other layers than the
/// stack, which no model file has.
pub(super) fn of(model: &Model) -> Result<(Message<'_>, Port, Vec<Port>)> {
    let (stack, network) = (&model.stack, model.network.as_ref());
    if !stack.encoding().slots().are_columns() {
        let expected = "numbers: tables with categories or missing cells are not exported";
        return Err(Error::shape("columns of the model", expected, "others"));
    }
    let mut graph = Graph { nodes: Vec::new(), initializers: initializers(model) };
    let input = Port::numbers("input", stack.n_inputs());
    let scaled = graph.scale(input.name, stack.encoding().scaling());
    let mut outputs = vec![
        Port::numbers("code", stack.n_hidden()),
        Port::numbers("reconstruction", stack.n_inputs()),
    ];
    // Where there is a network, `code` is the output of its last hidden layer.
    let own_code = network.is_none().then_some("code");
    let code = graph.up(stack, scaled, own_code);
    graph.down(stack, code);
    if let Some(network) = network {
        check_fits(network, stack)?;
        graph.predict(network, scaled);
        outputs.extend(predictions(network.head()));
    }
    Ok((format::graph(graph.nodes, graph.initializers, &input, &outputs), input, outputs))
}

/// The outputs of a head.
fn predictions(head: Task) -> Vec<Port> {
    match head {
        Task::Classes(n) => vec![Port::numbers("probabilities", n), Port::index("class")],
        Task::Labels(n) => vec![Port::numbers("probabilities", n)],
        Task::Regression(n) => vec![Port::numbers("prediction", n)],
    }
}

fn check_fits(network: &Network, stack: &Stack) -> Result<()> {
    let expected: Vec<usize> = stack.layers().iter().map(|layer| layer.n_hidden()).collect();
    let mut found: Vec<usize> = network.layers().iter().map(Layer::n_outputs).collect();
    found.pop(); // the head
    match expected == found && network.encoding() == stack.encoding() {
        true => Ok(()),
        false => Err(Error::shape(
            "hidden layers of the network",
            format!("{expected:?}, on inputs scaled as the stack's"),
            format!("{found:?}"),
        )),
    }
}

/// Names of the tensors used for scaling.
const OFFSET: &str = "layer.1.scaling.offset";
const SPAN: &str = "layer.1.scaling.span";
const BYTE: &str = "scaling.byte";
const ZERO: &str = "scaling.zero";
const ONE: &str = "scaling.one";

/// Every tensor of the model file once, without the ranges of the training data, which the graph
/// does not use; and the constants of the scaling.
fn initializers(model: &Model) -> Vec<Message<'_>> {
    let is_used = |name: &str| !name.contains(".scaling.") || [OFFSET, SPAN].contains(&name);
    let learned = model.tensors().into_iter();
    let learned = learned.filter(|tensor| is_used(&tensor.name) && !tensor.values.is_empty());
    let constants: &[(&str, &[f32])] = match model.stack.encoding().kind() {
        ScalingKind::AsIs | ScalingKind::Standardise => &[],
        ScalingKind::Bytes => &[(BYTE, &[255.0])],
        ScalingKind::Unit => &[(ZERO, &[0.0]), (ONE, &[1.0])],
    };
    learned
        .map(|tensor| format::tensor(&tensor.name, &tensor.shape, tensor.values))
        .chain(constants.iter().map(|(name, value)| format::tensor(name, &[], value)))
        .collect()
}

struct Graph<'a> {
    nodes: Vec<Message<'a>>,
    initializers: Vec<Message<'a>>,
}

impl Graph<'_> {
    fn node(&mut self, operator: &str, inputs: &[&str], output: &str, attributes: &[(&str, u64)]) {
        self.nodes.push(format::node(operator, inputs, output, attributes));
    }

    /// Scales raw cells by the operations of [`Scaling::scale`], except that subnormal numbers are
    /// kept. Returns the name of the scaled inputs.
    fn scale<'n>(&mut self, input: &'n str, scaling: &Scaling) -> &'n str {
        match scaling.kind() {
            ScalingKind::AsIs => return input,
            ScalingKind::Bytes => self.node("Div", &[input, BYTE], "scaled", &[]),
            ScalingKind::Standardise | ScalingKind::Unit => {
                let is_unit = scaling.kind() == ScalingKind::Unit;
                let whole = if is_unit { "unclipped" } else { "scaled" };
                self.node("Sub", &[input, OFFSET], "centred", &[]);
                self.node("Div", &["centred", SPAN], whole, &[]);
                if is_unit {
                    self.node("Clip", &[whole, ZERO, ONE], "scaled", &[]);
                }
            }
        }
        "scaled"
    }

    /// Unscales reconstructions, as [`Scaling::unscale`].
    fn unscale(&mut self, scaled: &str, scaling: &Scaling) {
        match scaling.kind() {
            ScalingKind::AsIs => {} // already raw, and named `reconstruction`
            ScalingKind::Bytes => self.node("Mul", &[scaled, BYTE], "reconstruction", &[]),
            ScalingKind::Standardise | ScalingKind::Unit => {
                self.node("Mul", &[scaled, SPAN], "spread", &[]);
                self.node("Add", &["spread", OFFSET], "reconstruction", &[]);
            }
        }
    }

    /// The encoders; returns the name of the topmost code, which is `name` if one is given.
    fn up(&mut self, stack: &Stack, scaled: &str, name: Option<&str>) -> String {
        let mut below = scaled.to_string();
        for (k, layer) in stack.layers().iter().enumerate() {
            let is_top = k + 1 == stack.layers().len();
            let asked_for = name.filter(|_| is_top);
            let code = asked_for.map_or_else(|| layer_name(k, "code"), String::from);
            let weights = layer_name(k, "encoder.weights");
            let bias = layer_name(k, "encoder.bias");
            let affine = Affine { weights: &weights, transposed: true, bias: &bias };
            self.layer(&below, affine, operator_of(layer.encoder().activation), &code);
            below = code;
        }
        below
    }

    /// The decoders and the unscaling. Tied decoders use the encoder's tensor; without a decoder, the
    /// code is the reconstruction.
    fn down(&mut self, stack: &Stack, code: String) {
        let mut above = code;
        for (k, layer) in stack.layers().iter().enumerate().rev() {
            let is_raw = k == 0 && stack.encoding().kind() == ScalingKind::AsIs;
            let decoded =
                if is_raw { "reconstruction".into() } else { layer_name(k, "reconstruction") };
            if !layer.has_decoder() {
                self.node("Identity", &[&above], &decoded, &[]);
                above = decoded;
                continue;
            }
            let is_tied = layer.is_tied();
            let weights = if is_tied { "encoder.weights" } else { "decoder.weights" };
            let (weights, bias) = (layer_name(k, weights), layer_name(k, "decoder.bias"));
            let affine = Affine { weights: &weights, transposed: !is_tied, bias: &bias };
            self.layer(&above, affine, operator_of_output(layer.output()), &decoded);
            above = decoded;
        }
        self.unscale(&above, stack.encoding().scaling());
    }

    /// The fine-tuned layers and the head.
    fn predict(&mut self, network: &Network, scaled: &str) {
        let (n_layers, head) = (network.layers().len(), network.head());
        let mut below = scaled.to_string();
        for (k, layer) in network.layers().iter().enumerate() {
            let (above, operator) = match n_layers - k {
                1 => {
                    let name = predictions(head)[0].name;
                    let operator = head.likelihood().family().operator();
                    (name.to_string(), operator.or(operator_of(layer.activation)))
                }
                2 => ("code".to_string(), operator_of(layer.activation)),
                _ => (network_name(k, "output"), operator_of(layer.activation)),
            };
            let (weights, bias) = (network_name(k, "weights"), network_name(k, "bias"));
            let affine = Affine { weights: &weights, transposed: true, bias: &bias };
            self.layer(&below, affine, operator, &above);
            below = above;
        }
        if let Task::Classes(_) = head {
            // The first of equal maxima, as in `most_probable`.
            self.node("ArgMax", &[&below], "class", &[("axis", 1), ("keepdims", 0)]);
        }
    }

    /// `output` = s(inputs W + b), or with Wᵀ.
    fn layer(&mut self, inputs: &str, affine: Affine, operator: Option<&str>, output: &str) {
        let sum = format!("{output}.sum");
        let product = if operator.is_some() { sum.as_str() } else { output };
        let transposed = [("transB", 1)];
        let attributes = if affine.transposed { &transposed[..] } else { &[] };
        self.node("Gemm", &[inputs, affine.weights, affine.bias], product, attributes);
        if let Some(operator) = operator {
            self.node(operator, &[product], output, &[]);
        }
    }
}

/// The names of the tensors of an affine map, and whether its weights are transposed.
struct Affine<'a> {
    weights: &'a str,
    transposed: bool,
    bias: &'a str,
}

/// The ONNX operator that computes the means of an output with a single head.
fn operator_of_output(output: &Output) -> Option<&'static str> {
    let head = &output.heads()[0]; // `of` refuses several
    head.likelihood.family().operator().or(operator_of(head.link))
}

/// The ONNX operator of an activation. All of them avoid overflow; the identity needs none.
fn operator_of(activation: Activation) -> Option<&'static str> {
    match activation {
        Activation::Sigmoid => Some("Sigmoid"),
        Activation::Tanh => Some("Tanh"),
        Activation::Relu => Some("Relu"),
        Activation::Softplus => Some("Softplus"),
        Activation::Identity => None,
    }
}
