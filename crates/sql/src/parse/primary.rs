//! Operands: constants, columns, calls, CASE, queries in parentheses.

use super::expression::is_reserved;
use super::lex::Kind;
use super::postfix::sql_call;
use super::{Parsed, Parser};
use crate::catalogue::{Literal, Node};

/// Functions of SQL that are called without parentheses.
const BARE: &[&str] = &[
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "user",
];

impl Parser<'_> {
    /// An operand without what follows it.
    pub(super) fn primary(&mut self) -> Parsed<Node> {
        match self.kind_at(0) {
            Some(Kind::Text) => {
                let raw = self.text_at(0);
                if raw.starts_with(['b', 'B', 'x', 'X']) {
                    self.advance();
                    return Ok(Node::Other(raw.to_owned()));
                }
                Ok(literal(Literal::Text(self.string()?)))
            }
            Some(Kind::Number) => {
                let number = self.text_at(0).to_owned();
                self.advance();
                Ok(literal(Literal::Number(number)))
            }
            Some(Kind::Param) => {
                let number = self.text_at(0)[1..].parse().unwrap_or(0);
                self.advance();
                Ok(Node::Param(number))
            }
            Some(Kind::Punct) if self.is_sign("(") => self.parentheses(),
            Some(Kind::Op) if self.is_sign("*") => {
                self.advance();
                Ok(Node::Star { qualifier: None })
            }
            Some(Kind::Word) => match self.keyword()? {
                Some(node) => Ok(node),
                None => self.column_or_call(),
            },
            Some(Kind::Quoted) => self.column_or_call(),
            _ => self.fault("an expression"),
        }
    }

    /// `( … )`: an expression, a row, or a query.
    fn parentheses(&mut self) -> Parsed<Node> {
        self.expect_sign("(")?;
        if self.is_query() {
            let select = self.nested(Self::query)?;
            self.expect_sign(")")?;
            return Ok(Node::Subselect(Box::new(select)));
        }
        let first = self.expression()?;
        let node = match first {
            // ((SELECT …) UNION (SELECT …)): what seemed an expression is the left side of a query.
            Node::Subselect(select) if ["union", "intersect", "except"].iter().any(|word| self.peek(word)) => {
                let select = self.query_tail(*select)?;
                Node::Subselect(Box::new(select))
            }
            first if self.is_sign(",") => {
                let mut items = vec![first];
                while self.eat_sign(",") {
                    items.push(self.expression()?);
                }
                Node::Row(items)
            }
            first => first,
        };
        self.expect_sign(")")?;
        Ok(node)
    }

    /// Operands that begin with a keyword; `None` when the word is a name.
    fn keyword(&mut self) -> Parsed<Option<Node>> {
        let word = self.text_at(0).to_ascii_lowercase();
        let call = self.sign_at(1, "(");
        Ok(Some(match word.as_str() {
            "null" => self.constant(Literal::Null),
            "true" => self.constant(Literal::Bool(true)),
            "false" => self.constant(Literal::Bool(false)),
            "default" => self.other("DEFAULT"),
            "case" => self.nested(Self::case)?,
            "exists" if call => {
                self.advance();
                self.expect_sign("(")?;
                let select = self.nested(Self::query)?;
                self.expect_sign(")")?;
                Node::Exists(Box::new(select))
            }
            "array" if self.sign_at(1, "[") => {
                self.advance();
                self.nested(Self::array)?
            }
            "array" if call => {
                self.advance();
                self.expect_sign("(")?;
                let select = self.nested(Self::query)?;
                self.expect_sign(")")?;
                Node::ArraySelect(Box::new(select))
            }
            "row" if call => {
                self.advance();
                self.expect_sign("(")?;
                let items = if self.is_sign(")") { Vec::new() } else { self.list(Self::expression)? };
                self.expect_sign(")")?;
                Node::Row(items)
            }
            "cast" if call => {
                self.advance();
                self.expect_sign("(")?;
                let arg = Box::new(self.expression()?);
                self.expect("as")?;
                let type_name = self.type_name()?.text;
                self.expect_sign(")")?;
                Node::Cast { arg, type_name, implicit: false }
            }
            _ if !call && !self.sign_at(1, ".") && BARE.binary_search(&word.as_str()).is_ok() => self.bare(&word),
            "current_timestamp" | "current_time" | "localtime" | "localtimestamp" if call => {
                self.advance();
                self.parenthesised()?;
                sql_call(&word.to_ascii_uppercase(), Vec::new())
            }
            _ if call => return self.special_form(&word),
            _ => return self.typed_constant(),
        }))
    }

    fn constant(&mut self, value: Literal) -> Node {
        self.advance();
        literal(value)
    }

    fn other(&mut self, text: &str) -> Node {
        self.advance();
        Node::Other(text.to_owned())
    }

    fn bare(&mut self, word: &str) -> Node {
        self.advance();
        let word = if word == "user" { "current_user" } else { word };
        sql_call(&word.to_ascii_uppercase(), Vec::new())
    }

    /// `interval '1 day'`, `timestamp with time zone '…'`.
    fn typed_constant(&mut self) -> Parsed<Option<Node>> {
        let zoned =
            ["timestamp with time zone", "timestamp without time zone", "time with time zone", "double precision"];
        let words = zoned.iter().find(|words| self.peek(words)).map_or(1, |words| words.split(' ').count());
        let plain = self.kind_at(words) == Some(Kind::Text) && !is_reserved(self.text_at(0));
        let qualified = self.sign_at(1, ".") && self.is_name_at(2) && self.kind_at(3) == Some(Kind::Text);
        if !plain && !qualified {
            return Ok(None);
        }
        let mut type_name = self.type_name()?.text;
        let value = self.string()?;
        if type_name == "interval" {
            while let Some(unit) = self.eat_any(&["year", "month", "day", "hour", "minute", "second", "to"]) {
                type_name = format!("{type_name} {unit}");
            }
        }
        let arg = Box::new(literal(Literal::Text(value)));
        Ok(Some(Node::Cast { arg, type_name, implicit: false }))
    }

    fn case(&mut self) -> Parsed<Node> {
        self.expect("case")?;
        let operand = if self.peek("when") { None } else { Some(Box::new(self.expression()?)) };
        let mut whens = Vec::new();
        while self.eat("when") {
            let when = self.expression()?;
            self.expect("then")?;
            whens.push((when, self.expression()?));
        }
        if whens.is_empty() {
            return self.fault("WHEN");
        }
        let otherwise = if self.eat("else") { Some(Box::new(self.expression()?)) } else { None };
        self.expect("end")?;
        Ok(Node::Case { operand, whens, otherwise })
    }

    /// `[…]` behind ARRAY; rows of several dimensions are lists without ARRAY.
    fn array(&mut self) -> Parsed<Node> {
        self.expect_sign("[")?;
        let mut items = Vec::new();
        while !self.is_sign("]") {
            items.push(if self.is_sign("[") { self.nested(Self::array)? } else { self.expression()? });
            if !self.eat_sign(",") {
                break;
            }
        }
        self.expect_sign("]")?;
        Ok(Node::Array(items))
    }

    /// A column, `t.*`, or a call of a named function.
    fn column_or_call(&mut self) -> Parsed<Node> {
        if self.kind_at(0) == Some(Kind::Word) && is_reserved(self.text_at(0)) {
            return self.fault("an expression");
        }
        let mut parts = vec![self.name()?];
        while self.is_sign(".") {
            if self.sign_at(1, "*") {
                self.advance();
                self.advance();
                return Ok(Node::Star { qualifier: parts.pop() });
            }
            if !self.is_name_at(1) {
                break;
            }
            self.advance();
            parts.push(self.name()?);
        }
        let name = parts.pop().unwrap_or_default();
        let qualifier = parts.pop();
        if self.is_sign("(") {
            return self.nested(|parser| parser.call(qualifier, name));
        }
        Ok(Node::Column { qualifier, name, relation: None, level: 0 })
    }

    fn call(&mut self, schema: Option<String>, name: String) -> Parsed<Node> {
        self.expect_sign("(")?;
        let mut args = Vec::new();
        let distinct = self.eat("distinct");
        self.eat("all");
        let mut tail = String::new();
        if !self.is_sign(")") && !self.peek("order by") {
            args = self.list(Self::argument)?;
        }
        if self.peek("order by") {
            let mark = self.mark();
            self.eat("order by");
            self.list(|parser| {
                parser.expression()?;
                parser.direction();
                Ok(())
            })?;
            self.since(mark).clone_into(&mut tail);
        }
        self.expect_sign(")")?;
        for words in ["within group", "filter", "over"] {
            let mark = self.mark();
            if self.eat(words) {
                if self.is_sign("(") {
                    self.parenthesised()?;
                } else {
                    self.name()?;
                }
                if !tail.is_empty() {
                    tail.push(' ');
                }
                tail.push_str(self.since(mark));
            }
        }
        let tail = Some(tail).filter(|tail| !tail.is_empty());
        Ok(Node::Call { schema, name, args, distinct, tail })
    }

    /// An argument: `name => value`, VARIADIC, or an expression.
    fn argument(&mut self) -> Parsed<Node> {
        if self.is_name_at(0) && (self.sign_at(1, "=>") || self.sign_at(1, ":=")) {
            let name = self.name()?;
            self.advance();
            return Ok(Node::Named { name, arg: Box::new(self.expression()?) });
        }
        if self.eat("variadic") {
            return Ok(Node::Named { name: "VARIADIC".into(), arg: Box::new(self.expression()?) });
        }
        self.expression()
    }
}

/// A constant whose type is not written.
pub(crate) fn literal(value: Literal) -> Node {
    Node::Literal { value, type_name: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_functions_are_sorted() {
        assert!(BARE.is_sorted());
    }
}
