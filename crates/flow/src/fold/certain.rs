//! Constants from outside a body: module variables, imported names, results of project functions.

use lunette_lang::ir::{BodyId, Const, ExportValue, ImportId, ImportItem, Language, Op, ValueRef, VarId};

use crate::constant::{self, Value, site_of, written};
use crate::know::Known;
use crate::program::{Program, Site, Target, UnitId};

/// How many copies are looked through.
const MAX_COPIES: usize = 4;
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
    let from = &program.unit(unit).module;
    let (ImportItem::Named(name), Target::Unit(target)) = (from.imports.get(import.index())?.item, program.target(unit, import)) else {
        return None;
    };
    let name = from.name(name);
    let module = &program.unit(*target).module;
    let var = match module.language {
        Language::Python => {
            let name = module.names.find(name)?;
            let vars = &module.body(BodyId::MODULE).vars;
            VarId(u32::try_from(vars.iter().take(MAX_NAMES).position(|var| var.name == name)?).ok()?)
        }
        Language::JavaScript => {
            let name = module.names.find(name)?;
            let mut found = module.exports.iter().take(MAX_NAMES).filter(|export| export.name == name);
            match (found.next()?.value, found.next()) {
                (ExportValue::Var(var), None) => var,
                _ => return None,
            }
        }
    };
    settle(program, *target, written(program, *target, BodyId::MODULE, var)?, copies)
}
