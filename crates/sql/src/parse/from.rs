//! FROM: relations, functions, queries, joins.

use super::expression::is_reserved;
use super::lex::Kind;
use super::{DEEPEST, Parsed, Parser};
use crate::catalogue::{FromItem, Node};

/// Words that begin a join, and others that are no alias.
const NO_ALIAS: &[&str] = &[
    "cross",
    "full",
    "inner",
    "join",
    "left",
    "natural",
    "right",
    "set",
    "tablesample",
    "outer",
    "loop",
    "on",
    "is",
    "when",
];

impl Parser<'_> {
    /// An item of FROM, joins included.
    pub(crate) fn from_item(&mut self) -> Parsed<FromItem> {
        self.nested(|parser| {
            let mut left = parser.from_primary()?;
            let mut joins = 0;
            while let Some(kind) = parser.join_kind() {
                joins += 1;
                if joins > DEEPEST {
                    return parser.too_deep();
                }
                let right = parser.nested(Self::from_primary)?;
                let (mut on, mut using) = (None, Vec::new());
                if parser.eat("on") {
                    on = Some(parser.expression()?);
                } else if parser.eat("using") {
                    using = parser.names_in_parentheses()?;
                    if parser.eat("as") {
                        parser.name()?;
                    }
                }
                left = FromItem::Join { kind, left: Box::new(left), right: Box::new(right), on, using };
            }
            Ok(left)
        })
    }

    fn join_kind(&mut self) -> Option<String> {
        let mark = self.mark();
        let natural = if self.eat("natural") { "NATURAL " } else { "" };
        let side = self.eat_any(&["left", "right", "full", "inner", "cross"]);
        self.eat("outer");
        if !self.eat("join") {
            self.back_to(mark);
            return None;
        }
        let side = match side {
            None | Some("inner") => String::new(),
            Some(side) => format!("{} ", side.to_ascii_uppercase()),
        };
        Some(format!("{natural}{side}JOIN"))
    }

    fn from_primary(&mut self) -> Parsed<FromItem> {
        let lateral = self.eat("lateral");
        if self.is_sign("(") {
            return self.from_parentheses(lateral);
        }
        if self.eat("rows from") {
            let mark = self.mark();
            self.parenthesised()?;
            let text = format!("ROWS FROM {}", self.since(mark));
            self.alias(true)?;
            return Ok(FromItem::Other(text));
        }
        let mark = self.mark();
        let only = self.eat("only");
        let name = self.qualified()?;
        if self.is_sign("(") {
            self.back_to(mark);
            return self.from_function(lateral);
        }
        self.eat_sign("*");
        let (alias, columns) = self.alias(false)?;
        if self.eat("tablesample") {
            self.name()?;
            self.parenthesised()?;
        }
        let columns = columns.into_iter().map(|(name, _)| name).collect();
        Ok(FromItem::Table { schema: name.schema, name: name.name, relation: None, alias, columns, only })
    }

    fn from_function(&mut self, lateral: bool) -> Parsed<FromItem> {
        let call @ (Node::Call { .. } | Node::Other(_)) = self.primary()? else { return self.fault("a function") };
        let ordinality = self.eat("with ordinality");
        let (alias, columns) = self.alias(true)?;
        Ok(FromItem::Function { call, lateral, ordinality, alias, columns })
    }

    /// A query or a join in parentheses.
    fn from_parentheses(&mut self, lateral: bool) -> Parsed<FromItem> {
        self.expect_sign("(")?;
        let mut ahead = 0;
        while self.sign_at(ahead, "(") {
            ahead += 1;
        }
        let is_query = ["select", "with", "values"].iter().any(|word| self.word_at(ahead, word));
        if is_query && (ahead == 0 || self.is_whole_query(ahead)) {
            let select = Box::new(self.query()?);
            self.expect_sign(")")?;
            let (alias, columns) = self.alias(false)?;
            let columns = columns.into_iter().map(|(name, _)| name).collect();
            return Ok(FromItem::Subselect { select, lateral, alias, columns });
        }
        let item = self.from_item()?;
        self.expect_sign(")")?;
        self.alias(false)?;
        Ok(item)
    }

    /// Whether behind the parentheses that open here no alias follows: then they are a query's own.
    fn is_whole_query(&self, opened: usize) -> bool {
        let mut depth = 0;
        let mut ahead = 0;
        while let Some(token) = self.token(ahead) {
            if token.kind == Kind::Punct {
                match self.text_at(ahead) {
                    "(" => depth += 1,
                    ")" => {
                        depth -= 1;
                        if depth == 0 {
                            let next = ahead + 1;
                            let set = ["union", "intersect", "except"].iter().any(|word| self.word_at(next, word));
                            return set || (self.sign_at(next, ")") && opened > 0);
                        }
                    }
                    _ => {}
                }
            }
            ahead += 1;
        }
        false
    }

    /// `[AS] alias [(columns)]`; column definitions with types where `types` says.
    #[allow(clippy::type_complexity, reason = "an alias and its columns")]
    fn alias(&mut self, types: bool) -> Parsed<(Option<String>, Vec<(String, Option<String>)>)> {
        let explicit = self.eat("as");
        if explicit && types && self.is_sign("(") {
            return Ok((None, self.column_definitions()?));
        }
        let named = match self.kind_at(0) {
            Some(Kind::Quoted) => true,
            Some(Kind::Word) => {
                let word = self.text_at(0).to_ascii_lowercase();
                explicit || (!is_reserved(&word) && !NO_ALIAS.contains(&word.as_str()))
            }
            _ => false,
        };
        if !named {
            return Ok((None, Vec::new()));
        }
        let alias = self.name()?;
        let columns = if self.is_sign("(") { self.column_definitions()? } else { Vec::new() };
        Ok((Some(alias), columns))
    }

    fn column_definitions(&mut self) -> Parsed<Vec<(String, Option<String>)>> {
        self.expect_sign("(")?;
        let columns = self.list(|parser| {
            let name = parser.name()?;
            let typed = parser.is_name_at(0);
            let type_name = if typed { Some(parser.type_name()?.text) } else { None };
            Ok((name, type_name))
        })?;
        self.expect_sign(")")?;
        Ok(columns)
    }
}
