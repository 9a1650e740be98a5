//! Which records of a package are about the same bug.
//!
//! Databases publish the same bug under several ids and name each other's. Some name the id of another bug as well, so
//! the claim alone is not enough: the records must also agree on the CVEs, on a fixed version, or on the versions.

use std::collections::{BTreeMap, BTreeSet};

use crate::advisory::{Advisory, End, Interval};

/// Records that share a name are compared with so many others only: a name that thousands claim means nothing.
const MOST_COMPARED: usize = 64;

/// What one record says of the package.
pub(super) struct Claim<'a> {
    pub(super) advisory: &'a Advisory,
    pub(super) intervals: &'a [Interval],
}

/// For each claim the number of its bug, and the aliases that belong to other bugs.
pub(super) fn bugs(claims: &[Claim]) -> Vec<(u32, Vec<String>)> {
    let mut parent: Vec<usize> = (0..claims.len()).collect();
    let linked = linked(claims);
    for &(a, b) in &linked {
        if agree(&claims[a], &claims[b]) {
            let (a, b) = (root(&mut parent, a), root(&mut parent, b));
            parent[a.max(b)] = a.min(b);
        }
    }
    let roots: Vec<usize> = (0..claims.len()).map(|at| root(&mut parent, at)).collect();
    let mut foreign: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); claims.len()];
    for &(a, b) in &linked {
        if roots[a] != roots[b] {
            for (wide, narrow) in [(a, b), (b, a)] {
                if cves(claims[narrow].advisory).count() < cves(claims[wide].advisory).count() {
                    let others: BTreeSet<&str> = names(claims[narrow].advisory).collect();
                    let claimed = claims[wide].advisory.aliases.iter().map(String::as_str);
                    foreign[wide].extend(claimed.filter(|alias| others.contains(alias)));
                }
            }
        }
    }
    let mut numbers = BTreeMap::new();
    let numbered = roots.iter().map(|root| {
        let next = numbers.len() as u32;
        *numbers.entry(*root).or_insert(next)
    });
    numbered.zip(foreign).map(|(bug, foreign)| (bug, foreign.into_iter().map(str::to_owned).collect())).collect()
}

fn root(parent: &mut [usize], mut at: usize) -> usize {
    while parent[at] != at {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    at
}

fn names(advisory: &Advisory) -> impl Iterator<Item = &str> {
    std::iter::once(advisory.id.as_str()).chain(advisory.aliases.iter().map(String::as_str))
}

fn cves(advisory: &Advisory) -> impl Iterator<Item = &str> {
    names(advisory).filter(|name| name.starts_with("CVE-"))
}

/// Pairs of claims that share a name.
fn linked(claims: &[Claim]) -> BTreeSet<(usize, usize)> {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, claim) in claims.iter().enumerate() {
        for name in names(claim.advisory) {
            by_name.entry(name).or_default().push(at);
        }
    }
    let mut out = BTreeSet::new();
    for sharing in by_name.values() {
        for (i, &a) in sharing.iter().enumerate() {
            out.extend(sharing[i + 1..].iter().take(MOST_COMPARED).filter(|&&b| a != b).map(|&b| (a, b)));
        }
    }
    out
}

fn agree(a: &Claim, b: &Claim) -> bool {
    if a.advisory.malicious || b.advisory.malicious {
        return a.advisory.malicious == b.advisory.malicious;
    }
    let (left, right): (BTreeSet<_>, BTreeSet<_>) = (cves(a.advisory).collect(), cves(b.advisory).collect());
    let fixed = |claim: &Claim| -> BTreeSet<String> {
        let ends = claim.intervals.iter().filter_map(|interval| match &interval.end {
            End::Fixed(version) => Some(version.clone()),
            _ => None,
        });
        ends.collect()
    };
    left == right || a.intervals == b.intervals || !fixed(a).is_disjoint(&fixed(b))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::advisory::parse_record;

    fn advisory(id: &str, aliases: &[&str], fixed: &str) -> Advisory {
        let record = serde_json::json!({"id": id, "aliases": aliases, "affected": [{"package": {"ecosystem": "npm", "name": "a"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}]});
        parse_record(record.to_string().as_bytes()).unwrap()
    }

    fn judged(advisories: &[Advisory]) -> Vec<(u32, Vec<String>)> {
        let claims: Vec<_> =
            advisories.iter().map(|advisory| Claim { advisory, intervals: &advisory.affected[0].intervals }).collect();
        bugs(&claims)
    }

    #[test]
    fn the_same_bug_under_several_ids() {
        let found = judged(&[
            advisory("GHSA-1", &["CVE-2026-0001"], "1.2.0"),
            advisory("OLD-7", &[], "9.0.0"),
            advisory("PYSEC-1", &["CVE-2026-0001", "GHSA-1"], "1.2.1"),
            advisory("X-3", &["PYSEC-1"], "1.2.1"),
        ]);
        assert_eq!(found.iter().map(|(bug, _)| *bug).collect::<Vec<_>>(), [0, 1, 0, 0]);
        assert!(found.iter().all(|(_, foreign)| foreign.is_empty()));
    }

    #[test]
    fn an_alias_of_another_bug_does_not_join() {
        let found = judged(&[
            advisory("GHSA-1", &["CVE-2021-0001", "CVE-2026-0002", "GHSA-2"], "4.17.21"),
            advisory("GHSA-2", &["CVE-2026-0002"], "4.18.0"),
        ]);
        assert_eq!(found[0], (0, vec!["CVE-2026-0002".to_owned(), "GHSA-2".to_owned()]));
        assert_eq!(found[1], (1, vec![]));
    }

    #[test]
    fn malware_is_never_joined_with_a_weakness() {
        let found = judged(&[advisory("MAL-1", &["GHSA-1"], "2.0.0"), advisory("GHSA-1", &["CVE-2026-0001"], "2.0.0")]);
        assert_ne!(found[0].0, found[1].0);
    }
}
