//! Expressions in templates, as far as it matters which values they are made of: paths, calls, filters.
//!
//! One reader for all engines: what stands between operators is kept, conditions are not (their outcome is no text).

use crate::ir::Span;

/// Deepest nesting of brackets and calls.
const MAX_DEPTH: usize = 24;
/// Most parts of one expression.
const MAX_PARTS: usize = 64;

/// An expression, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expr {
    pub(super) kind: ExprKind,
    pub(super) span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ExprKind {
    /// A variable.
    Name(String),
    /// A member or constant item.
    Member(Box<Expr>, String),
    /// An item that is not a constant, or an element of a list.
    Element(Box<Expr>),
    /// A call.
    Call(Box<Expr>, Vec<Expr>),
    /// `value | name(arguments)`.
    Filter(String, Box<Expr>, Vec<Expr>),
    /// Put together from several.
    Mix(Vec<Expr>),
}

/// Reads an expression; `at` is the offset of its first byte in the file.
pub(super) fn read(text: &str, at: u32) -> Expr {
    let mut reader = Reader { text, bytes: text.as_bytes(), pos: 0, at };
    reader.mix(&[], 0)
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    pos: usize,
    at: u32,
}

impl Reader<'_> {
    fn span(&self, from: usize) -> Span {
        Span::new(self.at + from as u32, self.at + self.pos as u32)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.pos += 1;
        }
    }

    /// Everything up to one of these closing bytes, which is passed over.
    fn mix(&mut self, closing: &[u8], depth: usize) -> Expr {
        let from = self.pos;
        let mut parts: Vec<Expr> = Vec::new();
        let mut is_truth = false;
        loop {
            self.skip_space();
            let Some(byte) = self.peek() else { break };
            if closing.contains(&byte) {
                break;
            }
            match byte {
                b'?' if self.bytes.get(self.pos + 1) != Some(&b'.') => {
                    // What stood before was a condition.
                    self.pos += 1;
                    parts.clear();
                    is_truth = false;
                }
                b'|' if self.bytes.get(self.pos + 1) != Some(&b'|') => {
                    self.pos += 1;
                    self.filter(&mut parts, depth);
                }
                b'|' => self.pos += 2,
                b'&' if self.bytes.get(self.pos + 1) == Some(&b'&') => {
                    self.pos += 2;
                    parts.clear();
                }
                b'=' | b'!' | b'<' | b'>' => {
                    is_truth |= byte != b'!' || self.bytes.get(self.pos + 1) == Some(&b'=');
                    self.pos += 1;
                }
                _ => self.part(&mut parts, &mut is_truth, closing, depth),
            }
            if parts.len() > MAX_PARTS {
                parts.truncate(MAX_PARTS);
            }
        }
        if is_truth {
            parts.clear();
        }
        match parts.len() {
            1 => parts.swap_remove(0),
            _ => Expr { kind: ExprKind::Mix(parts), span: self.span(from) },
        }
    }

    fn part(&mut self, parts: &mut Vec<Expr>, is_truth: &mut bool, closing: &[u8], depth: usize) {
        let from = self.pos;
        let byte = self.bytes[self.pos];
        if byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$' | b'@') {
            let word = self.word();
            match word.as_str() {
                // Jinja's `a if condition else b`.
                "if" => self.condition(closing),
                "else" | "await" | "new" | "true" | "false" | "True" | "False" | "null" | "None" | "undefined" => {}
                "not" | "in" | "is" | "typeof" => *is_truth = true,
                "and" => parts.clear(),
                "or" => {}
                _ => {
                    let name = Expr { kind: ExprKind::Name(word), span: self.span(from) };
                    parts.push(self.postfix(name, from, depth));
                }
            }
        } else if matches!(byte, b'"' | b'\'' | b'`') {
            self.string(byte, parts, depth);
        } else if byte == b'(' || byte == b'[' {
            self.pos += 1;
            let close = if byte == b'(' { b')' } else { b']' };
            if depth >= MAX_DEPTH {
                self.pos = self.bytes.len();
                return;
            }
            let inner = self.list(close, depth + 1);
            parts.extend(inner);
        } else {
            // Operators, numbers, and what is not ASCII: passed over, a whole character at a time.
            self.pos += self.text[self.pos..].chars().next().map_or(1, char::len_utf8);
        }
    }

    fn word(&mut self) -> String {
        let from = self.pos;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@')) {
            self.pos += 1;
        }
        self.text[from..self.pos].to_owned()
    }

    /// Passes over a condition, up to `else`.
    fn condition(&mut self, closing: &[u8]) {
        while let Some(byte) = self.peek() {
            if closing.contains(&byte) {
                return;
            }
            if self.text[self.pos..].starts_with("else") {
                return;
            }
            self.pos += self.text[self.pos..].chars().next().map_or(1, char::len_utf8);
        }
    }

    /// A string; what a template literal of JavaScript has pasted in counts.
    fn string(&mut self, quote: u8, parts: &mut Vec<Expr>, depth: usize) {
        self.pos += 1;
        while let Some(byte) = self.peek() {
            if byte == quote {
                self.pos += 1;
                return;
            }
            if byte == b'\\' {
                self.pos += 1;
            } else if quote == b'`' && byte == b'$' && self.bytes.get(self.pos + 1) == Some(&b'{') && depth < MAX_DEPTH
            {
                self.pos += 2;
                parts.push(self.mix(b"}", depth + 1));
            }
            self.pos += self.text.get(self.pos..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        }
    }

    /// Expressions between commas, up to a closing byte, which is passed over.
    fn list(&mut self, close: u8, depth: usize) -> Vec<Expr> {
        let mut found = Vec::new();
        while self.pos < self.bytes.len() {
            let item = self.mix(&[b',', close], depth);
            if item.kind != ExprKind::Mix(Vec::new()) && found.len() < MAX_PARTS {
                found.push(item);
            }
            let ended = self.peek() != Some(b',');
            self.pos += 1;
            if ended {
                break;
            }
        }
        self.pos = self.pos.min(self.bytes.len());
        found
    }

    /// Members, items and calls behind a value.
    fn postfix(&mut self, mut value: Expr, from: usize, depth: usize) -> Expr {
        for _ in 0..MAX_DEPTH {
            let rest = &self.text[self.pos..];
            let dots = if rest.starts_with("?.") { 2 } else { usize::from(rest.starts_with('.')) };
            let next = self.bytes.get(self.pos + dots).copied();
            let kind =
                if dots > 0 && next.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')) {
                    self.pos += dots;
                    ExprKind::Member(Box::new(value), self.word())
                } else if next == Some(b'[') && depth < MAX_DEPTH {
                    self.pos += dots + 1;
                    let inner = self.pos;
                    let _ = self.mix(b"]", depth + 1);
                    let key = self.text[inner..self.pos].trim();
                    let constant =
                        key.strip_prefix(['"', '\'']).and_then(|key| key.strip_suffix(['"', '\''])).map(str::to_owned);
                    self.pos = (self.pos + 1).min(self.bytes.len());
                    match constant {
                        Some(key) => ExprKind::Member(Box::new(value), key),
                        None => ExprKind::Element(Box::new(value)),
                    }
                } else if next == Some(b'(') && depth < MAX_DEPTH {
                    self.pos += dots + 1;
                    ExprKind::Call(Box::new(value), self.list(b')', depth + 1))
                } else {
                    break;
                };
            value = Expr { kind, span: self.span(from) };
        }
        value
    }

    /// A filter on the value before it.
    fn filter(&mut self, parts: &mut Vec<Expr>, depth: usize) {
        self.skip_space();
        let name = self.word();
        if name.is_empty() {
            return;
        }
        let mut args = Vec::new();
        if self.peek() == Some(b'(') && depth < MAX_DEPTH {
            self.pos += 1;
            args = self.list(b')', depth + 1);
        }
        if let Some(value) = parts.pop() {
            let span = value.span;
            let span = Span::new(span.start, self.at + self.pos as u32);
            parts.push(Expr { kind: ExprKind::Filter(name, Box::new(value), args), span });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(expr: &Expr) -> String {
        let all = |exprs: &[Expr]| exprs.iter().map(shown).collect::<Vec<_>>().join(", ");
        match &expr.kind {
            ExprKind::Name(name) => name.clone(),
            ExprKind::Member(of, key) => format!("{}.{key}", shown(of)),
            ExprKind::Element(of) => format!("{}[]", shown(of)),
            ExprKind::Call(of, args) => format!("{}({})", shown(of), all(args)),
            ExprKind::Filter(name, of, args) => format!("{name}!({}; {})", shown(of), all(args)),
            ExprKind::Mix(of) => format!("<{}>", all(of)),
        }
    }

    #[test]
    fn values_are_told_from_conditions() {
        let read = |text| shown(&read(text, 0));
        assert_eq!(read("post.text | safe"), "safe!(post.text; )");
        assert_eq!(read("marked(doc.memo)"), "marked(doc.memo)");
        assert_eq!(read("a ? b : c.d['e']"), "<b, c.d.e>");
        assert_eq!(read("a if b == c else d"), "<a, d>");
        assert_eq!(read("x == y"), "<>");
        assert_eq!(read("'é' ~ name|upper ~ rows[at]"), "<upper!(name; ), rows[]>");
        assert_eq!(read("`<b>${user?.name}</b>`"), "user.name");
        assert_eq!(read("x || y && z"), "z");
    }

    #[test]
    fn any_text_is_read_to_its_end() {
        for text in ["(((((((", "a[", "a(b", "'", "`${", "|", "a|", "é.ü", "a\\", "`\\é`"] {
            let _ = read(text, 0);
        }
        let deep = "(".repeat(50_000);
        let _ = read(&deep, 0);
        let calls = "a(".repeat(50_000);
        let _ = read(&calls, 0);
    }
}
