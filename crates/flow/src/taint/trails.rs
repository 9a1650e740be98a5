//! Trails: the ways that flows have taken, kept for their explanations. Of all that was reached little leads to harm.

use super::ways::{Way, Ways};

/// One way taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hop {
    /// The hop before it, by its place; [`Hop::FIRST`] when it starts at a source.
    pub(super) before: u32,
    /// The way, by its place in the list.
    pub(super) way: u32,
}

impl Hop {
    pub(super) const FIRST: u32 = u32::MAX;
}

/// The hops of all flows.
#[derive(Debug, Default)]
pub(crate) struct Trails {
    hops: Vec<Hop>,
    /// The last hop of each flow, by [`super::TaintFlow::end`].
    ends: Vec<Hop>,
    ways: Vec<Way>,
}

/// What is not kept has no new place.
const NONE: u32 = u32::MAX;

impl Trails {
    /// Keeps what leads to the ends. Each of `hops` comes after the one before it.
    pub(crate) fn new(mut hops: Vec<Hop>, mut ends: Vec<Hop>, ways: &Ways) -> Self {
        let mut kept = vec![false; hops.len()];
        for end in &ends {
            let mut at = end.before;
            while at != Hop::FIRST && !std::mem::replace(&mut kept[at as usize], true) {
                at = hops[at as usize].before;
            }
        }
        let mut places = vec![NONE; hops.len()];
        let mut of_ways = vec![NONE; ways.len()];
        let mut taken = Vec::new();
        let mut place = |way: u32| {
            let place = &mut of_ways[way as usize];
            if *place == NONE {
                *place = taken.len() as u32;
                taken.extend(ways.at(way).copied());
            }
            *place
        };
        let mut next = 0;
        for at in (0..hops.len()).filter(|&at| kept[at]) {
            let Hop { before, way } = hops[at];
            let before = if before == Hop::FIRST { Hop::FIRST } else { places[before as usize] };
            places[at] = next as u32;
            hops[next] = Hop { before, way: place(way) };
            next += 1;
        }
        hops.truncate(next);
        hops.shrink_to_fit();
        for end in &mut ends {
            let before = if end.before == Hop::FIRST { Hop::FIRST } else { places[end.before as usize] };
            *end = Hop { before, way: place(end.way) };
        }
        Trails { hops, ends, ways: taken }
    }

    /// The ways that a flow has taken, from the source on.
    pub(crate) fn of(&self, end: u32) -> Vec<&Way> {
        let Some(&last) = self.ends.get(end as usize) else { return Vec::new() };
        let mut trail = vec![&self.ways[last.way as usize]];
        let mut at = last.before;
        while at != Hop::FIRST {
            let hop = self.hops[at as usize];
            trail.push(&self.ways[hop.way as usize]);
            at = hop.before;
        }
        trail.reverse();
        trail
    }
}
