//! What a container holds, and what the languages' own operations do to it.
//!
//! Contents are values of the body, not constants: `[a, b][0]` is `a`, whatever that is.

use std::rc::Rc;

use compact_str::CompactString;
use lunette_lang::ir::{Language, ListKind, ValueId};
use smallvec::SmallVec;

use super::eval;
use super::kinds::{Place, array, dict, find, map, object, python_list, set_method};
use crate::constant::Value;

/// Most entries of a container that is followed.
pub(super) const MAX_ENTRIES: usize = 64;

/// A key of a mapping. In Python `1` and `"1"` are two, in an object of JavaScript one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Slot {
    Text(CompactString),
    Int(i64),
}

/// The kind of a mapping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum MapKind {
    /// A dictionary of Python.
    Dict,
    /// An object of JavaScript.
    Object,
    /// A `Map` of JavaScript.
    Map,
    /// One of a library; by its place in the table.
    Store(u32),
}

/// What a container holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Content {
    /// It is not made yet on this way.
    Unmade,
    /// Not known, and never again before it is made anew: somebody else may write to it.
    Lost,
    /// A sequence or set.
    List(ListKind, Vec<ValueId>),
    /// A mapping, in the order of its making.
    Map(MapKind, Vec<(Slot, ValueId)>),
}

/// Several values.
pub(super) type Values = SmallVec<[ValueId; 2]>;

/// What an operation on a container gives.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Effect {
    /// Exactly one of these values.
    Gives(Values),
    /// Nothing is there: `undefined`, `None`, or an exception.
    Absent,
    /// A constant.
    Constant(Value),
    /// The container itself.
    Receiver,
    /// A new container.
    New(Content),
    /// It cannot be told; the container is as before.
    Unknown,
    /// It cannot be told, and what the container holds cannot be told any more either.
    Loses,
}

impl Effect {
    pub(super) fn one(value: ValueId) -> Self {
        Effect::Gives(SmallVec::from_slice(&[value]))
    }
}

/// An argument of an operation, as far as it is known.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) value: ValueId,
    pub(super) constant: Option<Value>,
    /// What it holds, when it is a container.
    pub(super) content: Option<Content>,
}

/// What is known of values.
pub(super) trait Constants {
    /// The constant that a value is.
    fn constant(&self, value: ValueId) -> Option<&Value>;
    /// The language.
    fn language(&self) -> Language;

    /// Whether two values are equal, when that is known.
    fn same(&self, a: ValueId, b: Option<&Value>) -> Option<bool> {
        match self.language() {
            Language::Python => eval::equal(self.constant(a)?, b?, Language::Python),
            Language::JavaScript => eval::identical(self.constant(a)?, b?),
        }
    }
}

/// The place of an index in a sequence; `None` when it is outside.
pub(super) fn place(index: i64, length: usize, language: Language) -> Option<usize> {
    let from_end = index < 0 && language == Language::Python;
    let index = if from_end { index.checked_add(i64::try_from(length).ok()?)? } else { index };
    usize::try_from(index).ok().filter(|&index| index < length)
}

/// The key that a constant is for a kind of mapping.
pub(super) fn slot(value: &Value, kind: MapKind) -> Option<Slot> {
    match (value, kind) {
        (Value::Str(text), _) => Some(Slot::Text(text.as_str().into())),
        (Value::Int(number), MapKind::Object) => Some(Slot::Text(compact_str::format_compact!("{number}"))),
        (Value::Int(number), _) => Some(Slot::Int(*number)),
        (Value::Bool(value), MapKind::Dict) => Some(Slot::Int(i64::from(*value))),
        (Value::Bool(value), MapKind::Object) => Some(Slot::Text(if *value { "true" } else { "false" }.into())),
        _ => None,
    }
}

/// What every object of JavaScript has without being given it.
fn is_inherited(slot: &Slot) -> bool {
    let Slot::Text(name) = slot else { return false };
    matches!(
        name.as_str(),
        "constructor"
            | "hasOwnProperty"
            | "isPrototypeOf"
            | "propertyIsEnumerable"
            | "toLocaleString"
            | "toString"
            | "valueOf"
    ) || name.starts_with("__")
}

/// Reads an entry of a mapping.
pub(super) fn get(kind: MapKind, entries: &[(Slot, ValueId)], slot: &Slot) -> Effect {
    match entries.iter().find(|(found, _)| found == slot) {
        Some((_, value)) => Effect::one(*value),
        None if kind == MapKind::Object && is_inherited(slot) => Effect::Unknown,
        None => Effect::Absent,
    }
}

impl Content {
    /// The values that it holds.
    pub(super) fn values(&self) -> Values {
        let mut all = Values::new();
        match self {
            Content::List(_, items) => all.extend(items.iter().copied()),
            Content::Map(_, entries) => all.extend(entries.iter().map(|(_, value)| *value)),
            Content::Unmade | Content::Lost => {}
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What it gives in order. The order of a set is not known, nor which of its elements are the same.
    pub(super) fn sequence(&self) -> Option<&[ValueId]> {
        match self {
            Content::List(ListKind::Set, items) if items.len() > 1 => None,
            Content::List(_, items) => Some(items),
            _ => None,
        }
    }

    /// How many entries it has, when that is known.
    pub(super) fn len(&self) -> Option<usize> {
        match self {
            Content::List(ListKind::Set, items) if items.len() > 1 => None,
            Content::List(_, items) => Some(items.len()),
            Content::Map(MapKind::Store(_), _) => None,
            Content::Map(_, entries) => Some(entries.len()),
            Content::Unmade | Content::Lost => None,
        }
    }

    /// The truth of it.
    pub(super) fn truth(&self, language: Language) -> Option<bool> {
        match self {
            Content::Unmade | Content::Lost | Content::Map(MapKind::Store(_), _) => None,
            _ if language == Language::JavaScript => Some(true),
            Content::List(_, items) => Some(!items.is_empty()),
            Content::Map(_, entries) => Some(!entries.is_empty()),
        }
    }

    /// As a constant, when all that it holds is constant.
    pub(super) fn constant(&self, known: &impl Constants) -> Option<Value> {
        let Content::List(ListKind::List | ListKind::Tuple, items) = self else { return None };
        let items: Option<Vec<Value>> = items.iter().map(|&item| known.constant(item).cloned()).collect();
        items.map(Value::List)
    }

    /// What iterating over it gives.
    pub(super) fn elements(&self) -> Effect {
        match self {
            Content::List(..) => Effect::Gives(self.values()),
            // Its keys, which are constants.
            Content::Map(MapKind::Dict, _) => Effect::Gives(Values::new()),
            _ => Effect::Unknown,
        }
    }

    /// Whether it holds a value: `x in xs`, `key in mapping`.
    pub(super) fn holds(&self, value: Option<&Value>, known: &impl Constants) -> Option<bool> {
        match self {
            // In JavaScript `in` asks for keys.
            Content::List(_, items) if known.language() == Language::Python => match find(items, value, known) {
                Place::At(_) => Some(true),
                Place::Nowhere => Some(false),
                Place::Unknown => None,
            },
            Content::Map(kind @ (MapKind::Dict | MapKind::Object), entries) => {
                let slot = slot(value?, *kind)?;
                match get(*kind, entries, &slot) {
                    Effect::Gives(_) => Some(true),
                    Effect::Absent => Some(false),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Reads by index or key; `member` for `x.name`.
    pub(super) fn load(&self, key: Option<&Value>, member: bool, known: &impl Constants) -> Effect {
        let language = known.language();
        match (self, key) {
            (Content::List(_, items), Some(Value::Str(name)))
                if member && name == "length" && language == Language::JavaScript =>
            {
                i64::try_from(items.len()).map_or(Effect::Unknown, |length| Effect::Constant(Value::Int(length)))
            }
            (Content::List(ListKind::List | ListKind::Tuple, items), Some(Value::Int(index))) if !member => {
                place(*index, items.len(), language).map_or(Effect::Absent, |at| Effect::one(items[at]))
            }
            (Content::Map(kind @ MapKind::Dict, entries), Some(key)) if !member => {
                slot(key, *kind).map_or(Effect::Unknown, |slot| get(*kind, entries, &slot))
            }
            (Content::Map(kind @ MapKind::Object, entries), Some(key)) => {
                slot(key, *kind).map_or(Effect::Unknown, |slot| get(*kind, entries, &slot))
            }
            (Content::Map(MapKind::Map, entries), Some(Value::Str(name))) if member && name == "size" => {
                i64::try_from(entries.len()).map_or(Effect::Unknown, |length| Effect::Constant(Value::Int(length)))
            }
            _ => Effect::Unknown,
        }
    }

    /// Writes by index or key. Whether it is known what it holds afterwards.
    pub(super) fn store(&mut self, key: Option<&Value>, member: bool, value: ValueId, language: Language) -> bool {
        match (self, key) {
            (Content::List(ListKind::List, items), Some(Value::Int(index))) if !member => {
                if let Some(at) = place(*index, items.len(), language) {
                    items[at] = value;
                    return true;
                }
                let appends = language == Language::JavaScript && usize::try_from(*index) == Ok(items.len());
                if appends {
                    items.push(value);
                }
                appends && items.len() <= MAX_ENTRIES
            }
            (Content::Map(kind @ MapKind::Dict, entries), Some(key)) if !member => {
                put(entries, slot(key, *kind), value)
            }
            (Content::Map(kind @ MapKind::Object, entries), Some(key)) => {
                put(entries, slot(key, *kind).filter(|slot| !is_inherited(slot)), value)
            }
            _ => false,
        }
    }

    /// Deletes by index or key. Whether it is known what it holds afterwards.
    pub(super) fn delete(&mut self, key: Option<&Value>, language: Language) -> bool {
        match (self, key) {
            (Content::List(ListKind::List, items), Some(Value::Int(index))) if language == Language::Python => {
                place(*index, items.len(), language).map(|at| items.remove(at)).is_some()
            }
            (Content::Map(kind @ (MapKind::Dict | MapKind::Object), entries), Some(key)) => slot(key, *kind)
                .is_some_and(|slot| {
                    entries.retain(|(found, _)| *found != slot);
                    true
                }),
            _ => false,
        }
    }

    /// Calls a method of it.
    pub(super) fn method(&mut self, name: &str, args: &[Given], known: &impl Constants) -> Effect {
        match (&mut *self, known.language()) {
            (Content::List(ListKind::Set, items), language) => set_method(items, name, args, language, known),
            (Content::List(kind, items), Language::Python) => python_list(*kind, items, name, args, known),
            (Content::List(_, items), Language::JavaScript) => array(items, name, args, known),
            (Content::Map(MapKind::Dict, entries), _) => dict(entries, name, args),
            (Content::Map(MapKind::Map, entries), _) => map(entries, name, args),
            (Content::Map(MapKind::Object, entries), _) => object(entries, name, args),
            _ => Effect::Loses,
        }
    }
}

/// Puts a value under a key.
pub(super) fn put(entries: &mut Vec<(Slot, ValueId)>, slot: Option<Slot>, value: ValueId) -> bool {
    let Some(slot) = slot else { return false };
    match entries.iter_mut().find(|(found, _)| *found == slot) {
        Some(entry) => entry.1 = value,
        None => entries.push((slot, value)),
    }
    entries.len() <= MAX_ENTRIES
}

/// Joins what a container holds on two ways; whether that is lost.
pub(super) fn join(content: &mut Rc<Content>, other: &Rc<Content>) -> bool {
    if Rc::ptr_eq(content, other) || content == other || matches!(**other, Content::Unmade) {
        return false;
    }
    if matches!(**content, Content::Unmade) {
        *content = Rc::clone(other);
        return false;
    }
    true
}
