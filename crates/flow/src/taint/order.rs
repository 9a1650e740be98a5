//! Callees before callers: the strongly connected components of the call graph (Tarjan 1972, without recursion).

use lunette_lang::ir::{BodyId, Op, ValueId};

use super::env::Env;
use crate::know::Origin;
use crate::program::Site;

/// The bodies that each body runs or makes, by number.
pub(crate) fn call_graph(env: &Env<'_>) -> Vec<Vec<u32>> {
    let facts = env.facts;
    let mut graph: Vec<Vec<u32>> = vec![Vec::new(); env.bodies()];
    for unit in facts.program.ids() {
        let module = &facts.program.unit(unit).module;
        for (at, body) in module.bodies.iter().enumerate() {
            let id = BodyId(at as u32);
            let from = env.number(unit, id) as usize;
            let site = |value: ValueId| Site { unit, body: id, value };
            for (index, op) in body.ops.iter().enumerate() {
                match op {
                    Op::Closure(inner) => graph[from].push(env.number(unit, *inner)),
                    Op::Call { callee, args, .. } => {
                        let templates = env.templates.of(site(ValueId(index as u32)));
                        graph[from].extend(templates.iter().map(|&(unit, body)| env.number(unit, body)));
                        for value in std::iter::once(*callee).chain(args.iter().map(|arg| arg.value)) {
                            for origin in facts.known.origins(site(value)) {
                                match *origin {
                                    Origin::Function(unit, body) => graph[from].push(env.number(unit, body)),
                                    Origin::Class(unit, class) => {
                                        let module = &facts.program.unit(unit).module;
                                        for &(name, body) in &module.classes[class.index()].methods {
                                            if matches!(module.name(name), "__init__" | "constructor") {
                                                graph[from].push(env.number(unit, body));
                                            }
                                        }
                                    }
                                    _ => {}
                                }
                            }
                        }
                    }
                    _ => {}
                }
            }
            graph[from].sort_unstable();
            graph[from].dedup();
        }
    }
    graph
}

/// The components, callees first.
pub(crate) fn components(graph: &[Vec<u32>]) -> Vec<Vec<u32>> {
    const NEW: u32 = u32::MAX;
    let count = graph.len();
    let (mut index, mut low) = (vec![NEW; count], vec![0u32; count]);
    let mut on_stack = vec![false; count];
    let (mut stack, mut found): (Vec<u32>, Vec<Vec<u32>>) = (Vec::new(), Vec::new());
    let mut next = 0u32;
    for start in 0..count as u32 {
        if index[start as usize] != NEW {
            continue;
        }
        let mut work: Vec<(u32, usize)> = vec![(start, 0)];
        while let Some((node, at)) = work.pop() {
            let here = node as usize;
            if at == 0 {
                index[here] = next;
                low[here] = next;
                next += 1;
                stack.push(node);
                on_stack[here] = true;
            }
            if let Some(&to) = graph[here].get(at) {
                work.push((node, at + 1));
                if index[to as usize] == NEW {
                    work.push((to, 0));
                } else if on_stack[to as usize] {
                    low[here] = low[here].min(index[to as usize]);
                }
                continue;
            }
            if low[here] == index[here] {
                let mut component = Vec::new();
                while let Some(member) = stack.pop() {
                    on_stack[member as usize] = false;
                    component.push(member);
                    if member == node {
                        break;
                    }
                }
                component.sort_unstable();
                found.push(component);
            }
            if let Some(&(parent, _)) = work.last() {
                low[parent as usize] = low[parent as usize].min(low[here]);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callees_come_first() {
        let graph = vec![vec![1, 2], vec![2], vec![3], vec![2], vec![]];
        assert_eq!(components(&graph), vec![vec![2, 3], vec![1], vec![0], vec![4]]);
    }

    #[test]
    fn a_long_chain_does_not_overflow() {
        let graph: Vec<Vec<u32>> = (0..200_000u32).map(|at| if at < 199_999 { vec![at + 1] } else { vec![] }).collect();
        assert_eq!(components(&graph).len(), 200_000);
    }
}
