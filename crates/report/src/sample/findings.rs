//! The sample's findings and rules.

use lunette_core::finding::{AdvisoryRow, Confidence, Draft, Evidence, Finding, Step, SuppressedBy, Suppression, Why};
use lunette_core::place::Place;
use lunette_core::risk::{
    Availability, Barrier, Confidentiality, DataClass, Exploit, Exposure, ImpactFactors, Integrity, LikelihoodFactors,
    Precondition, Risk,
};
use lunette_core::rule::{Advice, Nature, RiskProfile, Rule};

struct Kind {
    rule: &'static str,
    title: &'static str,
    cwe: &'static [u16],
    topic: &'static str,
    nature: Nature,
    confidence: Confidence,
    exposure: Exposure,
    confidentiality: Confidentiality,
    integrity: Integrity,
    summary: &'static str,
    action: &'static str,
    /// Control, layer, effort, performance, developers, verify.
    advice: [&'static str; 6],
    impact: &'static str,
}

const KINDS: &[Kind] = &[
    Kind {
        rule: "sql-injection",
        title: "SQL injection",
        cwe: &[89],
        topic: "injection",
        nature: Nature::Vulnerability,
        confidence: Confidence::Confirmed,
        exposure: Exposure::Unauthenticated,
        confidentiality: Confidentiality::BulkOrCredentials,
        integrity: Integrity::ManyRecords,
        summary: "Text that is joined into SQL is read as SQL, so whoever sends it decides what the query does.",
        action: "Pass the value as a parameter of the query.",
        advice: [
            "parameterised query",
            "data access",
            "10 minutes",
            "none (the plan becomes cacheable)",
            "`sql.template` is used in 14 places already; use it here",
            "a test that `q=%'` returns 200 with no rows",
        ],
        impact: "Read access to `users` and `payments`; a personal-data breach under GDPR Art. 33 if used.",
    },
    Kind {
        rule: "rls-disabled",
        title: "Row Level Security is off",
        cwe: &[862],
        topic: "authorization",
        nature: Nature::Vulnerability,
        confidence: Confidence::Confirmed,
        exposure: Exposure::Unauthenticated,
        confidentiality: Confidentiality::BulkOrCredentials,
        integrity: Integrity::ManyRecords,
        summary: "Without Row Level Security, every row of an exposed table is open to the public anon key.",
        action: "Enable Row Level Security on `invoices` again.",
        advice: [
            "Row Level Security",
            "data access",
            "one migration",
            "one index lookup for each policy",
            "none: the client keeps its calls",
            "`select` with the anon key returns no row",
        ],
        impact: "Anyone can read and change invoices.",
    },
    Kind {
        rule: "object-readable-by-any-user",
        title: "Order readable by any user",
        cwe: &[639, 862],
        topic: "business-logic",
        nature: Nature::Vulnerability,
        confidence: Confidence::Firm,
        exposure: Exposure::Authenticated,
        confidentiality: Confidentiality::ManyRecords,
        integrity: Integrity::None,
        summary: "A record that is loaded by its key alone belongs to whoever guesses the key.",
        action: "Filter by the caller's id.",
        advice: [
            "ownership check",
            "application",
            "1 hour",
            "none",
            "put the filter into `OrderRepo.byId`, as its siblings have it",
            "a second user gets 404",
        ],
        impact: "Any customer can read other customers' orders.",
    },
    Kind {
        rule: "weak-hash",
        title: "Weak hash",
        cwe: &[328],
        topic: "cryptography",
        nature: Nature::Vulnerability,
        confidence: Confidence::Firm,
        exposure: Exposure::Authenticated,
        confidentiality: Confidentiality::FewRecords,
        integrity: Integrity::None,
        summary: "MD5 and SHA-1 collide at low cost; neither slows down guessing.",
        action: "Use `scrypt` for passwords and SHA-256 elsewhere.",
        advice: [
            "password hashing",
            "application",
            "half a day, with rehashing at the next login",
            "about 100 ms for each login",
            "one function, `hashPassword`",
            "no `md5` or `sha1` is left in `src`",
        ],
        impact: "Passwords from a leaked table can be guessed.",
    },
    Kind {
        rule: "hard-coded-secret",
        title: "Secret in the code",
        cwe: &[798],
        topic: "secrets-management",
        nature: Nature::Vulnerability,
        confidence: Confidence::Tentative,
        exposure: Exposure::InternalOnly,
        confidentiality: Confidentiality::BulkOrCredentials,
        integrity: Integrity::None,
        summary: "A secret in the repository is known to everybody who ever had a copy of it.",
        action: "Rotate the key and read it from the environment.",
        advice: [
            "secret store",
            "configuration",
            "30 minutes",
            "none",
            "`process.env.PAY_KEY`, as in `src/mail.ts`",
            "the old key is refused by the provider",
        ],
        impact: "The payment provider can be called in your name.",
    },
    Kind {
        rule: "vulnerable-dependency",
        title: "Dependency with a known vulnerability",
        cwe: &[1321],
        topic: "dependencies",
        nature: Nature::Vulnerability,
        confidence: Confidence::Firm,
        exposure: Exposure::NotReached,
        confidentiality: Confidentiality::ManyRecords,
        integrity: Integrity::FewRecords,
        summary: "The version in use has a published advisory.",
        action: "Update to 4.17.21.",
        advice: [
            "patched version",
            "supply chain",
            "10 minutes",
            "none",
            "no API changed between the two",
            "`npm ls lodash` shows 4.17.21",
        ],
        impact: "",
    },
    Kind {
        rule: "cookie-without-secure",
        title: "Cookie without Secure",
        cwe: &[614],
        topic: "session-management",
        nature: Nature::Hardening,
        confidence: Confidence::Firm,
        exposure: Exposure::Unauthenticated,
        confidentiality: Confidentiality::TechnicalOnly,
        integrity: Integrity::None,
        summary: "A cookie without `Secure` is sent over plain HTTP too.",
        action: "Set `secure: true`.",
        advice: [
            "cookie attributes",
            "application",
            "10 minutes",
            "none",
            "local development over HTTP needs `secure: 'auto'`",
            "`Set-Cookie` has `Secure`",
        ],
        impact: "A session can be read on an open network.",
    },
    Kind {
        rule: "missing-security-headers",
        title: "No security headers",
        cwe: &[693],
        topic: "security-headers",
        nature: Nature::Hardening,
        confidence: Confidence::Firm,
        exposure: Exposure::Unauthenticated,
        confidentiality: Confidentiality::None,
        integrity: Integrity::Cosmetic,
        summary: "Browsers enforce what a response's headers ask for, and nothing else.",
        action: "Add `helmet()` before the routes.",
        advice: [
            "security headers",
            "edge",
            "10 minutes",
            "below 1 ms for each response",
            "start with a report-only content policy",
            "`curl -I` shows `X-Frame-Options`",
        ],
        impact: "Pages can be framed.",
    },
];

/// Rules that have findings.
pub(super) fn rules() -> Vec<Rule> {
    let mut rules: Vec<Rule> = KINDS
        .iter()
        .map(|kind| Rule {
            id: kind.rule.to_owned(),
            family: "javascript".to_owned(),
            title: kind.title.to_owned(),
            cwe: kind.cwe.to_vec(),
            topic: kind.topic.to_owned(),
            nature: kind.nature,
            confidence: kind.confidence,
            risk: RiskProfile {
                exposure: Some(kind.exposure),
                exploit: Exploit::default(),
                precondition: Precondition::default(),
                barrier: Barrier::default(),
                confidentiality: kind.confidentiality,
                integrity: kind.integrity,
                availability: Availability::None,
                data: DataClass::default(),
            },
            advice: advice(kind),
            events: vec!["input_validation_fail".to_owned()],
            summary: kind.summary.to_owned(),
            explanation: format!("{}\n\n## How to fix\n\n{}", kind.summary, kind.action),
            since: "0.1.0".to_owned(),
        })
        .collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
}

fn advice(kind: &Kind) -> Advice {
    let [control, layer, effort, performance, developers, verify] = kind.advice.map(str::to_owned);
    Advice { action: kind.action.to_owned(), control, layer, effort, performance, developers, verify }
}

fn kind(rule: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.rule == rule).unwrap_or(&KINDS[0])
}

fn step(path: &str, line: u32, why: Why, code: &str, note: &str) -> Step {
    let place = Place { path: path.into(), line, column: 3, end_line: line, end_column: 12 };
    Step { place, why, code: code.to_owned(), note: note.to_owned() }
}

fn finding(rule: &str, message: &str, evidence: Evidence) -> Finding {
    let kind = kind(rule);
    let place = evidence.steps().last().map_or_else(|| Place::file("package.json"), |step| step.place.clone());
    let draft = Draft {
        rule: kind.rule.to_owned(),
        title: kind.title.to_owned(),
        message: message.to_owned(),
        confidence: kind.confidence,
        nature: kind.nature,
        cwe: kind.cwe.to_vec(),
        topic: kind.topic.to_owned(),
        risk: Risk::judge(
            LikelihoodFactors {
                exposure: kind.exposure,
                exploit: Exploit::NoneKnown,
                precondition: Precondition::SingleRequest,
                barrier: Barrier::None,
            },
            ImpactFactors {
                confidentiality: kind.confidentiality,
                integrity: kind.integrity,
                availability: Availability::None,
                data: DataClass::PersonalOrSecret,
            },
        ),
        advice: advice(kind),
        route: (rule == "sql-injection").then(|| "GET /reports/search".to_owned()),
        events: vec!["input_validation_fail".to_owned()],
        anchor: format!("{place}"),
        place,
    };
    let mut finding = Finding::new(draft, evidence);
    kind.impact.clone_into(&mut finding.business_impact);
    finding
}

fn injection() -> Finding {
    let steps = vec![
        step("src/reports/routes.ts", 12, Why::Source, "const { q } = req.query", ""),
        step("src/reports/routes.ts", 15, Why::Call, "searchReports(q)", "src/reports/search.ts:38"),
        step("src/reports/search.ts", 41, Why::Assign, "`... WHERE title LIKE '%${q}%'`", "joined into SQL"),
        step("src/reports/search.ts", 44, Why::Sink, "pool.query(sql)", "runs as the owner of `users`"),
    ];
    finding(
        "sql-injection",
        "`GET /reports/search` builds SQL from the query string and runs it on the main pool. The route is mounted before `requireUser` (`src/app.ts:31`), so no session is needed.",
        Evidence::Trace { steps },
    )
}

/// A finding whose every text tries to break out of its place.
fn hostile() -> Finding {
    let path = "src/a|b`c\n# Owned\n<img src=x onerror=alert(1)>[x](http://evil.example)\u{202e}.ts";
    let steps = vec![
        step(path, 1, Why::Source, "```\n# Owned\n</script><script>alert(1)</script>", "| a | b |"),
        step(path, 2, Why::Call, "\u{1b}[2J`x` @everyone", "![i](http://evil.example/i.png)"),
        step(path, 2000, Why::Sink, "db.query(`SELECT ${x}`)", ""),
    ];
    finding(
        "sql-injection",
        "The name `a`<b>`` reaches\n\n# SQL\n\n---\n[click](javascript:alert(1)) https://evil.example @everyone | <!-- x --> \u{202e}&lt;",
        Evidence::Trace { steps },
    )
}

/// Findings that count, not numbered yet.
pub(super) fn counted() -> Vec<Finding> {
    let mut out = vec![injection(), hostile()];
    out.push(finding(
        "rls-disabled",
        "`invoices` is readable and writable by `anon`: RLS is enabled in migration 0007 and disabled again in 0019; four policies are dead.",
        Evidence::Catalogue {
            object: "public.invoices".to_owned(),
            fact: "row security off".to_owned(),
            steps: vec![
                step("supabase/migrations/0007_rls.sql", 3, Why::Here, "alter table invoices enable row level security;", ""),
                step("supabase/migrations/0019_fix.sql", 8, Why::Here, "alter table invoices disable row level security;", "off since"),
            ],
        },
    ));
    let mut order = finding(
        "object-readable-by-any-user",
        "`GET /orders/:id` loads by primary key alone; the 3 sibling routes filter by `user_id`.",
        Evidence::Absence {
            looked_for: "a tie to the caller".to_owned(),
            looked_in: "the handler, `OrderRepo.byId` and RLS on `orders`".to_owned(),
            at: step("src/orders/routes.ts", 22, Why::Here, "router.get('/orders/:id', show)", ""),
        },
    );
    order.route = Some("GET /orders/:id".to_owned());
    out.push(order);
    for (path, line, name) in [("src/users/password.ts", 7, "md5"), ("src/files/etag.ts", 19, "sha1")] {
        out.push(finding(
            "weak-hash",
            &format!(
                "`createHash('{name}')` is used on {}.",
                if name == "md5" { "passwords" } else { "file contents" }
            ),
            Evidence::Setting {
                name: "algorithm".to_owned(),
                value: format!("'{name}'"),
                at: step(path, line, Why::Here, &format!("crypto.createHash('{name}')"), ""),
            },
        ));
    }
    out.push(finding(
        "hard-coded-secret",
        "The live key of the payment provider stands in the code.",
        Evidence::Secret {
            what: "payment API key".to_owned(),
            redacted: "sk_live_…4242".to_owned(),
            at: step("src/pay.ts", 3, Why::Here, "const key = 'sk_live_…4242'", ""),
        },
    ));
    let mut advisory = finding(
        "vulnerable-dependency",
        "lodash 4.17.15 is affected by prototype pollution; nothing in `src` calls the function.",
        Evidence::Advisory {
            id: "GHSA-0000-0000-0000".to_owned(),
            purl: "pkg:npm/lodash@4.17.15".to_owned(),
            advisories: vec![
                advisory_row("GHSA-0000-0000-0000", "lodash"),
                advisory_row("GHSA-1111-0000-0000", "lodash.template"),
            ],
            at: Step {
                place: Place::file("package-lock.json"),
                why: Why::Here,
                code: "\"lodash\": \"4.17.15\"".to_owned(),
                note: String::new(),
            },
        },
    );
    advisory.in_baseline = true;
    out.push(advisory);
    for line in 1..=15 {
        let at = step("src/web/cookies.ts", line * 10, Why::Here, "res.cookie('sid', id, { secure: false })", "");
        let evidence = Evidence::Setting { name: "secure".to_owned(), value: "false".to_owned(), at };
        out.push(finding("cookie-without-secure", "The session cookie is set with `secure: false`.", evidence));
    }
    out.push(finding(
        "missing-security-headers",
        "The application sets no security headers.",
        Evidence::Absence {
            looked_for: "`helmet` or a header middleware".to_owned(),
            looked_in: "4 `use` calls of the application".to_owned(),
            at: step("src/app.ts", 9, Why::Here, "const app = express()", ""),
        },
    ));
    out
}

fn advisory_row(id: &str, package: &str) -> AdvisoryRow {
    let risk = RiskProfile::default().judge();
    AdvisoryRow {
        id: id.to_owned(),
        aliases: vec!["CVE-2026-0001".to_owned()],
        package: package.to_owned(),
        version: "4.17.15".to_owned(),
        summary: "Prototype pollution in `zipObjectDeep` | and more.".to_owned(),
        severity: risk.severity,
        cvss: vec!["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:L".to_owned()],
        rated_by: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:L".to_owned(),
        reachability: "declared".to_owned(),
        shown: "declared, no call of the functions concerned was found".to_owned(),
        epss: Some("0.123".to_owned()),
        epss_percentile: Some("12.345".to_owned()),
        epss_as_of: Some("2026-08-16".to_owned()),
        kev: None,
        fixed: Some("4.17.21".to_owned()),
        deadline: "60D".to_owned(),
        fingerprint: String::new(),
        in_baseline: true,
        suppression: None,
        risk,
    }
}

/// Findings that are withheld, not numbered yet.
pub(super) fn withheld() -> Vec<Finding> {
    let suppress = |mut finding: Finding, by, reason: &str, place: Place, until: Option<&str>| {
        let until = until.map(str::to_owned);
        finding.suppression = Some(Suppression { by, reason: reason.to_owned(), until, place });
        finding
    };
    let legacy = |line| {
        let steps = vec![
            step("legacy/report.js", line, Why::Source, "req.body.name", ""),
            step("legacy/report.js", line + 2, Why::Sink, "db.query('select ' + name)", ""),
        ];
        finding("sql-injection", "Old reports join the name into SQL.", Evidence::Trace { steps })
    };
    let rules = Place::line(".claude/rules.md", 9);
    let comment = finding(
        "weak-hash",
        "`createHash('md5')` is used on cache keys.",
        Evidence::Setting {
            name: "algorithm".to_owned(),
            value: "'md5'".to_owned(),
            at: step("src/cache.ts", 5, Why::Here, "crypto.createHash('md5')", ""),
        },
    );
    vec![
        suppress(legacy(3), SuppressedBy::Rules, "ignore `legacy/`", rules.clone(), None),
        suppress(legacy(30), SuppressedBy::Rules, "ignore `legacy/`", rules, None),
        suppress(
            comment,
            SuppressedBy::Comment,
            "cache keys, <b>not</b> secrets",
            Place::line("src/cache.ts", 4),
            Some("2027-06-30"),
        ),
    ]
}
