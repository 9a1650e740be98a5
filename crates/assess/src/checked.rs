//! What was looked at, topic by topic: the facts under the coverage table.

use std::collections::BTreeMap;

use lunette_core::coverage::TOPICS;
use lunette_core::place::Place;
use lunette_core::project::{Project, Proves, Route};
use lunette_core::text::count;
use lunette_rules::Checked;

use crate::compose::TopicFacts;
use crate::knowledge::Knowledge;
use crate::stack::Stack;

/// Places of a control that are shown.
const MAX_SEEN: usize = 8;

/// Facts by topic, from the rules that ran, the routes and the infrastructure seen.
pub(crate) fn topics(knowledge: &Knowledge, checked: &[Checked], project: &Project, stack: &Stack) -> Vec<TopicFacts> {
    let mut facts: BTreeMap<&str, TopicFacts> = BTreeMap::new();
    for topic in &TOPICS {
        if let Some(found) = by_rules(topic.id, knowledge, checked) {
            facts.insert(topic.id, found);
        }
    }
    for found in crate::profile::topics(stack) {
        merge(&mut facts, found);
    }
    for (topic, proves) in GUARDED {
        if let Some(found) = by_routes(topic, proves, &project.routes) {
            merge(&mut facts, found);
        }
    }
    facts.into_values().collect()
}

/// Topics on which guards of routes are evidence.
const GUARDED: [(&str, Proves); 6] = [
    ("authentication", Proves::Authenticated),
    ("authorization", Proves::Authorized),
    ("rate-limiting", Proves::RateLimit),
    ("input-validation", Proves::Validated),
    ("cors", Proves::Cors),
    ("security-headers", Proves::Headers),
];

fn merge(facts: &mut BTreeMap<&str, TopicFacts>, found: TopicFacts) {
    let Some(topic) = TOPICS.iter().find(|topic| topic.id == found.topic) else { return };
    match facts.get_mut(topic.id) {
        None => {
            facts.insert(topic.id, found);
        }
        Some(known) if known.applicable == found.applicable => {
            if !found.looked_at.is_empty() {
                known.looked_at = format!("{}; {}", known.looked_at, found.looked_at);
            }
            known.judged |= found.judged;
            known.seen.extend(found.seen);
            known.seen.truncate(MAX_SEEN);
        }
        // What applies by one kind of fact applies; the other kind then has nothing to add.
        Some(known) => {
            if found.applicable {
                *known = found;
            }
        }
    }
}

fn by_rules(topic: &str, knowledge: &Knowledge, checked: &[Checked]) -> Option<TopicFacts> {
    let of_topic =
        |rule: &&Checked| knowledge.rules().iter().any(|known| known.id == rule.rule && known.topic == topic);
    let rules: Vec<&Checked> = checked.iter().filter(of_topic).collect();
    let applied: Vec<&&Checked> = rules.iter().filter(|rule| rule.applicable).collect();
    // Rules know the libraries that they know: where none applies, that says nothing about the topic.
    if applied.is_empty() {
        return None;
    }
    let places: usize = applied.iter().map(|rule| rule.sites).sum();
    let looked_at = if places == 0 {
        format!("{} met nothing to judge", count(applied.len(), "rule"))
    } else {
        format!("{} looked at by {}", count(places, "place"), count(applied.len(), "rule"))
    };
    Some(TopicFacts { topic: topic.to_owned(), applicable: true, looked_at, judged: places > 0, seen: Vec::new() })
}

fn by_routes(topic: &str, proves: Proves, routes: &[Route]) -> Option<TopicFacts> {
    if routes.is_empty() {
        return None;
    }
    let guards =
        |route: &Route| route.guards.iter().find(|guard| guard.proves == proves).map(|guard| guard.place.clone());
    let mut seen: Vec<Place> = routes.iter().filter_map(guards).collect();
    let guarded = seen.len();
    seen.sort();
    seen.dedup();
    seen.truncate(MAX_SEEN);
    let looked_at = format!("{} of {} under a guard for it", guarded, count(routes.len(), "route"));
    Some(TopicFacts { topic: topic.to_owned(), applicable: true, looked_at, judged: false, seen })
}
