//! Values of expressions in blocks, as far as the migrations say them: constants, variables, what the catalogue holds.

use std::collections::BTreeMap;

use super::Session;
pub(crate) use super::values::Value;
use super::values::{format, like};
use crate::catalogue::{Literal, Node, quote_ident};

/// Variables of a block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    variables: BTreeMap<String, Value>,
}

impl Scope {
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.variables.insert(name.to_owned(), value);
    }

    fn get(&self, qualifier: Option<&str>, name: &str) -> Option<&Value> {
        match qualifier {
            None => self.variables.get(name),
            Some(qualifier) => match self.variables.get(qualifier) {
                Some(Value::Row(fields)) => fields.iter().find(|(field, _)| field == name).map(|(_, value)| value),
                // `block.variable`, `function.argument`.
                Some(Value::Unknown) => Some(&Value::Unknown),
                _ => self.variables.get(name),
            },
        }
    }
}

impl Session {
    /// An expression's value.
    pub(crate) fn evaluate(&self, node: &Node, scope: &Scope) -> Value {
        self.value(node, scope, &[])
    }

    /// An expression's value beside rows of a query.
    pub(crate) fn value(&self, node: &Node, scope: &Scope, rows: &[(String, Vec<(String, Value)>)]) -> Value {
        let value = |node: &Node| self.value(node, scope, rows);
        match node {
            Node::Literal { value, .. } => match value {
                Literal::Null => Value::Null,
                Literal::Bool(value) => Value::Bool(*value),
                Literal::Number(number) => Value::Number(number.clone()),
                Literal::Text(text) => Value::Text(text.clone()),
            },
            Node::Column { qualifier, name, .. } => column(qualifier.as_deref(), name, scope, rows),
            Node::Param(number) => scope.get(None, &format!("${number}")).cloned().unwrap_or(Value::Unknown),
            Node::And(parts) => junction(parts.iter().map(value), false),
            Node::Or(parts) => junction(parts.iter().map(value), true),
            Node::Not(arg) => match value(arg) {
                Value::Bool(value) => Value::Bool(!value),
                Value::Null => Value::Null,
                _ => Value::Unknown,
            },
            Node::Cast { arg, type_name, .. } => self.cast(value(arg), type_name),
            Node::Named { arg, .. } | Node::Collate { arg, .. } => value(arg),
            Node::Test { arg, test } => tested(&value(arg), test),
            Node::Distinct { left, right, negated } => match value(left).same(&value(right)) {
                Some(same) => Value::Bool(same == *negated),
                None => Value::Unknown,
            },
            Node::Operator { op, left: Some(left), right } => binary(op, &value(left), &value(right)),
            Node::Operator { .. } => Value::Unknown,
            Node::Array(items) => Value::Array(items.iter().map(value).collect()),
            Node::Row(items) => {
                Value::Row(items.iter().enumerate().map(|(at, item)| (format!("f{}", at + 1), value(item))).collect())
            }
            Node::Quantified { left, op, all, right } => {
                let items = match &**right {
                    // A row here is a list behind IN.
                    Node::Row(items) => items.iter().map(&value).collect(),
                    right => match as_array(value(right)) {
                        Value::Array(items) => items,
                        _ => return Value::Unknown,
                    },
                };
                let left = value(left);
                junction(items.iter().map(|item| binary(op, &left, item)), !all)
            }
            Node::InSelect { left, op, all, select } => {
                let Some(found) = self.select(select, scope, rows) else { return Value::Unknown };
                let left = value(left);
                junction(found.into_iter().map(|row| binary(op, &left, &single(row))), !all)
            }
            Node::Exists(select) => match self.select(select, scope, rows) {
                Some(found) => Value::Bool(!found.is_empty()),
                None => Value::Unknown,
            },
            Node::Subselect(select) => match self.select(select, scope, rows) {
                Some(found) => found.into_iter().next().map_or(Value::Null, single),
                None => Value::Unknown,
            },
            Node::ArraySelect(select) => match self.select(select, scope, rows) {
                Some(found) => Value::Array(found.into_iter().map(single).collect()),
                None => Value::Unknown,
            },
            Node::Case { operand, whens, otherwise } => {
                let operand = operand.as_ref().map(|operand| value(operand));
                for (when, then) in whens {
                    let when = value(when);
                    let holds = match &operand {
                        Some(operand) => operand.equals(&when),
                        None => when.truth(),
                    };
                    match holds {
                        Some(true) => return value(then),
                        Some(false) => {}
                        None if when == Value::Null => {}
                        None => return Value::Unknown,
                    }
                }
                otherwise.as_ref().map_or(Value::Null, |otherwise| value(otherwise))
            }
            Node::Index { arg, subscript, end: None } => match (as_array(value(arg)), value(subscript).integer()) {
                (Value::Array(items), Some(at)) if at >= 1 => {
                    usize::try_from(at - 1).ok().and_then(|at| items.into_iter().nth(at)).unwrap_or(Value::Null)
                }
                _ => Value::Unknown,
            },
            Node::Field { arg, name } => match value(arg) {
                Value::Row(fields) => {
                    fields.into_iter().find(|(field, _)| field == name).map_or(Value::Unknown, |(_, value)| value)
                }
                _ => Value::Unknown,
            },
            Node::Call { name, args, tail: None, .. } => {
                let values: Vec<Value> = args.iter().map(value).collect();
                self.function(name, &values)
            }
            _ => Value::Unknown,
        }
    }

    fn cast(&self, value: Value, type_name: &str) -> Value {
        match (type_name, value) {
            (_, Value::Unknown) => Value::Unknown,
            ("regclass" | "regtype" | "regnamespace" | "regproc" | "regprocedure" | "regrole", Value::Text(name)) => {
                // Compared with oids of the same kind, which are names here, too.
                Value::Text(if type_name == "regclass" { self.regclass(&name).unwrap_or(name) } else { name })
            }
            (type_name, Value::Text(text)) if type_name.ends_with("[]") => as_array(Value::Text(text)),
            ("text" | "character varying" | "name", value) => value.text().map_or(Value::Null, Value::Text),
            ("integer" | "bigint" | "smallint" | "numeric", Value::Text(text)) => Value::Number(text.trim().to_owned()),
            ("boolean", Value::Text(text)) => match text.to_ascii_lowercase().as_str() {
                "t" | "true" | "yes" | "on" | "1" => Value::Bool(true),
                _ => Value::Bool(false),
            },
            (_, value) => value,
        }
    }

    /// The qualified name of a relation by text, as `regclass` reads it.
    pub(crate) fn regclass(&self, text: &str) -> Option<String> {
        let tokens = crate::parse::lex::tokens(text);
        let written = crate::parse::Parser::new(text, &tokens).qualified().ok()?;
        self.find_relation(&written).map(|name| name.to_string())
    }

    fn function(&self, name: &str, args: &[Value]) -> Value {
        let text = |at: usize| args.get(at).and_then(Value::text);
        let unary = |change: fn(&str) -> String| text(0).map_or(Value::Unknown, |text| Value::Text(change(&text)));
        match name {
            "format" => format(args).map_or(Value::Unknown, Value::Text),
            "quote_ident" => unary(|text| quote_ident(text).into_owned()),
            "quote_literal" | "quote_nullable" => unary(crate::print::quoted),
            "lower" => unary(str::to_lowercase),
            "upper" => unary(str::to_uppercase),
            "trim" | "btrim" | "TRIM" => {
                args.last().and_then(Value::text).map_or(Value::Unknown, |text| Value::Text(text.trim().to_owned()))
            }
            "concat" => {
                let parts: Option<Vec<String>> =
                    args.iter().map(|arg| if *arg == Value::Null { Some(String::new()) } else { arg.text() }).collect();
                parts.map_or(Value::Unknown, |parts| Value::Text(parts.concat()))
            }
            "replace" => match (text(0), text(1), text(2)) {
                (Some(text), Some(from), Some(to)) => Value::Text(text.replace(&from, &to)),
                _ => Value::Unknown,
            },
            "COALESCE" => args.iter().find(|arg| **arg != Value::Null).cloned().unwrap_or(Value::Null),
            "CURRENT_USER" | "current_user" => Value::Text(self.user.clone()),
            "SESSION_USER" => Value::Text(self.login.clone()),
            "current_schema" | "CURRENT_SCHEMA" => self.path.first().cloned().map_or(Value::Null, Value::Text),
            "current_database" | "CURRENT_CATALOG" => Value::Text("postgres".into()),
            "current_setting" if text(0).as_deref() == Some("server_version_num") => Value::Number("150008".into()),
            "to_regclass" => match text(0) {
                Some(name) => self.regclass(&name).map_or(Value::Null, Value::Text),
                None => Value::Unknown,
            },
            "to_regtype" | "to_regnamespace" | "to_regrole" | "to_regproc" | "to_regprocedure" => {
                text(0).map_or(Value::Unknown, |text| self.to_reg(name, &text))
            }
            "array_length" | "cardinality" => match args.first() {
                Some(Value::Array(items)) => Value::Number(items.len().to_string()),
                _ => Value::Unknown,
            },
            "string_to_array" => match (text(0), text(1)) {
                (Some(text), Some(by)) if !by.is_empty() => {
                    Value::Array(text.split(&by).map(|part| Value::Text(part.to_owned())).collect())
                }
                _ => Value::Unknown,
            },
            "unnest" => args.first().cloned().unwrap_or(Value::Unknown),
            "array_append" => match args {
                [Value::Array(items), item] => {
                    let mut items = items.clone();
                    items.push(item.clone());
                    Value::Array(items)
                }
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    fn to_reg(&self, function: &str, text: &str) -> Value {
        let tokens = crate::parse::lex::tokens(text);
        let mut parser = crate::parse::Parser::new(text, &tokens);
        let Ok((written, args)) = self.function_reference(&mut parser) else { return Value::Unknown };
        let found = match function {
            "to_regtype" => self.find_type(&written).is_some() || crate::parse::types::builtin(&written.name).is_some(),
            "to_regnamespace" => self.catalogue.schemas.contains_key(&written.name),
            "to_regrole" => self.catalogue.roles.contains_key(&written.name),
            _ => self.find_function(&written, args.as_deref()).ok().flatten().is_some(),
        };
        if found { Value::Text(text.to_owned()) } else { Value::Null }
    }
}

fn column(qualifier: Option<&str>, name: &str, scope: &Scope, rows: &[(String, Vec<(String, Value)>)]) -> Value {
    for (table, fields) in rows.iter().rev() {
        if qualifier.is_none_or(|wanted| wanted == table)
            && let Some((_, value)) = fields.iter().find(|(field, _)| field == name)
        {
            return value.clone();
        }
    }
    if qualifier.is_none()
        && let Some((_, fields)) = rows.iter().find(|(table, _)| table == name)
    {
        return Value::Row(fields.clone());
    }
    scope.get(qualifier, name).cloned().unwrap_or(Value::Unknown)
}

/// AND (or OR) in three values and the unknown.
fn junction(values: impl Iterator<Item = Value>, or: bool) -> Value {
    let (mut unknown, mut null) = (false, false);
    for value in values {
        match value {
            Value::Bool(value) if value == or => return Value::Bool(or),
            Value::Bool(_) => {}
            Value::Null => null = true,
            _ => unknown = true,
        }
    }
    if unknown {
        Value::Unknown
    } else if null {
        Value::Null
    } else {
        Value::Bool(!or)
    }
}

fn tested(value: &Value, test: &str) -> Value {
    if *value == Value::Unknown {
        return Value::Unknown;
    }
    let (negated, what) = match test.strip_prefix("IS NOT ") {
        Some(what) => (true, what),
        None => (false, test.trim_start_matches("IS ")),
    };
    let holds = match what {
        "NULL" | "UNKNOWN" => *value == Value::Null,
        "TRUE" => *value == Value::Bool(true),
        "FALSE" => *value == Value::Bool(false),
        _ => return Value::Unknown,
    };
    Value::Bool(holds != negated)
}

fn binary(op: &str, left: &Value, right: &Value) -> Value {
    if *left == Value::Unknown || *right == Value::Unknown {
        return Value::Unknown;
    }
    if *left == Value::Null || *right == Value::Null {
        return Value::Null;
    }
    let decided = |holds: Option<bool>| holds.map_or(Value::Unknown, Value::Bool);
    match op {
        "=" => decided(left.equals(right)),
        "<>" => decided(left.equals(right).map(|same| !same)),
        "<" | ">" | "<=" | ">=" => {
            let order = match (left.integer(), right.integer()) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ => match (left.text(), right.text()) {
                    (Some(left), Some(right)) => left.cmp(&right),
                    _ => return Value::Unknown,
                },
            };
            Value::Bool(match op {
                "<" => order.is_lt(),
                ">" => order.is_gt(),
                "<=" => order.is_le(),
                _ => order.is_ge(),
            })
        }
        "||" => match (left, right) {
            (Value::Array(left), Value::Array(right)) => Value::Array(left.iter().chain(right).cloned().collect()),
            (Value::Array(left), right) => Value::Array(left.iter().chain([right]).cloned().collect()),
            _ => match (left.text(), right.text()) {
                (Some(left), Some(right)) => Value::Text(left + &right),
                _ => Value::Unknown,
            },
        },
        "~~" | "!~~" | "~~*" | "!~~*" => match (left.text(), right.text()) {
            (Some(text), Some(pattern)) => {
                let (text, pattern) =
                    if op.ends_with('*') { (text.to_lowercase(), pattern.to_lowercase()) } else { (text, pattern) };
                Value::Bool(like(&text, &pattern) != op.starts_with('!'))
            }
            _ => Value::Unknown,
        },
        "+" | "-" | "*" => match (left.integer(), right.integer()) {
            (Some(left), Some(right)) => {
                let result = match op {
                    "+" => left.checked_add(right),
                    "-" => left.checked_sub(right),
                    _ => left.checked_mul(right),
                };
                result.map_or(Value::Unknown, |result| Value::Number(result.to_string()))
            }
            _ => Value::Unknown,
        },
        _ => Value::Unknown,
    }
}

/// An array written as text: `{a,b}`.
fn as_array(value: Value) -> Value {
    let Value::Text(text) = &value else { return value };
    let Some(inner) = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')) else { return value };
    if inner.is_empty() {
        return Value::Array(Vec::new());
    }
    Value::Array(inner.split(',').map(|item| Value::Text(item.trim().trim_matches('"').to_owned())).collect())
}

/// The only field of a row.
fn single(value: Value) -> Value {
    match value {
        Value::Row(mut fields) if fields.len() == 1 => fields.pop().map_or(Value::Null, |(_, value)| value),
        other => other,
    }
}
