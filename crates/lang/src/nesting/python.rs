//! The nesting of Python.

use super::{Meter, is_run, line_end, skip_string, word_end};

/// What opened a level.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Root,
    /// `(`, `[` or `{`.
    Bracket(u8),
    /// The text of an f-string; the quote, and how many of it (1 or 3).
    Text(u8, usize),
    /// A replacement field of an f-string.
    Field,
    /// The format of a replacement field, which is text again.
    Format(u8, usize),
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    meter: Meter<Kind>,
    /// Widths of the indentations around the current line.
    indents: Vec<usize>,
}

/// The offset at which `bytes` nests too deep.
pub(super) fn too_deep(bytes: &[u8]) -> Option<usize> {
    let mut scan = Scan { bytes, at: 0, meter: Meter::new(Kind::Root), indents: Vec::new() };
    scan.start_line();
    while scan.at < bytes.len() {
        match scan.meter.kind() {
            Kind::Text(quote, width) => scan.text(quote, width, false),
            Kind::Format(quote, width) => scan.text(quote, width, true),
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

    /// One token of code.
    fn code(&mut self) {
        let byte = self.bytes[self.at];
        match byte {
            b' ' | b'\t' | b'\x0c' => self.at += 1,
            b'\n' | b'\r' => {
                self.at += 1;
                self.start_line();
            }
            b'#' => self.at = line_end(self.bytes, self.at),
            b'\\' => self.at += if self.bytes[self.at..].starts_with(b"\\\r\n") { 3 } else { 2 },
            b'"' | b'\'' => self.string(false),
            b'(' | b'[' | b'{' => {
                self.at += 1;
                self.meter.open(Kind::Bracket(byte));
            }
            b')' | b']' | b'}' => self.closing(byte),
            b',' => {
                self.at += 1;
                self.meter.end_element();
            }
            b';' => {
                self.at += 1;
                self.meter.end_statement();
            }
            b':' if self.meter.kind() == Kind::Field => {
                self.at += 1;
                let (quote, width) = self.enclosing_text();
                self.meter.open(Kind::Format(quote, width));
            }
            _ if super::is_word(byte) => self.word(),
            _ => self.operator(),
        }
    }

    fn operator(&mut self) {
        let byte = self.bytes[self.at];
        self.meter.link();
        self.at += 1;
        // `-`, `+` and `~` may each be an operator of its own.
        if !matches!(byte, b'-' | b'+' | b'~') {
            // No operator is longer than three bytes.
            let more =
                (0..2).take_while(|&ahead| matches!(self.peek(ahead), b'=' | b'*' | b'/' | b'<' | b'>' | b'&' | b'|'));
            self.at += more.count();
        }
    }

    /// The quote of the f-string around the current replacement field.
    fn enclosing_text(&self) -> (u8, usize) {
        let texts = self.meter.levels.iter().rev().filter_map(|level| match level.kind {
            Kind::Text(quote, width) => Some((quote, width)),
            _ => None,
        });
        texts.take(1).next().unwrap_or((b'"', 1))
    }

    fn closing(&mut self, byte: u8) {
        self.at += 1;
        let matches = match self.meter.kind() {
            Kind::Bracket(b'(') => byte == b')',
            Kind::Bracket(b'[') => byte == b']',
            Kind::Bracket(_) | Kind::Field => byte == b'}',
            _ => false,
        };
        if matches {
            self.meter.close();
        }
        // A call or an index, or else at least nothing that makes the estimate too low.
        self.meter.link();
    }

    fn word(&mut self) {
        let end = word_end(self.bytes, self.at);
        let word = &self.bytes[self.at..end];
        self.at = end;
        if matches!(self.peek(0), b'"' | b'\'') && is_prefix(word) {
            let formatted = word.iter().any(|byte| matches!(byte, b'f' | b'F' | b't' | b'T'));
            return self.string(formatted);
        }
        match word {
            b"lambda" => self.meter.sticky_link(),
            b"not" | b"and" | b"or" | b"if" | b"else" | b"for" | b"in" | b"is" | b"await" | b"async" | b"yield"
            | b"from" | b"as" | b"while" | b"with" | b"def" | b"class" | b"try" | b"match" | b"case" => {
                self.meter.link();
            }
            _ => {}
        }
    }

    /// A string literal, whose quote is here.
    fn string(&mut self, formatted: bool) {
        let quote = self.bytes[self.at];
        let width = if is_run(self.bytes, self.at, quote, 3) { 3 } else { 1 };
        if formatted {
            self.at += width;
            self.meter.open(Kind::Text(quote, width));
        } else {
            self.at = skip_string(self.bytes, self.at, width);
        }
    }

    /// A step through the text of an f-string.
    fn text(&mut self, quote: u8, width: usize, format: bool) {
        match self.bytes[self.at] {
            b'\\' if self.peek(1) != b'{' => self.at += 2,
            b'{' if !format && self.peek(1) == b'{' => self.at += 2,
            b'{' => {
                self.at += 1;
                self.meter.open(Kind::Field);
            }
            b'}' if format => {
                self.at += 1;
                self.meter.close();
                self.meter.close();
            }
            b'\n' if width == 1 => self.close_text(),
            byte if byte == quote && is_run(self.bytes, self.at, quote, width) => {
                self.at += width;
                self.close_text();
            }
            _ => self.at += 1,
        }
    }

    /// Closes the innermost f-string and what is open in it.
    fn close_text(&mut self) {
        while !matches!(self.meter.kind(), Kind::Text(..) | Kind::Root) {
            self.meter.close();
        }
        self.meter.close();
    }

    /// The start of a physical line.
    fn start_line(&mut self) {
        let start = self.at;
        while matches!(self.peek(0), b' ' | b'\t' | b'\x0c') {
            self.at += 1;
        }
        if self.meter.depth() > 0 {
            // A bracket that was never closed: the parsers take up again at the next statement.
            let end = word_end(self.bytes, self.at);
            if matches!(&self.bytes[self.at..end], b"def" | b"class" | b"import" | b"return" | b"raise" | b"while") {
                self.meter.end_statement();
            }
            return;
        }
        self.meter.end_statement();
        if matches!(self.peek(0), b'\n' | b'\r' | b'#') {
            return;
        }
        let width = self.at - start;
        while self.indents.pop_if(|outer| *outer >= width).is_some() {
            self.meter.total -= 1;
        }
        if width > 0 {
            self.indents.push(width);
            self.meter.total += 1;
        }
    }
}

/// Whether a word before a quote is a string prefix.
fn is_prefix(word: &[u8]) -> bool {
    word.len() <= 2 && word.iter().all(|byte| matches!(byte.to_ascii_lowercase(), b'r' | b'b' | b'u' | b'f' | b't'))
}
