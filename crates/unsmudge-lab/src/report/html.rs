//! Text for a page: escaping, paragraphs. No layout: that is `style.css`.

/// Text that is valid in an element or in a quoted attribute. Control characters, which a page
/// must not contain, become the replacement character.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Paragraphs of escaped text: an empty line ends one.
pub(crate) fn paragraphs(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let paragraphs = lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty());
    paragraphs.map(|lines| format!("<p>{}</p>\n", escape(&lines.join("\n")))).collect()
}

/// The caption of a figure; nothing when it is empty.
pub(crate) fn caption(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("<figcaption>{}</figcaption>\n", escape(text))
    }
}

/// A drawing, from its size on, in a page; `without` where there is nothing to draw.
pub(crate) fn drawing(svg: Option<String>, without: &str, text: &str) -> String {
    let inner = match svg {
        Some(svg) => format!("<svg{svg}"),
        None => format!("<p class=\"empty\">{without}</p>\n"),
    };
    format!("<figure class=\"curves\">\n{inner}{}</figure>\n", caption(text))
}

/// A drawing, from its size on, as a file of its own.
pub(crate) fn svg_file(svg: &str, style: &str) -> Option<String> {
    let (size, drawing) = svg.split_once('>')?;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"curves\"{size}>\n\
         <style><![CDATA[\n{style}]]></style>{drawing}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_line_ends_a_paragraph() {
        assert_eq!(paragraphs("a\nb\n\n \nc < d"), "<p>a\nb</p>\n<p>c &lt; d</p>\n");
        assert_eq!(paragraphs(""), "");
    }
}
