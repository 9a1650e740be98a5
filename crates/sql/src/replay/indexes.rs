//! CREATE INDEX.

use super::columns::quoted_list;
use super::{Done, Session, refused};
use crate::catalogue::{Index, Name, Node, RelationKind, quote_ident};
use crate::parse::{Parsed, Parser};
use crate::resolve::columns_of;
use crate::resolve::query::figure_name;

/// A key of an index as written.
struct Key {
    node: Node,
    /// Operator class and its options, direction: as printed behind the key.
    rest: String,
}

impl Session {
    pub(crate) fn create_index(&mut self, p: &mut Parser<'_>, unique: bool) -> Done {
        p.eat("concurrently");
        let if_not_exists = p.if_not_exists();
        let written = if p.peek("on") { None } else { Some(p.qualified()?) };
        p.expect("on")?;
        let only = p.eat("only");
        let table = p.qualified()?;
        let method = if p.eat("using") { p.name()? } else { "btree".to_owned() };
        p.expect_sign("(")?;
        let keys = p.list(key)?;
        p.expect_sign(")")?;
        let include = if p.eat("include") { p.names_in_parentheses()? } else { Vec::new() };
        p.eat("nulls not distinct");
        p.eat("nulls distinct");
        if p.peek("with") {
            p.eat("with");
            p.parenthesised()?;
        }
        if p.eat("tablespace") {
            p.name()?;
        }
        let predicate = if p.eat("where") { Some(p.expression()?) } else { None };
        p.end()?;
        let table = self.relation(&table)?;
        let Some(relation) = self.catalogue.relations.get(&table) else { return Ok(()) };
        if matches!(relation.kind, RelationKind::View | RelationKind::Sequence | RelationKind::ForeignTable) {
            return refused(format!("cannot create index on relation \"{}\"", table.name));
        }
        super::constraints::require(relation, &include)?;
        let columns = columns_of(relation);
        let (mut names, mut printed, mut parts, mut shown) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for key in keys {
            parts.push(figure_name(&key.node).unwrap_or_else(|| "expr".into()));
            let plain = match &key.node {
                Node::Column { qualifier: None, name, .. } => Some(name.clone()),
                _ => None,
            };
            let expression = self.expression_on(&table, columns.clone(), key.node, None)?;
            let bare_call = matches!(&expression.tree, Some(Node::Call { tail: None, schema: Some(_), .. }));
            let text = match &plain {
                Some(name) => quote_ident(name).into_owned(),
                None if bare_call => expression.text,
                None => format!("({})", expression.text),
            };
            shown.push(format!("{text}{}", key.rest));
            printed.push(text);
            names.push(plain);
        }
        let predicate =
            predicate.map(|predicate| self.expression_on(&table, columns, predicate, Some("boolean"))).transpose()?;
        // Postgres keeps the conditions that are joined by AND, and of a bare `true` none.
        let predicate = predicate.filter(|predicate| predicate.text != "true");
        let name = if let Some(written) = written {
            let name = Name::new(&table.schema, &written.name);
            if self.is_there(&name, if_not_exists)? {
                return Ok(());
            }
            name.name
        } else {
            parts.extend(include.iter().cloned());
            self.free_index_name(&table.schema, &table.name, &parts.join("_"), "idx")
        };
        let partitioned = self.kind_of(&table) == Some(RelationKind::PartitionedTable);
        let definition = format!(
            "CREATE {}INDEX {} ON {}{table} USING {method} ({}){}{}",
            if unique { "UNIQUE " } else { "" },
            quote_ident(&name),
            if only || partitioned { "ONLY " } else { "" },
            shown.join(", "),
            if include.is_empty() { String::new() } else { format!(" INCLUDE ({})", quoted_list(&include)) },
            predicate.as_ref().map(|predicate| format!(" WHERE {}", predicate.text)).unwrap_or_default(),
        );
        let index = Index {
            name,
            keys: printed,
            columns: names,
            include,
            unique,
            primary: false,
            method,
            predicate,
            definition,
            constraint: None,
            origin: self.origin.clone(),
        };
        let partitions: Vec<Name> = if partitioned && !only { self.partitions_of(&table) } else { Vec::new() };
        self.add_index(&table, index);
        for partition in partitions {
            self.copy_to_partition(&table, &partition);
        }
        Ok(())
    }

    /// Direct partitions of a table.
    pub(crate) fn partitions_of(&self, table: &Name) -> Vec<Name> {
        if !self.inherits || !self.may_search() {
            return Vec::new();
        }
        let relations = self.catalogue.relations.values();
        relations.filter(|relation| relation.parents.contains(table)).map(|relation| relation.name.clone()).collect()
    }
}

/// A key: a column, a function call, or an expression in parentheses; then class and direction.
fn key(p: &mut Parser<'_>) -> Parsed<Key> {
    let node = p.expression()?;
    let mut rest = String::new();
    while !p.is_end() && !p.is_sign(",") && !p.is_sign(")") {
        if p.eat("asc") {
            continue;
        }
        if p.eat("nulls last") {
            if rest.ends_with("DESC") {
                rest.push_str(" NULLS LAST");
            }
            continue;
        }
        if p.eat("nulls first") {
            if !rest.ends_with("DESC") {
                rest.push_str(" NULLS FIRST");
            }
            continue;
        }
        rest.push(' ');
        if p.eat("desc") {
            rest.push_str("DESC");
        } else if p.is_sign("(") {
            let inner = p.parenthesised()?;
            rest = format!("{rest}({inner})");
        } else {
            let class = p.qualified()?;
            rest.push_str(&class.name);
        }
    }
    Ok(Key { node, rest })
}
