//! A model written for other programs, as a user meets it.

use crate::shared::Folder;
use serde_json::json;

#[test]
fn a_run_is_exported_and_what_is_in_the_file_is_told() {
    let folder = Folder::with_run();
    let done = folder.run(["export", "run", "--onnx", "model.onnx"]).succeeded();
    let bytes = folder.read("model.onnx");
    let grouped = format!("{},{:03}", bytes.len() / 1000, bytes.len() % 1000);
    let told = "input 784 -> code 4, reconstruction 784";
    assert_eq!(done.stderr, format!("{told}, {grouped} bytes  model.onnx\n"));
    assert_eq!(done.stdout, "");
    let export = ["export", "run/model.safetensors", "--onnx", "again.ONNX", "--json"];
    let done = folder.run(export).succeeded();
    assert_eq!(done.stderr, "");
    let port = |name, n: usize| json!({"name": name, "type": "float32", "shape": ["batch", n]});
    let expected = json!({
        "inputs": [port("input", 784)],
        "outputs": [port("code", 4), port("reconstruction", 784)],
        "bytes": bytes.len(),
        "ir_version": 8,
        "opset": 13,
    });
    assert_eq!(done.json(), expected);
    assert!(folder.read("again.ONNX") == bytes);
}

#[test]
fn of_a_network_what_it_predicts_comes_out_too() {
    let folder = Folder::new();
    let train = ["--hidden", "4", "--epochs", "1", "--labels", "--tune-epochs", "1", "--quiet"];
    folder.train("run", &train).succeeded();
    folder.run(["export", "run", "--onnx", "model.onnx"]).succeeded().says(&[
        "input 784 -> code 4, reconstruction 784, probabilities 2, class, ",
        " bytes  model.onnx\n",
    ]);
    let found = folder.run(["export", "run", "--onnx", "model.onnx", "--json"]).succeeded().json();
    assert_eq!(found["outputs"][3], json!({"name": "class", "type": "int64", "shape": ["batch"]}));
}

#[test]
fn nothing_is_written_where_the_model_or_the_path_cannot_be_used() {
    let folder = Folder::with_run();
    let model = folder.read("run/model.safetensors");
    let onto_model = "run/model.safetensors";
    let words = "setting `onnx` = run/model.safetensors: allowed is a path ending in .onnx";
    folder.run(["export", "run", "--onnx", onto_model]).failed_with(2, &[words]);
    assert!(folder.read(onto_model) == model);
    folder.run(["export", "run"]).failed_with(2, &["--onnx <FILE>"]);
    let done = folder.run(["export", "no", "--onnx", "model.onnx"]);
    done.failed_with(1, &["no: cannot open", "\nhint: "]);
    let done = folder.run(["export", "run", "--onnx", "no/model.onnx"]);
    done.failed_with(1, &["no/model.onnx: cannot write", "hint: the folder is not there"]);
    folder.write("table.csv", "1,2\n");
    let done = folder.run(["export", "table.csv", "--onnx", "model.onnx"]);
    done.failed_with(1, &["table.csv: not a usable model file"]);
    assert_eq!(folder.names("."), ["run", "table.csv"]);
}

#[test]
fn an_exported_model_given_as_a_model_is_named() {
    let folder = Folder::with_run();
    folder.run(["export", "run", "--onnx", "model.onnx"]).succeeded();
    let done = folder.run(["inspect", "model.onnx"]);
    done.failed_with(1, &["model.onnx: not a usable model file", "found an ONNX file"]);
}

#[test]
fn a_model_of_a_table_is_exported_and_a_detector_is_refused() {
    let folder = Folder::new();
    let row = |i: usize| {
        let y = if i.is_multiple_of(9) { String::new() } else { (2 * i).to_string() };
        format!("{i}.5,{y},{}\n", ["low", "high"][i / 20])
    };
    folder.write("table.csv", (0..40).fold("x,y,level\n".to_string(), |text, i| text + &row(i)));
    let small = ["--tabular", "--hidden", "8", "--epochs", "20", "--quiet", "-o", "m"];
    folder.run([&["train", "table.csv"][..], &small].concat()).succeeded();
    let told = "input 3 -> filled 3, probabilities 2, deviations 2, ";
    folder.run(["export", "m", "--onnx", "model.onnx"]).succeeded().says(&[told]);
    let scores = ["score", "table.csv", "-o", "scores.csv", "--model", "d", "--quiet"];
    folder.run(scores).succeeded();
    let done = folder.run(["export", "d", "--onnx", "other.onnx"]);
    let expected = "expected a model of layers or of a table, which can be exported";
    done.failed_with(1, &[expected, "found an anomaly detector"]);
    assert!(!folder.exists("other.onnx"));
}

#[test]
fn a_page_has_the_training_pictures_that_it_is_given_and_no_others() {
    let folder = Folder::new();
    folder.run(["problem", "basic", "--size", "30,1,5", "--out", "data"]).succeeded();
    let small = ["--out", "run", "--hidden", "3", "--epochs", "1", "-q"];
    folder.run(["train", "data"].iter().chain(&small)).succeeded();
    let export = ["export", "run", "--page", "page.html", "--examples", "data"];
    folder.run(export).succeeded();
    assert!(!folder.text("page.html").contains("id=\"training\""));
    folder.run(export.iter().chain(&["--train", "20"])).succeeded();
    assert!(folder.text("page.html").contains("id=\"training\">H4sI"), "a file of gzip");
    folder.run(["export", "run", "--page", "x.html", "--train", "5"]).failed_with(2, &["examples"]);
    folder.run(export.iter().chain(&["--train", "0"])).failed_with(2, &["1.."]);
    folder.write("t.csv", "a,b\n1,2\n2,4\n3,6\n4,8\n");
    let table = ["train", "t.csv", "--tabular", "--out", "table", "--epochs", "1", "-q"];
    folder.run(table).succeeded();
    let refused = ["export", "table", "--page", "x.html", "--examples", "t.csv", "--train", "2"];
    folder.run(refused).failed_with(2, &["`train` = 2", "only with a model of pictures"]);
    assert!(!folder.exists("x.html"));
}
