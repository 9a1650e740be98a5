//! Library mode: a package that serves nothing and exports functions is used by programs that pass it what comes from
//! outside, so that the parameters of what it exports are sources.

use lunette_lang::ir::{BodyId, Entry, Key, Language, Op, ValueId};
use rustc_hash::FxHashSet;

use super::SourceKind;
use super::seeds::Seeds;
use crate::facts::Facts;
use crate::know::Origin;
use crate::program::{Site, UnitId};
use crate::routes::Routes;
use crate::test_code::is_aside;

/// Deepest nesting of exported objects that is looked into.
const MAX_DEPTH: usize = 3;

/// Whether a program is a library: it serves no route, reads nothing that clients send, and exports functions.
pub(crate) fn is_library(facts: &Facts<'_>, routes: &Routes, seeds: &Seeds) -> bool {
    !is_server(facts, routes, seeds) && !exported(facts).is_empty()
}

/// Whether a program has routes or reads what clients send.
pub(crate) fn is_server(facts: &Facts<'_>, routes: &Routes, seeds: &Seeds) -> bool {
    !routes.routes.iter().all(|route| is_aside(&route.file)) || seeds.is_served(facts)
}

/// The functions that run when the program's own files are run, without anybody calling what they export.
pub(super) fn run_by_itself(facts: &Facts<'_>) -> FxHashSet<(UnitId, BodyId)> {
    let files = facts.program.ids().filter(|&unit| !is_aside(&facts.program.unit(unit).path));
    let mut open: Vec<(UnitId, BodyId)> = files.map(|unit| (unit, BodyId::MODULE)).collect();
    let mut found: FxHashSet<(UnitId, BodyId)> = open.iter().copied().collect();
    while let Some((unit, id)) = open.pop() {
        for op in &facts.program.body(unit, id).ops {
            let Op::Call { callee, args, .. } = op else { continue };
            for value in std::iter::once(*callee).chain(args.iter().map(|arg| arg.value)) {
                for &origin in facts.known.origins(Site { unit, body: id, value }) {
                    let run: &[(UnitId, BodyId)] = match origin {
                        Origin::Function(unit, body) => &[(unit, body)],
                        Origin::Class(unit, class) | Origin::Instance(unit, class) => {
                            let module = &facts.program.unit(unit).module;
                            &module.classes[class.index()]
                                .methods
                                .iter()
                                .map(|&(_, body)| (unit, body))
                                .collect::<Vec<_>>()
                        }
                        _ => &[],
                    };
                    open.extend(run.iter().filter(|of| found.insert(**of)));
                }
            }
        }
    }
    found
}

/// Marks the parameters of exported functions.
pub(crate) fn seed(facts: &Facts<'_>, seeds: &mut Seeds) {
    for (unit, body) in exported(facts) {
        seeds.export((unit, body));
        for index in 0..facts.program.body(unit, body).params.len() {
            seeds.param(facts, unit, body, index, SourceKind::Library);
        }
    }
}

/// The functions that a program exports: for JavaScript what its modules export, with the methods of exported classes
/// and objects.
fn exported(facts: &Facts<'_>) -> Vec<(UnitId, BodyId)> {
    let mut found: FxHashSet<(UnitId, BodyId)> = FxHashSet::default();
    for unit in facts.program.ids() {
        let file = facts.program.unit(unit);
        if is_aside(&file.path) || file.module.language != Language::JavaScript {
            continue;
        }
        let mut names: Vec<&str> = file.module.exports.iter().map(|export| file.module.name(export.name)).collect();
        names.push("module.exports");
        for name in names {
            for &origin in facts.known.exported(unit, name) {
                add(facts, origin, MAX_DEPTH, &mut found);
            }
        }
    }
    for origin in put_on_exports(facts) {
        add(facts, origin, MAX_DEPTH, &mut found);
    }
    for _ in 0..MAX_DEPTH {
        let before = found.len();
        given_away(facts, &mut found);
        if found.len() == before {
            break;
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_unstable();
    found
}

/// What a function that is given `exports` puts on it: `factory(exports)` in a wrapper for all module systems.
fn put_on_exports(facts: &Facts<'_>) -> Vec<Origin> {
    let mut found = Vec::new();
    for unit in facts.program.ids() {
        let file = facts.program.unit(unit);
        let module = &file.module;
        let Some(exports) =
            module.names.find("exports").filter(|_| module.language == Language::JavaScript && !is_aside(&file.path))
        else {
            continue;
        };
        for (at, body) in module.bodies.iter().enumerate() {
            for (index, op) in body.ops.iter().enumerate() {
                let Op::Call { args, .. } = op else { continue };
                let given = args.iter().position(|arg| match body.ops[arg.value.index()] {
                    Op::Global(name) => name == exports,
                    Op::Load(of, Key::Member(name)) => {
                        name == exports && matches!(body.ops[of.index()], Op::Global(module_name) if module.name(module_name) == "module")
                    }
                    _ => false,
                });
                let Some(given) = given else { continue };
                let site = Site { unit, body: BodyId(at as u32), value: ValueId(index as u32) };
                for &(unit, id) in facts.call_at(site).map(|call| call.functions.as_slice()).unwrap_or_default() {
                    let body = facts.program.body(unit, id);
                    for op in &body.ops {
                        if let Op::Store(base, Key::Member(_), value) = *op
                            && body.ops[base.index()] == Op::Param(given as u32)
                        {
                            found.extend(facts.known.origins(Site { unit, body: id, value }).iter().copied());
                        }
                    }
                }
            }
        }
    }
    found
}

/// What callers get at by way of exported functions: functions that these return, methods that they put on `this`, on
/// their prototypes and on functions.
fn given_away(facts: &Facts<'_>, found: &mut FxHashSet<(UnitId, BodyId)>) {
    let mut more: Vec<Origin> = Vec::new();
    let units: FxHashSet<UnitId> = found.iter().map(|(unit, _)| *unit).collect();
    for unit in units {
        for (at, body) in facts.program.unit(unit).module.bodies.iter().enumerate() {
            let id = BodyId(at as u32);
            let is_exported = found.contains(&(unit, id));
            let site = |value| Site { unit, body: id, value };
            let owned = |value| {
                facts.known.origins(site(value)).iter().any(|origin| match *origin {
                    Origin::Function(unit, body) => found.contains(&(unit, body)),
                    _ => false,
                })
            };
            for op in &body.ops {
                let given = match *op {
                    Op::Return(value) if is_exported => value,
                    Op::Store(_, Key::Member(name), _) if is_private(facts.program.unit(unit).module.name(name)) => {
                        continue;
                    }
                    Op::Store(base, Key::Member(name), value) => {
                        let gives = match body.ops[base.index()] {
                            Op::This => is_exported,
                            Op::Load(of, Key::Member(member)) if is_prototype(facts, unit, member) => owned(of),
                            _ => owned(base),
                        };
                        if !gives || is_prototype(facts, unit, name) && !owned(base) {
                            continue;
                        }
                        value
                    }
                    _ => continue,
                };
                let origins = facts.known.origins(site(given)).iter();
                more.extend(
                    origins.filter(|origin| {
                        matches!(origin, Origin::Function(..) | Origin::Literal(_) | Origin::Class(..))
                    }),
                );
            }
        }
    }
    for origin in more {
        add(facts, origin, 2, found);
    }
}

/// Whether a member is the object's own business by its name, as `_rotate` is, and `[kRotate]`: whoever has not got the
/// symbol cannot call it.
fn is_private(name: &str) -> bool {
    name.len() > 1 && (name.starts_with('_') || name.starts_with('[') && !name.starts_with("[Symbol."))
}

fn is_prototype(facts: &Facts<'_>, unit: UnitId, name: lunette_lang::ir::NameId) -> bool {
    facts.program.unit(unit).module.name(name) == "prototype"
}

fn add(facts: &Facts<'_>, origin: Origin, depth: usize, found: &mut FxHashSet<(UnitId, BodyId)>) {
    if depth == 0 {
        return;
    }
    match origin {
        Origin::Function(unit, body) => _ = found.insert((unit, body)),
        Origin::Class(unit, class) | Origin::Instance(unit, class) => {
            let module = &facts.program.unit(unit).module;
            for &(name, body) in &module.classes[class.index()].methods {
                if !is_private(module.name(name)) {
                    found.insert((unit, body));
                }
            }
        }
        Origin::Literal(site) => {
            let Op::Dict(entries) = facts.program.op(site) else { return };
            for entry in entries {
                if let Entry::Pair(_, value) = entry {
                    let value = Site { value: *value, ..site };
                    for &inner in facts.known.origins(value) {
                        add(facts, inner, depth - 1, found);
                    }
                }
            }
        }
        Origin::Module(_) | Origin::Api(..) => {}
    }
}
