//! Strongly connected components of the automaton: where a text can be repeated.

use super::alphabet::Mask;
use super::nfa::Nfa;

/// Most components with a cycle that are looked at.
pub(super) const MAX_CYCLIC: usize = 128;

/// A component with a cycle.
#[derive(Debug)]
pub(super) struct Cyclic {
    pub(super) states: Vec<u32>,
    /// The characters of its moves.
    pub(super) by: Mask,
}

/// The components of an automaton.
#[derive(Debug)]
pub(super) struct Components {
    /// For each state its component.
    pub(super) of: Vec<u32>,
    /// Those with a cycle, each before those that lead to it.
    pub(super) cyclic: Vec<Cyclic>,
    /// For each component the cyclic ones that can be reached from it, itself included.
    pub(super) reaches: Vec<u128>,
    /// For each component its place among the cyclic ones.
    pub(super) place: Vec<Option<u8>>,
    /// Whether there were more than are looked at.
    pub(super) cut: bool,
}

impl Components {
    /// Tarjan 1972, without recursion. `bounded`: whether moves of loops that end count.
    pub(super) fn of(nfa: &Nfa, bounded: bool) -> Self {
        let mut search = Search {
            nfa,
            bounded,
            index: vec![0; nfa.moves.len()],
            low: vec![0; nfa.moves.len()],
            next: 1,
            open: Vec::new(),
            found: Components {
                of: vec![u32::MAX; nfa.moves.len()],
                cyclic: Vec::new(),
                reaches: Vec::new(),
                place: Vec::new(),
                cut: false,
            },
        };
        for root in 0..nfa.moves.len() as u32 {
            if search.index[root as usize] == 0 {
                search.from(root);
            }
        }
        search.found
    }
}

struct Search<'a> {
    nfa: &'a Nfa,
    bounded: bool,
    index: Vec<u32>,
    low: Vec<u32>,
    next: u32,
    open: Vec<u32>,
    found: Components,
}

impl Search<'_> {
    fn enter(&mut self, state: u32) {
        (self.index[state as usize], self.low[state as usize]) = (self.next, self.next);
        self.next += 1;
        self.open.push(state);
    }

    fn from(&mut self, root: u32) {
        self.enter(root);
        let mut path: Vec<(u32, usize)> = vec![(root, 0)];
        while let Some((state, next)) = path.last_mut() {
            let state = *state;
            let Some(step) = self.nfa.moves[state as usize].get(*next).copied() else {
                path.pop();
                if let Some(&(above, _)) = path.last() {
                    self.low[above as usize] = self.low[above as usize].min(self.low[state as usize]);
                }
                if self.low[state as usize] == self.index[state as usize] {
                    self.close(state);
                }
                continue;
            };
            *next += 1;
            if step.bounded && !self.bounded {
                continue;
            }
            let to = step.to as usize;
            if self.index[to] == 0 {
                self.enter(step.to);
                path.push((step.to, 0));
            } else if self.found.of[to] == u32::MAX {
                self.low[state as usize] = self.low[state as usize].min(self.index[to]);
            }
        }
    }

    fn close(&mut self, root: u32) {
        let id = self.found.reaches.len() as u32;
        let start = self.open.iter().rposition(|&state| state == root).unwrap_or(0);
        let states = self.open.split_off(start);
        for &state in &states {
            self.found.of[state as usize] = id;
        }
        let (mut reaches, mut by, mut cycle) = (0_u128, 0, false);
        for step in states.iter().flat_map(|&state| &self.nfa.moves[state as usize]) {
            if step.bounded && !self.bounded {
                continue;
            }
            match self.found.of[step.to as usize] {
                to if to == id => {
                    cycle = true;
                    by |= step.by;
                }
                to => reaches |= self.found.reaches.get(to as usize).copied().unwrap_or(0),
            }
        }
        let mut place = None;
        if cycle && self.found.cyclic.len() < MAX_CYCLIC {
            place = Some(self.found.cyclic.len() as u8);
            reaches |= 1 << self.found.cyclic.len();
            self.found.cyclic.push(Cyclic { states, by });
        } else if cycle {
            self.found.cut = true;
        }
        self.found.reaches.push(reaches);
        self.found.place.push(place);
    }
}
