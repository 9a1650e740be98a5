//! Which requests get to calls of certain functions, for those who know the functions and not the code.

use lunette_core::place::Place;
use lunette_core::risk::Exposure;
use lunette_flow::api::NodeId;
use lunette_flow::program::Site;
use lunette_flow::{Facts, Routes};

use crate::book::Rulebook;
use crate::surface::Surface;

/// A call, and who gets there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The call.
    pub place: Place,
    /// Who gets there.
    pub exposure: Exposure,
    /// The most exposed route that does (`GET /orders/:id`).
    pub route: Option<String>,
}

/// The routes of a program and the code that they reach.
#[derive(Debug)]
pub struct Reaching<'a, 'f> {
    facts: &'a Facts<'f>,
    surface: Surface<'a>,
}

impl Rulebook {
    /// Follows the calls from every route.
    pub fn reaching<'a, 'f>(&self, facts: &'a Facts<'f>, routes: &'a Routes) -> Reaching<'a, 'f> {
        Reaching { facts, surface: Surface::new(facts, routes, self.makers()) }
    }
}

impl Reaching<'_, '_> {
    /// The most exposed call of one of these functions outside test code, the first of several. `counts` is asked for the
    /// object (the import, where it is one) that the function called belongs to.
    pub fn call(&self, functions: &[NodeId], counts: &dyn Fn(Site) -> bool) -> Option<Reached> {
        let mut best: Option<Reached> = None;
        for call in functions.iter().flat_map(|&node| self.facts.calls_of(node)) {
            let program = self.facts.program;
            if !call.api.iter().any(|(node, object)| functions.contains(node) && counts(*object)) {
                continue;
            }
            if lunette_flow::is_test_path(&program.unit(call.site.unit).path) {
                continue;
            }
            let reach = self.surface.reach(self.facts, call.site.unit, call.site.body, false);
            let route = reach.route.map(|at| &self.surface.routes[at]);
            let found = Reached {
                place: program.place(call.site.unit, program.span(call.site)),
                exposure: reach.exposure,
                route: route.map(|route| format!("{} {}", route.method, route.path)),
            };
            let better = |known: &Reached| {
                (found.route.is_some(), found.exposure, &known.place)
                    > (known.route.is_some(), known.exposure, &found.place)
            };
            if best.as_ref().is_none_or(better) {
                best = Some(found);
            }
        }
        best
    }
}
