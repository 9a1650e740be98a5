//! Incident playbooks: the general one, and one for each family of weakness that has entries.

use lunette_core::assessment::{AssessmentKind, Guideline, Playbook};
use lunette_core::risk::Severity;

use super::case::{Case, ids};
use super::data::{Family, PLAYBOOKS, Steps};
use super::entries::Group;
use super::words::{self, clause, distinct, list, sentence};

/// The playbooks of the case; the general one first, then families in the order of their worst entry. Each entry
/// belongs to exactly one.
pub(super) fn playbooks(case: &Case<'_>) -> Vec<Playbook> {
    let mut families: Vec<(&Family, Vec<&Group<'_>>)> = Vec::new();
    let mut others = Vec::new();
    for group in case.groups {
        match family(group) {
            None => others.push(group),
            Some(family) => match families.iter_mut().find(|(known, _)| known.id == family.id) {
                Some((_, groups)) => groups.push(group),
                None => families.push((family, vec![group])),
            },
        }
    }
    let general = {
        // With families of their own, all other entries are what the general playbook compares with.
        let all: Vec<&Group<'_>> = case.groups.iter().collect();
        let steps = ordered(case, named(&PLAYBOOKS.general, &FULL_NAMES, case, &all));
        Playbook {
            title: fill(&PLAYBOOKS.general.title, case, &all),
            trigger: sentence(&fill(&PLAYBOOKS.general.trigger, case, &all)),
            steps,
            entries: others.iter().map(|group| group.entry.id.clone()).collect(),
        }
    };
    let special = families.into_iter().map(|(family, groups)| {
        let steps = &family.steps;
        Playbook {
            title: fill(&steps.title, case, &groups),
            trigger: sentence(&fill(&steps.trigger, case, &groups)),
            steps: ordered(case, named(steps, &NAMES, case, &groups)),
            entries: groups.iter().map(|group| group.entry.id.clone()).collect(),
        }
    });
    [general].into_iter().chain(special).collect()
}

/// The family of an entry: by its CWE numbers, leaf first. Minor hardening stays with the general playbook.
fn family(group: &Group<'_>) -> Option<&'static Family> {
    if !group.is_vulnerability() && group.severity() == Severity::Low {
        return None;
    }
    group.entry.cwe.iter().find_map(|cwe| PLAYBOOKS.families.iter().find(|family| family.cwe.contains(cwe)))
}

const NAMES: [&str; 6] = ["Triage", "Contain", "Eradicate", "Recover", "Keep as evidence", "Notify"];
/// The same with the categories of CSF 2.0 that NIST SP 800-61r3 orders response by.
const FULL_NAMES: [&str; 6] = [
    "Triage (CSF 2.0 DE.AE, RS.MA)",
    "Contain (RS.MI)",
    "Eradicate (RS.MI)",
    "Recover (RC.RP)",
    "Keep as evidence (RS.AN)",
    "Notify (RS.CO)",
];

fn named(steps: &Steps, names: &[&str; 6], case: &Case<'_>, groups: &[&Group<'_>]) -> Vec<Guideline> {
    let texts = [&steps.triage, &steps.contain, &steps.eradicate, &steps.recover, &steps.evidence, &steps.notify];
    let step = |(name, text): (&&str, &String)| Guideline {
        title: (*name).to_owned(),
        text: sentence(&fill(text, case, groups)),
    };
    names.iter().zip(texts).map(step).collect()
}

/// What to keep as evidence first, for each technology of this stack: its name, and what to do.
pub(super) fn evidence(case: &Case<'_>) -> Vec<(&'static str, &'static str)> {
    let known = PLAYBOOKS.evidence_by_technology.iter();
    known
        .filter(|(technology, _)| case.view.uses(technology))
        .map(|(name, what)| (name.as_str(), clause(what)))
        .collect()
}

/// In an incident evidence is kept before anything is contained.
fn ordered(case: &Case<'_>, mut steps: Vec<Guideline>) -> Vec<Guideline> {
    if case.view.kind() == AssessmentKind::IncidentResponse && steps.len() > 4 {
        let evidence = steps.remove(4);
        steps.insert(1, evidence);
    }
    steps
}

fn fill(text: &str, case: &Case<'_>, groups: &[&Group<'_>]) -> String {
    let places = distinct(groups.iter().flat_map(|group| {
        let routes = group.routes();
        if routes.is_empty() { group.files().iter().map(|file| words::code(file)).collect() } else { routes }
    }));
    let place = if places.is_empty() { "the service".to_owned() } else { list(&places, 3) };
    let found = if groups.is_empty() { "none are open".to_owned() } else { ids(groups, 6) };
    let stores = case.view.stores().unwrap_or_else(|| "the data store".to_owned());
    let value = |name: &str| match name {
        "project" => Some(case.view.name()),
        "where" => Some(place.clone()),
        "stores" => Some(stores.clone()),
        "entries" => Some(found.clone()),
        _ => None,
    };
    words::fill(text, value).unwrap_or_default()
}
