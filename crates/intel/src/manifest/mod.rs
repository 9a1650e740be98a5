//! Manifests: what a project asks for.

mod conda;
mod npm;
mod pyproject;
pub(crate) mod requirement;
pub(crate) mod requirements;
mod setup;

use lunette_core::place::Place;

use crate::document::ParseError;
use crate::packages::{Declared, Ecosystem, Failure, Manifest, Need, Source};
use requirement::{Requirement, is_dev, requirement};

/// A manifest with what in it could not be read.
pub(crate) struct Read {
    pub(crate) manifest: Manifest,
    pub(crate) failures: Vec<Failure>,
}

impl Read {
    pub(crate) fn new(path: &str, ecosystem: Ecosystem) -> Self {
        let manifest = Manifest {
            path: path.to_owned(),
            ecosystem,
            name: None,
            version: None,
            license: None,
            private: false,
            lockfile: None,
            declared: Vec::new(),
            overrides: Vec::new(),
            runtimes: Vec::new(),
            scripts: Vec::new(),
            indexes: Vec::new(),
        };
        Read { manifest, failures: Vec::new() }
    }

    pub(crate) fn fail(&mut self, line: u32, message: impl Into<String>) {
        // One line says it as well as a thousand.
        const MAX_FAILURES: usize = 20;
        if self.failures.len() < MAX_FAILURES {
            self.failures.push(Failure { path: self.manifest.path.clone(), line, message: message.into() });
        }
    }

    /// Adds what a requirement (PEP 508) asks for; what is none becomes a failure.
    pub(crate) fn require(&mut self, text: &str, need: Need, group: Option<&str>, place: Place) {
        match requirement(text) {
            Ok(found) => self.python(found, need, group, place),
            Err(message) => self.fail(place.line, message),
        }
    }

    pub(crate) fn python(&mut self, found: Requirement, need: Need, group: Option<&str>, place: Place) {
        // The file name of an archive pins as well as `==` does.
        let range = found.range.or_else(|| found.version.map(|version| format!("=={version}")));
        self.manifest.declared.push(Declared {
            ecosystem: Ecosystem::PyPi,
            name: found.name,
            alias: None,
            range,
            need,
            group: group.map(str::to_owned),
            marker: found.marker,
            source: found.source,
            place,
            package: None,
        });
    }
}

/// How a group or extra is needed, by its name and whether such groups are for development anyway.
pub(crate) fn group_need(name: &str, otherwise: Need) -> Need {
    if is_dev(name) { Need::Development } else { otherwise }
}

/// A parser: from path and text.
type Parser = fn(&str, &str) -> Result<Read, ParseError>;

/// The parser for a file of this name; `None` when it is no manifest. Requirements files are found by [`requirements`].
pub(crate) fn parser(name: &str) -> Option<Parser> {
    Some(match name {
        "package.json" => npm::package_json,
        "deno.json" | "deno.jsonc" | "import_map.json" => npm::deno_json,
        "pyproject.toml" => pyproject::pyproject,
        "Pipfile" => pyproject::pipfile,
        "setup.cfg" => setup::setup_cfg,
        "setup.py" => setup::setup_py,
        "environment.yml" | "environment.yaml" => conda::environment,
        _ => return None,
    })
}

/// What a name of the npm world asks for, from `"name": "range"`.
pub(crate) fn npm_declared(name: &str, range: Option<&str>, need: Need, place: Place) -> Option<Declared> {
    use crate::lockfile::source::{npm_source, split_version};
    let range = range.map(str::trim).filter(|range| !range.is_empty());
    let (real, range) = match range.and_then(|range| range.strip_prefix("npm:")) {
        Some(target) if !target.starts_with(|c: char| c.is_ascii_digit() || "^~<>=*".contains(c)) => {
            split_version(target)
        }
        Some(range) => (name, Some(range)),
        None => (name, range),
    };
    if real.is_empty() || real.len() > 214 {
        return None;
    }
    let source = range.and_then(npm_source).unwrap_or(Source::Registry);
    Some(Declared {
        ecosystem: Ecosystem::Npm,
        name: real.to_owned(),
        alias: (real != name).then(|| name.to_owned()),
        range: range.map(crate::lockfile::source::without_credentials),
        need,
        group: None,
        marker: None,
        source,
        place,
        package: None,
    })
}

/// The exact version that a range of npm is; `None` for ranges.
pub(crate) fn npm_exact(range: &str) -> Option<String> {
    let version = range.trim().trim_start_matches(['=', 'v']);
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let exact = core.split('.').count() == 3
        && core.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte));
    exact.then(|| version.to_owned())
}

/// The version that a range of npm starts from: `1.2.0` of `^1.2.0` and of `>=1.2.0 <2`.
pub(crate) fn npm_bound(range: &str) -> Option<String> {
    let first = range.split("||").next()?.trim();
    let first = first.strip_prefix(">=").or_else(|| first.strip_prefix(['^', '~', '='])).unwrap_or(first).trim_start();
    npm_exact(first.split_ascii_whitespace().next()?)
}
