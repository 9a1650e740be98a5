//! YAML: every document of a file, aliases expanded and merge keys resolved, within bounds.

use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{Event, Parser, ScalarStyle};

use crate::tree::{Key, Node, ParseError, Span, Value, check_size};

/// Nodes in a YAML document after aliases are expanded.
const MAX_NODES: usize = 1_000_000;
/// Deepest nesting that is read, aliases included.
const MAX_DEPTH: usize = 128;

/// Reads every document of a YAML file. Aliases are expanded and merge keys (`<<`) resolved, within bounds.
///
/// # Errors
/// A [`ParseError`] with the line of the first mistake, or of the place where a bound is passed.
pub fn yaml(text: &str) -> Result<Vec<Node>, ParseError> {
    check_size(text)?;
    let mut builder = Builder::default();
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| {
            // Some of the parser's errors have no words.
            let message = if error.info().is_empty() { "this is not YAML".to_owned() } else { error.info().clone() };
            ParseError { line: error.marker().line().max(1) as u32, message }
        })?;
        let (start, end) = (span.start.byte_offset().unwrap_or(0), span.end.byte_offset().unwrap_or(0));
        builder.event(event, span.start.line().max(1) as u32, Span::new(start, end.max(start)))?;
    }
    Ok(builder.documents)
}

/// An open collection of the YAML document under construction.
enum Open {
    List { line: u32, start: u32, anchor: usize, items: Vec<Node> },
    Map { line: u32, start: u32, anchor: usize, entries: Vec<(Key, Node)>, key: Option<Key>, merges: Vec<Node> },
}

/// How large a node is.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    depth: usize,
}

impl Size {
    const ONE: Size = Size { nodes: 1, depth: 1 };
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    /// Node, number of nodes, and depth of each.
    anchors: BTreeMap<usize, (Node, Size)>,
    nodes: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, line: u32, span: Span) -> Result<(), ParseError> {
        let start = span.start;
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let value = match style {
                    ScalarStyle::Plain if matches!(&*text, "" | "~" | "null") => Value::Null,
                    ScalarStyle::Plain => Value::Plain(text.into_owned()),
                    _ => Value::Text(text.into_owned()),
                };
                self.place(Node { line, span, value }, anchor, Size::ONE, 1)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.begin(Open::List { line, start, anchor, items: Vec::new() }, line)
            }
            Event::MappingStart(_, anchor, _) => {
                self.begin(Open::Map { line, start, anchor, entries: Vec::new(), key: None, merges: Vec::new() }, line)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span.end),
            Event::Alias(id) => match self.anchors.get(&id) {
                Some((_, size)) if self.open.len() + size.depth > MAX_DEPTH => Err(too_deep(line)),
                Some((node, size)) => {
                    let (node, size) = (Node { line, span, ..node.clone() }, *size);
                    self.place(node, 0, size, size.nodes)
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
            return Err(too_deep(line));
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self, end: u32) -> Result<(), ParseError> {
        let (node, anchor) = match self.open.pop() {
            Some(Open::List { line, start, anchor, items }) => {
                (Node { line, span: Span { start, end: end.max(start) }, value: Value::List(items) }, anchor)
            }
            Some(Open::Map { line, start, anchor, mut entries, merges, .. }) => {
                merge(&mut entries, &merges);
                (Node { line, span: Span { start, end: end.max(start) }, value: Value::Map(entries) }, anchor)
            }
            None => return Ok(()),
        };
        let size = if anchor == 0 { Size::ONE } else { size(&node) };
        // The children were counted when they were finished; only an anchor needs the whole size.
        self.place(node, anchor, size, 1)
    }

    fn place(&mut self, node: Node, anchor: usize, size: Size, counts: usize) -> Result<(), ParseError> {
        // A copy is kept for each anchor, and nested anchors keep nested copies: those count too.
        self.nodes = self.nodes.saturating_add(if anchor == 0 { counts } else { counts + size.nodes });
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
                    *key = Some(Key { line: node.line, span: node.span, text });
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

fn too_deep(line: u32) -> ParseError {
    ParseError { line, message: format!("nested deeper than {MAX_DEPTH}") }
}

/// Adds the entries of merged tables whose keys are not there yet.
fn merge(entries: &mut Vec<(Key, Node)>, merges: &[Node]) {
    if merges.is_empty() {
        return;
    }
    let mut known: BTreeSet<String> = entries.iter().map(|(key, _)| key.text.clone()).collect();
    for (key, value) in merges.iter().flat_map(Node::entries) {
        if known.insert(key.text.clone()) {
            entries.push((key.clone(), value.clone()));
        }
    }
}

fn size(node: &Node) -> Size {
    let add = |sum: Size, part: Size| Size { nodes: sum.nodes + part.nodes, depth: sum.depth.max(part.depth + 1) };
    match &node.value {
        Value::List(items) => items.iter().map(size).fold(Size::ONE, add),
        Value::Map(entries) => {
            let whole = entries.iter().map(|(_, value)| size(value)).fold(Size::ONE, add);
            Size { nodes: whole.nodes + entries.len(), ..whole }
        }
        _ => Size::ONE,
    }
}
