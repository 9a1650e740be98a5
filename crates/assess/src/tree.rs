//! Configuration documents as one kind of tree: JSON, TOML and YAML read to nodes that know their line.
//!
//! Manifests and lockfiles come in three syntaxes and mean the same things; everything above this module looks at
//! [`Node`] alone. Scalars keep the text as written, because `3.10` is a version and not the number 3.1.
//! Parsers here are bounded: size, depth and the number of nodes that YAML aliases may expand to.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle};
use jsonc_parser::ast::Value as Json;
use toml::de::{DeTable, DeValue};

/// Largest document that is read, in bytes. Lockfiles of very large monorepos stay under 40 MB.
const MAX_BYTES: usize = 64 << 20;
/// Nodes in a YAML document after aliases are expanded.
const MAX_NODES: usize = 1_000_000;
/// Deepest nesting that is read.
const MAX_DEPTH: usize = 128;

/// A value of a document, with the line (from 1) that it starts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its line; 0 only for an empty document.
    pub line: u32,
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
    const NOTHING: Node = Node { line: 0, value: Value::Null };

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
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        Lines(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    fn line(&self, offset: usize) -> u32 {
        self.0.partition_point(|&start| start <= offset) as u32
    }
}

fn check_size(text: &str) -> Result<(), ParseError> {
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
    let (start, value) = match value {
        Json::StringLit(text) => (text.range.start, Value::Text(text.value.into_owned())),
        Json::NumberLit(number) => (number.range.start, Value::Plain(number.value.to_owned())),
        Json::BooleanLit(boolean) => (boolean.range.start, Value::Plain(boolean.value.to_string())),
        Json::NullKeyword(null) => (null.range.start, Value::Null),
        Json::Array(array) => (
            array.range.start,
            Value::List(array.elements.into_iter().map(|element| from_json(element, lines)).collect()),
        ),
        Json::Object(object) => {
            let entries = object.properties.into_iter().map(|property| {
                let line = lines.line(property.range.start);
                (Key { line, text: property.name.into_string() }, from_json(property.value, lines))
            });
            (object.range.start, Value::Map(entries.collect()))
        }
    };
    Node { line: lines.line(start), value }
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
    Ok(Node { line: 1, value: from_table(table.get_ref(), &lines) })
}

fn from_table(table: &DeTable<'_>, lines: &Lines) -> Value {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let nodes = entries.into_iter().map(|(key, value)| {
        let key_line = lines.line(key.span().start);
        // A table's own span is its header's; the key is the better place to point at.
        let node =
            Node { line: lines.line(value.span().start).max(key_line), value: from_toml(value.get_ref(), lines) };
        (Key { line: key_line, text: key.get_ref().to_string() }, node)
    });
    Value::Map(nodes.collect())
}

fn from_toml(value: &DeValue<'_>, lines: &Lines) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => Value::Plain(number.as_str().to_owned()),
        DeValue::Float(number) => Value::Plain(number.as_str().to_owned()),
        DeValue::Boolean(boolean) => Value::Plain(boolean.to_string()),
        DeValue::Datetime(date) => Value::Plain(date.to_string()),
        DeValue::Array(array) => Value::List(
            array
                .iter()
                .map(|item| Node { line: lines.line(item.span().start), value: from_toml(item.get_ref(), lines) })
                .collect(),
        ),
        DeValue::Table(table) => from_table(table, lines),
    }
}

/// Reads every document of a YAML file. Aliases are expanded and merge keys (`<<`) resolved, within bounds.
///
/// # Errors
/// A [`ParseError`] with the line of the first mistake, or of the place where a bound is passed.
pub fn yaml(text: &str) -> Result<Vec<Node>, ParseError> {
    check_size(text)?;
    let mut builder = Builder::default();
    for next in Parser::new_from_str(text) {
        let (event, span) = next
            .map_err(|error| ParseError { line: error.marker().line().max(1) as u32, message: error.info().clone() })?;
        builder.event(event, span.start.line().max(1) as u32)?;
    }
    Ok(builder.documents)
}

/// An open collection of the YAML document under construction.
enum Open {
    List { line: u32, anchor: usize, items: Vec<Node> },
    Map { line: u32, anchor: usize, entries: Vec<(Key, Node)>, key: Option<Key>, merges: Vec<Node> },
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, line: u32) -> Result<(), ParseError> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let value = match style {
                    ScalarStyle::Plain if matches!(&*text, "" | "~" | "null") => Value::Null,
                    ScalarStyle::Plain => Value::Plain(text.into_owned()),
                    _ => Value::Text(text.into_owned()),
                };
                self.finish(Node { line, value }, anchor, 1)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Open::List { line, anchor, items: Vec::new() }, line),
            Event::MappingStart(_, anchor, _) => {
                self.begin(Open::Map { line, anchor, entries: Vec::new(), key: None, merges: Vec::new() }, line)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(id) => match self.anchors.get(&id) {
                Some((node, size)) => {
                    let (node, size) = (node.clone(), *size);
                    self.finish(Node { line, ..node }, 0, size)
                }
                None => Err(ParseError { line, message: "alias to an anchor that is still open".to_owned() }),
            },
            Event::DocumentEnd => {
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, open: Open, line: u32) -> Result<(), ParseError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(ParseError { line, message: format!("nested deeper than {MAX_DEPTH}") });
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ParseError> {
        let (node, anchor) = match self.open.pop() {
            Some(Open::List { line, anchor, items }) => (Node { line, value: Value::List(items) }, anchor),
            Some(Open::Map { line, anchor, mut entries, merges, .. }) => {
                for (key, value) in merges.iter().flat_map(Node::entries) {
                    if !entries.iter().any(|(known, _)| known.text == key.text) {
                        entries.push((key.clone(), value.clone()));
                    }
                }
                (Node { line, value: Value::Map(entries) }, anchor)
            }
            None => return Ok(()),
        };
        let size = if anchor == 0 { 1 } else { size(&node) };
        // The children were counted when they were finished; only an anchor needs the whole size.
        self.place(node, anchor, size, 1)
    }

    fn finish(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), ParseError> {
        self.place(node, anchor, size, size)
    }

    fn place(&mut self, node: Node, anchor: usize, size: usize, counts: usize) -> Result<(), ParseError> {
        // A copy is kept for each anchor, and nested anchors keep nested copies: those count too.
        self.nodes = self.nodes.saturating_add(if anchor == 0 { counts } else { counts + size });
        if self.nodes > MAX_NODES {
            return Err(ParseError { line: node.line, message: "aliases expand to too many nodes".to_owned() });
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, merges, .. }) => match key.take() {
                None => {
                    let text = node.text().unwrap_or_default().to_owned();
                    *key = Some(Key { line: node.line, text });
                }
                Some(name) if name.text == "<<" => match node.value {
                    Value::List(items) => merges.extend(items),
                    _ => merges.push(node),
                },
                Some(name) => entries.push((name, node)),
            },
        }
        Ok(())
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, value)| 1 + size(value)).sum::<usize>(),
        _ => 1,
    }
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
