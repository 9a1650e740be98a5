//! Library mode: a package that serves nothing and exports functions is used by programs that pass it what comes from
//! outside, so that the parameters of what it exports are sources.

use lunette_lang::ir::{BodyId, Language};
use rustc_hash::FxHashSet;

use super::SourceKind;
use super::seeds::Seeds;
use crate::facts::Facts;
use crate::know::Origin;
use crate::program::UnitId;
use crate::routes::Routes;
use crate::test_code::is_test_path;

/// Deepest nesting of exported objects that is looked into.
const MAX_DEPTH: usize = 3;

/// Whether a program is a library: it serves no route, reads nothing that clients send, and exports functions.
pub(crate) fn is_library(facts: &Facts<'_>, routes: &Routes, seeds: &Seeds) -> bool {
    routes.routes.is_empty() && !seeds.is_served(facts) && !exported(facts).is_empty()
}

/// Marks the parameters of exported functions.
pub(crate) fn seed(facts: &Facts<'_>, seeds: &mut Seeds) {
    for (unit, body) in exported(facts) {
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
        if is_test_path(&file.path) || file.module.language != Language::JavaScript {
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
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_unstable();
    found
}

fn add(facts: &Facts<'_>, origin: Origin, depth: usize, found: &mut FxHashSet<(UnitId, BodyId)>) {
    use lunette_lang::ir::{Entry, Op};
    if depth == 0 {
        return;
    }
    match origin {
        Origin::Function(unit, body) => _ = found.insert((unit, body)),
        Origin::Class(unit, class) | Origin::Instance(unit, class) => {
            let module = &facts.program.unit(unit).module;
            for &(_, body) in &module.classes[class.index()].methods {
                found.insert((unit, body));
            }
        }
        Origin::Literal(site) => {
            let Op::Dict(entries) = facts.program.op(site) else { return };
            for entry in entries {
                if let Entry::Pair(_, value) = entry {
                    let value = crate::program::Site { value: *value, ..site };
                    for &inner in facts.known.origins(value) {
                        add(facts, inner, depth - 1, found);
                    }
                }
            }
        }
        Origin::Module(_) | Origin::Api(..) => {}
    }
}
