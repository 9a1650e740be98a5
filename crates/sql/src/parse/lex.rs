//! Text to statements of tokens. White space and comments are left out; operators are put together as Postgres does.

use squawk_lexer::{LiteralKind, TokenKind};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Keyword or plain identifier.
    Word,
    /// Identifier in quotes.
    Quoted,
    /// String constant of any form.
    Text,
    /// Number.
    Number,
    /// `$1`.
    Param,
    /// Operator.
    Op,
    /// One of `( ) [ ] , . : ;` or `::`, `..`, `:=`, `=>`.
    Punct,
    /// Anything else (`\`, `{`).
    Other,
}

/// A token: its kind and where its text stands, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// One statement: its tokens without the semicolon.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) tokens: Vec<Token>,
    /// Something within was not ended: a string, comment or quoted name; and where it begins.
    pub(crate) open: Option<(u32, &'static str)>,
}

impl Statement {
    /// First and last byte of the statement's text.
    pub(crate) fn range(&self) -> (u32, u32) {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => (first.start, last.end),
            _ => (0, 0),
        }
    }
}

/// The statements of a text, one after the other.
#[derive(Debug)]
pub(crate) struct Statements<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Statements<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let at = if text.starts_with(squawk_lexer::BOM) { squawk_lexer::BOM.len() } else { 0 };
        Statements { text, at }
    }
}

impl Iterator for Statements<'_> {
    type Item = Statement;

    fn next(&mut self) -> Option<Statement> {
        loop {
            if self.at >= self.text.len() {
                return None;
            }
            let mut reader = Reader { text: self.text, at: self.at, ..Reader::default() };
            reader.statement();
            self.at = reader.at.max(self.at + 1);
            if reader.tokens.is_empty() {
                continue;
            }
            let statement = Statement { tokens: reader.tokens, open: reader.open };
            if is_copy_from_stdin(self.text, &statement.tokens) {
                self.at = after_copied_rows(self.text, self.at);
            }
            return Some(statement);
        }
    }
}

/// All tokens of a text; semicolons included.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader { text, whole: true, ..Reader::default() };
    reader.statement();
    reader.tokens
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    open: Option<(u32, &'static str)>,
    /// Do not end at a semicolon.
    whole: bool,
    /// Open parentheses.
    depth: u32,
    /// Open BEGIN ATOMIC and the CASEs within.
    atomic: u32,
}

impl Reader<'_> {
    /// Reads to the next semicolon that ends a statement, or to the end.
    fn statement(&mut self) {
        for token in squawk_lexer::tokenize(&self.text[self.at..]) {
            let start = self.at;
            let end = start + token.len as usize;
            self.at = end;
            let (start32, end32) = (start as u32, end as u32);
            let kind = match token.kind {
                TokenKind::Whitespace | TokenKind::LineComment | TokenKind::Eof => continue,
                TokenKind::BlockComment { terminated } => {
                    if !terminated {
                        self.open.get_or_insert((start32, "a comment is not ended"));
                    }
                    continue;
                }
                TokenKind::Ident => Kind::Word,
                TokenKind::QuotedIdent { terminated, .. } => {
                    if !terminated {
                        self.open.get_or_insert((start32, "a quoted name is not ended"));
                    }
                    Kind::Quoted
                }
                TokenKind::Literal { kind: LiteralKind::Int { .. } | LiteralKind::Numeric { .. } } => Kind::Number,
                TokenKind::Literal { kind } => {
                    if !is_terminated(kind) {
                        self.open.get_or_insert((start32, "a string is not ended"));
                    }
                    Kind::Text
                }
                TokenKind::PositionalParam { .. } => Kind::Param,
                TokenKind::Semi => {
                    if self.whole {
                        self.tokens.push(Token { kind: Kind::Punct, start: start32, end: end32 });
                        continue;
                    }
                    if self.depth == 0 && self.atomic == 0 {
                        return;
                    }
                    Kind::Punct
                }
                TokenKind::OpenParen => {
                    self.depth += 1;
                    Kind::Punct
                }
                TokenKind::CloseParen => {
                    self.depth = self.depth.saturating_sub(1);
                    Kind::Punct
                }
                TokenKind::OpenBracket
                | TokenKind::CloseBracket
                | TokenKind::Comma
                | TokenKind::Dot
                | TokenKind::DotDot
                | TokenKind::Colon => Kind::Punct,
                TokenKind::Unknown if self.tokens.is_empty() && self.text[start..].starts_with('\\') => {
                    // A command of psql: not SQL, ends with the line.
                    self.at = self.text[start..].find('\n').map_or(self.text.len(), |length| start + length);
                    return;
                }
                TokenKind::Unknown | TokenKind::OpenCurly | TokenKind::CloseCurly => Kind::Other,
                _ => Kind::Op,
            };
            self.push(kind, start32, end32);
        }
    }

    /// Adds a token, putting operators and double punctuation together.
    fn push(&mut self, kind: Kind, start: u32, end: u32) {
        let text = &self.text[start as usize..end as usize];
        if kind == Kind::Word {
            self.note_atomic(text);
        }
        if let Some(last) = self.tokens.last_mut()
            && last.end == start
        {
            let before = &self.text[last.start as usize..last.end as usize];
            let joined = match (last.kind, kind) {
                (Kind::Op, Kind::Op) => Some(Kind::Op),
                (Kind::Punct, Kind::Punct) if before == ":" && text == ":" => Some(Kind::Punct),
                (Kind::Punct, Kind::Op) if before == ":" && text == "=" => Some(Kind::Punct),
                _ => None,
            };
            if let Some(kind) = joined {
                last.kind = kind;
                last.end = end;
                self.split_sign();
                return;
            }
        }
        self.tokens.push(Token { kind, start, end });
    }

    /// An operator ends with `+` or `-` only when it holds one of the signs that no SQL operator has: `a=-1` is `=` and `-`.
    /// The same for `=>`, which names an argument.
    fn split_sign(&mut self) {
        let Some(last) = self.tokens.last().copied().filter(|last| last.kind == Kind::Op) else { return };
        let text = &self.text[last.start as usize..last.end as usize];
        let special = text.contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?']);
        if text.len() > 1 && text.ends_with(['+', '-']) && !special {
            self.tokens.pop();
            self.tokens.push(Token { end: last.end - 1, ..last });
            self.tokens.push(Token { start: last.end - 1, ..last });
        }
    }

    fn note_atomic(&mut self, word: &str) {
        let previous_is = |tokens: &[Token], text: &str, expected: &str| {
            tokens.last().is_some_and(|last| {
                last.kind == Kind::Word && text[last.start as usize..last.end as usize].eq_ignore_ascii_case(expected)
            })
        };
        if word.eq_ignore_ascii_case("atomic") && previous_is(&self.tokens, self.text, "begin") {
            self.atomic = 1;
        } else if self.atomic > 0 {
            if word.eq_ignore_ascii_case("case") {
                self.atomic += 1;
            } else if word.eq_ignore_ascii_case("end") {
                self.atomic -= 1;
            }
        }
    }
}

fn is_terminated(kind: LiteralKind) -> bool {
    match kind {
        LiteralKind::Str { terminated }
        | LiteralKind::NationalStr { terminated }
        | LiteralKind::ByteStr { terminated }
        | LiteralKind::BitStr { terminated }
        | LiteralKind::DollarQuotedString { terminated }
        | LiteralKind::UnicodeEscStr { terminated }
        | LiteralKind::EscStr { terminated } => terminated,
        LiteralKind::Int { .. } | LiteralKind::Numeric { .. } => true,
    }
}

/// Whether the rows of the statement follow in the text: `COPY t FROM stdin;` of a dump.
fn is_copy_from_stdin(text: &str, tokens: &[Token]) -> bool {
    let is = |token: &Token, word: &str| text[token.start as usize..token.end as usize].eq_ignore_ascii_case(word);
    tokens.first().is_some_and(|first| is(first, "copy"))
        && tokens.windows(2).any(|pair| is(&pair[0], "from") && is(&pair[1], "stdin"))
}

/// Where the text goes on after copied rows: behind the line `\.`.
fn after_copied_rows(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    match rest.find("\n\\.") {
        Some(found) => at + found + 3,
        None => at,
    }
}

/// The value of a string constant as written: quotes removed, escapes replaced.
pub(crate) fn text_value(raw: &str) -> String {
    if raw.starts_with('$') {
        return dollar_body(raw).to_owned();
    }
    let open = raw.find('\'').unwrap_or(0);
    let inner = raw.get(open + 1..raw.len().max(open + 2) - 1).unwrap_or_default();
    match raw.as_bytes().first() {
        Some(b'e' | b'E') => unescape(inner),
        _ => inner.replace("''", "'"),
    }
}

/// The text between the tags of a dollar-quoted string.
pub(crate) fn dollar_body(raw: &str) -> &str {
    let tag = raw[1..].find('$').map_or(raw.len(), |end| end + 2);
    let end = raw.len().saturating_sub(tag).max(tag.min(raw.len()));
    raw.get(tag..end).unwrap_or_default()
}

fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                chars.next_if_eq(&'\'');
                out.push('\'');
            }
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('b') => out.push('\u{8}'),
                Some('f') => out.push('\u{c}'),
                Some(digit @ ('x' | 'u' | 'U' | '0'..='7')) => {
                    let (radix, most) = match digit {
                        'x' => (16, 2),
                        'u' => (16, 4),
                        'U' => (16, 8),
                        _ => (8, 2),
                    };
                    let mut value = digit.to_digit(8).filter(|_| radix == 8).unwrap_or(0);
                    for _ in 0..most {
                        let Some(next) = chars.peek().and_then(|c| c.to_digit(radix)) else { break };
                        value = value.wrapping_mul(radix).wrapping_add(next);
                        chars.next();
                    }
                    out.push(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<&str>> {
        Statements::new(text)
            .map(|statement| {
                statement.tokens.iter().map(|token| &text[token.start as usize..token.end as usize]).collect()
            })
            .collect()
    }

    #[test]
    fn statements_end_at_semicolons_outside_of_everything() {
        let text = "\u{feff}select 'a;b' ; -- x;y\n/* ; */ do $x$ a; $$;$$ $x$; ; create rule r as on x do (a; b)";
        let found = words(text);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], ["select", "'a;b'"]);
        assert_eq!(found[1], ["do", "$x$ a; $$;$$ $x$"]);
        assert_eq!(found[2].iter().filter(|word| **word == ";").count(), 1);
    }

    #[test]
    fn an_atomic_body_is_part_of_its_statement() {
        let text = "create function f() begin atomic select case when a then 1 end; select 2; end; select 3";
        let found = words(text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[1], ["select", "3"]);
    }

    #[test]
    fn operators_are_put_together_as_postgres_does() {
        let found = words("a=-1 b->>'x' c||d e@-f g::int[] h:=1 i<>j k>=l m=>n");
        let expected = "a = - 1 b ->> 'x' c || d e @- f g :: int [ ] h := 1 i <> j k >= l m => n";
        assert_eq!(found[0].join(" "), expected);
    }

    #[test]
    fn rows_and_commands_of_psql_are_no_statements() {
        let found =
            words("\\restrict abc'\ncopy t (a) from stdin;\n1\tit's\n2\t;\n\\.\nselect 1;\\unrestrict x\nselect 2");
        assert_eq!(
            found.iter().map(|words| words.join(" ")).collect::<Vec<_>>(),
            ["copy t ( a ) from stdin", "select 1", "select 2"]
        );
    }

    #[test]
    fn what_is_not_ended_is_known() {
        for text in ["select 'a", "select \"a", "select $$ a", "select 1 /* a"] {
            assert!(Statements::new(text).any(|statement| statement.open.is_some()), "{text}");
        }
    }

    #[test]
    fn values_of_strings() {
        for (raw, value) in [
            ("'it''s'", "it's"),
            ("E'a\\n\\'b\\x41\\u00e9'", "a\n'bAé"),
            ("$$a'b$$", "a'b"),
            ("$fn$ x $$ $fn$", " x $$ "),
            ("''", ""),
            ("$$$$", ""),
            ("'", ""),
            ("$$", ""),
            ("$a$", ""),
        ] {
            assert_eq!(text_value(raw), value, "{raw}");
        }
    }
}
