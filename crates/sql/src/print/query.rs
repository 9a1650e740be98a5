//! Queries, with the line breaks that Postgres prints.

use super::Printer;
use crate::catalogue::{FromItem, Node, Select, quote_ident};

/// Indentation of a query (`PRETTYINDENT_STD`), of a join, of what wraps.
const STANDARD: i32 = 8;
const JOIN: i32 = 4;
const WRAP: i32 = 4;

impl Printer {
    /// A query within an expression.
    pub(super) fn nested_select(&mut self, select: &Select) {
        let indent = self.indent;
        self.select(select);
        self.indent = indent;
    }

    /// A query.
    fn select(&mut self, select: &Select) {
        if !select.with.is_empty() {
            self.with(select);
        }
        let base = self.indent;
        self.indent += STANDARD;
        self.push(" ");
        self.core(select);
        let mut next = select.set.as_ref();
        while let Some((op, right)) = next {
            self.keyword(op, -STANDARD, 0, 0);
            self.keyword("", 0, 0, 0);
            self.indent = base + STANDARD;
            self.push(" ");
            self.core(right);
            next = right.set.as_ref();
        }
        self.tail(select);
        self.indent = base;
    }

    fn with(&mut self, select: &Select) {
        self.indent += STANDARD;
        self.push(" WITH ");
        if select.recursive {
            self.push("RECURSIVE ");
        }
        for (at, (name, columns, query)) in select.with.iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.push(&quote_ident(name));
            self.names(columns);
            self.push(" AS (");
            if let Some(query) = query {
                self.keyword("", 0, 0, 0);
                self.nested_select(query);
                self.keyword("", 0, 0, 0);
            }
            self.push(")");
        }
        self.indent -= STANDARD;
        self.keyword("", 0, 0, 0);
    }

    fn names(&mut self, names: &[String]) {
        if names.is_empty() {
            return;
        }
        let quoted: Vec<_> = names.iter().map(|name| quote_ident(name)).collect();
        self.push(&format!("({})", quoted.join(", ")));
    }

    fn core(&mut self, select: &Select) {
        if !select.values.is_empty() {
            self.push("VALUES ");
            for (at, row) in select.values.iter().enumerate() {
                self.push(if at > 0 { ", (" } else { "(" });
                for (at, node) in row.iter().enumerate() {
                    if at > 0 {
                        self.push(",");
                    }
                    self.node(node, false);
                }
                self.push(")");
            }
            return;
        }
        self.push("SELECT");
        if !select.distinct_on.is_empty() {
            self.push(" DISTINCT ON (");
            self.list(&select.distinct_on);
            self.push(")");
        } else if select.distinct {
            self.push(" DISTINCT");
        }
        self.targets(&select.targets);
        self.from(&select.from);
        if let Some(filter) = &select.filter {
            self.keyword(" WHERE ", -STANDARD, STANDARD, 1);
            self.node(filter, false);
        }
        if !select.group_by.is_empty() {
            self.keyword(" GROUP BY ", -STANDARD, STANDARD, 1);
            self.list(&select.group_by);
        }
        if let Some(having) = &select.having {
            self.keyword(" HAVING ", -STANDARD, STANDARD, 0);
            self.node(having, false);
        }
    }

    fn targets(&mut self, targets: &[(Node, Option<String>)]) {
        for (at, (node, name)) in targets.iter().enumerate() {
            self.push(if at > 0 { ", " } else { " " });
            let from = self.out.len();
            self.node(node, true);
            let own = match node {
                Node::Column { name, .. } => Some(name.as_str()),
                _ => None,
            };
            let shown = match name.as_deref() {
                Some(name) if own != Some(name) => Some(name),
                _ => None,
            };
            if let Some(name) = shown.filter(|_| !matches!(node, Node::Star { .. })) {
                self.push(" AS ");
                self.push(&quote_ident(name));
            }
            if at > 0 {
                self.wrap(from);
            }
        }
    }

    /// Postgres puts each item after the first on a line of its own.
    fn wrap(&mut self, from: usize) {
        let item = self.out.split_off(from);
        if item.starts_with('\n') {
            self.trim();
        } else {
            self.keyword("", -STANDARD, STANDARD, WRAP);
        }
        self.push(&item);
    }

    fn from(&mut self, items: &[FromItem]) {
        for (at, item) in items.iter().enumerate() {
            if at == 0 {
                self.keyword(" FROM ", -STANDARD, STANDARD, 2);
                self.from_item(item);
            } else {
                self.push(", ");
                let from = self.out.len();
                self.from_item(item);
                self.wrap(from);
            }
        }
    }

    fn from_item(&mut self, item: &FromItem) {
        match item {
            FromItem::Table { schema, name, relation, alias, columns, only } => {
                if *only {
                    self.push("ONLY ");
                }
                let shown = match (relation, schema) {
                    (Some(relation), _) if relation.schema == "public" => quote_ident(&relation.name).into_owned(),
                    (Some(relation), _) => relation.to_string(),
                    (None, Some(schema)) if schema != "pg_catalog" => {
                        format!("{}.{}", quote_ident(schema), quote_ident(name))
                    }
                    (None, _) => quote_ident(name).into_owned(),
                };
                self.push(&shown);
                let own = relation.as_ref().map_or(name, |relation| &relation.name);
                if let Some(alias) = alias.as_ref().filter(|alias| *alias != own || !columns.is_empty()) {
                    self.push(" ");
                    self.push(&quote_ident(alias));
                }
                self.names(columns);
            }
            FromItem::Function { call, lateral, ordinality, alias, columns } => {
                if *lateral {
                    self.push("LATERAL ");
                }
                self.node(call, false);
                if *ordinality {
                    self.push(" WITH ORDINALITY");
                }
                let name = match call {
                    Node::Call { name, .. } => name.clone(),
                    _ => String::new(),
                };
                let shown = alias.clone().unwrap_or(name);
                self.push(" ");
                self.push(&quote_ident(&shown));
                if columns.is_empty() {
                    self.names(std::slice::from_ref(&shown));
                } else {
                    let shown: Vec<_> = columns
                        .iter()
                        .map(|(name, own)| match own {
                            Some(own) => format!("{} {own}", quote_ident(name)),
                            None => quote_ident(name).into_owned(),
                        })
                        .collect();
                    self.push(&format!("({})", shown.join(", ")));
                }
            }
            FromItem::Subselect { select, lateral, alias, columns } => {
                self.push(if *lateral { "LATERAL (" } else { "(" });
                self.nested_select(select);
                self.push(")");
                if let Some(alias) = alias {
                    self.push(" ");
                    self.push(&quote_ident(alias));
                }
                self.names(columns);
            }
            FromItem::Join { kind, left, right, on, using } => {
                self.push("(");
                self.from_item(left);
                self.keyword(&format!(" {kind} "), -STANDARD, STANDARD, JOIN);
                self.from_item(right);
                if !using.is_empty() {
                    self.push(" USING ");
                    self.names(using);
                } else if let Some(on) = on {
                    self.push(" ON (");
                    self.node(on, false);
                    self.push(")");
                }
                self.push(")");
            }
            FromItem::Other(text) => self.push(text),
        }
    }

    fn tail(&mut self, select: &Select) {
        if !select.order_by.is_empty() {
            self.keyword(" ORDER BY ", -STANDARD, STANDARD, 1);
            for (at, (node, direction)) in select.order_by.iter().enumerate() {
                if at > 0 {
                    self.push(", ");
                }
                self.node(node, false);
                self.push(direction);
            }
        }
        if let Some(offset) = &select.offset {
            self.keyword(" OFFSET ", -STANDARD, STANDARD, 0);
            self.node(offset, false);
        }
        if let Some(limit) = &select.limit {
            self.keyword(" LIMIT ", -STANDARD, STANDARD, 0);
            self.node(limit, false);
        }
        if let Some(locking) = &select.locking {
            self.keyword(" ", -STANDARD, STANDARD, 0);
            self.push(locking);
        }
    }
}
