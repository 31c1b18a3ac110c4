//! A page that is a program: a model, the library as WebAssembly and its interface in one HTML file,
//! which loads nothing and needs no server. The WebAssembly is built from `unsmudge-page` by `make
//! page` (docs/decisions/model-page.md).

use super::STYLE;
use super::html::escape;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::Path;
use unsmudge::anomaly::Detector;
use unsmudge::dataset::Dataset;
use unsmudge::error::{Error, Result};
use unsmudge::matrix::Matrix;
use unsmudge::model_file::Model;
use unsmudge::tabular::Tabular;
use unsmudge::write::npy_bytes;

/// The WebAssembly of `unsmudge-page`, compressed.
const PROGRAM: &[u8] = include_bytes!("model_page/unsmudge.wasm.gz");

/// What each kind of page consists of: its body, and its scripts after those of all.
const PICTURES: (&str, &[&str]) = (
    include_str!("model_page/pictures.html"),
    &[
        include_str!("model_page/pictures.js"),
        include_str!("model_page/pen.js"),
        include_str!("model_page/train.js"),
    ],
);
const TABLE: (&str, &[&str]) =
    (include_str!("model_page/table.html"), &[include_str!("model_page/table.js")]);
const SCRIPTS: [&str; 2] =
    [include_str!("model_page/files.js"), include_str!("model_page/program.js")];
const PAGE_STYLE: &str = include_str!("model_page/page.css");

/// Pictures that a page shows at most.
pub const MOST_EXAMPLES: usize = 20;

/// A page with a model in it.
#[derive(Debug, Clone)]
pub struct ModelPage {
    title: String,
    kind: Kind,
    /// The bytes of models, by what they are called in the page.
    models: Vec<(&'static str, Vec<u8>)>,
    /// What is shown at first: an element of data.
    examples: String,
    /// What a new model learns from in the page: an element of data, or nothing.
    training: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pictures,
    Table,
}

impl ModelPage {
    /// A page of a model of pictures, without the network that predicts. Of `examples` the first
    /// [`MOST_EXAMPLES`] are shown; they are in the page for all who have it.
    ///
    /// # Errors
    /// [`Error::Setting`] for a model of other rows; [`Error::Shape`] for examples of other columns;
    /// what reading them gives.
    pub fn of_pictures(title: &str, model: &Model, examples: Option<&Dataset>) -> Result<Self> {
        if model.record.image.is_none() {
            let allowed = "a model of pictures, of a table, or a detector";
            return Err(Error::setting("model", "one of rows that are no pictures", allowed));
        }
        let mut rows: Vec<Vec<f32>> = Vec::new();
        if let Some(examples) = examples {
            let few = model.arrange(examples.clone())?.first(MOST_EXAMPLES);
            rows = vec![vec![0.0; few.n_columns()]; few.n_rows()];
            for (i, row) in rows.iter_mut().enumerate() {
                few.copy_rows(i, row)?;
            }
        }
        let stack = model.clone().first_layers(model.stack.layers().len())?;
        Ok(Self {
            title: title.into(),
            kind: Kind::Pictures,
            models: vec![("pictures", stack.to_bytes()?)],
            examples: data("examples", "application/json", "", &json!(rows).to_string()),
            training: String::new(),
        })
    }

    /// The page of pictures with some that a new model is trained on in it. They are in the page for
    /// all who have it; a page of a table has no use for them.
    ///
    /// # Errors
    /// What reading them gives; [`Error::File`] when they cannot be compressed.
    pub fn with_training(mut self, pictures: &Dataset) -> Result<Self> {
        let mut rows = Matrix::zeros(pictures.n_rows(), pictures.n_columns());
        pictures.copy_rows(0, rows.values_mut())?;
        let bytes = compressed(&npy_bytes(rows.view()))?;
        self.training = data("training", BYTES, "", &STANDARD.encode(bytes));
        Ok(self)
    }

    /// A page of a model that fills a table, and of a detector of the same table where there is one.
    /// `example` is the name and the text of a table that is shown at first, and is in the page for
    /// all who have it.
    ///
    /// # Errors
    /// [`Error::Shape`] for a detector of other columns.
    pub fn of_table(
        title: &str,
        model: &Tabular,
        detector: Option<&Detector>,
        example: Option<(&str, &[u8])>,
    ) -> Result<Self> {
        if let Some(detector) = detector {
            let names = |schema: &unsmudge::schema::Schema| {
                (0..schema.n_columns())
                    .map(|j| schema.column_name(j))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            let (expected, found) = (names(model.schema()), names(detector.schema()));
            if expected != found {
                return Err(Error::shape("columns of the detector", expected, found));
            }
        }
        let mut models = vec![("table", model.to_bytes()?)];
        if let Some(detector) = detector {
            models.push(("detector", detector.to_bytes()?));
        }
        Ok(Self::with_table(title, models, example))
    }

    /// A page of a detector alone.
    ///
    /// # Errors
    /// None for a detector that was trained or loaded.
    pub fn of_detector(
        title: &str,
        detector: &Detector,
        example: Option<(&str, &[u8])>,
    ) -> Result<Self> {
        Ok(Self::with_table(title, vec![("detector", detector.to_bytes()?)], example))
    }

    fn with_table(
        title: &str,
        models: Vec<(&'static str, Vec<u8>)>,
        example: Option<(&str, &[u8])>,
    ) -> Self {
        let element = |(name, text): (&str, &[u8])| {
            let name = format!(" data-name=\"{}\"", escape(name));
            data("examples", BYTES, &name, &STANDARD.encode(text))
        };
        Self {
            title: title.into(),
            kind: Kind::Table,
            models,
            examples: example.map(element).unwrap_or_default(),
            training: String::new(),
        }
    }

    /// The page as one HTML file.
    pub fn html(&self) -> String {
        let title = escape(&self.title);
        let (body, scripts) = if self.kind == Kind::Pictures { PICTURES } else { TABLE };
        let script = [&SCRIPTS[..], scripts].concat().concat();
        let style = format!("\n{STYLE}{PAGE_STYLE}");
        let policy = format!(
            "default-src 'none'; base-uri 'none'; form-action 'none'; style-src '{}'; \
             script-src '{}' 'wasm-unsafe-eval'",
            hash(&style),
            hash(&script)
        );
        let program = data("program", BYTES, "", &STANDARD.encode(PROGRAM));
        let models: String = self
            .models
            .iter()
            .map(|(id, bytes)| data(id, BYTES, "", &STANDARD.encode(bytes)))
            .collect();
        let Self { examples, training, .. } = self;
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n\
             <h1>{title}</h1>\n<p id=\"status\" role=\"status\">Opening the model\u{2026}</p>\n\
             <noscript><p>This page computes with JavaScript, which is off.</p></noscript>\n\
             {body}<footer><p>The model and the program are in this file: nothing is loaded, and \
             nothing that you give it leaves it.</p></footer>\n</main>\n\
             {program}{models}{examples}{training}<script>{script}</script>\n</body>\n</html>\n"
        )
    }
}

/// The type of data in base64, which a browser neither runs nor looks at.
const BYTES: &str = "application/octet-stream";

/// An element of data: base64 or JSON, which holds no `<` here.
fn data(id: &str, kind: &str, attributes: &str, text: &str) -> String {
    format!("<script type=\"{kind}\" id=\"{id}\"{attributes}>{text}</script>\n")
}

/// What a policy calls a script or style.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_err(Error::file(Path::new("the page"), "compress"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(kind: Kind, title: &str) -> ModelPage {
        let models = vec![("detector", vec![1, 2, 3])];
        let (examples, training) = (String::new(), String::new());
        ModelPage { title: title.into(), kind, models, examples, training }
    }

    #[test]
    fn the_program_is_the_recorded_one() {
        let record = include_str!("model_page/unsmudge.wasm.record");
        let found: String =
            Sha256::digest(PROGRAM).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(record.starts_with(&format!("program {found}\n")), "run `make page`: {found}");
    }

    #[test]
    fn a_page_without_its_model_has_less_than_a_million_bytes() {
        for kind in [Kind::Pictures, Kind::Table] {
            let bytes = page(kind, "").html().len();
            assert!(bytes < 1_000_000, "{bytes} for {kind:?}");
        }
    }

    #[test]
    fn a_page_runs_its_own_script_loads_nothing_and_has_text_as_text() {
        for kind in [Kind::Pictures, Kind::Table] {
            let html = page(kind, "<b>&\"</title>").html();
            assert!(html.contains("<h1>&lt;b&gt;&amp;&quot;&lt;/title&gt;</h1>"));
            assert!(!html.contains("://") && !html.contains(" style="));
            let (_, script) = html.rsplit_once("<script>").unwrap();
            let (script, _) = script.split_once("</script>").unwrap();
            let policy = format!("script-src '{}' 'wasm-unsafe-eval'", hash(script));
            assert!(html.contains(&policy));
            assert!(!script.contains("innerHTML") && !script.contains("eval("));
            assert_eq!(html.matches("<script").count(), 3);
        }
    }

    #[test]
    fn a_table_in_a_page_keeps_its_name() {
        let page = ModelPage::with_table("people", Vec::new(), Some(("a\"b.csv", b"x\n1\n")));
        let element = "id=\"examples\" data-name=\"a&quot;b.csv\">eAoxCg==</script>";
        assert!(page.html().contains(element));
    }
}
