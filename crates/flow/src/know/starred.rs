//! `export * from "package"`: a module that passes on all that a library exports, whose names nobody lists.

use lunette_lang::ir::{BodyId, ImportId, ImportItem, Language, ValueId};
use rustc_hash::FxHashSet;

use super::names::Name;
use super::{Origins, Tracker, merge};
use crate::program::{Program, Site, Target, UnitId};

/// Modules that are followed from one that passes on others.
const MAX_MODULES: usize = 64;

/// What a module passes on by `export *`, its own and that of the modules it passes on.
#[derive(Debug, Default)]
pub(super) struct Starred {
    /// The modules, itself first.
    modules: Vec<UnitId>,
    /// The packages, by the module and the import that names them.
    packages: Vec<(UnitId, ImportId)>,
}

/// What each module passes on of packages; nothing at all in most programs.
pub(super) fn starred(program: &Program) -> Vec<Starred> {
    let stars: Vec<Vec<ImportId>> = program.ids().map(|unit| stars(program, unit)).collect();
    let of_package = |unit: UnitId| {
        let packages = stars[unit.0 as usize].iter();
        packages.filter(move |import| matches!(program.target(unit, **import), Target::Package(_)))
    };
    if !program.ids().any(|unit| of_package(unit).next().is_some()) {
        return Vec::new();
    }
    let follow = |unit: UnitId| {
        let (mut out, mut seen, mut open) = (Starred::default(), FxHashSet::default(), vec![unit]);
        while let Some(at) = open.pop() {
            if out.modules.len() == MAX_MODULES || !seen.insert(at) {
                continue;
            }
            out.modules.push(at);
            out.packages.extend(of_package(at).map(|import| (at, *import)));
            open.extend(stars[at.0 as usize].iter().filter_map(|import| match program.target(at, *import) {
                Target::Unit(next) => Some(*next),
                Target::Package(_) => None,
            }));
        }
        if out.packages.is_empty() { Starred::default() } else { out }
    };
    program.ids().map(follow).collect()
}

/// The imports of a JavaScript module that stand for `export * from`.
fn stars(program: &Program, unit: UnitId) -> Vec<ImportId> {
    let module = &program.unit(unit).module;
    let all = module.imports.iter().enumerate();
    let stars = all.filter(|(_, import)| import.item == ImportItem::Star && module.language == Language::JavaScript);
    stars.map(|(at, _)| ImportId(at as u32)).collect()
}

impl Tracker<'_> {
    /// A name that a module does not export itself, among what it passes on of packages.
    pub(super) fn of_star(&self, unit: UnitId, name: Name) -> Origins {
        let mut set = Origins::new();
        let Some(starred) = self.starred.get(unit.0 as usize).filter(|starred| !starred.packages.is_empty()) else {
            return set;
        };
        let text = self.names.text(name);
        let exports = |unit: &UnitId| {
            let module = &self.program.unit(*unit).module;
            module.exports.iter().any(|export| module.name(export.name) == text)
        };
        // What a module of the project exports under this name goes before, also when it is not known yet.
        if starred.modules.iter().any(exports) {
            return set;
        }
        for &(unit, import) in &starred.packages {
            if let Target::Package(package) = self.program.target(unit, import) {
                let site = Site { unit, body: BodyId::MODULE, value: ValueId(0) };
                merge(&mut set, &self.package(Language::JavaScript, package, Some(text), site));
            }
        }
        set
    }
}
