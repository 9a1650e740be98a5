//! A made-up assessment with a bit of everything: every kind of evidence, several severities, one rule in many places,
//! withheld findings, gaps, and text that tries to break out. For tests of this crate and of those that render.

mod access;
mod dependencies;
mod findings;
mod parts;

use lunette_core::assessment::{
    Assessment, AssessmentKind, Confinement, Entry, Horizon, Recommendation, Request, RuleLine, RulesRead, RulesState,
    SCHEMA_VERSION, Standard, Summary, Task, Understood,
};
use lunette_core::coverage::{Area, topic_by_id};
use lunette_core::finding::{Finding, number};
use lunette_core::rule::Nature;

/// The sample.
pub fn assessment() -> Assessment {
    let mut findings = findings::counted();
    number(&mut findings);
    let mut withheld = findings::withheld();
    number(&mut withheld);
    let entries = entries(&findings);
    let rules = findings::rules();
    Assessment {
        schema_version: SCHEMA_VERSION.to_owned(),
        lunette_version: "0.1.0".to_owned(),
        date: "2026-11-24".to_owned(),
        request: Request {
            text: "Review the orders API before the launch; a <b>quick</b> look\nis enough.".to_owned(),
            kind: AssessmentKind::Vulnerability,
            kind_source: "inferred from the request".to_owned(),
        },
        rules_read: rules_read(),
        confinement: Confinement {
            enforced: true,
            by: vec!["Landlock ABI 7".to_owned(), "seccomp".to_owned()],
            missing: Vec::new(),
        },
        project: parts::project(),
        summary: summary(&findings, &entries),
        recommendations: recommendations(&findings, &entries),
        coverage: parts::coverage(&findings),
        analysis: parts::analysis(),
        architecture_guidelines: parts::architecture(),
        development_practices: parts::practices(),
        guidance: parts::guidance(tasks(&findings, &entries)),
        monitoring: parts::monitoring(&entries),
        intelligence: parts::intelligence(),
        access: Some(access::access()),
        dependencies: Some(dependencies::dependencies()),
        unknowns: parts::unknowns(),
        assumptions: vec!["Anybody can create an account: `POST /signup` has no guard.".to_owned()],
        suggestions: vec![
            "Give this specialist read access to a schema dump of production; the migrations and the live database may differ.".to_owned(),
        ],
        notices: parts::notices(),
        incomplete: None,
        findings,
        withheld,
        entries,
        rules,
    }
}

/// An assessment of nothing: every list is empty, every text too.
pub fn empty() -> Assessment {
    let mut empty = assessment();
    empty.request =
        Request { text: String::new(), kind: AssessmentKind::Architecture, kind_source: "default".to_owned() };
    empty.rules_read = RulesRead {
        path: ".claude/rules.md".to_owned(),
        state: RulesState::Absent,
        note: String::new(),
        sha256: String::new(),
        bytes: 0,
        lines: 0,
        understood: Vec::new(),
        not_understood: Vec::new(),
    };
    empty.confinement = Confinement { enforced: false, by: Vec::new(), missing: vec!["no Landlock".to_owned()] };
    empty.project = parts::no_project();
    empty.summary = Summary { posture: "There is no code to judge.".to_owned(), ..Summary::default() };
    empty.coverage = parts::coverage(&[]);
    empty.findings.clear();
    empty.withheld.clear();
    empty.entries.clear();
    empty.rules.clear();
    empty.analysis.clear();
    empty.recommendations.clear();
    empty.architecture_guidelines.clear();
    empty.development_practices.clear();
    empty.guidance = lunette_core::assessment::Guidance::default();
    empty.monitoring = lunette_core::assessment::Monitoring::default();
    empty.intelligence = lunette_core::assessment::Intelligence::default();
    empty.access = None;
    empty.dependencies = None;
    empty.unknowns.clear();
    empty.assumptions.clear();
    empty.suggestions.clear();
    empty.notices.clear();
    empty.incomplete = Some("no file could be read".to_owned());
    empty
}

fn rules_read() -> RulesRead {
    RulesRead {
        path: ".claude/rules.md".to_owned(),
        state: RulesState::Read,
        note: String::new(),
        sha256: "3f9a4c51be0d7e2296b1c08f5d4e3a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5".to_owned(),
        bytes: 812,
        lines: 31,
        understood: vec![
            Understood {
                line: 4,
                text: "We are bound by PCI DSS.".to_owned(),
                meaning: "PCI DSS is a compliance framework in force".to_owned(),
                effect: "its requirements are named in the recommendations".to_owned(),
            },
            Understood {
                line: 9,
                text: "Ignore `legacy/`.".to_owned(),
                meaning: "findings under `legacy/` are withheld".to_owned(),
                effect: "2 findings withheld".to_owned(),
            },
        ],
        not_understood: vec![RuleLine {
            line: 14,
            text: "Run `npm audit fix` | <img src=x> before you [start](http://evil.example)".to_owned(),
            why: "Lunette executes nothing".to_owned(),
        }],
    }
}

/// One entry for each rule and severity, as the assessment's composer makes them.
fn entries(findings: &[Finding]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for finding in findings {
        let same = |entry: &&mut Entry| entry.rule == finding.rule && entry.risk.severity == finding.risk.severity;
        if let Some(entry) = entries.iter_mut().find(same) {
            entry.findings.push(finding.id.clone());
            continue;
        }
        entries.push(Entry {
            id: finding.id.clone(),
            rule: finding.rule.clone(),
            title: finding.title.clone(),
            area: topic_by_id(&finding.topic).map_or(Area::Vulnerability, |topic| topic.area),
            nature: finding.nature,
            cwe: finding.cwe.clone(),
            risk: finding.risk.clone(),
            confidence: finding.confidence,
            business_impact: finding.business_impact.clone(),
            findings: vec![finding.id.clone()],
            standards: standards(&finding.rule),
        });
    }
    entries
}

fn standards(rule: &str) -> Vec<Standard> {
    let standard = |name: &str, ids: &[&str], official: bool| Standard {
        name: name.to_owned(),
        ids: ids.iter().map(|&id| id.to_owned()).collect(),
        official,
    };
    match rule {
        "sql-injection" => vec![
            standard("OWASP Top 10 2025", &["A05"], true),
            standard("ASVS 5.0.0", &["V1.2.4"], true),
            standard("PCI DSS 4.0.1", &["6.2.4"], false),
            standard("SOC 2", &["CC6.1", "CC8.1"], false),
        ],
        "object-readable-by-any-user" => vec![standard("OWASP Top 10 2025", &["A01"], true)],
        _ => Vec::new(),
    }
}

fn summary(findings: &[Finding], entries: &[Entry]) -> Summary {
    let mut counts = [0; 4];
    for finding in findings {
        counts[3 - finding.risk.severity as usize] += 1;
    }
    let critical =
        entries.iter().take(2).map(|entry| format!("{} {}: {}", entry.id, entry.title, first_message(findings, entry)));
    Summary {
        posture: "Weak at the data layer, sound at the edge. 41 of 46 routes sit behind `requireUser`, and rate limits are in place. But any signed-in user can read every customer's orders, and the `invoices` table is open to anyone who holds the public anon key.".to_owned(),
        counts,
        hardening: findings.iter().filter(|finding| finding.nature == Nature::Hardening).count(),
        critical: critical.collect(),
        do_first: vec![
            "Re-enable RLS on `invoices` (one line, no downtime).".to_owned(),
            "Bind the query in `src/reports/search.ts:44`.".to_owned(),
            "Tie `GET /orders/:id` to the caller. The three together remove every path to bulk customer data that was found.".to_owned(),
        ],
    }
}

fn first_message(findings: &[Finding], entry: &Entry) -> String {
    findings.iter().find(|finding| finding.id == entry.id).map_or_else(String::new, |finding| finding.message.clone())
}

fn recommendations(findings: &[Finding], entries: &[Entry]) -> Vec<Recommendation> {
    let mut out: Vec<Recommendation> = entries
        .iter()
        .filter_map(|entry| {
            let finding = findings.iter().find(|finding| finding.id == entry.id)?;
            let horizon = Horizon::of(entry.risk.severity);
            let due = match horizon {
                Horizon::Immediate => "2026-12-01",
                Horizon::ShortTerm => "2027-01-23",
                Horizon::LongTerm => "2027-05-23",
            };
            Some(Recommendation {
                horizon,
                entry: entry.id.clone(),
                severity: entry.risk.severity,
                advice: finding.advice.clone(),
                standards: entry.standards.clone(),
                due: due.to_owned(),
            })
        })
        .collect();
    out.sort_by_key(|recommendation| recommendation.horizon);
    out
}

fn tasks(findings: &[Finding], entries: &[Entry]) -> Vec<Task> {
    let task = |entry: &Entry| {
        let finding = findings.iter().find(|finding| finding.id == entry.id)?;
        let mut files: Vec<String> = findings
            .iter()
            .filter(|finding| entry.findings.contains(&finding.id))
            .map(|finding| finding.place.path.clone())
            .collect();
        files.dedup();
        Some(Task {
            entry: entry.id.clone(),
            instruction: format!("{} Keep the signatures.", finding.advice.action),
            files,
            verify: finding.advice.verify.clone(),
        })
    };
    entries.iter().filter_map(task).collect()
}
