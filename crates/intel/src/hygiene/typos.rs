//! Names that look like those of well-known packages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::{Seen, shown};
use crate::packages::{Ecosystem, Source};

/// Names worth imitating, and names that only look like imitations.
struct Known {
    /// By the name without separators and repeated letters.
    squeezed: BTreeMap<String, Vec<&'static str>>,
    /// By the name itself and the name with one letter left out.
    shortened: BTreeMap<String, Vec<&'static str>>,
    /// In wide use themselves.
    fine: BTreeSet<&'static str>,
}

static NPM: LazyLock<Known> = LazyLock::new(|| Known::read(include_str!("../../data/popular/npm.txt")));
static PYPI: LazyLock<Known> = LazyLock::new(|| Known::read(include_str!("../../data/popular/pypi.txt")));

/// Names shorter than this resemble too many others.
const SHORTEST: usize = 5;
/// A single letter changed counts from this length on: below it, such names are often names of their own.
const LONG: usize = 7;

impl Known {
    fn read(list: &'static str) -> Self {
        let mut out = Known { squeezed: BTreeMap::new(), shortened: BTreeMap::new(), fine: BTreeSet::new() };
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('=') {
                out.fine.insert(name);
                continue;
            }
            out.fine.insert(line);
            out.squeezed.entry(squeezed(line)).or_default().push(line);
            for short in shortened(line) {
                out.shortened.entry(short).or_default().push(line);
            }
        }
        out
    }

    /// The well-known name that this one looks like.
    fn imitated(&self, name: &str) -> Option<(&'static str, &'static str)> {
        if name.len() < SHORTEST || name.len() > 64 || name.contains('/') || !name.is_ascii() || self.fine.contains(name) {
            return None;
        }
        if let Some(known) = self.squeezed.get(&squeezed(name)).and_then(|all| all.first()) {
            let why = if without_separators(known) == without_separators(name) { "only the separators differ" } else { "only repeated or look-alike letters differ" };
            return Some((known, why));
        }
        let candidates = shortened(name).into_iter().filter_map(|short| self.shortened.get(&short)).flatten();
        candidates.copied().find_map(|known| Some((known, edit(name, known)?)))
    }
}

/// Without separators.
fn without_separators(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect()
}

/// Without separators, in lower case, repeated letters once, and look-alikes as one letter.
fn squeezed(name: &str) -> String {
    let mut out = String::new();
    for c in without_separators(name).to_ascii_lowercase().replace("rn", "m").replace("vv", "w").chars() {
        let c = match c {
            '0' => 'o',
            '1' | 'i' => 'l',
            other => other,
        };
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

/// The name, and the name with each letter left out.
fn shortened(name: &str) -> Vec<String> {
    let mut out = vec![name.to_owned()];
    out.extend(name.char_indices().map(|(at, c)| format!("{}{}", &name[..at], &name[at + c.len_utf8()..])));
    out
}

/// What one edit makes of the one name the other, where that is a likely slip and not another word.
fn edit(name: &str, known: &str) -> Option<&'static str> {
    let (a, b) = (name.as_bytes(), known.as_bytes());
    // The beginning and digits tell names apart: `preact` is not `react`, `base32` not `base64`.
    if a.first() != b.first() || known.len() < LONG {
        return if swapped(a, b) { Some("two letters are swapped") } else { None };
    }
    if swapped(a, b) {
        return Some("two letters are swapped");
    }
    let differ = |longer: &[u8], shorter: &[u8]| {
        let at = longer.iter().zip(shorter).position(|(one, other)| one != other).unwrap_or(shorter.len());
        // A letter added at the end makes plurals and other words.
        (longer[at + 1..] == shorter[at..] && at + 1 < longer.len()).then(|| longer[at])
    };
    let letter = |byte: u8| byte.is_ascii_alphabetic();
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Less => differ(b, a).filter(|byte| letter(*byte)).map(|_| "a letter is missing"),
        std::cmp::Ordering::Greater => differ(a, b).filter(|byte| letter(*byte)).map(|_| "a letter is added"),
        std::cmp::Ordering::Equal => None,
    }
}

/// Whether two neighbouring letters are swapped, and nothing else differs.
fn swapped(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let at: Vec<usize> = (0..a.len()).filter(|at| a[*at] != b[*at]).take(3).collect();
    matches!(at[..], [one, other] if other == one + 1 && a[one] == b[other] && a[other] == b[one])
}

/// `intel/typosquat`: what a manifest asks for by a name that looks like another package's.
pub(super) fn observe(seen: &mut Seen<'_>) {
    for manifest in seen.manifests() {
        let known = match manifest.ecosystem {
            Ecosystem::Npm => &NPM,
            Ecosystem::PyPi => &PYPI,
            Ecosystem::Jsr => continue,
        };
        for declared in manifest.declared.iter().filter(|declared| declared.source == Source::Registry) {
            let Some((other, why)) = known.imitated(&declared.name) else { continue };
            // Who has both means both.
            if manifest.declared.iter().any(|one| one.name == other) {
                continue;
            }
            let details = [("package", shown(&declared.name)), ("other", other.to_owned()), ("reason", why.to_owned())];
            let (place, name) = (declared.place.clone(), declared.name.clone());
            seen.setting("intel/typosquat", &place, &name, ("package", &name), &details);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found() {
        for (name, known) in
            [("expres", "express"), ("exrpess", "express"), ("expresss", "express"), ("crossenv", "cross-env"), ("jsonwebtokne", "jsonwebtoken"), ("mongose", "mongoose"), ("1odash", "lodash"), ("bodyparser", "body-parser")]
        {
            assert_eq!(NPM.imitated(name).map(|(known, _)| known), Some(known), "{name}");
        }
        for (name, known) in [("reqeusts", "requests"), ("djanog", "django"), ("crytography", "cryptography"), ("urlib3", "urllib3")] {
            assert_eq!(PYPI.imitated(name).map(|(known, _)| known), Some(known), "{name}");
        }
    }

    #[test]
    fn names_of_their_own_are_not() {
        for name in ["express", "preact", "lodash", "koa", "pg", "ws", "redux", "reactor", "@acme/expres", "acme-billing", "mysql", "mysql2", "request", "requests-store", "é", ""] {
            assert_eq!(NPM.imitated(name), None, "{name}");
        }
        for name in ["requests", "flask", "attrs", "attr", "numpy", "boto", "boto3", "psycopg", "psycopg2"] {
            assert_eq!(PYPI.imitated(name), None, "{name}");
        }
    }

    #[test]
    fn no_well_known_name_imitates_another() {
        for known in [&NPM, &PYPI] {
            for name in &known.fine {
                assert_eq!(known.imitated(name), None);
            }
        }
    }
}
