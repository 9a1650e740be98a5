//! What the methods of the languages' own containers do.

use lunette_lang::ir::{Language, ListKind, ValueId};

use super::contents::{Constants, Content, Effect, Given, MAX_ENTRIES, MapKind, Slot, get, place, put, slot};
use super::methods;
use crate::constant::Value;

/// Where a value is in a sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// First here.
    At(usize),
    Nowhere,
    /// It cannot be told.
    Unknown,
}

/// Looks for a value in a sequence.
pub(super) fn find(items: &[ValueId], value: Option<&Value>, known: &impl Constants) -> Place {
    for (at, &item) in items.iter().enumerate() {
        match known.same(item, value) {
            Some(true) => return Place::At(at),
            Some(false) => {}
            None => return Place::Unknown,
        }
    }
    Place::Nowhere
}

/// Whether a sequence holds a value, as a result.
fn held(items: &[ValueId], value: &Given, known: &impl Constants) -> Effect {
    match find(items, value.constant.as_ref(), known) {
        Place::Unknown => Effect::Unknown,
        place => Effect::Constant(Value::Bool(place != Place::Nowhere)),
    }
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
        Some(content) => content.sequence().map(<[ValueId]>::to_vec),
        None => None,
    }
}

/// `items` after something was added, unless it is too much.
fn grown(items: &[ValueId], effect: Effect) -> Effect {
    if items.len() > MAX_ENTRIES { Effect::Loses } else { effect }
}

fn taken(items: &mut Vec<ValueId>, at: Option<usize>) -> Effect {
    at.map_or(Effect::Absent, |at| Effect::one(items.remove(at)))
}

pub(super) fn python_list(
    kind: ListKind,
    items: &mut Vec<ValueId>,
    name: &str,
    args: &[Given],
    known: &impl Constants,
) -> Effect {
    let language = Language::Python;
    match (name, args) {
        ("count", _) => Effect::Unknown,
        ("index", [value]) => match find(items, value.constant.as_ref(), known) {
            Place::At(at) => i64::try_from(at).map_or(Effect::Unknown, |at| Effect::Constant(Value::Int(at))),
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
            let at = if at < 0 {
                place(at, length, language).unwrap_or(0)
            } else {
                usize::try_from(at).unwrap_or(length).min(length)
            };
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
            Place::At(at) => {
                items.remove(at);
                Effect::Absent
            }
            Place::Nowhere => Effect::Absent,
            Place::Unknown => Effect::Loses,
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

pub(super) fn array(items: &mut Vec<ValueId>, name: &str, args: &[Given], known: &impl Constants) -> Effect {
    let length = |items: &[ValueId]| {
        i64::try_from(items.len()).map_or(Effect::Unknown, |length| Effect::Constant(Value::Int(length)))
    };
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
        ("includes", [value]) => held(items, value, known),
        ("indexOf", [value]) => match find(items, value.constant.as_ref(), known) {
            Place::At(at) => i64::try_from(at).map_or(Effect::Unknown, |at| Effect::Constant(Value::Int(at))),
            Place::Nowhere => Effect::Constant(Value::Int(-1)),
            Place::Unknown => Effect::Unknown,
        },
        ("join", _) => {
            let constant = Content::List(ListKind::List, items.clone()).constant(known);
            let given: Option<Vec<&Value>> = args.iter().map(|arg| arg.constant.as_ref()).collect();
            let text = constant
                .zip(given)
                .and_then(|(list, given)| methods::method(&list, name, &given, Language::JavaScript));
            text.map_or(Effect::Unknown, Effect::Constant)
        }
        ("values", []) => Effect::New(Content::List(ListKind::List, items.clone())),
        (
            "map" | "filter" | "forEach" | "some" | "every" | "find" | "findIndex" | "findLast" | "reduce"
            | "reduceRight" | "flatMap" | "flat" | "entries" | "keys" | "toString" | "lastIndexOf" | "toSorted"
            | "toReversed" | "with",
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
    let clamp =
        |at: i64| usize::try_from((if at < 0 { at.saturating_add(length) } else { at }).clamp(0, length)).unwrap_or(0);
    let (start, end) = (start.map_or(0, clamp), end.map_or(items.len(), clamp));
    items.get(start..end).unwrap_or_default().to_vec()
}

pub(super) fn set_method(
    items: &mut Vec<ValueId>,
    name: &str,
    args: &[Given],
    language: Language,
    known: &impl Constants,
) -> Effect {
    match (name, args) {
        ("add", [value]) => {
            if !items.contains(&value.value) {
                items.push(value.value);
            }
            grown(items, if language == Language::Python { Effect::Absent } else { Effect::Receiver })
        }
        ("has", [value]) => held(items, value, known),
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
        ("copy" | "values", []) => Effect::New(Content::List(ListKind::Set, items.clone())),
        (
            "union" | "intersection" | "difference" | "issubset" | "issuperset" | "isdisjoint" | "forEach" | "keys"
            | "entries",
            _,
        ) => Effect::Unknown,
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

pub(super) fn dict(entries: &mut Vec<(Slot, ValueId)>, name: &str, args: &[Given]) -> Effect {
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

pub(super) fn map(entries: &mut Vec<(Slot, ValueId)>, name: &str, args: &[Given]) -> Effect {
    let kind = MapKind::Map;
    let key = args.first().and_then(|key| key.constant.as_ref()).and_then(|key| slot(key, kind));
    match (name, args) {
        ("get", [_]) => key.map_or(Effect::Unknown, |key| get(kind, entries, &key)),
        ("set", [_, value]) => {
            if put(entries, key, value.value) {
                Effect::Receiver
            } else {
                Effect::Loses
            }
        }
        ("has", [_]) => key.map_or(Effect::Unknown, |key| {
            Effect::Constant(Value::Bool(entries.iter().any(|(found, _)| *found == key)))
        }),
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

pub(super) fn object(entries: &[(Slot, ValueId)], name: &str, args: &[Given]) -> Effect {
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
