//! Handlers of `try`: which there are, what they catch, and whether they do anything.

use lunette_flow::Facts;
use lunette_flow::api::NodeId;
use lunette_flow::program::{Site, UnitId};
use lunette_lang::ir::{Body, BodyId, Handler, Language, Op, Try};

use crate::matcher::CatchTest;
use crate::run::Run;
use crate::spot::Spot;

impl Run<'_, '_> {
    /// The handlers in code of a language that pass a test.
    pub(crate) fn catches(&self, language: Language, test: &CatchTest) -> Vec<Spot> {
        let mut found = Vec::new();
        for unit in self.facts.program.ids().filter(|&unit| self.language(unit) == language) {
            for (at, body) in self.facts.program.unit(unit).module.bodies.iter().enumerate() {
                let id = BodyId(at as u32);
                for region in &body.tries {
                    for handler in &region.handlers {
                        if self.catch_passes(unit, id, body, region, handler, test) {
                            found.push(Spot::new(unit, id, handler.body));
                        }
                    }
                }
            }
        }
        found
    }

    fn catch_passes(
        &self,
        unit: UnitId,
        id: BodyId,
        body: &Body,
        region: &Try,
        handler: &Handler,
        test: &CatchTest,
    ) -> bool {
        // What has the extent of the whole handler is not written in it: passing on what the handler does not take.
        let within = |at: usize| handler.body.contains(body.spans[at]) && body.spans[at] != handler.body;
        let acts = |op: &Op| {
            matches!(
                op,
                Op::Call { .. }
                    | Op::Throw(_)
                    | Op::Store(..)
                    | Op::StoreOuter(..)
                    | Op::Assign(..)
                    | Op::Return(_)
                    | Op::Yield(_)
            )
        };
        let broad = is_broad(self.facts, unit, id, handler);
        let empty = || {
            !(0..body.ops.len()).any(|at| within(at) && acts(&body.ops[at]) && !is_type_test(&body.ops, at, handler))
        };
        let calls = |nodes: &Vec<NodeId>| {
            nodes.iter().any(|&node| {
                self.facts.calls_of(node).any(|call| {
                    (call.site.unit, call.site.body) == (unit, id)
                        && region.body.contains(self.facts.program.span(call.site))
                })
            })
        };
        test.broad.is_none_or(|wanted| wanted == broad)
            && test.empty.is_none_or(|wanted| wanted == empty())
            && test.body_calls.as_ref().is_none_or(calls)
    }
}

/// Whether a handler catches whatever is thrown.
pub(crate) fn is_broad(facts: &Facts<'_>, unit: UnitId, body: BodyId, handler: &Handler) -> bool {
    let mut named = handler.types.iter().filter_map(|&value| facts.name_of(Site { unit, body, value }));
    handler.types.is_empty() || named.any(|name| matches!(name.as_str(), "Exception" | "BaseException"))
}

/// Whether an operation only tests the type of what was caught.
fn is_type_test(ops: &[Op], at: usize, handler: &Handler) -> bool {
    match &ops[at] {
        Op::Call { args, .. } => args.iter().any(|arg| arg.value == handler.caught),
        // The variable that the exception is bound to.
        Op::Assign(_, from) => *from == handler.caught,
        _ => false,
    }
}
