//! Hides what looks like a secret before a source line is shown as evidence.
//!
//! One pass for each kind, all linear in the length of the text. The rules lean towards hiding: a report travels, and
//! a value that was hidden for nothing is still found at its place.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

mod names;
mod tokens;

/// Hides values that look like secrets: tokens with a known prefix, long random tokens, private keys, passwords in
/// URLs, credentials in an `Authorization` header, and values assigned to a name such as `password` or `API_KEY`.
/// What is hidden becomes its first characters, `…` and its length, see [`mask`].
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut spans = Vec::new();
    private_keys(text, &mut spans);
    url_passwords(text, &mut spans);
    authorization(text, &mut spans);
    tokens::find(text, &mut spans);
    names::find(text, &mut spans);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in merged(&spans) {
        out.push_str(&text[at..span.start]);
        out.push_str(&mask(&text[span.clone()]));
        at = span.end;
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}

/// How a secret is shown: its first four characters (a quarter of it when it has fewer than 16), and its length.
pub fn mask(secret: &str) -> String {
    let length = secret.chars().count();
    let kept: String = secret.chars().take(if length < 16 { length / 4 } else { 4 }).collect();
    format!("{kept}…({length} chars)")
}

fn merged(sorted: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::with_capacity(sorted.len());
    for span in sorted {
        match out.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => out.push(span.clone()),
        }
    }
    out
}

/// What follows the header of a private key, up to its footer or the end.
fn private_keys(text: &str, spans: &mut Vec<Range<usize>>) {
    const MIN_BODY: usize = 16;
    let mut from = 0;
    while let Some(at) = text[from..].find("PRIVATE KEY-----") {
        let start = from + at + "PRIVATE KEY-----".len();
        let end = text[start..].find("-----END").map_or(text.len(), |at| start + at);
        if end - start >= MIN_BODY {
            spans.push(start..end);
        }
        // Past the footer: it has the same words.
        from = text[end..].find("PRIVATE KEY-----").map_or(text.len(), |at| end + at + "PRIVATE KEY-----".len());
    }
}

/// The password of `scheme://user:password@host`.
fn url_passwords(text: &str, spans: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    for at in memmem::find_iter(bytes, b"://") {
        let start = at + 3;
        // An authority is short; looking no further keeps this linear.
        let limit = bytes.len().min(start + 512);
        let end = bytes[start..limit]
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\'' | b'`' | b'<' | b'>'))
            .map_or(limit, |length| start + length);
        let authority = &bytes[start..end];
        let Some(host) = authority.iter().rposition(|byte| *byte == b'@') else { continue };
        let Some(colon) = authority[..host].iter().position(|byte| *byte == b':') else { continue };
        let password = start + colon + 1..start + host;
        let is_reference = matches!(bytes[password.start], b'$' | b'{' | b'%' | b'*' | b'@');
        if password.len() >= 3 && !is_reference && text.is_char_boundary(password.start) {
            spans.push(password);
        }
    }
}

/// What follows `Bearer ` or `Basic `, when it is not a word.
fn authorization(text: &str, spans: &mut Vec<Range<usize>>) {
    const MIN_TOKEN: usize = 12;
    for scheme in ["Bearer ", "Basic "] {
        for at in memmem::find_iter(text.as_bytes(), scheme.as_bytes()) {
            let start = at + scheme.len();
            let token = text.as_bytes()[start..]
                .iter()
                .take_while(|byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'.' | b'_' | b'~' | b'-')
                })
                .count();
            let token = start..start + token;
            let random = text[token.clone()].bytes().any(|byte| byte.is_ascii_digit() || byte == b'=');
            if token.len() >= MIN_TOKEN && random {
                spans.push(token);
            }
        }
    }
}

#[cfg(test)]
mod tests;
