//! What a class is derived from, as far as it is known.

use lunette_lang::ir::ClassId;

use crate::api::NodeId;
use crate::facts::Facts;
use crate::know::Origin;
use crate::program::{Site, UnitId};

/// A class of the project.
pub(crate) type ClassKey = (UnitId, ClassId);

/// Most classes looked at for one question; reached only by adversarial code.
const MAX_CLASSES: usize = 32;

/// What may stand for the bases of a class, in their order.
fn bases<'f>(facts: &'f Facts<'_>, (unit, class): ClassKey) -> impl Iterator<Item = Origin> + 'f {
    let bases = &facts.program.unit(unit).module.classes[class.index()].bases;
    let origins = move |base: &lunette_lang::ir::ValueRef| {
        let site = Site { unit, body: base.body, value: base.value };
        facts.known.origins(site).iter().copied()
    };
    bases.iter().flat_map(origins)
}

/// The class and the classes of the project that it is derived from, nearest first.
pub(crate) fn classes(facts: &Facts<'_>, class: ClassKey) -> Vec<ClassKey> {
    let mut found = vec![class];
    let mut at = 0;
    while let Some(&class) = found.get(at) {
        at += 1;
        for origin in bases(facts, class) {
            if let Origin::Class(unit, base) = origin
                && found.len() < MAX_CLASSES
                && !found.contains(&(unit, base))
            {
                found.push((unit, base));
            }
        }
    }
    found
}

/// The topmost base within the project, by first bases.
pub(crate) fn topmost(facts: &Facts<'_>, class: ClassKey) -> ClassKey {
    let mut at = class;
    for _ in 0..MAX_CLASSES {
        let base = bases(facts, at).find_map(|origin| match origin {
            Origin::Class(unit, class) => Some((unit, class)),
            _ => None,
        });
        match base {
            Some(base) if base != at => at = base,
            _ => break,
        }
    }
    at
}

/// The library's classes that a class is derived from, also through classes of the project.
pub(crate) fn libraries(facts: &Facts<'_>, class: ClassKey) -> Vec<NodeId> {
    let library = |origin| match origin {
        Origin::Api(node, _) => Some(node),
        _ => None,
    };
    classes(facts, class).into_iter().flat_map(|class| bases(facts, class)).filter_map(library).collect()
}
