//! Function calls with a syntax of their own: COALESCE, EXTRACT, POSITION, SUBSTRING, TRIM, …
//!
//! They become calls by upper-case names; the printer knows how Postgres prints each.

use super::lex::Kind;
use super::postfix::{call, sql_call};
use super::primary::literal;
use super::{Parsed, Parser};
use crate::catalogue::{Literal, Node};

impl Parser<'_> {
    /// A call of that special form; `None` when the word is an ordinary function's name.
    pub(super) fn special_form(&mut self, word: &str) -> Parsed<Option<Node>> {
        let parse: fn(&mut Self) -> Parsed<Node> = match word {
            "coalesce" | "greatest" | "least" | "nullif" => {
                let name = word.to_ascii_uppercase();
                self.advance();
                let args = self.nested(Self::plain_arguments)?;
                return Ok(Some(sql_call(&name, args)));
            }
            "extract" => Self::extract,
            "position" => Self::position,
            "substring" => Self::substring,
            "overlay" => Self::overlay,
            "trim" => Self::trim,
            "grouping" | "treat" | "xmlelement" | "xmlforest" | "xmlparse" | "xmlserialize" | "xmlpi" | "xmlroot"
            | "json_object" | "json_array" | "json_value" | "json_query" | "json_exists" | "json_table" => Self::unread,
            _ => return Ok(None),
        };
        self.nested(parse).map(Some)
    }

    fn plain_arguments(&mut self) -> Parsed<Vec<Node>> {
        self.expect_sign("(")?;
        let args = self.list(Self::expression)?;
        self.expect_sign(")")?;
        Ok(args)
    }

    fn extract(&mut self) -> Parsed<Node> {
        self.advance();
        self.expect_sign("(")?;
        let field = if self.kind_at(0) == Some(Kind::Text) { self.string()? } else { self.name()? };
        self.expect("from")?;
        let from = self.expression()?;
        self.expect_sign(")")?;
        Ok(sql_call("EXTRACT", vec![literal(Literal::Text(field)), from]))
    }

    fn position(&mut self) -> Parsed<Node> {
        self.advance();
        self.expect_sign("(")?;
        // The left side must not take IN for its own.
        let what = self.climb(super::expression::power::OTHER)?;
        self.expect("in")?;
        let within = self.expression()?;
        self.expect_sign(")")?;
        Ok(sql_call("POSITION", vec![what, within]))
    }

    /// `SUBSTRING(a FROM b FOR c)`, or an ordinary call.
    fn substring(&mut self) -> Parsed<Node> {
        self.advance();
        self.expect_sign("(")?;
        let mut args = vec![self.expression()?];
        if self.eat_sign(",") {
            args.extend(self.list(Self::expression)?);
            self.expect_sign(")")?;
            return Ok(call(None, "substring", args));
        }
        if self.eat("similar") {
            args.push(self.expression()?);
            self.expect("escape")?;
            args.push(self.expression()?);
            self.expect_sign(")")?;
            return Ok(call(None, "substring", args));
        }
        let mut length = None;
        loop {
            if self.eat("from") {
                args.push(self.expression()?);
            } else if self.eat("for") {
                length = Some(self.expression()?);
            } else {
                break;
            }
        }
        if args.len() == 1 && length.is_some() {
            args.push(literal(Literal::Number("1".into())));
        }
        args.extend(length);
        self.expect_sign(")")?;
        Ok(sql_call("SUBSTRING", args))
    }

    /// `OVERLAY(a PLACING b FROM c FOR d)`, or an ordinary call.
    fn overlay(&mut self) -> Parsed<Node> {
        self.advance();
        self.expect_sign("(")?;
        let mut args = vec![self.expression()?];
        if self.eat_sign(",") {
            args.extend(self.list(Self::expression)?);
            self.expect_sign(")")?;
            return Ok(call(None, "overlay", args));
        }
        for word in ["placing", "from", "for"] {
            if self.eat(word) {
                args.push(self.expression()?);
            }
        }
        self.expect_sign(")")?;
        Ok(sql_call("OVERLAY", args))
    }

    /// `TRIM([BOTH|LEADING|TRAILING] [a] FROM b)`, `TRIM(a)`.
    fn trim(&mut self) -> Parsed<Node> {
        self.advance();
        self.expect_sign("(")?;
        let side = self.eat_any(&["both", "leading", "trailing"]).unwrap_or("both").to_ascii_uppercase();
        let mut args = vec![literal(Literal::Text(side))];
        if self.eat("from") {
            args.extend(self.list(Self::expression)?);
        } else {
            let first = self.expression()?;
            if self.eat("from") {
                args.push(self.expression()?);
                args.push(first);
            } else {
                args.push(first);
                while self.eat_sign(",") {
                    args.push(self.expression()?);
                }
            }
        }
        self.expect_sign(")")?;
        Ok(sql_call("TRIM", args))
    }

    /// A form whose meaning is not needed: kept as written.
    fn unread(&mut self) -> Parsed<Node> {
        let mark = self.mark();
        self.advance();
        self.parenthesised()?;
        Ok(Node::Other(self.since(mark).to_owned()))
    }
}
