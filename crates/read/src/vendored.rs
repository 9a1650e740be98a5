//! Directories of third-party code and of a tool's leavings: one line in the ledger, nothing below is read.
//!
//! A name alone is enough only where nobody gives it to code of their own. `vendor`, `env` or `build` are looked into.

use lunette_core::project::SkipReason;

use crate::door::{Entry, Kind};

/// Names that are only ever third-party code.
const THIRD_PARTY: [&str; 22] = [
    "node_modules",
    "bower_components",
    "jspm_packages",
    "site-packages",
    "dist-packages",
    "third_party",
    "third-party",
    "thirdparty",
    "__pypackages__",
    "_vendor",
    "vendored",
    ".venv",
    ".virtualenv",
    ".tox",
    ".nox",
    ".eggs",
    ".yarn",
    ".pnpm-store",
    ".bundle",
    "Pods",
    "Carthage",
    "elm-stuff",
];

/// Names that are only ever written by tools.
const LEAVINGS: [&str; 21] = [
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    ".ipynb_checkpoints",
    ".next",
    ".nuxt",
    ".svelte-kit",
    ".turbo",
    ".parcel-cache",
    ".angular",
    ".gradle",
    ".terraform",
    ".serverless",
    ".aws-sam",
    ".nyc_output",
    ".vercel",
    ".netlify",
    ".wrangler",
    "htmlcov",
];

/// Names of version control's own data: not part of the project's content.
pub(crate) fn is_version_control(name: &str) -> bool {
    matches!(name, ".git" | ".hg" | ".svn" | ".jj")
}

/// Whether a directory is left out by its name.
pub(crate) fn by_name(name: &str) -> Option<(SkipReason, &'static str)> {
    if THIRD_PARTY.contains(&name) {
        return Some((SkipReason::Vendored, "a directory of installed or copied packages"));
    }
    if LEAVINGS.contains(&name) {
        return Some((SkipReason::Generated, "a directory that a tool writes"));
    }
    let is_metadata = [".egg-info", ".dist-info"].iter().any(|end| name.ends_with(end));
    is_metadata.then_some((SkipReason::Generated, "metadata of a package, written by a tool"))
}

/// Whether the directory `name` at `path` is left out for what is in it. Never asked of the root.
pub(crate) fn by_entries(path: &str, name: &str, entries: &[Entry]) -> Option<(SkipReason, &'static str)> {
    let has = |wanted: &str, kind: Kind| entries.iter().any(|entry| entry.kind == kind && entry.name == wanted);
    if has("pyvenv.cfg", Kind::File) || has("conda-meta", Kind::Dir) {
        return Some((SkipReason::Vendored, "a Python environment"));
    }
    if !matches!(name, "vendor" | "vendors") {
        return None;
    }
    // A vendor may be a package, or somebody who sells.
    let by_package_manager =
        has("autoload.php", Kind::File) || has("modules.txt", Kind::File) || has("bundle", Kind::Dir);
    let among_assets =
        path.split('/').any(|part| matches!(part, "static" | "public" | "assets" | "wwwroot" | "htdocs"));
    let holds_builds = entries.iter().any(|entry| entry.name.to_string_lossy().ends_with(".min.js"));
    (by_package_manager || among_assets || holds_builds)
        .then_some((SkipReason::Vendored, "a vendor directory with copied packages"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, entries: &[(&str, Kind)]) -> Option<SkipReason> {
        let entries: Vec<Entry> =
            entries.iter().map(|(name, kind)| Entry { name: (*name).into(), kind: *kind }).collect();
        let name = path.rsplit('/').next().unwrap_or(path);
        by_name(name).or_else(|| by_entries(path, name, &entries)).map(|(reason, _)| reason)
    }

    #[test]
    fn third_party_code_by_name_or_by_what_is_in_it() {
        assert_eq!(check("web/node_modules", &[]), Some(SkipReason::Vendored));
        assert_eq!(check("env", &[("pyvenv.cfg", Kind::File)]), Some(SkipReason::Vendored));
        assert_eq!(check("vendor", &[("modules.txt", Kind::File)]), Some(SkipReason::Vendored));
        assert_eq!(check("app/static/vendor", &[("chart.js", Kind::File)]), Some(SkipReason::Vendored));
        assert_eq!(check("src/__pycache__", &[]), Some(SkipReason::Generated));
        assert_eq!(check("app.egg-info", &[]), Some(SkipReason::Generated));
    }

    #[test]
    fn hand_written_code_is_kept() {
        assert_eq!(check("src/routes/vendor", &[("orders.js", Kind::File)]), None);
        assert_eq!(check("vendor", &[("index.js", Kind::File)]), None);
        for path in ["build", "lib", "dist", "env", "out", "bin", "packages", "external", "app/env"] {
            assert_eq!(check(path, &[("index.js", Kind::File)]), None, "{path}");
        }
    }
}
