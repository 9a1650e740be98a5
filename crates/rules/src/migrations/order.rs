//! The order in which migrations that are code run.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use lunette_flow::facts::Facts;
use lunette_flow::program::{Site, UnitId};
use lunette_lang::ir::{BodyId, Op, VarId};
use lunette_sql::layout;

use super::tools::Chain;
use super::values::{Frames, Given};

/// A file's place in a chain: what it is called, and what runs before it.
#[derive(Debug, Default)]
pub(crate) struct Link {
    id: Option<String>,
    after: Vec<String>,
}

/// What the module's variables say of its place in the chain.
pub(crate) fn link(frames: &mut Frames<'_, '_>, facts: &Facts<'_>, unit: UnitId, chain: &Chain) -> Link {
    let mut texts = |name: &str| -> Vec<String> {
        let module = &facts.program.unit(unit).module;
        let vars = &module.body(BodyId::MODULE).vars;
        let Some(at) = vars.iter().position(|var| module.name(var.name) == name) else { return Vec::new() };
        let [write] = vars[VarId(at as u32).index()].writes.as_slice() else { return Vec::new() };
        let site = Site { unit, body: write.body, value: write.value };
        let frame = frames.enter(unit, BodyId::MODULE, Given::Nothing, None);
        let held = frames.resolve((site, frame));
        match facts.program.op(held.0) {
            Op::List(..) => {
                let items = frames.items(held).unwrap_or_default();
                items.into_iter().filter_map(|item| frames.text(item).ok()).collect()
            }
            _ => frames.text(held).into_iter().collect(),
        }
    };
    Link { id: texts(&chain.id).pop(), after: chain.after.iter().flat_map(|name| texts(name)).collect() }
}

/// The files in order: each after those that it names, and by name where that leaves a choice. Files in a circle come last.
pub(crate) fn chained(files: &[(String, Link)]) -> Vec<usize> {
    let by_id: BTreeMap<&str, usize> =
        files.iter().enumerate().filter_map(|(at, (_, link))| Some((link.id.as_deref()?, at))).collect();
    let mut waiting: Vec<usize> = vec![0; files.len()];
    let mut then: Vec<Vec<usize>> = vec![Vec::new(); files.len()];
    for (at, (_, link)) in files.iter().enumerate() {
        for before in link.after.iter().filter_map(|id| by_id.get(id.as_str())) {
            waiting[at] += 1;
            then[*before].push(at);
        }
    }
    let mut ready: BTreeSet<(&str, usize)> =
        (0..files.len()).filter(|&at| waiting[at] == 0).map(|at| (files[at].0.as_str(), at)).collect();
    let mut order = Vec::with_capacity(files.len());
    while let Some((_, at)) = ready.pop_first() {
        order.push(at);
        for &next in &then[at] {
            waiting[next] -= 1;
            if waiting[next] == 0 {
                ready.insert((files[next].0.as_str(), next));
            }
        }
    }
    let mut rest: Vec<usize> = (0..files.len()).filter(|at| !order.contains(at)).collect();
    rest.sort_by(|a, b| files[*a].0.cmp(&files[*b].0));
    order.extend(rest);
    order
}

/// Files by their names, numbers by value, whichever folder they lie in.
pub(crate) fn named(a: &str, b: &str) -> Ordering {
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    layout::compare(&name(a), &name(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(files: &[(&str, Option<&str>, &[&str])]) -> String {
        let files: Vec<(String, Link)> = files
            .iter()
            .map(|(path, id, after)| {
                let after = after.iter().map(|&id| id.to_owned()).collect();
                ((*path).to_owned(), Link { id: id.map(str::to_owned), after })
            })
            .collect();
        chained(&files).iter().map(|&at| files[at].0.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_comes_after_what_it_names() {
        assert_eq!(order(&[("a", Some("3"), &["2"]), ("b", Some("2"), &["1"]), ("c", Some("1"), &[])]), "c b a");
        assert_eq!(order(&[("b", Some("2"), &["1"]), ("a", Some("1"), &["2"]), ("c", None, &["9"])]), "c a b");
        assert_eq!(
            order(&[
                ("m", Some("4"), &["2", "3"]),
                ("x", Some("2"), &["1"]),
                ("w", Some("3"), &["1"]),
                ("z", Some("1"), &[])
            ]),
            "z w x m"
        );
    }
}
