//! Names in expressions and queries resolved against the catalogue, and the casts that Postgres adds.
//!
//! The parser's tree says what is written; the resolved tree says what it means: each column knows its relation, each
//! function its schema, each constant its type. `print` turns it into what `pg_get_expr` prints.

pub(crate) mod builtins;
pub(crate) mod call;
pub(crate) mod coerce;
pub(crate) mod expression;
pub(crate) mod interval;
pub(crate) mod query;
pub(crate) mod rewrite;
pub(crate) mod scope;
pub(crate) mod types;

use crate::catalogue::{Catalogue, Expr, Name, Node, Select, ViewQuery};
use crate::outcome::FailureKind;
use scope::Scope;

/// Why something could not be carried out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn unresolved(message: String) -> Self {
        Fault { kind: FailureKind::Unresolved, message }
    }
}

pub(crate) type Resolved<T> = Result<T, Fault>;

/// A type: `format_type`'s name, `unknown` for a constant without a type, empty for what is not known.
pub(crate) type TypeText = String;

/// Resolves expressions in the light of a catalogue and a search path.
#[derive(Debug)]
pub(crate) struct Resolver<'c> {
    pub(crate) catalogue: &'c Catalogue,
    /// Schemas that unqualified names are looked for in, in order.
    pub(crate) path: &'c [String],
    /// Whether the text was printed by Postgres, with all its casts: they stay where they are.
    pub(crate) as_printed: bool,
    /// Queries around the current place, innermost last.
    scopes: Vec<Scope>,
    /// Names of WITH queries in force, innermost last, with their columns.
    ctes: Vec<(String, Vec<(String, TypeText)>)>,
}

impl<'c> Resolver<'c> {
    pub(crate) fn new(catalogue: &'c Catalogue, path: &'c [String]) -> Self {
        Resolver { catalogue, path, as_printed: false, scopes: Vec::new(), ctes: Vec::new() }
    }

    /// A resolver of texts that Postgres printed with an empty search path.
    pub(crate) fn of_printed(catalogue: &'c Catalogue) -> Self {
        Resolver { as_printed: true, ..Resolver::new(catalogue, &[]) }
    }

    /// An expression on the rows of a table (a policy's condition, a check, a default).
    pub(crate) fn on_table(
        &mut self,
        table: &Name,
        columns: Vec<(String, TypeText)>,
        node: Node,
    ) -> Resolved<(Node, TypeText)> {
        self.scopes.push(Scope::of_table(table, columns));
        let result = self.expression(node);
        self.scopes.pop();
        result
    }

    /// The same with two more names for the row (`OLD`, `NEW` of a trigger).
    pub(crate) fn on_trigger(
        &mut self,
        table: &Name,
        columns: &[(String, TypeText)],
        node: Node,
    ) -> Resolved<(Node, TypeText)> {
        self.scopes.push(Scope::of_trigger(table, columns));
        let result = self.expression(node);
        self.scopes.pop();
        result
    }

    /// A query of its own (a view's).
    pub(crate) fn view(&mut self, select: Select) -> Resolved<(Select, Vec<(String, TypeText)>)> {
        self.query(select)
    }
}

/// The columns of a relation with their types, for a resolver.
pub(crate) fn columns_of(relation: &crate::catalogue::Relation) -> Vec<(String, TypeText)> {
    relation.live_columns().map(|(_, column)| (column.name.clone(), column.type_name.clone())).collect()
}

/// An expression's text and tree.
pub(crate) fn finished(node: Node) -> Expr {
    Expr { text: crate::print::expression(&node), tree: Some(node) }
}

/// What a view's query reads.
pub(crate) fn view_query(text: &str, select: Select) -> ViewQuery {
    let mut query = ViewQuery {
        text: text.to_owned(),
        select: None,
        relations: Vec::new(),
        columns: Vec::new(),
        functions: Vec::new(),
    };
    let mut relations = Vec::new();
    select.walk_from(&mut |item| {
        if let crate::catalogue::FromItem::Table { relation: Some(name), .. } = item
            && !relations.contains(name)
        {
            relations.push(name.clone());
        }
    });
    let (mut columns, mut functions) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    select.walk(&mut |node| {
        match node {
            Node::Column { name, relation: Some(relation), .. } => {
                columns.insert((relation.clone(), name.clone()));
            }
            Node::Call { schema: Some(schema), name, .. } => {
                functions.insert(Name::new(schema, name));
            }
            _ => {}
        }
        true
    });
    query.relations = relations;
    query.columns = columns.into_iter().collect();
    query.functions = functions.into_iter().collect();
    query.select = Some(select);
    query
}
