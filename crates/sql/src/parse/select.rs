//! Queries.

use super::expression::is_reserved;
use super::lex::Kind;
use super::{DEEPEST, Parsed, Parser};
use crate::catalogue::{Node, Select};

impl Parser<'_> {
    /// A query with all that may follow it.
    pub(crate) fn query(&mut self) -> Parsed<Select> {
        self.nested(|parser| {
            let (with, recursive) = parser.with_clause()?;
            let left = parser.query_term()?;
            let mut select = parser.query_tail(left)?;
            if !with.is_empty() {
                select.with = with;
                select.recursive = recursive;
            }
            Ok(select)
        })
    }

    /// WITH; a statement that changes data is skipped.
    #[allow(clippy::type_complexity, reason = "the catalogue's own form")]
    pub(crate) fn with_clause(&mut self) -> Parsed<(Vec<(String, Vec<String>, Option<Select>)>, bool)> {
        if !self.eat("with") {
            return Ok((Vec::new(), false));
        }
        let recursive = self.eat("recursive");
        let parts = self.list(|parser| {
            let name = parser.name()?;
            let columns = if parser.is_sign("(") { parser.names_in_parentheses()? } else { Vec::new() };
            parser.expect("as")?;
            parser.eat("not materialized");
            parser.eat("materialized");
            let changes = ["insert", "update", "delete", "merge"].iter().any(|word| parser.word_at(1, word));
            if changes {
                parser.parenthesised()?;
                return Ok((name, columns, None));
            }
            parser.expect_sign("(")?;
            let select = parser.query()?;
            parser.expect_sign(")")?;
            Ok((name, columns, Some(select)))
        })?;
        Ok((parts, recursive))
    }

    /// UNION and its kin, ORDER BY, LIMIT, … behind a query.
    pub(super) fn query_tail(&mut self, left: Select) -> Parsed<Select> {
        let mut select = left;
        let mut rights: Vec<(String, Select)> = Vec::new();
        while let Some(word) = self.eat_any(&["union", "intersect", "except"]) {
            if rights.len() > DEEPEST as usize {
                return self.too_deep();
            }
            let all = self.eat("all");
            self.eat("distinct");
            let op = format!("{}{}", word.to_ascii_uppercase(), if all { " ALL" } else { "" });
            rights.push((op, self.query_term()?));
        }
        // Each right side holds the next: the operators are read from left to right.
        let mut chain: Option<(String, Box<Select>)> = None;
        for (op, mut right) in rights.into_iter().rev() {
            if let Some(next) = chain.take() {
                append(&mut right, next);
            }
            chain = Some((op, Box::new(right)));
        }
        if let Some(chain) = chain {
            append(&mut select, chain);
        }
        self.order_and_limit(&mut select)?;
        Ok(select)
    }

    /// SELECT, VALUES, or a query in parentheses.
    fn query_term(&mut self) -> Parsed<Select> {
        if self.eat_sign("(") {
            let select = self.query()?;
            self.expect_sign(")")?;
            return Ok(select);
        }
        if self.eat("values") {
            let values = self.list(|parser| {
                parser.expect_sign("(")?;
                let row = parser.list(Self::expression)?;
                parser.expect_sign(")")?;
                Ok(row)
            })?;
            return Ok(Select { values, ..Select::default() });
        }
        if self.peek("table") {
            self.advance();
            let item = self.from_item()?;
            let targets = vec![(Node::Star { qualifier: None }, None)];
            return Ok(Select { targets, from: vec![item], ..Select::default() });
        }
        self.expect("select")?;
        self.nested(Self::select_core)
    }

    fn select_core(&mut self) -> Parsed<Select> {
        let mut select = Select::default();
        self.eat("all");
        if self.eat("distinct") {
            select.distinct = true;
            if self.eat("on") {
                self.expect_sign("(")?;
                select.distinct_on = self.list(Self::expression)?;
                self.expect_sign(")")?;
            }
        }
        if !self.ends_targets() {
            select.targets = self.list(Self::target)?;
        }
        if self.eat("into") {
            // SELECT INTO of PL/pgSQL, or of SQL: the target is no part of the query.
            self.eat("strict");
            self.list(Self::qualified)?;
            if self.eat_sign(",") || select.targets.is_empty() {
                select.targets.extend(self.list(Self::target)?);
            }
        }
        if self.eat("from") {
            select.from = self.list(Self::from_item)?;
        }
        if self.eat("where") {
            select.filter = Some(self.expression()?);
        }
        if self.eat("group by") {
            self.eat("distinct");
            self.eat("all");
            select.group_by = self.list(Self::grouping)?;
        }
        if self.eat("having") {
            select.having = Some(self.expression()?);
        }
        if self.eat("window") {
            self.list(|parser| {
                parser.name()?;
                parser.expect("as")?;
                parser.parenthesised().map(|_| ())
            })?;
        }
        Ok(select)
    }

    fn ends_targets(&self) -> bool {
        self.is_end()
            || self.is_sign(")")
            || self.is_sign(";")
            || ["from", "where", "into", "union", "group"].iter().any(|word| self.word_at(0, word))
    }

    /// GROUP BY's items: expressions, ROLLUP, CUBE, GROUPING SETS.
    fn grouping(&mut self) -> Parsed<Node> {
        let mark = self.mark();
        if self.eat_any(&["grouping sets", "rollup", "cube"]).is_some() && self.is_sign("(") {
            self.parenthesised()?;
            return Ok(Node::Other(self.since(mark).to_owned()));
        }
        self.back_to(mark);
        if self.is_sign("(") && self.sign_at(1, ")") {
            self.advance();
            self.advance();
            return Ok(Node::Other("()".into()));
        }
        self.expression()
    }

    /// A target with its alias.
    pub(crate) fn target(&mut self) -> Parsed<(Node, Option<String>)> {
        let node = self.expression()?;
        let named = self.eat("as")
            || self.kind_at(0) == Some(Kind::Quoted)
            || (self.kind_at(0) == Some(Kind::Word) && !is_reserved(self.text_at(0)));
        let alias = if named { Some(self.name()?) } else { None };
        Ok((node, alias))
    }

    fn order_and_limit(&mut self, select: &mut Select) -> Parsed<()> {
        if self.eat("order by") {
            select.order_by = self.list(|parser| {
                let node = parser.expression()?;
                Ok((node, parser.direction()))
            })?;
        }
        loop {
            if self.eat("limit") {
                select.limit = if self.eat("all") { None } else { Some(self.expression()?) };
            } else if self.eat("offset") {
                select.offset = Some(self.expression()?);
                self.eat_any(&["rows", "row"]);
            } else if self.eat_any(&["fetch first", "fetch next"]).is_some() {
                select.limit = if self.peek("row") || self.peek("rows") { None } else { Some(self.expression()?) };
                self.eat_any(&["rows", "row"]);
                self.eat_any(&["only", "with ties"]);
            } else if self.peek("for") && ["update", "share", "no", "key"].iter().any(|word| self.word_at(1, word)) {
                let mark = self.mark();
                self.eat("for");
                self.eat_any(&["no key update", "key share", "update", "share"]);
                if self.eat("of") {
                    self.list(Self::qualified)?;
                }
                self.eat_any(&["nowait", "skip locked"]);
                select.locking = Some(self.since(mark).to_owned());
            } else {
                return Ok(());
            }
        }
    }

    /// ASC, DESC, USING, NULLS FIRST, NULLS LAST as Postgres prints them.
    pub(super) fn direction(&mut self) -> String {
        let mut text = String::new();
        if self.eat("desc") {
            text.push_str(" DESC");
        } else if self.eat("using") {
            self.advance();
        } else {
            self.eat("asc");
        }
        if let Some(nulls) = self.eat_any(&["nulls first", "nulls last"]) {
            let usual = if text.is_empty() { "nulls last" } else { "nulls first" };
            if nulls != usual {
                text.push(' ');
                text.push_str(&nulls.to_ascii_uppercase());
            }
        }
        text
    }
}

/// Puts a set operation at the end of a query's chain.
fn append(select: &mut Select, next: (String, Box<Select>)) {
    let mut last = select;
    while last.set.is_some() {
        match &mut last.set {
            Some((_, right)) => last = &mut **right,
            None => return,
        }
    }
    last.set = Some(next);
}
