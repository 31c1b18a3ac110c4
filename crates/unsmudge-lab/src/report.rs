//! One page of results: a plain struct of facts becomes a single HTML file that needs no network
//! and runs no script, or Markdown with its pictures next to it. The caller decides the content;
//! nothing is computed here.
//!
//! Equal reports give equal bytes. All text is escaped: names of columns and files may hold markup.

mod html; // escaping
pub mod table; // tables, for the page and for terminals
mod axis; // round numbers along an axis
mod plot; // frame, lines and names of a drawing
pub mod curves; // learning curves as SVG
pub mod heat; // maps of numbers as SVG
pub mod field; // arrows over a plane as SVG
pub mod markdown; // the same for a repository: a document and its pictures
mod results; // evaluations as tables
mod scores; // the page of a scored table
mod model_page; // a page with a model and the program in it

pub use model_page::{MOST_EXAMPLES, ModelPage};
pub use results::{
    baseline_name, denoising_table, evaluation_table, imputation_table, prediction_table,
};
pub use scores::{ScoredCell, ScoredPage, ScoredRow, p_text};

use crate::report::curves::Curves;
use crate::report::field::Field;
use crate::report::heat::HeatMap;
use crate::report::html::{escape, paragraphs};
use crate::report::table::Table;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A report: title, the few facts that matter most, then sections.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// The heading of the page and its title in the browser.
    pub title: String,
    /// Name and value of what is to be seen first: four to eight facts.
    pub summary: Vec<(String, String)>,
    /// The rest, from top to bottom.
    pub sections: Vec<Section>,
}

/// A part of a report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// What to look for, before the blocks; an empty line begins a new paragraph.
    pub text: String,
    /// Tables, pictures and the like, in order.
    pub blocks: Vec<Block>,
}

/// One thing in a section. Figures that follow each other stand side by side where there is room.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// Paragraphs, separated by empty lines.
    Text(String),
    /// Names and values below each other, as settings are.
    Facts(Vec<(String, String)>),
    /// A table.
    Table(Table),
    /// A picture.
    Figure(Figure),
    /// Curves over one axis.
    Curves(Curves),
    /// Numbers by two quantities.
    HeatMap(HeatMap),
    /// Arrows over a plane.
    Field(Field),
}

/// A picture with its caption.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// The bytes of a PNG file, as [`crate::picture::Picture::png`] makes them.
    pub png: Vec<u8>,
    /// What is seen, below the picture.
    pub caption: String,
    /// The picture in words, for those who cannot see it.
    pub alt: String,
    /// Width on the page in CSS pixels; `None` shows the picture's own pixels. It never grows
    /// wider than the page.
    pub width: Option<u32>,
}

const STYLE: &str = include_str!("report/style.css");

/// Forbids the browser to load anything at all, whatever the text says.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

impl Report {
    /// The report as one HTML file.
    pub fn html(&self) -> String {
        let title = escape(&self.title);
        let summary = facts(&self.summary, "summary");
        let sections: String = self.sections.iter().map(Section::html).collect();
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <h1>{title}</h1>\n{summary}{sections}</main>\n</body>\n</html>\n"
        )
    }
}

impl Section {
    fn html(&self) -> String {
        let heading = escape(&self.heading);
        let mut html = format!("<section>\n<h2>{heading}</h2>\n{}", paragraphs(&self.text));
        let is_figure = |block: &Block| matches!(block, Block::Figure(_));
        for blocks in self.blocks.chunk_by(|a, b| is_figure(a) && is_figure(b)) {
            let inner: String = blocks.iter().map(Block::html).collect();
            if blocks.first().is_some_and(is_figure) {
                html.push_str(&format!("<div class=\"figures\">\n{inner}</div>\n"))
            } else {
                html.push_str(&inner)
            }
        }
        html + "</section>\n"
    }
}

impl Block {
    fn html(&self) -> String {
        match self {
            Self::Text(text) => paragraphs(text),
            Self::Facts(pairs) => facts(pairs, "facts"),
            Self::Table(table) => table.html(),
            Self::Figure(figure) => figure.html(),
            Self::Curves(curves) => curves.html(),
            Self::HeatMap(map) => map.html(),
            Self::Field(field) => field.html(),
        }
    }
}

impl Figure {
    fn html(&self) -> String {
        // The size keeps the page from jumping while it loads, and the caption under the picture.
        let size = match (self.width.map(u64::from), png_size(&self.png)) {
            (Some(width), Some((own_width, own_height))) => {
                Some((width, (width * own_height).div_ceil(own_width)))
            }
            (None, own) => own,
            (Some(_), None) => None,
        };
        let (style, size) = match size {
            Some((width, height)) => (
                format!(" style=\"--width: {width}px\""),
                format!(" width=\"{width}\" height=\"{height}\""),
            ),
            None => Default::default(),
        };
        format!(
            "<figure{style}>\n<img src=\"data:image/png;base64,{}\" alt=\"{}\"{size}>\n{}</figure>\n",
            STANDARD.encode(&self.png),
            escape(&self.alt),
            html::caption(&self.caption),
        )
    }
}

/// Width and height from the header of a PNG file; `None` when it is none.
fn png_size(png: &[u8]) -> Option<(u64, u64)> {
    if !png.starts_with(b"\x89PNG\r\n\x1a\n") {
        return None;
    }
    let number = |at: usize| {
        let bytes = png.get(at..at + 4)?.try_into().ok()?;
        Some(u64::from(u32::from_be_bytes(bytes)))
    };
    Some((number(16)?, number(20)?)).filter(|&(width, height)| width > 0 && height > 0)
}

fn facts(pairs: &[(String, String)], class: &str) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let pair = |(name, value): &(String, String)| {
        format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), escape(value))
    };
    format!("<dl class=\"{class}\">\n{}</dl>\n", pairs.iter().map(pair).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Picture;
    use crate::report::curves::Series;

    fn report(word: &str) -> Report {
        let word = word.to_string();
        let png = Picture { width: 4, height: 2, pixels: vec![9; 8] }.png().unwrap();
        let figure = Figure { png, caption: word.clone(), alt: word.clone(), width: Some(100) };
        let table = Table {
            header: vec![word.clone(), "error".into()],
            rows: vec![vec![word.clone(), "1.5".into()], vec!["other".into(), word.clone()]],
            caption: word.clone(),
            ..Table::default()
        };
        let series = |best| Series {
            name: word.clone(),
            points: vec![(1.0, 3.0), (2.0, 2.0), (3.0, f64::NAN), (4.0, 2.5)],
            best,
        };
        let curves = Curves {
            series: vec![series(None), series(Some(2.0))],
            x_label: word.clone(),
            y_label: word.clone(),
            caption: word.clone(),
        };
        let facts = vec![(word.clone(), word.clone())];
        let blocks = vec![
            Block::Text(word.clone()),
            Block::Facts(facts.clone()),
            Block::Table(table),
            Block::Figure(figure.clone()),
            Block::Figure(figure),
            Block::Curves(curves),
        ];
        let section = Section { heading: word.clone(), text: word.clone(), blocks };
        Report { title: word, summary: facts, sections: vec![section] }
    }

    /// Every tag closed in order; panics with the first that is not.
    fn assert_balanced(html: &str) {
        let mut open = Vec::new();
        for tag in html.split('<').skip(1) {
            let (tag, _) = tag.split_once('>').expect("a tag without an end");
            let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap();
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name), "in {html}"),
                None if ["!DOCTYPE", "meta", "img"].contains(&name) => {}
                None if tag.ends_with('/') => {}
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "left open: {open:?}");
    }

    #[test]
    fn every_tag_is_closed_and_figures_stand_together() {
        let html = report("plain").html();
        assert_balanced(&html);
        assert_eq!(html.matches("<div class=\"figures\">").count(), 1);
        assert_eq!(html.matches("<figure style=\"--width: 100px\">").count(), 2);
    }

    #[test]
    fn markup_in_any_text_is_escaped() {
        let word = "</title><script src='//x'>\"&\u{1b}\0";
        let html = report(word).html();
        assert_balanced(&html);
        assert!(!html.contains("<script") && !html.contains(['\u{1b}', '\0']));
        assert!(html.contains("&lt;script src=&#39;//x&#39;&gt;&quot;&amp;"));
    }

    #[test]
    fn nothing_is_loaded_from_anywhere() {
        let html = report("plain").html();
        assert!(!html.contains("://") && !html.contains("url(") && !html.contains("<link"));
        assert!(html.contains("default-src 'none'"));
    }

    #[test]
    fn equal_reports_are_equal_bytes() {
        assert_eq!(report("plain").html(), report("plain").html());
    }

    #[test]
    fn an_empty_report_is_a_page_too() {
        assert_balanced(&Report::default().html());
    }

    #[test]
    fn a_figure_has_the_aspect_of_its_picture() {
        assert!(report("plain").html().contains("alt=\"plain\" width=\"100\" height=\"50\">"));
        let broken = Figure { png: b"no picture".to_vec(), ..Figure::default() };
        assert!(broken.html().contains("alt=\"\">"));
    }
}
