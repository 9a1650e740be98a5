//! Text pasted into SQL that PL/pgSQL runs: parameters joined with `||`, or by `format` with `%s`.

use std::collections::BTreeSet;

use crate::catalogue::Function;
use crate::matrix::tokens::{Kind, Token};

/// One paste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Paste {
    /// What is pasted.
    pub(super) value: String,
    /// How.
    pub(super) how: &'static str,
    /// Offset of the `EXECUTE` in the body.
    pub(super) at: usize,
}

/// Functions whose result is safe in SQL, whatever they are given.
const QUOTING: &[&str] =
    &["quote_ident", "quote_literal", "quote_nullable", "length", "count", "to_regclass", "md5", "encode"];

/// Rounds in which variables made of variables are found.
const ROUNDS: usize = 4;

/// The statements that are run with text of a caller in them; one for each value and statement.
pub(super) fn pastes(function: &Function, found: &[Token<'_>]) -> Vec<Paste> {
    let mut texts: BTreeSet<String> = function
        .arguments
        .iter()
        .filter(|argument| argument.mode.is_input() && is_text(&argument.type_name))
        .filter_map(|argument| argument.name.as_ref().map(|name| name.to_lowercase()))
        .collect();
    if texts.is_empty() {
        return Vec::new();
    }
    for _ in 0..ROUNDS {
        let before = texts.len();
        for at in (1..found.len()).filter(|at| found[*at].sign(":=")) {
            let Some(name) = found[at - 1].word() else { continue };
            let end = end_of(found, at + 1);
            if pasted(&found[at + 1..end], &texts).is_some() {
                texts.insert(name.to_owned());
            }
        }
        if texts.len() == before {
            break;
        }
    }
    let mut pastes = Vec::new();
    for at in (0..found.len()).filter(|at| runs(found, *at)) {
        let end = end_of(found, at + 1);
        if let Some((value, how)) = pasted(&found[at + 1..end], &texts) {
            pastes.push(Paste { value, how, at: found[at].at });
        }
    }
    pastes
}

/// Whether the token is the `EXECUTE` that runs a text.
fn runs(found: &[Token<'_>], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| &found[before]);
    let next = found.get(at + 1);
    let grant =
        before.is_some_and(|before| before.is("grant") || before.is("revoke") || before.is("all") || before.sign(","));
    found[at].is("execute")
        && !grant
        && next.is_some_and(|next| !["function", "procedure", "on"].iter().any(|word| next.is(word)))
}

fn is_text(type_name: &str) -> bool {
    let base = type_name.trim_end_matches("[]");
    base == "text"
        || base.starts_with("character")
        || matches!(base, "varchar" | "name" | "json" | "jsonb" | "citext" | "public.citext")
}

/// End of the expression: `;`, or `USING`, `INTO`, `LOOP` outside of parentheses.
fn end_of(found: &[Token<'_>], from: usize) -> usize {
    let mut depth = 0i32;
    for (at, token) in found.iter().enumerate().skip(from) {
        match &token.kind {
            Kind::Sign("(") => depth += 1,
            Kind::Sign(")") => depth -= 1,
            Kind::Sign(";") => return at,
            Kind::Word(word) if depth <= 0 && matches!(word.as_str(), "using" | "into" | "loop" | "then") => return at,
            _ => {}
        }
    }
    found.len()
}

/// The first of the texts that is in the expression as it is, and how it got there.
fn pasted(expression: &[Token<'_>], texts: &BTreeSet<String>) -> Option<(String, &'static str)> {
    // Names of the calls around the token, each with the index of its argument and, of `format`, the pattern.
    let mut around: Vec<(String, usize, Option<&str>)> = Vec::new();
    for (at, token) in expression.iter().enumerate() {
        match &token.kind {
            Kind::Sign("(") => {
                let name =
                    at.checked_sub(1).and_then(|before| expression[before].word()).unwrap_or_default().to_owned();
                let pattern = match expression.get(at + 1).map(|token| &token.kind) {
                    Some(Kind::Text(pattern)) if name == "format" => Some(*pattern),
                    _ => None,
                };
                around.push((name, 0, pattern));
            }
            Kind::Sign(")") => {
                around.pop();
            }
            Kind::Sign(",") => {
                if let Some((_, argument, _)) = around.last_mut() {
                    *argument += 1;
                }
            }
            Kind::Word(word) if texts.contains(word) => {
                let member = at.checked_sub(1).is_some_and(|before| expression[before].sign("."));
                let called = expression.get(at + 1).is_some_and(|next| next.sign("("));
                let cast = expression.get(at + 1).is_some_and(|next| next.sign("::"))
                    && !expression.get(at + 2).and_then(Token::word).is_some_and(is_text);
                if member || called || cast || around.iter().any(|(name, ..)| QUOTING.contains(&name.as_str())) {
                    continue;
                }
                if let Some(how) = how(&around) {
                    return Some((word.clone(), how));
                }
            }
            _ => {}
        }
    }
    None
}

fn how(around: &[(String, usize, Option<&str>)]) -> Option<&'static str> {
    match around.iter().rev().find(|(name, ..)| name == "format") {
        Some((_, 0, None)) => Some("as the pattern of `format`"),
        Some((_, argument, Some(pattern))) if *argument > 0 => match specifier(pattern, *argument) {
            Some('s') => Some("by `format` with `%s`"),
            _ => None,
        },
        Some(_) => None,
        None => Some("joined with `||`"),
    }
}

/// The type of the n-th argument's place in a pattern of `format`.
fn specifier(pattern: &str, argument: usize) -> Option<char> {
    let mut next = 1;
    let mut chars = pattern.chars().peekable();
    let mut found = None;
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        if chars.peek() == Some(&'%') {
            chars.next();
            continue;
        }
        let mut digits = String::new();
        while let Some(c) = chars.peek().filter(|c| c.is_ascii_digit() || matches!(c, '-' | '$')) {
            digits.push(*c);
            chars.next();
        }
        let position = digits.strip_suffix('$').and_then(|digits| digits.parse().ok());
        let kind = chars.next()?;
        let place = position.unwrap_or(next);
        next = place + 1;
        if place == argument {
            if kind == 's' {
                return Some('s');
            }
            found = Some(kind);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::tokens::tokens;

    fn found(expression: &str) -> Option<&'static str> {
        let texts = BTreeSet::from(["tab".to_owned()]);
        pasted(&tokens(expression), &texts).map(|(_, how)| how)
    }

    #[test]
    fn what_is_pasted() {
        assert_eq!(found("'select ' || tab"), Some("joined with `||`"));
        assert_eq!(found("format('select %s', tab)"), Some("by `format` with `%s`"));
        assert_eq!(found("format(tab)"), Some("as the pattern of `format`"));
        assert_eq!(found("tab"), Some("joined with `||`"));
        assert_eq!(found("format('%I %2$s', 1, lower(tab))"), Some("by `format` with `%s`"));
    }

    #[test]
    fn what_is_quoted() {
        for safe in [
            "quote_ident(tab)",
            "format('%I %L', tab, tab)",
            "'a' || quote_literal(lower(tab))",
            "format('%% %I', tab)",
            "tab::regclass",
            "t.tab",
            "'tab'",
        ] {
            assert_eq!(found(safe), None, "{safe}");
        }
    }
}
