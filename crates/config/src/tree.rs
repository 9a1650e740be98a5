//! Configuration documents as one kind of tree: JSON, TOML, YAML and env files read to nodes that know their place.
//!
//! The syntaxes differ and mean the same things; everything above this module looks at [`Node`] alone. Scalars keep the
//! text as written, because `3.10` is a version and not the number 3.1. Parsers here are bounded: size, depth and the
//! number of nodes that YAML aliases may expand to.

use jsonc_parser::ast::Value as Json;
use jsonc_parser::common::Ranged;
use toml::de::{DeTable, DeValue};

pub use crate::yaml::yaml;

/// Largest document that is read, in bytes. Lockfiles of very large monorepos stay under 40 MB.
const MAX_BYTES: usize = 64 << 20;

/// A range of a document's text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Its first byte.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
}

impl Span {
    /// A range; documents are smaller than 4 GB, so that 32 bits do.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let cut = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { start: cut(start), end: cut(end) }
    }
}

/// A value of a document, with the line (from 1) that it starts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its line; 0 only for an empty document.
    pub line: u32,
    /// Its text in the document, quotes included. Of a TOML table that is its header or its key.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing, or YAML's and JSON's null.
    Null,
    /// A quoted string.
    Text(String),
    /// An unquoted scalar (number, boolean, date, YAML's plain text), as written.
    Plain(String),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order of the document.
    Map(Vec<(Key, Node)>),
}

/// A key of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its line.
    pub line: u32,
    /// Its text in the document, quotes included.
    pub span: Span,
    /// Its text.
    pub text: String,
}

/// Why a document could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ParseError {
    /// Line, from 1.
    pub line: u32,
    /// What is wrong, in the parser's words.
    pub message: String,
}

impl Node {
    const NOTHING: Node = Node { line: 0, span: Span { start: 0, end: 0 }, value: Value::Null };

    /// The value under a key of a table.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name.text == key).map(|(_, node)| node)
    }

    /// The value under a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The scalar's text; `None` for tables, lists and null.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Plain(text) => Some(text),
            _ => None,
        }
    }

    /// The text under a key.
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::text)
    }

    /// Whether it is the unquoted scalar `true`.
    pub fn is_true(&self) -> bool {
        matches!(&self.value, Value::Plain(text) if text.eq_ignore_ascii_case("true"))
    }

    /// The entries of a table; empty for anything else.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list; empty for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The elements of a list, or the value itself when it is a scalar: several formats allow both.
    pub fn items_or_self(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Text(_) | Value::Plain(_) => std::slice::from_ref(self),
            _ => &[],
        }
    }

    /// What kind of value it is, for messages.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Text(_) => "a string",
            Value::Plain(_) => "a bare value",
            Value::List(_) => "a list",
            Value::Map(_) => "a table",
        }
    }
}

/// Byte offsets to lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn new(text: &str) -> Self {
        Lines(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    pub(crate) fn line(&self, offset: usize) -> u32 {
        self.0.partition_point(|&start| start <= offset) as u32
    }

    /// Where a line (from 0) starts.
    pub(crate) fn start(&self, line: usize) -> Option<usize> {
        self.0.get(line).copied()
    }

    /// Line and column of a byte, both from 1.
    pub(crate) fn position(&self, offset: usize) -> (u32, u32) {
        let line = self.line(offset);
        let start = self.0.get((line as usize).saturating_sub(1)).copied().unwrap_or(0);
        (line, (offset - start) as u32 + 1)
    }
}

pub(crate) fn check_size(text: &str) -> Result<(), ParseError> {
    if text.len() > MAX_BYTES {
        return Err(ParseError { line: 1, message: format!("larger than {} MB", MAX_BYTES >> 20) });
    }
    Ok(())
}

/// Reads JSON, with the comments and trailing commas that tools tolerate.
///
/// # Errors
/// A [`ParseError`] with the line of the first mistake.
pub fn json(text: &str) -> Result<Node, ParseError> {
    check_size(text)?;
    let parsed = jsonc_parser::parse_to_ast(
        text,
        &jsonc_parser::CollectOptions::default(),
        &jsonc_parser::ParseOptions::default(),
    )
    .map_err(|error| ParseError { line: error.line_display() as u32, message: error.kind().to_string() })?;
    let lines = Lines::new(text);
    Ok(parsed.value.map_or(Node::NOTHING, |value| from_json(value, &lines)))
}

fn from_json(value: Json<'_>, lines: &Lines) -> Node {
    let (range, value) = match value {
        Json::StringLit(text) => (text.range, Value::Text(text.value.into_owned())),
        Json::NumberLit(number) => (number.range, Value::Plain(number.value.to_owned())),
        Json::BooleanLit(boolean) => (boolean.range, Value::Plain(boolean.value.to_string())),
        Json::NullKeyword(null) => (null.range, Value::Null),
        Json::Array(array) => {
            (array.range, Value::List(array.elements.into_iter().map(|element| from_json(element, lines)).collect()))
        }
        Json::Object(object) => {
            let entries = object.properties.into_iter().map(|property| {
                let name = property.name.range();
                let span = Span::new(name.start, name.end);
                (
                    Key { line: lines.line(name.start), span, text: property.name.into_string() },
                    from_json(property.value, lines),
                )
            });
            (object.range, Value::Map(entries.collect()))
        }
    };
    Node { line: lines.line(range.start), span: Span::new(range.start, range.end), value }
}

/// Reads TOML.
///
/// # Errors
/// A [`ParseError`] with the line of the first mistake.
pub fn toml(text: &str) -> Result<Node, ParseError> {
    check_size(text)?;
    let lines = Lines::new(text);
    let table = DeTable::parse(text).map_err(|error| ParseError {
        line: error.span().map_or(1, |span| lines.line(span.start)),
        message: error.message().replace('\n', "; "),
    })?;
    Ok(Node { line: 1, span: Span::new(0, text.len()), value: from_table(table.get_ref(), &lines) })
}

fn from_table(table: &DeTable<'_>, lines: &Lines) -> Value {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let nodes = entries.into_iter().map(|(key, value)| {
        let named = key.span();
        let key_line = lines.line(named.start);
        let node = from_toml(&value.span(), value.get_ref(), lines);
        // A table's own span is its header's; the key is the better place to point at.
        let node = if node.line < key_line {
            Node { line: key_line, span: Span::new(named.start, named.end), ..node }
        } else {
            node
        };
        (Key { line: key_line, span: Span::new(named.start, named.end), text: key.get_ref().to_string() }, node)
    });
    Value::Map(nodes.collect())
}

fn from_toml(span: &std::ops::Range<usize>, value: &DeValue<'_>, lines: &Lines) -> Node {
    let value = match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => Value::Plain(number.as_str().to_owned()),
        DeValue::Float(number) => Value::Plain(number.as_str().to_owned()),
        DeValue::Boolean(boolean) => Value::Plain(boolean.to_string()),
        DeValue::Datetime(date) => Value::Plain(date.to_string()),
        DeValue::Array(array) => {
            Value::List(array.iter().map(|item| from_toml(&item.span(), item.get_ref(), lines)).collect())
        }
        DeValue::Table(table) => from_table(table, lines),
    };
    Node { line: lines.line(span.start), span: Span::new(span.start, span.end), value }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_three_syntaxes_give_the_same_tree_and_lines() {
        let from_json = json("{\n  // note\n  \"a\": {\"b\": [1, \"x\"]},\n}").unwrap();
        let from_toml = toml("\n\na.b = [1, \"x\"]\n").unwrap();
        let from_yaml = yaml("\n\na:\n b: [1, \"x\"]\n").unwrap().remove(0);
        for tree in [&from_json, &from_toml, &from_yaml] {
            let list = tree.at(&["a", "b"]).unwrap().items();
            assert_eq!(list[0].text(), Some("1"));
            assert_eq!(list[1].value, Value::Text("x".to_owned()));
            assert_eq!(tree.entries()[0].0.line, 3);
        }
    }

    #[test]
    fn plain_scalars_keep_their_text() {
        let tree = yaml("python: 3.10\nflag: yes\nnone: ~\n").unwrap().remove(0);
        assert_eq!(tree.text_of("python"), Some("3.10"));
        assert_eq!(tree.text_of("flag"), Some("yes"));
        assert_eq!(tree.get("none").unwrap().value, Value::Null);
    }

    #[test]
    fn merge_keys_are_resolved_and_own_keys_win() {
        let tree = yaml("base: &b {image: redis, user: root}\nweb:\n  <<: *b\n  user: app\n").unwrap().remove(0);
        let web = tree.get("web").unwrap();
        assert_eq!(web.text_of("image"), Some("redis"));
        assert_eq!(web.text_of("user"), Some("app"));
    }

    #[test]
    fn several_documents_are_all_read() {
        let all = yaml("kind: A\n---\nkind: B\n").unwrap();
        assert_eq!(all.iter().map(|doc| doc.text_of("kind").unwrap()).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(all[1].entries()[0].0.line, 3);
    }

    #[test]
    fn mistakes_name_their_line() {
        assert_eq!(json("{\n\"a\": [1,\n}").unwrap_err().line, 3);
        assert_eq!(toml("a = 1\nb = \n").unwrap_err().line, 2);
        assert!(yaml("a: 1\nb: [1\n").unwrap_err().line >= 2);
    }

    #[test]
    fn bombs_are_refused() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..10 {
            let previous = format!("*a{}", level - 1);
            bomb = format!("{bomb}a{level}: &a{level} [{}]\n", vec![previous; 10].join(","));
        }
        assert!(yaml(&bomb).unwrap_err().message.contains("too many nodes"));
        assert!(yaml(&"[".repeat(100_000)).is_err());
        assert!(json(&"[".repeat(100_000)).is_err());
        assert!(toml(&format!("a = {}", "[".repeat(100_000))).is_err());
    }

    #[test]
    fn an_empty_document_is_nothing() {
        assert_eq!(json("").unwrap(), Node::NOTHING);
        assert!(yaml("# only a comment\n").unwrap().is_empty());
        assert!(toml("").unwrap().entries().is_empty());
    }
}
