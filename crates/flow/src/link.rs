//! Where an import leads: file names of the project, and what manifests say about names.

use lunette_lang::ir::{Import, Language, Module};
use rustc_hash::FxHashMap;

use crate::program::{ImportMap, Target, UnitId};

/// The files of a program by path.
#[derive(Clone, Debug, Default)]
pub struct Files(FxHashMap<String, UnitId>);

impl Files {
    /// The files with these paths, numbered in this order.
    pub fn new<'p>(paths: impl Iterator<Item = &'p str>) -> Self {
        Files(paths.enumerate().map(|(at, path)| (path.to_owned(), UnitId(at as u32))).collect())
    }

    /// The file at a path.
    pub fn find(&self, path: &str) -> Option<UnitId> {
        self.0.get(path).copied()
    }

    /// Where an import of the module at `from` leads.
    pub(crate) fn target(&self, from: &str, module: &Module, import: &Import, map: &ImportMap) -> Target {
        let name = module.name(import.module);
        let found = match module.language {
            Language::Python => self.python(from, name, import.level),
            Language::JavaScript => self.javascript(from, name, map),
        };
        found.map_or_else(|| Target::Package(package_name(name)), Target::Unit)
    }

    /// The Python module that an import names, as seen from a file; `level` counts leading dots.
    pub(crate) fn python(&self, from: &str, name: &str, level: u8) -> Option<UnitId> {
        let path = name.replace('.', "/");
        if level > 0 {
            let mut folder = parent(from);
            for _ in 1..level {
                folder = parent(folder.trim_end_matches('/'));
            }
            return if path.is_empty() {
                self.find(&format!("{folder}__init__.py"))
            } else {
                self.python_module(&format!("{folder}{path}"))
            };
        }
        // A script's own folder comes first on Python's path; then every folder above it may be a source root.
        let mut folder = parent(from);
        loop {
            let own = format!("{folder}{path}");
            if let Some(unit) = self.python_module(&own).or_else(|| self.python_module(&format!("{folder}src/{path}")))
            {
                return Some(unit);
            }
            if folder.is_empty() {
                return None;
            }
            folder = parent(folder.trim_end_matches('/'));
        }
    }

    /// The Python module at a path without its ending.
    pub(crate) fn python_module(&self, path: &str) -> Option<UnitId> {
        self.find(&format!("{path}.py")).or_else(|| self.find(&format!("{path}/__init__.py")))
    }

    /// The JavaScript module that an import names, as seen from a file.
    pub fn javascript(&self, from: &str, name: &str, map: &ImportMap) -> Option<UnitId> {
        if name.starts_with("./") || name.starts_with("../") || name == "." || name == ".." {
            return self.javascript_module(&join(parent(from), name)?);
        }
        for (folder, pattern, replacement) in &map.aliases {
            if !from.starts_with(folder.as_str()) {
                continue;
            }
            let path = match pattern.split_once('*') {
                Some((before, after)) => name
                    .strip_prefix(before)
                    .and_then(|rest| rest.strip_suffix(after))
                    .map(|rest| replacement.replacen('*', rest, 1)),
                None => (name == pattern).then(|| replacement.clone()),
            };
            if let Some(unit) = path.and_then(|path| join("", &path)).and_then(|path| self.javascript_module(&path)) {
                return Some(unit);
            }
        }
        // By wide convention `@/` and `~/` mean the source root, whatever tool is told so.
        if let Some(rest) = name.strip_prefix("@/").or_else(|| name.strip_prefix("~/")) {
            let mut folder = parent(from);
            loop {
                let found = ["", "src/"]
                    .into_iter()
                    .find_map(|source| self.javascript_module(&format!("{folder}{source}{rest}")));
                if found.is_some() || folder.is_empty() {
                    return found;
                }
                folder = parent(folder.trim_end_matches('/'));
            }
        }
        for (package, folder) in &map.packages {
            let Some(rest) = name.strip_prefix(package.as_str()) else { continue };
            let inner = match rest.strip_prefix('/') {
                Some(inner) => inner,
                None if rest.is_empty() => "",
                None => continue,
            };
            let found = ["", "src/", "lib/"].into_iter().find_map(|source| {
                let path = format!("{folder}/{source}{inner}");
                self.javascript_module(path.trim_end_matches('/'))
            });
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn javascript_module(&self, path: &str) -> Option<UnitId> {
        const EXTENSIONS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mts", "mjs", "cts", "cjs"];
        if let Some(unit) = self.find(path) {
            return Some(unit);
        }
        // TypeScript sources import each other by the name of the JavaScript that they become.
        let stem = ["js", "mjs", "cjs", "jsx"].iter().find_map(|ext| path.strip_suffix(&format!(".{ext}")));
        let with = |base: &str| EXTENSIONS.iter().find_map(|ext| self.find(&format!("{base}.{ext}")));
        let index = if path.is_empty() { "index".to_owned() } else { format!("{path}/index") };
        with(path).or_else(|| stem.and_then(with)).or_else(|| with(&index))
    }
}

/// The package that an import names, without how and in which version it is fetched: `node:fs` is `fs`,
/// `npm:express@4` and `https://esm.sh/express@4.18` are `express`; `https://deno.land/std@0.1/http/server.ts` is
/// `deno.land/std/http/server.ts`.
fn package_name(name: &str) -> String {
    const HOSTS: [&str; 6] = [
        "https://esm.sh/",
        "https://cdn.skypack.dev/",
        "https://cdn.jsdelivr.net/npm/",
        "https://unpkg.com/",
        "https://jspm.dev/",
        "https://esm.run/",
    ];
    if let Some(name) = name.strip_prefix("node:") {
        return name.to_owned();
    }
    let fetched = ["npm:", "jsr:"].iter().chain(&HOSTS).find_map(|prefix| name.strip_prefix(prefix));
    let Some(rest) = fetched.or_else(|| name.strip_prefix("https://")) else { return name.to_owned() };
    let rest = rest.trim_start_matches('/').split('?').next().unwrap_or_default();
    let mut out = String::with_capacity(rest.len());
    for segment in rest.split('/').filter(|segment| !segment.is_empty()) {
        if !out.is_empty() {
            out.push('/');
        }
        // The version follows an `@` that does not start the segment, as a scope's does.
        let end = segment.char_indices().skip(1).find(|(_, c)| *c == '@').map_or(segment.len(), |(at, _)| at);
        out.push_str(&segment[..end]);
    }
    out
}

/// The folder of a path, with `/` at the end; empty at the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..=at])
}

/// Joins a folder and a relative path with `.` and `..`; `None` when it leaves the root.
fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
