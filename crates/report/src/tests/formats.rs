//! The formats agree with each other and with themselves.

use std::collections::BTreeSet;

use lunette_core::Assessment;
use serde_json::Value;

use crate::{json, markdown, sample, sarif};

fn in_json(assessment: &Assessment) -> (BTreeSet<String>, BTreeSet<String>) {
    let document: Value = serde_json::from_str(&json(assessment)).unwrap();
    let ids = |list: &Value| list.as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect();
    (ids(&document["findings"]), ids(&document["withheld"]))
}

fn in_sarif(assessment: &Assessment) -> (BTreeSet<String>, BTreeSet<String>) {
    let log: Value = serde_json::from_str(&sarif(assessment)).unwrap();
    let (mut counted, mut withheld) = (BTreeSet::new(), BTreeSet::new());
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let set = if result.get("suppressions").is_some() { &mut withheld } else { &mut counted };
        assert!(set.insert(result["properties"]["id"].as_str().unwrap().to_owned()));
    }
    (counted, withheld)
}

/// Ids in a text; what looks like one after `LN-` up to the first other character.
fn ids(text: &str) -> BTreeSet<String> {
    text.match_indices("LN-")
        .map(|(at, _)| text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect())
        .collect()
}

#[test]
fn all_formats_show_the_same_findings() {
    for assessment in [sample::assessment(), sample::empty()] {
        let (counted, withheld) = in_json(&assessment);
        assert_eq!(in_sarif(&assessment), (counted.clone(), withheld.clone()));
        let report = markdown(&assessment);
        assert_eq!(ids(&report), counted.union(&withheld).cloned().collect());
        let start = report.find("#### Withheld findings").unwrap_or(report.len());
        assert!(counted.is_subset(&ids(&report[..start])) && withheld.is_disjoint(&ids(&report[..start])));
    }
}

#[test]
fn the_same_assessment_gives_the_same_bytes() {
    for render in [markdown, json, sarif] {
        let (one, two) = (render(&sample::assessment()), render(&sample::assessment()));
        assert_eq!(one, two);
        assert!(one.ends_with('\n') && !one.ends_with("\n\n"));
    }
}

#[test]
fn what_is_cut_is_counted() {
    let report = markdown(&sample::assessment());
    assert!(report.contains("and 3 more, all in the JSON and SARIF: LN-"), "15 places, 12 shown");
    assert_eq!(report.matches("MD5 and SHA-1 collide").count(), 1, "a rule is explained once");
}

#[test]
fn rules_that_hide_are_disclosed_in_the_header() {
    let report = markdown(&sample::assessment());
    let header = &report[..report.find("### Executive Summary").unwrap()];
    for part in
        ["sha256 3f9a4c51be0d…", "31 lines", "2 understood, 1 not: line 14", "3 findings withheld", "2 by line 9"]
    {
        assert!(header.contains(part), "{part}: {header}");
    }
}

#[test]
fn results_carry_what_code_scanning_wants() {
    let log: Value = serde_json::from_str(&sarif(&sample::assessment())).unwrap();
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for rule in rules {
        let tags = rule["properties"]["tags"].as_array().unwrap();
        assert!(
            tags.contains(&"security".into())
                && tags.iter().any(|t| t.as_str().unwrap().starts_with("external/cwe/cwe-"))
        );
        assert!(rule["help"]["markdown"].as_str().is_some_and(|text| text.len() > 20));
    }
    assert!(rules.iter().any(|rule| rule["properties"]["tags"].to_string().contains("external/cwe/cwe-089")));
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap() >= 1);
        assert_eq!(result["partialFingerprints"]["lunette/v1"].as_str().unwrap().len(), 64);
    }
    assert_eq!(run["automationDetails"]["id"], "lunette/vulnerability/");
}
