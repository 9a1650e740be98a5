//! Modules that routes include by name: `include("shop.urls")`.

use lunette_lang::ir::Op;

use super::scene::{Context, Scene};
use crate::api::NodeId;
use crate::know::Origin;
use crate::program::{Site, UnitId};

/// Whether a value is a call that includes a module.
pub(super) fn is_include(scene: &Scene, nodes: &[NodeId], site: Site, context: &Context) -> bool {
    let call = scene.concrete(site, context);
    scene.callee(call).is_some_and(|callee| scene.facts.api(callee).iter().any(|(node, _)| nodes.contains(node)))
}

/// The module that such a call includes: told by its dotted name, by itself, or first in a pair with a namespace.
pub(super) fn included(scene: &Scene, nodes: &[NodeId], site: Site, context: &Context) -> Option<UnitId> {
    if nodes.is_empty() || !is_include(scene, nodes, site, context) {
        return None;
    }
    let call = scene.concrete(site, context);
    let (given, _) = scene.arguments(call, context).into_iter().next()?;
    let given = scene.concrete(given, context);
    let given = match scene.facts.program.op(given) {
        Op::List(_, items) => scene.concrete(Site { value: items.first()?.value, ..given }, context),
        _ => given,
    };
    for origin in scene.origins(given, context) {
        if let Origin::Module(unit) = origin {
            return Some(unit);
        }
    }
    let name = scene.strings(given, context).values.into_iter().next()?;
    scene.facts.program.dotted(&scene.facts.program.unit(call.unit).path, &name)
}
