//! What tables take from others: LIKE, and the indexes, keys and triggers of a partitioned table for its partitions.

use super::columns::quoted_list;
use super::{Done, Session};
use crate::catalogue::{ConstraintKind, Generated, Index, Name};
use crate::parse::Written;

/// Which properties LIKE copies.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Copied {
    defaults: bool,
    constraints: bool,
    indexes: bool,
    identity: bool,
    generated: bool,
    comments: bool,
}

impl Session {
    /// Columns of LIKE; gives what else is to be copied, once all columns are there.
    pub(crate) fn copy_like_columns(
        &mut self,
        table: &Name,
        from: &Written,
        options: &[(bool, &str)],
    ) -> Done<(Name, Copied)> {
        let source = self.relation(from)?;
        let mut copied = Copied::default();
        for (including, what) in options {
            let all = *what == "all";
            for (name, flag) in [
                ("defaults", &mut copied.defaults),
                ("constraints", &mut copied.constraints),
                ("indexes", &mut copied.indexes),
                ("identity", &mut copied.identity),
                ("generated", &mut copied.generated),
                ("comments", &mut copied.comments),
            ] {
                if all || name == *what {
                    *flag = *including;
                }
            }
        }
        let columns: Vec<_> = self
            .catalogue
            .relations
            .get(&source)
            .into_iter()
            .flat_map(|relation| relation.live_columns().map(|(_, column)| column.clone()))
            .collect();
        for mut column in columns {
            column.acl.clear();
            column.inherited = false;
            column.origin = self.origin.clone();
            match column.generated {
                Generated::No if !copied.defaults => column.default = None,
                Generated::Stored if !copied.generated => {
                    column.default = None;
                    column.generated = Generated::No;
                }
                Generated::IdentityAlways | Generated::IdentityByDefault if !copied.identity => {
                    column.generated = Generated::No;
                }
                Generated::IdentityAlways | Generated::IdentityByDefault => {
                    self.add_owned_sequence(table, &column.name);
                }
                _ => {}
            }
            if !copied.comments {
                column.comment = None;
            }
            if let Some(relation) = self.catalogue.relations.get_mut(table) {
                if relation.column(&column.name).is_some() {
                    return super::duplicate(format!("column \"{}\" specified more than once", column.name));
                }
                relation.columns.push(column);
            }
        }
        Ok((source, copied))
    }

    /// Checks and indexes of LIKE.
    pub(crate) fn copy_like_rest(&mut self, table: &Name, from: &Name, copied: Copied) {
        let Some(source) = self.catalogue.relations.get(from).cloned() else { return };
        if copied.constraints {
            for constraint in &source.constraints {
                if matches!(constraint.kind, ConstraintKind::Check { .. })
                    && let Some(relation) = self.catalogue.relations.get_mut(table)
                {
                    let mut own = constraint.clone();
                    own.origin = self.origin.clone();
                    own.validated = true;
                    own.inherited = false;
                    relation.constraints.push(own);
                }
            }
        }
        if copied.indexes {
            for index in source.indexes.values() {
                self.copy_index(table, index, &source.constraints);
            }
        }
    }

    /// A new partition gets the indexes, keys and foreign keys of its table.
    pub(crate) fn copy_to_partition(&mut self, parent: &Name, table: &Name) {
        let Some(source) = self.catalogue.relations.get(parent).cloned() else { return };
        for index in source.indexes.values() {
            let same =
                |own: &Index| own.columns == index.columns && own.unique == index.unique && own.keys == index.keys;
            if self.catalogue.relations.get(table).is_some_and(|relation| relation.indexes.values().any(same)) {
                continue;
            }
            self.copy_index(table, index, &source.constraints);
        }
        for constraint in &source.constraints {
            if matches!(constraint.kind, ConstraintKind::ForeignKey { .. })
                && let Some(relation) = self.catalogue.relations.get_mut(table)
                && relation.constraints.iter().all(|own| own.name != constraint.name)
            {
                let mut own = constraint.clone();
                own.inherited = true;
                own.origin = self.origin.clone();
                relation.constraints.push(own);
            }
        }
        let triggers: Vec<_> = source.triggers.values().filter(|trigger| trigger.each_row).cloned().collect();
        if let Some(relation) = self.catalogue.relations.get_mut(table) {
            for trigger in triggers {
                relation.triggers.entry(trigger.name.clone()).or_insert(trigger);
            }
        }
    }

    fn copy_index(&mut self, table: &Name, index: &Index, constraints: &[crate::catalogue::Constraint]) {
        let columns: Vec<String> =
            index.columns.iter().map(|column| column.clone().unwrap_or_else(|| "expr".into())).collect();
        let joined = columns.iter().chain(&index.include).map(String::as_str).collect::<Vec<_>>().join("_");
        let include = if index.include.is_empty() {
            String::new()
        } else {
            format!(" INCLUDE ({})", quoted_list(&index.include))
        };
        let name = match (&index.constraint, index.primary) {
            (Some(_), true) => self.free_index_name(&table.schema, &table.name, "", "pkey"),
            (Some(_), false) => self.free_index_name(&table.schema, &table.name, &joined, "key"),
            (None, _) => self.free_index_name(&table.schema, &table.name, &joined, "idx"),
        };
        let mut own = index.clone();
        own.name.clone_from(&name);
        own.origin = self.origin.clone();
        own.definition = format!(
            "CREATE {}INDEX {} ON {table} USING {} ({}){include}{}",
            if index.unique { "UNIQUE " } else { "" },
            crate::catalogue::quote_ident(&name),
            index.method,
            if index.columns.iter().all(Option::is_some) { quoted_list(&columns) } else { index.keys.join(", ") },
            index.predicate.as_ref().map(|predicate| format!(" WHERE {}", predicate.text)).unwrap_or_default()
        );
        if let Some(old) = &index.constraint {
            own.constraint = Some(name.clone());
            if let (Some(constraint), Some(relation)) =
                (constraints.iter().find(|constraint| constraint.name == *old), self.catalogue.relations.get_mut(table))
            {
                let mut copy = constraint.clone();
                copy.name.clone_from(&name);
                copy.origin = self.origin.clone();
                relation.constraints.push(copy);
            }
        }
        self.add_index(table, own);
    }
}
