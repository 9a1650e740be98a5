//! Constraints added to tables, with the names and indexes that Postgres gives them.

use super::columns::{ConstraintDraft, ConstraintKindDraft, quoted_list};
use super::names::object_name;
use super::{Done, Session, duplicate, refused, unresolved};
use crate::catalogue::{Constraint, ConstraintKind, Index, Name, Node, Relation, RelationKind, quote_ident};
use crate::resolve::columns_of;

impl Session {
    /// Adds a constraint to a table that is in the catalogue.
    pub(crate) fn add_constraint(&mut self, table: &Name, draft: ConstraintDraft, column: Option<&str>) -> Done {
        let Some(relation) = self.catalogue.relations.get(table) else {
            return unresolved(format!("relation \"{}\" does not exist", table.name));
        };
        if let Some(name) = &draft.name
            && relation.constraints.iter().any(|constraint| constraint.name == *name)
        {
            return duplicate(format!("constraint \"{name}\" for relation \"{}\" already exists", table.name));
        }
        let (name, kind) = match draft.kind {
            ConstraintKindDraft::Key { primary, columns, include, index } => {
                return self.add_key(table, draft.name, primary, columns, &include, index);
            }
            ConstraintKindDraft::Check(node) => {
                let columns = columns_of(relation);
                let expression = self.expression_on(table, columns, node, Some("boolean"))?;
                let only = column.map(str::to_owned).or_else(|| only_column(expression.tree.as_ref()));
                let name = draft.name.unwrap_or_else(|| free_name(relation, only.as_deref().unwrap_or(""), "check"));
                (name, ConstraintKind::Check { expression })
            }
            ConstraintKindDraft::Foreign { columns, table: target, referenced, on_delete, on_update } => {
                require(relation, &columns)?;
                let target = self.relation(&target)?;
                let referenced = self.referenced(&target, referenced, columns.len())?;
                let name = draft.name.unwrap_or_else(|| free_name(relation, &columns.join("_"), "fkey"));
                (name, ConstraintKind::ForeignKey { columns, references: target, referenced, on_delete, on_update })
            }
            ConstraintKindDraft::Exclude { method, columns, definition } => {
                let label = draft.name.clone();
                let name = label
                    .unwrap_or_else(|| self.free_index_name(&table.schema, &table.name, &columns.join("_"), "excl"));
                let index = self.constraint_index(&name, table, &columns, &[], false, false, &method);
                self.add_index(table, index);
                (name, ConstraintKind::Exclude { definition })
            }
        };
        let origin = self.origin.clone();
        if let Some(relation) = self.catalogue.relations.get_mut(table) {
            let validated = draft.validated;
            let own = Constraint { name, kind, validated, inherited: false, origin };
            relation.constraints.push(own.clone());
            self.hand_down(table, &own, 0);
        }
        Ok(())
    }

    /// Checks hold for children, too.
    fn hand_down(&mut self, table: &Name, constraint: &Constraint, depth: u32) {
        if !matches!(constraint.kind, ConstraintKind::Check { .. }) || depth > crate::parse::DEEPEST {
            return;
        }
        for child in self.partitions_of(table) {
            if let Some(relation) = self.catalogue.relations.get_mut(&child)
                && relation.constraints.iter().all(|own| own.name != constraint.name)
            {
                relation.constraints.push(Constraint { inherited: true, ..constraint.clone() });
                self.hand_down(&child, constraint, depth + 1);
            }
        }
    }

    /// Checks the rows that were there before a constraint, in children, too.
    pub(crate) fn validate_constraint(&mut self, table: &Name, name: &str, only: bool) -> Done {
        let relation = self.catalogue.relations.get_mut(table);
        let found = relation.and_then(|relation| relation.constraints.iter_mut().find(|own| own.name == name));
        let Some(constraint) = found else {
            return unresolved(format!("constraint \"{name}\" of relation \"{}\" does not exist", table.name));
        };
        if constraint.validated {
            return Ok(());
        }
        let is_check = matches!(constraint.kind, ConstraintKind::Check { .. });
        if is_check && only && !self.partitions_of(table).is_empty() {
            return refused("constraint must be validated on child tables too");
        }
        self.set_validated(table, name, is_check, 0);
        Ok(())
    }

    fn set_validated(&mut self, table: &Name, name: &str, is_check: bool, depth: u32) {
        let relation = self.catalogue.relations.get_mut(table);
        if let Some(own) = relation.and_then(|relation| relation.constraints.iter_mut().find(|own| own.name == name)) {
            own.validated = true;
        }
        if is_check && depth <= crate::parse::DEEPEST {
            for child in self.partitions_of(table) {
                self.set_validated(&child, name, is_check, depth + 1);
            }
        }
    }

    /// The columns that a foreign key refers to: those named, or the primary key; they must be unique.
    fn referenced(&self, target: &Name, named: Vec<String>, count: usize) -> Done<Vec<String>> {
        let Some(relation) = self.catalogue.relations.get(target) else { return Ok(named) };
        if !relation.kind.is_table() {
            return refused(format!("referenced relation \"{}\" is not a table", target.name));
        }
        if named.is_empty() {
            return match relation.primary_key() {
                Some(key) if key.len() == count => Ok(key.to_vec()),
                Some(_) => refused("number of referencing and referenced columns for foreign key disagree"),
                None => unresolved(format!("there is no primary key for referenced table \"{}\"", target.name)),
            };
        }
        require(relation, &named)?;
        let same = |columns: &[Option<String>]| {
            columns.len() == named.len()
                && columns.iter().all(|column| column.as_ref().is_some_and(|column| named.contains(column)))
        };
        let unique = relation
            .indexes
            .values()
            .any(|index| (index.unique || index.primary) && index.predicate.is_none() && same(&index.columns));
        if !unique && relation.origin.is_known() {
            return unresolved(format!(
                "there is no unique constraint matching given keys for referenced table \"{}\"",
                target.name
            ));
        }
        Ok(named)
    }

    fn add_key(
        &mut self,
        table: &Name,
        name: Option<String>,
        primary: bool,
        columns: Vec<String>,
        include: &[String],
        existing: Option<String>,
    ) -> Done {
        let Some(relation) = self.catalogue.relations.get(table) else { return Ok(()) };
        require(relation, &columns)?;
        require(relation, include)?;
        if primary && relation.primary_key().is_some() {
            return refused(format!("multiple primary keys for table \"{}\" are not allowed", table.name));
        }
        let (name, columns) = if let Some(existing) = existing {
            let Some(index) = relation.indexes.get(&existing) else {
                return unresolved(format!("index \"{existing}\" does not exist"));
            };
            let columns: Vec<String> = index.columns.iter().flatten().cloned().collect();
            let name = name.unwrap_or_else(|| existing.clone());
            self.adopt_index(table, &existing, &name, primary);
            (name, columns)
        } else {
            let name = match name {
                Some(name) => {
                    self.name_is_free(&Name::new(&table.schema, &name))?;
                    name
                }
                None if primary => self.free_index_name(&table.schema, &table.name, "", "pkey"),
                None => self.free_index_name(&table.schema, &table.name, &columns.join("_"), "key"),
            };
            let index = self.constraint_index(&name, table, &columns, include, true, primary, "btree");
            self.add_index(table, index);
            (name, columns)
        };
        let origin = self.origin.clone();
        if let Some(relation) = self.catalogue.relations.get_mut(table) {
            if primary {
                for column in relation.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
                    column.not_null = true;
                }
            }
            let kind =
                if primary { ConstraintKind::PrimaryKey { columns } } else { ConstraintKind::Unique { columns } };
            relation.constraints.push(Constraint { name, kind, validated: true, inherited: false, origin });
        }
        Ok(())
    }

    /// An index that becomes a constraint's.
    fn adopt_index(&mut self, table: &Name, existing: &str, name: &str, primary: bool) {
        let Some(relation) = self.catalogue.relations.get_mut(table) else { return };
        if let Some(mut index) = relation.indexes.remove(existing) {
            index.definition = index.definition.replacen(&*quote_ident(existing), &quote_ident(name), 1);
            name.clone_into(&mut index.name);
            index.constraint = Some(name.to_owned());
            index.primary = primary;
            relation.indexes.insert(name.to_owned(), index);
        }
        self.index_owners.remove(&Name::new(&table.schema, existing));
        self.index_owners.insert(Name::new(&table.schema, name), table.clone());
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of an index")]
    fn constraint_index(
        &self,
        name: &str,
        table: &Name,
        columns: &[String],
        include: &[String],
        unique: bool,
        primary: bool,
        method: &str,
    ) -> Index {
        let include_text =
            if include.is_empty() { String::new() } else { format!(" INCLUDE ({})", quoted_list(include)) };
        let only = match self.kind_of(table) {
            Some(RelationKind::PartitionedTable) => "ONLY ",
            _ => "",
        };
        Index {
            name: name.to_owned(),
            keys: columns.iter().map(|column| quote_ident(column).into_owned()).collect(),
            columns: columns.iter().cloned().map(Some).collect(),
            include: include.to_vec(),
            unique,
            primary,
            method: method.to_owned(),
            predicate: None,
            definition: format!(
                "CREATE {}INDEX {} ON {only}{table} USING {method} ({}){include_text}",
                if unique { "UNIQUE " } else { "" },
                quote_ident(name),
                quoted_list(columns)
            ),
            constraint: Some(name.to_owned()),
            origin: self.origin.clone(),
        }
    }

    /// Adds an index to a relation.
    pub(crate) fn add_index(&mut self, table: &Name, index: Index) {
        self.index_owners.insert(Name::new(&table.schema, &index.name), table.clone());
        if let Some(relation) = self.catalogue.relations.get_mut(table) {
            relation.indexes.insert(index.name.clone(), index);
        }
    }

    /// Takes an index away.
    pub(crate) fn remove_index(&mut self, table: &Name, name: &str) {
        self.index_owners.remove(&Name::new(&table.schema, name));
        if let Some(relation) = self.catalogue.relations.get_mut(table) {
            relation.indexes.remove(name);
        }
    }

    /// Drops a constraint; foreign keys that stand on it go, too, with CASCADE.
    pub(crate) fn drop_constraint(&mut self, table: &Name, name: &str, if_exists: bool, cascade: bool) -> Done {
        let Some(relation) = self.catalogue.relations.get(table) else { return Ok(()) };
        let Some(constraint) = relation.constraints.iter().find(|constraint| constraint.name == name) else {
            if if_exists {
                return Ok(());
            }
            return unresolved(format!("constraint \"{name}\" of relation \"{}\" does not exist", table.name));
        };
        let key = match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => Some(columns.clone()),
            _ => None,
        };
        if let Some(columns) = key {
            let dependents = self.foreign_keys_to(table, Some(&columns));
            if !dependents.is_empty() && !cascade {
                return refused(format!(
                    "cannot drop constraint {name} on table {} because other objects depend on it",
                    table.name
                ));
            }
            for (dependent, constraint) in dependents {
                self.remove_constraint(&dependent, &constraint);
            }
        }
        self.remove_constraint(table, name);
        Ok(())
    }

    /// Takes a constraint and its index away.
    pub(crate) fn remove_constraint(&mut self, table: &Name, name: &str) {
        if let Some(relation) = self.catalogue.relations.get_mut(table) {
            relation.constraints.retain(|constraint| constraint.name != name);
        }
        self.remove_index(table, name);
    }

    /// Foreign keys that refer to a table (to exactly these columns, when given): table and name of each.
    pub(crate) fn foreign_keys_to(&self, table: &Name, columns: Option<&[String]>) -> Vec<(Name, String)> {
        let mut found = Vec::new();
        if !self.may_search() {
            return found;
        }
        for relation in self.catalogue.relations.values() {
            for constraint in &relation.constraints {
                if let ConstraintKind::ForeignKey { references, referenced, .. } = &constraint.kind
                    && references == table
                    && columns.is_none_or(|columns| {
                        referenced.len() == columns.len() && referenced.iter().all(|column| columns.contains(column))
                    })
                {
                    found.push((relation.name.clone(), constraint.name.clone()));
                }
            }
        }
        found
    }
}

/// Complains unless the relation has the columns.
pub(crate) fn require(relation: &Relation, columns: &[String]) -> Done {
    for column in columns {
        if relation.column(column).is_none() {
            return unresolved(format!("column \"{column}\" of relation \"{}\" does not exist", relation.name.name));
        }
    }
    Ok(())
}

/// The only column that an expression reads.
fn only_column(tree: Option<&Node>) -> Option<String> {
    let mut columns = std::collections::BTreeSet::new();
    tree?.walk(&mut |node| {
        if let Node::Column { name, .. } = node {
            columns.insert(name.clone());
        }
        true
    });
    let mut columns = columns.into_iter();
    columns.next().filter(|_| columns.next().is_none())
}

/// A constraint name that is free on the table.
fn free_name(relation: &Relation, columns: &str, label: &str) -> String {
    for pass in 0u32.. {
        let label = if pass == 0 { label.to_owned() } else { format!("{label}{pass}") };
        let name = object_name(&relation.name.name, columns, &label);
        if relation.constraints.iter().all(|constraint| constraint.name != name) {
            return name;
        }
    }
    String::new()
}
