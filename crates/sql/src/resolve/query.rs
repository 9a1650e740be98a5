//! Queries: FROM makes the names that the rest of the query uses.

use super::coerce::{is_unknown, to};
use super::scope::{Scope, Source};
use super::{Fault, Resolved, Resolver, TypeText, columns_of};
use crate::catalogue::{ArgumentMode, FromItem, Literal, Name, Node, Select};

/// Most columns of a query, as in Postgres.
const MAX_TARGETS: usize = 1_664;

/// Names and types of a query's columns.
type Columns = Vec<(String, TypeText)>;

impl Resolver<'_> {
    /// A query with the names and types of its columns.
    pub(crate) fn query(&mut self, mut select: Select) -> Resolved<(Select, Columns)> {
        let outer_ctes = self.ctes.len();
        for (name, columns, part) in &mut select.with {
            let mut found = Columns::new();
            if let Some(query) = part.take() {
                if select.recursive {
                    // Within itself a recursive query has columns of the names given, or any.
                    self.ctes
                        .push((name.clone(), columns.iter().map(|column| (column.clone(), String::new())).collect()));
                }
                let (query, own) = self.query(query)?;
                if select.recursive {
                    self.ctes.pop();
                }
                *part = Some(query);
                found = own;
            }
            for (column, (own, _)) in columns.iter().zip(&mut found) {
                own.clone_from(column);
            }
            self.ctes.push((name.clone(), found));
        }
        let result = self.body(select);
        self.ctes.truncate(outer_ctes);
        result
    }

    fn body(&mut self, mut select: Select) -> Resolved<(Select, Columns)> {
        if !select.values.is_empty() {
            return self.values(select);
        }
        let nested = !self.scopes.is_empty();
        self.scopes.push(Scope { prefixed: nested, ..Scope::default() });
        let result = self.core(&mut select, nested);
        self.scopes.pop();
        let columns = result?;
        if let Some((op, right)) = select.set.take() {
            let (right, _) = self.body(*right)?;
            select.set = Some((op, Box::new(right)));
        }
        Ok((select, columns))
    }

    fn core(&mut self, select: &mut Select, nested: bool) -> Resolved<Columns> {
        for item in std::mem::take(&mut select.from) {
            let item = self.from_item(item)?;
            select.from.push(item);
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.prefixed = nested || scope.sources.len() != 1;
        }
        if let Some(filter) = select.filter.take() {
            select.filter = Some(self.condition(filter)?);
        }
        let mut columns = Columns::new();
        for (node, alias) in std::mem::take(&mut select.targets) {
            self.target(node, alias, &mut select.targets, &mut columns)?;
        }
        for node in std::mem::take(&mut select.distinct_on) {
            select.distinct_on.push(self.ordered(node, &columns)?);
        }
        for node in std::mem::take(&mut select.group_by) {
            select.group_by.push(self.ordered(node, &columns)?);
        }
        if let Some(having) = select.having.take() {
            select.having = Some(self.condition(having)?);
        }
        if select.set.is_none() {
            for (node, direction) in std::mem::take(&mut select.order_by) {
                let node = self.ordered(node, &columns)?;
                select.order_by.push((node, direction));
            }
        }
        Ok(columns)
    }

    /// An item of GROUP BY or ORDER BY: an output column's name or number, or an expression.
    fn ordered(&mut self, node: Node, columns: &Columns) -> Resolved<Node> {
        match &node {
            Node::Literal { value: Literal::Number(_), .. } => return Ok(node),
            Node::Column { qualifier: None, name, .. } => {
                let own = self.scopes.last().is_some_and(|scope| {
                    scope.sources.iter().any(|source| source.columns.iter().any(|(column, _)| column == name))
                });
                if !own && columns.iter().any(|(column, _)| column == name) {
                    return Ok(node);
                }
            }
            _ => {}
        }
        Ok(self.expression(node)?.0)
    }

    fn target(
        &mut self,
        node: Node,
        alias: Option<String>,
        targets: &mut Vec<(Node, Option<String>)>,
        columns: &mut Columns,
    ) -> Resolved<()> {
        if let Node::Star { qualifier } = &node {
            let scope = self.scopes.last();
            let sources = scope.into_iter().flat_map(|scope| &scope.sources);
            let mut found = false;
            let (mut expanded, mut complete) = (Vec::new(), true);
            for source in sources.filter(|source| qualifier.as_ref().is_none_or(|wanted| *wanted == source.alias)) {
                found = true;
                // As Postgres; views on views that double their columns would grow beyond all bounds.
                if columns.len() + expanded.len() + source.columns.len() > MAX_TARGETS {
                    return Err(Fault::unresolved(format!("target lists can have at most {MAX_TARGETS} entries")));
                }
                complete &= source.complete;
                for (name, type_name) in &source.columns {
                    if qualifier.is_none() && source.merged.contains(name) {
                        continue;
                    }
                    let prefixed = scope.is_some_and(|scope| scope.prefixed);
                    let column = Node::Column {
                        qualifier: prefixed.then(|| source.shown.clone()),
                        name: name.clone(),
                        relation: source.relation.clone(),
                        level: 0,
                    };
                    expanded.push((column, name.clone(), type_name.clone()));
                }
            }
            if !found && let Some(qualifier) = qualifier {
                return Err(Fault::unresolved(format!("missing FROM-clause entry for table \"{qualifier}\"")));
            }
            if !complete {
                targets.push((node, None));
                columns.extend(expanded.into_iter().map(|(_, name, type_name)| (name, type_name)));
                return Ok(());
            }
            for (column, name, type_name) in expanded {
                targets.push((column, Some(name.clone())));
                columns.push((name, type_name));
            }
            return Ok(());
        }
        let name = alias.or_else(|| figure_name(&node));
        let (node, own) = self.expression(node)?;
        let (node, own) = if is_unknown(&own) { (to(node, &own, "text"), "text".to_owned()) } else { (node, own) };
        columns.push((name.clone().unwrap_or_else(|| "?column?".into()), own));
        targets.push((node, name));
        Ok(())
    }

    fn values(&mut self, mut select: Select) -> Resolved<(Select, Columns)> {
        let mut columns = Columns::new();
        for row in &mut select.values {
            for (at, node) in row.iter_mut().enumerate() {
                let (new, own) = self.expression(std::mem::replace(node, Node::Param(0)))?;
                let (new, own) = if is_unknown(&own) { (to(new, &own, "text"), "text".to_owned()) } else { (new, own) };
                *node = new;
                if columns.len() == at {
                    columns.push((format!("column{}", at + 1), own));
                }
            }
        }
        Ok((select, columns))
    }

    fn from_item(&mut self, item: FromItem) -> Resolved<FromItem> {
        match item {
            FromItem::Table { schema, name, alias, columns, only, .. } => {
                self.from_table(schema, name, alias, columns, only)
            }
            FromItem::Function { call, lateral, ordinality, alias, columns } => {
                let (call, type_name) = self.expression(call)?;
                let source = self.function_source(&call, &type_name, alias.as_deref(), &columns, ordinality);
                // Postgres prints the names of all columns of a function.
                let columns = if columns.is_empty() && source.complete {
                    source.columns.iter().map(|(name, _)| (name.clone(), None)).collect()
                } else {
                    columns
                };
                let own = source.alias.clone();
                let shown = self.add(source);
                let alias = if shown == own { alias } else { Some(shown) };
                Ok(FromItem::Function { call, lateral, ordinality, alias, columns })
            }
            FromItem::Subselect { select, lateral, alias, columns } => {
                let (select, own) = if lateral { self.query(*select)? } else { self.aside(*select)? };
                let named = rename(own, &columns);
                let complete = !select.targets.iter().any(|(node, _)| matches!(node, Node::Star { .. }));
                let shown = self.add(Source::new(alias.clone().unwrap_or_default(), None, named, complete));
                let alias = alias.map(|_| shown);
                Ok(FromItem::Subselect { select: Box::new(select), lateral, alias, columns })
            }
            FromItem::Join { kind, left, right, on, using } => self.join(kind, *left, *right, on, using),
            FromItem::Other(text) => {
                self.add(Source::new(String::new(), None, Vec::new(), false));
                Ok(FromItem::Other(text))
            }
        }
    }

    /// A query in FROM that does not see the items beside it.
    fn aside(&mut self, select: Select) -> Resolved<(Select, Columns)> {
        let own = self.scopes.last_mut().map(|scope| {
            // Its names are not seen, but not given twice either.
            let shown = scope.shown.clone();
            std::mem::replace(scope, Scope { shown, ..Scope::default() })
        });
        let result = self.query(select);
        if let (Some(scope), Some(own)) = (self.scopes.last_mut(), own) {
            *scope = own;
        }
        result
    }

    /// Adds a source to the innermost query and gives the name by which it is printed (`set_rtable_names`).
    fn add(&mut self, mut source: Source) -> String {
        let taken = |name: &str| self.scopes.iter().any(|scope| scope.shown.iter().any(|shown| shown == name));
        if !source.alias.is_empty() && taken(&source.alias) {
            source.shown = (1..u32::MAX)
                .map(|number| format!("{}_{number}", source.alias))
                .find(|name| !taken(name))
                .unwrap_or_default();
        }
        let shown = source.shown.clone();
        if let Some(scope) = self.scopes.last_mut() {
            scope.shown.push(shown.clone());
            scope.sources.push(source);
        }
        shown
    }

    fn from_table(
        &mut self,
        schema: Option<String>,
        name: String,
        alias: Option<String>,
        columns: Vec<String>,
        only: bool,
    ) -> Resolved<FromItem> {
        let shown = alias.clone().unwrap_or_else(|| name.clone());
        if schema.is_none()
            && let Some((_, own)) = self.ctes.iter().rev().find(|(cte, _)| *cte == name)
        {
            let own = own.clone();
            let complete = !own.is_empty();
            let named = rename(own, &columns);
            let printed = self.add(Source::new(shown.clone(), None, named, complete));
            let alias = if printed == shown { alias } else { Some(printed) };
            return Ok(FromItem::Table { schema, name, relation: None, alias, columns, only });
        }
        let relation = self.relation(schema.as_deref(), &name)?;
        let (own, complete) = match relation.as_ref().and_then(|name| self.catalogue.relations.get(name)) {
            Some(found) => (columns_of(found), true),
            None => (Vec::new(), false),
        };
        let named = rename(own, &columns);
        let printed = self.add(Source::new(shown.clone(), relation.clone(), named, complete));
        let alias = if printed == shown { alias } else { Some(printed) };
        Ok(FromItem::Table { schema, name, relation, alias, columns, only })
    }

    /// The relation that a name means; `None` for those of Postgres's own schemas.
    pub(crate) fn relation(&self, schema: Option<&str>, name: &str) -> Resolved<Option<Name>> {
        let found = match schema {
            Some(schema) => Some(Name::new(schema, name)).filter(|name| self.catalogue.relations.contains_key(name)),
            None => self.path.iter().find_map(|schema| {
                Some(Name::new(schema, name)).filter(|name| self.catalogue.relations.contains_key(name))
            }),
        };
        if found.is_some() {
            return Ok(found);
        }
        let system = match schema {
            Some(schema) => {
                matches!(schema, "pg_catalog" | "information_schema" | "pg_temp")
                    || super::types::holds_extensions(self.catalogue, schema)
            }
            None => {
                name.starts_with("pg_")
                    || self.path.iter().any(|schema| super::types::holds_extensions(self.catalogue, schema))
                        && matches!(name, "spatial_ref_sys" | "geometry_columns" | "geography_columns")
            }
        };
        if system {
            return Ok(None);
        }
        let written = schema.map(|schema| format!("{schema}.")).unwrap_or_default();
        Err(Fault::unresolved(format!("relation \"{written}{name}\" does not exist")))
    }

    fn function_source(
        &self,
        call: &Node,
        type_name: &str,
        alias: Option<&str>,
        given: &[(String, Option<String>)],
        ordinality: bool,
    ) -> Source {
        let name = match call {
            Node::Call { name, .. } => name.as_str(),
            _ => "",
        };
        let shown = alias.unwrap_or(name).to_owned();
        let mut columns: Columns = Vec::new();
        let (mut complete, mut scalar) = (true, false);
        if !given.is_empty() {
            columns = given.iter().map(|(name, own)| (name.clone(), own.clone().unwrap_or_default())).collect();
            if let ([(_, first)], true) = (columns.as_mut_slice(), !type_name.is_empty()) {
                type_name.clone_into(first);
            }
        } else if let Some(row) = self.catalogue.relations.get(&super::types::qualified(type_name))
            && !type_name.is_empty()
        {
            columns = columns_of(row);
        } else if type_name == "record" || type_name.is_empty() {
            let found = match call {
                Node::Call { schema: Some(schema), name, .. } => self.catalogue.overloads(schema, name).next(),
                _ => None,
            };
            for argument in found.into_iter().flat_map(|function| &function.arguments) {
                if matches!(argument.mode, ArgumentMode::Table | ArgumentMode::Out | ArgumentMode::InOut) {
                    columns.push((argument.name.clone().unwrap_or_default(), argument.type_name.clone()));
                }
            }
            complete = !columns.is_empty();
        } else {
            // The name of its one OUT parameter, where it has one; else its own.
            let out = if name.starts_with("json") && name.contains("_array_elements") { "value" } else { &shown };
            columns.push((out.to_owned(), type_name.to_owned()));
            scalar = true;
        }
        if ordinality && given.is_empty() {
            columns.push(("ordinality".into(), "bigint".into()));
        }
        Source { scalar: scalar && !ordinality, ..Source::new(shown, None, columns, complete) }
    }

    fn join(
        &mut self,
        kind: String,
        left: FromItem,
        right: FromItem,
        on: Option<Node>,
        using: Vec<String>,
    ) -> Resolved<FromItem> {
        let left = self.from_item(left)?;
        let from = self.scopes.last().map_or(0, |scope| scope.sources.len());
        let right = self.from_item(right)?;
        if let Some(scope) = self.scopes.last_mut() {
            let from = from.min(scope.sources.len());
            let (before, after) = scope.sources.split_at_mut(from);
            for source in after {
                source.merged = if kind.starts_with("NATURAL") {
                    let shared = |(name, _): &&(String, TypeText)| {
                        before.iter().any(|source| source.columns.iter().any(|(column, _)| column == name))
                    };
                    source.columns.iter().filter(shared).map(|(name, _)| name.clone()).collect()
                } else {
                    using.clone()
                };
            }
            // Within a join there are several tables: columns are printed with their names.
            scope.prefixed = true;
        }
        let on = on.map(|on| self.condition(on)).transpose()?;
        Ok(FromItem::Join { kind, left: Box::new(left), right: Box::new(right), on, using })
    }
}

fn rename(mut own: Columns, names: &[String]) -> Columns {
    for (name, (column, _)) in names.iter().zip(&mut own) {
        column.clone_from(name);
    }
    own
}

/// The name that Postgres gives an output column without an alias; `None` for `?column?`.
pub(crate) fn figure_name(node: &Node) -> Option<String> {
    Some(match node {
        Node::Column { name, .. } => name.clone(),
        Node::Field { name, .. } => name.clone(),
        Node::Call { name, .. } => match name.as_str() {
            "AT TIME ZONE" => "timezone".into(),
            "TRIM" => "btrim".into(),
            "BETWEEN" | "NOT BETWEEN" => return None,
            name => name.to_ascii_lowercase(),
        },
        Node::Cast { arg, type_name, .. } => match figure_name(arg) {
            Some(name) => name,
            None => cast_name(type_name),
        },
        Node::Case { otherwise, .. } => {
            otherwise.as_ref().and_then(|otherwise| figure_name(otherwise)).unwrap_or_else(|| "case".into())
        }
        Node::Exists(_) => "exists".into(),
        Node::ArraySelect(_) | Node::Array(_) => "array".into(),
        Node::Row(_) => "row".into(),
        Node::Subselect(select) => match select.targets.first()? {
            (_, Some(alias)) => alias.clone(),
            (node, None) => figure_name(node)?,
        },
        Node::Index { arg, .. } | Node::Collate { arg, .. } => figure_name(arg)?,
        _ => return None,
    })
}

/// The name of a column that is a cast of something without a name: the type's name in `pg_type`.
fn cast_name(type_name: &str) -> String {
    let base = super::types::split(type_name).0;
    let name = base.rsplit('.').next().unwrap_or(base).trim_matches('"');
    match name {
        "integer" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "boolean" => "bool",
        "character varying" => "varchar",
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        "double precision" => "float8",
        "real" => "float4",
        other => other,
    }
    .to_owned()
}
