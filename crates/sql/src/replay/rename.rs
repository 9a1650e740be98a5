//! RENAME and SET SCHEMA: everything that names the thing follows.

use super::columns::quoted_list;
use super::{Done, Session, duplicate, refused, unresolved};
use crate::catalogue::{ConstraintKind, Expr, FromItem, Name, Node, Partition, Signature, ViewQuery};
use crate::parse::Parser;
use crate::resolve::rewrite::{self, Changes};
use crate::resolve::types;

impl Session {
    /// `RENAME …` and `SET SCHEMA …` of a table, view or sequence.
    pub(crate) fn rename_or_move(&mut self, p: &mut Parser<'_>, name: &Name) -> Done {
        if p.eat("set schema") {
            let schema = p.name()?;
            p.end()?;
            self.schema_must_exist(&schema)?;
            let new = Name::new(schema, &name.name);
            if new == *name {
                return Ok(());
            }
            self.name_is_free(&new)?;
            let owned: Vec<Name> = self
                .catalogue
                .relations
                .values()
                .filter(|relation| relation.owned_by.as_ref().is_some_and(|(table, _)| table == name))
                .map(|relation| relation.name.clone())
                .collect();
            self.move_relation(name, &new);
            for sequence in owned {
                self.move_relation(&sequence, &Name::new(&new.schema, &sequence.name));
            }
            self.rebuild_index_owners();
            return Ok(());
        }
        p.expect("rename")?;
        if p.eat("to") {
            let new = Name::new(&name.schema, p.name()?);
            p.end()?;
            self.name_is_free(&new)?;
            self.move_relation(name, &new);
            self.rebuild_index_owners();
            return Ok(());
        }
        let constraint = p.eat("constraint");
        p.eat("column");
        let old = p.name()?;
        p.expect("to")?;
        let new = p.name()?;
        p.end()?;
        if constraint { self.rename_constraint(name, &old, &new) } else { self.rename_column(name, &old, &new) }
    }

    fn rename_constraint(&mut self, table: &Name, old: &str, new: &str) -> Done {
        let Some(relation) = self.catalogue.relations.get_mut(table) else { return Ok(()) };
        if relation.constraints.iter().any(|constraint| constraint.name == new) {
            return duplicate(format!("constraint \"{new}\" for relation \"{}\" already exists", table.name));
        }
        let Some(constraint) = relation.constraints.iter_mut().find(|constraint| constraint.name == old) else {
            return unresolved(format!("constraint \"{old}\" for table \"{}\" does not exist", table.name));
        };
        new.clone_into(&mut constraint.name);
        if relation.indexes.contains_key(old) {
            self.rename_index(&Name::new(&table.schema, old), new);
        }
        Ok(())
    }

    fn rename_column(&mut self, table: &Name, old: &str, new: &str) -> Done {
        let Some(relation) = self.catalogue.relations.get(table) else { return Ok(()) };
        if relation.column(old).is_none() {
            return unresolved(format!("column \"{old}\" does not exist"));
        }
        if relation.column(new).is_some() {
            return duplicate(format!("column \"{new}\" of relation \"{}\" already exists", table.name));
        }
        if relation.column(old).is_some_and(|column| column.inherited) {
            return refused(format!("cannot rename inherited column \"{old}\""));
        }
        self.column_renamed(table, old, new);
        for child in self.partitions_of(table) {
            self.column_renamed(&child, old, new);
        }
        Ok(())
    }

    fn column_renamed(&mut self, table: &Name, old: &str, new: &str) {
        let rename = |names: &mut Vec<String>| {
            names.iter_mut().filter(|name| *name == old).for_each(|name| new.clone_into(name));
        };
        if let Some(relation) = self.catalogue.relations.get_mut(table) {
            for column in relation.columns.iter_mut().filter(|column| !column.dropped && column.name == old) {
                new.clone_into(&mut column.name);
            }
            for index in relation.indexes.values_mut() {
                for (column, key) in index.columns.iter_mut().zip(&mut index.keys) {
                    if column.as_deref() == Some(old) {
                        *column = Some(new.to_owned());
                        let renamed = crate::catalogue::quote_ident(new);
                        if let Some(at) = index.definition.find(" USING ") {
                            let keys = index.definition.split_off(at);
                            index.definition.push_str(&in_keys(&keys, key, &renamed));
                        }
                        *key = crate::catalogue::quote_ident(new).into_owned();
                    }
                }
                if index.include.iter().any(|name| name == old) {
                    let written = |names: &[String]| format!(" INCLUDE ({})", quoted_list(names));
                    let before = written(&index.include);
                    rename(&mut index.include);
                    index.definition = index.definition.replacen(&before, &written(&index.include), 1);
                }
            }
            for constraint in &mut relation.constraints {
                match &mut constraint.kind {
                    ConstraintKind::PrimaryKey { columns }
                    | ConstraintKind::Unique { columns }
                    | ConstraintKind::ForeignKey { columns, .. } => rename(columns),
                    _ => {}
                }
            }
            relation.triggers.values_mut().for_each(|trigger| rename(&mut trigger.columns));
        }
        for relation in self.catalogue.relations.values_mut() {
            if let Some((owner, column)) = &mut relation.owned_by
                && owner == table
                && column == old
            {
                new.clone_into(column);
            }
            for constraint in &mut relation.constraints {
                if let ConstraintKind::ForeignKey { references, referenced, .. } = &mut constraint.kind
                    && references == table
                {
                    rename(referenced);
                }
            }
        }
        self.rewrite(
            &mut |node| {
                if let Node::Column { name, relation: Some(relation), .. } = node
                    && relation == table
                    && name == old
                {
                    new.clone_into(name);
                }
            },
            &mut |_| {},
        );
    }

    /// Gives a relation another name or schema.
    pub(crate) fn move_relation(&mut self, from: &Name, to: &Name) {
        let Some(mut relation) = self.catalogue.relations.remove(from) else { return };
        relation.name = to.clone();
        for index in relation.indexes.values_mut() {
            index.definition = index.definition.replacen(&format!(" {from} USING"), &format!(" {to} USING"), 1);
        }
        self.catalogue.relations.insert(to.clone(), relation);
        let follow = |name: &mut Name| {
            if name == from {
                name.clone_from(to);
            }
        };
        for relation in self.catalogue.relations.values_mut() {
            relation.parents.iter_mut().for_each(follow);
            if let Some(Partition::Of { parent, .. } | Partition::Both { parent, .. }) = &mut relation.partition {
                follow(parent);
            }
            if let Some((owner, _)) = &mut relation.owned_by {
                follow(owner);
            }
            for constraint in &mut relation.constraints {
                if let ConstraintKind::ForeignKey { references, .. } = &mut constraint.kind {
                    follow(references);
                }
            }
            if let Some(query) = &mut relation.query {
                query.relations.iter_mut().for_each(follow);
            }
        }
        for publication in self.catalogue.publications.values_mut() {
            if let Some(origin) = publication.tables.remove(from) {
                publication.tables.insert(to.clone(), origin);
            }
        }
        let (numbered, renumbered) = (super::tables::next_value(from), super::tables::next_value(to));
        for column in self.catalogue.relations.values_mut().flat_map(|relation| &mut relation.columns) {
            if column.default.as_ref().is_some_and(|default| default.text == numbered) {
                column.default = Some(Expr::text(renumbered.clone()));
            }
        }
        let old = from.name.clone();
        self.rewrite(
            &mut |node| {
                if let Node::Column { qualifier, relation: Some(relation), .. } = node
                    && relation == from
                {
                    if let Some(shown) = qualifier.as_deref().and_then(|shown| shown_anew(shown, &old, &to.name)) {
                        *qualifier = Some(shown);
                    }
                    relation.clone_from(to);
                }
            },
            &mut |item| {
                if let FromItem::Table { relation: Some(relation), name, schema, alias, .. } = item
                    && relation == from
                {
                    if let Some(shown) = alias.as_deref().and_then(|alias| shown_anew(alias, &old, &to.name)) {
                        *alias = Some(shown);
                    }
                    relation.clone_from(to);
                    name.clone_from(&to.name);
                    *schema = schema.take().map(|_| to.schema.clone());
                }
            },
        );
        self.type_renamed(from, to);
    }

    /// Expressions that call a function follow its name.
    pub(crate) fn function_renamed(&mut self, from: &Signature, to: &Signature) {
        self.rewrite(
            &mut |node| {
                if let Node::Call { schema: Some(schema), name, .. } = node
                    && *schema == from.schema
                    && *name == from.name
                {
                    schema.clone_from(&to.schema);
                    name.clone_from(&to.name);
                }
            },
            &mut |_| {},
        );
        for relation in self.catalogue.relations.values_mut() {
            for trigger in relation.triggers.values_mut().filter(|trigger| trigger.function == *from) {
                trigger.function.clone_from(to);
            }
        }
    }

    /// Columns, arguments and casts follow a type's name.
    pub(crate) fn type_renamed(&mut self, from: &Name, to: &Name) {
        let new = types::printed(&to.schema, &to.name);
        let follow = |text: &mut String| {
            if super::dependents::is_type(text, from) {
                let (_, rest) = types::split(text);
                *text = format!("{new}{rest}");
            }
        };
        for relation in self.catalogue.relations.values_mut() {
            relation.columns.iter_mut().for_each(|column| follow(&mut column.type_name));
        }
        let keys: Vec<Signature> = self.catalogue.functions.keys().cloned().collect();
        for key in keys {
            let Some(function) = self.catalogue.functions.get_mut(&key) else { continue };
            function.arguments.iter_mut().for_each(|argument| follow(&mut argument.type_name));
            follow(&mut function.returns);
            let mut signature = key.clone();
            signature.args.iter_mut().for_each(follow);
            if signature != key
                && let Some(mut function) = self.catalogue.functions.remove(&key)
            {
                function.signature.clone_from(&signature);
                self.catalogue.functions.insert(signature, function);
            }
        }
        self.rewrite(
            &mut |node| match node {
                Node::Cast { type_name, .. } | Node::Literal { type_name: Some(type_name), .. } => follow(type_name),
                _ => {}
            },
            &mut |_| {},
        );
    }

    /// Changes all expressions and queries of the catalogue, and prints those again that changed.
    fn rewrite(&mut self, node: &mut dyn FnMut(&mut Node), from: &mut dyn FnMut(&mut FromItem)) {
        let mut changes = Changes { node, from };
        let mut expression = |expression: &mut Expr| {
            if let Some(tree) = &mut expression.tree {
                let before = tree.clone();
                rewrite::all(tree, &mut changes);
                if *tree != before {
                    expression.text = crate::print::expression(tree);
                }
            }
        };
        for relation in self.catalogue.relations.values_mut() {
            for policy in relation.policies.values_mut() {
                policy.using.iter_mut().chain(&mut policy.with_check).for_each(&mut expression);
            }
            for constraint in &mut relation.constraints {
                if let ConstraintKind::Check { expression: check } = &mut constraint.kind {
                    expression(check);
                }
            }
            relation.columns.iter_mut().filter_map(|column| column.default.as_mut()).for_each(&mut expression);
            relation.indexes.values_mut().filter_map(|index| index.predicate.as_mut()).for_each(&mut expression);
            relation.triggers.values_mut().filter_map(|trigger| trigger.when.as_mut()).for_each(&mut expression);
        }
        for relation in self.catalogue.relations.values_mut() {
            if let Some(ViewQuery { select: Some(select), columns, functions, relations, text }) = &mut relation.query {
                rewrite::select(select, &mut changes);
                let new = crate::resolve::view_query(text, select.clone());
                *columns = new.columns;
                *functions = new.functions;
                *relations = new.relations;
            }
        }
    }
}

/// The name by which Postgres shows an item of FROM that has no alias of its own (`t`, or `t_1` where `t` is taken), once its
/// relation has another name.
fn shown_anew(shown: &str, old: &str, new: &str) -> Option<String> {
    let rest = shown.strip_prefix(old)?;
    let number = rest
        .strip_prefix('_')
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    (rest.is_empty() || number).then(|| format!("{new}{rest}"))
}

/// A name replaced where it stands as a word of its own.
fn in_keys(text: &str, old: &str, new: &str) -> String {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '"' | '$'));
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for (at, found) in text.match_indices(old) {
        if at < from || is_word(text[..at].chars().next_back()) || is_word(text[at + found.len()..].chars().next()) {
            continue;
        }
        out.push_str(&text[from..at]);
        out.push_str(new);
        from = at + found.len();
    }
    out.push_str(&text[from..]);
    out
}
