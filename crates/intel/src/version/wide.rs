//! Numbers too large for the crates that order versions.
//!
//! An order of versions asks of two numbers only which is larger. So the large numbers of the versions that are being
//! compared are put in order and replaced by a bound plus their rank: the result has the same order, and fits.

use std::cmp::Ordering;
use std::ops::Range;

/// Numbers from here on are replaced in npm versions. `nodejs-semver` reads up to 900,719,925,474,099.
const NPM: u64 = 1 << 48;
/// Numbers from here on are replaced in Python versions. `pep440_rs` reads up to 64 bits.
const PYPI: u64 = 1 << 62;

/// Whether an npm version in plain form holds a number that has to be replaced.
pub(super) fn is_wide_npm(text: &str) -> bool {
    npm_numbers(text).iter().any(|range| is_large(&text[range.clone()], NPM))
}

/// npm versions with their large numbers replaced.
pub(super) fn squeeze_npm<const N: usize>(texts: [&str; N]) -> [String; N] {
    squeeze(texts, NPM, npm_numbers)
}

/// Python versions with their large numbers replaced.
pub(super) fn squeeze_pypi<const N: usize>(texts: [&str; N]) -> [String; N] {
    squeeze(texts, PYPI, pypi_numbers)
}

/// An npm range and version with their large numbers replaced.
pub(super) fn squeeze_npm_range(range: &str, version: &str) -> [String; 2] {
    let in_range = segments(range, 0..range.len(), |byte| !byte.is_ascii_alphanumeric());
    replace([range, version], &[in_range, npm_numbers(version)], NPM)
}

fn squeeze<const N: usize>(texts: [&str; N], bound: u64, numbers: fn(&str) -> Vec<Range<usize>>) -> [String; N] {
    replace(texts, &texts.map(numbers), bound)
}

fn replace<const N: usize>(texts: [&str; N], found: &[Vec<Range<usize>>; N], bound: u64) -> [String; N] {
    let mut large: Vec<&str> = texts
        .iter()
        .zip(found)
        .flat_map(|(text, ranges)| ranges.iter().map(|range| &text[range.clone()]))
        .filter(|digits| is_large(digits, bound))
        .map(significant)
        .collect();
    large.sort_by(|a, b| compare(a, b));
    large.dedup();
    let mut at = 0;
    texts.map(|text| {
        let ranges = &found[at];
        at += 1;
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        for range in ranges.iter().filter(|range| is_large(&text[(*range).clone()], bound)) {
            let digits = significant(&text[range.clone()]);
            let rank = large.binary_search_by(|other| compare(other, digits)).unwrap_or(0) as u64;
            out.push_str(&text[copied..range.start]);
            out.push_str(&(bound + rank).to_string());
            copied = range.end;
        }
        out.push_str(&text[copied..]);
        out
    })
}

fn significant(digits: &str) -> &str {
    digits.trim_start_matches('0')
}

/// Compares digits without leading zeros.
fn compare(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn is_large(digits: &str, bound: u64) -> bool {
    digits.len() > 14
        && significant(digits).parse::<u64>().map_or(!significant(digits).is_empty(), |number| number >= bound)
}

/// Where the numbers of an npm version stand: the parts between dots, and the first dash, that are all digits.
fn npm_numbers(text: &str) -> Vec<Range<usize>> {
    let core = text.find('-').unwrap_or(text.len());
    let mut out = segments(text, 0..core, |byte| byte == b'.');
    if core < text.len() {
        out.extend(segments(text, core + 1..text.len(), |byte| byte == b'.'));
    }
    out
}

/// Where the numbers of a Python version stand: runs of digits, and in the local part those that are alone.
fn pypi_numbers(text: &str) -> Vec<Range<usize>> {
    let public = text.find('+').unwrap_or(text.len());
    let mut out = segments(text, 0..public, |byte| !byte.is_ascii_digit());
    if public < text.len() {
        out.extend(segments(text, public + 1..text.len(), |byte| matches!(byte, b'.' | b'-' | b'_')));
    }
    out
}

/// The pieces of a stretch, split at separators, that are all digits.
fn segments(text: &str, within: Range<usize>, separates: fn(u8) -> bool) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut start = within.start;
    for at in within.start..=within.end {
        if at == within.end || separates(bytes[at]) {
            if at > start && bytes[start..at].iter().all(u8::is_ascii_digit) {
                out.push(start..at);
            }
            start = at + 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_become_ranks_and_the_rest_stays() {
        let [a, b] = squeeze_npm(["1.2.99999999999999999999", "1.99999999999999999998.3-x9.0"]);
        assert_eq!(a, format!("1.2.{}", NPM + 1));
        assert_eq!(b, format!("1.{NPM}.3-x9.0"));
        let [c] = squeeze_pypi(["1.0rc99999999999999999999+a99999999999999999999.00099999999999999999999"]);
        assert_eq!(c, format!("1.0rc{PYPI}+a99999999999999999999.{PYPI}"));
        assert_eq!(squeeze_pypi(["1.00000000000000000000000000"]), ["1.00000000000000000000000000"]);
    }
}
