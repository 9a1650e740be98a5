//! YAML to nodes: aliases are expanded and merge keys (`<<`) resolved, within bounds.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{Event, Parser, ScalarStyle};

use super::{Key, MAX_DEPTH, Node, ParseError, Value, check_size};

/// Nodes in a document after aliases are expanded.
const MAX_NODES: usize = 2_000_000;

/// Reads every document of a YAML file.
///
/// # Errors
/// A [`ParseError`] with the line of the first mistake, or of the place where a bound is passed.
pub(crate) fn yaml(text: &str) -> Result<Vec<Node<'_>>, ParseError> {
    check_size(text)?;
    let mut builder = Builder::default();
    for next in Parser::new_from_str(text) {
        let (event, span) =
            next.map_err(|error| ParseError { line: error.marker().line().max(1) as u32, message: error.info() })?;
        let at = span.start.byte_offset().unwrap_or_default() as u32;
        builder.event(event, at, span.start.line().max(1) as u32)?;
    }
    Ok(builder.documents)
}

/// An open collection of the document under construction.
enum Open<'a> {
    List { at: u32, anchor: usize, items: Vec<Node<'a>> },
    Map { at: u32, anchor: usize, entries: Vec<(Key<'a>, Node<'a>)>, key: Option<Key<'a>>, merges: Vec<Node<'a>> },
}

#[derive(Default)]
struct Builder<'a> {
    documents: Vec<Node<'a>>,
    open: Vec<Open<'a>>,
    /// Anchored values with the number of nodes in each.
    anchors: BTreeMap<usize, (Node<'a>, usize)>,
    nodes: usize,
    line: u32,
}

impl<'a> Builder<'a> {
    fn event(&mut self, event: Event<'a>, at: u32, line: u32) -> Result<(), ParseError> {
        self.line = line;
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let (at, value) = match style {
                    ScalarStyle::Plain if matches!(&*text, "" | "~" | "null") => (at, Value::Null),
                    ScalarStyle::Plain => (at, Value::Plain(text)),
                    _ => (at + 1, Value::Text(text)),
                };
                self.place(Node { at, value }, anchor, 1, 1)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Open::List { at, anchor, items: Vec::new() }),
            Event::MappingStart(_, anchor, _) => {
                self.begin(Open::Map { at, anchor, entries: Vec::new(), key: None, merges: Vec::new() })
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(id) => match self.anchors.get(&id) {
                Some((node, size)) => {
                    if self.nodes.saturating_add(*size) > MAX_NODES {
                        return Err(self.error("aliases expand to too many nodes"));
                    }
                    let (node, size) = (Node { at, value: node.value.clone() }, *size);
                    self.place(node, 0, size, size)
                }
                None => Err(self.error("alias to an anchor that is still open")),
            },
            Event::DocumentEnd => {
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn error(&self, message: &str) -> ParseError {
        ParseError { line: self.line, message: message.to_owned() }
    }

    fn begin(&mut self, open: Open<'a>) -> Result<(), ParseError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error(&format!("nested deeper than {MAX_DEPTH}")));
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ParseError> {
        let (node, anchor) = match self.open.pop() {
            Some(Open::List { at, anchor, items }) => (Node { at, value: Value::List(items) }, anchor),
            Some(Open::Map { at, anchor, mut entries, merges, .. }) => {
                if !merges.is_empty() {
                    merge(&mut entries, &merges);
                }
                (Node { at, value: Value::Map(entries) }, anchor)
            }
            None => return Ok(()),
        };
        // The children were counted when they were placed; only an anchor needs the whole size.
        let size = if anchor == 0 { 1 } else { size(&node) };
        self.place(node, anchor, size, 1)
    }

    fn place(&mut self, node: Node<'a>, anchor: usize, size: usize, counts: usize) -> Result<(), ParseError> {
        // A copy is kept for each anchor, and nested anchors keep nested copies: those count too.
        self.nodes = self.nodes.saturating_add(if anchor == 0 { counts } else { counts + size });
        if self.nodes > MAX_NODES {
            return Err(self.error("too many nodes"));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, merges, .. }) => match key.take() {
                None => {
                    let text = match node.value {
                        Value::Text(text) | Value::Plain(text) => text,
                        _ => Cow::Borrowed(""),
                    };
                    *key = Some(Key { at: node.at, text });
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

/// Adds what the merged tables have and the table has not; earlier tables win.
fn merge<'a>(entries: &mut Vec<(Key<'a>, Node<'a>)>, merges: &[Node<'a>]) {
    let mut known: BTreeSet<String> = entries.iter().map(|(key, _)| key.text.clone().into_owned()).collect();
    for (key, value) in merges.iter().flat_map(Node::entries) {
        if known.insert(key.text.clone().into_owned()) {
            entries.push((key.clone(), value.clone()));
        }
    }
}

fn size(node: &Node<'_>) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, value)| 1 + size(value)).sum::<usize>(),
        _ => 1,
    }
}
