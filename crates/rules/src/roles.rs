//! What conditions say of roles and secrets: paths that only some callers are sent to, and checks that are left out when a
//! secret is not given.

use lunette_flow::lazy::Regex;
use lunette_flow::program::{Site, UnitId};
use lunette_lang::ir::{Block, BlockId, Body, BodyId, Const, Op, Span, Terminator, UnaryOp, ValueId};

use crate::matcher::SkipsCheck;
use crate::run::Run;

/// Most blocks followed from a branch.
const MAX_BLOCKS: usize = 64;

impl Run<'_, '_> {
    /// Whether the program names a path only where a condition of such a name holds: `user.isAdmin ? "/books" : "/"`.
    pub(crate) fn is_for_role(&self, path: &str, role: &Regex) -> bool {
        let wanted = path.trim_end_matches('/');
        let named = wanted.len() > 1 && !wanted.contains([':', '<', '{', '*', '(']);
        named
            && self.facts.program.ids().any(|unit| {
                let module = &self.facts.program.unit(unit).module;
                module.names.find(wanted).is_some_and(|text| {
                    module.bodies.iter().enumerate().any(|(at, body)| {
                        let site = |value: ValueId| Site { unit, body: BodyId(at as u32), value };
                        let holds = |block: Block<'_>| {
                            block.ops.iter().any(|value| body.ops[value.index()] == Op::Const(Const::Str(text)))
                        };
                        body.blocks.iter().any(|block| {
                            let Terminator::Branch { cond, then, other } = block.end else { return false };
                            let (cond, then, other) = match body.ops[cond.index()] {
                                Op::Unary(UnaryOp::Not, of) => (of, other, then),
                                _ => (cond, then, other),
                            };
                            let only = |block: BlockId| {
                                let block = body.block(block);
                                block.preds.len() == 1 && holds(block)
                            };
                            self.facts.name_of(site(cond)).is_some_and(|name| role.is_match(&name))
                                && only(then)
                                && !only(other)
                        })
                    })
                })
            })
    }

    /// The check that is left out when a secret is not given: `if password: if not login(password): return`.
    pub(crate) fn skipped_check(&self, unit: UnitId, id: BodyId, test: &SkipsCheck) -> Option<Span> {
        let module = &self.facts.program.unit(unit).module;
        let body = module.body(id);
        for (at, param) in body.params.iter().enumerate() {
            if !test.parameter.is_match(module.name(param.name)) {
                continue;
            }
            let default = param.default.is_some_and(|at| is_empty(module.op(at), module));
            if !default {
                continue;
            }
            for block in body.blocks.iter() {
                let Terminator::Branch { cond, then, other } = block.end else { continue };
                if reads(body, cond, at as u32)
                    && let Some(check) = self.checks(unit, id, body, then, &test.call)
                    && self.checks(unit, id, body, other, &test.call).is_none()
                    && acts(body, other)
                {
                    return Some(body.spans[check.index()]);
                }
            }
        }
        None
    }

    /// A call of such a name in a block that only this branch leads to.
    fn checks(&self, unit: UnitId, id: BodyId, body: &Body, block: BlockId, call: &Regex) -> Option<ValueId> {
        let block = body.block(block);
        let checks = |value: &ValueId| {
            matches!(body.ops[value.index()], Op::Call { .. })
                && self.facts.name_of(Site { unit, body: id, value: *value }).is_some_and(|name| call.is_match(&name))
        };
        block.ops.iter().copied().filter(|_| block.preds.len() == 1).find(checks)
    }
}

/// Whether a value is a parameter as it came in.
fn reads(body: &Body, value: ValueId, param: u32) -> bool {
    match &body.ops[value.index()] {
        Op::Param(index) => *index == param,
        Op::Assign(_, from) => reads_plain(body, *from, param),
        Op::Phi(of) => of.iter().any(|value| reads_plain(body, *value, param)),
        _ => false,
    }
}

fn reads_plain(body: &Body, value: ValueId, param: u32) -> bool {
    matches!(&body.ops[value.index()], Op::Param(index) if *index == param)
}

/// Whether the way from a block goes on to do something: calls something, rather than giving up at once.
fn acts(body: &Body, from: BlockId) -> bool {
    let (mut seen, mut stack) = (vec![from], vec![from]);
    while let Some(block) = stack.pop() {
        let block = body.block(block);
        if block.ops.iter().any(|value| matches!(body.ops[value.index()], Op::Call { .. })) {
            return true;
        }
        let next = match block.end {
            Terminator::Jump(to) => vec![to],
            Terminator::Branch { then, other, .. } => vec![then, other],
            _ => Vec::new(),
        };
        for to in next {
            if !seen.contains(&to) && seen.len() < MAX_BLOCKS {
                seen.push(to);
                stack.push(to);
            }
        }
    }
    false
}

/// Whether a default is nothing: `None`, `null`, an empty text.
fn is_empty(op: &Op, module: &lunette_lang::ir::Module) -> bool {
    match op {
        Op::Const(Const::Null | Const::Undefined | Const::Bool(false)) => true,
        Op::Const(Const::Str(text)) => module.name(*text).is_empty(),
        _ => false,
    }
}
