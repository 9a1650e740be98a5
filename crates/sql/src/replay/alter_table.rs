//! ALTER TABLE.

use super::columns::ColumnDraft;
use super::table_actions::Action;
use super::tables::{default_type, is_null};
use super::{Done, Session, refused, unresolved};
use crate::catalogue::{Generated, Name, Node, Partition, RelationKind};
use crate::parse::{Parser, Written};
use crate::resolve::columns_of;

impl Session {
    pub(crate) fn alter_table(&mut self, p: &mut Parser<'_>) -> Done {
        if p.eat("all in tablespace") {
            return self.other(p);
        }
        let if_exists = p.if_exists();
        p.eat("only");
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
            if let Err(stop) = self.table_act(&name, action) {
                if let Some(Some(relation)) = backup {
                    self.catalogue.relations.insert(name, relation);
                    self.rebuild_index_owners();
                }
                return Err(stop);
            }
        }
        Ok(())
    }

    fn table_act(&mut self, table: &Name, action: Action) -> Done {
        let kind = self.kind_of(table);
        match action {
            Action::AddColumn { if_not_exists, draft } => self.act_add_column(table, if_not_exists, *draft),
            Action::DropColumn { name, if_exists, cascade } => self.drop_column(table, &name, if_exists, cascade),
            Action::AddConstraint(draft) => self.add_constraint(table, draft, None),
            Action::DropConstraint { name, if_exists, cascade } => self.drop_constraint(table, &name, if_exists, cascade),
            Action::Validate(name) => {
                let relation = self.catalogue.relations.get_mut(table);
                let found = relation.and_then(|relation| relation.constraints.iter_mut().find(|own| own.name == name));
                match found {
                    Some(constraint) => {
                        constraint.validated = true;
                        Ok(())
                    }
                    None => unresolved(format!("constraint \"{name}\" of relation \"{}\" does not exist", table.name)),
                }
            }
            Action::Type { .. }
            | Action::Default { .. }
            | Action::NotNull { .. }
            | Action::DropExpression { .. }
            | Action::Identity { .. } => self.act_on_column(table, action),
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
                    || self.catalogue.relations.get(table).is_some_and(|relation| relation.triggers.contains_key(&name));
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

    fn act_add_column(&mut self, table: &Name, if_not_exists: bool, mut draft: ColumnDraft) -> Done {
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

    fn act_on_column(&mut self, table: &Name, action: Action) -> Done {
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
        self.recolumn(table, &columns_of_name(self, table));
        Ok(())
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
