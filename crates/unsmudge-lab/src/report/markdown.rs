//! A report as Markdown, with its pictures as separate files, for repositories.
//! The same sections and blocks as on the page; equal reports give equal bytes.

use crate::report::table::{Table, cell};
use crate::report::{Block, Report, STYLE, Section};

/// A document and its pictures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markdown {
    /// The document.
    pub text: String,
    /// Names and bytes of pictures, to be written into the folder given for them.
    pub pictures: Vec<(String, Vec<u8>)>,
}

impl Report {
    /// The report as Markdown whose pictures are in `folder`, relative to the document.
    pub fn markdown(&self, folder: &str) -> Markdown {
        let text = format!("# {}\n", escape(&self.title));
        let mut markdown = Markdown { text, pictures: Vec::new() };
        markdown.facts(&self.summary);
        for section in &self.sections {
            markdown.section(section, folder);
        }
        markdown
    }
}

impl Markdown {
    fn section(&mut self, section: &Section, folder: &str) {
        self.text += &format!("\n## {}\n", escape(&section.heading));
        self.paragraphs(&section.text);
        for block in &section.blocks {
            match block {
                Block::Text(text) => self.paragraphs(text),
                Block::Facts(pairs) => self.facts(pairs),
                Block::Table(table) => self.table(table),
                Block::Figure(figure) => {
                    self.picture(folder, section, "png", figure.png.clone(), &figure.alt);
                    self.paragraphs(&figure.caption);
                }
                Block::Curves(curves) => {
                    self.paragraphs(&curves.y_label);
                    if let Some(svg) = curves.file(STYLE) {
                        self.picture(folder, section, "svg", svg.into_bytes(), &curves.in_words());
                    }
                    self.paragraphs(&curves.caption_text());
                }
                Block::HeatMap(map) => {
                    if let Some(svg) = map.file(STYLE) {
                        self.picture(folder, section, "svg", svg.into_bytes(), &map.in_words());
                    }
                    self.paragraphs(&map.caption);
                }
                Block::Field(field) => {
                    if let Some(svg) = field.file(STYLE) {
                        self.picture(folder, section, "svg", svg.into_bytes(), &field.in_words());
                    }
                    self.paragraphs(&field.caption);
                }
            }
        }
    }

    /// Paragraphs, each on one line.
    fn paragraphs(&mut self, text: &str) {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for paragraph in lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty()) {
            self.text += &format!("\n{}\n", escape(&paragraph.join(" ")));
        }
    }

    fn facts(&mut self, pairs: &[(String, String)]) {
        for (i, (name, value)) in pairs.iter().filter(|(_, value)| !value.is_empty()).enumerate() {
            let gap = if i == 0 { "\n" } else { "" };
            self.text += &format!("{gap}* {}: {}\n", escape(name), escape(value));
        }
    }

    fn table(&mut self, table: &Table) {
        self.paragraphs(&table.caption);
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let n_columns = table.n_columns();
        let rule = |column| if table.is_numeric(column) { "--:" } else { "---" }.to_string();
        let best = table.best_cells();
        self.text += "\n";
        self.text += &line((0..n_columns).map(|c| escape(cell(&table.header, c))).collect());
        self.text += &line((0..n_columns).map(rule).collect());
        for row in 0..table.rows.len() {
            let cell = |column| {
                let text = escape(cell(&table.rows[row], column));
                if best.contains(&(row, column)) { format!("**{text}**") } else { text }
            };
            self.text += &line((0..n_columns).map(cell).collect());
        }
    }

    /// Named after its section and its number there, so that others keep their names when a section
    /// gets more.
    fn picture(
        &mut self,
        folder: &str,
        section: &Section,
        ending: &str,
        bytes: Vec<u8>,
        alt: &str,
    ) {
        let kept = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let heading: String = section.heading.chars().map(kept).collect();
        let is_taken = |stem: &str| {
            self.pictures.iter().any(|(name, _)| name.starts_with(&format!("{stem}.")))
        };
        let mut number = 1;
        while is_taken(&format!("{heading}-{number}")) {
            number += 1;
        }
        let name = format!("{heading}-{number}.{ending}");
        self.text += &format!("\n![{}]({folder}/{name})\n", escape(alt));
        self.pictures.push((name, bytes));
    }
}

/// Text on one line in which no character means anything to Markdown.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '|' | '#' | '!' => {
                escaped.extend(['\\', c]);
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Figure;
    use crate::report::curves::{Curves, Series};
    use crate::report::table::{Best, Better};

    #[test]
    fn every_block_has_its_place_and_pictures_are_files() {
        let table = Table {
            header: ["", "error"].map(String::from).to_vec(),
            rows: vec![vec!["a_b".into(), "2.0 ± 0.1".into()], vec!["c".into(), "3.0".into()]],
            caption: "Errors.".into(),
            best: Best::OfColumns(vec![(1, Better::Lower)]),
        };
        let figure = Figure { png: vec![1, 2], alt: "dots".into(), ..Figure::default() };
        let series =
            Series { name: "train".into(), points: vec![(1.0, 2.0), (2.0, 1.0)], best: None };
        let curves = Curves { series: vec![series], ..Curves::default() };
        let section = Section {
            heading: "One & only".into(),
            text: "First\nline.\n\nSecond.".into(),
            blocks: vec![Block::Table(table), Block::Figure(figure), Block::Curves(curves)],
        };
        let summary = vec![("Seed".into(), "0".into()), ("None".into(), String::new())];
        let report = Report { title: "All".into(), summary, sections: vec![section] };
        let Markdown { text, pictures } = report.markdown("pictures");
        let expected = "# All\n\n* Seed: 0\n\n## One & only\n\nFirst line.\n\nSecond.\n\nErrors.\n\n\
                        |  | error |\n| --- | --: |\n| a\\_b | **2.0 ± 0.1** |\n| c | 3.0 |\n\n\
                        ![dots](pictures/one---only-1.png)\n\n![";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.contains("](pictures/one---only-2.svg)\n"), "{text}");
        assert_eq!(pictures[0], ("one---only-1.png".into(), vec![1, 2]));
        assert!(pictures[1].1.starts_with(b"<svg xmlns="));

        // Another section in front changes no name of this one.
        let figure = Figure { png: vec![3], ..Figure::default() };
        let blocks = vec![Block::Figure(figure)];
        let first = Section { heading: "New".into(), text: String::new(), blocks };
        let sections = vec![first, report.sections[0].clone(), report.sections[0].clone()];
        let names = Report { sections, ..report }.markdown("pictures").pictures;
        let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        let again =
            ["one---only-1.png", "one---only-2.svg", "one---only-3.png", "one---only-4.svg"];
        assert_eq!(names, [&["new-1.png"], &again[..]].concat());
    }

    #[test]
    fn nothing_in_a_text_means_anything_to_markdown() {
        assert_eq!(
            escape("a|b *c* <d> [e](f) `g` _h_\ni"),
            "a\\|b \\*c\\* \\<d\\> \\[e\\](f) \\`g\\` \\_h\\_ i"
        );
    }
}
