//! What a scalar expression of a policy depends on: constants, the caller, the row.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::catalogue::{Catalogue, FromItem, Literal, Name, Node, Select};

use super::functions::Functions;

/// Deepest nesting of queries, functions and policies that is looked into.
const DEPTH: u32 = 32;

/// What a value depends on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Value {
    /// The value itself, when it is known.
    pub(crate) constant: Option<Literal>,
    /// Columns of the policy's own table.
    pub(crate) row: bool,
    /// Columns of a sub-select's tables.
    pub(crate) inner: bool,
    /// Who the caller is: the token's subject or e-mail address.
    pub(crate) caller: bool,
    /// Something else of the token, or found by means of the caller.
    pub(crate) claim: bool,
    /// Something that the request brings along: a header, a topic.
    pub(crate) request: bool,
    /// Something that cannot be told.
    pub(crate) unknown: bool,
    /// Path of keys within the token (empty: the token itself), while the value is a part of it.
    pub(crate) token: Option<Vec<String>>,
    /// The column that it is, with its table or alias, when it is one and nothing else.
    pub(crate) column: Option<(String, String)>,
}

impl Value {
    pub(crate) fn constant(value: Literal) -> Self {
        Value { constant: Some(value), ..Value::default() }
    }

    pub(crate) fn text(value: &str) -> Self {
        Value::constant(Literal::Text(value.to_owned()))
    }

    pub(crate) fn caller() -> Self {
        Value { caller: true, ..Value::default() }
    }

    pub(crate) fn claim() -> Self {
        Value { claim: true, ..Value::default() }
    }

    pub(crate) fn unknown() -> Self {
        Value { unknown: true, ..Value::default() }
    }

    /// Whether it is known to be NULL.
    pub(crate) fn is_null(&self) -> bool {
        self.constant == Some(Literal::Null)
    }

    /// Whether it depends on who calls.
    pub(crate) fn of_caller(&self) -> bool {
        self.caller || self.claim
    }

    /// A value made of both.
    pub(crate) fn join(mut self, other: &Value) -> Self {
        self.constant = None;
        self.token = None;
        self.column = None;
        self.row |= other.row;
        self.inner |= other.inner;
        self.caller |= other.caller;
        self.claim |= other.claim;
        self.request |= other.request;
        self.unknown |= other.unknown;
        self
    }
}

/// Who asks, and what is known while a condition is evaluated.
pub(crate) struct Session<'a> {
    /// The catalogue.
    pub(crate) catalogue: &'a Catalogue,
    /// What its functions do.
    pub(crate) functions: &'a Functions,
    /// The role of the request.
    pub(crate) role: &'a str,
    /// Columns of the policy's own table whose value is given.
    pub(crate) given: BTreeMap<&'a str, Literal>,
    /// Relations looked at already, and whether their policies show the caller's rows only.
    pub(crate) bound: RefCell<BTreeMap<&'a Name, bool>>,
    /// How deep the evaluation is.
    depth: Cell<u32>,
}

impl<'a> Session<'a> {
    /// A session of the role.
    pub(crate) fn new(catalogue: &'a Catalogue, functions: &'a Functions, role: &'a str) -> Self {
        Session { catalogue, functions, role, given: BTreeMap::new(), bound: RefCell::default(), depth: Cell::new(0) }
    }

    /// Whether the role's requests come without an account.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.role == "anon"
    }

    /// Runs `inside` one level deeper; `None` when that is too deep.
    pub(crate) fn deeper<T>(&self, inside: impl FnOnce() -> T) -> Option<T> {
        if self.depth.get() >= DEPTH {
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        let result = inside();
        self.depth.set(self.depth.get() - 1);
        Some(result)
    }

    /// The value of a node that stands `query` queries deep (0: in the policy itself).
    pub(crate) fn value(&self, node: &Node, query: u32) -> Value {
        self.deeper(|| self.value_inside(node, query)).unwrap_or_else(Value::unknown)
    }

    fn value_inside(&self, node: &Node, query: u32) -> Value {
        match node {
            Node::Literal { value, .. } => Value::constant(value.clone()),
            Node::Column { qualifier, name, relation, level } => {
                self.column(qualifier.as_deref(), name, relation.is_some(), *level, query)
            }
            Node::Cast { arg, .. } | Node::Collate { arg, .. } | Node::Named { arg, .. } => {
                let mut value = self.value(arg, query);
                if let (Some(Literal::Text(text)), Node::Cast { type_name, .. }) = (&value.constant, node)
                    && type_name == "boolean"
                {
                    value.constant = match text.as_str() {
                        "true" | "t" | "on" | "1" | "yes" => Some(Literal::Bool(true)),
                        "false" | "f" | "off" | "0" | "no" => Some(Literal::Bool(false)),
                        _ => value.constant,
                    };
                }
                value
            }
            Node::Call { schema, name, args, .. } => self.call(schema.as_deref(), name, args, query),
            Node::Operator { op, left: Some(left), right } if matches!(op.as_str(), "->" | "->>" | "#>" | "#>>") => {
                self.member(left, right, query)
            }
            Node::Operator { left, right, .. } => {
                let left = left.as_ref().map_or_else(Value::default, |left| self.value(left, query));
                let right = self.value(right, query);
                // Operators are strict.
                if left.is_null() || right.is_null() {
                    return Value::constant(Literal::Null);
                }
                left.join(&right)
            }
            Node::Subselect(select) | Node::ArraySelect(select) => self.select(select, query),
            Node::Array(items) | Node::Row(items) => self.all(items, query),
            Node::Index { arg, subscript, .. } => self.value(arg, query).join(&self.value(subscript, query)),
            Node::Field { arg, .. } => self.value(arg, query),
            Node::Case { operand, whens, otherwise } => {
                let mut value = Value::unknown();
                for node in operand.iter().chain(otherwise).map(|node| &**node) {
                    value = value.join(&self.value(node, query));
                }
                whens
                    .iter()
                    .flat_map(|(when, then)| [when, then])
                    .fold(value, |value, node| value.join(&self.value(node, query)))
            }
            Node::Star { .. } => Value { inner: true, ..Value::default() },
            Node::Param(_) | Node::Other(_) => Value::unknown(),
            _ => self.mentioned(node, query),
        }
    }

    /// What the parts of a condition depend on, used as a value.
    fn mentioned(&self, node: &Node, query: u32) -> Value {
        let parts: Vec<&Node> = match node {
            Node::And(parts) | Node::Or(parts) => parts.iter().collect(),
            Node::Not(part) | Node::Test { arg: part, .. } => vec![part],
            Node::Distinct { left, right, .. } | Node::Quantified { left, right, .. } => vec![left, right],
            _ => Vec::new(),
        };
        parts.into_iter().fold(Value::unknown(), |value, part| value.join(&self.value(part, query)))
    }

    fn all(&self, nodes: &[Node], query: u32) -> Value {
        nodes.iter().fold(Value::default(), |value, node| value.join(&self.value(node, query)))
    }

    fn column(&self, qualifier: Option<&str>, name: &str, known: bool, level: u32, query: u32) -> Value {
        let own = level >= query;
        if own && let Some(given) = self.given.get(name) {
            return Value::constant(given.clone());
        }
        Value {
            row: own,
            inner: !own,
            unknown: !known && own && qualifier.is_none() && query > 0,
            column: Some((format!("{}/{level}", qualifier.unwrap_or_default()), name.to_owned())),
            ..Value::default()
        }
    }

    /// The token's member at a path, for a role of the API.
    fn claim_at(&self, path: Vec<String>) -> Value {
        let signed_in = !self.is_anonymous();
        let value = match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["sub" | "email" | "phone" | "session_id"] if signed_in => Value::caller(),
            ["role"] => Value::text(self.role),
            ["is_anonymous"] if signed_in => Value::constant(Literal::Bool(false)),
            [] => Value::claim(),
            ["iss" | "exp" | "iat" | "aud" | "ref"] => Value::unknown(),
            _ if signed_in => Value::claim(),
            _ => Value::constant(Literal::Null),
        };
        Value { token: Some(path), ..value }
    }

    fn member(&self, left: &Node, right: &Node, query: u32) -> Value {
        let from = self.value(left, query);
        let key = self.value(right, query);
        match (&from.token, &key.constant) {
            (Some(path), Some(Literal::Text(key))) => {
                let mut path = path.clone();
                path.extend(key.trim_matches(['{', '}']).split(',').map(|key| key.trim().to_owned()));
                self.claim_at(path)
            }
            _ => from.join(&key),
        }
    }

    fn call(&self, schema: Option<&str>, name: &str, args: &[Node], query: u32) -> Value {
        let signed_in = !self.is_anonymous();
        match (schema, name) {
            (Some("auth"), "uid" | "email") => {
                let path = if name == "uid" { "sub" } else { "email" };
                if signed_in {
                    Value::caller()
                } else {
                    Value { token: Some(vec![path.into()]), ..Value::constant(Literal::Null) }
                }
            }
            (Some("auth"), "role") => Value::text(self.role),
            (Some("auth"), "jwt") => self.claim_at(Vec::new()),
            (_, "CURRENT_USER" | "CURRENT_ROLE" | "USER") => Value::text(self.role),
            (_, "SESSION_USER") => Value::text("authenticator"),
            (_, "current_setting") => self.setting(args, query),
            (Some("realtime"), "topic") => Value { request: true, ..Value::default() },
            (_, "COALESCE") => self.coalesce(args, query),
            (Some("pg_catalog" | "storage"), _) => {
                let value = self.all(args, query);
                if matches!(name, "random" | "now" | "clock_timestamp" | "gen_random_uuid") {
                    Value::unknown()
                } else {
                    value
                }
            }
            _ => {
                let mut value = self.all(args, query);
                let facts = self.functions.called(schema, name);
                value.claim |= facts.caller && signed_in;
                value.request |= facts.request;
                if facts.caller && !signed_in && args.is_empty() {
                    return Value::constant(Literal::Null);
                }
                value.unknown |= !facts.caller;
                value
            }
        }
    }

    fn coalesce(&self, args: &[Node], query: u32) -> Value {
        let mut value: Option<Value> = None;
        for arg in args {
            let next = self.value(arg, query);
            if next.is_null() {
                continue;
            }
            let done = next.constant.is_some() || (next.caller && !next.row);
            value = Some(match value {
                Some(value) => value.join(&next),
                None => next,
            });
            if done {
                break;
            }
        }
        value.unwrap_or_else(|| Value::constant(Literal::Null))
    }

    fn setting(&self, args: &[Node], query: u32) -> Value {
        let Some(Literal::Text(name)) = args.first().and_then(|arg| self.value(arg, query).constant) else {
            return Value::unknown();
        };
        match name.as_str() {
            "request.jwt.claims" => self.claim_at(Vec::new()),
            "role" => Value::text(self.role),
            _ => match name.strip_prefix("request.jwt.claim.") {
                Some(claim) => self.claim_at(vec![claim.to_owned()]),
                None => Value { request: true, ..Value::default() },
            },
        }
    }

    /// The value of a sub-select: its one target, bound as its conditions say.
    fn select(&self, select: &Select, query: u32) -> Value {
        let mut value = if select.values.is_empty() {
            let targets = select.targets.iter().map(|(node, _)| self.value(node, query + 1));
            targets.reduce(|value, next| value.join(&next)).unwrap_or_default()
        } else {
            select.values.iter().fold(Value::default(), |value, row| value.join(&self.all(row, query + 1)))
        };
        if select.from.is_empty() && select.set.is_none() {
            return value;
        }
        if self.filter_class(select, query + 1).is_denied() {
            return Value::constant(Literal::Null);
        }
        value.constant = None;
        value.token = None;
        let links = self.links_of(select, query + 1);
        value.claim |= links.caller;
        value.row |= links.row;
        value.request |= links.request;
        if let Some((_, right)) = &select.set {
            value = value.join(&self.select(right, query));
        }
        value
    }

    /// Values of the functions that a FROM item calls.
    pub(crate) fn rows_of(&self, item: &FromItem, query: u32) -> Value {
        match item {
            FromItem::Function { call, .. } => self.value(call, query),
            FromItem::Subselect { select, .. } => self.select(select, query),
            FromItem::Join { left, right, .. } => self.rows_of(left, query).join(&self.rows_of(right, query)),
            FromItem::Table { .. } | FromItem::Other(_) => Value::default(),
        }
    }
}
