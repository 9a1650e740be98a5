//! Expressions and queries printed as `pg_get_expr` prints them (Postgres 15, `ruleutils.c`, without pretty parentheses).
//!
//! Names of the schemas `public` and `pg_catalog` stand without schema, as on the default search path.

mod query;

use crate::catalogue::{Literal, Name, Node, quote_ident};

/// An expression's text.
pub(crate) fn expression(node: &Node) -> String {
    let mut printer = Printer::default();
    printer.node(node, false);
    printer.out
}

#[derive(Default)]
pub(super) struct Printer {
    out: String,
    /// Columns that a new line is indented by.
    indent: i32,
}

impl Printer {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// A keyword on a new line (`appendContextKeyword`).
    fn keyword(&mut self, text: &str, before: i32, after: i32, plus: i32) {
        self.indent += before;
        self.trim();
        self.out.push('\n');
        // Beyond a limit Postgres indents by less; such queries are not compared.
        let amount = usize::try_from(self.indent.max(0) + plus).unwrap_or(0).min(80);
        self.out.extend(std::iter::repeat_n(' ', amount));
        self.push(text);
        self.indent = (self.indent + after).max(0);
    }

    fn trim(&mut self) {
        let length = self.out.trim_end_matches(' ').len();
        self.out.truncate(length);
    }

    fn list(&mut self, nodes: &[Node]) {
        for (at, node) in nodes.iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.node(node, true);
        }
    }

    /// A node; `implicit`: whether casts that Postgres added show.
    fn node(&mut self, node: &Node, implicit: bool) {
        match node {
            Node::Literal { value, type_name } => self.literal(value, type_name.as_deref()),
            Node::Column { qualifier, name, .. } => {
                if let Some(qualifier) = qualifier {
                    self.push(&quote_ident(qualifier));
                    self.push(".");
                }
                self.push(&quote_ident(name));
            }
            Node::Star { qualifier } => {
                if let Some(qualifier) = qualifier {
                    self.push(&quote_ident(qualifier));
                    self.push(".");
                }
                self.push("*");
            }
            Node::Call { schema, name, args, distinct, tail } => {
                self.call(schema.as_deref(), name, args, *distinct, tail.as_deref());
            }
            Node::Named { name, arg } => {
                if name == "VARIADIC" {
                    self.push("VARIADIC ");
                } else {
                    self.push(&quote_ident(name));
                    self.push(" => ");
                }
                self.node(arg, true);
            }
            Node::Operator { op, left, right } => {
                self.push("(");
                if let Some(left) = left {
                    self.node(left, true);
                    self.push(" ");
                }
                self.push(op);
                self.push(" ");
                self.node(right, true);
                self.push(")");
            }
            Node::And(parts) => self.junction(parts, " AND "),
            Node::Or(parts) => self.junction(parts, " OR "),
            Node::Not(arg) => {
                self.push("(NOT ");
                self.node(arg, false);
                self.push(")");
            }
            Node::Cast { arg, type_name, .. } if matches!(&**arg, Node::Array(items) if items.is_empty()) => {
                self.push("ARRAY[]::");
                self.push(type_name);
            }
            Node::Cast { arg, type_name, implicit: hidden } => {
                if *hidden && !implicit {
                    self.node(arg, false);
                } else {
                    self.push("(");
                    self.node(arg, false);
                    self.push(")::");
                    self.push(type_name);
                }
            }
            Node::Test { arg, test } => {
                self.push("(");
                self.node(arg, true);
                self.push(" ");
                self.push(test);
                self.push(")");
            }
            Node::Distinct { left, right, negated } => self.distinct(left, right, *negated),
            Node::Quantified { left, op, all, right } => {
                self.push("(");
                self.node(left, true);
                self.push(&format!(" {op} {} (", if *all { "ALL" } else { "ANY" }));
                self.node(right, true);
                self.push("))");
            }
            other => self.compound(other),
        }
    }

    /// Queries, arrays, CASE, subscripts.
    fn compound(&mut self, node: &Node) {
        match node {
            Node::InSelect { left, op, all, select } => {
                self.push("(");
                match &**left {
                    Node::Row(items) => {
                        self.push("(");
                        self.list(items);
                        self.push(")");
                    }
                    left => self.node(left, true),
                }
                match (op.as_str(), all) {
                    ("=", false) => self.push(" IN ("),
                    (op, false) => self.push(&format!(" {op} ANY (")),
                    (op, true) => self.push(&format!(" {op} ALL (")),
                }
                self.nested_select(select);
                self.push("))");
            }
            Node::Exists(select) => {
                self.push("(EXISTS (");
                self.nested_select(select);
                self.push("))");
            }
            Node::Subselect(select) => {
                self.push("(");
                self.nested_select(select);
                self.push(")");
            }
            Node::ArraySelect(select) => {
                self.push("ARRAY(");
                self.nested_select(select);
                self.push(")");
            }
            Node::Array(items) => {
                self.push("ARRAY[");
                self.list(items);
                self.push("]");
            }
            Node::Row(items) => {
                self.push("ROW(");
                self.list(items);
                self.push(")");
            }
            Node::Case { operand, whens, otherwise } => self.case(operand.as_deref(), whens, otherwise.as_deref()),
            Node::Index { arg, subscript, end } => self.index(arg, subscript, end.as_deref()),
            Node::Field { arg, name } => {
                self.push("(");
                self.node(arg, true);
                self.push(").");
                self.push(&if name == "*" { "*".into() } else { quote_ident(name) });
            }
            Node::Collate { arg, collation } => {
                self.push("(");
                self.node(arg, true);
                let shown = if collation.starts_with('"') { collation.clone() } else { format!("\"{collation}\"") };
                self.push(&format!(" COLLATE {shown})"));
            }
            Node::Param(number) => self.push(&format!("${number}")),
            Node::Other(text) => self.push(text),
            _ => {}
        }
    }

    fn junction(&mut self, parts: &[Node], word: &str) {
        self.push("(");
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.push(word);
            }
            self.node(part, false);
        }
        self.push(")");
    }

    fn distinct(&mut self, left: &Node, right: &Node, negated: bool) {
        if negated {
            self.push("(NOT ");
        }
        self.push("(");
        self.node(left, true);
        self.push(" IS DISTINCT FROM ");
        self.node(right, true);
        self.push(")");
        if negated {
            self.push(")");
        }
    }

    fn literal(&mut self, value: &Literal, type_name: Option<&str>) {
        match value {
            Literal::Null => {
                self.push("NULL");
                if let Some(type_name) = type_name {
                    self.push("::");
                    self.push(type_name);
                }
            }
            Literal::Bool(value) => self.push(if *value { "true" } else { "false" }),
            Literal::Number(number) => {
                let integer = number.parse::<i32>().is_ok();
                let big = !integer && number.parse::<i64>().is_ok();
                if number.starts_with('-') || big {
                    let kind = if integer {
                        "integer"
                    } else if big {
                        "bigint"
                    } else {
                        "numeric"
                    };
                    self.push(&format!("'{number}'::{kind}"));
                } else {
                    self.push(number);
                }
            }
            Literal::Text(text) => {
                self.push(&quoted(text));
                if let Some(type_name) = type_name {
                    self.push("::");
                    self.push(type_name);
                }
            }
        }
    }

    fn call(&mut self, schema: Option<&str>, name: &str, args: &[Node], distinct: bool, tail: Option<&str>) {
        if schema.is_none() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b' ' || byte == b'_') {
            self.special(name, args);
            return;
        }
        self.push(&function_name(schema, name));
        self.push("(");
        if distinct {
            self.push("DISTINCT ");
        }
        self.list(args);
        if let Some(tail) = tail.filter(|tail| tail.to_ascii_lowercase().starts_with("order")) {
            self.push(" ");
            self.push(tail);
            self.push(")");
            return;
        }
        self.push(")");
        if let Some(tail) = tail {
            self.push(" ");
            self.push(tail);
        }
    }

    /// Special forms, each in its own syntax.
    fn special(&mut self, name: &str, args: &[Node]) {
        match (name, args) {
            ("AT TIME ZONE", [value, zone]) => {
                self.push("(");
                self.node(value, true);
                self.push(" AT TIME ZONE ");
                self.node(zone, true);
                self.push(")");
            }
            ("EXTRACT", [field, from]) => {
                self.push(&format!("EXTRACT({} FROM ", field.as_text().unwrap_or_default()));
                self.node(from, true);
                self.push(")");
            }
            ("POSITION", [what, within]) => {
                self.push("POSITION((");
                self.node(what, false);
                self.push(") IN (");
                self.node(within, false);
                self.push("))");
            }
            ("SUBSTRING", [text, rest @ ..]) => self.worded("SUBSTRING", text, rest, &[" FROM ", " FOR "]),
            ("OVERLAY", [text, rest @ ..]) => self.worded("OVERLAY", text, rest, &[" PLACING ", " FROM ", " FOR "]),
            ("TRIM", [side, text, rest @ ..]) => {
                self.push(&format!("TRIM({}", side.as_text().unwrap_or("BOTH")));
                for what in rest {
                    self.push(" ");
                    self.node(what, false);
                }
                self.push(" FROM ");
                self.node(text, false);
                self.push(")");
            }
            (_, []) => self.push(name),
            _ => {
                self.push(name);
                self.push("(");
                self.list(args);
                self.push(")");
            }
        }
    }

    fn worded(&mut self, name: &str, first: &Node, rest: &[Node], words: &[&str]) {
        self.push(name);
        self.push("(");
        self.node(first, false);
        for (word, node) in words.iter().zip(rest) {
            self.push(word);
            self.node(node, false);
        }
        self.push(")");
    }

    fn case(&mut self, operand: Option<&Node>, whens: &[(Node, Node)], otherwise: Option<&Node>) {
        self.keyword("CASE", 0, 4, 0);
        if let Some(operand) = operand {
            self.push(" ");
            self.node(operand, true);
        }
        for (when, then) in whens {
            self.keyword("WHEN ", 0, 0, 0);
            self.node(when, false);
            self.push(" THEN ");
            self.node(then, true);
        }
        if let Some(otherwise) = otherwise {
            self.keyword("ELSE ", 0, 0, 0);
            self.node(otherwise, true);
        }
        self.keyword("END", -4, 0, 0);
    }

    fn index(&mut self, arg: &Node, subscript: &Node, end: Option<&Node>) {
        let bare = matches!(arg, Node::Column { .. } | Node::Index { .. } | Node::Param(_));
        if !bare {
            self.push("(");
        }
        self.node(arg, true);
        if !bare {
            self.push(")");
        }
        self.push("[");
        self.node(subscript, false);
        if let Some(end) = end {
            self.push(":");
            self.node(end, false);
        }
        self.push("]");
    }
}

/// A string constant, without backslash escapes: `ruleutils.c` goes by `standard_conforming_strings`.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A function's name as printed.
fn function_name(schema: Option<&str>, name: &str) -> String {
    match schema {
        Some("pg_catalog" | "public") | None => quote_ident(name).into_owned(),
        Some(schema) => Name::new(schema, name).to_string(),
    }
}
