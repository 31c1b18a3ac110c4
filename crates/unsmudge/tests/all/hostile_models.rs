//! Damaged, lying and foreign model files, and models given other data. (Faults 56 to 63.)

use crate::given::{Given, assert_says, given};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;
use std::path::Path;
use unsmudge::Error;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::dataset::{Dataset, Origin, Storage};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::event::Event;
use unsmudge::likelihood::Likelihood;
use unsmudge::model_file::{DataRecord, Model, StageRecord};
use unsmudge::processor::Context;
use unsmudge::stack::{LayerLearner, LayerSettings};
use unsmudge::table::TableSettings;
use unsmudge::train::{TrainSettings, TrainingData};

/// A learned model: 3 inputs with names, 2 hidden units.
fn model(tied: bool) -> Model {
    let cells = Storage::Floats(vec![0.0, 1.0, 2.0, 1.0, 3.0, 1.0, 4.0, 0.0, 5.0, 2.0, 2.0, 2.0]);
    let columns = ["age", "height", "weight"].map(String::from).to_vec();
    let train = Dataset::new(cells, 4, 3).unwrap().with_columns(columns).unwrap();
    let encoding = Encoding::fit(ScalingKind::Standardise, &train).unwrap();
    let settings = AutoencoderSettings { n_hidden: 2, tied, ..AutoencoderSettings::default() };
    let training = TrainSettings { epochs: Some(1), ..TrainSettings::default() };
    let data = TrainingData { train: &train, valid: None, encoding: &encoding, layer: 0 };
    let context = Context::new(Some(1)).unwrap();
    let go_on = &mut |_: Event| ControlFlow::Continue(());
    let fitted = settings.fit(&training, data, &context, go_on).unwrap();
    let table = TableSettings::default();
    let data = DataRecord { fingerprint: "f".into(), n_train: 4, n_valid: 0, drawn: None, table };
    let learner = LayerLearner::Autoencoder(settings);
    let by_data = Likelihood::of_numbers(&encoding);
    let plan = LayerSettings { learner, training }.plan(&encoding, by_data, 4).unwrap();
    let record = StageRecord::new(plan.stage, &fitted.1);
    Model::of_layer(fitted.0, record, &train, data).unwrap()
}

fn bytes(model: &Model) -> Vec<u8> {
    let file = given("model", "");
    model.save(&file.path).unwrap();
    std::fs::read(&file.path).unwrap()
}

/// The parts of a model file, to be changed.
struct Parts {
    metadata: Map<String, Value>,
    /// Name, type, shape and bytes.
    tensors: Vec<(String, String, Vec<usize>, Vec<u8>)>,
}

impl Parts {
    fn of(file: &[u8]) -> Self {
        let length = u64::from_le_bytes(*file.first_chunk().unwrap()) as usize;
        let (header, data) = file[8..].split_at(length);
        let header: Map<String, Value> = serde_json::from_slice(header).unwrap();
        let metadata = header["__metadata__"]["unsmudge"].as_str().unwrap();
        let metadata = serde_json::from_str(metadata).unwrap();
        let tensors = header.iter().filter(|(name, _)| *name != "__metadata__");
        let tensors = tensors.map(|(name, tensor)| {
            let shape = serde_json::from_value(tensor["shape"].clone()).unwrap();
            let [start, end]: [usize; 2] =
                serde_json::from_value(tensor["data_offsets"].clone()).unwrap();
            let kind = tensor["dtype"].as_str().unwrap().to_string();
            (name.clone(), kind, shape, data[start..end].to_vec())
        });
        Self { metadata, tensors: tensors.collect() }
    }

    fn tensor(&mut self, name: &str) -> &mut (String, String, Vec<usize>, Vec<u8>) {
        self.tensors.iter_mut().find(|tensor| tensor.0 == name).unwrap()
    }

    /// A file of these parts whose checksum holds: safetensors, with the SHA-256 of the whole file
    /// in place of as many zeros.
    fn file(mut self) -> Vec<u8> {
        self.metadata.insert("checksum".into(), format!("sha256:{}", "0".repeat(64)).into());
        let metadata = json!({ "unsmudge": Value::Object(self.metadata).to_string() });
        let mut header = format!("{{\"__metadata__\":{metadata}");
        let mut data = Vec::new();
        for (name, kind, shape, bytes) in self.tensors {
            let offsets = [data.len(), data.len() + bytes.len()];
            let entry = json!({ "dtype": kind, "shape": shape, "data_offsets": offsets });
            header += &format!(",\"{name}\":{entry}");
            data.extend(bytes);
        }
        header.push('}');
        sealed([&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat())
    }
}

/// The settings of the first layer.
fn settings(parts: &mut Parts) -> &mut Value {
    &mut parts.metadata["layers"][0]["settings"]
}

fn sealed(mut file: Vec<u8>) -> Vec<u8> {
    let zeros = "0".repeat(64).into_bytes();
    let place = file.windows(64).position(|window| window == zeros).unwrap();
    let digits: String = Sha256::digest(&file).iter().map(|b| format!("{b:02x}")).collect();
    file[place..place + 64].copy_from_slice(digits.as_bytes());
    file
}

fn refused(bytes: impl AsRef<[u8]>) -> (Given, Error) {
    let file = given("model.safetensors", bytes);
    let error = Model::load(&file.path).map(|_| ()).unwrap_err();
    (file, error)
}

#[track_caller]
fn not_usable(bytes: impl AsRef<[u8]>, words: &[&str]) {
    let (file, error) = refused(bytes);
    assert!(matches!(error, Error::Format { .. }), "{error}");
    assert_says(&error, &file.path, &[&["model file"], words].concat());
}

/// A model file changed by `change`, its checksum made good, is refused in these words.
#[track_caller]
fn changed(change: impl FnOnce(&mut Parts), words: &[&str]) {
    let mut parts = Parts::of(&bytes(&model(true)));
    change(&mut parts);
    let (file, error) = refused(parts.file());
    assert!(matches!(error, Error::Format { .. }), "{error}");
    let text = error.to_string();
    assert!(text.starts_with(&file.path.display().to_string()), "{text}");
    for word in words {
        assert!(text.contains(word), "no `{word}` in: {text}");
    }
}

#[test]
fn the_parts_of_a_file_put_together_again_are_a_model() {
    let whole = model(false);
    let file = given("model", Parts::of(&bytes(&whole)).file());
    assert_eq!(Model::load(&file.path).unwrap(), whole);
    assert_eq!(bytes(&whole), bytes(&whole));
}

// 56
#[test]
fn a_file_too_short_for_its_header_is_refused() {
    not_usable("", &["8 bytes of header length", "found 0 bytes in all"]);
    not_usable([0; 7], &["found 7 bytes in all"]);
    not_usable([0; 8], &["checksum"]);
    for length in [(1_u64 << 63), u64::MAX, 1 << 40, 9, 100_000_001] {
        let words = ["a header length within the file", &format!("found {length} in a file of 16")];
        not_usable([&length.to_le_bytes()[..], &[b'{'; 8]].concat(), &words);
    }
}

// 57
#[test]
fn a_cut_or_a_flipped_bit_anywhere_is_refused() {
    let whole = bytes(&model(true));
    let file = given("model.safetensors", "");
    for place in 0..whole.len() {
        std::fs::write(&file.path, &whole[..place]).unwrap();
        let error = Model::load(&file.path).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "cut at {place}: {error}");
        let mut flipped = whole.clone();
        flipped[place] ^= 1 << (place % 8);
        std::fs::write(&file.path, flipped).unwrap();
        let error = Model::load(&file.path).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "flipped at {place}: {error}");
    }
    let longer = [&whole[..], b"\0"].concat();
    not_usable(longer, &["checksum"]);
}

// 58
#[test]
fn a_number_that_is_none_is_found_in_every_tensor() {
    for name in [
        "layer.1.encoder.weights",
        "layer.1.encoder.bias",
        "layer.1.decoder.bias",
        "layer.1.scaling.span",
    ] {
        for value in [f32::NAN, f32::INFINITY] {
            let put = |parts: &mut Parts| {
                parts.tensor(name).3[4..8].copy_from_slice(&value.to_le_bytes());
            };
            changed(put, &["finite numbers", &format!("{value} at place 2 of {name}")]);
        }
    }
    for value in [0.0_f32, -1.0] {
        let put = |parts: &mut Parts| {
            parts.tensor("layer.1.scaling.span").3[4..8].copy_from_slice(&value.to_le_bytes());
        };
        changed(put, &["spans above 0", "at place 2 of layer.1.scaling.span"]);
    }
}

// 59
#[test]
fn layers_that_do_not_fit_are_refused_with_both_shapes() {
    let transpose = |parts: &mut Parts| parts.tensor("layer.1.encoder.weights").2 = vec![3, 2];
    changed(transpose, &["layer.1.encoder.weights", "shape [2, 3]", "shape [3, 2]"]);
    let short = |parts: &mut Parts| {
        let bias = parts.tensor("layer.1.encoder.bias");
        (bias.2, bias.3) = (vec![1], vec![0; 4]);
    };
    changed(short, &["layer.1.encoder.bias", "shape [2]", "shape [1]"]);
    let none = |parts: &mut Parts| {
        parts.metadata["schema"] = json!({ "n_columns": 0 });
        for name in [
            "layer.1.encoder.weights",
            "layer.1.decoder.bias",
            "layer.1.scaling.least",
            "layer.1.scaling.greatest",
        ] {
            let tensor = parts.tensor(name);
            *tensor.2.last_mut().unwrap() = 0;
            tensor.3.clear();
        }
    };
    changed(none, &["inputs and hidden units, 1 or more", "found 0 and [2]"]);
    for n in [4, i64::MAX as u64] {
        let lie = |parts: &mut Parts| {
            parts.metadata["schema"] = json!({ "n_columns": n });
        };
        changed(lie, &["layer.1.encoder.weights", &format!("[2, {n}]"), "[2, 3]"]);
        let lie = |parts: &mut Parts| settings(parts)["n_hidden"] = n.into();
        changed(lie, &["layer.1.encoder.weights", &format!("[{n}, 3]"), "[2, 3]"]);
    }
    let untied = |parts: &mut Parts| settings(parts)["tied"] = false.into();
    changed(untied, &["layer.1.decoder.weights", "shape [3, 2]", "found none"]);
}

// 60
#[test]
fn a_tensor_missing_left_over_twice_or_of_another_type_is_named() {
    for name in [
        "layer.1.encoder.weights",
        "layer.1.encoder.bias",
        "layer.1.decoder.bias",
        "layer.1.scaling.least",
    ] {
        let remove = |parts: &mut Parts| parts.tensors.retain(|tensor| tensor.0 != name);
        changed(remove, &[name, "found none"]);
    }
    let extra = |name: &str| (name.to_string(), "F32".to_string(), vec![1], vec![0; 4]);
    changed(|parts| parts.tensors.push(extra("extra")), &["no other tensor", "`extra`"]);
    changed(|parts| parts.tensors.push(extra("layer.1.encoder.bias")), &["model file"]);
    let twice = |parts: &mut Parts| {
        // The very same entry: nothing but the count tells. An empty tensor leaves no hole.
        parts.tensors.extend([("e".into(), "F32".into(), vec![0], vec![]), extra("e")]);
    };
    changed(twice, &["every tensor once"]);
    for (kind, size) in [("F64", 8), ("F16", 2), ("I32", 4), ("U8", 1)] {
        let other = |parts: &mut Parts| {
            let bias = parts.tensor("layer.1.encoder.bias");
            (bias.1, bias.3) = (kind.into(), vec![0; 2 * size]);
        };
        changed(other, &["tensors of type F32", &format!("layer.1.encoder.bias of type {kind}")]);
    }
}

// 61
#[test]
fn a_newer_version_and_unknown_words_are_refused() {
    let newer = |parts: &mut Parts| {
        parts.metadata.insert("version".into(), 3.into());
    };
    changed(newer, &["expected version 1 or 2, found version 3"]);
    let word = |parts: &mut Parts| {
        parts.metadata.insert("surprise".into(), 1.into());
    };
    changed(word, &["metadata of version 2", "unknown field `surprise`"]);
    for key in ["kind", "activation", "corruption"] {
        let word = |parts: &mut Parts| settings(parts)[key] = "exec".into();
        changed(word, &["metadata of version 2", "exec"]);
    }
    let word = |parts: &mut Parts| settings(parts)["training"]["optimizer"] = "exec".into();
    changed(word, &["metadata of version 2", "exec"]);
    let no_history = |parts: &mut Parts| {
        parts.metadata["layers"][0].as_object_mut().unwrap().remove("history");
    };
    changed(no_history, &["missing field `history`"]);
}

// 62
#[test]
fn files_of_others_are_named_and_never_opened() {
    for (start, name) in [
        (&b"\x80\x04\x95rest"[..], "a Python pickle"),
        (b"\x80\x02}q\x00", "a Python pickle"),
        (b"PK\x03\x04rest of it", "a PyTorch .pt"),
        (b"\x89HDF\r\n\x1a\nrest", "an HDF5 file"),
        (b"\x08\x07\x12\x07pytorch", "an ONNX file"),
        (b"\x93NUMPY\x01\x00rest", "an NPY file"),
        (b"\x1f\x8b\x08rest of it", "a gzip file"),
    ] {
        not_usable(start, &[name]);
    }
    // safetensors of others has no checksum of ours.
    let header = br#"{"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let theirs = [&(header.len() as u64).to_le_bytes()[..], header, &[0; 4]].concat();
    not_usable(theirs, &["a checksum written by unsmudge"]);
}

// 63
#[test]
fn a_model_of_other_columns_says_which() {
    let model = model(true);
    let nameless = |n: usize| {
        let examples = Dataset::new(Storage::Floats(vec![0.0; n]), 1, n).unwrap();
        examples.with_origin(Origin::new("t.csv"))
    };
    let examples = |names: &[&str]| {
        let columns = names.iter().map(ToString::to_string).collect();
        nameless(names.len()).with_columns(columns).unwrap()
    };
    let path = Path::new("t.csv");
    let arranged = model.arrange(examples(&["weight", "age", "height"])).unwrap();
    assert_eq!(arranged.schema().names().unwrap(), ["age", "height", "weight"]);
    let error = model.arrange(examples(&["age", "height", "shoe"])).unwrap_err();
    assert_says(&error, path, &["weight"]);
    let error = model.arrange(nameless(2)).unwrap_err();
    let told = "t.csv: expected 3 columns, as the model was trained on, found 2 columns";
    assert_eq!(error.to_string(), told);
}
