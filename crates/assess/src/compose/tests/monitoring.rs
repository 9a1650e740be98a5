//! Events, key figures, dates and playbooks.

use super::fixture::*;
use crate::compose::compose;

#[test]
fn events_are_logged_at_the_guard_or_the_handler() {
    let assessment = compose(orders());
    let places = |name: &str| -> Vec<String> {
        let event = assessment.monitoring.events.iter().find(|event| event.name == name).unwrap();
        event.at.iter().map(ToString::to_string).collect()
    };
    assert_eq!(places("authn_login_fail"), ["src/handlers.ts:10"]);
    assert_eq!(places("authz_fail"), ["src/app.ts:31"], "refused where sign-in is checked");
    assert_eq!(places("excess_rate_limit_exceeded"), ["src/app.ts:31"]);
    assert_eq!(places("sensitive_delete"), ["src/handlers.ts:50"]);
    // A finding's event: at its route's handler, or where it points.
    assert!(places("input_validation_fail").contains(&"src/handlers.ts:20".to_owned()));
    assert!(places("input_validation_fail").contains(&"src/legacy.ts:5".to_owned()));
    let closing = &assessment.monitoring.events[0];
    assert_eq!((closing.name.as_str(), closing.closes.len()), ("input_validation_fail", 4));
    assert!(assessment.monitoring.logging[0].starts_with("Write the events below through pino (`package.json:12`)"));
}

#[test]
fn an_event_outside_the_vocabulary_is_still_described() {
    let mut inputs = orders();
    inputs.findings[0].events = vec!["own_event".to_owned()];
    let events = compose(inputs).monitoring.events;
    let event = events.iter().find(|event| event.name == "own_event").unwrap();
    assert_eq!(event.at[0].to_string(), "src/reports/search.ts:44");
    assert!(!event.fields.is_empty() && !event.alert.is_empty());
}

#[test]
fn key_figures_are_counted() {
    let kpis = compose(orders()).monitoring.kpis;
    let today = |name: &str| kpis.iter().find(|kpi| kpi.name == name).unwrap().today.clone();
    assert_eq!(today("routes analysed"), "7, 1 unresolved");
    assert_eq!(today("routes behind an authentication guard"), "42% (3 of 7)");
    assert_eq!(today("state-changing routes behind one"), "66% (2 of 3)");
    assert_eq!(today("findings with an event that would show their use"), "6 of 6");
    assert_eq!(today("findings withheld"), "1, 1 with an end date");
    assert_eq!(today("open Medium findings"), "3");
}

#[test]
fn the_schedule_is_in_order_and_knows_when_suppressions_end() {
    let schedule = compose(orders()).monitoring.schedule;
    assert!(schedule.is_sorted_by(|a, b| a.date <= b.date));
    assert!(schedule.iter().any(|it| it.date == "2027-01-31" && it.what.contains("`legacy/old.ts:7` ends")));
    assert!(schedule[0].date == "2026-11-27" && schedule[0].what.starts_with("1 Critical entry due: LN-"));
}

#[test]
fn every_entry_belongs_to_one_playbook() {
    let assessment = compose(orders());
    let titles: Vec<&str> = assessment.monitoring.playbooks.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "Suspected intrusion into `orders-api`",
            "Injection used against `orders-api`",
            "Access to other people's data through `orders-api`",
            "Account takeover in `orders-api`",
        ]
    );
    let mut entries: Vec<&String> = assessment.monitoring.playbooks.iter().flat_map(|it| &it.entries).collect();
    entries.sort();
    let mut all: Vec<&String> = assessment.entries.iter().map(|entry| &entry.id).collect();
    all.sort();
    assert_eq!(entries, all);
    assert!(assessment.monitoring.playbooks.iter().all(|playbook| playbook.steps.len() == 6));
}
