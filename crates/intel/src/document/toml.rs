//! TOML to nodes.

use std::borrow::Cow;

use toml::de::{DeTable, DeValue};

use super::{Key, Lines, MAX_DEPTH, Node, ParseError, Value, check_size};

/// Reads TOML.
///
/// # Errors
/// A [`ParseError`] with the line of the first mistake.
pub(crate) fn toml(text: &str) -> Result<Node<'_>, ParseError> {
    check_size(text)?;
    let table = DeTable::parse(text).map_err(|error| ParseError {
        line: error.span().map_or(1, |span| Lines::new("", text).line(span.start as u32)),
        message: error.message().replace('\n', "; "),
    })?;
    Ok(Node { at: 0, value: from_table(table.into_inner(), 0)? })
}

fn from_table(table: DeTable<'_>, depth: usize) -> Result<Value<'_>, ParseError> {
    // Dotted keys nest without any bracket that the parser would count.
    if depth > MAX_DEPTH {
        return Err(ParseError { line: 0, message: format!("nested deeper than {MAX_DEPTH}") });
    }
    let mut entries = Vec::with_capacity(table.len());
    for (key, value) in table {
        let at = key.span().start as u32;
        let (start, value) = (value.span().start as u32, value.into_inner());
        let start = start + u32::from(matches!(value, DeValue::String(_)));
        // A table's own span is its header's; the key is the better place to point at.
        let node = Node { at: start.max(at), value: from_value(value, depth + 1)? };
        entries.push((Key { at, text: key.into_inner() }, node));
    }
    entries.sort_by_key(|(key, _)| key.at);
    Ok(Value::Map(entries))
}

fn from_value(value: DeValue<'_>, depth: usize) -> Result<Value<'_>, ParseError> {
    Ok(match value {
        DeValue::String(text) => Value::Text(text),
        DeValue::Integer(number) => Value::Plain(Cow::Owned(number.as_str().to_owned())),
        DeValue::Float(number) => Value::Plain(Cow::Owned(number.as_str().to_owned())),
        DeValue::Boolean(boolean) => Value::Plain(Cow::Borrowed(if boolean { "true" } else { "false" })),
        DeValue::Datetime(date) => Value::Plain(Cow::Owned(date.to_string())),
        DeValue::Array(array) => {
            let mut items = Vec::with_capacity(array.len());
            for item in array {
                let (start, item) = (item.span().start as u32, item.into_inner());
                let at = start + u32::from(matches!(item, DeValue::String(_)));
                items.push(Node { at, value: from_value(item, depth + 1)? });
            }
            Value::List(items)
        }
        DeValue::Table(table) => from_table(table, depth + 1)?,
    })
}
