//! Text from the assessed project, made safe to show.

/// Escapes what could act on a terminal or mislead a reader: C0 and C1 control characters, bidirectional and
/// zero-width marks. Tabs become a space. What remains prints as it is.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{e0000}'..='\u{e007f}')
}

/// Shortens to `max` characters, with an ellipsis for what was cut.
pub fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(max.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// A source line as evidence: trimmed, printable, at most 160 characters.
pub fn code_line(line: &str) -> String {
    shorten(&printable(line.trim()), 160)
}

/// `1 file`, `2 files`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{} {noun}s", thousands(n)) }
}

/// A number with thousands separated by commas.
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_escapes_and_bidi_marks_are_shown_not_sent() {
        assert_eq!(printable("a\u{1b}]0;x\u{7}b\u{202e}c\td"), "a\\u{1b}]0;x\\u{7}b\\u{202e}c d");
    }

    #[test]
    fn numbers_and_nouns() {
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(18902, "line"), "18,902 lines");
        assert_eq!(thousands(100), "100");
        assert_eq!(shorten("abcdef", 4), "abc…");
    }
}
