//! Names that look like those of well-known packages.

use super::{Seen, shown};
use crate::packages::{Ecosystem, Source};

/// Names worth imitating, and names that only look like imitations. Nothing is prepared: a project asks for few packages,
/// and only names that begin alike are compared.
struct Known(&'static str);

static NPM: Known = Known(include_str!("../../data/popular/npm.txt"));
static PYPI: Known = Known(include_str!("../../data/popular/pypi.txt"));

/// Names shorter than this resemble too many others.
const SHORTEST: usize = 5;
/// Most packages of one manifest that are compared.
const MOST: usize = 5_000;
/// A single letter changed counts from this length on: below it, such names are often names of their own.
const LONG: usize = 7;

impl Known {
    /// Names worth imitating.
    fn targets(&self) -> impl Iterator<Item = &'static str> {
        self.0.lines().filter(|line| !line.starts_with(['#', '=']))
    }

    /// Whether a name is itself one of these, or in wide use.
    fn is_fine(&self, name: &str) -> bool {
        self.0.lines().any(|line| line.strip_prefix('=').unwrap_or(line) == name)
    }

    /// The well-known name that this one looks like, and why.
    fn imitated(&self, name: &str) -> Option<(&'static str, &'static str)> {
        if name.len() < SHORTEST || name.len() > 64 || name.contains('/') || !name.is_ascii() {
            return None;
        }
        let plain = squeezed(name);
        let alike = |known: &&str| known.len().abs_diff(name.len()) <= 4 && begins_alike(known, name, &plain);
        let found = self.targets().filter(alike).find_map(|known| Some((known, likeness(name, &plain, known)?)))?;
        (!self.is_fine(name)).then_some(found)
    }
}

/// Whether two names begin with the same letter, look-alikes taken as one, or with the same two the other way round.
fn begins_alike(known: &str, name: &str, plain: &str) -> bool {
    let (a, b) = (known.as_bytes(), name.as_bytes());
    let swapped = a.len() > 1 && b.len() > 1 && a[0] == b[1] && a[1] == b[0];
    swapped
        || a[0].eq_ignore_ascii_case(&b[0])
        || plain.starts_with(squeezed(&known[..2.min(known.len())]).get(..1).unwrap_or("?"))
}

/// Why a name looks like a well-known one, if it does.
fn likeness(name: &str, plain: &str, known: &str) -> Option<&'static str> {
    if squeezed(known) != plain {
        return edit(name, known);
    }
    let same = without_separators(known) == without_separators(name);
    Some(if same { "only the separators differ" } else { "only repeated or look-alike letters differ" })
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
        for declared in manifest.declared.iter().filter(|declared| declared.source == Source::Registry).take(MOST) {
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
        for (name, known) in [
            ("expres", "express"),
            ("exrpess", "express"),
            ("expresss", "express"),
            ("crossenv", "cross-env"),
            ("jsonwebtokne", "jsonwebtoken"),
            ("mongose", "mongoose"),
            ("1odash", "lodash"),
            ("bodyparser", "body-parser"),
        ] {
            assert_eq!(NPM.imitated(name).map(|(known, _)| known), Some(known), "{name}");
        }
        for (name, known) in
            [("reqeusts", "requests"), ("djanog", "django"), ("crytography", "cryptography"), ("urlib3", "urllib3")]
        {
            assert_eq!(PYPI.imitated(name).map(|(known, _)| known), Some(known), "{name}");
        }
    }

    #[test]
    fn names_of_their_own_are_not() {
        for name in [
            "express",
            "preact",
            "lodash",
            "koa",
            "pg",
            "ws",
            "redux",
            "reactor",
            "@acme/expres",
            "acme-billing",
            "mysql",
            "mysql2",
            "request",
            "requests-store",
            "é",
            "",
        ] {
            assert_eq!(NPM.imitated(name), None, "{name}");
        }
        for name in ["requests", "flask", "attrs", "attr", "numpy", "boto", "boto3", "psycopg", "psycopg2"] {
            assert_eq!(PYPI.imitated(name), None, "{name}");
        }
    }

    #[test]
    fn no_well_known_name_imitates_another() {
        for known in [&NPM, &PYPI] {
            let fine = known
                .0
                .lines()
                .filter(|line| !line.starts_with('#'))
                .map(|line| line.strip_prefix('=').unwrap_or(line));
            for name in fine {
                assert_eq!(known.imitated(name), None);
            }
        }
    }
}
