//! Guards lifted by a call: `csrf.exempt(blueprint)`, `csrf.exempt(view)`.

use lunette_core::project::Proves;
use lunette_lang::ir::BodyId;
use rustc_hash::FxHashMap;

use super::scene::{Context, Scene};
use crate::program::{Site, UnitId};

/// What calls lift, by handler and by router.
#[derive(Debug, Default)]
pub(super) struct Exempt {
    handlers: FxHashMap<(UnitId, BodyId), Vec<Proves>>,
    routers: FxHashMap<Site, Vec<Proves>>,
}

impl Exempt {
    pub(super) fn new(scene: &Scene) -> Self {
        let mut exempt = Exempt::default();
        for exemption in scene.models.exemptions.iter().filter(|exemption| exemption.key.is_none()) {
            for call in exemption.nodes.iter().flat_map(|node| scene.facts.calls_of(*node)) {
                for (argument, _) in scene.arguments(call.site, &Context::default()) {
                    for handler in scene.functions(argument, &Context::default()) {
                        exempt.handlers.entry(handler).or_default().extend(&exemption.lifts);
                    }
                    for (_, router) in scene.routers(argument, &Context::default()) {
                        exempt.routers.entry(router).or_default().extend(&exemption.lifts);
                    }
                }
            }
        }
        exempt
    }

    /// Whether a guard is lifted for a handler registered on a chain of routers.
    pub(super) fn lifts(
        &self,
        handler: Option<(UnitId, BodyId)>,
        mut routers: impl Iterator<Item = Site>,
        proves: Proves,
    ) -> bool {
        handler.and_then(|handler| self.handlers.get(&handler)).is_some_and(|lifted| lifted.contains(&proves))
            || routers.any(|router| self.routers.get(&router).is_some_and(|lifted| lifted.contains(&proves)))
    }
}
