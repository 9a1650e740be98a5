//! A cursor over the tokens of a statement, and the parsers of names, types, expressions and queries.
//!
//! `squawk-syntax` judges what is valid SQL; these parsers read the statements and expressions whose meaning the replay
//! needs, straight into the catalogue's own small tree.

pub(crate) mod expression;
pub(crate) mod from;
pub(crate) mod lex;
pub(crate) mod postfix;
pub(crate) mod primary;
pub(crate) mod select;
pub(crate) mod special;
pub(crate) mod types;

use lex::{Kind, Token, text_value};

/// Why a statement could not be read: where and what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SyntaxFault {
    /// Byte offset within the text.
    pub(crate) at: u32,
    pub(crate) message: String,
}

pub(crate) type Parsed<T> = Result<T, SyntaxFault>;

/// How deep expressions, queries and blocks may nest.
pub(crate) const DEEPEST: u32 = 64;

/// How high an expression's tree may be: `a || b || c` is as high as it is long. Chains of AND and OR are one node.
pub(crate) const HIGHEST: u32 = 128;

/// A cursor over tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parser<'a> {
    pub(crate) text: &'a str,
    tokens: &'a [Token],
    at: usize,
    depth: u32,
    /// Height of the highest expression read since this was last set to zero.
    pub(super) peak: u32,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Parser { text, tokens, at: 0, depth: 0, peak: 0 }
    }

    /// The token `ahead` places on.
    pub(crate) fn token(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.at + ahead).copied()
    }

    /// Its text.
    pub(crate) fn text_at(&self, ahead: usize) -> &'a str {
        self.token(ahead).map_or("", |token| &self.text[token.start as usize..token.end as usize])
    }

    pub(crate) fn kind_at(&self, ahead: usize) -> Option<Kind> {
        self.token(ahead).map(|token| token.kind)
    }

    pub(crate) fn is_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Place in the list of tokens; for [`Parser::since`] and [`Parser::back_to`].
    pub(crate) fn mark(&self) -> usize {
        self.at
    }

    pub(crate) fn back_to(&mut self, mark: usize) {
        self.at = mark;
    }

    pub(crate) fn advance(&mut self) {
        self.at += 1;
    }

    /// The text from a mark up to here.
    pub(crate) fn since(&self, mark: usize) -> &'a str {
        match (self.tokens.get(mark), self.at.checked_sub(1).and_then(|at| self.tokens.get(at))) {
            (Some(first), Some(last)) if self.at > mark => &self.text[first.start as usize..last.end as usize],
            _ => "",
        }
    }

    /// Byte offset of the current token, or of the end of the last.
    pub(crate) fn offset(&self) -> u32 {
        self.token(0).map_or_else(|| self.tokens.last().map_or(0, |last| last.end), |token| token.start)
    }

    /// A complaint at the current token.
    pub(crate) fn fault<T>(&self, expected: &str) -> Parsed<T> {
        let found = match self.text_at(0) {
            "" => "the end of the statement".to_owned(),
            text => format!("`{}`", text.chars().take(40).collect::<String>()),
        };
        Err(SyntaxFault { at: self.offset(), message: format!("expected {expected}, found {found}") })
    }

    /// Whether the token `ahead` is that keyword.
    pub(crate) fn word_at(&self, ahead: usize, keyword: &str) -> bool {
        self.kind_at(ahead) == Some(Kind::Word) && self.text_at(ahead).eq_ignore_ascii_case(keyword)
    }

    /// Whether these keywords follow.
    pub(crate) fn peek(&self, keywords: &str) -> bool {
        keywords.split(' ').enumerate().all(|(ahead, keyword)| self.word_at(ahead, keyword))
    }

    /// Takes these keywords if they follow.
    pub(crate) fn eat(&mut self, keywords: &str) -> bool {
        let found = self.peek(keywords);
        if found {
            self.at += keywords.split(' ').count();
        }
        found
    }

    /// Takes the first of these keywords that follows.
    pub(crate) fn eat_any(&mut self, keywords: &[&'static str]) -> Option<&'static str> {
        let found = keywords.iter().find(|keyword| self.peek(keyword))?;
        self.at += found.split(' ').count();
        Some(found)
    }

    /// Takes these keywords or complains.
    pub(crate) fn expect(&mut self, keywords: &str) -> Parsed<()> {
        if self.eat(keywords) { Ok(()) } else { self.fault(&keywords.to_ascii_uppercase()) }
    }

    /// Whether the token `ahead` is that sign (punctuation or operator).
    pub(crate) fn sign_at(&self, ahead: usize, sign: &str) -> bool {
        matches!(self.kind_at(ahead), Some(Kind::Punct | Kind::Op)) && self.text_at(ahead) == sign
    }

    pub(crate) fn is_sign(&self, sign: &str) -> bool {
        self.sign_at(0, sign)
    }

    pub(crate) fn eat_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        if found {
            self.at += 1;
        }
        found
    }

    pub(crate) fn expect_sign(&mut self, sign: &str) -> Parsed<()> {
        if self.eat_sign(sign) { Ok(()) } else { self.fault(&format!("`{sign}`")) }
    }

    /// `IF EXISTS`.
    pub(crate) fn if_exists(&mut self) -> bool {
        self.eat("if exists")
    }

    /// `IF NOT EXISTS`.
    pub(crate) fn if_not_exists(&mut self) -> bool {
        self.eat("if not exists")
    }

    /// CASCADE or RESTRICT; whether it is CASCADE.
    pub(crate) fn cascade(&mut self) -> bool {
        let cascade = self.eat("cascade");
        if !cascade {
            self.eat("restrict");
        }
        cascade
    }

    /// Complains unless everything was read.
    pub(crate) fn end(&self) -> Parsed<()> {
        if self.is_end() { Ok(()) } else { self.fault("the end of the statement") }
    }

    /// One more level of nesting, for the time of `inner`.
    pub(crate) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEEPEST {
            return self.too_deep();
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// The complaint about nesting.
    pub(crate) fn too_deep<T>(&self) -> Parsed<T> {
        Err(SyntaxFault { at: self.offset(), message: "nested too deeply to be read".to_owned() })
    }

    /// Whether a name stands `ahead`: quoted, or any word.
    pub(crate) fn is_name_at(&self, ahead: usize) -> bool {
        matches!(self.kind_at(ahead), Some(Kind::Word | Kind::Quoted))
    }

    /// A name: folded to lower case unless quoted, and cut to 63 bytes.
    pub(crate) fn name(&mut self) -> Parsed<String> {
        let name = match self.kind_at(0) {
            Some(Kind::Word) => self.text_at(0).to_lowercase(),
            Some(Kind::Quoted) => unquote(self.text_at(0)),
            _ => return self.fault("a name"),
        };
        self.at += 1;
        Ok(cut(name))
    }

    /// `a`, `a.b`, `a.b.c`: the last two parts.
    pub(crate) fn qualified(&mut self) -> Parsed<Written> {
        let mut schema = None;
        let mut name = self.name()?;
        while self.is_sign(".") && self.is_name_at(1) {
            self.at += 1;
            schema = Some(std::mem::replace(&mut name, self.name()?));
        }
        Ok(Written { schema, name })
    }

    /// Comma-separated things.
    pub(crate) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat_sign(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Comma-separated names in parentheses.
    pub(crate) fn names_in_parentheses(&mut self) -> Parsed<Vec<String>> {
        self.expect_sign("(")?;
        let names = self.list(Self::name)?;
        self.expect_sign(")")?;
        Ok(names)
    }

    /// A string constant's value.
    pub(crate) fn string(&mut self) -> Parsed<String> {
        if self.kind_at(0) != Some(Kind::Text) {
            return self.fault("a string");
        }
        let mut value = text_value(self.text_at(0));
        self.at += 1;
        // Constants on lines of their own are one.
        while self.kind_at(0) == Some(Kind::Text) && !self.text_at(0).starts_with('$') {
            value.push_str(&text_value(self.text_at(0)));
            self.at += 1;
        }
        Ok(value)
    }

    /// Skips to behind the parenthesis that ends what begins here; gives the text between.
    pub(crate) fn parenthesised(&mut self) -> Parsed<&'a str> {
        self.expect_sign("(")?;
        let mark = self.at;
        let mut depth = 1;
        while !self.is_end() {
            match self.text_at(0) {
                "(" if self.is_sign("(") => depth += 1,
                ")" if self.is_sign(")") => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let inner = self.since(mark);
                self.at += 1;
                return Ok(inner);
            }
            self.at += 1;
        }
        self.fault("`)`")
    }

    /// A cursor over the tokens between two marks.
    pub(crate) fn between(&self, from: usize, to: usize) -> Parser<'a> {
        let to = to.min(self.tokens.len());
        Parser { text: self.text, tokens: &self.tokens[from.min(to)..to], at: 0, depth: self.depth, peak: 0 }
    }

    /// The tokens between two marks.
    pub(crate) fn tokens_between(&self, from: usize, to: usize) -> &'a [Token] {
        let to = to.min(self.tokens.len());
        &self.tokens[from.min(to)..to]
    }

    /// Takes the rest of the statement; gives its text.
    pub(crate) fn rest(&mut self) -> &'a str {
        let mark = self.at;
        self.at = self.tokens.len().max(self.at);
        self.since(mark)
    }
}

/// A name as written, with or without a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
}

impl std::fmt::Display for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The name in a quoted identifier.
fn unquote(raw: &str) -> String {
    let from = raw.find('"').map_or(0, |at| at + 1);
    let inner = raw.get(from..raw.len().max(from + 1) - 1).unwrap_or_default();
    inner.replace("\"\"", "\"")
}

/// Names are at most 63 bytes long.
pub(crate) fn cut(mut name: String) -> String {
    if name.len() > 63 {
        let mut end = 63;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
    }
    name
}
