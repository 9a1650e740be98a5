//! JSON to nodes: strictly with `serde_json`, which borrows strings from the text, and with comments and trailing
//! commas for the files whose tools allow them.

use std::borrow::Cow;
use std::cell::Cell;

use jsonc_parser::ast::Value as Jsonc;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Key, Node, ParseError, Value, check_size};

/// Reads JSON. A byte order mark is passed over.
///
/// # Errors
/// A [`ParseError`] with the line of the first mistake.
pub(crate) fn json(text: &str) -> Result<Node<'_>, ParseError> {
    check_size(text)?;
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let last = Cell::new(0);
    let mut reader = serde_json::Deserializer::from_str(body);
    let parsed = Seed { text, last: &last }.deserialize(&mut reader);
    parsed
        .and_then(|node| reader.end().map(|()| node))
        .map_err(|error| ParseError { line: error.line() as u32, message: plain_message(&error) })
}

/// The message without the position, which the caller shows in its own way.
fn plain_message(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.rsplit_once(" at line ").map_or(message.clone(), |(before, _)| before.to_owned())
}

/// Reads a value, with the place where the last borrowed string stood: what is not borrowed is near it.
#[derive(Clone, Copy)]
struct Seed<'s, 'a> {
    text: &'a str,
    last: &'s Cell<u32>,
}

impl<'a> Seed<'_, 'a> {
    /// The offset of a string that may lie in the text.
    fn offset(self, part: &str) -> u32 {
        let at = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        if at < self.text.len() {
            self.last.set(at as u32);
        }
        self.last.get()
    }

    fn node(self, value: Value<'a>) -> Node<'a> {
        Node { at: self.last.get(), value }
    }
}

impl<'a> DeserializeSeed<'a> for Seed<'_, 'a> {
    type Value = Node<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Node<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Seed<'_, 'a> {
    type Value = Node<'a>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'a>, E> {
        Ok(self.node(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'a>, E> {
        Ok(self.node(Value::Plain(Cow::Borrowed(if value { "true" } else { "false" }))))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'a>, E> {
        Ok(self.node(Value::Plain(Cow::Owned(value.to_string()))))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<'a>, E> {
        Ok(self.node(Value::Plain(Cow::Owned(value.to_string()))))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node<'a>, E> {
        Ok(self.node(Value::Plain(Cow::Owned(value.to_string()))))
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<Node<'a>, E> {
        Ok(Node { at: self.offset(value), value: Value::Text(Cow::Borrowed(value)) })
    }

    fn visit_str<E>(self, value: &str) -> Result<Node<'a>, E> {
        Ok(self.node(Value::Text(Cow::Owned(value.to_owned()))))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Node<'a>, A::Error> {
        let at = self.last.get();
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Node { at, value: Value::List(items) })
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Node<'a>, A::Error> {
        let at = self.last.get();
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(KeySeed(self))? {
            entries.push((key, map.next_value_seed(self)?));
        }
        Ok(Node { at, value: Value::Map(entries) })
    }
}

struct KeySeed<'s, 'a>(Seed<'s, 'a>);

impl<'a> DeserializeSeed<'a> for KeySeed<'_, 'a> {
    type Value = Key<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Key<'a>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for KeySeed<'_, 'a> {
    type Value = Key<'a>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'a str) -> Result<Key<'a>, E> {
        Ok(Key { at: self.0.offset(key), text: Cow::Borrowed(key) })
    }

    fn visit_str<E>(self, key: &str) -> Result<Key<'a>, E> {
        Ok(Key { at: self.0.last.get(), text: Cow::Owned(key.to_owned()) })
    }
}

/// Reads JSON with the comments and trailing commas that `bun.lock` and `deno.json` may have.
///
/// # Errors
/// A [`ParseError`] with the line of the first mistake.
pub(crate) fn json_with_comments(text: &str) -> Result<Node<'_>, ParseError> {
    check_size(text)?;
    let parsed = jsonc_parser::parse_to_ast(
        text,
        &jsonc_parser::CollectOptions::default(),
        &jsonc_parser::ParseOptions::default(),
    )
    .map_err(|error| ParseError { line: error.line_display() as u32, message: error.kind().to_string() })?;
    Ok(parsed.value.map_or(Node { at: 0, value: Value::Null }, from_jsonc))
}

fn from_jsonc(value: Jsonc<'_>) -> Node<'_> {
    let (start, value) = match value {
        // Inside the quotes, as for the other syntaxes.
        Jsonc::StringLit(text) => (text.range.start + 1, Value::Text(text.value)),
        Jsonc::NumberLit(number) => (number.range.start, Value::Plain(Cow::Borrowed(number.value))),
        Jsonc::BooleanLit(boolean) => {
            (boolean.range.start, Value::Plain(Cow::Borrowed(if boolean.value { "true" } else { "false" })))
        }
        Jsonc::NullKeyword(null) => (null.range.start, Value::Null),
        Jsonc::Array(array) => (array.range.start, Value::List(array.elements.into_iter().map(from_jsonc).collect())),
        Jsonc::Object(object) => {
            let entries = object.properties.into_iter().map(|property| {
                let at = property.range.start as u32 + 1;
                (Key { at, text: Cow::Owned(property.name.into_string()) }, from_jsonc(property.value))
            });
            (object.range.start, Value::Map(entries.collect()))
        }
    };
    Node { at: start as u32, value }
}
