//! What a condition admits, found from its tree: Postgres's three-valued logic, folded.

use crate::catalogue::{FromItem, Literal, Name, Node, Select};

use super::class::Class;
use super::policies;
use super::value::{Session, Value};

/// What the conditions of a sub-select tie its rows to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Links {
    /// To the caller.
    pub(crate) caller: bool,
    /// To the row of the policy's own table.
    pub(crate) row: bool,
    /// To something that the request brings along.
    pub(crate) request: bool,
}

impl Links {
    fn union(self, other: Links) -> Links {
        Links { caller: self.caller | other.caller, row: self.row | other.row, request: self.request | other.request }
    }

    fn intersection(self, other: Links) -> Links {
        Links { caller: self.caller & other.caller, row: self.row & other.row, request: self.request & other.request }
    }

    fn of(value: &Value) -> Links {
        Links { caller: value.of_caller(), row: value.row, request: value.request }
    }
}

fn boolean(value: bool) -> Class {
    if value { Class::True } else { Class::False }
}

impl Session<'_> {
    /// What a condition that stands `query` queries deep admits.
    pub(crate) fn class(&self, node: &Node, query: u32) -> Class {
        self.deeper(|| self.class_inside(node, query)).unwrap_or(Class::Unknown)
    }

    fn class_inside(&self, node: &Node, query: u32) -> Class {
        match node {
            Node::And(parts) => parts.iter().fold(Class::True, |class, part| class.and(self.class(part, query))),
            Node::Or(parts) => parts.iter().fold(Class::Null, |class, part| class.or(self.class(part, query))),
            Node::Not(part) => self.class(part, query).not(),
            Node::Operator { op, left: Some(left), right } => self.comparison(op, left, right, query),
            Node::Distinct { left, right, negated } => {
                let (left, right) = (self.value(left, query), self.value(right, query));
                let same = match (&left.constant, &right.constant) {
                    (Some(a), Some(b)) => boolean(a == b),
                    _ => equal(&left, &right),
                };
                if *negated { same } else { same.not() }
            }
            Node::Test { arg, test } => self.test(arg, test, query),
            Node::Quantified { left, op, all, right } => self.quantified(left, op, *all, right, query),
            Node::InSelect { left, op, all, select } => self.in_select(left, op, *all, select, query),
            Node::Exists(select) => self.exists(select, query),
            Node::Call { schema, name, args, .. } => self.condition_call(schema.as_deref(), name, args, query),
            Node::Case { whens, otherwise, .. } => {
                let last = otherwise.as_ref().map_or(Class::Null, |node| self.class(node, query));
                whens
                    .iter()
                    .fold(last, |class, (when, then)| class.or(self.class(when, query).and(self.class(then, query))))
            }
            Node::Subselect(select) if select.from.is_empty() && select.targets.len() == 1 => {
                let class = self.class(&select.targets[0].0, query + 1);
                select.filter.as_ref().map_or(class, |filter| class.and(self.class(filter, query + 1)))
            }
            Node::Cast { arg, .. } if matches!(**arg, Node::Subselect(_) | Node::Call { .. } | Node::Exists(_)) => {
                match self.value(node, query).constant {
                    Some(_) => of_value(&self.value(node, query)),
                    None => self.class(arg, query),
                }
            }
            _ => of_value(&self.value(node, query)),
        }
    }

    fn comparison(&self, op: &str, left: &Node, right: &Node, query: u32) -> Class {
        let (left, right) = (self.value(left, query), self.value(right, query));
        if left.is_null() || right.is_null() {
            return Class::Null;
        }
        if let (Some(a), Some(b)) = (&left.constant, &right.constant) {
            return compare(op, a, b).map_or(Class::Unknown, boolean);
        }
        match op {
            "=" => equal(&left, &right),
            "<>" | "!=" => equal(&left, &right).not(),
            _ => match equal(&left, &right) {
                Class::True => Class::Row,
                class => class,
            },
        }
    }

    fn test(&self, arg: &Node, test: &str, query: u32) -> Class {
        let value = self.value(arg, query);
        let negated = test.contains("NOT");
        if test.ends_with("NULL") {
            return match &value.constant {
                Some(constant) => boolean((*constant == Literal::Null) != negated),
                None if value.caller && !value.row && !value.inner => boolean(negated),
                None => nullness(&value),
            };
        }
        let wanted = if test.ends_with("TRUE") {
            Class::True
        } else if test.ends_with("FALSE") {
            Class::False
        } else {
            return Class::Unknown;
        };
        let class = self.class(arg, query);
        match class {
            Class::True | Class::False => boolean((class == wanted) != negated),
            Class::Null => boolean(negated),
            _ if (wanted == Class::True) != negated => class,
            _ => class.not(),
        }
    }

    fn quantified(&self, left: &Node, op: &str, all: bool, right: &Node, query: u32) -> Class {
        let value = self.value(left, query);
        let items = match right {
            Node::Array(items) => Some(items.as_slice()),
            Node::Cast { arg, .. } => match &**arg {
                Node::Array(items) => Some(items.as_slice()),
                _ => None,
            },
            _ => None,
        };
        if value.is_null() {
            return Class::Null;
        }
        let any = if let Some(items) = items {
            let op = if all { "=" } else { op };
            items.iter().fold(Class::False, |class, item| class.or(self.comparison(op, left, item, query)))
        } else {
            let list = self.value(right, query);
            if list.is_null() {
                return Class::Null;
            }
            match equal(&value, &list) {
                Class::Own => Class::Tenant,
                class => class,
            }
        };
        if all && op == "<>" { any.not() } else { any }
    }

    fn in_select(&self, left: &Node, op: &str, all: bool, select: &Select, query: u32) -> Class {
        let value = self.value(left, query);
        if value.is_null() || self.filter_class(select, query + 1).is_denied() {
            return Class::False;
        }
        let links = self.links_of(select, query + 1);
        let targets = select.targets.iter().map(|(node, _)| self.value(node, query + 1));
        let targets = targets.reduce(|value, next| value.join(&next)).unwrap_or_default();
        if targets.is_null() {
            return Class::False;
        }
        let links = links.union(Links::of(&value)).union(Links::of(&targets));
        let class = Self::linked(links);
        if all || op != "=" { class.not() } else { class }
    }

    fn exists(&self, select: &Select, query: u32) -> Class {
        if self.filter_class(select, query + 1).is_denied() {
            return Class::False;
        }
        if select.from.is_empty() {
            return select.filter.as_ref().map_or(Class::True, |filter| self.class(filter, query + 1));
        }
        Self::linked(self.links_of(select, query + 1))
    }

    fn linked(links: Links) -> Class {
        match (links.caller, links.row) {
            (true, true) => Class::Tenant,
            (true, false) => Class::Gate,
            (false, true) => Class::Row,
            (false, false) if links.request => Class::Gate,
            (false, false) => Class::Open,
        }
    }

    pub(crate) fn filter_class(&self, select: &Select, query: u32) -> Class {
        let mut class = select.filter.as_ref().map_or(Class::True, |filter| self.class(filter, query));
        for item in &select.from {
            class = class.and(self.join_class(item, query));
        }
        if let Some((_, right)) = &select.set {
            class = class.or(self.filter_class(right, query));
        }
        class
    }

    fn join_class(&self, item: &FromItem, query: u32) -> Class {
        match item {
            FromItem::Join { left, right, on, kind, .. } => {
                let inner = self.join_class(left, query).and(self.join_class(right, query));
                match on {
                    Some(on) if !kind.contains("LEFT") && !kind.contains("FULL") && !kind.contains("RIGHT") => {
                        inner.and(self.class(on, query))
                    }
                    _ => inner,
                }
            }
            _ => Class::True,
        }
    }

    /// What the rows of a query that stands `query` deep are tied to.
    pub(crate) fn links_of(&self, select: &Select, query: u32) -> Links {
        let mut links = select
            .filter
            .iter()
            .chain(&select.having)
            .fold(Links::default(), |links, node| links.union(self.links(node, query)));
        for item in &select.from {
            links = links.union(self.links_of_item(item, query));
        }
        for (_, _, part) in &select.with {
            if let Some(part) = part {
                links = links.union(self.links_of(part, query + 1));
            }
        }
        if let Some((_, right)) = &select.set {
            links = links.intersection(self.links_of(right, query));
        }
        links
    }

    fn links_of_item(&self, item: &FromItem, query: u32) -> Links {
        match item {
            FromItem::Join { left, right, on, .. } => {
                let links = self.links_of_item(left, query).union(self.links_of_item(right, query));
                on.as_ref().map_or(links, |on| links.union(self.links(on, query)))
            }
            FromItem::Table { relation: Some(name), .. } => {
                Links { caller: self.bound_by_policies(name), ..Links::default() }
            }
            FromItem::Subselect { select, .. } => self.links_of(select, query + 1),
            other => Links::of(&self.rows_of(other, query)),
        }
    }

    /// Whether policies show the caller only their own rows of the relation, so that whatever is found there is tied to them.
    fn bound_by_policies(&self, name: &Name) -> bool {
        let Some((name, relation)) = self.catalogue.relations.get_key_value(name) else { return false };
        if !relation.rls.enabled || self.catalogue.bypasses_rls(self.role) {
            return false;
        }
        if let Some(known) = self.bound.borrow().get(name) {
            return *known;
        }
        // A relation whose policies lead back to itself ties nothing by that.
        self.bound.borrow_mut().insert(name, false);
        let class = self.deeper(|| policies::rows(self, relation, crate::catalogue::Command::Select).class);
        let bound = class.is_some_and(|class| class.is_tied() || class == Class::Gate);
        self.bound.borrow_mut().insert(name, bound);
        bound
    }

    fn links(&self, node: &Node, query: u32) -> Links {
        self.deeper(|| match node {
            Node::And(parts) => parts.iter().fold(Links::default(), |links, part| links.union(self.links(part, query))),
            Node::Or(parts) => {
                parts.iter().map(|part| self.links(part, query)).reduce(Links::intersection).unwrap_or_default()
            }
            Node::Not(_) => Links::default(),
            Node::Operator { op, .. } if matches!(op.as_str(), "<>" | "!=") => Links::default(),
            Node::Operator { left: Some(left), right, .. } => {
                let (left, right) = (self.value(left, query), self.value(right, query));
                // Two sides that are the same column tie nothing.
                if left.column.is_some() && left.column == right.column {
                    return Links::default();
                }
                Links::of(&left).union(Links::of(&right))
            }
            Node::Quantified { left, right, .. } => {
                Links::of(&self.value(left, query)).union(Links::of(&self.value(right, query)))
            }
            Node::InSelect { left, select, .. } => {
                Links::of(&self.value(left, query)).union(self.links_of(select, query + 1))
            }
            Node::Exists(select) => self.links_of(select, query + 1),
            other => Links::of(&self.value(other, query)),
        })
        .unwrap_or_default()
    }

    fn condition_call(&self, schema: Option<&str>, name: &str, args: &[Node], query: u32) -> Class {
        if name == "COALESCE" {
            return args
                .iter()
                .map(|arg| self.class(arg, query))
                .find(|class| *class != Class::Null)
                .unwrap_or(Class::Null);
        }
        if let Some(value) = self.functions.called(schema, name).constant {
            return boolean(value);
        }
        let value = self.value(
            &Node::Call {
                schema: schema.map(str::to_owned),
                name: name.to_owned(),
                args: args.to_vec(),
                distinct: false,
                tail: None,
            },
            query,
        );
        if value.constant.is_some() {
            return of_value(&value);
        }
        let facts = self.functions.called(schema, name);
        if self.is_anonymous() && facts.caller && !facts.anonymous_too {
            return Class::False;
        }
        match (value.of_caller(), value.row) {
            (true, true) => Class::Tenant,
            (true, false) => Class::Gate,
            (false, true) if schema.is_some_and(|schema| schema == "pg_catalog" || schema == "storage") => Class::Row,
            (false, false) if value.request => Class::Gate,
            _ => Class::Unknown,
        }
    }
}

/// A boolean value as a condition.
fn of_value(value: &Value) -> Class {
    match &value.constant {
        Some(Literal::Bool(value)) => return boolean(*value),
        Some(Literal::Null) => return Class::Null,
        Some(_) => return Class::Unknown,
        None => {}
    }
    match (value.of_caller(), value.row) {
        (true, true) => Class::Tenant,
        (true, false) => Class::Gate,
        (false, true) if !value.unknown => Class::Row,
        _ => Class::Unknown,
    }
}

fn nullness(value: &Value) -> Class {
    match (value.of_caller(), value.row) {
        (true, _) => Class::Gate,
        (false, true) => Class::Row,
        _ => Class::Unknown,
    }
}

/// What the equality of two values admits.
fn equal(left: &Value, right: &Value) -> Class {
    let (caller, claim) = (left.caller || right.caller, left.claim || right.claim);
    let row = left.row || right.row;
    if left.column.is_some() && left.column == right.column && left.row {
        return Class::True;
    }
    match (caller, claim, row) {
        (true, false, true) => Class::Own,
        (_, true, true) => Class::Tenant,
        (true, _, false) if left == right => Class::True,
        (true, _, false) | (_, true, false) => Class::Gate,
        (false, false, true) if left.request || right.request => Class::Gate,
        (false, false, true) if !(left.unknown || right.unknown) => Class::Row,
        (false, false, false) if left.request || right.request => Class::Gate,
        (false, false, _) => Class::Unknown,
    }
}

/// A comparison of constants; `None` where its outcome depends on types.
fn compare(op: &str, a: &Literal, b: &Literal) -> Option<bool> {
    match (op, a, b) {
        ("=", a, b) => Some(a == b || numbers(a, b).is_some_and(|(a, b)| a.total_cmp(&b).is_eq())),
        ("<>" | "!=", a, b) => compare("=", a, b).map(|same| !same),
        ("~~", Literal::Text(a), Literal::Text(b)) if !b.contains(['%', '_']) => Some(a == b),
        (op, a, b) => {
            let (a, b) = numbers(a, b)?;
            Some(match op {
                "<" => a < b,
                ">" => a > b,
                "<=" => a <= b,
                ">=" => a >= b,
                _ => return None,
            })
        }
    }
}

fn numbers(a: &Literal, b: &Literal) -> Option<(f64, f64)> {
    match (a, b) {
        (Literal::Number(a), Literal::Number(b)) => Some((a.parse().ok()?, b.parse().ok()?)),
        _ => None,
    }
}
