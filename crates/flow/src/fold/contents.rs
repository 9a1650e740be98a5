//! What a container holds, and what the languages' own operations do to it.
//!
//! Contents are values of the body, not constants: `[a, b][0]` is `a`, whatever that is.

use compact_str::CompactString;
use lunette_lang::ir::{Language, ListKind, ValueId};
use smallvec::SmallVec;

use super::eval;
use super::methods;
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
#[derive(Clone, PartialEq, Debug)]
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
    fn one(value: ValueId) -> Self {
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
fn place(index: i64, length: usize, language: Language) -> Option<usize> {
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
        "constructor" | "hasOwnProperty" | "isPrototypeOf" | "propertyIsEnumerable" | "toLocaleString" | "toString" | "valueOf"
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
            Content::List(_, items) if known.language() == Language::Python => find(items, value, known).map(|at| at.is_some()),
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
            (Content::List(_, items), Some(Value::Str(name))) if member && name == "length" && language == Language::JavaScript => {
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
            (Content::Map(kind @ MapKind::Dict, entries), Some(key)) if !member => put(entries, slot(key, *kind), value),
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
            (Content::Map(kind @ (MapKind::Dict | MapKind::Object), entries), Some(key)) => {
                slot(key, *kind).is_some_and(|slot| {
                    entries.retain(|(found, _)| *found != slot);
                    true
                })
            }
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

/// Where a value first is in a sequence. `None` when that cannot be told, `Some(None)` when it is nowhere.
fn find(items: &[ValueId], value: Option<&Value>, known: &impl Constants) -> Option<Option<usize>> {
    for (at, &item) in items.iter().enumerate() {
        if known.same(item, value)? {
            return Some(Some(at));
        }
    }
    Some(None)
}

fn integer(arg: &Given) -> Option<i64> {
    match arg.constant {
        Some(Value::Int(number)) => Some(number),
        _ => None,
    }
}

/// The values of an argument that is iterated over.
fn iterated(arg: &Given) -> Option<Vec<ValueId>> {
    match &arg.content {
        Some(Content::List(_, items)) => Some(items.clone()),
        _ => None,
    }
}

/// `items` after something was added, unless it is too much.
fn grown(items: &[ValueId], effect: Effect) -> Effect {
    if items.len() > MAX_ENTRIES { Effect::Loses } else { effect }
}

fn taken(items: &mut Vec<ValueId>, at: Option<usize>) -> Effect {
    at.map_or(Effect::Absent, |at| Effect::one(items.remove(at)))
}

fn python_list(kind: ListKind, items: &mut Vec<ValueId>, name: &str, args: &[Given], known: &impl Constants) -> Effect {
    let language = Language::Python;
    match (name, args) {
        ("count", _) => Effect::Unknown,
        ("index", [value]) => match find(items, value.constant.as_ref(), known) {
            Some(Some(at)) => i64::try_from(at).map_or(Effect::Unknown, |at| Effect::Constant(Value::Int(at))),
            _ => Effect::Unknown,
        },
        _ if kind == ListKind::Tuple => Effect::Unknown,
        ("append", [value]) => {
            items.push(value.value);
            grown(items, Effect::Absent)
        }
        ("insert", [at, value]) => {
            let Some(at) = integer(at) else { return Effect::Loses };
            let length = items.len();
            let at = if at < 0 { place(at, length, language).unwrap_or(0) } else { usize::try_from(at).unwrap_or(length).min(length) };
            items.insert(at, value.value);
            grown(items, Effect::Absent)
        }
        ("extend", [more]) => match iterated(more) {
            Some(more) => {
                items.extend(more);
                grown(items, Effect::Absent)
            }
            None => Effect::Loses,
        },
        ("pop", []) => {
            let last = items.len().checked_sub(1);
            taken(items, last)
        }
        ("pop", [at]) => match integer(at) {
            Some(at) => {
                let at = place(at, items.len(), language);
                taken(items, at)
            }
            None => Effect::Loses,
        },
        ("remove", [value]) => match find(items, value.constant.as_ref(), known) {
            Some(Some(at)) => {
                items.remove(at);
                Effect::Absent
            }
            Some(None) => Effect::Absent,
            None => Effect::Loses,
        },
        ("reverse", []) => {
            items.reverse();
            Effect::Absent
        }
        ("clear", []) => {
            items.clear();
            Effect::Absent
        }
        ("copy", []) => Effect::New(Content::List(kind, items.clone())),
        _ => Effect::Loses,
    }
}

fn array(items: &mut Vec<ValueId>, name: &str, args: &[Given], known: &impl Constants) -> Effect {
    let length = |items: &[ValueId]| i64::try_from(items.len()).map_or(Effect::Unknown, |length| Effect::Constant(Value::Int(length)));
    match (name, args) {
        ("push", _) => {
            items.extend(args.iter().map(|arg| arg.value));
            grown(items, length(items))
        }
        ("unshift", _) => {
            items.splice(0..0, args.iter().map(|arg| arg.value));
            grown(items, length(items))
        }
        ("pop", []) => {
            let last = items.len().checked_sub(1);
            taken(items, last)
        }
        ("shift", []) => {
            let first = (!items.is_empty()).then_some(0);
            taken(items, first)
        }
        ("at", [at]) => match integer(at) {
            Some(at) => place(at, items.len(), Language::Python).map_or(Effect::Absent, |at| Effect::one(items[at])),
            None => Effect::Unknown,
        },
        ("slice", _) => match sliced(items, args) {
            Some(part) => Effect::New(Content::List(ListKind::List, part)),
            None => Effect::Unknown,
        },
        ("concat", _) => {
            let mut all = items.clone();
            for arg in args {
                match iterated(arg) {
                    Some(more) => all.extend(more),
                    None if arg.constant.is_some() => all.push(arg.value),
                    None => return Effect::Unknown,
                }
            }
            if all.len() > MAX_ENTRIES { Effect::Unknown } else { Effect::New(Content::List(ListKind::List, all)) }
        }
        ("reverse", []) => {
            items.reverse();
            Effect::Receiver
        }
        ("includes", [value]) => match find(items, value.constant.as_ref(), known) {
            Some(found) => Effect::Constant(Value::Bool(found.is_some())),
            None => Effect::Unknown,
        },
        ("indexOf", [value]) => match find(items, value.constant.as_ref(), known) {
            Some(found) => Effect::Constant(Value::Int(found.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1))),
            None => Effect::Unknown,
        },
        ("join", _) => {
            let constant = Content::List(ListKind::List, items.clone()).constant(known);
            let given: Option<Vec<&Value>> = args.iter().map(|arg| arg.constant.as_ref()).collect();
            let text = constant.zip(given).and_then(|(list, given)| methods::method(&list, name, &given, Language::JavaScript));
            text.map_or(Effect::Unknown, Effect::Constant)
        }
        ("values", []) => Effect::New(Content::List(ListKind::List, items.clone())),
        (
            "map" | "filter" | "forEach" | "some" | "every" | "find" | "findIndex" | "findLast" | "reduce" | "reduceRight"
            | "flatMap" | "flat" | "entries" | "keys" | "toString" | "lastIndexOf" | "toSorted" | "toReversed" | "with",
            _,
        ) => Effect::Unknown,
        _ => Effect::Loses,
    }
}

fn sliced(items: &[ValueId], args: &[Given]) -> Option<Vec<ValueId>> {
    let mut bounds = [None, None];
    for (bound, arg) in bounds.iter_mut().zip(args) {
        *bound = match &arg.constant {
            Some(Value::Undefined) => None,
            _ => Some(integer(arg)?),
        };
    }
    Some(part(items, bounds))
}

/// A part of a sequence; negative bounds count from the end.
pub(super) fn part(items: &[ValueId], [start, end]: [Option<i64>; 2]) -> Vec<ValueId> {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let clamp = |at: i64| usize::try_from((if at < 0 { at.saturating_add(length) } else { at }).clamp(0, length)).unwrap_or(0);
    let (start, end) = (start.map_or(0, clamp), end.map_or(items.len(), clamp));
    items.get(start..end).unwrap_or_default().to_vec()
}

fn set_method(items: &mut Vec<ValueId>, name: &str, args: &[Given], language: Language, known: &impl Constants) -> Effect {
    match (name, args) {
        ("add", [value]) => {
            if !items.contains(&value.value) {
                items.push(value.value);
            }
            grown(items, if language == Language::Python { Effect::Absent } else { Effect::Receiver })
        }
        ("has", [value]) => match find(items, value.constant.as_ref(), known) {
            Some(found) => Effect::Constant(Value::Bool(found.is_some())),
            None => Effect::Unknown,
        },
        ("discard" | "remove" | "delete", [value]) => {
            // What equals a constant may be in it several times here.
            let mut kept = Vec::with_capacity(items.len());
            for &item in items.iter() {
                match known.same(item, value.constant.as_ref()) {
                    Some(true) => {}
                    Some(false) => kept.push(item),
                    None => return Effect::Loses,
                }
            }
            *items = kept;
            Effect::Unknown
        }
        ("clear", []) => {
            items.clear();
            Effect::Absent
        }
        ("copy", []) | ("values", []) => Effect::New(Content::List(ListKind::Set, items.clone())),
        ("union" | "intersection" | "difference" | "issubset" | "issuperset" | "isdisjoint" | "forEach" | "keys" | "entries", _) => {
            Effect::Unknown
        }
        _ => Effect::Loses,
    }
}

/// What reading with a default gives: the value found, the default, or nothing.
fn or_default(found: Effect, default: Option<&Given>) -> Effect {
    match (found, default) {
        (Effect::Absent, Some(default)) => Effect::one(default.value),
        (found, _) => found,
    }
}

fn dict(entries: &mut Vec<(Slot, ValueId)>, name: &str, args: &[Given]) -> Effect {
    let kind = MapKind::Dict;
    let key = args.first().and_then(|key| key.constant.as_ref()).and_then(|key| slot(key, kind));
    match (name, args) {
        ("get", [_] | [_, _]) => match key {
            Some(key) => or_default(get(kind, entries, &key), args.get(1)),
            None => Effect::Unknown,
        },
        ("pop", [_] | [_, _]) => match key {
            Some(key) => {
                let found = or_default(get(kind, entries, &key), args.get(1));
                entries.retain(|(found, _)| *found != key);
                found
            }
            None => Effect::Loses,
        },
        ("setdefault", [_, default]) => match key {
            Some(key) => match get(kind, entries, &key) {
                Effect::Absent => {
                    let fits = put(entries, Some(key), default.value);
                    if fits { Effect::one(default.value) } else { Effect::Loses }
                }
                found => found,
            },
            None => Effect::Loses,
        },
        ("update", [more]) => match &more.content {
            Some(Content::Map(MapKind::Dict, more)) => {
                let fits = more.iter().all(|(slot, value)| put(entries, Some(slot.clone()), *value));
                if fits { Effect::Absent } else { Effect::Loses }
            }
            _ => Effect::Loses,
        },
        ("clear", []) => {
            entries.clear();
            Effect::Absent
        }
        ("copy", []) => Effect::New(Content::Map(kind, entries.clone())),
        ("values", []) => Effect::New(Content::List(ListKind::List, entries.iter().map(|(_, value)| *value).collect())),
        ("keys" | "items", []) => Effect::Unknown,
        _ => Effect::Loses,
    }
}

fn map(entries: &mut Vec<(Slot, ValueId)>, name: &str, args: &[Given]) -> Effect {
    let kind = MapKind::Map;
    let key = args.first().and_then(|key| key.constant.as_ref()).and_then(|key| slot(key, kind));
    match (name, args) {
        ("get", [_]) => key.map_or(Effect::Unknown, |key| get(kind, entries, &key)),
        ("set", [_, value]) => {
            if put(entries, key, value.value) { Effect::Receiver } else { Effect::Loses }
        }
        ("has", [_]) => key.map_or(Effect::Unknown, |key| Effect::Constant(Value::Bool(entries.iter().any(|(found, _)| *found == key)))),
        ("delete", [_]) => match key {
            Some(key) => {
                entries.retain(|(found, _)| *found != key);
                Effect::Unknown
            }
            None => Effect::Loses,
        },
        ("clear", []) => {
            entries.clear();
            Effect::Absent
        }
        ("values", []) => Effect::New(Content::List(ListKind::List, entries.iter().map(|(_, value)| *value).collect())),
        ("keys" | "entries" | "forEach", _) => Effect::Unknown,
        _ => Effect::Loses,
    }
}

fn object(entries: &[(Slot, ValueId)], name: &str, args: &[Given]) -> Effect {
    let own = Slot::Text(name.into());
    match (name, args) {
        // One of its own, which may write to it.
        _ if entries.iter().any(|(found, _)| *found == own) => Effect::Loses,
        ("hasOwnProperty", [key]) => match key.constant.as_ref().and_then(|key| slot(key, MapKind::Object)) {
            Some(key) => Effect::Constant(Value::Bool(entries.iter().any(|(found, _)| *found == key))),
            None => Effect::Unknown,
        },
        ("toString" | "valueOf" | "toLocaleString" | "propertyIsEnumerable" | "isPrototypeOf", _) => Effect::Unknown,
        _ => Effect::Loses,
    }
}
