//! Tokens that show by their form that they are secret.

use std::ops::Range;

/// Prefixes that issuers put on their secrets, and the fewest characters that follow.
const PREFIXES: [(&str, usize); 38] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("AGE-SECRET-KEY-1", 20),
    ("GOCSPX-", 20),
    ("PMAK-", 20),
    ("SG.", 30),
    ("dckr_pat_", 16),
    ("dop_v1_", 30),
    ("eyJ", 16),
    ("figd_", 20),
    ("gho_", 20),
    ("ghp_", 20),
    ("ghr_", 20),
    ("ghs_", 20),
    ("ghu_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("gsk_", 20),
    ("hf_", 24),
    ("hvs.", 20),
    ("key-", 32),
    ("npm_", 30),
    ("nvapi-", 20),
    ("pypi-", 30),
    ("rk_live_", 10),
    ("rk_test_", 10),
    ("rubygems_", 30),
    ("sb_secret_", 16),
    ("sbp_", 20),
    ("shpat_", 20),
    ("shpss_", 20),
    ("sk-", 20),
    ("sk_live_", 10),
    ("sk_test_", 10),
    ("whsec_", 16),
    ("xapp-", 10),
    ("ya29.", 20),
];

/// Slack's tokens: `xox`, a letter, `-`.
const SLACK: &str = "xox";

pub(super) fn find(text: &str, spans: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !in_token(bytes[at]) {
            at += 1;
            continue;
        }
        let end = at + bytes[at..].iter().take_while(|byte| in_token(**byte)).count();
        known(text, at..end, spans);
        random(text, at..end, spans);
        at = end;
    }
}

fn in_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'.')
}

/// Known prefixes at the start of a word in a run of token characters. They hide up to the run's end.
fn known(text: &str, run: Range<usize>, spans: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    for at in run.clone() {
        let starts_word = at == run.start || matches!(bytes[at - 1], b'/' | b'.' | b'+');
        if !starts_word {
            continue;
        }
        let rest = &text[at..run.end];
        let matched = match PREFIXES.iter().find(|(prefix, _)| rest.starts_with(prefix)) {
            Some((prefix, more)) => Some((prefix.len(), *more)),
            None if rest.starts_with(SLACK) && rest.as_bytes().get(4) == Some(&b'-') => Some((5, 10)),
            None => None,
        };
        let Some((prefix, more)) = matched else { continue };
        // A placeholder ("sk_test_your_key") has no digit.
        let tail = &rest[prefix..];
        if tail.len() >= more && tail.bytes().any(|byte| byte.is_ascii_digit()) {
            spans.push(at..run.end);
            return;
        }
    }
}

/// Long pieces that no word looks like.
fn random(text: &str, run: Range<usize>, spans: &mut Vec<Range<usize>>) {
    let mut start = run.start;
    for piece in text[run.clone()].split('.') {
        let is_digest = start
            .checked_sub(7)
            .and_then(|from| text.get(from..start))
            .is_some_and(|before| matches!(before, "sha256:" | "sha512:" | "sha384:"))
            || ["sha1-", "sha256-", "sha384-", "sha512-"].iter().any(|name| piece.starts_with(name));
        if !is_digest {
            if is_mixed(piece) {
                spans.push(start..start + piece.len());
            } else {
                single_case(piece, start, spans);
            }
        }
        start += piece.len() + 1;
    }
}

/// Fewest letters and digits of a token that is hidden for its form alone.
const MIN_RANDOM: usize = 24;

/// Counts over the letters and digits of a piece.
#[derive(Default)]
struct Shape {
    upper: usize,
    lower: usize,
    digits: usize,
    /// Groups of digits.
    groups: usize,
    /// Changes between upper case, lower case and digits.
    changes: usize,
}

impl Shape {
    fn of(piece: &str) -> Self {
        #[derive(PartialEq, Clone, Copy)]
        enum Class {
            Upper,
            Lower,
            Digit,
        }
        let mut shape = Self::default();
        let mut before = None;
        for byte in piece.bytes() {
            let class = match byte {
                b'A'..=b'Z' => Class::Upper,
                b'a'..=b'z' => Class::Lower,
                b'0'..=b'9' => Class::Digit,
                _ => {
                    before = None;
                    continue;
                }
            };
            match class {
                Class::Upper => shape.upper += 1,
                Class::Lower => shape.lower += 1,
                Class::Digit => shape.digits += 1,
            }
            if before != Some(class) {
                shape.groups += usize::from(class == Class::Digit);
                shape.changes += usize::from(before.is_some());
            }
            before = Some(class);
        }
        shape
    }

    fn length(&self) -> usize {
        self.upper + self.lower + self.digits
    }
}

/// Base64 and its kin. Among random characters of both cases and digits, 62% of neighbours differ in class; in names
/// in camel case it is about 35%, and they have few groups of digits.
fn is_mixed(piece: &str) -> bool {
    let shape = Shape::of(piece);
    let length = shape.length();
    if length < MIN_RANDOM || shape.upper < 3 || shape.lower < 3 {
        return false;
    }
    let per_cent = shape.changes * 100 / length;
    match shape.groups {
        0 => false,
        1 => length >= 40 && per_cent >= 45,
        2 => length >= 32 && per_cent >= 45,
        _ => per_cent >= 38,
    }
}

/// Hexadecimal, base 32 and base 36: one case, many groups of digits. A UUID's parts are too short.
fn single_case(piece: &str, start: usize, spans: &mut Vec<Range<usize>>) {
    let mut at = start;
    for part in piece.split(['-', '_', '+', '/']) {
        let shape = Shape::of(part);
        let letters = shape.upper + shape.lower;
        let one_case = shape.upper == 0 || shape.lower == 0;
        if shape.length() >= MIN_RANDOM && one_case && shape.groups >= 4 && letters * 100 >= part.len() * 15 {
            spans.push(at..at + part.len());
        }
        at += part.len() + 1;
    }
}
