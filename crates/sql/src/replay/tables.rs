//! CREATE TABLE, CREATE TABLE AS, CREATE FOREIGN TABLE.

use std::collections::BTreeMap;

use super::columns::{ColumnDraft, Element, elements, storage_options};
use super::{Done, Session, duplicate, refused, unresolved};
use crate::catalogue::{
    Column, Generated, Literal, Name, Node, ObjectKind, Origin, Partition, Relation, RelationKind, Rls,
};
use crate::parse::{Parser, Written};
use crate::resolve::{columns_of, types};

/// What stands behind a table's list of elements.
#[derive(Debug, Default)]
struct Tail {
    parents: Vec<Written>,
    partition_by: Option<String>,
    options: Vec<(String, String)>,
}

impl Session {
    /// An empty relation made by the current statement.
    pub(crate) fn new_relation(&self, name: Name, kind: RelationKind) -> Relation {
        let objects = if kind == RelationKind::Sequence { ObjectKind::Sequences } else { ObjectKind::Tables };
        Relation {
            acl: self.new_acl(objects, &self.user, Some(&name.schema)),
            name,
            kind,
            owner: self.user.clone(),
            columns: Vec::new(),
            constraints: Vec::new(),
            indexes: BTreeMap::new(),
            options: BTreeMap::new(),
            options_origin: Origin::default(),
            query: None,
            rls: Rls::default(),
            policies: BTreeMap::new(),
            triggers: BTreeMap::new(),
            parents: Vec::new(),
            partition: None,
            server: None,
            temporary: false,
            populated: true,
            owned_by: None,
            comment: None,
            extension: None,
            origin: self.origin.clone(),
        }
    }

    pub(crate) fn new_column(&self, name: &str, type_name: &str) -> Column {
        Column {
            name: name.to_owned(),
            type_name: type_name.to_owned(),
            not_null: false,
            default: None,
            generated: Generated::No,
            acl: Vec::new(),
            dropped: false,
            inherited: false,
            comment: None,
            origin: self.origin.clone(),
        }
    }

    /// The name of a new table; in the schema of temporary ones if it is one.
    pub(crate) fn table_name(&self, written: &Written, temporary: bool) -> Done<Name> {
        if temporary { Ok(Name::new("pg_temp", &written.name)) } else { self.new_name(written) }
    }

    pub(crate) fn create_table(&mut self, p: &mut Parser<'_>, temporary: bool) -> Done {
        let if_not_exists = p.if_not_exists();
        let written = p.qualified()?;
        if p.eat("partition of") {
            return self.create_partition(p, &written, if_not_exists, temporary);
        }
        if p.eat("of") {
            return self.create_typed_table(p, &written, if_not_exists);
        }
        if p.peek("as") || is_as_with_columns(p) {
            return self.create_table_as(p, &written, if_not_exists, temporary);
        }
        let elements = elements(p, false)?;
        let tail = table_tail(p)?;
        if p.peek("as") {
            return self.create_table_as(p, &written, if_not_exists, temporary);
        }
        p.end()?;
        let name = self.table_name(&written, temporary)?;
        if self.is_there(&name, if_not_exists)? {
            return Ok(());
        }
        let kind = if tail.partition_by.is_some() { RelationKind::PartitionedTable } else { RelationKind::Table };
        let mut relation = self.new_relation(name, kind);
        relation.temporary = temporary;
        relation.partition = tail.partition_by.map(|key| Partition::By { key });
        if !tail.options.is_empty() {
            relation.options_origin = self.origin.clone();
        }
        relation.options = tail.options.into_iter().collect();
        for parent in &tail.parents {
            let parent = self.relation(parent)?;
            self.inherit_columns(&mut relation, &parent, true);
            relation.parents.push(parent);
        }
        self.build_table(relation, elements)
    }

    /// Whether it is there already; a failure unless IF NOT EXISTS was said.
    pub(crate) fn is_there(&self, name: &Name, if_not_exists: bool) -> Done<bool> {
        match self.name_is_free(name) {
            Ok(()) if self.catalogue.types.contains_key(name) => {
                duplicate(format!("type \"{}\" already exists", name.name))
            }
            Ok(()) => Ok(false),
            Err(_) if if_not_exists => Ok(true),
            Err(stop) => Err(stop),
        }
    }

    /// Puts a table with its elements into the catalogue; takes it out again when an element fails.
    pub(crate) fn build_table(&mut self, relation: Relation, mut elements: Vec<Element>) -> Done {
        let name = relation.name.clone();
        // LIKE never means the table that is being made.
        for element in &mut elements {
            if let Element::Like(from, _) = element {
                let source = self.relation(from)?;
                *from = Written { schema: Some(source.schema), name: source.name };
            }
        }
        self.inherits |= !relation.parents.is_empty();
        self.catalogue.relations.insert(name.clone(), relation);
        let result = self.add_elements(&name, elements);
        if result.is_err() {
            self.forget_relation(&name);
        }
        result
    }

    fn add_elements(&mut self, table: &Name, elements: Vec<Element>) -> Done {
        let mut constraints = Vec::new();
        let mut foreign = Vec::new();
        let mut likes = Vec::new();
        for element in elements {
            match element {
                Element::Column(mut draft) => {
                    let own = std::mem::take(&mut draft.constraints);
                    let column = draft.name.clone();
                    self.add_column(table, *draft)?;
                    constraints.extend(own.into_iter().map(|draft| (draft, Some(column.clone()))));
                }
                Element::Constraint(draft) => constraints.push((draft, None)),
                Element::Like(from, options) => {
                    likes.push(self.copy_like_columns(table, &from, &options)?);
                }
            }
        }
        for (from, options) in likes {
            self.copy_like_rest(table, &from, options);
        }
        // As Postgres: checks and keys first, the primary key before others, foreign keys last.
        let is_primary = |draft: &super::columns::ConstraintDraft| {
            matches!(draft.kind, super::columns::ConstraintKindDraft::Key { primary: true, .. })
        };
        constraints.sort_by_key(|(draft, _)| !is_primary(draft));
        // Keys of one statement on the same columns are one (`UNIQUE PRIMARY KEY`).
        let mut keys: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        constraints.retain(|(draft, column)| {
            let super::columns::ConstraintKindDraft::Key { columns, include, index: None, .. } = &draft.kind else {
                return true;
            };
            let named = if columns.is_empty() { column.iter().cloned().collect() } else { columns.clone() };
            let key = (named, include.clone());
            let new = is_primary(draft) || !keys.contains(&key);
            keys.push(key);
            new
        });
        for (mut draft, column) in constraints {
            // NOT VALID means nothing where there are no rows yet.
            draft.validated = true;
            if matches!(draft.kind, super::columns::ConstraintKindDraft::Foreign { .. }) {
                foreign.push((draft, column));
            } else {
                self.add_constraint(table, draft, column.as_deref())?;
            }
        }
        for (draft, column) in foreign {
            self.add_constraint(table, draft, column.as_deref())?;
        }
        Ok(())
    }

    /// Adds a column to a table in the catalogue.
    pub(crate) fn add_column(&mut self, table: &Name, draft: ColumnDraft) -> Done {
        let Some(relation) = self.catalogue.relations.get(table) else { return Ok(()) };
        // A column that parents have, too, is theirs and the table's own: the two are merged.
        let inherited = relation.column(&draft.name).cloned();
        if inherited.as_ref().is_some_and(|existing| !existing.inherited) {
            return duplicate(format!("column \"{}\" of relation \"{}\" already exists", draft.name, table.name));
        }
        let type_name = self.type_text(&draft.type_name)?;
        if type_name.ends_with("%TYPE") {
            return unresolved(format!("type {type_name} does not exist"));
        }
        if inherited.as_ref().is_some_and(|existing| existing.type_name != type_name) {
            return refused(format!("column \"{}\" has a type conflict", draft.name));
        }
        let merges = inherited.is_some();
        let mut column = inherited.unwrap_or_else(|| self.new_column(&draft.name, &type_name));
        column.not_null |= draft.not_null;
        column.generated = draft.generated;
        if let Some(default) = draft.default {
            let columns = if draft.generated == Generated::Stored { columns_of(relation) } else { Vec::new() };
            let default = self.expression_on(table, columns, default, Some(&default_type(&type_name)))?;
            column.default = Some(default).filter(|default| !is_null(default, &type_name));
        }
        let sequence = draft.serial || !matches!(draft.generated, Generated::No | Generated::Stored);
        if sequence {
            let name = self.add_owned_sequence(table, &draft.name);
            if draft.serial {
                column.default = Some(crate::catalogue::Expr::text(next_value(&name)));
            }
        }
        let Some(relation) = self.catalogue.relations.get_mut(table) else { return Ok(()) };
        match relation.columns.iter_mut().find(|own| merges && !own.dropped && own.name == column.name) {
            Some(own) => *own = column,
            None => relation.columns.push(column),
        }
        Ok(())
    }

    /// Columns of a parent, marked as inherited.
    pub(crate) fn inherit_columns(&self, relation: &mut Relation, parent: &Name, inherited: bool) {
        let Some(parent) = self.catalogue.relations.get(parent) else { return };
        for (_, column) in parent.live_columns() {
            if relation.column(&column.name).is_none() {
                let mut own = column.clone();
                own.acl.clear();
                own.comment = None;
                own.inherited = inherited;
                if !matches!(own.generated, Generated::No | Generated::Stored) {
                    own.generated = Generated::No;
                }
                own.origin = self.origin.clone();
                relation.columns.push(own);
            }
        }
        for constraint in &parent.constraints {
            let is_check = matches!(constraint.kind, crate::catalogue::ConstraintKind::Check { .. });
            // Two parents may hand down the same check.
            if is_check && relation.constraints.iter().all(|known| known.name != constraint.name) {
                let mut own = constraint.clone();
                own.inherited = true;
                // A new table has no rows that could break it.
                own.validated = true;
                relation.constraints.push(own);
            }
        }
    }

    fn create_partition(
        &mut self,
        p: &mut Parser<'_>,
        written: &Written,
        if_not_exists: bool,
        temporary: bool,
    ) -> Done {
        let parent = p.qualified()?;
        let elements = if p.is_sign("(") { elements(p, true)? } else { Vec::new() };
        let bound = partition_bound(p)?;
        let tail = table_tail(p)?;
        p.end()?;
        let name = self.table_name(written, temporary)?;
        if self.is_there(&name, if_not_exists)? {
            return Ok(());
        }
        let parent = self.relation(&parent)?;
        if self.kind_of(&parent) != Some(RelationKind::PartitionedTable) {
            return refused(format!("\"{}\" is not partitioned", parent.name));
        }
        let kind = if tail.partition_by.is_some() { RelationKind::PartitionedTable } else { RelationKind::Table };
        let mut relation = self.new_relation(name.clone(), kind);
        self.inherit_columns(&mut relation, &parent, true);
        relation.parents.push(parent.clone());
        relation.partition = Some(match tail.partition_by {
            Some(key) => Partition::Both { parent: parent.clone(), bound, key },
            None => Partition::Of { parent: parent.clone(), bound },
        });
        self.build_table(relation, elements)?;
        self.copy_to_partition(&parent, &name);
        Ok(())
    }

    fn create_typed_table(&mut self, p: &mut Parser<'_>, written: &Written, if_not_exists: bool) -> Done {
        let of = p.qualified()?;
        let elements = if p.is_sign("(") { elements(p, true)? } else { Vec::new() };
        table_tail(p)?;
        p.end()?;
        let name = self.new_name(written)?;
        if self.is_there(&name, if_not_exists)? {
            return Ok(());
        }
        let mut relation = self.new_relation(name, RelationKind::Table);
        let Some(of) = self.find_type(&of) else { return unresolved(format!("type \"{of}\" does not exist")) };
        if let Some(crate::catalogue::TypeKind::Composite { fields }) =
            self.catalogue.types.get(&of).map(|found| found.kind.clone())
        {
            for (field, type_name) in fields {
                relation.columns.push(self.new_column(&field, &type_name));
            }
        }
        let constraints = elements.into_iter().filter(|element| matches!(element, Element::Constraint(_))).collect();
        self.build_table(relation, constraints)
    }

    fn create_table_as(&mut self, p: &mut Parser<'_>, written: &Written, if_not_exists: bool, temporary: bool) -> Done {
        let names = if p.is_sign("(") { p.names_in_parentheses()? } else { Vec::new() };
        table_tail(p)?;
        p.expect("as")?;
        let name = self.table_name(written, temporary)?;
        if p.peek("execute") {
            return self.other(p);
        }
        let query = p.query()?;
        p.eat_any(&["with no data", "with data"]);
        p.end()?;
        if self.is_there(&name, if_not_exists)? {
            return Ok(());
        }
        let (_, columns) = self.resolver().view(query)?;
        let mut relation = self.new_relation(name.clone(), RelationKind::Table);
        relation.temporary = temporary;
        for (at, (own, type_name)) in columns.iter().enumerate() {
            relation.columns.push(self.new_column(names.get(at).unwrap_or(own), type_name));
        }
        self.catalogue.relations.insert(name, relation);
        Ok(())
    }

    pub(crate) fn create_foreign_table(&mut self, p: &mut Parser<'_>) -> Done {
        let if_not_exists = p.if_not_exists();
        let written = p.qualified()?;
        let elements = elements(p, false)?;
        if p.eat("inherits") {
            p.parenthesised()?;
        }
        p.expect("server")?;
        let server = p.name()?;
        if p.eat("options") {
            p.parenthesised()?;
        }
        p.end()?;
        let name = self.new_name(&written)?;
        if self.is_there(&name, if_not_exists)? {
            return Ok(());
        }
        let mut relation = self.new_relation(name, RelationKind::ForeignTable);
        relation.server = Some(server);
        self.build_table(relation, elements)
    }
}

/// Whether a default is the constant NULL, which Postgres does not keep: unless it has to be brought to a length.
pub(crate) fn is_null(default: &crate::catalogue::Expr, type_name: &str) -> bool {
    matches!(default.tree, Some(Node::Literal { value: Literal::Null, .. })) && !type_name.contains('(')
}

/// The type that a default is brought to: without length, and unknown types as they are.
pub(crate) fn default_type(type_name: &str) -> String {
    let bare = crate::resolve::coerce::bare(type_name);
    if bare == "character" {
        "bpchar".into()
    } else if types::is_builtin(types::split(&bare).0) {
        bare
    } else {
        type_name.to_owned()
    }
}

/// `CREATE TABLE t (a, b) AS`: a list of names alone.
fn is_as_with_columns(p: &Parser<'_>) -> bool {
    p.sign_at(0, "(") && p.is_name_at(1) && (p.sign_at(2, ",") || p.sign_at(2, ")"))
}

fn table_tail(p: &mut Parser<'_>) -> Done<Tail> {
    let mut tail = Tail::default();
    loop {
        if p.eat("inherits") {
            p.expect_sign("(")?;
            tail.parents = p.list(Parser::qualified)?;
            p.expect_sign(")")?;
        } else if p.eat("partition by") {
            let mark = p.mark();
            p.name()?;
            p.parenthesised()?;
            tail.partition_by = Some(p.since(mark).to_owned());
        } else if p.eat("using") || p.eat("tablespace") {
            p.name()?;
        } else if p.peek("with") && p.sign_at(1, "(") {
            p.eat("with");
            tail.options = storage_options(p)?;
        } else if p.eat("without oids")
            || p.eat_any(&["on commit preserve rows", "on commit delete rows", "on commit drop"]).is_some()
        {
        } else {
            return Ok(tail);
        }
    }
}

/// `FOR VALUES …` or `DEFAULT`, as written.
pub(crate) fn partition_bound(p: &mut Parser<'_>) -> Done<String> {
    let mark = p.mark();
    if p.eat("default") {
        return Ok("DEFAULT".into());
    }
    p.expect("for values")?;
    if p.eat("in") || p.eat("with") {
        p.parenthesised()?;
    } else {
        p.expect("from")?;
        p.parenthesised()?;
        p.expect("to")?;
        p.parenthesised()?;
    }
    Ok(p.since(mark).to_owned())
}

/// The default that takes the next number of a sequence, as Postgres prints it.
pub(crate) fn next_value(sequence: &Name) -> String {
    let shown = if sequence.schema == "public" {
        crate::catalogue::quote_ident(&sequence.name).into_owned()
    } else {
        sequence.to_string()
    };
    format!("nextval({}::regclass)", crate::print::quoted(&shown))
}
