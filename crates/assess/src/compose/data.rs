//! The consultant's tables, embedded at build time: questions per topic, events, playbooks. Data, not code.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lunette_core::project::{InputKind, Proves};
use serde::Deserialize;

/// What to ask about a topic.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicQuestions {
    /// Code answers only a part: the question stays beside findings and clean results.
    #[serde(default)]
    pub(super) partial: bool,
    pub(super) alternatives: Vec<Alternative>,
}

/// A question for projects that use one of these technologies; for all when none is named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alternative {
    #[serde(default)]
    pub(super) when: Vec<String>,
    pub(super) ask: String,
}

/// The event table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Events {
    /// Fields that every event has.
    pub(super) common: String,
    #[serde(rename = "events")]
    pub(super) known: BTreeMap<String, EventInfo>,
    pub(super) stack: Vec<StackEvents>,
}

/// How to log one event.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventInfo {
    pub(super) fields: String,
    pub(super) alert: String,
    pub(super) layer: Layer,
    #[serde(default)]
    pub(super) proves: Option<Proves>,
}

/// Where the log call belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Layer {
    Handler,
    Guard,
    Place,
}

/// Events that routes of a kind call for; every condition that is given must hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StackEvents {
    pub(super) events: Vec<String>,
    #[serde(default)]
    pub(super) path: Vec<String>,
    #[serde(default)]
    pub(super) methods: Vec<String>,
    #[serde(default)]
    pub(super) input: Option<InputKind>,
    #[serde(default)]
    pub(super) proves: Vec<Proves>,
}

/// The playbooks.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Playbooks {
    pub(super) general: Steps,
    pub(super) families: Vec<Family>,
    pub(super) evidence_by_technology: BTreeMap<String, String>,
}

/// A playbook for the weaknesses of a family.
#[derive(Debug, Deserialize)]
pub(super) struct Family {
    pub(super) id: String,
    pub(super) cwe: Vec<u16>,
    #[serde(flatten)]
    pub(super) steps: Steps,
}

/// What sets a playbook off, and its steps.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Steps {
    pub(super) title: String,
    pub(super) trigger: String,
    pub(super) triage: String,
    pub(super) contain: String,
    pub(super) eradicate: String,
    pub(super) recover: String,
    pub(super) evidence: String,
    pub(super) notify: String,
}

const TOPICS_FILE: &str = include_str!("../../data/topics.yml");
const EVENTS_FILE: &str = include_str!("../../data/events.yml");
const PLAYBOOKS_FILE: &str = include_str!("../../data/playbooks.yml");

// The files are part of the build and a test parses each; a default could only be seen if that test were gone.
pub(super) static TOPICS: LazyLock<BTreeMap<String, TopicQuestions>> =
    LazyLock::new(|| serde_saphyr::from_str(TOPICS_FILE).unwrap_or_default());
pub(super) static EVENTS: LazyLock<Events> = LazyLock::new(|| serde_saphyr::from_str(EVENTS_FILE).unwrap_or_default());
pub(super) static PLAYBOOKS: LazyLock<Playbooks> =
    LazyLock::new(|| serde_saphyr::from_str(PLAYBOOKS_FILE).unwrap_or_default());

/// Names of the events whose fields and alerts are known: the OWASP Application Logging Vocabulary.
pub fn event_names() -> impl Iterator<Item = &'static str> {
    EVENTS.known.keys().map(String::as_str)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use lunette_core::coverage::TOPICS as ALL_TOPICS;

    #[test]
    fn every_file_parses() {
        serde_saphyr::from_str::<BTreeMap<String, TopicQuestions>>(TOPICS_FILE).unwrap();
        serde_saphyr::from_str::<Events>(EVENTS_FILE).unwrap();
        serde_saphyr::from_str::<Playbooks>(PLAYBOOKS_FILE).unwrap();
    }

    #[test]
    fn every_topic_has_a_question_that_always_fits() {
        assert_eq!(TOPICS.len(), ALL_TOPICS.len());
        for topic in ALL_TOPICS {
            let questions = &TOPICS[topic.id];
            let last = questions.alternatives.last().unwrap();
            assert!(last.when.is_empty(), "{}", topic.id);
            assert!(!last.ask.replace("{project}", "").contains('{'), "{}: {}", topic.id, last.ask);
            assert!(questions.alternatives.iter().all(|it| it.ask.ends_with('?')), "{}", topic.id);
        }
    }

    #[test]
    fn every_event_of_the_stack_is_described() {
        for name in EVENTS.stack.iter().flat_map(|entry| &entry.events) {
            assert!(EVENTS.known.contains_key(name), "{name}");
        }
        let unconditional = |it: &&StackEvents| {
            it.path.is_empty() && it.methods.is_empty() && it.input.is_none() && it.proves.is_empty()
        };
        assert_eq!(EVENTS.stack.iter().filter(unconditional).count(), 0);
        assert!(EVENTS.known.values().all(|event| (event.layer == Layer::Guard) == event.proves.is_some()));
    }

    #[test]
    fn a_weakness_belongs_to_one_family_and_no_step_is_empty() {
        let mut all: Vec<u16> = PLAYBOOKS.families.iter().flat_map(|family| family.cwe.clone()).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{all:?}");
        for steps in PLAYBOOKS.families.iter().map(|family| &family.steps).chain([&PLAYBOOKS.general]) {
            let texts = [&steps.title, &steps.trigger, &steps.triage, &steps.contain, &steps.eradicate, &steps.recover];
            assert!(texts.into_iter().chain([&steps.evidence, &steps.notify]).all(|text| text.len() > 15), "{steps:?}");
        }
    }
}
