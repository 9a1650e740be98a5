//! The risk method against its published table, its 22 reviewed scenarios, and over every input there is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test")]

use lunette_core::risk::{
    Availability, Barrier, Confidentiality, DataClass, Exploit, Exposure, Impact, ImpactFactors, Integrity, Likelihood,
    LikelihoodFactors, MATRIX, Precondition, Risk, SECURITY_SEVERITY, Severity,
};

/// A scenario: its name, four factors of likelihood, four of impact, and likelihood, impact, severity and score.
type Scenario = [&'static str; 13];

#[rustfmt::skip]
const SCENARIOS: [Scenario; 22] = [
    ["SQLi, unauth login route, users table", "unauthenticated", "none_known", "single_request", "none", "bulk_or_credentials", "many_records", "degraded", "personal_or_secret", "Expected", "Severe", "Critical", "10.0"],
    ["SQLi, admin-only report route", "privileged", "none_known", "single_request", "none", "bulk_or_credentials", "many_records", "degraded", "personal_or_secret", "Possible", "Severe", "High", "7.0"],
    ["SQLi in unreferenced code", "not_reached", "none_known", "single_request", "none", "bulk_or_credentials", "many_records", "degraded", "personal_or_secret", "Unlikely", "Severe", "Medium", "4.0"],
    ["Command injection, self-signup user", "self_signup", "none_known", "single_request", "none", "bulk_or_credentials", "code_exec_or_admin", "service_down", "personal_or_secret", "Likely", "Severe", "Critical", "9.1"],
    ["RLS disabled on profiles (anon key)", "unauthenticated", "none_known", "single_request", "none", "bulk_or_credentials", "many_records", "none", "personal_or_secret", "Expected", "Severe", "Critical", "10.0"],
    ["IDOR /orders/:id, logged-in, read", "self_signup", "none_known", "single_request", "none", "many_records", "none", "none", "personal_or_secret", "Likely", "Major", "High", "7.5"],
    ["IDOR, health records", "self_signup", "none_known", "single_request", "none", "many_records", "none", "none", "regulated", "Likely", "Severe", "Critical", "9.1"],
    ["Reflected XSS, CSP present", "unauthenticated", "none_known", "needs_victim_or_secret", "partial", "few_records", "few_records", "none", "personal_or_secret", "Possible", "Moderate", "Low", "3.9"],
    ["ReDoS, unauth", "unauthenticated", "none_known", "single_request", "none", "none", "none", "service_down", "public", "Expected", "Major", "High", "8.9"],
    ["No rate limit on login", "unauthenticated", "none_known", "state_or_race", "none", "few_records", "few_records", "none", "personal_or_secret", "Likely", "Moderate", "Medium", "5.5"],
    ["Cookie without Secure, HSTS on", "unauthenticated", "none_known", "needs_victim_or_secret", "strong_other_layer", "few_records", "few_records", "none", "personal_or_secret", "Unlikely", "Moderate", "Low", "2.0"],
    ["service_role key committed", "unauthenticated", "none_known", "needs_victim_or_secret", "none", "bulk_or_credentials", "code_exec_or_admin", "degraded", "personal_or_secret", "Likely", "Severe", "Critical", "9.1"],
    ["KEV CVE in reached dependency", "unauthenticated", "kev", "single_request", "none", "bulk_or_credentials", "code_exec_or_admin", "service_down", "personal_or_secret", "Expected", "Severe", "Critical", "10.0"],
    ["KEV CVE, authenticated only", "authenticated", "kev", "single_request", "none", "bulk_or_credentials", "code_exec_or_admin", "none", "personal_or_secret", "Expected", "Severe", "Critical", "10.0"],
    ["KEV CVE in dev-only dependency", "not_reached", "kev", "single_request", "none", "bulk_or_credentials", "code_exec_or_admin", "none", "personal_or_secret", "Unlikely", "Severe", "Medium", "4.0"],
    ["Medium CVE, not reached, EPSS low", "not_reached", "none_known", "state_or_race", "none", "few_records", "none", "degraded", "internal", "Unlikely", "Moderate", "Low", "2.0"],
    ["x-powered-by header", "unauthenticated", "none_known", "single_request", "none", "technical_only", "none", "none", "public", "Expected", "Minor", "Low", "3.9"],
    ["Verbose stack traces in prod", "unauthenticated", "none_known", "single_request", "none", "technical_only", "none", "none", "internal", "Expected", "Minor", "Low", "3.9"],
    ["No audit log on admin delete", "privileged", "none_known", "state_or_race", "none", "none", "few_records", "none", "personal_or_secret", "Unlikely", "Moderate", "Low", "2.0"],
    ["CORS * with credentials", "unauthenticated", "none_known", "needs_victim_or_secret", "none", "many_records", "few_records", "none", "personal_or_secret", "Likely", "Major", "High", "7.5"],
    ["JWT alg none accepted", "unauthenticated", "none_known", "single_request", "none", "bulk_or_credentials", "code_exec_or_admin", "none", "personal_or_secret", "Expected", "Severe", "Critical", "10.0"],
    ["Container runs as root", "internal_only", "none_known", "host_access", "none", "bulk_or_credentials", "code_exec_or_admin", "none", "personal_or_secret", "Unlikely", "Severe", "Medium", "4.0"],
];

/// The value of a factor by the name it has in rule files.
fn value<T: Copy + std::fmt::Debug>(all: &[T], name: &str) -> T {
    let snake = |value: &T| {
        let mut out = String::new();
        for c in format!("{value:?}").chars() {
            if c.is_uppercase() && !out.is_empty() {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        }
        out
    };
    *all.iter().find(|value| snake(value) == name).unwrap_or_else(|| panic!("no such value: {name}"))
}

fn judge(scenario: &[&str]) -> Risk {
    Risk::judge(
        LikelihoodFactors {
            exposure: value(Exposure::ALL, scenario[1]),
            exploit: value(Exploit::ALL, scenario[2]),
            precondition: value(Precondition::ALL, scenario[3]),
            barrier: value(Barrier::ALL, scenario[4]),
        },
        ImpactFactors {
            confidentiality: value(Confidentiality::ALL, scenario[5]),
            integrity: value(Integrity::ALL, scenario[6]),
            availability: value(Availability::ALL, scenario[7]),
            data: value(DataClass::ALL, scenario[8]),
        },
    )
}

#[test]
fn scenarios_keep_their_verdict() {
    for scenario in SCENARIOS {
        let risk = judge(&scenario);
        let verdict = [risk.likelihood.as_str(), risk.impact.as_str(), risk.severity.as_str()];
        assert_eq!(verdict, scenario[9..12], "{}", scenario[0]);
        assert_eq!(risk.security_severity_text(), scenario[12], "{}", scenario[0]);
    }
}

/// The table above is a copy of facts kept outside the repository; where they are at hand, they must agree.
#[test]
fn scenarios_are_those_of_the_research() {
    let outside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/risk_scenarios.csv");
    let Ok(text) = std::fs::read_to_string(outside) else {
        println!("SKIPPED: {outside} is not here");
        return;
    };
    let rows: Vec<Vec<String>> = text.lines().skip(1).map(fields).collect();
    assert_eq!(rows.len(), SCENARIOS.len());
    for (row, scenario) in rows.iter().zip(SCENARIOS) {
        assert_eq!(row, &scenario);
    }
}

/// Fields of a line of comma-separated values; quotes only around whole fields.
fn fields(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            c => out.last_mut().unwrap().push(c),
        }
    }
    out
}

/// Every combination of likelihood factors, and every combination of impact factors.
fn every_input() -> (Vec<LikelihoodFactors>, Vec<ImpactFactors>) {
    let mut likelihoods = Vec::new();
    for &exposure in Exposure::ALL {
        for &exploit in Exploit::ALL {
            for &precondition in Precondition::ALL {
                for &barrier in Barrier::ALL {
                    likelihoods.push(LikelihoodFactors { exposure, exploit, precondition, barrier });
                }
            }
        }
    }
    let mut impacts = Vec::new();
    for &confidentiality in Confidentiality::ALL {
        for &integrity in Integrity::ALL {
            for &availability in Availability::ALL {
                for &data in DataClass::ALL {
                    impacts.push(ImpactFactors { confidentiality, integrity, availability, data });
                }
            }
        }
    }
    (likelihoods, impacts)
}

/// The values above `value` in the order of a factor.
fn above<T: Copy + PartialOrd + 'static>(all: &'static [T], value: T) -> impl Iterator<Item = T> {
    all.iter().copied().filter(move |other| *other > value)
}

/// Every raise of one factor of likelihood.
fn raised_likelihoods(from: LikelihoodFactors) -> Vec<LikelihoodFactors> {
    let mut out = Vec::new();
    out.extend(above(Exposure::ALL, from.exposure).map(|exposure| LikelihoodFactors { exposure, ..from }));
    out.extend(above(Exploit::ALL, from.exploit).map(|exploit| LikelihoodFactors { exploit, ..from }));
    out.extend(above(Precondition::ALL, from.precondition).map(|it| LikelihoodFactors { precondition: it, ..from }));
    out.extend(above(Barrier::ALL, from.barrier).map(|barrier| LikelihoodFactors { barrier, ..from }));
    out
}

/// Every raise of one factor of impact.
fn raised_impacts(from: ImpactFactors) -> Vec<ImpactFactors> {
    let mut out = Vec::new();
    out.extend(
        above(Confidentiality::ALL, from.confidentiality).map(|it| ImpactFactors { confidentiality: it, ..from }),
    );
    out.extend(above(Integrity::ALL, from.integrity).map(|integrity| ImpactFactors { integrity, ..from }));
    out.extend(above(Availability::ALL, from.availability).map(|availability| ImpactFactors { availability, ..from }));
    out.extend(above(DataClass::ALL, from.data).map(|data| ImpactFactors { data, ..from }));
    out
}

/// Severity and score of a cell, which is all that the two halves of the method share.
fn cell(likelihood: Likelihood, impact: Impact) -> (Severity, u8) {
    (MATRIX[likelihood as usize][impact as usize], SECURITY_SEVERITY[likelihood as usize][impact as usize])
}

#[test]
fn raising_any_factor_never_lowers_severity_or_score() {
    let (likelihoods, impacts) = every_input();
    assert_eq!((likelihoods.len(), impacts.len()), (216, 400));
    let mut raises = 0;
    for &from in &likelihoods {
        for to in raised_likelihoods(from) {
            raises += 1;
            for &impact in &impacts {
                let (before, after) = (cell(from.judge(), impact.judge()), cell(to.judge(), impact.judge()));
                assert!(after.0 >= before.0 && after.1 >= before.1, "{from:?} -> {to:?} with {impact:?}");
            }
        }
    }
    for &from in &impacts {
        for to in raised_impacts(from) {
            raises += 1;
            for &likelihood in &likelihoods {
                let (before, after) = (cell(likelihood.judge(), from.judge()), cell(likelihood.judge(), to.judge()));
                assert!(after.0 >= before.0 && after.1 >= before.1, "{from:?} -> {to:?} with {likelihood:?}");
            }
        }
    }
    assert!(raises > 3_000, "the loops above compared only {raises} pairs");
}

#[test]
fn judge_reads_the_cell_for_every_input() {
    let (likelihoods, impacts) = every_input();
    for &likelihood in &likelihoods {
        for &impact in impacts.iter().step_by(7) {
            let risk = Risk::judge(likelihood, impact);
            assert_eq!((risk.likelihood, risk.impact), (likelihood.judge(), impact.judge()));
            assert_eq!((risk.severity, risk.security_severity), cell(risk.likelihood, risk.impact));
            assert_eq!(risk.because.len(), 2);
            assert!(risk.because.iter().all(|line| line.contains(" because: ") && !line.ends_with(": ")), "{risk:?}");
        }
    }
}

/// The shares over all inputs that the research measured for the method: a change to any score shows here.
#[test]
fn shares_of_severities_over_all_inputs() {
    let (likelihoods, impacts) = every_input();
    let mut counts = [0usize; 4];
    for likelihood in &likelihoods {
        for impact in &impacts {
            counts[cell(likelihood.judge(), impact.judge()).0 as usize] += 1;
        }
    }
    let all: usize = counts.iter().sum();
    let percent = counts.map(|count| (count * 100 + all / 2) / all);
    assert_eq!(percent, [49, 31, 13, 7], "Low, Medium, High, Critical: {counts:?} of {all}");
}

/// The matrix as published, most likely row first.
#[test]
fn matrix_is_the_published_one() {
    let published = "\
        Low Medium High Critical
        Low Medium High Critical
        Low Low Medium High
        Low Low Low Medium";
    let rows: Vec<Vec<&str>> = published.lines().map(|line| line.split_whitespace().collect()).collect();
    let ours: Vec<Vec<&str>> =
        MATRIX.iter().rev().map(|row| row.iter().map(|severity| severity.as_str()).collect()).collect();
    assert_eq!(rows, ours);
    assert_eq!(SECURITY_SEVERITY, [[10, 20, 29, 40], [20, 39, 55, 70], [29, 55, 75, 91], [39, 69, 89, 100]]);
}

/// GitHub's bands: critical above 9.0, high from 7.0, medium from 4.0, low below.
#[test]
fn every_score_lies_in_the_band_of_its_severity() {
    for (row, scores) in MATRIX.iter().zip(SECURITY_SEVERITY) {
        for (severity, score) in row.iter().zip(scores) {
            let band = match severity {
                Severity::Low => 1..=39,
                Severity::Medium => 40..=69,
                Severity::High => 70..=89,
                Severity::Critical => 91..=100,
            };
            assert!(band.contains(&score), "{severity}: {score}");
        }
    }
}

/// The reasons given for the scenario with this name.
fn because(name: &str) -> Vec<String> {
    judge(SCENARIOS.iter().find(|scenario| scenario[0] == name).unwrap()).because
}

#[test]
fn because_names_the_factors_that_decided() {
    assert_eq!(
        because("SQLi, unauth login route, users table"),
        [
            "Expected because: reachable without a session · one request suffices · no barrier on the path",
            "Severe because: records in bulk or credentials are exposed · personal data or secrets",
        ]
    );
    let capped = &because("KEV CVE in dev-only dependency")[0];
    assert_eq!(capped, "Unlikely because: no entry point reaches it", "a cap hides what it outweighs");
    assert_eq!(
        because("KEV CVE, authenticated only"),
        [
            "Expected because: needs a signed-in user · known to be exploited (CISA KEV) · one request suffices \
             · no barrier on the path",
            "Severe because: records in bulk or credentials are exposed · code execution or administrative control \
             · personal data or secrets",
        ]
    );
    assert_eq!(because("ReDoS, unauth")[1], "Major because: the service can be brought down");
    assert_eq!(because("x-powered-by header")[1], "Minor because: technical detail is exposed · public data");
}

#[test]
fn because_says_when_nothing_is_lost() {
    let mut risk = judge(&SCENARIOS[0]);
    risk.impact_factors = ImpactFactors {
        confidentiality: Confidentiality::None,
        integrity: Integrity::None,
        availability: Availability::None,
        data: DataClass::Regulated,
    };
    let again = Risk::judge(risk.likelihood_factors, risk.impact_factors);
    assert_eq!(again.because[1], "Minor because: no loss by itself");
    assert_eq!(again.severity, Severity::Low);
}

#[test]
fn code_execution_is_severe_whatever_the_data() {
    for &data in DataClass::ALL {
        let factors = ImpactFactors {
            confidentiality: Confidentiality::None,
            integrity: Integrity::CodeExecOrAdmin,
            availability: Availability::None,
            data,
        };
        assert_eq!(factors.judge(), Impact::Severe);
    }
}
