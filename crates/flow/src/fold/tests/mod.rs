//! Every idiom, and what looks like it but must not be folded.
#![allow(clippy::unwrap_used, clippy::panic)]

mod branches;
mod containers;
mod random;
mod stores;

use lunette_lang::Dialect;
use lunette_lang::ir::{Body, BodyId, Op, ValueId};

use super::{Containers, Folded, fold};
use crate::api::ApiTrie;
use crate::constant::Value;
use crate::know::know;
use crate::program::{ImportMap, Program, Unit, UnitId};

/// What the first argument of each reachable call of `sink` may be: parameters by name, constants, `?` for anything
/// else. In all functions of the first file, in order.
fn sinks_of(files: &[(&str, &str)], fill: impl FnOnce(&mut ApiTrie) -> Containers) -> Vec<String> {
    let units = files
        .iter()
        .map(|&(path, text)| {
            let module = lunette_lang::lower(Dialect::of_path(path).unwrap(), text).module.unwrap();
            Unit { path: path.to_owned(), text: text.to_owned(), module }
        })
        .collect();
    let mut trie = ApiTrie::default();
    let containers = fill(&mut trie);
    let program = Program::new(units, &ImportMap::default());
    let known = know(&program, &trie);
    let unit = program.find(files[0].0).unwrap();
    let mut found = Vec::new();
    for at in 0..program.unit(unit).module.bodies.len() {
        let id = BodyId(u32::try_from(at).unwrap());
        let folded = fold(&program, &known, &containers, unit, id);
        sinks_in(&program, unit, program.body(unit, id), &folded, &mut found);
    }
    found
}

fn sinks_in(program: &Program, unit: UnitId, body: &Body, folded: &Folded, found: &mut Vec<String>) {
    let module = &program.unit(unit).module;
    let mut calls = Vec::new();
    for (block, at) in body.blocks.iter().zip(0..) {
        if folded.reachable(lunette_lang::ir::BlockId(at)) {
            calls.extend(block.ops.iter().copied());
        }
    }
    calls.sort();
    for value in calls {
        let Op::Call { callee, args, .. } = &body.ops[value.index()] else { continue };
        if !matches!(body.ops[callee.index()], Op::Global(name) if module.name(name) == "sink") {
            continue;
        }
        let mut all = Vec::new();
        explain(program, unit, body, folded, args[0].value, &mut all, 0);
        all.sort();
        all.dedup();
        found.push(all.join("|"));
    }
}

fn explain(
    program: &Program,
    unit: UnitId,
    body: &Body,
    folded: &Folded,
    value: ValueId,
    all: &mut Vec<String>,
    depth: usize,
) {
    let module = &program.unit(unit).module;
    if depth > 20 {
        return;
    }
    if let Some(constant) = folded.constant(value) {
        all.push(match constant {
            Value::Str(text) => format!("{text:?}"),
            Value::Int(number) => number.to_string(),
            other => format!("{other:?}"),
        });
        return;
    }
    if let Some(values) = folded.forwarded(value) {
        if values.is_empty() {
            all.push("nothing".to_owned());
        }
        for &value in values {
            explain(program, unit, body, folded, value, all, depth + 1);
        }
        return;
    }
    match &body.ops[value.index()] {
        Op::Param(at) => all.push(module.name(body.params[*at as usize].name).to_owned()),
        Op::Assign(_, from) => explain(program, unit, body, folded, *from, all, depth + 1),
        Op::Phi(operands) => {
            let at = body.blocks.iter().position(|block| block.ops.contains(&value)).unwrap();
            let to = lunette_lang::ir::BlockId(u32::try_from(at).unwrap());
            for (operand, pred) in operands.iter().zip(body.block(to).preds) {
                if *operand != value && folded.edge(*pred, to) {
                    explain(program, unit, body, folded, *operand, all, depth + 1);
                }
            }
        }
        Op::Const(lunette_lang::ir::Const::Str(name)) => all.push(format!("{:?}", module.name(*name))),
        Op::Const(lunette_lang::ir::Const::Int(number)) => all.push(number.to_string()),
        _ => all.push("?".to_owned()),
    }
}

/// The sinks of Python code.
fn py(text: &str) -> Vec<String> {
    sinks_of(&[("a.py", text)], |_| Containers::default())
}

/// The sinks of JavaScript code.
fn js(text: &str) -> Vec<String> {
    sinks_of(&[("a.js", text)], |_| Containers::default())
}
