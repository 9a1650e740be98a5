//! Expressions: each column finds its table, each function its schema, each constant its type.

use super::coerce::{Typed, bare, constant, is_unknown, to};
use super::scope::Found;
use super::{Fault, Resolved, Resolver, TypeText, types};
use crate::catalogue::{Literal, Node};
use crate::parse::postfix::operator;

impl Resolver<'_> {
    /// An expression with its type.
    pub(crate) fn expression(&mut self, node: Node) -> Resolved<Typed> {
        Ok(match node {
            Node::Literal { value, type_name } => literal(value, type_name),
            Node::Column { qualifier, name, .. } => return self.column(qualifier, name),
            Node::Star { qualifier } => (Node::Star { qualifier }, String::new()),
            Node::Call { schema, name, args, distinct, tail } => return self.call(schema, name, args, distinct, tail),
            Node::Named { name, arg } => {
                let (arg, type_name) = self.expression(*arg)?;
                (Node::Named { name, arg: Box::new(arg) }, type_name)
            }
            Node::Operator { op, left: None, right } => {
                let (right, type_name) = self.expression(*right)?;
                (Node::Operator { op, left: None, right: Box::new(right) }, type_name)
            }
            Node::Operator { op, left: Some(left), right } => {
                if let (Node::Row(ours), Node::Row(theirs), "=" | "<>") = (&*left, &*right, op.as_str())
                    && ours.len() == theirs.len()
                {
                    return self.rows(&op, ours.clone(), theirs.clone());
                }
                let (left, right) = (self.expression(*left)?, self.expression(*right)?);
                let (left, right, type_name) = self.operands(&op, left, right);
                (operator(left, &op, right), type_name)
            }
            Node::And(parts) => (Node::And(self.conditions(parts)?), "boolean".into()),
            Node::Or(parts) => (Node::Or(self.conditions(parts)?), "boolean".into()),
            Node::Not(arg) => (Node::Not(Box::new(self.condition(*arg)?)), "boolean".into()),
            Node::Cast { arg, type_name, implicit } => return self.cast(*arg, &type_name, implicit),
            Node::Test { arg, test } => {
                let (arg, own) = self.expression(*arg)?;
                let target = if test.ends_with("NULL") { "text" } else { "boolean" };
                let arg = Box::new(if is_unknown(&own) { to(arg, &own, target) } else { arg });
                (Node::Test { arg, test }, "boolean".into())
            }
            Node::Distinct { left, right, negated } => {
                let (left, right) = (self.expression(*left)?, self.expression(*right)?);
                let is_null = |node: &Node| matches!(node, Node::Literal { value: Literal::Null, type_name: None });
                if is_null(&left.0) || is_null(&right.0) {
                    let (arg, own) = if is_null(&right.0) { left } else { right };
                    let arg = Box::new(if is_unknown(&own) { to(arg, &own, "text") } else { arg });
                    let test = if negated { "IS NULL" } else { "IS NOT NULL" };
                    return Ok((Node::Test { arg, test: test.into() }, "boolean".into()));
                }
                let (left, right) = self.comparable(left, right);
                (Node::Distinct { left: Box::new(left), right: Box::new(right), negated }, "boolean".into())
            }
            Node::Quantified { left, op, all, right } => return self.quantified(*left, op, all, *right),
            Node::InSelect { left, op, all, select } => return self.in_select(*left, op, all, *select),
            Node::Exists(select) => (Node::Exists(Box::new(self.query(*select)?.0)), "boolean".into()),
            Node::Subselect(select) => {
                let (select, columns) = self.query(*select)?;
                let type_name = columns.first().map(|(_, type_name)| type_name.clone()).unwrap_or_default();
                (Node::Subselect(Box::new(select)), type_name)
            }
            Node::ArraySelect(select) => {
                let (select, columns) = self.query(*select)?;
                let type_name = columns.first().map(|(_, type_name)| format!("{type_name}[]")).unwrap_or_default();
                (Node::ArraySelect(Box::new(select)), type_name)
            }
            Node::Array(items) => {
                let (items, element) = self.array_items(items, None)?;
                let type_name = if element.is_empty() { element } else { format!("{}[]", bare(&element)) };
                (Node::Array(items), type_name)
            }
            Node::Row(items) => {
                let items = items.into_iter().map(|item| {
                    let (item, own) = self.expression(item)?;
                    Ok(if is_unknown(&own) { to(item, &own, "text") } else { item })
                });
                (Node::Row(items.collect::<Resolved<_>>()?), "record".into())
            }
            Node::Case { operand, whens, otherwise } => return self.case(operand, whens, otherwise),
            Node::Index { arg, subscript, end } => return self.index(*arg, *subscript, end),
            Node::Field { arg, name } => {
                let (arg, of) = self.expression(*arg)?;
                let type_name = self.field_type(&of, &name);
                (Node::Field { arg: Box::new(arg), name }, type_name)
            }
            Node::Collate { arg, collation } => {
                let (arg, own) = self.expression(*arg)?;
                let arg = Box::new(if is_unknown(&own) { to(arg, &own, "text") } else { arg });
                (Node::Collate { arg, collation }, if is_unknown(&own) { "text".into() } else { own })
            }
            other @ (Node::Param(_) | Node::Other(_)) => (other, String::new()),
        })
    }

    /// A condition: an unknown constant becomes a boolean.
    pub(crate) fn condition(&mut self, node: Node) -> Resolved<Node> {
        let (node, own) = self.expression(node)?;
        Ok(if is_unknown(&own) { to(node, &own, "boolean") } else { node })
    }

    fn conditions(&mut self, nodes: Vec<Node>) -> Resolved<Vec<Node>> {
        nodes.into_iter().map(|node| self.condition(node)).collect()
    }

    fn column(&mut self, qualifier: Option<String>, name: String) -> Resolved<Typed> {
        let innermost = self.scopes.len().saturating_sub(1);
        let prefixed = self.scopes.last().is_some_and(|scope| scope.prefixed);
        let mut perhaps = false;
        for (at, scope) in self.scopes.iter().enumerate().rev() {
            let level = (innermost - at) as u32;
            match scope.find(qualifier.as_deref(), &name) {
                Found::Column { source, column, type_name } => {
                    let qualifier = prefixed.then(|| source.shown.clone());
                    let (name, type_name, relation) =
                        (column.to_owned(), type_name.to_owned(), source.relation.clone());
                    return Ok((Node::Column { qualifier, name, relation, level }, type_name));
                }
                Found::Row { source } => {
                    let row = source.relation.as_ref().map(|relation| types::printed(&relation.schema, &relation.name));
                    return Ok((Node::Star { qualifier: Some(source.shown.clone()) }, row.unwrap_or_default()));
                }
                Found::Perhaps => perhaps = true,
                Found::Ambiguous => {
                    return Err(Fault::unresolved(format!("column reference \"{name}\" is ambiguous")));
                }
                Found::No => {}
            }
        }
        if perhaps || self.scopes.is_empty() {
            return Ok((Node::Column { qualifier, name, relation: None, level: 0 }, String::new()));
        }
        let written = qualifier.map(|qualifier| format!("{qualifier}.")).unwrap_or_default();
        Err(Fault::unresolved(format!("column \"{written}{name}\" does not exist")))
    }

    fn cast(&mut self, arg: Node, written: &str, implicit: bool) -> Resolved<Typed> {
        let type_name = self.type_name(written)?;
        if let (Node::Array(items), Some(element), false) = (&arg, type_name.strip_suffix("[]"), self.as_printed) {
            if items.is_empty() {
                return Ok((
                    Node::Cast { arg: Box::new(arg), type_name: type_name.clone(), implicit: false },
                    type_name,
                ));
            }
            let (items, _) = self.array_items(items.clone(), Some(element))?;
            return Ok((Node::Array(items), type_name));
        }
        let (arg, own) = self.expression(arg)?;
        let node = match arg {
            Node::Literal { value: Literal::Text(text), type_name: None } => constant(text, &type_name),
            Node::Literal { value: Literal::Null, type_name: None } => {
                Node::Literal { value: Literal::Null, type_name: Some(type_name.clone()) }
            }
            arg if own == type_name => arg,
            arg => Node::Cast { arg: Box::new(arg), type_name: type_name.clone(), implicit },
        };
        Ok((node, type_name))
    }

    fn array_items(&mut self, items: Vec<Node>, element: Option<&str>) -> Resolved<(Vec<Node>, TypeText)> {
        let typed = items.into_iter().map(|item| self.expression(item)).collect::<Resolved<Vec<_>>>()?;
        Ok(match element {
            Some(element) => {
                let nodes = typed.into_iter().map(|(node, own)| cast_element(node, &own, element));
                (nodes.collect(), element.to_owned())
            }
            None => self.unified(typed),
        })
    }

    /// `(a, b) = (c, d)`: one comparison for each pair.
    fn rows(&mut self, op: &str, ours: Vec<Node>, theirs: Vec<Node>) -> Resolved<Typed> {
        let mut parts = Vec::new();
        for (left, right) in ours.into_iter().zip(theirs) {
            let (left, right) = (self.expression(left)?, self.expression(right)?);
            let (left, right, _) = self.operands(op, left, right);
            parts.push(operator(left, op, right));
        }
        Ok((if op == "=" { Node::And(parts) } else { Node::Or(parts) }, "boolean".into()))
    }

    /// An IN list: `= ANY` for those of its items that are no columns, where these are several; `=` for each other one.
    fn in_list(&mut self, left: Node, op: String, all: bool, items: Vec<Node>) -> Resolved<Typed> {
        /// More items that read columns than this are rare, and each takes a copy of the left side.
        const MOST: usize = 64;
        let (mut variable, mut constant) = (Vec::new(), Vec::new());
        for item in &items {
            if self.reads_columns(item) { variable.push(item.clone()) } else { constant.push(item.clone()) }
        }
        if variable.is_empty() || variable.len() > MOST {
            return self.list_of_constants(left, op, all, items);
        }
        let mut parts = Vec::new();
        let single = if constant.len() > 1 {
            parts.push(self.list_of_constants(left.clone(), op.clone(), all, constant)?.0);
            variable
        } else {
            items
        };
        let left = self.expression(left)?;
        for item in single {
            let item = self.expression(item)?;
            let (left, right, _) = self.operands(&op, left.clone(), item);
            parts.push(operator(left, &op, right));
        }
        Ok((if all { Node::And(parts) } else { Node::Or(parts) }, "boolean".into()))
    }

    /// Whether an item reads columns of the query that it stands in.
    fn reads_columns(&self, item: &Node) -> bool {
        let mut reads = false;
        item.walk(&mut |node| {
            reads |= matches!(node, Node::Column { .. } | Node::Star { .. });
            !matches!(node, Node::Subselect(_) | Node::Exists(_) | Node::InSelect { .. } | Node::ArraySelect(_))
        });
        reads && !self.scopes.is_empty()
    }

    /// `a op ANY (array)`; IN lists.
    fn quantified(&mut self, left: Node, op: String, all: bool, right: Node) -> Resolved<Typed> {
        if let Node::Row(items) = right {
            return self.in_list(left, op, all, items);
        }
        let (left, own) = self.expression(left)?;
        let (left, right) = self.against_array(left, &own, right)?;
        Ok((Node::Quantified { left: Box::new(left), op, all, right: Box::new(right) }, "boolean".into()))
    }

    fn list_of_constants(&mut self, left: Node, op: String, all: bool, items: Vec<Node>) -> Resolved<Typed> {
        let (left, own) = self.expression(left)?;
        let (left, right) = {
            let mut typed = vec![(Node::Param(0), own.clone())];
            for item in items {
                typed.push(self.expression(item)?);
            }
            let (mut items, common) = self.unified(typed);
            items.remove(0);
            let common = self.base(&common);
            let (left, element) = match common.as_str() {
                // Strings of limited length are compared as text: Postgres casts the array as a whole.
                "character varying" => (to(left, &own, "text"), Some("text[]")),
                _ if is_unknown(&own) || self.base(&own) != common => (to(left, &own, &common), None),
                _ => (left, None),
            };
            let array = Node::Array(items);
            let right = match element {
                Some(type_name) => Node::Cast { arg: Box::new(array), type_name: type_name.to_owned(), implicit: true },
                None => array,
            };
            (left, right)
        };
        Ok((Node::Quantified { left: Box::new(left), op, all, right: Box::new(right) }, "boolean".into()))
    }

    fn against_array(&mut self, left: Node, own: &str, right: Node) -> Resolved<(Node, Node)> {
        let (right, array) = self.expression(right)?;
        let base = self.base(own);
        if is_unknown(&array) {
            let element = match base.as_str() {
                "" | "unknown" | "character varying" => "text".to_owned(),
                _ => base.clone(),
            };
            let left = if base == "character varying" || is_unknown(&base) { to(left, own, "text") } else { left };
            return Ok((left, to(right, &array, &format!("{element}[]"))));
        }
        let element = bare(array.strip_suffix("[]").unwrap_or_default());
        if is_unknown(&base) && !element.is_empty() {
            return Ok((to(left, own, &element), right));
        }
        let left = if base == "character varying" { to(left, own, "text") } else { left };
        let right = if element == "character varying" { to(right, &array, "text[]") } else { right };
        Ok((left, right))
    }

    fn in_select(&mut self, left: Node, op: String, all: bool, select: crate::catalogue::Select) -> Resolved<Typed> {
        let (left, own) = self.expression(left)?;
        let (select, columns) = self.query(select)?;
        let other = columns.first().map(|(_, type_name)| type_name.clone()).unwrap_or_default();
        let left = if is_unknown(&own) && !other.is_empty() {
            to(left, &own, &self.base(&other))
        } else if self.base(&own) == "character varying" && other != "integer" {
            to(left, &own, "text")
        } else {
            left
        };
        Ok((Node::InSelect { left: Box::new(left), op, all, select: Box::new(select) }, "boolean".into()))
    }

    #[allow(clippy::type_complexity, reason = "the parts of a CASE")]
    fn case(
        &mut self,
        operand: Option<Box<Node>>,
        whens: Vec<(Node, Node)>,
        otherwise: Option<Box<Node>>,
    ) -> Resolved<Typed> {
        let operand = operand.map(|operand| self.expression(*operand)).transpose()?;
        let (mut conditions, mut results) = (Vec::new(), Vec::new());
        for (when, then) in whens {
            conditions.push(match &operand {
                Some((_, own)) => {
                    let when = self.expression(when)?;
                    self.comparable((Node::Param(0), own.clone()), when).1
                }
                None => self.condition(when)?,
            });
            results.push(self.expression(then)?);
        }
        let has_else = otherwise.is_some();
        if let Some(otherwise) = otherwise {
            results.push(self.expression(*otherwise)?);
        }
        let (mut results, type_name) = self.unified(results);
        let otherwise = if has_else {
            results.pop().map(Box::new)
        } else {
            let type_name = Some(type_name.clone()).filter(|type_name| !type_name.is_empty());
            Some(Box::new(Node::Literal { value: Literal::Null, type_name }))
        };
        let whens = conditions.into_iter().zip(results).collect();
        let operand = operand.map(|(node, _)| Box::new(node));
        Ok((Node::Case { operand, whens, otherwise }, type_name))
    }

    fn index(&mut self, arg: Node, subscript: Node, end: Option<Box<Node>>) -> Resolved<Typed> {
        let (arg, array) = self.expression(arg)?;
        let (subscript, own) = self.expression(subscript)?;
        let subscript = if is_unknown(&own) { to(subscript, &own, "text") } else { subscript };
        let end = end.map(|end| self.expression(*end).map(|(node, _)| Box::new(node))).transpose()?;
        let type_name = match (&end, array.strip_suffix("[]")) {
            (None, Some(element)) => element.to_owned(),
            _ => array,
        };
        Ok((Node::Index { arg: Box::new(arg), subscript: Box::new(subscript), end }, type_name))
    }

    fn field_type(&self, of: &str, field: &str) -> TypeText {
        let relation = self.catalogue.relations.get(&types::qualified(of));
        relation.and_then(|relation| relation.column(field)).map(|column| column.type_name.clone()).unwrap_or_default()
    }
}

fn literal(value: Literal, type_name: Option<String>) -> Typed {
    let own = match (&type_name, &value) {
        (Some(type_name), _) => type_name.clone(),
        (None, Literal::Null | Literal::Text(_)) => "unknown".into(),
        (None, Literal::Bool(_)) => "boolean".into(),
        (None, Literal::Number(number)) => if number.parse::<i32>().is_ok() {
            "integer"
        } else if number.parse::<i64>().is_ok() {
            "bigint"
        } else {
            "numeric"
        }
        .into(),
    };
    (Node::Literal { value, type_name }, own)
}

fn cast_element(node: Node, own: &str, element: &str) -> Node {
    if own == element {
        return node;
    }
    match node {
        node @ Node::Literal { type_name: None, value: Literal::Text(_) | Literal::Null } => to(node, own, element),
        node => Node::Cast { arg: Box::new(node), type_name: element.to_owned(), implicit: false },
    }
}
