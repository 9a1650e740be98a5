//! Python's versions from before PEP 440, ordered as `setuptools` did until version 65: the order that OSV documents
//! for them. All sort below every PEP 440 version.

use std::cmp::Ordering;

/// What a legacy version is compared by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(Vec<Part>);

/// A part: words sort below numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Word(String),
    Number(Number),
}

/// Digits without leading zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Number(String);

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The word that ends every version, so that what comes before a release sorts below it.
const FINAL: &str = "final";
/// What a dash stands for.
const DASH: &str = "final-";

/// Splits a version into runs of digits, runs of letters, dots, dashes and whatever is between.
pub(super) fn key(text: &str) -> Key {
    let text = text.to_lowercase();
    let mut parts: Vec<Part> = Vec::new();
    for run in runs(&text) {
        match run {
            "." => {}
            digits if digits.starts_with(|c: char| c.is_ascii_digit()) => {
                parts.push(Part::Number(Number(digits.trim_start_matches('0').to_owned())));
            }
            word => push_word(&mut parts, replaced(word)),
        }
    }
    push_word(&mut parts, FINAL);
    Key(parts)
}

fn replaced(word: &str) -> &str {
    match word {
        "pre" | "preview" | "rc" => "c",
        "-" => DASH,
        "dev" => "@",
        other => other,
    }
}

/// Zeros before a word do not count, nor does a dash before what comes before a release.
fn push_word(parts: &mut Vec<Part>, word: &str) {
    if word < FINAL {
        while matches!(parts.last(), Some(Part::Word(last)) if last == DASH) {
            parts.pop();
        }
    }
    while matches!(parts.last(), Some(Part::Number(last)) if last.0.is_empty()) {
        parts.pop();
    }
    parts.push(Part::Word(word.to_owned()));
}

fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let class = class_of(first);
        let end = if class == Class::Mark {
            first.len_utf8()
        } else {
            rest.find(|c| class_of(c) != class).unwrap_or(rest.len())
        };
        let (run, tail) = rest.split_at(end);
        rest = tail;
        Some(run)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Digit,
    Letter,
    Mark,
    Other,
}

fn class_of(c: char) -> Class {
    match c {
        '0'..='9' => Class::Digit,
        'a'..='z' => Class::Letter,
        '.' | '-' => Class::Mark,
        _ => Class::Other,
    }
}
