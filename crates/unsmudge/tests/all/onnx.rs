//! What is exported as ONNX is the model: read back by a reader of the tests' own and computed in
//! f64, it gives what this program gives. That other programs take it for ONNX is tested with
//! theirs, in the Python tests.

use crate::onnx_reader::case::Case;
use crate::onnx_reader::{Port, Tensor};
use crate::pictures::pictures;
use std::collections::BTreeSet;
use unsmudge::model_file::Model;
use unsmudge::onnx;
use unsmudge::write::{write_idx_images, write_idx_labels};

const TIED: &str = "data = { source = TABLE, scaling = 'as-is' }
    [[layer]]\nn_hidden = 4\ntraining.epochs = 3";
const UNTIED: &str = "data = { source = TABLE, scaling = 'standardise' }
    [[layer]]\nn_hidden = 5\ntied = false\nactivation = 'tanh'\ntraining.epochs = 3";
const CLASSES: &str = "data = { source = TABLE, labels = 'class', scaling = 'unit' }
    [[layer]]\nn_hidden = 6\ntraining.epochs = 2
    [[layer]]\nn_hidden = 4\ntraining.epochs = 2
    [network]\ntraining = { epochs = 20, optimizer = 'adam' }";

#[test]
fn one_layer_tied_or_untied_computes_what_the_model_does() {
    Case::new(&[], TIED).agrees();
    Case::new(&[], UNTIED).agrees();
}

#[test]
fn every_scaling_and_activation_does() {
    for encoding in ["as-is", "standardise", "unit"] {
        for activation in ["sigmoid", "tanh", "relu", "softplus", "identity"] {
            for decoder in ["sigmoid", "softplus", "identity"] {
                let recipe = format!(
                    "data = {{ source = TABLE, scaling = '{encoding}' }}\n[[layer]]\nn_hidden = 3\n\
                     activation = '{activation}'\ndecoder = '{decoder}'\nloss = 'squared-error'\n\
                     training = {{ epochs = 2, optimizer = 'sgd', rate = 0.01 }}"
                );
                Case::new(&[], &recipe).agrees();
            }
        }
    }
}

#[test]
fn stacks_machines_and_a_joint_stage_do() {
    let data = "data = { source = TABLE, scaling = 'unit' }";
    let layer = |n, more: &str| format!("[[layer]]\nn_hidden = {n}\ntraining.epochs = 2\n{more}\n");
    let relu = layer(4, "activation = 'relu'\nloss = 'squared-error'");
    let stack = format!("{data}\n{}{relu}{}", layer(6, "tied = false"), layer(2, ""));
    let stack = stack.replace("n_hidden = 2\n", "n_hidden = 2\nloss = 'squared-error'\n");
    Case::new(&[], &stack).agrees();
    let joint = format!("{data}\n{}{}[joint]\ntraining.epochs = 3", layer(6, ""), layer(4, ""));
    Case::new(&[], &joint).agrees();
    let closed = "[[layer]]\nkind = 'marginalized'\n";
    for scaling in ["as-is", "standardise"] {
        let data = format!("data = {{ source = TABLE, scaling = '{scaling}' }}");
        Case::new(&[], &format!("{data}\n{closed}{closed}")).agrees();
    }
    let machines = format!("{data}\n{}{}", layer(6, "kind = 'rbm'"), layer(4, "kind = 'rbm'"));
    Case::new(&[], &machines).agrees();
}

#[test]
fn classes_labels_numbers_and_bytes_do() {
    Case::new(&["class"], CLASSES).agrees();
    let network = "[[layer]]\nn_hidden = 5\ntraining.epochs = 2
        [network]\ntraining = { epochs = 20, optimizer = 'adam' }";
    let data = |what: &str| format!("data = {{ source = TABLE, {what} }}\n{network}");
    Case::new(&["wet", "cold"], &data("labels = ['cold', 'wet']")).agrees();
    Case::new(&["price"], &data("targets = 'price'")).agrees();
    let folder = tempfile::tempdir().unwrap();
    let (train, _) = pictures(60, 20);
    write_idx_images(&folder.path().join("train-images-idx3-ubyte"), &train).unwrap();
    let labels = folder.path().join("train-labels-idx1-ubyte");
    write_idx_labels(&labels, train.classes().unwrap()).unwrap();
    let data = format!("data = {{ source = {:?}, labels = true }}", folder.path());
    let case = Case::trained(tempfile::tempdir().unwrap(), &format!("{data}\n{network}"));
    case.agrees();
    let file = case.file();
    assert_eq!((&*file.metadata["scaling"], &*file.metadata["image"]), ("bytes", "[28,28]"));
}

fn port(name: &str, element: &'static str, shape: &[&str]) -> Port {
    Port { name: name.into(), element, shape: shape.iter().map(ToString::to_string).collect() }
}

#[test]
fn the_file_says_what_goes_in_and_comes_out_and_who_made_it() {
    let case = Case::new(&["class"], CLASSES);
    let file = case.file();
    assert_eq!((file.ir_version, file.operators), (8, (String::new(), 13)));
    assert_eq!(file.producer, ["unsmudge", env!("CARGO_PKG_VERSION")]);
    assert_eq!(file.graph.inputs, [port("input", "float32", &["batch", "3"])]);
    let outputs = [
        port("code", "float32", &["batch", "4"]),
        port("reconstruction", "float32", &["batch", "3"]),
        port("probabilities", "float32", &["batch", "3"]),
        port("class", "int64", &["batch"]),
    ];
    assert_eq!(file.graph.outputs, outputs);
    let told = case.exported.outputs.iter().map(|port| (port.name, port.n_columns));
    let expected = [
        ("code", Some(4)),
        ("reconstruction", Some(3)),
        ("probabilities", Some(3)),
        ("class", None),
    ];
    assert!(told.eq(expected) && case.exported.input.n_columns == Some(3));
    assert_eq!(case.exported.bytes, case.bytes().len() as u64);
    let metadata = |key: &str| file.metadata[key].as_str();
    assert_eq!(metadata("unsmudge"), env!("CARGO_PKG_VERSION"));
    assert_eq!(metadata("columns"), r#"["a","constant","b"]"#);
    assert_eq!(metadata("classes"), r#"["x","y, z","ü"]"#);
    assert_eq!(metadata("scaling"), "unit");
    let layer = r#"{"activation":"sigmoid","decoder":"sigmoid","loss":"cross-entropy","n_hidden":4,"tied":true}"#;
    assert!(metadata("layers").ends_with(&format!(",{layer}]")), "{}", metadata("layers"));
}

#[test]
fn every_tensor_is_there_once_with_the_values_of_the_model_and_is_used() {
    let case = Case::new(&["class"], CLASSES);
    let (file, stack) = (case.file(), &case.model.stack);
    let found = |name: &str| -> &Tensor {
        let all: Vec<_> = file.graph.tensors.iter().filter(|tensor| tensor.0 == name).collect();
        assert_eq!(all.len(), 1, "{name}");
        &all[0].1
    };
    let shapes = case.model.tensor_shapes().into_iter();
    let kept = shapes.filter(|(name, shape)| {
        !name.ends_with("least") && !name.ends_with("greatest") && shape != &[0]
    });
    let mut names: BTreeSet<String> = ["scaling.zero", "scaling.one"].map(String::from).into();
    for (name, shape) in kept {
        assert_eq!(found(&name).shape, shape, "{name}");
        names.insert(name);
    }
    assert_eq!(names, file.graph.tensors.iter().map(|tensor| tensor.0.clone()).collect());
    let taken: BTreeSet<String> =
        file.graph.nodes.iter().flat_map(|node| node.inputs.clone()).collect();
    assert!(names.is_subset(&taken), "{names:?} {taken:?}");
    for (k, layer) in stack.layers().iter().enumerate() {
        let values = |part: &str| &*found(&format!("layer.{}.{part}", k + 1)).values;
        assert_eq!(values("encoder.weights"), layer.encoder().weights.values());
        assert_eq!(values("encoder.bias"), layer.encoder().bias);
        assert_eq!(values("decoder.bias"), layer.decoder_bias());
    }
    for (k, layer) in case.model.network.iter().flat_map(|network| network.layers()).enumerate() {
        let values = |part: &str| &*found(&format!("network.{}.{part}", k + 1)).values;
        assert_eq!(values("weights"), layer.weights.values());
        assert_eq!(values("bias"), layer.bias);
    }
    let [(_, offset), (_, span), ..] = stack.encoding().scaling().parts();
    assert_eq!(found("layer.1.scaling.offset").values, offset);
    assert_eq!(found("layer.1.scaling.span").values, span);
}

#[test]
fn tied_weights_are_stored_once_and_turned_by_the_node_that_takes_them() {
    for (recipe, weights, is_turned) in
        [(TIED, "layer.1.encoder.weights", false), (UNTIED, "layer.1.decoder.weights", true)]
    {
        let file = Case::new(&[], recipe).file();
        let products: Vec<_> =
            file.graph.nodes.iter().filter(|node| node.operator == "Gemm").collect();
        assert_eq!(products.len(), 2);
        assert_eq!(products[0].inputs[1], "layer.1.encoder.weights");
        assert!(products[0].attributes.contains_key("transB"));
        assert_eq!(products[1].inputs[1], weights);
        assert_eq!(products[1].attributes.contains_key("transB"), is_turned);
        let n_weights = |(name, _): &&(String, _)| name.ends_with("weights");
        let n_weights = file.graph.tensors.iter().filter(n_weights).count();
        assert_eq!(n_weights, if is_turned { 2 } else { 1 });
    }
}

#[test]
fn the_same_model_gives_the_same_bytes_and_takes_the_place_of_an_older_file() {
    let case = Case::new(&["class"], CLASSES);
    let model = Model::load(&case.path("run/model.safetensors")).unwrap();
    std::fs::write(case.path("again.onnx"), "an older file, longer or shorter").unwrap();
    onnx::export(&model, &case.path("again.onnx")).unwrap();
    assert!(std::fs::read(case.path("again.onnx")).unwrap() == case.bytes());
    // Nothing of a folder or a time is in it.
    let folder = case.folder.path().display().to_string().into_bytes();
    assert!(!case.bytes().windows(folder.len()).any(|window| window == folder));
}

#[test]
fn a_network_that_does_not_belong_to_the_stack_is_refused() {
    let mut case = Case::new(&["class"], CLASSES);
    case.model.network = Case::new(&["class"], &CLASSES.replace("6", "7")).model.network;
    let path = case.path("other.onnx");
    let error = onnx::export(&case.model, &path).unwrap_err().to_string();
    assert!(error.contains("expected [6, 4]") && error.contains("found [7, 4]"), "{error}");
    assert!(!path.exists());
}

#[test]
fn what_was_exported_is_no_model_to_this_program_and_is_named() {
    let case = Case::new(&[], TIED);
    let error = Model::load(&case.path("model.onnx")).unwrap_err().to_string();
    assert!(error.contains("found an ONNX file"), "{error}");
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let case = Case::new(&[], TIED);
    let path = case.path("no/model.onnx");
    let error = onnx::export(&case.model, &path).unwrap_err();
    assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
    assert!(error.hint().unwrap().to_string().contains("the folder is not there"));
}
