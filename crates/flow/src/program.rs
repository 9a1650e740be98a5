//! All modules of a project, and how they import each other.

use std::collections::BTreeSet;

use lunette_core::Place;
use lunette_lang::ir::{Body, BodyId, ImportId, ImportItem, Language, Module, Op, Span, ValueId, ValueRef};
use rustc_hash::FxHashSet;

use crate::link::{Files, parent};

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
    files: Files,
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
        let files = Files::new(units.iter().map(|unit| unit.path.as_str()));
        let of_unit = |unit: &Unit| {
            let target = |import| files.target(&unit.path, &unit.module, import, map);
            unit.module.imports.iter().map(target).collect()
        };
        let targets = units.iter().map(of_unit).collect();
        Program { units, files, targets, manifests: map.manifests.clone() }
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
        self.files.find(path)
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
        self.files.python_module(&format!("{folder}{name}"))
    }

    /// The Python module with an absolute dotted name, as seen from a file.
    pub fn dotted(&self, from: &str, name: &str) -> Option<UnitId> {
        self.files.python(from, name, 0)
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
