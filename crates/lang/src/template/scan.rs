//! Templates cut into what they put out and what they name, by the engines' delimiters.

use super::expression::{Expr, ExprKind, read};
use crate::ir::Span;

/// A piece of a template that matters.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// A value is put out, as it is (`raw`) or escaped where the engine escapes.
    Output { value: Expr, raw: bool, span: Span },
    /// A variable is bound: to a value, or to the elements of one.
    Bind { name: String, value: Expr, element: bool },
    /// A block begins whose names without a beginning are members of the elements of a value (Handlebars' `each`).
    Within(Expr),
    /// Such a block ends.
    Leave,
}

/// The family of an engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Family {
    /// `{{ x }}`, `{% for %}`: Jinja, Nunjucks, Swig, Twig, Django.
    Jinja,
    /// `{{x}}`, `{{{x}}}`, `{{#each}}`: Mustache, Handlebars.
    Mustache,
    /// `<%= x %>`, `<%- x %>`: EJS, Eta, lodash.
    Ejs,
    /// `= x`, `!= x`, `#{x}`, `!{x}`: Pug.
    Pug,
}

/// Most pieces of one file.
const MAX_PIECES: usize = 20_000;

/// The pieces of a template, in order.
pub(super) fn pieces(family: Family, text: &str) -> Vec<Piece> {
    let mut found = match family {
        Family::Jinja => jinja(text),
        Family::Mustache => mustache(text),
        Family::Ejs => ejs(text),
        Family::Pug => pug(text),
    };
    found.truncate(MAX_PIECES);
    found
}

/// A part between delimiters: its offset and text without whitespace around it.
fn trimmed(text: &str, from: usize, to: usize) -> (&str, u32) {
    let part = text.get(from..to).unwrap_or_default();
    let inner = part.trim_start_matches(['-', '+', '~']).trim_start();
    let at = from + (part.len() - inner.len());
    (inner.trim_end().trim_end_matches(['-', '+', '~']).trim_end(), at as u32)
}

fn output(text: &str, at: u32, raw: bool, start: usize, end: usize) -> Piece {
    Piece::Output { value: read(text, at), raw, span: Span::new(start as u32, end as u32) }
}

/// The end of a delimited part: where the closing delimiter begins, and ends.
fn closing(text: &str, from: usize, close: &str) -> (usize, usize) {
    match text[from..].find(close) {
        Some(at) => (from + at, from + at + close.len()),
        None => (text.len(), text.len()),
    }
}

fn jinja(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut escapes_off: Vec<bool> = Vec::new();
    let mut pos = 0;
    while let Some(at) = text[pos..].find('{').map(|at| pos + at) {
        let rest = &text[at..];
        if rest.starts_with("{#") {
            pos = closing(text, at + 2, "#}").1;
        } else if rest.starts_with("{{") {
            let (end, next) = closing(text, at + 2, "}}");
            let (inner, from) = trimmed(text, at + 2, end);
            found.push(output(inner, from, escapes_off.last() == Some(&true), at, next));
            pos = next;
        } else if rest.starts_with("{%") {
            let (end, next) = closing(text, at + 2, "%}");
            let (inner, from) = trimmed(text, at + 2, end);
            let (word, arguments) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
            let offset = from + (inner.len() - arguments.len()) as u32;
            pos = next;
            match word {
                "raw" | "verbatim" => pos = after_block(text, next, word),
                "autoescape" => escapes_off.push(matches!(arguments.trim(), "false" | "False" | "off")),
                "endautoescape" => _ = escapes_off.pop(),
                "for" => bind_loop(arguments, offset, " in ", &mut found),
                "set" | "with" => bind(arguments, offset, &mut found),
                _ => {}
            }
        } else {
            pos = at + 1;
        }
    }
    found
}

/// Where a block that is not looked into ends.
fn after_block(text: &str, from: usize, word: &str) -> usize {
    text[from..].find(&format!("end{word}")).map_or(text.len(), |at| from + at)
}

/// `x in xs`, `k, v in map.items()`, `const x of xs`.
fn bind_loop(text: &str, at: u32, between: &str, found: &mut Vec<Piece>) {
    let Some(middle) = text.find(between) else { return };
    let (names, of) = (&text[..middle], &text[middle + between.len()..]);
    let value = read(of, at + (middle + between.len()) as u32);
    for name in names.split(|char: char| !(char.is_alphanumeric() || char == '_' || char == '$')) {
        if !name.is_empty() && !matches!(name, "const" | "let" | "var") {
            found.push(Piece::Bind { name: name.to_owned(), value: value.clone(), element: true });
        }
    }
}

/// `x = value`.
fn bind(text: &str, at: u32, found: &mut Vec<Piece>) {
    let Some((name, value)) = text.split_once('=') else { return };
    let offset = at + (name.len() + 1) as u32;
    let name = name.trim().rsplit(char::is_whitespace).next().unwrap_or_default();
    if !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || char == '_' || char == '$') {
        found.push(Piece::Bind { name: name.to_owned(), value: read(value, offset), element: false });
    }
}

fn mustache(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut blocks: Vec<bool> = Vec::new();
    let mut pos = 0;
    while let Some(at) = text[pos..].find("{{").map(|at| pos + at) {
        let rest = &text[at..];
        if rest.starts_with("{{!--") {
            pos = closing(text, at, "--}}").1;
            continue;
        }
        let triple = rest.starts_with("{{{");
        let (end, next) = closing(text, at + 2 + usize::from(triple), if triple { "}}}" } else { "}}" });
        let (inner, from) = trimmed(text, at + 2 + usize::from(triple), end);
        pos = next;
        match inner.as_bytes().first() {
            Some(b'!' | b'>' | b'^') | None => {}
            Some(b'#') => blocks.push(open_block(&inner[1..], from + 1, &mut found)),
            Some(b'/') => {
                if blocks.pop() == Some(true) {
                    found.push(Piece::Leave);
                }
            }
            Some(b'&') => found.push(output(&inner[1..], from + 1, true, at, next)),
            Some(_) if inner == "else" => {}
            Some(_) => found.push(helper(inner, from, triple, at, next)),
        }
    }
    found
}

/// `{{#each posts as |post|}}`, `{{#posts}}`; whether names inside are members of its elements.
fn open_block(text: &str, at: u32, found: &mut Vec<Piece>) -> bool {
    let (word, arguments) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let offset = at + (text.len() - arguments.len()) as u32;
    match word {
        "if" | "unless" | "else" => false,
        "each" | "with" | "foreach" => {
            let (of, names) = arguments.split_once(" as ").unwrap_or((arguments, ""));
            let name = names.trim().trim_matches('|').split_whitespace().next().unwrap_or_default();
            if name.is_empty() {
                found.push(Piece::Within(read(of, offset)));
                return true;
            }
            found.push(Piece::Bind { name: name.to_owned(), value: read(of, offset), element: word != "with" });
            false
        }
        _ => {
            found.push(Piece::Within(read(word, at)));
            true
        }
    }
}

/// `{{helper a b}}` puts out what the helper makes of its arguments.
fn helper(inner: &str, from: u32, raw: bool, start: usize, end: usize) -> Piece {
    let mut piece = output(inner, from, raw, start, end);
    if let Piece::Output { value, .. } = &mut piece
        && inner.contains(char::is_whitespace)
        && let ExprKind::Mix(parts) = &mut value.kind
        && parts.len() > 1
    {
        let args = parts.split_off(1);
        if let Some(callee) = parts.pop() {
            value.kind = ExprKind::Call(Box::new(callee), args);
        }
    }
    piece
}

fn ejs(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut pos = 0;
    while let Some(at) = text[pos..].find("<%").map(|at| pos + at) {
        let (end, next) = closing(text, at + 2, "%>");
        pos = next;
        let sign = text[at + 2..end].chars().next();
        let skip = sign.filter(|sign| matches!(sign, '=' | '-' | '#' | '_' | '%' | '~')).map_or(0, char::len_utf8);
        let (inner, from) = trimmed(text, at + 2 + skip, end);
        let inner = inner.trim_end_matches(';');
        match sign {
            Some('=') => found.push(output(inner, from, false, at, next)),
            // Parts of the page are read by themselves.
            Some('-' | '~') if inner.starts_with("include") => {}
            Some('-' | '~') => found.push(output(inner, from, true, at, next)),
            Some('#' | '%') => {}
            _ => statement(inner, from, &mut found),
        }
    }
    found
}

/// Loops and declarations of JavaScript.
fn statement(text: &str, at: u32, found: &mut Vec<Piece>) {
    if let Some(rest) = text.strip_prefix("for").map(str::trim_start).and_then(|rest| rest.strip_prefix('(')) {
        let offset = at + (text.len() - rest.len()) as u32;
        let of = if rest.contains(" of ") { " of " } else { " in " };
        let end = rest.rfind(')').unwrap_or(rest.len());
        bind_loop(&rest[..end], offset, of, found);
        return;
    }
    for method in [".forEach(", ".map(", ".each("] {
        if let Some(middle) = text.find(method) {
            let start = text[..middle]
                .rfind(|char: char| char.is_whitespace() || matches!(char, '=' | '('))
                .map_or(0, |at| at + 1);
            let (list, rest) = (&text[start..middle], &text[middle + method.len()..]);
            let name = rest
                .trim_start_matches("async")
                .trim_start()
                .trim_start_matches("function")
                .trim_start()
                .trim_start_matches('(');
            let name: String =
                name.chars().take_while(|char| char.is_alphanumeric() || matches!(char, '_' | '$')).collect();
            if !name.is_empty() {
                found.push(Piece::Bind { name, value: read(list, at + start as u32), element: true });
            }
            return;
        }
    }
    if ["const ", "let ", "var "].iter().any(|word| text.starts_with(word)) {
        bind(text, at, found);
    }
}

fn pug(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        let at = start + (line.len() - line.trim_start().len());
        start += line.len();
        if body.starts_with("//") {
            continue;
        }
        let words = body.strip_prefix("each ").or_else(|| body.strip_prefix("for "));
        if let Some(words) = words {
            bind_loop(words, (at + body.len() - words.len()) as u32, " in ", &mut found);
            continue;
        }
        if let Some(code) = body.strip_prefix("- ") {
            statement(code, (at + 2) as u32, &mut found);
            continue;
        }
        // The sign behind the tag, its classes and its attributes.
        let mut depth = 0usize;
        let signs = body.char_indices().take_while(|(_, char)| {
            match char {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth > 0 || !char.is_whitespace()
        });
        let tag = signs.last().map_or(0, |(at, char)| at + char.len_utf8());
        let head = &body[..tag];
        for (sign, raw) in [("!=", true), ("=", false)] {
            if let Some(before) = head.strip_suffix(sign)
                && !before.ends_with(['=', '<', '>'])
            {
                found.push(output(body[tag..].trim(), (at + tag) as u32, raw, at, at + body.len()));
                break;
            }
        }
        for (open, raw) in [("!{", true), ("#{", false)] {
            for (from, _) in body.match_indices(open).take(64) {
                let (end, next) = closing(body, from + 2, "}");
                found.push(output(&body[from + 2..end], (at + from + 2) as u32, raw, at + from, at + next));
            }
        }
    }
    found
}
