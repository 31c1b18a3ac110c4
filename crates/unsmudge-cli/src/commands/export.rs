//! `export`.

use super::page::export_page;
use super::{Used, ending_of, load_used};
use crate::arguments::ExportArguments;
use crate::output::{grouped, print, say};
use anyhow::Result;
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;
use unsmudge::model_file::Saved;
use unsmudge::onnx::{self, IR_VERSION, OPSET, Port};

/// What can be exported.
const EXPECTED: &str = "a model of layers or of a table, which can be exported";

pub fn export(arguments: &ExportArguments) -> Result<ExitCode> {
    if let Some(page) = &arguments.page {
        return export_page(arguments, page);
    }
    // clap requires one of both.
    let out = arguments.onnx.as_deref().unwrap_or(Path::new(""));
    // A model file must not be overwritten by mistake: it cannot be restored from an ONNX file.
    ending_of("onnx", out, &["onnx"])?;
    let done = match load_used(&arguments.model, EXPECTED)? {
        Used::Layers(model) => onnx::export(&model, out)?,
        Used::Table(model) => onnx::export_table(&model, out)?,
        Used::Diffusion(_) => {
            return Err(Saved::found_diffusion(&arguments.model, EXPECTED).into());
        }
    };
    if arguments.json {
        let object = json!({
            "inputs": [described(&done.input)],
            "outputs": done.outputs.iter().map(described).collect::<Vec<_>>(),
            "bytes": done.bytes,
            "ir_version": IR_VERSION,
            "opset": OPSET,
        });
        print(&format!("{object}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let outputs: Vec<String> = done.outputs.iter().map(named).collect();
    say(&format!(
        "{} -> {}, {} bytes  {}",
        named(&done.input),
        outputs.join(", "),
        grouped(done.bytes),
        out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn described(port: &Port) -> Value {
    let (kind, shape) = match port.n_columns {
        Some(n) => ("float32", json!(["batch", n])),
        None => ("int64", json!(["batch"])),
    };
    json!({ "name": port.name, "type": kind, "shape": shape })
}

fn named(port: &Port) -> String {
    port.n_columns.map_or(port.name.to_string(), |n| format!("{} {n}", port.name))
}
