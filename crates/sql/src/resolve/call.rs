//! Calls: which function a name and its arguments mean, and what casts its parameters ask for.

use super::coerce::{Typed, bare, is_unknown, to};
use super::{Fault, Resolved, Resolver, TypeText, builtins, types};
use crate::catalogue::{Function, Node};
use crate::parse::postfix::operator;

impl<'c> Resolver<'c> {
    /// A call with its type.
    pub(super) fn call(
        &mut self,
        schema: Option<String>,
        name: String,
        args: Vec<Node>,
        distinct: bool,
        tail: Option<String>,
    ) -> Resolved<Typed> {
        let args = args.into_iter().map(|arg| self.expression(arg)).collect::<Resolved<Vec<_>>>()?;
        if schema.is_none()
            && name.bytes().any(|byte| byte.is_ascii_uppercase())
            && let Some(typed) = self.special(&name, &args)
        {
            return Ok(typed);
        }
        if let Some(function) = self.find_function(schema.as_deref(), &name, &args)? {
            let (found_schema, type_name) = (function.signature.schema.clone(), result_type(function));
            let args = coerced(function, args);
            return Ok((Node::Call { schema: Some(found_schema), name, args, distinct, tail }, type_name));
        }
        let found = builtins::function(&name).filter(|_| is_catalog(schema.as_deref()));
        let (schema, args, type_name) = if let Some((params, result)) = found {
            let type_name = match result {
                "same" => args.first().map(|(_, own)| own.clone()).unwrap_or_default(),
                "element" => args.first().and_then(|(_, own)| own.strip_suffix("[]")).unwrap_or_default().to_owned(),
                result => result.to_owned(),
            };
            let args = args.into_iter().enumerate().map(|(at, (node, own))| {
                let param = params.get(at).or(params.last()).copied().unwrap_or("any");
                self.argument(node, &own, param)
            });
            (Some("pg_catalog".to_owned()), args.collect(), type_name)
        } else {
            let args = args.into_iter().map(|(node, own)| self.argument(node, &own, "any"));
            (schema, args.collect(), String::new())
        };
        Ok((Node::Call { schema, name, args, distinct, tail }, type_name))
    }

    /// An argument brought to the type of its parameter.
    fn argument(&self, node: Node, own: &str, param: &str) -> Node {
        match param {
            "any" if is_unknown(own) => to(node, own, "text"),
            "any" | "untyped" => node,
            param if is_unknown(own) => to(node, own, param),
            param if own.is_empty() => {
                let _ = param;
                node
            }
            "text" if self.base(own).starts_with("character") || own == "name" => to(node, own, "text"),
            "double precision" | "bigint" if own == "integer" => to(node, own, param),
            _ => node,
        }
    }

    /// The user's function that a call means; an error when there surely is none.
    fn find_function(&self, schema: Option<&str>, name: &str, args: &[Typed]) -> Resolved<Option<&'c Function>> {
        let given = args.iter().filter(|(node, _)| !matches!(node, Node::Star { .. })).count();
        let schemas: Vec<&str> = match schema {
            Some(schema) => vec![schema],
            // Functions of pg_catalog are found before those of the path.
            None if builtins::function(name).is_some() => return Ok(None),
            None => self.path.iter().map(String::as_str).collect(),
        };
        let catalogue: &'c crate::catalogue::Catalogue = self.catalogue;
        let mut best: Option<(usize, &'c Function)> = None;
        for schema in &schemas {
            for function in overloads(catalogue, schema, name) {
                let inputs: Vec<_> = function.arguments.iter().filter(|argument| argument.mode.is_input()).collect();
                let needed = inputs.iter().filter(|argument| argument.default.is_none()).count();
                let variadic = inputs.last().is_some_and(|last| last.mode == crate::catalogue::ArgumentMode::Variadic);
                if !variadic && !(needed..=inputs.len()).contains(&given) {
                    continue;
                }
                let score = inputs.iter().zip(args).filter(|(input, (_, own))| input.type_name == *own).count();
                if best.is_none_or(|(before, _)| score > before) {
                    best = Some((score, function));
                }
            }
        }
        if best.is_none()
            && let Some(schema) = schema
            && self.is_surely_absent(schema, name)
        {
            return Err(Fault::unresolved(format!("function {schema}.{name} with {given} arguments does not exist")));
        }
        Ok(best.map(|(_, function)| function))
    }

    /// Whether we know all functions of a schema: it is not there at all, or the project made it and no extension uses it.
    fn is_surely_absent(&self, schema: &str, _name: &str) -> bool {
        match self.catalogue.schemas.get(schema) {
            None => schema != "pg_catalog" && schema != "information_schema",
            Some(found) => {
                (found.origin.is_known() || schema == "public") && !types::holds_extensions(self.catalogue, schema)
            }
        }
    }

    /// Special forms: COALESCE, BETWEEN, EXTRACT, …
    fn special(&mut self, name: &str, args: &[Typed]) -> Option<Typed> {
        let call = |args: Vec<Node>| crate::parse::postfix::sql_call(name, args);
        let nodes = || args.iter().map(|(node, _)| node.clone()).collect::<Vec<_>>();
        let text = |(node, own): &Typed| if is_unknown(own) { to(node.clone(), own, "text") } else { node.clone() };
        Some(match name {
            "COALESCE" | "GREATEST" | "LEAST" => {
                let (nodes, type_name) = self.unified(args.to_vec());
                (call(nodes), type_name)
            }
            "NULLIF" => {
                let [left, right] = args else { return None };
                let type_name = left.1.clone();
                let (left, right) = self.comparable(left.clone(), right.clone());
                (call(vec![left, right]), type_name)
            }
            "BETWEEN" | "NOT BETWEEN" | "BETWEEN SYMMETRIC" | "NOT BETWEEN SYMMETRIC" => {
                let [value, low, high] = args else { return None };
                (self.between(name, value, low, high), "boolean".into())
            }
            "CURRENT_USER" | "SESSION_USER" | "CURRENT_ROLE" | "CURRENT_CATALOG" | "CURRENT_SCHEMA" => {
                (call(Vec::new()), "name".into())
            }
            "CURRENT_DATE" => (call(Vec::new()), "date".into()),
            "CURRENT_TIMESTAMP" => (call(Vec::new()), "timestamp with time zone".into()),
            "LOCALTIMESTAMP" => (call(Vec::new()), "timestamp without time zone".into()),
            "EXTRACT" => (call(nodes()), "numeric".into()),
            "POSITION" => (call(args.iter().map(text).collect()), "integer".into()),
            "SUBSTRING" | "OVERLAY" => (call(args.iter().map(text).collect()), "text".into()),
            "TRIM" => {
                let mut nodes = nodes();
                for (node, (_, own)) in nodes.iter_mut().zip(args).skip(1) {
                    let old = std::mem::replace(node, Node::Param(0));
                    *node = self.argument(old, own, "text");
                }
                (call(nodes), "text".into())
            }
            "AT TIME ZONE" => {
                let own = args.first().map(|(_, own)| own.as_str()).unwrap_or_default();
                let zoned = own.starts_with("timestamp") && own.ends_with("with time zone");
                let result = if zoned { "timestamp without time zone" } else { "timestamp with time zone" };
                (call(args.iter().map(text).collect()), result.into())
            }
            _ => return None,
        })
    }

    fn between(&self, name: &str, value: &Typed, low: &Typed, high: &Typed) -> Node {
        let compare = |op: &str, bound: &Typed| {
            let (left, right) = self.comparable(value.clone(), bound.clone());
            operator(left, op, right)
        };
        let negated = name.starts_with("NOT");
        let within = |low: &Typed, high: &Typed| {
            if negated {
                Node::Or(vec![compare("<", low), compare(">", high)])
            } else {
                Node::And(vec![compare(">=", low), compare("<=", high)])
            }
        };
        if !name.ends_with("SYMMETRIC") {
            return within(low, high);
        }
        let parts = vec![within(low, high), within(high, low)];
        if negated { Node::And(parts) } else { Node::Or(parts) }
    }
}

fn is_catalog(schema: Option<&str>) -> bool {
    schema.is_none_or(|schema| schema == "pg_catalog")
}

/// Type of a call of that function.
fn result_type(function: &Function) -> TypeText {
    function.returns.clone()
}

/// Arguments with the casts to the function's parameters.
fn coerced(function: &Function, args: Vec<Typed>) -> Vec<Node> {
    let inputs: Vec<&str> = function
        .arguments
        .iter()
        .filter(|argument| argument.mode.is_input())
        .map(|argument| argument.type_name.as_str())
        .collect();
    let mut positions = inputs.iter();
    args.into_iter()
        .map(|(node, own)| {
            let named = match &node {
                Node::Named { name, .. } => function
                    .arguments
                    .iter()
                    .find(|argument| argument.name.as_ref() == Some(name))
                    .map(|argument| argument.type_name.as_str()),
                _ => None,
            };
            let param = named.or_else(|| positions.next().copied()).unwrap_or_default();
            if param.starts_with("any") {
                return if is_unknown(&own) && param != "anyarray" { to(node, &own, "text") } else { node };
            }
            match node {
                Node::Named { name, arg } => Node::Named { name, arg: Box::new(to(*arg, &own, param)) },
                node if bare(&own) == bare(param) => node,
                node => to(node, &own, param),
            }
        })
        .collect()
}

/// [`crate::catalogue::Catalogue::overloads`] with the catalogue's own lifetime.
fn overloads<'c>(
    catalogue: &'c crate::catalogue::Catalogue,
    schema: &str,
    name: &str,
) -> impl Iterator<Item = &'c Function> {
    let from = crate::catalogue::Signature { schema: schema.to_owned(), name: name.to_owned(), args: Vec::new() };
    let name = from.name();
    catalogue
        .functions
        .range(from..)
        .take_while(move |(signature, _)| signature.schema == name.schema && signature.name == name.name)
        .map(|(_, function)| function)
}
