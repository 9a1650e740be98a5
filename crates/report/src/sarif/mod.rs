//! SARIF 2.1.0, fit for GitHub code scanning.

mod model;
mod notifications;
mod places;
mod results;
mod rules;

use lunette_core::Assessment;
use lunette_core::finding::Finding;
use serde_json::{Map, Value};

use model::{Component, Id, Invocation, Log, Message, Run, Tool};

/// The limits of GitHub code scanning: what is over them is cut here, most severe first kept, and said so in a
/// notification, because there it would be refused or dropped in silence.
#[derive(Clone, Copy)]
struct Limits {
    results: usize,
    flow_locations: usize,
    related_locations: usize,
    tags: usize,
    /// Ours: notifications on single files; a count stands for the others.
    notifications: usize,
}

const LIMITS: Limits =
    Limits { results: 25_000, flow_locations: 10_000, related_locations: 1_000, tags: 20, notifications: 100 };

/// The assessment as a SARIF log with one run and a newline at its end.
///
/// Withheld findings are results with a suppression. Rules are numbered by id, taxa by CWE number, results stand in
/// the order of the assessment.
///
/// # Panics
/// Never: see [`json`](crate::json()).
pub fn sarif(assessment: &Assessment) -> String {
    crate::json::pretty(&log(assessment, LIMITS))
}

fn log(assessment: &Assessment, limits: Limits) -> Log {
    let mut cuts = Vec::new();
    let findings = shown(assessment, limits, &mut cuts);
    let rules = rules::Rules::of(assessment, &findings, limits, &mut cuts);
    let results = findings.iter().map(|finding| results::result(finding, &rules, limits, &mut cuts)).collect();
    let invocation = Invocation {
        execution_successful: assessment.incomplete.is_none(),
        tool_execution_notifications: notifications::execution(assessment, limits, cuts),
        tool_configuration_notifications: notifications::configuration(assessment),
    };
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: vec![Run {
            tool: Tool {
                driver: Component {
                    name: "Lunette",
                    short_description: Some(Message::text("Reads a backend project and writes a security assessment.")),
                    // The whole of it is a semantic version; there is no other to tell.
                    version: Some(assessment.lunette_version.clone()),
                    semantic_version: Some(assessment.lunette_version.clone()),
                    supported_taxonomies: rules.supported_taxonomies(),
                    notifications: notifications::descriptors(),
                    rules: Some(rules.descriptors),
                    ..Component::default()
                },
            },
            invocations: vec![invocation],
            taxonomies: rules.taxonomies,
            automation_details: Id { id: format!("lunette/{}/", kind(assessment)) },
            // Columns are given only on lines where bytes, UTF-16 units and characters are the same.
            column_kind: "utf16CodeUnits",
            results,
            properties: bag([
                ("date", assessment.date.as_str().into()),
                ("schemaVersion", assessment.schema_version.as_str().into()),
            ]),
        }],
    }
}

/// The findings that fit: those that count before those that are withheld, each from the most severe.
fn shown<'a>(assessment: &'a Assessment, limits: Limits, cuts: &mut Vec<String>) -> Vec<&'a Finding> {
    let by_severity = |findings: &'a [Finding]| {
        let mut findings: Vec<&Finding> = findings.iter().collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.risk.severity));
        findings
    };
    let mut findings = by_severity(&assessment.findings);
    findings.extend(by_severity(&assessment.withheld));
    if findings.len() > limits.results {
        let over = findings.len() - limits.results;
        cuts.push(format!(
            "{over} results of the lowest severity are left out: a run holds {}. The JSON has all.",
            limits.results
        ));
        findings.truncate(limits.results);
    }
    findings
}

fn kind(assessment: &Assessment) -> &'static str {
    use lunette_core::assessment::AssessmentKind as Kind;
    match assessment.request.kind {
        Kind::Vulnerability => "vulnerability",
        Kind::SecureCoding => "secure-coding",
        Kind::Architecture => "architecture",
        Kind::Compliance => "compliance",
        Kind::IncidentResponse => "incident-response",
    }
}

fn bag<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A text as a plain SARIF message: one line, nothing hidden, and none of the links that plain messages can hold
/// (`[text](target)`, section 3.11.6).
fn plain(text: &str) -> String {
    crate::escape::one_line(text).replace("](", "] (")
}

/// [`plain`], ended by a full stop.
fn sentence(text: &str) -> String {
    let mut text = plain(text);
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use lunette_core::finding::{Evidence, Step, Why};
    use lunette_core::place::Place;

    fn value(limits: Limits, change: impl FnOnce(&mut Assessment)) -> Value {
        let mut assessment = crate::sample::assessment();
        change(&mut assessment);
        serde_json::to_value(log(&assessment, limits)).unwrap()
    }

    fn messages(log: &Value) -> String {
        log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string()
    }

    #[test]
    fn results_over_the_limit_are_cut_from_the_least_severe_and_told() {
        let log = value(Limits { results: 3, ..LIMITS }, |_| ());
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), 3);
        assert!(results.iter().all(|result| result["properties"]["severity"] == "Critical"), "{results:?}");
        assert!(messages(&log).contains("24 results of the lowest severity are left out"), "{}", messages(&log));
    }

    #[test]
    fn long_flows_keep_both_ends() {
        let step = |line| Step {
            place: Place::line("a.js", line),
            why: Why::Assign,
            code: String::new(),
            note: String::new(),
        };
        let log = value(Limits { flow_locations: 4, ..LIMITS }, |assessment| {
            assessment.findings[0].evidence = Evidence::Trace { steps: (1..=9).map(step).collect() };
        });
        let flow = &log["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"];
        let lines: Vec<u64> = flow
            .as_array()
            .unwrap()
            .iter()
            .map(|l| l["location"]["physicalLocation"]["region"]["startLine"].as_u64().unwrap())
            .collect();
        assert_eq!(lines, [1, 2, 8, 9]);
        assert!(messages(&log).contains("5 steps"), "{}", messages(&log));
    }

    #[test]
    fn tags_over_the_limit_are_cut_and_told() {
        let log = value(LIMITS, |assessment| assessment.rules[0].cwe = (1..=30).collect());
        let tags = log["runs"][0]["tool"]["driver"]["rules"][0]["properties"]["tags"].as_array().unwrap();
        assert_eq!(tags.len(), 20);
        assert!(messages(&log).contains("tags of rule"), "{}", messages(&log));
    }

    #[test]
    fn a_message_holds_no_link() {
        assert_eq!(plain("a [x](http://evil.example)\n\u{202e}"), "a [x] (http://evil.example) \\u{202e}");
    }

    #[test]
    fn many_skipped_files_end_in_a_count() {
        use lunette_core::project::{SkipReason, Skipped};
        let log = value(LIMITS, |assessment| {
            let skip = |n| Skipped { path: format!("f{n:04}.py"), reason: SkipReason::Syntax, detail: String::new() };
            assessment.project.skipped = (0..250).map(skip).collect();
        });
        let all = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!(all.len(), 101);
        assert!(all[100]["message"]["text"].as_str().unwrap().starts_with("150 more files"), "{}", all[100]);
    }

    #[test]
    fn an_incomplete_run_is_not_successful() {
        let log = serde_json::to_value(log(&crate::sample::empty(), LIMITS)).unwrap();
        assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
    }
}
