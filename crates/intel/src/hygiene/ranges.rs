//! Ranges without an upper end, where no lockfile holds the version.

use std::collections::BTreeSet;

use super::locks::is_published;
use super::{Seen, file_name, listed, shown};
use crate::packages::{Declared, Ecosystem, Manifest, Need, Source};

/// `intel/unpinned`: what is installed is whatever was published last. One observation for each manifest.
pub(super) fn unpinned(seen: &mut Seen<'_>) {
    for manifest in seen.manifests() {
        if manifest.lockfile.is_some() || is_library(manifest) {
            continue;
        }
        let constrained: BTreeSet<&str> = manifest.overrides.iter().map(|(name, _, _)| name.as_str()).collect();
        let open: Vec<&Declared> = manifest
            .declared
            .iter()
            .filter(|one| one.source == Source::Registry && matches!(one.need, Need::Production | Need::Optional))
            .filter(|one| is_open(one) && !constrained.contains(one.name.as_str()))
            .collect();
        let Some(first) = open.first() else { continue };
        let names: Vec<&str> = open.iter().map(|one| one.name.as_str()).collect();
        let range = first.range.clone().filter(|range| !range.is_empty()).unwrap_or_else(|| "any version".to_owned());
        let details = [
            ("packages", listed(&names)),
            ("count", open.len().to_string()),
            ("manifest", manifest.path.clone()),
            ("package", shown(&first.name)),
            ("range", shown(&range)),
        ];
        let (place, name) = (first.place.clone(), first.name.clone());
        seen.setting("intel/unpinned", &place, &manifest.path, (&name, &range), &details);
    }
}

/// Packages for others leave the upper end open on purpose.
fn is_library(manifest: &Manifest) -> bool {
    let name = file_name(&manifest.path);
    match manifest.ecosystem {
        Ecosystem::PyPi => {
            matches!(name, "setup.py" | "setup.cfg") || (name == "pyproject.toml" && manifest.name.is_some())
        }
        Ecosystem::Npm | Ecosystem::Jsr => is_published(manifest),
    }
}

/// Whether every later version is allowed.
fn is_open(declared: &Declared) -> bool {
    let range = declared.range.as_deref().unwrap_or("").trim();
    match declared.ecosystem {
        Ecosystem::PyPi => {
            let clauses = range.split(',').map(str::trim).filter(|clause| !clause.is_empty());
            clauses.into_iter().all(|clause| clause == "*" || clause.starts_with('>') || clause.starts_with("!="))
        }
        Ecosystem::Npm | Ecosystem::Jsr => {
            let any = matches!(range, "" | "*" | "x" | "X" | "latest" | "next");
            let above =
                range.starts_with('>') && !range.contains('<') && !range.contains("||") && !range.contains(" - ");
            any || above
        }
    }
}
