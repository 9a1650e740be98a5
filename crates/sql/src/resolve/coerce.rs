//! Which casts Postgres adds: operands of operators, arguments of functions, elements of arrays.

use super::types::{base_type, split};
use super::{Resolver, TypeText};
use crate::catalogue::{Literal, Node};

/// A node with its type.
pub(crate) type Typed = (Node, TypeText);

/// Whether the type is that of a constant that says nothing of its type.
pub(crate) fn is_unknown(type_name: &str) -> bool {
    type_name == "unknown"
}

/// A type's name without its modifiers: `numeric` for `numeric(10,2)`.
pub(crate) fn bare(type_name: &str) -> String {
    let (base, rest) = split(type_name);
    if rest.is_empty() {
        return type_name.to_owned();
    }
    match rest.find(')') {
        Some(close) => format!("{base}{}", &rest[close + 1..]),
        None => type_name.to_owned(),
    }
}

/// Place among the numeric types, by which the smaller is cast to the greater.
fn rank(type_name: &str) -> Option<u8> {
    Some(match type_name {
        "smallint" => 1,
        "integer" => 2,
        "bigint" => 3,
        "numeric" => 4,
        "real" => 5,
        "double precision" => 6,
        _ => return None,
    })
}

fn is_string(type_name: &str) -> bool {
    matches!(type_name, "text" | "character varying" | "character" | "bpchar" | "name")
}

/// A constant of a known type: numbers and booleans are written without quotes.
pub(crate) fn constant(text: String, type_name: &str) -> Node {
    let trimmed = text.trim();
    let value = match type_name {
        "integer" if trimmed.parse::<i32>().is_ok() => Literal::Number(trimmed.trim_start_matches('+').to_owned()),
        "boolean" => match trimmed.to_ascii_lowercase().as_str() {
            "t" | "true" | "y" | "yes" | "on" | "1" => Literal::Bool(true),
            "f" | "false" | "n" | "no" | "off" | "0" => Literal::Bool(false),
            _ => Literal::Text(text),
        },
        "interval" => Literal::Text(super::interval::normalised(&text)),
        "timestamp with time zone" => Literal::Text(moment(trimmed, "+00").unwrap_or(text)),
        "timestamp without time zone" => Literal::Text(moment(trimmed, "").unwrap_or(text)),
        "uuid" => Literal::Text(text.to_lowercase()),
        _ => Literal::Text(text),
    };
    let type_name = match value {
        Literal::Number(_) | Literal::Bool(_) => None,
        _ => Some(type_name.to_owned()),
    };
    Node::Literal { value, type_name }
}

/// A date, or a date and time, as a timestamp is printed; `None` for other forms. `zone` is UTC's, the server's default here.
fn moment(text: &str, zone: &str) -> Option<String> {
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let digits = |text: &str, form: &[u8]| {
        text.len() == form.len()
            && text
                .bytes()
                .zip(form)
                .all(|(byte, form)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form })
    };
    let time = match time.strip_suffix('Z').or_else(|| time.strip_suffix("+00")).filter(|_| !zone.is_empty()) {
        Some(time) => time,
        None => time,
    };
    let time = match time.len() {
        5 => format!("{time}:00"),
        _ => time.to_owned(),
    };
    (digits(date, b"0000-00-00") && digits(&time, b"00:00:00")).then(|| format!("{date} {time}{zone}"))
}

/// Brings a node to a type: constants take it, others are cast.
pub(crate) fn to(node: Node, from: &str, target: &str) -> Node {
    if from == target || target.is_empty() || target == "unknown" {
        return node;
    }
    match node {
        Node::Literal { value: Literal::Text(text), type_name: None } => constant(text, target),
        Node::Literal { value: Literal::Null, type_name: None } => {
            Node::Literal { value: Literal::Null, type_name: Some(target.to_owned()) }
        }
        node if from.is_empty() || is_unknown(from) => node,
        Node::Array(items) if target.ends_with("[]") => {
            let element = target.trim_end_matches("[]");
            let own = from.trim_end_matches("[]");
            Node::Array(items.into_iter().map(|item| to(item, own, element)).collect())
        }
        node => Node::Cast { arg: Box::new(node), type_name: target.to_owned(), implicit: true },
    }
}

impl Resolver<'_> {
    /// A type without modifiers, domains replaced by their base.
    pub(crate) fn base(&self, type_name: &str) -> String {
        bare(base_type(self.catalogue, type_name))
    }

    /// Both sides of an operator, with the casts that it needs, and its result's type.
    pub(crate) fn operands(&self, op: &str, left: Typed, right: Typed) -> (Node, Node, TypeText) {
        match op {
            "=" | "<>" | "<" | ">" | "<=" | ">=" => {
                let (left, right) = self.comparable(left, right);
                (left, right, "boolean".into())
            }
            "~~" | "!~~" | "~~*" | "!~~*" | "~" | "!~" | "~*" | "!~*" | "^@" => {
                let left_type = self.base(&left.1);
                let keep =
                    matches!(left_type.as_str(), "name" | "bpchar" | "character" | "citext") || !is_string(&left_type);
                let new_left = if keep && !is_unknown(&left_type) { left.0 } else { to(left.0, &left.1, "text") };
                let new_right =
                    if is_string(&right.1) || is_unknown(&right.1) { to(right.0, &right.1, "text") } else { right.0 };
                (new_left, new_right, "boolean".into())
            }
            "->" | "->>" | "#>" | "#>>" | "#-" | "?" | "?|" | "?&" | "@?" | "@@" => self.json_operands(op, left, right),
            "@>" | "<@" | "&&" | "-|-" | "<->" | "<=>" | "<#>" => {
                let target = if is_unknown(&left.1) { self.base(&right.1) } else { self.base(&left.1) };
                let result =
                    if op.contains('-') || op == "<=>" || op == "<#>" { "double precision" } else { "boolean" };
                let new_left = if is_unknown(&left.1) { to(left.0, "unknown", &target) } else { left.0 };
                let new_right = if is_unknown(&right.1) { to(right.0, "unknown", &target) } else { right.0 };
                (new_left, new_right, result.into())
            }
            "||" => self.joined(left, right),
            _ => self.arithmetic(op, left, right),
        }
    }

    /// The sides of a comparison.
    pub(crate) fn comparable(&self, left: Typed, right: Typed) -> (Node, Node) {
        let (l, r) = (self.base(&left.1), self.base(&right.1));
        let side = |node: Node, own: &str, target: &str| if own == target { node } else { to(node, own, target) };
        match (is_unknown(&l), is_unknown(&r)) {
            (true, true) => (to(left.0, &l, "text"), to(right.0, &r, "text")),
            (true, false) | (false, true) => {
                let known = if is_unknown(&l) { &r } else { &l };
                let target = match known.as_str() {
                    "character varying" | "" => "text",
                    "character" => "bpchar",
                    other => other,
                };
                let fix = |(node, own): Typed, base: &str| {
                    if is_unknown(base) {
                        to(node, base, target)
                    } else if base == "character varying" || (own != *base && bare(&own) != *base) {
                        to(node, &own, target)
                    } else {
                        node
                    }
                };
                (fix(left, &l), fix(right, &r))
            }
            (false, false) => {
                if let (Some(a), Some(b)) = (rank(&l), rank(&r)) {
                    let same = a == b || (a <= 3 && b <= 3) || (a >= 5 && b >= 5);
                    let target = if same {
                        return (left.0, right.0);
                    } else if a.max(b) == 4 {
                        "numeric"
                    } else {
                        "double precision"
                    };
                    return (side(left.0, &l, target), side(right.0, &r, target));
                }
                if is_string(&l) && is_string(&r) {
                    let plain = |base: &str| matches!(base, "text" | "name");
                    let both_padded =
                        matches!(l.as_str(), "character" | "bpchar") && matches!(r.as_str(), "character" | "bpchar");
                    if both_padded {
                        return (left.0, right.0);
                    }
                    let fix = |(node, own): Typed, base: &str| if plain(base) { node } else { to(node, &own, "text") };
                    return (fix(left, &l), fix(right, &r));
                }
                (left.0, right.0)
            }
        }
    }

    fn json_operands(&self, op: &str, left: Typed, right: Typed) -> (Node, Node, TypeText) {
        let result = match op {
            "->" | "#>" | "#-" => self.base(&left.1),
            "->>" | "#>>" => "text".into(),
            _ => "boolean".into(),
        };
        let target = match op {
            "#>" | "#>>" | "#-" | "?|" | "?&" => "text[]",
            "@?" => "jsonpath",
            "@@" => {
                if self.base(&left.1) == "jsonb" {
                    "jsonpath"
                } else {
                    "tsquery"
                }
            }
            _ => "text",
        };
        let right_node = if is_unknown(&right.1) || right.1.starts_with("character") {
            to(right.0, &right.1, target)
        } else {
            right.0
        };
        (left.0, right_node, result)
    }

    /// `||`.
    fn joined(&self, left: Typed, right: Typed) -> (Node, Node, TypeText) {
        let (l, r) = (self.base(&left.1), self.base(&right.1));
        let known = if is_unknown(&l) || l.is_empty() { &r } else { &l };
        if known.ends_with("[]") || matches!(known.as_str(), "jsonb" | "bytea" | "tsvector" | "hstore") {
            let known = known.clone();
            let fix = |node: Node, own: &str| if is_unknown(own) { to(node, own, &known) } else { node };
            return (fix(left.0, &l), fix(right.0, &r), known.clone());
        }
        let fix = |(node, own): Typed, base: &str| match base {
            "character varying" | "unknown" | "character" | "bpchar" | "name" => to(node, &own, "text"),
            _ => node,
        };
        (fix(left, &l), fix(right, &r), "text".into())
    }

    fn arithmetic(&self, op: &str, left: Typed, right: Typed) -> (Node, Node, TypeText) {
        let (l, r) = (self.base(&left.1), self.base(&right.1));
        if let (Some(a), Some(b)) = (rank(&l), rank(&r)) {
            let (target, result) = if op == "^" && a.max(b) != 4 {
                ("double precision", &l)
            } else if matches!(op, "%" | "&" | "|" | "#") && a != b && a.max(b) <= 3 {
                // No such operator on two sizes of integers.
                let wider = if a > b { &l } else { &r };
                (wider.as_str(), wider)
            } else if a == b || (a <= 3 && b <= 3) {
                ("", if a > b { &l } else { &r })
            } else if a.max(b) == 4 {
                ("numeric", if a == 4 { &l } else { &r })
            } else {
                ("double precision", if a > b { &l } else { &r })
            };
            let result = if target.is_empty() { result.clone() } else { target.to_owned() };
            let fix =
                |node: Node, own: &str| if target.is_empty() || own == target { node } else { to(node, own, target) };
            return (fix(left.0, &l), fix(right.0, &r), result);
        }
        let dated = |base: &str| base.starts_with("timestamp") || base.starts_with("time ") || base == "date";
        let result = match (dated(&l), dated(&r)) {
            (true, true) => if l == "date" && r == "date" { "integer" } else { "interval" }.to_owned(),
            (true, false) => match (l.as_str(), r.as_str()) {
                ("date", "interval") => "timestamp without time zone".to_owned(),
                _ => l.clone(),
            },
            (false, true) => r.clone(),
            _ if l == "interval" || r == "interval" => "interval".to_owned(),
            _ => {
                if is_unknown(&l) {
                    r.clone()
                } else {
                    l.clone()
                }
            }
        };
        if l == "interval" && matches!(op, "*" | "/") && rank(&r).is_some() {
            return (left.0, to(right.0, &r, "double precision"), result);
        }
        if r == "interval" && op == "*" && rank(&l).is_some() {
            return (to(left.0, &l, "double precision"), right.0, result);
        }
        let target_of = |other: &str| match other {
            other if dated(other) && other != "date" && op == "+" => "interval".to_owned(),
            other => other.to_owned(),
        };
        let new_left = if is_unknown(&l) { to(left.0, &l, &target_of(&r)) } else { left.0 };
        let new_right = if is_unknown(&r) { to(right.0, &r, &target_of(&l)) } else { right.0 };
        (new_left, new_right, result)
    }

    /// The type that several values are brought to (COALESCE, CASE, arrays, UNION): the first known one, or the greatest of
    /// numeric ones; `text` when none is known.
    pub(crate) fn common<'a>(&self, types: impl IntoIterator<Item = &'a str>) -> TypeText {
        let mut common = String::new();
        for type_name in types {
            if is_unknown(type_name) || type_name.is_empty() {
                continue;
            }
            if common.is_empty() {
                type_name.clone_into(&mut common);
                continue;
            }
            let (old, new) = (self.base(&common), self.base(type_name));
            let greater = matches!((rank(&old), rank(&new)), (Some(old), Some(new)) if new > old);
            if greater || (new == "text" && is_string(&old)) {
                type_name.clone_into(&mut common);
            } else if old == new && common != type_name {
                common = old;
            }
        }
        if common.is_empty() { "text".into() } else { common }
    }

    /// Values brought to their common type.
    pub(crate) fn unified(&self, values: Vec<Typed>) -> (Vec<Node>, TypeText) {
        let unsure = values.iter().any(|(_, type_name)| type_name.is_empty())
            && values.iter().all(|(_, type_name)| type_name.is_empty() || is_unknown(type_name));
        let common = self.common(values.iter().map(|(_, type_name)| type_name.as_str()));
        let target = bare(&common);
        let nodes = values
            .into_iter()
            .map(|(node, own)| if bare(&own) == target { node } else { to(node, &own, &target) })
            .collect();
        (nodes, if unsure { String::new() } else { common })
    }
}
