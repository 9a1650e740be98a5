//! ALTER TABLE.

use super::columns::ColumnDraft;
use super::dependents::{On, expression_is_on};
use super::table_actions::Action;
use super::tables::{default_type, is_null};
use super::{Done, Session, duplicate, refused, unresolved};
use crate::catalogue::{ConstraintKind, Generated, Name, Node, Partition, RelationKind};
use crate::parse::{Parser, Written};
use crate::resolve::{columns_of, rewrite};

impl Session {
    pub(crate) fn alter_table(&mut self, p: &mut Parser<'_>) -> Done {
        if p.eat("all in tablespace") {
            return self.other(p);
        }
        let if_exists = p.if_exists();
        let only = p.eat("only");
        let written = p.qualified()?;
        p.eat_sign("*");
        if p.peek("rename") || p.peek("set schema") {
            let Some(name) = self.relation_if(&written, if_exists)? else { return Ok(()) };
            return self.rename_or_move(p, &name);
        }
        let actions = p.list(|p| self.table_action(p))?;
        p.end()?;
        let Some(name) = self.relation_if(&written, if_exists)? else { return Ok(()) };
        let backup = (actions.len() > 1).then(|| self.catalogue.relations.get(&name).cloned());
        for action in actions {
            if let Err(stop) = self.table_act(&name, action, only) {
                if let Some(Some(relation)) = backup {
                    self.catalogue.relations.insert(name, relation);
                    self.rebuild_index_owners();
                }
                return Err(stop);
            }
        }
        Ok(())
    }

    fn table_act(&mut self, table: &Name, action: Action, only: bool) -> Done {
        let kind = self.kind_of(table);
        match action {
            Action::AddColumn { if_not_exists, draft } => self.act_add_column(table, if_not_exists, *draft, only),
            Action::DropColumn { name, if_exists, cascade } => {
                self.act_drop_column(table, &name, (if_exists, cascade), only)
            }
            Action::AddConstraint(draft) => self.add_constraint(table, draft, None),
            Action::DropConstraint { name, if_exists, cascade } => {
                self.drop_constraint(table, &name, if_exists, cascade)
            }
            Action::Validate(name) => self.validate_constraint(table, &name, only),
            Action::Type { .. }
            | Action::Default { .. }
            | Action::NotNull { .. }
            | Action::DropExpression { .. }
            | Action::Identity { .. } => self.act_on_column(table, action, only),
            Action::Rls(_) | Action::ForceRls(_) if !kind.is_some_and(RelationKind::is_table) => {
                refused(format!("\"{}\" is not a table", table.name))
            }
            Action::Inherit(parent) => {
                let parent = self.relation(&parent)?;
                self.inherits = true;
                self.change(table, |relation, _| relation.parents.push(parent));
                Ok(())
            }
            Action::NoInherit(parent) => {
                let parent = self.relation(&parent)?;
                self.change(table, |relation, _| relation.parents.retain(|own| *own != parent));
                Ok(())
            }
            Action::Attach(partition, bound) => self.attach(table, &partition, bound),
            Action::Detach(partition) => {
                let partition = self.relation(&partition)?;
                self.change(&partition, |relation, _| {
                    relation.parents.clear();
                    relation.partition = match relation.partition.take() {
                        Some(Partition::Both { key, .. }) => Some(Partition::By { key }),
                        _ => None,
                    };
                });
                Ok(())
            }
            Action::Trigger { name, enabled } => {
                let all = matches!(name.as_str(), "all" | "user");
                let found = all
                    || self
                        .catalogue
                        .relations
                        .get(table)
                        .is_some_and(|relation| relation.triggers.contains_key(&name));
                if !found {
                    return unresolved(format!("trigger \"{name}\" for table \"{}\" does not exist", table.name));
                }
                self.change(table, |relation, _| {
                    for trigger in relation.triggers.values_mut().filter(|trigger| all || trigger.name == name) {
                        trigger.enabled = enabled;
                    }
                });
                Ok(())
            }
            Action::Owner(role) => {
                self.role_must_exist(&role)?;
                self.change_owner(table, &role);
                Ok(())
            }
            plain => {
                self.change(table, |relation, origin| match plain {
                    Action::Rls(enabled) => {
                        relation.rls.enabled = enabled;
                        relation.rls.enabled_origin = origin;
                    }
                    Action::ForceRls(forced) => {
                        relation.rls.forced = forced;
                        relation.rls.forced_origin = origin;
                    }
                    Action::Options(options) => {
                        relation.options.extend(options);
                        relation.options_origin = origin;
                    }
                    Action::ResetOptions(names) => {
                        names.iter().for_each(|name| drop(relation.options.remove(name)));
                        relation.options_origin = origin;
                    }
                    _ => {}
                });
                Ok(())
            }
        }
    }

    /// Changes a relation in place; gives the current statement as origin.
    pub(crate) fn change(
        &mut self,
        name: &Name,
        change: impl FnOnce(&mut crate::catalogue::Relation, crate::catalogue::Origin),
    ) {
        let origin = self.origin.clone();
        if let Some(relation) = self.catalogue.relations.get_mut(name) {
            change(relation, origin);
        }
    }

    /// A new owner takes the old one's place in the list, too; sequences that the table owns follow.
    pub(crate) fn change_owner(&mut self, name: &Name, role: &str) {
        let owned: Vec<Name> = self
            .catalogue
            .relations
            .values()
            .filter(|relation| relation.owned_by.as_ref().is_some_and(|(table, _)| table == name))
            .map(|relation| relation.name.clone())
            .collect();
        for name in owned.iter().chain([name]) {
            if let Some(relation) = self.catalogue.relations.get_mut(name) {
                let old = std::mem::replace(&mut relation.owner, role.to_owned());
                let columns = relation.columns.iter_mut().map(|column| &mut column.acl);
                for acl in relation.acl.iter_mut().chain(columns) {
                    super::schemas::rename_owner(acl, &old, role);
                }
            }
        }
    }

    fn act_add_column(&mut self, table: &Name, if_not_exists: bool, mut draft: ColumnDraft, only: bool) -> Done {
        if !matches!(
            self.kind_of(table),
            Some(RelationKind::Table | RelationKind::PartitionedTable | RelationKind::ForeignTable)
        ) {
            return refused(format!("\"{}\" is not a table", table.name));
        }
        let exists = self.catalogue.relations.get(table).is_some_and(|relation| relation.column(&draft.name).is_some());
        if exists && if_not_exists {
            return Ok(());
        }
        if exists {
            return duplicate(format!("column \"{}\" of relation \"{}\" already exists", draft.name, table.name));
        }
        if only && !self.partitions_of(table).is_empty() {
            return refused("column must be added to child tables too");
        }
        let constraints = std::mem::take(&mut draft.constraints);
        let column = draft.name.clone();
        self.add_column(table, draft)?;
        for draft in constraints {
            if let Err(stop) = self.add_constraint(table, draft, Some(&column)) {
                self.change(table, |relation, _| relation.columns.retain(|own| own.dropped || own.name != column));
                return Err(stop);
            }
        }
        // Children have what their parents have.
        for child in self.partitions_of(table) {
            let parent_column =
                self.catalogue.relations.get(table).and_then(|relation| relation.column(&column).cloned());
            self.change(&child, |relation, _| {
                if let Some(mut own) = parent_column
                    && relation.column(&own.name).is_none()
                {
                    own.inherited = true;
                    relation.columns.push(own);
                }
            });
        }
        Ok(())
    }

    fn act_on_column(&mut self, table: &Name, action: Action, only: bool) -> Done {
        let type_changed = matches!(action, Action::Type { .. });
        let default_changed = matches!(action, Action::Default { .. });
        let spread = default_changed || matches!(action, Action::NotNull { .. });
        let (Action::Type { column, .. }
        | Action::Default { column, .. }
        | Action::NotNull { column, .. }
        | Action::DropExpression { column, .. }
        | Action::Identity { column, .. }) = &action
        else {
            return Ok(());
        };
        let name = column.clone();
        let Some(relation) = self.catalogue.relations.get(table) else { return Ok(()) };
        let Some(column) = relation.column(&name) else {
            return unresolved(format!("column \"{name}\" of relation \"{}\" does not exist", table.name));
        };
        let mut new = column.clone();
        new.origin = self.origin.clone();
        match action {
            Action::Type { type_name, .. } => {
                let type_name = self.type_text(&type_name)?;
                let dependents = self.column_dependents(table, &name);
                if new.inherited {
                    return refused(format!("cannot alter inherited column \"{name}\""));
                }
                if only && !self.partitions_of(table).is_empty() {
                    return refused(format!("type of inherited column \"{name}\" must be changed in child tables too"));
                }
                if let Some(dependent) = dependents.first() {
                    return refused(format!("cannot alter type of a column used {dependent}"));
                }
                if new.default.is_some() && new.generated == Generated::No {
                    new.default = new.default.map(|default| retyped(default, &new.type_name, &type_name));
                }
                new.type_name = type_name;
            }
            Action::Default { default, .. } => {
                let target = default_type(&new.type_name);
                if matches!(new.generated, Generated::IdentityAlways | Generated::IdentityByDefault) {
                    return refused(format!("column \"{name}\" of relation \"{}\" is an identity column", table.name));
                }
                if new.generated == Generated::Stored {
                    return refused(format!("column \"{name}\" of relation \"{}\" is a generated column", table.name));
                }
                new.default = default
                    .map(|default| self.expression_on(table, Vec::new(), default, Some(&target)))
                    .transpose()?
                    .filter(|default| !is_null(default, &new.type_name));
            }
            Action::NotNull { not_null, .. } => {
                if !not_null && relation.primary_key().is_some_and(|key| key.contains(&name)) {
                    return refused(format!("column \"{name}\" is in a primary key"));
                }
                if !not_null && matches!(new.generated, Generated::IdentityAlways | Generated::IdentityByDefault) {
                    return refused(format!("column \"{name}\" of relation \"{}\" is an identity column", table.name));
                }
                new.not_null = not_null;
            }
            Action::DropExpression { if_exists, .. } => {
                if new.generated != Generated::Stored && !if_exists {
                    return refused(format!("column \"{name}\" is not a stored generated column"));
                }
                new.generated = Generated::No;
                new.default = None;
            }
            Action::Identity { generated, if_exists, .. } => {
                let had = matches!(new.generated, Generated::IdentityAlways | Generated::IdentityByDefault);
                if generated == Generated::No {
                    if !had && !if_exists {
                        return refused(format!("column \"{name}\" is not an identity column"));
                    }
                    self.drop_owned_sequences(table, &name);
                } else if !had {
                    let whose = format!("column \"{name}\" of relation \"{}\"", table.name);
                    if !new.not_null {
                        return refused(format!("{whose} must be declared NOT NULL before identity can be added"));
                    }
                    if new.default.is_some() {
                        return refused(format!("{whose} already has a default value"));
                    }
                    self.add_owned_sequence(table, &name);
                }
                new.generated = generated;
            }
            _ => {}
        }
        self.change(table, |relation, _| {
            if let Some(column) = relation.columns.iter_mut().find(|own| !own.dropped && own.name == name) {
                *column = new;
            }
        });
        if type_changed {
            self.checks_read_again(table, &name);
        }
        if spread && !only {
            let new = self.catalogue.relations.get(table).and_then(|relation| relation.column(&name)).cloned();
            new.iter().for_each(|new| self.spread(table, new, default_changed));
        }
        self.recolumn(table, &columns_of_name(self, table));
        Ok(())
    }

    fn is_inherited(&self, table: &Name, column: &str) -> bool {
        let relation = self.catalogue.relations.get(table);
        relation.and_then(|relation| relation.column(column)).is_some_and(|column| column.inherited)
    }

    fn act_drop_column(&mut self, table: &Name, name: &str, (if_exists, cascade): (bool, bool), only: bool) -> Done {
        if self.is_inherited(table, name) {
            return refused(format!("cannot drop inherited column \"{name}\""));
        }
        if only {
            self.leave_to_children(table, name);
        }
        self.drop_column(table, name, if_exists, cascade)
    }

    /// A column that is dropped from a table ONLY is its children's own from then on.
    fn leave_to_children(&mut self, table: &Name, column: &str) {
        for child in self.partitions_of(table) {
            self.change(&child, |relation, _| {
                for own in relation.columns.iter_mut().filter(|own| !own.dropped && own.name == column) {
                    own.inherited = false;
                }
            });
        }
    }

    /// Children take the default that is set, or whether a value is needed.
    fn spread(&mut self, table: &Name, new: &crate::catalogue::Column, default: bool) {
        for child in self.partitions_of(table) {
            self.change(&child, |relation, _| {
                for own in relation.columns.iter_mut().filter(|own| !own.dropped && own.name == new.name) {
                    if default {
                        own.default.clone_from(&new.default);
                    } else {
                        own.not_null = new.not_null;
                    }
                }
            });
            self.spread(&child, new, default);
        }
    }

    /// When a column's type changes, Postgres prints the checks on it and reads them again: `(a or b) or c` becomes one list.
    fn checks_read_again(&mut self, table: &Name, column: &str) {
        self.change(table, |relation, _| {
            for constraint in &mut relation.constraints {
                let ConstraintKind::Check { expression } = &mut constraint.kind else { continue };
                if !expression_is_on(expression, On::Column(table, column)) {
                    continue;
                }
                if let Some(tree) = &mut expression.tree {
                    rewrite::node(tree, &mut flatten);
                    expression.text = crate::print::expression(tree);
                }
            }
        });
    }

    /// Partitions have the columns' properties of their table.
    fn recolumn(&mut self, table: &Name, columns: &[crate::catalogue::Column]) {
        for child in self.partitions_of(table) {
            self.change(&child, |relation, _| {
                for own in relation.columns.iter_mut().filter(|own| own.inherited && !own.dropped) {
                    if let Some(parent) = columns.iter().find(|parent| parent.name == own.name) {
                        own.type_name.clone_from(&parent.type_name);
                        own.not_null |= parent.not_null;
                    }
                }
            });
        }
    }

    fn attach(&mut self, table: &Name, partition: &Written, bound: String) -> Done {
        let partition = self.relation(partition)?;
        if self.kind_of(table) != Some(RelationKind::PartitionedTable) {
            return refused(format!("\"{}\" is not partitioned", table.name));
        }
        let parent = table.clone();
        self.inherits = true;
        self.change(&partition, |relation, _| {
            relation.parents = vec![parent.clone()];
            relation.partition = Some(match relation.partition.take() {
                Some(Partition::By { key }) => Partition::Both { parent, bound, key },
                _ => Partition::Of { parent, bound },
            });
        });
        self.copy_to_partition(table, &partition);
        Ok(())
    }
}

fn columns_of_name(session: &Session, table: &Name) -> Vec<crate::catalogue::Column> {
    let relation = session.catalogue.relations.get(table);
    relation.map(|relation| relation.live_columns().map(|(_, column)| column.clone()).collect()).unwrap_or_default()
}

/// A list that begins with a list of the same kind is one list.
fn flatten(node: &mut Node) {
    let (Node::And(args) | Node::Or(args)) = &*node else { return };
    let first = match (&*node, args.first()) {
        (Node::And(_), Some(Node::And(inner))) | (Node::Or(_), Some(Node::Or(inner))) => inner.clone(),
        _ => return,
    };
    if let Node::And(args) | Node::Or(args) = node {
        args.splice(..1, first);
    }
}

/// A default after its column's type changed: a constant takes the new type.
fn retyped(default: crate::catalogue::Expr, old: &str, new: &str) -> crate::catalogue::Expr {
    match default.tree {
        Some(Node::Literal { value, type_name: Some(own) }) if own == default_type(old) => {
            crate::resolve::finished(Node::Literal { value, type_name: Some(default_type(new)) })
        }
        _ => default,
    }
}

/// The columns of a table, for a resolver.
pub(crate) fn typed_columns(session: &Session, table: &Name) -> Vec<(String, String)> {
    session.catalogue.relations.get(table).map(columns_of).unwrap_or_default()
}
