//! Manifests and lockfiles as one kind of tree: JSON, TOML and YAML read to nodes that know their place.
//!
//! Text is borrowed from the file wherever it can be, and places are byte offsets until somebody asks for a line. The
//! readers are bounded in size, depth and, for YAML, in the number of nodes that aliases may expand to.

mod json;
mod toml;
mod yaml;

use std::borrow::Cow;

use lunette_core::place::Place;

pub(crate) use json::{json, json_with_comments};
pub(crate) use toml::toml;
pub(crate) use yaml::yaml;

/// Largest document that is read, in bytes. Lockfiles of very large monorepos stay under 40 MB.
const MAX_BYTES: usize = 64 << 20;
/// Deepest nesting that is read.
const MAX_DEPTH: usize = 128;

/// A value of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node<'a> {
    /// Byte offset of its beginning.
    pub(crate) at: u32,
    /// What it is.
    pub(crate) value: Value<'a>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Nothing, or YAML's and JSON's null.
    Null,
    /// A quoted string.
    Text(Cow<'a, str>),
    /// An unquoted scalar (number, boolean, date, YAML's plain text), as written.
    Plain(Cow<'a, str>),
    /// A list.
    List(Vec<Node<'a>>),
    /// A table, in the order of the document.
    Map(Vec<(Key<'a>, Node<'a>)>),
}

/// A key of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key<'a> {
    /// Byte offset of its beginning.
    pub(crate) at: u32,
    /// Its text.
    pub(crate) text: Cow<'a, str>,
}

/// Why a document could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParseError {
    /// Line, from 1; 0 for the file as a whole.
    pub(crate) line: u32,
    /// What is wrong, in the parser's words.
    pub(crate) message: String,
}

impl<'a> Node<'a> {
    /// The value under a key of a table. A key that is there twice means its last value, as JavaScript reads it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.entries().iter().rev().find(|(name, _)| name.text == key).map(|(_, node)| node)
    }

    /// The value under a path of keys.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Node<'a>> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The scalar's text; `None` for tables, lists and null.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Plain(text) => Some(text),
            _ => None,
        }
    }

    /// The text under a key.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::text)
    }

    /// The text under a key, owned.
    pub(crate) fn owned(&self, key: &str) -> Option<String> {
        self.text_of(key).map(str::to_owned)
    }

    /// Whether the value under a key is the unquoted scalar `true`.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.get(key).is_some_and(|node| matches!(&node.value, Value::Plain(text) if text == "true"))
    }

    /// The entries of a table; empty for anything else.
    pub(crate) fn entries(&self) -> &[(Key<'a>, Node<'a>)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entries of the table under a key; empty when there is none.
    pub(crate) fn entries_of(&self, key: &str) -> &[(Key<'a>, Node<'a>)] {
        self.get(key).map(Node::entries).unwrap_or_default()
    }

    /// The elements of a list; empty for anything else.
    pub(crate) fn items(&self) -> &[Node<'a>] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The elements of the list under a key; empty when there is none.
    pub(crate) fn items_of(&self, key: &str) -> &[Node<'a>] {
        self.get(key).map(Node::items).unwrap_or_default()
    }

    /// Whether it is a table.
    pub(crate) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }
}

/// Byte offsets of a file to lines and columns.
pub(crate) struct Lines<'p> {
    path: &'p str,
    starts: Vec<u32>,
}

impl<'p> Lines<'p> {
    /// Finds the lines of a file.
    pub(crate) fn new(path: &'p str, text: &str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1));
        Lines { path, starts: starts.collect() }
    }

    /// The line (from 1) of an offset.
    pub(crate) fn line(&self, at: u32) -> u32 {
        self.starts.partition_point(|&start| start <= at) as u32
    }

    /// The place of so many bytes from an offset on, cut at the line's end.
    pub(crate) fn place(&self, at: u32, length: usize) -> Place {
        let line = self.line(at);
        let start = self.starts.get(line as usize - 1).copied().unwrap_or_default();
        let column = at.saturating_sub(start).saturating_add(1);
        let room = self.starts.get(line as usize).map_or(u32::MAX, |next| next.saturating_sub(at).saturating_sub(1));
        let end_column = column.saturating_add(u32::try_from(length).unwrap_or(u32::MAX).min(room));
        Place { path: self.path.to_owned(), line, column, end_line: line, end_column }
    }

    /// The place of a key.
    pub(crate) fn key(&self, key: &Key<'_>) -> Place {
        self.place(key.at, key.text.len())
    }

    /// The place of a value: its text for a scalar, its first byte otherwise.
    pub(crate) fn node(&self, node: &Node<'_>) -> Place {
        self.place(node.at, node.text().map_or(1, str::len))
    }
}

fn check_size(text: &str) -> Result<(), ParseError> {
    if text.len() > MAX_BYTES {
        return Err(ParseError { line: 0, message: format!("larger than {} MB", MAX_BYTES >> 20) });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_syntaxes_give_the_same_tree_and_places() {
        let sources = [
            ("json", "\n\n{\"a\": {\"b\": [1, \"x\"]}}"),
            ("jsonc", "// note\n\n{\"a\": {\"b\": [1, \"x\",]},}"),
            ("toml", "\n\na.b = [1, \"x\"]\n"),
            ("yaml", "\n\na:\n b: [1, \"x\"]\n"),
        ];
        for (syntax, text) in sources {
            let tree = match syntax {
                "json" => json(text),
                "jsonc" => json_with_comments(text),
                "toml" => toml(text),
                _ => yaml(text).map(|mut all| all.remove(0)),
            }
            .unwrap();
            let list = tree.at(&["a", "b"]).unwrap().items();
            assert_eq!(list[0].text(), Some("1"), "{syntax}");
            assert_eq!(list[1].value, Value::Text("x".into()), "{syntax}");
            let lines = Lines::new("f", text);
            assert_eq!(lines.key(&tree.entries()[0].0).line, 3, "{syntax}");
            let x = lines.node(&list[1]);
            assert_eq!(&text.lines().nth(x.line as usize - 1).unwrap()[x.column as usize - 1..][..1], "x", "{syntax}");
        }
    }

    #[test]
    fn escaped_keys_keep_a_place_near_by() {
        let text = "{\n\"a\": 1,\n\"\\u0062\": {\n \"c\": 2}}";
        let tree = json(text).unwrap();
        assert_eq!(tree.at(&["b", "c"]).unwrap().text(), Some("2"));
        assert!((2..=3).contains(&Lines::new("f", text).key(&tree.entries()[1].0).line));
    }

    #[test]
    fn the_last_of_two_keys_counts() {
        assert_eq!(json("{\"a\": 1, \"a\": 2}").unwrap().text_of("a"), Some("2"));
    }

    #[test]
    fn merge_keys_are_resolved_and_own_keys_win() {
        let tree = yaml("base: &b {image: redis, user: root}\nweb:\n  <<: *b\n  user: app\n").unwrap().remove(0);
        assert_eq!(tree.at(&["web", "image"]).unwrap().text(), Some("redis"));
        assert_eq!(tree.at(&["web", "user"]).unwrap().text(), Some("app"));
    }

    #[test]
    fn mistakes_name_their_line() {
        assert_eq!(json("{\n\"a\": [1,\n}").unwrap_err().line, 3);
        assert_eq!(json_with_comments("{\n\"a\": [1,\n}").unwrap_err().line, 3);
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
        let deep = "[".repeat(100_000);
        assert!(yaml(&deep).is_err() && json(&deep).is_err() && json_with_comments(&deep).is_err());
        assert!(toml(&format!("a = {deep}")).is_err());
        let keys = format!("{} = 1", vec!["a"; 100_000].join("."));
        assert!(toml(&keys).is_err());
    }
}
