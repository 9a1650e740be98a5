//! Entry points: which routes a program serves, what guards them and what they read.
//!
//! Everything is told by models: which calls, decorators, classes and files register handlers, how routers are mounted
//! in each other, what applies to all routes of a router, what proves something about the caller, and how handlers
//! read their input. What functions of the project prove is decided by the function itself (the module `verdict`).

mod ambient;
mod assemble;
mod branches;
mod classes;
mod exempt;
mod files;
mod folders;
mod graph;
mod guards;
mod includes;
mod inputs;
mod limit;
mod mounts;
mod register;
mod routers;
mod scene;
#[cfg(test)]
mod tests;
mod verdict;
mod views;
mod wrapped;

use lunette_core::Place;
use lunette_core::project::Route;
use lunette_lang::ir::BodyId;
use rustc_hash::FxHashMap;

use crate::facts::Facts;
use crate::models::Models;
use crate::program::UnitId;
use graph::Graph;
use inputs::InputIndex;
use scene::Scene;
use verdict::Verdicts;

/// The routes of a program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routes {
    /// All routes, by file, line, path and method.
    pub routes: Vec<Route>,
    /// The handler of each route, where it is code of the project.
    pub handlers: Vec<Option<(UnitId, BodyId)>>,
    /// The routes (by index) from whose handlers a body is reached: by calls, callbacks and as a nested function.
    /// At most [`MAX_ROUTES_OF_BODY`] for one body.
    pub of_body: FxHashMap<(UnitId, BodyId), Vec<usize>>,
    /// Registrations of which something could not be told from the code.
    pub unresolved: Vec<Unresolved>,
}

/// Most routes kept for one body.
pub const MAX_ROUTES_OF_BODY: usize = 64;

/// A registration that could not be resolved completely.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    /// Where it is.
    pub place: Place,
    /// What is not known: "its path", "its handler".
    pub what: &'static str,
    /// The route as far as it is known.
    pub route: String,
}

impl Routes {
    /// The routes from whose handlers a body is reached.
    pub fn of(&self, unit: UnitId, body: BodyId) -> impl Iterator<Item = &Route> {
        self.of_body.get(&(unit, body)).into_iter().flatten().map(|&at| &self.routes[at])
    }
}

/// Whether a route's path has parts that vary: parameters, wildcards, expressions.
pub(crate) fn varies(path: &str) -> bool {
    path.contains(['*', '(', '?', '+', '^']) || !inputs::path_parameters(path).is_empty()
}

/// Finds the routes of a program.
pub fn routes(facts: &Facts, models: &Models) -> Routes {
    let mut scene = Scene {
        facts,
        models: &models.routes,
        graph: Graph::new(facts),
        verdicts: Verdicts::new(&models.routes),
        input_index: InputIndex::new(&models.routes.inputs),
        members: FxHashMap::default(),
    };
    scene.gather_members();
    let mut drafts = Vec::new();
    scene.called(&mut drafts);
    scene.decorated(&mut drafts);
    scene.controllers(&mut drafts);
    scene.exposed(&mut drafts);
    scene.by_file(&mut drafts);
    assemble::assemble(&scene, &drafts)
}
