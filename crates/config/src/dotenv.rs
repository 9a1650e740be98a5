//! Env files (`.env`): names and values, one a line, as the common readers of such files take them.

use crate::tree::{Key, Lines, Node, ParseError, Span, Value, check_size};

/// Reads an env file: `NAME=value` and `export NAME=value`; quoted values may span lines; ` #` begins a comment after an
/// unquoted one. Lines that are none of these are passed over, as every reader of such files does.
///
/// # Errors
/// A [`ParseError`] when it is larger than what is read.
pub fn dotenv(text: &str) -> Result<Node, ParseError> {
    check_size(text)?;
    let lines = Lines::new(text);
    let mut entries = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
        at = match entry(text, at, end, &lines) {
            Some((key, value, next)) => {
                entries.push((key, value));
                next
            }
            None => end,
        } + 1;
    }
    Ok(Node { line: 1, span: Span::new(0, text.len()), value: Value::Map(entries) })
}

/// The entry that begins on the line from `start` to `end`, and where the last line that it takes ends.
fn entry(text: &str, start: usize, end: usize, lines: &Lines) -> Option<(Key, Node, usize)> {
    let line = &text[start..end];
    let trimmed = line.trim_start();
    let mut name_at = start + (line.len() - trimmed.len());
    let mut rest = trimmed;
    if let Some(after) = trimmed.strip_prefix("export").filter(|after| after.starts_with([' ', '\t'])) {
        rest = after.trim_start();
        name_at += trimmed.len() - rest.len();
    }
    let equals = rest.find('=')?;
    let name = rest[..equals].trim_end();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if name.is_empty() || !name.bytes().all(is_name) {
        return None;
    }
    let key = Key { line: lines.line(name_at), span: Span::new(name_at, name_at + name.len()), text: name.to_owned() };
    let given = &rest[equals + 1..];
    let value_at = name_at + equals + 1 + (given.len() - given.trim_start().len());
    let (value, value_end, next) = value(text, value_at, end);
    Some((key, Node { line: lines.line(value_at), span: Span::new(value_at, value_end), value }, next))
}

/// The value from `at` on, where it ends, and where its last line ends.
fn value(text: &str, at: usize, end: usize) -> (Value, usize, usize) {
    let quote = text[at..end].chars().next().filter(|first| matches!(first, '"' | '\'' | '`'));
    if let Some(quote) = quote
        && let Some(length) = closing(&text[at + 1..], quote)
    {
        let close = at + 1 + length;
        let next = text[close..].find('\n').map_or(text.len(), |length| close + length);
        return (Value::Text(text[at + 1..close].to_owned()), close + 1, next);
    }
    let plain = &text[at..end];
    let comment = plain
        .match_indices('#')
        .map(|(found, _)| found)
        .find(|&found| found == 0 || plain[..found].ends_with([' ', '\t']));
    let plain = plain[..comment.unwrap_or(plain.len())].trim_end();
    let value = if plain.is_empty() { Value::Null } else { Value::Plain(plain.to_owned()) };
    (value, at + plain.len(), end)
}

/// Longest quoted value, in bytes: keys and certificates take a few thousand. An open quote is searched no further, so
/// that a file full of them is read in linear time.
const MAX_QUOTED: usize = 1 << 16;

fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().take_while(|(at, _)| *at < MAX_QUOTED) {
        match c {
            '\\' if quote == '"' && !escaped => escaped = true,
            _ if c == quote && !escaped => return Some(at),
            _ => escaped = false,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_and_values_are_read_as_the_usual_readers_do() {
        let text = "# note\nA=1\nexport B = 'two # no'\nC=x # yes\nD=\"a\nb\" # after\nnot a line\nE=\nF=a#b\n";
        let tree = dotenv(text).unwrap();
        let seen: Vec<_> =
            tree.entries().iter().map(|(key, node)| (key.text.as_str(), node.line, node.text())).collect();
        assert_eq!(
            seen,
            [
                ("A", 2, Some("1")),
                ("B", 3, Some("two # no")),
                ("C", 4, Some("x")),
                ("D", 5, Some("a\nb")),
                ("E", 8, None),
                ("F", 9, Some("a#b"))
            ]
        );
        let (key, node) = &tree.entries()[1];
        assert_eq!(&text[key.span.start as usize..key.span.end as usize], "B");
        assert_eq!(&text[node.span.start as usize..node.span.end as usize], "'two # no'");
    }

    #[test]
    fn an_open_quote_is_a_plain_value() {
        let tree = dotenv("A=\"x\nB='y'\n").unwrap();
        assert_eq!(tree.text_of("A"), Some("\"x"));
        assert_eq!(tree.text_of("B"), Some("y"));
    }
}
