//! What follows an operand: IS, IN, LIKE, BETWEEN, AT TIME ZONE, COLLATE, OPERATOR; and subscripts, fields and casts.

use super::expression::power;
use super::lex::Kind;
use super::{HIGHEST, Parsed, Parser};
use crate::catalogue::{Literal, Node, quote_ident};

/// Tests after IS, longest first.
const TESTS: &[&str] = &["null", "true", "false", "unknown", "document", "normalized", "json"];

impl Parser<'_> {
    /// An operator that is a word, if it binds strongly enough. The flag says whether something was taken.
    pub(super) fn infix_test(&mut self, left: Node, least: u8) -> Parsed<(Node, bool)> {
        if self.peek("at time zone") && power::ZONE >= least {
            self.eat("at time zone");
            let zone = self.nested(|parser| parser.climb(power::ZONE + 1))?;
            return Ok((sql_call("AT TIME ZONE", vec![left, zone]), true));
        }
        if self.peek("collate") && power::COLLATE >= least {
            self.advance();
            let name = self.qualified()?;
            let collation = match &name.schema {
                Some(schema) if schema != "pg_catalog" => {
                    format!("{}.{}", quote_ident(schema), quote_ident(&name.name))
                }
                _ => quote_ident(&name.name).into_owned(),
            };
            return Ok((Node::Collate { arg: Box::new(left), collation }, true));
        }
        if self.peek("operator") && self.sign_at(1, "(") && power::OTHER >= least {
            self.advance();
            let written = self.parenthesised()?;
            let op = written.rsplit('.').next().unwrap_or(written).trim().to_owned();
            return Ok((self.right_side(left, op, power::OTHER)?, true));
        }
        if power::IS >= least {
            if self.eat("isnull") {
                return Ok((test(left, "IS NULL"), true));
            }
            if self.eat("notnull") {
                return Ok((test(left, "IS NOT NULL"), true));
            }
            if self.eat("is") {
                return Ok((self.is_test(left)?, true));
            }
        }
        if power::RANGE < least {
            return Ok((left, false));
        }
        self.range_test(left)
    }

    /// Behind IS.
    fn is_test(&mut self, left: Node) -> Parsed<Node> {
        let negated = self.eat("not");
        if self.eat("distinct from") {
            let right = self.nested(|parser| parser.climb(power::IS + 1))?;
            return Ok(Node::Distinct { left: Box::new(left), right: Box::new(right), negated });
        }
        let Some(word) = self.eat_any(TESTS) else { return self.fault("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM") };
        let mut text = word.to_ascii_uppercase();
        if word == "json"
            && let Some(kind) = self.eat_any(&["object", "array", "scalar", "value"])
        {
            text = format!("{text} {}", kind.to_ascii_uppercase());
        }
        Ok(test(left, &format!("IS {}{text}", if negated { "NOT " } else { "" })))
    }

    /// `[NOT] IN`, `LIKE`, `ILIKE`, `SIMILAR TO`, `BETWEEN`.
    fn range_test(&mut self, left: Node) -> Parsed<(Node, bool)> {
        let mark = self.mark();
        let negated = self.eat("not");
        if self.eat("in") {
            return Ok((self.in_list(left, negated)?, true));
        }
        if self.eat("between") {
            let symmetric = self.eat("symmetric");
            self.eat("asymmetric");
            let low = self.nested(|parser| parser.climb(power::RANGE + 1))?;
            self.expect("and")?;
            let high = self.nested(|parser| parser.climb(power::RANGE + 1))?;
            let name = match (negated, symmetric) {
                (false, false) => "BETWEEN",
                (true, false) => "NOT BETWEEN",
                (false, true) => "BETWEEN SYMMETRIC",
                (true, true) => "NOT BETWEEN SYMMETRIC",
            };
            return Ok((sql_call(name, vec![left, low, high]), true));
        }
        let op = match self.eat_any(&["like", "ilike", "similar to"]) {
            Some("like") => {
                if negated {
                    "!~~"
                } else {
                    "~~"
                }
            }
            Some("ilike") => {
                if negated {
                    "!~~*"
                } else {
                    "~~*"
                }
            }
            Some(_) => {
                let pattern = self.nested(|parser| parser.climb(power::RANGE + 1))?;
                let mut args = vec![pattern];
                if self.eat("escape") {
                    args.push(self.nested(|parser| parser.climb(power::RANGE + 1))?);
                }
                let pattern = call(Some("pg_catalog"), "similar_to_escape", args);
                let op = if negated { "!~" } else { "~" };
                return Ok((operator(left, op, pattern), true));
            }
            None => {
                self.back_to(mark);
                return Ok((left, false));
            }
        };
        let mut node = self.right_side(left, op.to_owned(), power::RANGE)?;
        if self.eat("escape") {
            let escape = self.nested(|parser| parser.climb(power::RANGE + 1))?;
            if let Node::Operator { right, .. } = &mut node {
                let pattern = std::mem::replace(&mut **right, Node::Param(0));
                **right = call(Some("pg_catalog"), "like_escape", vec![pattern, escape]);
            }
        }
        Ok((node, true))
    }

    /// Behind IN: a query or a list. A list is what Postgres makes of it: `=` for one value, else `= ANY (ARRAY[…])`.
    fn in_list(&mut self, left: Node, negated: bool) -> Parsed<Node> {
        self.expect_sign("(")?;
        if self.is_query() {
            let select = Box::new(self.query()?);
            self.expect_sign(")")?;
            let test = Node::InSelect { left: Box::new(left), op: "=".into(), all: false, select };
            return Ok(if negated { Node::Not(Box::new(test)) } else { test });
        }
        let mut items = self.list(Self::expression)?;
        self.expect_sign(")")?;
        let op = if negated { "<>" } else { "=" };
        if items.len() == 1
            && let Some(only) = items.pop()
        {
            return Ok(match only {
                // IN ((SELECT …)) is the query itself.
                Node::Subselect(select) if !negated => {
                    Node::InSelect { left: Box::new(left), op: "=".into(), all: false, select }
                }
                only => operator(left, op, only),
            });
        }
        // A row here, which ANY cannot have, says that it was written as a list: its items are brought to a type otherwise.
        let right = Box::new(Node::Row(items));
        Ok(Node::Quantified { left: Box::new(left), op: op.into(), all: negated, right })
    }

    /// `.field`, `[subscript]`, `::type` behind a primary.
    pub(super) fn indirections(&mut self, mut node: Node) -> Parsed<Node> {
        let from = self.mark();
        loop {
            if self.mark() - from > 4 * HIGHEST as usize {
                return self.too_deep();
            }
            if self.eat_sign("::") {
                let type_name = self.type_name()?.text;
                node = Node::Cast { arg: Box::new(node), type_name, implicit: false };
            } else if self.is_sign("[") {
                self.advance();
                node = self.subscript(node)?;
            } else if self.is_sign(".") && self.is_name_at(1) {
                self.advance();
                node = Node::Field { arg: Box::new(node), name: self.name()? };
            } else if self.is_sign(".") && self.sign_at(1, "*") {
                self.advance();
                self.advance();
                node = Node::Field { arg: Box::new(node), name: "*".into() };
            } else {
                return Ok(node);
            }
        }
    }

    fn subscript(&mut self, arg: Node) -> Parsed<Node> {
        let arg = Box::new(arg);
        let one = || Node::Literal { value: Literal::Number("1".into()), type_name: None };
        let subscript = if self.is_sign(":") { one() } else { self.expression()? };
        let end = if self.eat_sign(":") && !self.is_sign("]") { Some(Box::new(self.expression()?)) } else { None };
        self.expect_sign("]")?;
        Ok(Node::Index { arg, subscript: Box::new(subscript), end })
    }

    /// Whether a query begins here: SELECT, WITH, VALUES or TABLE.
    pub(crate) fn is_query(&self) -> bool {
        self.kind_at(0) == Some(Kind::Word)
            && (["select", "values"].iter().any(|word| self.word_at(0, word))
                || self.word_at(0, "with") && self.is_name_at(1))
    }
}

fn test(arg: Node, test: &str) -> Node {
    Node::Test { arg: Box::new(arg), test: test.to_owned() }
}

/// `left op right`.
pub(crate) fn operator(left: Node, op: &str, right: Node) -> Node {
    Node::Operator { op: op.to_owned(), left: Some(Box::new(left)), right: Box::new(right) }
}

/// A function call.
pub(crate) fn call(schema: Option<&str>, name: &str, args: Vec<Node>) -> Node {
    Node::Call { schema: schema.map(str::to_owned), name: name.to_owned(), args, distinct: false, tail: None }
}

/// A special form of SQL, by the upper-case name it is printed with.
pub(crate) fn sql_call(name: &str, args: Vec<Node>) -> Node {
    call(None, name, args)
}
