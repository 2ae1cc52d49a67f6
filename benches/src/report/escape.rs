//! Text from a record made harmless: records are files, and files come from anywhere.

/// `text` for HTML and XML, in elements and in quoted attributes. Characters that XML forbids
/// become U+FFFD.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// `text` for a line of Markdown or a table's cell, outside of code.
pub(crate) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        match c {
            // Within a word it is nothing but itself.
            '_' if before.is_alphanumeric() && after.is_alphanumeric() => out.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '&' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_whitespace() || c.is_control() => out.push(' '),
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// `text` as code in a line of Markdown or a table's cell. A backtick would end it, and a bar the
/// cell, whatever stands before them.
pub(crate) fn markdown_code(text: &str) -> String {
    let one_line = text.replace(|c: char| c.is_whitespace() || c.is_control(), " ");
    format!("`{}`", one_line.replace('`', "'").replace('|', "\\|"))
}

/// `text` as the stem of a file's name or as an identifier.
pub(crate) fn stem(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(60) {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => out.push(c),
            _ if out.ends_with('-') || out.is_empty() => {}
            _ => out.push('-'),
        }
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() {
        "unnamed".into()
    } else {
        out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_record_can_become_markup() {
        assert_eq!(
            xml("<script>alert('a&b')</script>\u{0}\"\n"),
            "&lt;script&gt;alert(&#39;a&amp;b&#39;)&lt;/script&gt;\u{fffd}&quot;\n"
        );
        assert_eq!(
            markdown("a|b\n# <b> [x](y) `c` &lt; ![i](j)"),
            r"a\|b \# \<b\> \[x\](y) \`c\` \&lt; \!\[i\](j)"
        );
        assert_eq!(markdown("x86_64 _a_"), r"x86_64 \_a\_");
        assert_eq!(markdown_code("a`b|c\nd"), r"`a'b\|c d`");
    }

    #[test]
    fn a_stem_stays_in_its_folder() {
        assert_eq!(stem("../../etc/Passwd "), "etc-passwd");
        assert_eq!(stem("☃"), "unnamed");
    }
}
