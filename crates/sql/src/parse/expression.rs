//! Expressions, by precedence climbing with Postgres's precedences.

use super::lex::Kind;
use super::{HIGHEST, Parsed, Parser};
use crate::catalogue::{Literal, Node};

/// Binding powers, weakest first (Postgres documentation, "Operator Precedence").
pub(super) mod power {
    pub(crate) const OR: u8 = 1;
    pub(crate) const AND: u8 = 2;
    pub(crate) const NOT: u8 = 3;
    pub(crate) const IS: u8 = 4;
    pub(crate) const COMPARISON: u8 = 5;
    pub(crate) const RANGE: u8 = 6;
    pub(crate) const OTHER: u8 = 8;
    pub(crate) const SUM: u8 = 9;
    pub(crate) const PRODUCT: u8 = 10;
    pub(crate) const EXPONENT: u8 = 11;
    pub(crate) const ZONE: u8 = 12;
    pub(crate) const COLLATE: u8 = 13;
    pub(crate) const SIGN: u8 = 14;
}

/// Words that cannot be a column's or function's name.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "as",
    "asc",
    "asymmetric",
    "both",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "initially",
    "intersect",
    "into",
    "lateral",
    "leading",
    "limit",
    "not",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "placing",
    "primary",
    "references",
    "returning",
    "select",
    "some",
    "symmetric",
    "table",
    "then",
    "to",
    "trailing",
    "union",
    "unique",
    "using",
    "variadic",
    "when",
    "where",
    "window",
    "with",
];

/// Words that end an item of FROM or a target, so that they are no alias without AS.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
}

impl Parser<'_> {
    /// An expression.
    pub(crate) fn expression(&mut self) -> Parsed<Node> {
        self.nested(|parser| parser.climb(0))
    }

    /// An expression that binds at least as strongly as `least`.
    pub(super) fn climb(&mut self, least: u8) -> Parsed<Node> {
        let outer = std::mem::replace(&mut self.peak, 0);
        let mut left = self.prefix()?;
        let mut height = self.peak + 1;
        while !self.is_end() {
            let mark = self.mark();
            self.peak = 0;
            let (node, taken) = self.infix(left, least)?;
            left = node;
            if !taken {
                self.back_to(mark);
                break;
            }
            height = height.max(self.peak) + 1;
            if height > HIGHEST {
                return self.too_deep();
            }
        }
        self.peak = outer.max(height);
        Ok(left)
    }

    fn prefix(&mut self) -> Parsed<Node> {
        if self.eat("not") {
            let arg = self.nested(|parser| parser.climb(power::NOT))?;
            return Ok(Node::Not(Box::new(arg)));
        }
        if self.is_sign("-") || self.is_sign("+") {
            let op = self.text_at(0).to_owned();
            self.advance();
            let arg = self.nested(|parser| parser.climb(power::SIGN))?;
            return Ok(signed(op, arg));
        }
        if self.kind_at(0) == Some(Kind::Op) && !matches!(self.text_at(0), "*" | "=" | "<" | ">" | "<=" | ">=" | "<>") {
            let op = self.text_at(0).to_owned();
            self.advance();
            let right = self.nested(|parser| parser.climb(power::OTHER + 1))?;
            return Ok(Node::Operator { op, left: None, right: Box::new(right) });
        }
        let primary = self.primary()?;
        self.indirections(primary)
    }

    /// What follows a complete operand: an operator and its right side, if it binds strongly enough. The flag says whether
    /// something was taken.
    fn infix(&mut self, left: Node, least: u8) -> Parsed<(Node, bool)> {
        match self.kind_at(0) {
            Some(Kind::Op) => self.infix_sign(left, least),
            Some(Kind::Word) => self.infix_word(left, least),
            _ => Ok((left, false)),
        }
    }

    fn infix_sign(&mut self, left: Node, least: u8) -> Parsed<(Node, bool)> {
        let op = match self.text_at(0) {
            "!=" => "<>",
            op => op,
        };
        let power = match op {
            "=>" => return Ok((left, false)),
            "=" | "<" | ">" | "<=" | ">=" | "<>" => power::COMPARISON,
            "+" | "-" => power::SUM,
            "*" | "/" | "%" => power::PRODUCT,
            "^" => power::EXPONENT,
            _ => power::OTHER,
        };
        if power < least {
            return Ok((left, false));
        }
        let op = op.to_owned();
        self.advance();
        Ok((self.right_side(left, op, power)?, true))
    }

    /// The right side of an operator: an operand, or ANY, SOME, ALL.
    pub(super) fn right_side(&mut self, left: Node, op: String, power: u8) -> Parsed<Node> {
        let quantifier = ["any", "some", "all"].iter().find(|word| self.word_at(0, word) && self.sign_at(1, "("));
        if let Some(word) = quantifier {
            self.advance();
            return self.quantified(left, op, *word == "all");
        }
        let right = self.nested(|parser| parser.climb(power + 1))?;
        Ok(Node::Operator { op, left: Some(Box::new(left)), right: Box::new(right) })
    }

    fn quantified(&mut self, left: Node, op: String, all: bool) -> Parsed<Node> {
        self.expect_sign("(")?;
        let left = Box::new(left);
        let node = if self.is_query() {
            Node::InSelect { left, op, all, select: Box::new(self.query()?) }
        } else {
            Node::Quantified { left, op, all, right: Box::new(self.expression()?) }
        };
        self.expect_sign(")")?;
        Ok(node)
    }

    fn infix_word(&mut self, left: Node, least: u8) -> Parsed<(Node, bool)> {
        if self.peek("or") {
            return self.junction(left, least, power::OR);
        }
        if self.peek("and") {
            return self.junction(left, least, power::AND);
        }
        self.infix_test(left, least)
    }

    /// AND or OR with all operands of its level.
    fn junction(&mut self, left: Node, least: u8, power: u8) -> Parsed<(Node, bool)> {
        if power < least {
            return Ok((left, false));
        }
        let word = if power == power::OR { "or" } else { "and" };
        // As in Postgres's parser, a chain is one node, also when its left part stands in parentheses.
        let mut parts = match (left, word) {
            (Node::And(parts), "and") | (Node::Or(parts), "or") => parts,
            (left, _) => vec![left],
        };
        while self.eat(word) {
            parts.push(self.nested(|parser| parser.climb(power + 1))?);
        }
        Ok((if power == power::OR { Node::Or(parts) } else { Node::And(parts) }, true))
    }
}

/// A sign before a number is part of the number.
fn signed(op: String, arg: Node) -> Node {
    match arg {
        Node::Literal { value: Literal::Number(number), type_name } if op == "-" && !number.starts_with('-') => {
            Node::Literal { value: Literal::Number(format!("-{number}")), type_name }
        }
        arg => Node::Operator { op, left: None, right: Box::new(arg) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_sorted() {
        assert!(RESERVED.is_sorted());
    }
}
