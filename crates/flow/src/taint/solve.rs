//! Summarising: every body is looked at once, callees first, and what leaves it is kept.

use rustc_hash::FxHashMap;

use super::emit::{Emitted, OwnKinds};
use super::env::{Edge, Env, State};
use super::order::{call_graph, components};
use super::scan::{Ground, Scan};
use super::summary::Summary;
use super::ways::Ways;

/// Most rounds over a circle of functions that call each other.
const MAX_ROUNDS: usize = 4;
/// Most values of the bodies of a circle of which the ground is kept.
const MOST_HELD: usize = 500_000;

/// Analyses every body: the ways out of them, and in how many more met somewhere than is kept.
pub(crate) fn summarise(
    env: &Env<'_>,
    state: &mut State,
    handlers: &FxHashMap<u32, Vec<u32>>,
    own: OwnKinds,
) -> (Ways, usize) {
    let graph = call_graph(env);
    state.summaries = (0..env.bodies()).map(|_| None).collect();
    let mut ways = Ways::new(env);
    let mut cut = 0;
    for component in components(&graph) {
        let number = component[0];
        if component.len() > 1 || graph[number as usize].contains(&number) {
            cut += go_round(&component, env, state, &mut ways, handlers, own);
        } else {
            let (unit, id) = env.body_of(number);
            let mut scan = Scan::new(env, state, unit, id);
            let Emitted { summary, edges, cut: more } = scan.emit(handlers, own);
            scan.end();
            cut += usize::from(more);
            keep(summary, number, state);
            ways.add(number, edges, state);
        }
    }
    (ways, cut)
}

/// Keeps a body's summary; whether it has changed.
fn keep(summary: Summary, number: u32, state: &mut State) -> bool {
    let known = &mut state.summaries[number as usize];
    let changed = known.as_deref() != Some(&summary);
    if changed {
        *known = Some(Box::new(summary));
    }
    changed
}

/// A body of a circle of functions that call each other.
#[derive(Default)]
struct Member {
    ground: Option<Ground>,
    /// The members whose summaries it asked for.
    asked: Vec<u32>,
    /// When it was last looked at, and when its summary last changed: counted over all members.
    looked: u32,
    changed: u32,
    /// What leaves it.
    edges: Vec<Edge>,
    cut: bool,
}

/// Analyses the bodies of a circle until their summaries stay the same, each again only when a summary that it asked for
/// has changed; in how many of them more met than is kept.
fn go_round(
    circle: &[u32],
    env: &Env<'_>,
    state: &mut State,
    ways: &mut Ways,
    handlers: &FxHashMap<u32, Vec<u32>>,
    own: OwnKinds,
) -> usize {
    let mut members: Vec<Member> = circle.iter().map(|_| Member::default()).collect();
    let (mut now, mut held) = (0, 0);
    let mut settled = false;
    state.go_round(circle);
    for _ in 0..MAX_ROUNDS {
        settled = true;
        for (at, &number) in circle.iter().enumerate() {
            let member = &members[at];
            let is_new = |&of: &u32| members[of as usize].changed >= member.looked;
            if member.looked > 0 && !member.asked.iter().any(is_new) {
                continue;
            }
            now += 1;
            let (unit, id) = env.body_of(number);
            let member = &mut members[at];
            let ground = member.ground.take().unwrap_or_else(|| Ground::new(env, unit, id));
            let mut scan = Scan::on(ground, env, state, (unit, id));
            let Emitted { summary, edges, cut } = scan.emit(handlers, own);
            let ground = scan.end();
            held += if member.looked == 0 { ground.size() } else { 0 };
            member.ground = (held < MOST_HELD).then_some(ground);
            member.asked = state.take_asked();
            (member.looked, member.edges, member.cut) = (now, edges, cut);
            if keep(summary, number, state) {
                member.changed = now;
                settled = false;
            }
        }
        if settled {
            break;
        }
    }
    state.go_round(&[]);
    for (&number, member) in circle.iter().zip(&mut members) {
        ways.add(number, std::mem::take(&mut member.edges), state);
    }
    // What is called more often than it can be looked at may hold more, too.
    members.iter().filter(|member| member.cut).count() + if settled { 0 } else { circle.len() }
}
