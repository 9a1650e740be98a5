//! Constants from outside a body: module variables, imported names, results of project functions.

use lunette_lang::ir::{BodyId, Const, ExportValue, ImportId, ImportItem, Key, Language, Op, ValueId, ValueRef, VarId};

use crate::constant::{self, Value, site_of, written};
use crate::know::Known;
use crate::program::{Program, Site, Target, UnitId};

/// How many copies are looked through.
const MAX_COPIES: usize = 8;
/// Among how many variables or exports of a module a name is looked for.
const MAX_NAMES: usize = 512;

/// Where a value comes from through copies and imports, if that may well be a constant.
fn settle(program: &Program, unit: UnitId, at: ValueRef, copies: usize) -> Option<Site> {
    let site = site_of(unit, at);
    match program.op(site) {
        Op::Assign(_, from) if copies > 0 => settle(program, unit, ValueRef { value: *from, ..at }, copies - 1),
        Op::Import(import) if copies > 0 => imported_within(program, unit, *import, copies - 1),
        Op::Outer(owner, var) if copies > 0 => settle(program, unit, written(program, unit, *owner, *var)?, copies - 1),
        Op::Const(Const::Undefined) => None,
        Op::Const(_) | Op::Concat(_) | Op::Binary(..) | Op::Unary(..) => Some(site),
        _ => None,
    }
}

/// Whether a variable may well be a constant.
pub(super) fn is_constant_variable(program: &Program, unit: UnitId, owner: BodyId, var: VarId) -> bool {
    written(program, unit, owner, var).is_some_and(|at| settle(program, unit, at, MAX_COPIES).is_some())
}

/// The constant that a variable certainly is.
pub(super) fn variable(program: &Program, known: &Known, unit: UnitId, owner: BodyId, var: VarId) -> Option<Value> {
    // Other modules may write to it.
    let name = program.body(unit, owner).vars[var.index()].name;
    if owner == BodyId::MODULE && known.exported(unit, program.unit(unit).module.name(name)).len() > 1 {
        return None;
    }
    let at = settle(program, unit, written(program, unit, owner, var)?, MAX_COPIES)?;
    constant::certain(program, known, at)
}

/// The variable that an import names, if it may well be a constant.
pub(super) fn imported(program: &Program, unit: UnitId, import: ImportId) -> Option<Site> {
    imported_within(program, unit, import, MAX_COPIES)
}

fn imported_within(program: &Program, unit: UnitId, import: ImportId, copies: usize) -> Option<Site> {
    let ImportItem::Named(name) = program.unit(unit).module.imports.get(import.index())?.item else { return None };
    let (target, var) = top_level(program, unit, import, program.unit(unit).module.name(name))?;
    settle(program, target, written(program, target, BodyId::MODULE, var)?, copies)
}

/// The variable at the top level of an imported module of the project that goes by a name.
fn top_level(program: &Program, unit: UnitId, import: ImportId, name: &str) -> Option<(UnitId, VarId)> {
    let Target::Unit(target) = program.target(unit, import) else { return None };
    let module = &program.unit(*target).module;
    let name = module.names.find(name)?;
    let var = match module.language {
        Language::Python => {
            let vars = &module.body(BodyId::MODULE).vars;
            VarId(u32::try_from(vars.iter().take(MAX_NAMES).position(|var| var.name == name)?).ok()?)
        }
        Language::JavaScript => {
            let mut found = module.exports.iter().take(MAX_NAMES).filter(|export| export.name == name);
            match (found.next()?.value, found.next()) {
                (ExportValue::Var(var), None) => var,
                _ => return None,
            }
        }
    };
    Some((*target, var))
}

/// Whether a callee is a function by a name that stands for nothing else: not by a variable with several writes, nor
/// one of several values. (Origins tell of several only those that are known.)
pub(crate) fn is_named(program: &Program, callee: Site) -> bool {
    named(program, callee, MAX_COPIES)
}

fn named(program: &Program, at: Site, copies: usize) -> bool {
    if copies == 0 {
        return false;
    }
    let of = |value: ValueId| Site { value, ..at };
    match *program.op(at) {
        Op::Closure(_) => true,
        Op::Assign(_, from) => named(program, of(from), copies - 1),
        Op::Outer(owner, var) => variable_is_named(program, at.unit, owner, var, copies - 1),
        Op::Import(import) => {
            let module = &program.unit(at.unit).module;
            let ImportItem::Named(name) = module.imports[import.index()].item else { return false };
            let found = top_level(program, at.unit, import, module.name(name));
            found.is_some_and(|(unit, var)| variable_is_named(program, unit, BodyId::MODULE, var, copies - 1))
        }
        // `module.function`.
        Op::Load(base, Key::Member(name)) => {
            let import = match *program.op(of(base)) {
                Op::Import(import) => Some(import),
                Op::Outer(owner, var) => module_import(program, at.unit, owner, var),
                _ => None,
            };
            let module = &program.unit(at.unit).module;
            let found = import
                .filter(|import| matches!(module.imports[import.index()].item, ImportItem::Module))
                .and_then(|import| top_level(program, at.unit, import, module.name(name)));
            found.is_some_and(|(unit, var)| variable_is_named(program, unit, BodyId::MODULE, var, copies - 1))
        }
        _ => false,
    }
}

/// Whether the only write to a variable is a function.
fn variable_is_named(program: &Program, unit: UnitId, owner: BodyId, var: VarId, copies: usize) -> bool {
    match program.body(unit, owner).vars[var.index()].writes.as_slice() {
        [write] => named(program, site_of(unit, *write), copies),
        _ => false,
    }
}

/// The import that a variable stands for.
fn module_import(program: &Program, unit: UnitId, owner: BodyId, var: VarId) -> Option<ImportId> {
    let [write] = program.body(unit, owner).vars[var.index()].writes.as_slice() else { return None };
    let site = site_of(unit, *write);
    let from = if let Op::Assign(_, from) = *program.op(site) { Site { value: from, ..site } } else { site };
    match *program.op(from) {
        Op::Import(import) => Some(import),
        _ => None,
    }
}
