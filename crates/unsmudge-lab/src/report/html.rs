//! Text for a page: escaping, paragraphs, base64. No layout: that is `style.css`.

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

/// Bytes as text of 64 characters (RFC 4648, padded).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            if digit <= group.len() {
                text.push(char::from(DIGITS[(bits >> (18 - 6 * digit)) as usize & 63]))
            } else {
                text.push('=')
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        for (plain, coded) in cases {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn an_empty_line_ends_a_paragraph() {
        assert_eq!(paragraphs("a\nb\n\n \nc < d"), "<p>a\nb</p>\n<p>c &lt; d</p>\n");
        assert_eq!(paragraphs(""), "");
    }
}
