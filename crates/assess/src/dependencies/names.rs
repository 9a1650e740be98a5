//! The names that code knows a package by: its own, an alias of the manifest, or one that models say to be another's.

use std::collections::BTreeMap;

use lunette_flow::Facts;
use lunette_flow::api::ApiTrie;
use lunette_flow::models::Models;
use lunette_flow::program::{Program, Site, Target, UnitId};
use lunette_intel::advisories::{Held, Reach, Reachability};
use lunette_intel::packages::{Ecosystem, Inventory};
use lunette_lang::ir::{ImportForm, ImportId, Language, Op, Span};

use super::language;

/// Makes aliases (`"old": "npm:lodash@4"`) what they stand for, so that models and advisories hold for them; and modules
/// inside a package (`lodash-es/template`) those that advisories name of the package that models say it is.
pub(super) fn link(inventory: &Inventory, held: &[Held], models: &mut Models) {
    for package in inventory.packages.iter().filter(|package| package.ecosystem == Ecosystem::Npm) {
        if let Some(alias) = &package.alias {
            same(models, alias, &package.name);
        }
    }
    for held in held {
        let Some(package) = held.packages.first().and_then(|at| inventory.packages.get(*at)) else { continue };
        if language(package.ecosystem) != Language::JavaScript {
            continue;
        }
        for symbol in &held.found.symbols {
            let (root, inner) = root(symbol);
            let Some(inner) = inner else { continue };
            for name in package.import_names() {
                if name != root
                    && is_same(&models.trie, &name, root)
                    && models.pattern(Language::JavaScript, symbol).is_ok()
                {
                    same(models, &format!("{name}/{inner}"), &format!("{root}/{inner}"));
                }
            }
        }
    }
}

/// Makes one package another under a new name, where something is said of that one and nothing of this.
fn same(models: &mut Models, name: &str, real: &str) {
    let trie = &mut models.trie;
    let Some(real) = trie.package(Language::JavaScript, real) else { return };
    if trie.package(Language::JavaScript, name).is_some() {
        return;
    }
    // A name that cannot be written as a path is nobody's.
    if let Ok(node) = trie.insert(Language::JavaScript, &format!("[{name}]")) {
        trie.traits_mut(node).same_as = Some(trie.canonical(real));
    }
}

/// Whether two names stand for one package, as models and aliases have it.
fn is_same(trie: &ApiTrie, one: &str, other: &str) -> bool {
    let node = |name| trie.package(Language::JavaScript, name).map(|node| trie.canonical(node));
    one == other || node(one).is_some_and(|found| Some(found) == node(other))
}

/// The package of a function's path, and the module inside it: `lodash/template` is `lodash` and `template`.
fn root(symbol: &str) -> (&str, Option<&str>) {
    let (module, quoted) = match symbol.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((module, _)) => (module, true),
        None => (symbol, false),
    };
    let scope = if module.starts_with('@') { module.find('/').map_or(0, |at| at + 1) } else { 0 };
    let end = |text: &str| if quoted { text.len() } else { text.find(['.', '(', '[']).unwrap_or(text.len()) };
    let module = &module[..scope + end(&module[scope..])];
    match module[scope..].find('/') {
        Some(at) => (&module[..scope + at], Some(&module[scope + at + 1..])),
        None => (module, None),
    }
}

/// What code may call a package with a weakness, and whether the functions concerned are its own.
pub(super) struct Named<'a> {
    language: Language,
    /// The names that code imports it by.
    names: Vec<String>,
    /// Whether functions concerned are the package's own, not another's that brings it.
    pub(super) is_own: bool,
    trie: &'a ApiTrie,
}

impl<'a> Named<'a> {
    /// The names of a package and an advisory.
    pub(super) fn of(held: &Held, inventory: &Inventory, trie: &'a ApiTrie) -> Self {
        let packages: Vec<_> = held.packages.iter().filter_map(|at| inventory.packages.get(*at)).collect();
        let language = packages.first().map_or(Language::JavaScript, |package| language(package.ecosystem));
        let mut names: Vec<String> = packages.iter().flat_map(|package| package.import_names()).collect();
        let symbols = &held.found.symbols;
        let is_own = language == Language::JavaScript
            && symbols.iter().any(|symbol| {
                let root = root(symbol).0;
                packages.iter().any(|package| is_same(trie, &package.name, root))
            });
        if language == Language::Python {
            names.extend(symbols.iter().filter_map(|symbol| symbol.split(['.', '(']).next()).map(str::to_owned));
        }
        names.sort();
        names.dedup();
        Named { language, names, is_own, trie }
    }

    fn is(&self, imported: &str) -> bool {
        self.names.iter().any(|name| {
            imported.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
        })
    }

    /// Whether the object of a call may be this package's: not when it was imported as another one with the same
    /// functions (`lodash-es` beside `lodash`).
    pub(super) fn is_of(&self, object: Site, facts: &Facts<'_>) -> bool {
        if !self.is_own {
            return true;
        }
        let program = facts.program;
        // What a module passes on has no operation of its own: a file of nothing else is empty.
        let ops = &program.body(object.unit, object.body).ops;
        let Some(Op::Import(import)) = ops.get(object.value.index()) else { return true };
        match program.target(object.unit, *import) {
            Target::Package(package) => {
                let package = root(package).0;
                self.is(package) || !self.names.iter().any(|name| is_same(self.trie, name, package))
            }
            Target::Unit(_) => true,
        }
    }
}

/// The first import of each package outside test code.
pub(super) struct Imports(BTreeMap<(bool, String), (UnitId, Span)>);

impl Imports {
    pub(super) fn of(program: &Program) -> Self {
        let mut imports = BTreeMap::new();
        for unit in program.ids() {
            let module = &program.unit(unit).module;
            if lunette_flow::is_test_path(&program.unit(unit).path) {
                continue;
            }
            for (at, import) in module.imports.iter().enumerate() {
                // Types are gone before anything runs.
                if import.form == ImportForm::Type {
                    continue;
                }
                if let Target::Package(package) = program.target(unit, ImportId(at as u32)) {
                    let python = module.language == Language::Python;
                    imports.entry((python, package.clone())).or_insert((unit, import.span));
                }
            }
        }
        Imports(imports)
    }

    /// Whether the code imports a package, under any of its names.
    pub(super) fn reach(&self, named: &Named<'_>, program: &Program) -> Reach {
        let python = named.language == Language::Python;
        let found = self.0.iter().find(|((language, imported), _)| *language == python && named.is(imported));
        found.map_or_else(Reach::default, |(_, &(unit, span))| Reach {
            place: Some(program.place(unit, span)),
            ..Reach::level(Reachability::Imported)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::root;

    #[test]
    fn packages_of_functions() {
        for (symbol, expected) in [
            ("lodash.template", ("lodash", None)),
            ("lodash/template", ("lodash", Some("template"))),
            ("[lodash.template]", ("lodash.template", None)),
            ("@acme/auth.verify", ("@acme/auth", None)),
            ("@acme/auth/inner.verify", ("@acme/auth", Some("inner"))),
            ("express().use()", ("express", None)),
            ("ws.Server()", ("ws", None)),
            ("@", ("@", None)),
            ("", ("", None)),
        ] {
            assert_eq!(root(symbol), expected, "{symbol}");
        }
    }
}
