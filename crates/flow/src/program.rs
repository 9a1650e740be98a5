//! All modules of a project, and how they import each other.

use lunette_core::Place;
use std::collections::BTreeSet;

use lunette_lang::ir::{Body, BodyId, Import, ImportId, ImportItem, Language, Module, Op, Span, ValueId, ValueRef};
use rustc_hash::{FxHashMap, FxHashSet};

/// A module of the program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnitId(pub u32);

/// A value anywhere in the program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Site {
    /// The module.
    pub unit: UnitId,
    /// The body.
    pub body: BodyId,
    /// The value.
    pub value: ValueId,
}

/// One source file.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Path relative to the project's root.
    pub path: String,
    /// Its source text.
    pub text: String,
    /// Its code.
    pub module: Module,
}

/// Where an import leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A module of the project.
    Unit(UnitId),
    /// A package, by its name (`express`, `flask.views`, `fs`).
    Package(String),
}

/// All modules, sorted by path, with their imports resolved.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The modules.
    pub units: Vec<Unit>,
    by_path: FxHashMap<String, UnitId>,
    targets: Vec<Vec<Target>>,
    manifests: Vec<(String, Vec<String>)>,
}

/// What the manifests say about import names.
#[derive(Clone, Debug, Default)]
pub struct ImportMap {
    /// TypeScript path aliases: folder of the tsconfig (with `/` at the end, or empty), pattern with at most one `*`,
    /// replacement relative to the root with at most one `*`.
    pub aliases: Vec<(String, String, String)>,
    /// Packages of the workspace: name and folder.
    pub packages: Vec<(String, String)>,
    /// Manifests: folder (with `/` at the end, or empty) and the packages that they ask for.
    pub manifests: Vec<(String, Vec<String>)>,
}

impl Program {
    /// Links modules. `units` may come in any order.
    pub fn new(mut units: Vec<Unit>, map: &ImportMap) -> Self {
        units.extend(namespaces(&units));
        units.sort_by(|a, b| a.path.cmp(&b.path));
        let by_path = units.iter().enumerate().map(|(at, unit)| (unit.path.clone(), UnitId(at as u32))).collect();
        let mut program = Program { units, by_path, targets: Vec::new(), manifests: map.manifests.clone() };
        program.targets = program
            .units
            .iter()
            .map(|unit| unit.module.imports.iter().map(|import| program.resolve(unit, import, map)).collect())
            .collect();
        program
    }

    /// The module with this id.
    #[inline]
    pub fn unit(&self, id: UnitId) -> &Unit {
        &self.units[id.0 as usize]
    }

    /// The ids of all modules.
    pub fn ids(&self) -> impl Iterator<Item = UnitId> + use<> {
        (0..self.units.len() as u32).map(UnitId)
    }

    /// The module at a path.
    pub fn find(&self, path: &str) -> Option<UnitId> {
        self.by_path.get(path).copied()
    }

    /// A body.
    #[inline]
    pub fn body(&self, unit: UnitId, body: BodyId) -> &Body {
        self.unit(unit).module.body(body)
    }

    /// The operation at a site.
    #[inline]
    pub fn op(&self, site: Site) -> &Op {
        self.unit(site.unit).module.op(ValueRef { body: site.body, value: site.value })
    }

    /// Where a site was written.
    #[inline]
    pub fn span(&self, site: Site) -> Span {
        self.unit(site.unit).module.span(ValueRef { body: site.body, value: site.value })
    }

    /// The place of a span in a module.
    pub fn place(&self, unit: UnitId, span: Span) -> Place {
        let unit = self.unit(unit);
        let (line, column) = unit.module.position(span.start);
        let (end_line, end_column) = unit.module.position(span.end.max(span.start));
        Place { path: unit.path.clone(), line, column, end_line, end_column }
    }

    /// The source text of a span; empty when the span does not fit the text.
    pub fn source(&self, unit: UnitId, span: Span) -> &str {
        self.unit(unit).text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The line of source at a line number, counted from 1.
    pub fn source_line(&self, unit: UnitId, line: u32) -> &str {
        let Unit { text, module, .. } = self.unit(unit);
        let start = module.lines.get((line as usize).saturating_sub(1)).map_or(text.len(), |&start| start as usize);
        text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default()
    }

    /// Where an import leads.
    pub fn target(&self, unit: UnitId, import: ImportId) -> &Target {
        &self.targets[unit.0 as usize][import.index()]
    }

    /// Where all imports of a module lead, in the module's order.
    pub fn targets(&self, unit: UnitId) -> &[Target] {
        &self.targets[unit.0 as usize]
    }

    /// Whether a file belongs to a package that asks for another one: by the nearest manifest above the file, or any
    /// other above it (workspaces). `true` when no manifest is known at all.
    pub fn depends_on(&self, path: &str, package: &str) -> bool {
        self.manifests.is_empty()
            || self.manifests.iter().any(|(folder, packages)| {
                path.starts_with(folder.as_str()) && packages.iter().any(|name| name == package)
            })
    }

    /// The submodule of a package of the project: `unit` is its `__init__.py`.
    pub fn submodule(&self, unit: UnitId, name: &str) -> Option<UnitId> {
        let folder = self.unit(unit).path.strip_suffix("__init__.py")?;
        self.python_module(&format!("{folder}{name}"))
    }

    fn resolve(&self, unit: &Unit, import: &Import, map: &ImportMap) -> Target {
        let name = unit.module.name(import.module);
        let found = match unit.module.language {
            Language::Python => self.resolve_python(&unit.path, name, import.level),
            Language::JavaScript => self.resolve_javascript(&unit.path, name, map),
        };
        found.map_or_else(|| Target::Package(package_name(name)), Target::Unit)
    }

    /// The Python module with an absolute dotted name, as seen from a file.
    pub fn dotted(&self, from: &str, name: &str) -> Option<UnitId> {
        self.resolve_python(from, name, 0)
    }

    fn resolve_python(&self, from: &str, name: &str, level: u8) -> Option<UnitId> {
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

    fn python_module(&self, path: &str) -> Option<UnitId> {
        self.find(&format!("{path}.py")).or_else(|| self.find(&format!("{path}/__init__.py")))
    }

    fn resolve_javascript(&self, from: &str, name: &str, map: &ImportMap) -> Option<UnitId> {
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

/// Empty modules for Python's namespace packages: folders without `__init__.py` out of which something is imported
/// that lies in them. A folder that merely has the name of an installed package is none.
fn namespaces(units: &[Unit]) -> Vec<Unit> {
    let paths: FxHashSet<&str> = units.iter().map(|unit| unit.path.as_str()).collect();
    let mut found: BTreeSet<String> = BTreeSet::new();
    for unit in units.iter().filter(|unit| unit.module.language == Language::Python) {
        for import in &unit.module.imports {
            let mut parts: Vec<&str> =
                unit.module.name(import.module).split('.').filter(|part| !part.is_empty()).collect();
            if let ImportItem::Named(name) = import.item {
                parts.push(unit.module.name(name));
            }
            let mut folder = parent(&unit.path);
            for _ in 1..import.level {
                folder = parent(folder.trim_end_matches('/'));
            }
            loop {
                add_namespaces(&paths, folder, &parts, import.level > 0, &mut found);
                if folder.is_empty() || import.level > 0 {
                    break;
                }
                folder = parent(folder.trim_end_matches('/'));
            }
        }
    }
    let module = |path: String| {
        let module = lunette_lang::lower(lunette_lang::Dialect::Python, "").module?;
        Some(Unit { path, text: String::new(), module })
    };
    found.into_iter().filter_map(module).collect()
}

fn add_namespaces(paths: &FxHashSet<&str>, folder: &str, parts: &[&str], relative: bool, found: &mut BTreeSet<String>) {
    for at in usize::from(!relative)..parts.len() {
        let package = parts[..at].iter().fold(folder.to_owned(), |path, part| format!("{path}{part}/"));
        let init = format!("{package}__init__.py");
        let inner = format!("{package}{}", parts[at]);
        let is_there = |path: String| paths.contains(path.as_str());
        if !is_there(init.clone()) && (is_there(format!("{inner}.py")) || is_there(format!("{inner}/__init__.py"))) {
            found.insert(init);
        }
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
fn parent(path: &str) -> &str {
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
