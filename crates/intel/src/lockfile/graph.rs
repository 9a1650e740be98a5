//! The ways from the project to each package, and what is for development, optional or a peer only.

use std::collections::VecDeque;

use super::{Ask, Lock};
use crate::packages::Need;

/// What a search from some roots along some edges reached.
struct Search<'l> {
    lock: &'l Lock,
    seen: Vec<bool>,
    queue: VecDeque<u32>,
    /// From which package each was first reached.
    from: Vec<Option<u32>>,
}

impl<'l> Search<'l> {
    fn new(lock: &'l Lock) -> Self {
        let count = lock.packages.len();
        Search { lock, seen: vec![false; count], queue: VecDeque::new(), from: vec![None; count] }
    }

    fn start(&mut self, package: u32) {
        if !std::mem::replace(&mut self.seen[package as usize], true) {
            self.queue.push_back(package);
        }
    }

    fn run(&mut self, along: impl Fn(Need) -> bool) {
        while let Some(at) = self.queue.pop_front() {
            for &(to, need) in &self.lock.edges[at as usize] {
                if along(need) && !std::mem::replace(&mut self.seen[to as usize], true) {
                    self.from[to as usize] = Some(at);
                    self.queue.push_back(to);
                }
            }
        }
    }
}

/// Fills in `direct`, `path` and `requested`, and the flags that the file does not write itself.
pub(crate) fn settle(lock: &mut Lock) {
    for edges in &mut lock.edges {
        edges.sort_unstable();
        edges.dedup_by_key(|(to, _)| *to);
    }
    let mut asks: Vec<&Ask> = lock.roots.iter().flat_map(|root| &root.asks).collect();
    // A way from production says more than one from development.
    asks.sort_by_key(|ask| match ask.need {
        Need::Production => 0,
        Need::Optional => 1,
        Need::Peer => 2,
        Need::Development | Need::Build => 3,
    });
    let guessed = asks.is_empty();
    let roots: Vec<(u32, Need, Option<String>)> = if guessed {
        unreferenced(lock).map(|package| (package, Need::Production, None)).collect()
    } else {
        asks.iter().map(|ask| (ask.package, ask.need, ask.range.clone())).collect()
    };
    let reach = |start: &dyn Fn(Need) -> bool, along: &dyn Fn(Need) -> bool| {
        let mut search = Search::new(lock);
        for (package, need, _) in &roots {
            if start(*need) {
                search.start(*package);
            }
        }
        search.run(along);
        (search.seen, search.from)
    };
    let (reached, from) = reach(&|_| true, &|_| true);
    let in_development = |need| matches!(need, Need::Development | Need::Build);
    let flags = (!lock.flags_written && !guessed).then(|| {
        [
            reach(&|need| !in_development(need), &|_| true).0,
            reach(&|need| need != Need::Optional, &|need| need != Need::Optional).0,
            reach(&|need| need != Need::Peer, &|need| need != Need::Peer).0,
        ]
    });
    for (index, package) in lock.packages.iter_mut().enumerate() {
        if let Some([production, required, own]) = &flags
            && reached[index]
        {
            package.dev = !production[index];
            package.optional = package.optional || !required[index];
            package.peer = !own[index];
        }
    }
    for (package, _, range) in roots {
        let package = &mut lock.packages[package as usize];
        package.direct = true;
        if package.requested.is_none() {
            package.requested = range;
        }
    }
    ways(lock, &reached, &from);
}

/// Longest way that is kept. Real ones are shorter; a chain of a thousand packages would make a million names.
const MAX_WAY: usize = 64;

fn ways(lock: &mut Lock, reached: &[bool], from: &[Option<u32>]) {
    let labels: Vec<String> = lock.packages.iter().map(crate::packages::Package::label).collect();
    for (index, package) in lock.packages.iter_mut().enumerate() {
        if !reached[index] {
            continue;
        }
        let mut way = vec![labels[index].clone()];
        let mut at = from[index];
        while let Some(above) = at.filter(|_| way.len() < MAX_WAY) {
            way.push(labels[above as usize].clone());
            at = from[above as usize];
        }
        way.reverse();
        package.path = way;
    }
}

/// Packages that no other needs: the project must want them. Nothing is known where the file has no edges.
fn unreferenced(lock: &Lock) -> impl Iterator<Item = u32> {
    let mut needed = vec![false; lock.packages.len()];
    let mut any = false;
    for (to, _) in lock.edges.iter().flatten() {
        needed[*to as usize] = true;
        any = true;
    }
    let all = if any { needed } else { Vec::new() };
    all.into_iter().enumerate().filter(|(_, needed)| !needed).map(|(index, _)| index as u32)
}
