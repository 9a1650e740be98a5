//! What stands on what: found by walking the trees of expressions and queries, when something is dropped.

use super::{Done, Session, refused};
use crate::catalogue::{ConstraintKind, Expr, FromItem, Name, Node, Relation, RelationKind, Select, Signature};
use crate::resolve::types;

/// What an expression may depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On<'a> {
    Relation(&'a Name),
    Column(&'a Name, &'a str),
    Function(&'a Name),
    Type(&'a Name),
}

/// Something that depends on what is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dependent {
    View(Name),
    Policy(Name, String),
    Constraint(Name, String),
    Trigger(Name, String),
    Default(Name, String),
    Column(Name, String),
    Function(Signature),
    Child(Name),
    EventTrigger(String),
}

impl std::fmt::Display for Dependent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::View(name) => write!(f, "by view {}", name.name),
            Self::Policy(table, name) => write!(f, "in policy {name} on table {}", table.name),
            Self::Constraint(table, name) => write!(f, "in constraint {name} on table {}", table.name),
            Self::Trigger(table, name) => write!(f, "in trigger {name} on table {}", table.name),
            Self::Default(table, name) => write!(f, "by default of column {name} of table {}", table.name),
            Self::Column(table, name) => write!(f, "by column {name} of table {}", table.name),
            Self::Function(signature) => write!(f, "by function {}", signature.name),
            Self::Child(name) => write!(f, "by table {}", name.name),
            Self::EventTrigger(name) => write!(f, "by event trigger {name}"),
        }
    }
}

fn node_is_on(node: &Node, on: On<'_>) -> bool {
    match (node, on) {
        (Node::Column { relation: Some(relation), .. }, On::Relation(name)) => relation == name,
        (Node::Column { relation: Some(relation), name, .. }, On::Column(table, column)) => {
            relation == table && name == column
        }
        (Node::Call { schema: Some(schema), name, .. }, On::Function(function)) => {
            *schema == function.schema && *name == function.name
        }
        (Node::Cast { type_name, .. } | Node::Literal { type_name: Some(type_name), .. }, On::Type(name)) => {
            is_type(type_name, name)
        }
        _ => false,
    }
}

/// Whether a type's text names that type or an array of it.
pub(crate) fn is_type(text: &str, name: &Name) -> bool {
    let base = types::split(text).0;
    !types::is_builtin(base) && text.contains(&name.name) && types::qualified(text) == *name
}

/// Whether an expression depends on that.
pub(crate) fn expression_is_on(expression: &Expr, on: On<'_>) -> bool {
    let Some(tree) = &expression.tree else { return false };
    let mut found = false;
    tree.walk(&mut |node| {
        found |= node_is_on(node, on);
        if let (
            Node::Exists(select) | Node::Subselect(select) | Node::ArraySelect(select) | Node::InSelect { select, .. },
            On::Relation(name),
        ) = (node, on)
        {
            found |= reads(select, name);
        }
        !found
    });
    found
}

fn reads(select: &Select, name: &Name) -> bool {
    let mut found = false;
    select.walk_from(&mut |item| {
        found |= matches!(item, FromItem::Table { relation: Some(relation), .. } if relation == name);
    });
    found
}

fn view_is_on(relation: &Relation, on: On<'_>) -> bool {
    let Some(query) = &relation.query else { return false };
    match on {
        On::Relation(name) => query.relations.contains(name),
        On::Column(table, column) => query.columns.iter().any(|(own, name)| own == table && name == column),
        On::Function(name) => query.functions.contains(name),
        On::Type(_) => {
            let mut found = false;
            if let Some(select) = &query.select {
                select.walk(&mut |node| {
                    found |= node_is_on(node, on);
                    !found
                });
            }
            found
        }
    }
}

impl Session {
    /// Everything that depends on something, found in the expressions of all relations.
    pub(crate) fn dependents(&self, on: On<'_>) -> Vec<Dependent> {
        let mut found = Vec::new();
        if !self.may_search() {
            return found;
        }
        for relation in self.catalogue.relations.values() {
            let own = matches!(on, On::Relation(name) if *name == relation.name);
            if own {
                continue;
            }
            let name = || relation.name.clone();
            if view_is_on(relation, on) {
                found.push(Dependent::View(name()));
            }
            for policy in relation.policies.values() {
                let expressions = policy.using.iter().chain(&policy.with_check);
                if expressions.into_iter().any(|expression| expression_is_on(expression, on)) {
                    found.push(Dependent::Policy(name(), policy.name.clone()));
                }
            }
            for constraint in &relation.constraints {
                let depends = match (&constraint.kind, on) {
                    (ConstraintKind::Check { expression }, _) => expression_is_on(expression, on),
                    (ConstraintKind::ForeignKey { references, .. }, On::Relation(name)) => references == name,
                    _ => false,
                };
                if depends {
                    found.push(Dependent::Constraint(name(), constraint.name.clone()));
                }
            }
            for trigger in relation.triggers.values() {
                let called = matches!(on, On::Function(function) if trigger.function.name() == *function);
                if called || trigger.when.as_ref().is_some_and(|when| expression_is_on(when, on)) {
                    found.push(Dependent::Trigger(name(), trigger.name.clone()));
                }
            }
            for (_, column) in relation.live_columns() {
                let typed = match on {
                    On::Type(other) | On::Relation(other) => is_type(&column.type_name, other),
                    _ => false,
                };
                if typed && relation.query.is_none() {
                    found.push(Dependent::Column(name(), column.name.clone()));
                } else if column.default.as_ref().is_some_and(|default| expression_is_on(default, on)) {
                    found.push(Dependent::Default(name(), column.name.clone()));
                }
            }
            if let On::Relation(parent) = on
                && relation.parents.contains(parent)
            {
                found.push(Dependent::Child(name()));
            }
        }
        self.other_dependents(on, &mut found);
        found
    }

    /// Whether another search through all relations may be made. Where it may not (only in texts made to be slow), things are
    /// dropped without what depends on them.
    pub(crate) fn may_search(&self) -> bool {
        let cost = self.catalogue.relations.len() + self.catalogue.functions.len();
        let left = self.searches.get().checked_sub(cost);
        self.searches.set(left.unwrap_or(0));
        if left.is_none() {
            self.limits.searches.borrow_mut().get_or_insert_with(|| self.origin.clone());
        }
        left.is_some()
    }

    fn other_dependents(&self, on: On<'_>, found: &mut Vec<Dependent>) {
        match on {
            On::Type(name) | On::Relation(name) => {
                for function in self.catalogue.functions.values() {
                    let types = function.arguments.iter().map(|argument| &argument.type_name);
                    if types.chain([&function.returns]).any(|text| is_type(text, name)) {
                        found.push(Dependent::Function(function.signature.clone()));
                    }
                }
            }
            On::Function(name) => {
                for trigger in self.catalogue.event_triggers.values() {
                    if trigger.function.name() == *name {
                        found.push(Dependent::EventTrigger(trigger.name.clone()));
                    }
                }
            }
            On::Column(..) => {}
        }
    }

    /// What uses a column, besides constraints and indexes of its own table.
    pub(crate) fn column_dependents(&self, table: &Name, column: &str) -> Vec<Dependent> {
        let mut found = self.dependents(On::Column(table, column));
        found.retain(|dependent| {
            matches!(
                dependent,
                Dependent::View(_) | Dependent::Policy(..) | Dependent::Trigger(..) | Dependent::Default(..)
            )
        });
        if let Some(relation) = self.catalogue.relations.get(table) {
            for trigger in relation.triggers.values().filter(|trigger| trigger.columns.iter().any(|own| own == column))
            {
                found.push(Dependent::Trigger(table.clone(), trigger.name.clone()));
            }
        }
        found
    }

    /// Takes dependents away, and what depends on them.
    pub(crate) fn remove_dependents(&mut self, dependents: Vec<Dependent>) {
        for dependent in dependents {
            match dependent {
                Dependent::View(name) | Dependent::Child(name) => self.drop_relation_cascade(&name),
                Dependent::Policy(table, name) => {
                    self.change(&table, |relation, _| drop(relation.policies.remove(&name)));
                }
                Dependent::Constraint(table, name) => self.remove_constraint(&table, &name),
                Dependent::Trigger(table, name) => {
                    self.change(&table, |relation, _| drop(relation.triggers.remove(&name)));
                }
                Dependent::Default(table, name) => self.change(&table, |relation, _| {
                    let named = relation.columns.iter_mut().find(|own| !own.dropped && own.name == name);
                    named.into_iter().for_each(|own| own.default = None);
                }),
                Dependent::Column(table, name) => drop(self.drop_column(&table, &name, true, true)),
                Dependent::Function(signature) => self.drop_function_cascade(&signature),
                Dependent::EventTrigger(name) => drop(self.catalogue.event_triggers.remove(&name)),
            }
        }
    }

    /// Drops a relation and all that depends on it.
    pub(crate) fn drop_relation_cascade(&mut self, name: &Name) {
        if !self.catalogue.relations.contains_key(name) {
            return;
        }
        let dependents = self.dependents(On::Relation(name));
        self.forget_relation(name);
        self.remove_dependents(dependents);
    }

    /// Drops a function and all that depends on it.
    pub(crate) fn drop_function_cascade(&mut self, signature: &Signature) {
        if self.catalogue.functions.remove(signature).is_none() {
            return;
        }
        if self.catalogue.overloads(&signature.schema, &signature.name).next().is_none() {
            let dependents = self.dependents(On::Function(&signature.name()));
            self.remove_dependents(dependents);
        }
    }

    /// Takes a relation out of the catalogue with what is its own: indexes, owned sequences, places in publications.
    pub(crate) fn forget_relation(&mut self, name: &Name) {
        let Some(relation) = self.catalogue.relations.remove(name) else { return };
        for index in relation.indexes.keys() {
            self.index_owners.remove(&Name::new(&name.schema, index));
        }
        if relation.kind != RelationKind::Sequence {
            self.catalogue
                .relations
                .retain(|_, relation| relation.owned_by.as_ref().is_none_or(|(owner, _)| owner != name));
        }
        for publication in self.catalogue.publications.values_mut() {
            publication.tables.remove(name);
        }
    }

    /// Drops a column: its constraints, indexes and sequences go with it, other dependents with CASCADE.
    pub(crate) fn drop_column(&mut self, table: &Name, column: &str, if_exists: bool, cascade: bool) -> Done {
        let Some(relation) = self.catalogue.relations.get(table) else { return Ok(()) };
        if relation.column(column).is_none() {
            return if if_exists {
                Ok(())
            } else {
                super::unresolved(format!("column \"{column}\" of relation \"{}\" does not exist", table.name))
            };
        }
        let dependents = self.column_dependents(table, column);
        let mut constraints = Vec::new();
        let mut foreign = Vec::new();
        for constraint in &relation.constraints {
            let uses = match &constraint.kind {
                ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => {
                    let uses = columns.iter().any(|own| own == column);
                    if uses {
                        foreign.extend(self.foreign_keys_to(table, Some(columns)));
                    }
                    uses
                }
                ConstraintKind::ForeignKey { columns, .. } => columns.iter().any(|own| own == column),
                ConstraintKind::Check { expression } => expression_is_on(expression, On::Column(table, column)),
                ConstraintKind::Exclude { .. } => false,
            };
            if uses {
                constraints.push(constraint.name.clone());
            }
        }
        foreign.retain(|(owner, name)| owner != table || !constraints.contains(name));
        if !cascade && (!dependents.is_empty() || !foreign.is_empty()) {
            return refused(format!(
                "cannot drop column {column} of table {} because other objects depend on it",
                table.name
            ));
        }
        let indexes: Vec<String> = relation
            .indexes
            .values()
            .filter(|index| {
                index.columns.iter().flatten().chain(&index.include).any(|own| own == column)
                    || index.predicate.as_ref().is_some_and(|own| expression_is_on(own, On::Column(table, column)))
                    || index.columns.iter().zip(&index.keys).any(|(name, key)| name.is_none() && mentions(key, column))
            })
            .map(|index| index.name.clone())
            .collect();
        self.remove_dependents(dependents);
        foreign.iter().for_each(|(owner, name)| self.remove_constraint(owner, name));
        constraints.iter().for_each(|name| self.remove_constraint(table, name));
        indexes.iter().for_each(|name| self.remove_index(table, name));
        self.drop_owned_sequences(table, column);
        let dropped = column.to_owned();
        let mut number = 0;
        self.change(table, |relation, _| {
            let place = relation.columns.iter().position(|own| !own.dropped && own.name == dropped);
            if let Some((at, own)) = place.and_then(|at| relation.columns.get_mut(at).map(|own| (at, own))) {
                number = at + 1;
                own.name = format!("........pg.dropped.{number}........");
                own.dropped = true;
                own.default = None;
                own.not_null = false;
                own.acl.clear();
            }
        });
        for child in self.partitions_of(table) {
            let inherited = self
                .catalogue
                .relations
                .get(&child)
                .and_then(|relation| relation.column(column))
                .is_some_and(|own| own.inherited);
            if inherited {
                self.drop_column(&child, column, true, true)?;
            }
        }
        Ok(())
    }
}

/// Whether a text has the word.
fn mentions(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
}
