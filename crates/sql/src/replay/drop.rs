//! DROP.

use super::dependents::{Dependent, On};
use super::{Done, Session, refused, unresolved};
use crate::catalogue::{FunctionKind, Name, RelationKind};
use crate::parse::Parser;

impl Session {
    pub(crate) fn drop_statement(&mut self, p: &mut Parser<'_>) -> Done {
        let start = *p;
        p.expect("drop")?;
        let kinds = [
            "table",
            "foreign table",
            "view",
            "materialized view",
            "sequence",
            "index",
            "function",
            "procedure",
            "routine",
            "aggregate",
            "policy",
            "trigger",
            "event trigger",
            "type",
            "domain",
            "schema",
            "extension",
            "publication",
            "role",
            "user",
            "group",
            "owned by",
        ];
        if p.peek("user mapping") {
            *p = start;
            return self.other(p);
        }
        let Some(kind) = p.eat_any(&kinds) else {
            *p = start;
            return self.other(p);
        };
        match kind {
            "table" => self.drop_relations(p, &[RelationKind::Table, RelationKind::PartitionedTable], "table"),
            "foreign table" => self.drop_relations(p, &[RelationKind::ForeignTable], "foreign table"),
            "view" => self.drop_relations(p, &[RelationKind::View], "view"),
            "materialized view" => self.drop_relations(p, &[RelationKind::MaterializedView], "materialized view"),
            "sequence" => self.drop_relations(p, &[RelationKind::Sequence], "sequence"),
            "index" => self.drop_indexes(p),
            "function" | "procedure" | "routine" | "aggregate" => self.drop_functions(p, kind),
            "policy" => self.drop_policy(p),
            "trigger" => self.drop_trigger(p),
            "event trigger" => self.drop_event_trigger(p),
            "type" | "domain" => self.drop_types(p),
            "schema" => self.drop_schemas(p),
            "extension" => self.drop_extension(p),
            "publication" => self.drop_publication(p),
            "role" | "user" | "group" => self.drop_roles(p),
            _ => {
                p.rest();
                super::fail(crate::outcome::FailureKind::Unsupported, "DROP OWNED is not modelled")
            }
        }
    }

    fn drop_relations(&mut self, p: &mut Parser<'_>, kinds: &[RelationKind], word: &str) -> Done {
        let if_exists = p.if_exists();
        let written = p.list(Parser::qualified)?;
        let cascade = p.cascade();
        p.end()?;
        let mut names: Vec<Name> = Vec::new();
        for written in &written {
            match self.find_relation(written) {
                Some(name) if !self.kind_of(&name).is_some_and(|kind| kinds.contains(&kind)) => {
                    return refused(format!("\"{}\" is not a {word}", name.name));
                }
                Some(name) => names.push(name),
                None if if_exists => {}
                None => return unresolved(format!("{word} \"{written}\" does not exist")),
            }
        }
        if !cascade {
            for name in &names {
                let dependents = self.blocking(name, &names);
                if let Some(dependent) = dependents.first() {
                    return refused(format!(
                        "cannot drop {word} {} because other objects depend on it: it is used {dependent}",
                        name.name
                    ));
                }
            }
        }
        for name in &names {
            self.drop_relation_cascade(name);
        }
        Ok(())
    }

    /// Dependents that hinder a DROP without CASCADE: not those that are dropped, too, nor partitions.
    fn blocking(&self, name: &Name, dropped: &[Name]) -> Vec<Dependent> {
        let partitioned = self.kind_of(name) == Some(RelationKind::PartitionedTable);
        let mut found = self.dependents(On::Relation(name));
        if self.kind_of(name) == Some(RelationKind::Sequence) {
            found.extend(self.sequence_dependents(name));
        }
        let gone = |other: &Name| dropped.contains(other);
        found.retain(|dependent| match dependent {
            Dependent::View(other) => !gone(other),
            Dependent::Child(_) if partitioned => false,
            Dependent::Child(other) => !gone(other),
            Dependent::Policy(table, _)
            | Dependent::Constraint(table, _)
            | Dependent::Trigger(table, _)
            | Dependent::Column(table, _)
            | Dependent::Default(table, _) => !(gone(table) || partitioned && self.is_partition_of(table, name)),
            Dependent::Function(_) | Dependent::EventTrigger(_) => true,
        });
        found
    }

    fn is_partition_of(&self, table: &Name, parent: &Name) -> bool {
        self.catalogue.relations.get(table).is_some_and(|relation| relation.parents.contains(parent))
    }

    /// Defaults that take their values from a sequence.
    fn sequence_dependents(&self, name: &Name) -> Vec<Dependent> {
        let wanted = super::tables::next_value(name);
        let mut found = Vec::new();
        for relation in self.catalogue.relations.values() {
            for (_, column) in relation.live_columns() {
                if column.default.as_ref().is_some_and(|default| default.text == wanted) {
                    found.push(Dependent::Default(relation.name.clone(), column.name.clone()));
                }
            }
        }
        found
    }

    fn drop_indexes(&mut self, p: &mut Parser<'_>) -> Done {
        p.eat("concurrently");
        let if_exists = p.if_exists();
        let written = p.list(Parser::qualified)?;
        let cascade = p.cascade();
        p.end()?;
        for written in &written {
            let found = self.look_up(written, |name| self.index_owners.contains_key(name));
            let Some(index) = found else {
                if if_exists {
                    continue;
                }
                return unresolved(format!("index \"{written}\" does not exist"));
            };
            let Some(table) = self.index_owners.get(&index).cloned() else { continue };
            let constraint = self
                .catalogue
                .relations
                .get(&table)
                .and_then(|relation| relation.indexes.get(&index.name))
                .and_then(|index| index.constraint.clone());
            if let Some(constraint) = constraint.filter(|_| !cascade) {
                return refused(format!(
                    "cannot drop index {} because constraint {constraint} on table {} requires it",
                    index.name, table.name
                ));
            }
            self.remove_index(&table, &index.name);
        }
        Ok(())
    }

    fn drop_functions(&mut self, p: &mut Parser<'_>, kind: &str) -> Done {
        let if_exists = p.if_exists();
        let references = p.list(|p| self.function_reference(p))?;
        let cascade = p.cascade();
        p.end()?;
        let mut found = Vec::new();
        for (written, args) in &references {
            match self.find_function(written, args.as_deref())? {
                Some(signature) => {
                    let own = self.catalogue.functions.get(&signature).map(|function| function.kind);
                    let fits = match kind {
                        "procedure" => own == Some(FunctionKind::Procedure),
                        "aggregate" => own == Some(FunctionKind::Aggregate),
                        "function" => matches!(own, Some(FunctionKind::Function | FunctionKind::Window)),
                        _ => true,
                    };
                    if !fits {
                        return refused(format!("{} is not a {kind}", signature.name));
                    }
                    found.push(signature);
                }
                None if if_exists => {}
                None => return unresolved(format!("function {written} does not exist")),
            }
        }
        if !cascade {
            for signature in &found {
                if self.catalogue.overloads(&signature.schema, &signature.name).count() > 1 {
                    continue;
                }
                if let Some(dependent) = self.dependents(On::Function(&signature.name())).first() {
                    return refused(format!(
                        "cannot drop function {} because other objects depend on it: it is used {dependent}",
                        signature.name
                    ));
                }
            }
        }
        found.iter().for_each(|signature| self.drop_function_cascade(signature));
        Ok(())
    }

    fn drop_event_trigger(&mut self, p: &mut Parser<'_>) -> Done {
        let if_exists = p.if_exists();
        let name = p.name()?;
        p.cascade();
        p.end()?;
        if self.catalogue.event_triggers.remove(&name).is_none() && !if_exists {
            return unresolved(format!("event trigger \"{name}\" does not exist"));
        }
        Ok(())
    }

    fn drop_types(&mut self, p: &mut Parser<'_>) -> Done {
        let if_exists = p.if_exists();
        let written = p.list(Parser::qualified)?;
        let cascade = p.cascade();
        p.end()?;
        let mut names = Vec::new();
        for written in &written {
            match self.find_type(written) {
                Some(name) => names.push(name),
                None if if_exists => {}
                None => return unresolved(format!("type \"{written}\" does not exist")),
            }
        }
        for name in &names {
            let dependents = self.dependents(On::Type(name));
            if let (Some(dependent), false) = (dependents.first(), cascade) {
                return refused(format!(
                    "cannot drop type {} because other objects depend on it: it is used {dependent}",
                    name.name
                ));
            }
            self.catalogue.types.remove(name);
            self.remove_dependents(dependents);
        }
        Ok(())
    }

    fn drop_schemas(&mut self, p: &mut Parser<'_>) -> Done {
        let if_exists = p.if_exists();
        let names = p.list(Parser::name)?;
        let cascade = p.cascade();
        p.end()?;
        for name in &names {
            if !self.catalogue.schemas.contains_key(name) {
                if if_exists {
                    continue;
                }
                return unresolved(format!("schema \"{name}\" does not exist"));
            }
            let relations: Vec<Name> =
                self.catalogue.relations.keys().filter(|own| own.schema == *name).cloned().collect();
            let functions: Vec<_> =
                self.catalogue.functions.keys().filter(|own| own.schema == *name).cloned().collect();
            let types: Vec<Name> = self.catalogue.types.keys().filter(|own| own.schema == *name).cloned().collect();
            let extensions: Vec<String> = self
                .catalogue
                .extensions
                .values()
                .filter(|own| own.schema == *name)
                .map(|own| own.name.clone())
                .collect();
            let empty = relations.is_empty() && functions.is_empty() && types.is_empty() && extensions.is_empty();
            if !empty && !cascade {
                return refused(format!("cannot drop schema {name} because other objects depend on it"));
            }
            relations.iter().for_each(|own| self.drop_relation_cascade(own));
            functions.iter().for_each(|own| self.drop_function_cascade(own));
            for own in &types {
                let dependents = self.dependents(On::Type(own));
                self.catalogue.types.remove(own);
                self.remove_dependents(dependents);
            }
            extensions.iter().for_each(|own| drop(self.catalogue.extensions.remove(own)));
            self.catalogue.default_privileges.retain(|entry| entry.schema.as_ref() != Some(name));
            for publication in self.catalogue.publications.values_mut() {
                publication.schemas.remove(name);
            }
            self.catalogue.schemas.remove(name);
        }
        self.refresh_path();
        Ok(())
    }

    fn drop_roles(&mut self, p: &mut Parser<'_>) -> Done {
        let if_exists = p.if_exists();
        let names = p.list(|p| self.role_name(p))?;
        p.end()?;
        for name in &names {
            if !self.catalogue.roles.contains_key(name) {
                if if_exists {
                    continue;
                }
                return unresolved(format!("role \"{name}\" does not exist"));
            }
            if self.role_is_used(name) {
                return refused(format!("role \"{name}\" cannot be dropped because some objects depend on it"));
            }
            self.catalogue.roles.remove(name);
            for role in self.catalogue.roles.values_mut() {
                role.member_of.remove(name);
            }
        }
        Ok(())
    }

    fn role_is_used(&self, name: &String) -> bool {
        let listed = |acl: &crate::catalogue::Acl| super::alter_function::mentions(acl, name);
        let relations = self.catalogue.relations.values().any(|relation| {
            relation.owner == *name
                || relation.acl.as_ref().is_some_and(listed)
                || relation.columns.iter().any(|column| listed(&column.acl))
                || relation.policies.values().any(|policy| policy.roles.contains(name))
        });
        relations
            || self
                .catalogue
                .functions
                .values()
                .any(|function| function.owner == *name || function.acl.as_ref().is_some_and(listed))
            || self
                .catalogue
                .schemas
                .values()
                .any(|schema| schema.owner == *name || schema.acl.as_ref().is_some_and(listed))
            || self.catalogue.types.values().any(|own| own.owner == *name || own.acl.as_ref().is_some_and(listed))
            || self.catalogue.default_privileges.iter().any(|entry| entry.role == *name || listed(&entry.acl))
    }
}
