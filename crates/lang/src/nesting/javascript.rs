//! The nesting of JavaScript and TypeScript.
//!
//! What only a parser can tell (division or regular expression, comparison or JSX, end of a statement without a
//! semicolon) is guessed from the token before.

use super::{Meter, line_end, skip_string, word_end};
use crate::Dialect;

/// What opened a level.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Root,
    /// `(`; whether it is the condition of a statement.
    Round(bool),
    Square,
    /// `{`; whether it is an object rather than a block.
    Curly(bool),
    /// The text of a template literal.
    Template,
    /// `${` in a template literal.
    Substitution,
    /// A JSX tag that is not closed yet.
    Tag,
    /// What stands between JSX tags.
    Children,
}

/// The token before, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Previous {
    /// It may end an expression.
    Operand,
    /// It ends a block, or the condition of a statement: a statement may follow.
    Statement,
    /// `=>`, or a keyword that a block may follow.
    Opener,
    /// A dot: a name follows, whatever it looks like.
    Dot,
    /// An expression must follow.
    Operator,
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    meter: Meter<Kind>,
    dialect: Dialect,
    previous: Previous,
    /// Whether a statement has ended unless what follows continues it.
    may_end: bool,
    /// Whether the last word was `if`, `while`, `for` or `with`.
    after_control: bool,
}

/// The offset at which `bytes` nests too deep.
pub(super) fn too_deep(bytes: &[u8], dialect: Dialect) -> Option<usize> {
    let mut scan = Scan {
        bytes,
        at: if bytes.starts_with(b"#!") { line_end(bytes, 0) } else { 0 },
        meter: Meter::new(Kind::Root),
        dialect,
        previous: Previous::Opener,
        may_end: false,
        after_control: false,
    };
    while scan.at < bytes.len() {
        match scan.meter.kind() {
            Kind::Template => scan.template(),
            Kind::Tag => scan.tag(),
            Kind::Children => scan.children(),
            _ => scan.code(),
        }
        if scan.meter.is_too_deep() {
            return Some(scan.at);
        }
    }
    None
}

impl Scan<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// One token of code, or what stands between tokens.
    fn code(&mut self) {
        let byte = self.bytes[self.at];
        match byte {
            b'\n' => {
                self.at += 1;
                let in_statements = matches!(self.meter.kind(), Kind::Root | Kind::Curly(false));
                self.may_end |= in_statements && self.previous == Previous::Operand;
            }
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'/' if self.peek(1) == b'/' => self.at = line_end(self.bytes, self.at),
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            _ if super::is_word(byte) => self.word(),
            _ => self.punctuation(byte),
        }
    }

    fn block_comment(&mut self) {
        let end = self.bytes[self.at + 2..].windows(2).position(|pair| pair == b"*/");
        self.at = end.map_or(self.bytes.len(), |length| self.at + 2 + length + 2);
    }

    fn word(&mut self) {
        let end = word_end(self.bytes, self.at);
        let word = &self.bytes[self.at..end];
        self.at = end;
        if self.previous == Previous::Dot {
            self.previous = Previous::Operand;
            return;
        }
        let continues = matches!(word, b"instanceof" | b"in" | b"of" | b"as" | b"satisfies" | b"catch" | b"finally");
        if std::mem::take(&mut self.may_end) && !continues {
            // `else` nests in the `if` before it, however many statements lie between.
            if word == b"else" { self.meter.end_element() } else { self.meter.end_statement() }
        }
        self.after_control = false;
        self.previous = Previous::Operator;
        match word {
            b"else" => {
                self.meter.sticky_link();
                self.previous = Previous::Opener;
            }
            b"do" | b"try" | b"finally" => {
                self.meter.link();
                self.previous = Previous::Opener;
            }
            b"if" | b"while" | b"for" | b"with" => {
                self.meter.link();
                self.after_control = true;
                self.previous = Previous::Operand;
            }
            b"typeof" | b"void" | b"delete" | b"await" | b"yield" | b"new" | b"in" | b"of" | b"instanceof"
            | b"keyof" | b"extends" | b"infer" => self.meter.link(),
            b"return" | b"throw" | b"case" | b"default" => {}
            b"async" | b"as" | b"satisfies" | b"is" | b"readonly" | b"unique" | b"abstract" | b"function"
            | b"class" => {
                self.meter.link();
                self.previous = Previous::Operand;
            }
            _ => self.previous = Previous::Operand,
        }
    }

    fn punctuation(&mut self, byte: u8) {
        let may_end = std::mem::take(&mut self.may_end);
        if may_end && matches!(byte, b'@' | b'#' | b'"' | b'\'' | b'{') {
            self.meter.end_statement();
        }
        let control = std::mem::take(&mut self.after_control);
        match byte {
            b'"' | b'\'' => {
                self.at = skip_string(self.bytes, self.at, 1);
                self.previous = Previous::Operand;
            }
            b'`' => {
                self.at += 1;
                self.meter.link();
                self.meter.open(Kind::Template);
            }
            b'(' => self.open(Kind::Round(control)),
            b'[' => self.open(Kind::Square),
            b'{' => self.open(Kind::Curly(self.previous == Previous::Operator)),
            b')' | b']' | b'}' => self.closing(byte),
            b',' => {
                self.at += 1;
                self.meter.end_element();
                self.previous = Previous::Operator;
            }
            b';' => {
                self.at += 1;
                self.meter.end_element();
                self.may_end = true;
                self.previous = Previous::Statement;
            }
            b'<' if self.starts_jsx() => {
                self.at += 1;
                self.meter.open(Kind::Tag);
            }
            b'/' if self.previous != Previous::Operand => self.regex(),
            _ => self.operator(byte),
        }
    }

    fn open(&mut self, kind: Kind) {
        self.at += 1;
        self.meter.open(kind);
        self.previous = if matches!(kind, Kind::Curly(_)) { Previous::Statement } else { Previous::Operator };
    }

    fn closing(&mut self, byte: u8) {
        self.at += 1;
        let kind = self.meter.kind();
        let matches = match kind {
            Kind::Round(_) => byte == b')',
            Kind::Square => byte == b']',
            Kind::Curly(_) | Kind::Substitution => byte == b'}',
            _ => false,
        };
        if matches {
            self.meter.close();
        }
        self.previous = Previous::Operand;
        match kind {
            Kind::Round(true) => self.previous = Previous::Statement,
            Kind::Curly(false) => {
                self.previous = Previous::Statement;
                self.may_end = true;
            }
            _ => {}
        }
        self.meter.link();
    }

    fn operator(&mut self, byte: u8) {
        self.at += 1;
        if !(byte == b'|' && self.is_union_of_literals()) {
            self.meter.link();
        }
        let may_have_types = self.dialect != Dialect::JavaScript;
        if may_have_types && byte == b'<' && !matches!(self.peek(0), b'<' | b'=') {
            self.meter.open_types();
        }
        self.previous = match byte {
            b'.' => Previous::Dot,
            // After an operand these are postfix operators or assertions of TypeScript.
            b'+' | b'-' if self.peek(0) == byte && self.previous == Previous::Operand => {
                self.at += 1;
                Previous::Operand
            }
            b'!' if self.previous == Previous::Operand && self.peek(0) != b'=' => Previous::Operand,
            b'=' if self.peek(0) == b'>' => {
                self.at += 1;
                Previous::Opener
            }
            b'#' | b'@' => Previous::Dot,
            _ => Previous::Operator,
        };
        // `!`, `~`, `+` and `-` may each be an operator of its own.
        if !matches!(byte, b'!' | b'~' | b'+' | b'-') {
            while matches!(self.peek(0), b'=' | b'&' | b'|' | b'?' | b'*' | b'>' | b'.') {
                if self.peek(0) == b'.' {
                    self.previous = Previous::Dot;
                }
                if self.peek(0) == b'>' {
                    self.meter.close_types();
                }
                self.at += 1;
            }
            if byte == b'>' {
                self.meter.close_types();
            }
            if self.bytes[..self.at].ends_with(b"..") {
                self.previous = Previous::Operator;
            }
        }
    }

    /// Whether a `|` just passed separates literal types, of which generated code has thousands side by side.
    fn is_union_of_literals(&self) -> bool {
        let follows = self.bytes[self.at..].iter().find(|byte| !byte.is_ascii_whitespace());
        self.dialect != Dialect::JavaScript && matches!(follows, Some(b'"' | b'\''))
    }

    /// A regular expression, or a division when nothing closes it on the line.
    fn regex(&mut self) {
        let mut in_class = false;
        let mut at = self.at + 1;
        loop {
            match self.bytes.get(at) {
                None | Some(b'\n') => return self.operator(b'/'),
                Some(b'\\') => at += 1,
                Some(b'[') => in_class = true,
                Some(b']') => in_class = false,
                Some(b'/') if !in_class => break,
                Some(_) => {}
            }
            at += 1;
        }
        self.at = word_end(self.bytes, at + 1);
        self.previous = Previous::Operand;
    }

    fn template(&mut self) {
        match self.bytes[self.at] {
            b'\\' => self.at += 2,
            b'`' => {
                self.at += 1;
                self.meter.close();
                self.previous = Previous::Operand;
            }
            b'$' if self.peek(1) == b'{' => {
                self.at += 2;
                self.meter.open(Kind::Substitution);
                self.previous = Previous::Operator;
            }
            _ => self.at += 1,
        }
    }

    /// Whether the `<` here starts a JSX element rather than being a comparison or opening type parameters.
    fn starts_jsx(&self) -> bool {
        let next = self.peek(1);
        if self.dialect == Dialect::TypeScript
            || self.previous == Previous::Operand
            || !(next == b'>' || next.is_ascii_alphabetic() || matches!(next, b'_' | b'$'))
        {
            return false;
        }
        if self.dialect == Dialect::JavaScript || next == b'>' {
            return true;
        }
        let end = word_end(self.bytes, self.at + 1);
        let rest = &self.bytes[end..];
        let word = &self.bytes[self.at + 1..end];
        !(word == b"const" || rest.starts_with(b",") || rest.starts_with(b">(") || rest.starts_with(b" extends "))
    }

    fn tag(&mut self) {
        match self.bytes[self.at] {
            quote @ (b'"' | b'\'') => {
                let end = self.bytes[self.at + 1..].iter().position(|&byte| byte == quote);
                self.at = end.map_or(self.bytes.len(), |length| self.at + length + 2);
            }
            b'{' => self.open(Kind::Curly(true)),
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'/' if self.peek(1) == b'/' => self.at = line_end(self.bytes, self.at),
            b'/' if self.peek(1) == b'>' => {
                self.at += 2;
                self.meter.close();
                self.previous = Previous::Operand;
            }
            b'>' => {
                self.at += 1;
                self.meter.close();
                self.meter.open(Kind::Children);
            }
            _ => self.at += 1,
        }
    }

    fn children(&mut self) {
        match self.bytes[self.at] {
            b'{' => self.open(Kind::Curly(true)),
            b'<' if self.peek(1) == b'/' => {
                let end = self.bytes[self.at..].iter().position(|&byte| byte == b'>');
                self.at = end.map_or(self.bytes.len(), |length| self.at + length + 1);
                self.meter.close();
                self.previous = Previous::Operand;
            }
            b'<' => {
                self.at += 1;
                self.meter.open(Kind::Tag);
            }
            _ => self.at += 1,
        }
    }
}
