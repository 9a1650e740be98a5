//! Overrides and resolutions that hold a package at a version with a known weakness.

use std::collections::BTreeMap;

use super::{Seen, is_aside, listed, shown};
use crate::advisories::Known;

/// `intel/vulnerable-override`.
pub(super) fn observe(seen: &mut Seen<'_>, known: &Known) {
    let mut held: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for one in &known.held {
        for at in &one.packages {
            if seen.inventory.packages.get(*at).is_some_and(|package| package.overridden) {
                held.entry(*at).or_default().push(&one.found.id);
            }
        }
    }
    let inventory = seen.inventory;
    for (at, ids) in held {
        let Some(package) = inventory.packages.get(at).filter(|package| !is_aside(&package.place.path)) else {
            continue;
        };
        let version = package.version.as_deref().unwrap_or_default();
        let details = [("package", shown(&package.name)), ("version", shown(version)), ("ids", listed(&ids))];
        let place = package.place.clone();
        seen.setting("intel/vulnerable-override", &place, &package.name, (&package.name, version), &details);
    }
}
