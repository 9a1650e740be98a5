//! The sample's project, coverage, guidance and monitoring.

use lunette_core::assessment::{
    AreaNotes, Entry, Event, Guidance, Guideline, Intelligence, Kpi, Monitoring, Notice, Playbook, Question, Scheduled,
    Task,
};
use lunette_core::coverage::{Area, CoverageRow, Status, TOPICS};
use lunette_core::finding::Finding;
use lunette_core::place::Place;
use lunette_core::project::{
    Dimension, Fact, GuardUse, Input, InputKind, LanguageCount, Project, Proves, Route, SkipReason, Skipped,
    Technology, TechnologyKind,
};
use lunette_core::research::Cited;
use lunette_core::risk::Exposure;

pub(super) fn project() -> Project {
    let fact = |label: &str, value: Option<&str>, source: &str| Fact {
        label: label.to_owned(),
        value: value.map(str::to_owned),
        evidence: Vec::new(),
        source: source.to_owned(),
    };
    let dimension = |name: &str, facts: Vec<Fact>| Dimension { name: name.to_owned(), facts };
    Project {
        name: "orders-api".to_owned(),
        languages: vec![
            LanguageCount { name: "TypeScript".to_owned(), files: 190, lines: 17_400, analysed: true },
            LanguageCount { name: "Ruby".to_owned(), files: 24, lines: 1_502, analysed: false },
        ],
        technologies: vec![Technology {
            name: "Express".to_owned(),
            kind: TechnologyKind::Framework,
            version: Some("4.19.2".to_owned()),
            evidence: vec![Place::line("package-lock.json", 812)],
        }],
        routes: routes(),
        dimensions: vec![
            dimension("Size", vec![fact("routes", Some("3"), "counted"), fact("users", None, "")]),
            dimension("Scope", vec![fact("compliance", Some("PCI DSS"), "rules.md line 4")]),
            dimension("Complexity", vec![fact("data stores", Some("1"), "counted")]),
            dimension(
                "Context",
                vec![fact("budget", None, ""), fact("timeline", Some("before the launch"), "request")],
            ),
            dimension("Stage", vec![fact("stage", Some("assessment"), "request")]),
        ],
        files_read: 214,
        lines: 18_902,
        skipped: skipped(),
    }
}

/// A project in which nothing was found.
pub(super) fn no_project() -> Project {
    let mut project = project();
    project.files_read = 0;
    project.lines = 0;
    project.languages.clear();
    project.technologies.clear();
    project.routes.clear();
    project.dimensions.clear();
    project.skipped.clear();
    project
}

fn routes() -> Vec<Route> {
    let route = |method: &str, path: &str, line: u32, exposure, guards: Vec<GuardUse>| Route {
        method: method.to_owned(),
        path: path.to_owned(),
        handler: "<anonymous>".to_owned(),
        framework: "express".to_owned(),
        file: "src/orders/routes.ts".to_owned(),
        line,
        handler_place: None,
        guards,
        inputs: vec![Input { name: "id".to_owned(), kind: InputKind::Path }],
        exposure,
        resolved: line != 40,
    };
    let guard = || GuardUse {
        name: "requireUser".to_owned(),
        proves: Proves::Authenticated,
        place: Place::line("src/app.ts", 31),
    };
    vec![
        route("GET", "/orders/:id", 22, Exposure::Authenticated, vec![guard()]),
        route("GET", "/reports/search", 30, Exposure::Unauthenticated, Vec::new()),
        route("POST", "/hooks/`x`|<b>", 40, Exposure::Unauthenticated, Vec::new()),
    ]
}

fn skipped() -> Vec<Skipped> {
    let skip = |path: &str, reason, detail: &str| Skipped { path: path.to_owned(), reason, detail: detail.to_owned() };
    vec![
        skip("dist/app.js", SkipReason::Generated, ""),
        skip("node_modules", SkipReason::Ignored, ""),
        skip("src/big.ts", SkipReason::TooLarge, "9 MB"),
        skip("src/odd`|\\u{a}name.ts", SkipReason::Syntax, "line 12: unexpected `|`"),
        skip("src/secret.ts", SkipReason::Unreadable, "permission denied"),
    ]
}

pub(super) fn coverage(findings: &[Finding]) -> Vec<CoverageRow> {
    TOPICS
        .iter()
        .map(|topic| {
            let ids: Vec<String> = findings.iter().filter(|f| f.topic == topic.id).map(|f| f.id.clone()).collect();
            let (status, looked_at, question) = match topic.id {
                _ if !ids.is_empty() => (Status::Finding, "46 routes, 63 sinks", None),
                "backup" => (Status::NotCheckable, "", Some("Who restores the database, and when was it last tried?")),
                "containers" => (Status::NotApplicable, "no container files", None),
                _ => (Status::CheckedClean, "214 files", None),
            };
            CoverageRow {
                topic: topic.id.to_owned(),
                status,
                looked_at: looked_at.to_owned(),
                findings: ids,
                question: question.map(str::to_owned),
                seen: if topic.id == "rate-limiting" { vec![Place::line("src/app.ts", 12)] } else { Vec::new() },
            }
        })
        .collect()
}

pub(super) fn analysis() -> Vec<AreaNotes> {
    vec![AreaNotes {
        area: Area::Vulnerability,
        paragraphs: vec![
            "Where the findings sit: 2 in `src/reports`, 1 in `supabase/migrations`, 20 elsewhere.".to_owned(),
        ],
    }]
}

fn guideline(title: &str, text: &str) -> Guideline {
    Guideline { title: title.to_owned(), text: text.to_owned() }
}

pub(super) fn architecture() -> Vec<Guideline> {
    vec![guideline(
        "One place for ownership",
        "3 of 4 order routes filter by `user_id` by hand; move it into `OrderRepo`.",
    )]
}

pub(super) fn practices() -> Vec<Guideline> {
    vec![guideline(
        "Migrations under review",
        "Migration 0019 undid 0007; let the data owner approve what touches RLS.",
    )]
}

pub(super) fn guidance(tasks: Vec<Task>) -> Guidance {
    Guidance {
        tasks,
        testing: vec![guideline("Regression tests", "One request for each closed finding, beside `search.test.ts`.")],
        response: vec![guideline("Before it happens", "Name who may revoke the anon key.")],
        compliance: vec![guideline("PCI DSS 6.2.4", "Keep this report and the commit that closes the SQL injection.")],
    }
}

pub(super) fn monitoring(entries: &[Entry]) -> Monitoring {
    let ids = |rule: &str| entries.iter().filter(|e| e.rule == rule).map(|e| e.id.clone()).collect::<Vec<_>>();
    Monitoring {
        logging: vec!["`pino` writes requests in 1 place (`src/app.ts:14`); refusals are not logged.".to_owned()],
        events: vec![Event {
            name: "authz_fail".to_owned(),
            at: vec![Place::line("src/auth/requireOwner.ts", 22)],
            fields: "user id, route, object id | never the token".to_owned(),
            alert: "> 20 distinct ids per user in 5 min".to_owned(),
            closes: ids("object-readable-by-any-user"),
        }],
        kpis: vec![Kpi {
            name: "routes behind a guard".to_owned(),
            today: "41 of 46".to_owned(),
            target: "all that change state".to_owned(),
        }],
        playbooks: vec![Playbook {
            title: "Bulk read through SQL injection".to_owned(),
            trigger: "`malicious_sqli` or a burst of SQL errors.".to_owned(),
            steps: vec![
                guideline("Triage", "Read the query log of the pool for `UNION`."),
                guideline("Contain", "Take `GET /reports/search` offline."),
            ],
            entries: ids("sql-injection"),
        }],
        schedule: vec![Scheduled {
            date: "2026-12-01".to_owned(),
            what: "assess again: immediate actions are due".to_owned(),
        }],
    }
}

pub(super) fn intelligence() -> Intelligence {
    Intelligence {
        sources: vec!["OSV 2026-11-23".to_owned(), "KEV 2026-11-22".to_owned()],
        limits: vec!["Not searched: no search provider is configured.".to_owned()],
        context: vec![Cited {
            about: "CVE-2026-0001".to_owned(),
            claim: "CISA's catalogue of 2026-11-22 does not list it as exploited".to_owned(),
            url: "https://www.cisa.gov/kev.json".to_owned(),
            fetched: "2026-11-24T09:30:00Z".to_owned(),
            sha256: "5".repeat(64),
        }],
        sent: vec!["https://www.cisa.gov/kev.json".to_owned()],
    }
}

pub(super) fn unknowns() -> Vec<Question> {
    vec![Question { about: "refunds".to_owned(), question: "Who may refund above 500?".to_owned() }]
}

pub(super) fn notices() -> Vec<Notice> {
    vec![Notice {
        message: "The suppression of `weak-hash` expired on 2026-10-01.".to_owned(),
        place: Some(Place::line("lunette.toml", 4)),
    }]
}
