//! Scripts that run when packages are installed.

use std::collections::BTreeMap;

use super::{Seen, file_name, is_aside, listed, shown};
use crate::packages::Package;

/// Scripts that npm runs while it installs.
const INSTALL: [&str; 6] = ["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"];
/// Programs that fetch.
const FETCH: [&str; 5] = ["curl", "wget", "iwr", "Invoke-WebRequest", "Invoke-RestMethod"];

/// `intel/install-download`: the project's own install script fetches something.
pub(super) fn downloads(seen: &mut Seen<'_>) {
    for manifest in seen.manifests() {
        for script in manifest.scripts.iter().filter(|script| INSTALL.contains(&script.name.as_str())) {
            let words = script
                .command
                .split(|c: char| c.is_whitespace() || matches!(c, ';' | '|' | '&' | '(' | ')' | '"' | '\'' | '`'));
            let Some(tool) = words.into_iter().find(|word| FETCH.contains(&word.rsplit('/').next().unwrap_or(word)))
            else {
                continue;
            };
            let details = [("script", shown(&script.name)), ("tool", shown(tool)), ("command", shown(&script.command))];
            let place = script.place.clone();
            seen.setting("intel/install-download", &place, &script.name, (&script.name, &script.command), &details);
        }
    }
}

/// `intel/dependency-scripts`: packages of an npm lockfile that run scripts when they are installed, and nothing that
/// keeps npm from running them. Yarn's, pnpm's and Bun's lockfiles are left out: these tools ask first.
pub(super) fn of_dependencies(seen: &mut Seen<'_>) {
    let mut locks: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    for package in &seen.inventory.packages {
        let path = package.place.path.as_str();
        if package.install_script
            && matches!(file_name(path), "package-lock.json" | "npm-shrinkwrap.json")
            && !is_aside(path)
        {
            locks.entry(path).or_default().push(package);
        }
    }
    for (lock, packages) in locks {
        if seen.npmrc.of(lock).any(|settings| settings.ignore_scripts) {
            continue;
        }
        let mut names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let details = [("packages", listed(&names)), ("count", names.len().to_string()), ("lockfile", lock.to_owned())];
        let place = packages[0].place.clone();
        seen.setting("intel/dependency-scripts", &place, lock, ("hasInstallScript", "true"), &details);
    }
}
