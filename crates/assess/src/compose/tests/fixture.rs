//! A made-up project, and pieces to build others from.

use lunette_core::Assessment;
use lunette_core::assessment::{AssessmentKind, Confinement, Request, RulesRead, RulesState};
use lunette_core::dependencies::{Dependencies, PackageCount};
use lunette_core::finding::{Confidence, Draft, Evidence, Finding, Step, SuppressedBy, Suppression, Why, number};
use lunette_core::place::Place;
use lunette_core::project::{
    Dimension, Fact, GuardUse, Input, InputKind, LanguageCount, Project, Proves, Route, SkipReason, Skipped,
    Technology, TechnologyKind,
};
use lunette_core::risk::{
    Availability, Barrier, Confidentiality, DataClass, Exploit, Exposure, ImpactFactors, Integrity, LikelihoodFactors,
    Precondition, Risk, Severity,
};
use lunette_core::rule::{Advice, Nature, RiskProfile, Rule};

use crate::compose::{Inputs, TopicFacts, compose};

pub(super) const DATE: &str = "2026-11-24";

/// A risk of the severity wanted, for an exposure that fits.
pub(super) fn risk(severity: Severity) -> Risk {
    let (exposure, confidentiality) = match severity {
        Severity::Critical => (Exposure::Unauthenticated, Confidentiality::BulkOrCredentials),
        Severity::High => (Exposure::SelfSignup, Confidentiality::ManyRecords),
        Severity::Medium => (Exposure::Authenticated, Confidentiality::FewRecords),
        Severity::Low => (Exposure::Unauthenticated, Confidentiality::TechnicalOnly),
    };
    let likelihood = LikelihoodFactors {
        exposure,
        exploit: Exploit::NoneKnown,
        precondition: Precondition::SingleRequest,
        barrier: Barrier::None,
    };
    let impact = ImpactFactors {
        confidentiality,
        integrity: Integrity::None,
        availability: Availability::None,
        data: DataClass::PersonalOrSecret,
    };
    let risk = Risk::judge(likelihood, impact);
    assert_eq!(risk.severity, severity);
    risk
}

pub(super) fn advice(action: &str) -> Advice {
    Advice {
        action: action.to_owned(),
        control: "parameterised query".to_owned(),
        layer: "data access".to_owned(),
        effort: "10 minutes".to_owned(),
        performance: "none".to_owned(),
        developers: "The pool's `query(text, values)` is used elsewhere".to_owned(),
        verify: "A test with a lone quote returns no rows".to_owned(),
    }
}

/// A rule with its topic, weakness and advice.
pub(super) fn rule(id: &str, topic: &str, cwe: u16, action: &str) -> Rule {
    Rule {
        id: id.to_owned(),
        family: "javascript".to_owned(),
        title: format!("Title of {id}"),
        cwe: vec![cwe],
        topic: topic.to_owned(),
        nature: Nature::Vulnerability,
        confidence: Confidence::Firm,
        risk: RiskProfile {
            exposure: None,
            exploit: Exploit::NoneKnown,
            precondition: Precondition::SingleRequest,
            barrier: Barrier::None,
            confidentiality: Confidentiality::None,
            integrity: Integrity::None,
            availability: Availability::None,
            data: DataClass::PersonalOrSecret,
        },
        advice: advice(action),
        events: vec!["input_validation_fail".to_owned()],
        summary: "What is wrong.".to_owned(),
        explanation: "What is wrong, at length.".to_owned(),
        since: "0.1.0".to_owned(),
    }
}

/// A finding of a rule at a line.
pub(super) fn finding(rule: &Rule, severity: Severity, path: &str, line: u32, route: Option<&str>) -> Finding {
    let place = Place::line(path, line);
    let draft = Draft {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        message: "A fact of this place.".to_owned(),
        place: place.clone(),
        confidence: rule.confidence,
        nature: rule.nature,
        cwe: rule.cwe.clone(),
        topic: rule.topic.clone(),
        risk: risk(severity),
        advice: rule.advice.clone(),
        route: route.map(str::to_owned),
        events: rule.events.clone(),
        anchor: format!("{line}"),
    };
    Finding::new(
        draft,
        Evidence::Trace {
            steps: vec![Step { place, why: Why::Here, code: "code".to_owned(), note: "here".to_owned() }],
        },
    )
}

pub(super) fn withheld(mut finding: Finding, by: SuppressedBy, until: Option<&str>) -> Finding {
    finding.suppression = Some(Suppression {
        by,
        reason: "accepted".to_owned(),
        until: until.map(str::to_owned),
        place: Place::line(".claude/rules.md", 12),
    });
    finding
}

pub(super) fn technology(name: &str, kind: TechnologyKind, version: Option<&str>) -> Technology {
    let evidence = vec![Place::line("package.json", 12)];
    Technology { name: name.to_owned(), kind, version: version.map(str::to_owned), evidence }
}

/// A route, behind the guards named.
pub(super) fn route(method: &str, path: &str, line: u32, guards: &[(&str, Proves)]) -> Route {
    let proven = guards.iter().any(|(_, proves)| *proves == Proves::Authenticated);
    let file = "src/routes.ts";
    Route {
        method: method.to_owned(),
        path: path.to_owned(),
        handler: "handle".to_owned(),
        framework: "express".to_owned(),
        file: file.to_owned(),
        line,
        handler_place: Some(Place::line("src/handlers.ts", line)),
        guards: guards
            .iter()
            .map(|(name, proves)| GuardUse {
                name: (*name).to_owned(),
                proves: *proves,
                place: Place::line("src/app.ts", 31),
            })
            .collect(),
        inputs: vec![Input {
            name: "q".to_owned(),
            kind: if method == "GET" { InputKind::Query } else { InputKind::Body },
        }],
        exposure: if proven { Exposure::Authenticated } else { Exposure::Unauthenticated },
        resolved: true,
    }
}

pub(super) fn fact(label: &str, value: Option<&str>) -> Fact {
    Fact {
        label: label.to_owned(),
        value: value.map(str::to_owned),
        evidence: Vec::new(),
        source: "counted".to_owned(),
    }
}

/// Nothing was found and nothing was looked at.
pub(super) fn empty() -> Inputs {
    Inputs {
        access: None,
        dependencies: None,
        lunette_version: "0.1.0".to_owned(),
        date: DATE.to_owned(),
        request: Request {
            text: String::new(),
            kind: AssessmentKind::Vulnerability,
            kind_source: "default".to_owned(),
        },
        rules_read: RulesRead {
            path: ".claude/rules.md".to_owned(),
            state: RulesState::Absent,
            note: String::new(),
            sha256: String::new(),
            bytes: 0,
            lines: 0,
            understood: Vec::new(),
            not_understood: Vec::new(),
        },
        confinement: Confinement::default(),
        project: Project {
            name: "orders-api".to_owned(),
            languages: Vec::new(),
            technologies: Vec::new(),
            routes: Vec::new(),
            dimensions: Vec::new(),
            files_read: 0,
            lines: 0,
            skipped: Vec::new(),
        },
        findings: Vec::new(),
        withheld: Vec::new(),
        rules: Vec::new(),
        checked: Vec::new(),
        frameworks: Vec::new(),
        notices: Vec::new(),
        incomplete: None,
    }
}

/// An Express service on Supabase with findings of every severity.
pub(super) fn orders() -> Inputs {
    let mut inputs = empty();
    let session = ("requireUser", Proves::Authenticated);
    inputs.project.languages =
        vec![LanguageCount { name: "TypeScript".to_owned(), files: 40, lines: 5_200, analysed: true }];
    inputs.project.files_read = 44;
    inputs.project.lines = 5_400;
    inputs.project.technologies = vec![
        technology("Express", TechnologyKind::Framework, Some("4.19.2")),
        technology("Supabase", TechnologyKind::Platform, Some("^2.45.0")),
        technology("PostgreSQL", TechnologyKind::DataStore, None),
        technology("pino", TechnologyKind::Logging, Some("9.1.0")),
        technology("zod", TechnologyKind::Validation, Some("3.23.8")),
        technology("vitest", TechnologyKind::Testing, Some("2.0.0")),
        technology("GitHub Actions", TechnologyKind::Ci, None),
        technology("Docker", TechnologyKind::Container, None),
    ];
    let mut dynamic = route("GET", "/hooks/<dynamic>", 90, &[]);
    dynamic.resolved = false;
    inputs.project.routes = vec![
        route("POST", "/login", 10, &[("limiter", Proves::RateLimit)]),
        route("GET", "/reports/search", 20, &[]),
        route("GET", "/orders/:id", 30, &[session]),
        route("POST", "/orders", 40, &[session, ("validateOrder", Proves::Validated)]),
        route("DELETE", "/admin/users/:id", 50, &[session, ("isStaff", Proves::Unknown)]),
        route("POST", "/feedback", 60, &[]),
        dynamic,
    ];
    inputs.project.dimensions = vec![
        Dimension {
            name: "Size".to_owned(),
            facts: vec![fact("personal-data columns", Some("users.email, users.phone"))],
        },
        Dimension { name: "Context".to_owned(), facts: vec![fact("budget", None), fact("regulation", None)] },
    ];
    inputs.project.skipped =
        vec![Skipped { path: "src/broken.ts".to_owned(), reason: SkipReason::Syntax, detail: "line 3".to_owned() }];
    let sql = rule("sql-injection", "injection", 89, "Bind the search term as a parameter");
    let owner = rule("missing-owner-check", "business-logic", 639, "Filter by the caller's id");
    let cookie = rule("cookie-flags", "session-management", 614, "Set `secure` on the session cookie");
    let mut headers = rule("no-helmet", "security-headers", 693, "Mount helmet before the routes");
    headers.nature = Nature::Hardening;
    let cors = rule("cors-any-origin", "cors", 942, "List the origins");
    inputs.findings = vec![
        finding(&sql, Severity::Critical, "src/reports/search.ts", 44, Some("GET /reports/search")),
        finding(&owner, Severity::High, "src/orders/read.ts", 12, Some("GET /orders/:id")),
        finding(&cookie, Severity::Medium, "src/app.ts", 22, None),
        finding(&cookie, Severity::Medium, "src/admin.ts", 9, None),
        finding(&cookie, Severity::Medium, "src/legacy.ts", 5, None),
        finding(&headers, Severity::Low, "src/app.ts", 3, None),
    ];
    inputs.withheld = vec![withheld(
        finding(&sql, Severity::High, "legacy/old.ts", 7, None),
        SuppressedBy::Rules,
        Some("2027-01-31"),
    )];
    number(&mut inputs.findings);
    number(&mut inputs.withheld);
    inputs.checked = vec![
        topic("injection", true, "63 sinks, 7 routes"),
        topic("business-logic", true, "12 queries by key"),
        topic("session-management", true, "3 cookie settings"),
        topic("security-headers", true, "7 routes"),
        TopicFacts { seen: vec![Place::line("src/app.ts", 18)], ..topic("cors", true, "1 CORS policy") },
        topic("containers", false, "no container file"),
    ];
    inputs.rules = vec![sql, owner, cookie, headers, cors];
    let counts = vec![PackageCount { ecosystem: "npm".to_owned(), direct: 40, transitive: 47, development: 0 }];
    inputs.dependencies = Some(Dependencies { counts, ..Dependencies::default() });
    inputs
}

pub(super) fn topic(id: &str, applicable: bool, looked_at: &str) -> TopicFacts {
    TopicFacts {
        topic: id.to_owned(),
        applicable,
        looked_at: looked_at.to_owned(),
        judged: applicable,
        seen: Vec::new(),
    }
}

/// The assessment of a request of a kind.
pub(super) fn assessed(mut inputs: Inputs, kind: AssessmentKind, text: &str) -> Assessment {
    inputs.request = Request { text: text.to_owned(), kind, kind_source: "asked for".to_owned() };
    compose(inputs)
}
