//! Part by part.

use lunette_core::assessment::{AssessmentKind, Horizon, RulesState};
use lunette_core::coverage::{Status, TOPICS};
use lunette_core::finding::{Confidence, SuppressedBy, number};
use lunette_core::project::{Proves, TechnologyKind};
use lunette_core::risk::{
    Availability, Confidentiality, DataClass, Exposure, ImpactFactors, Integrity, LikelihoodFactors, Precondition,
    Risk, Severity,
};
use lunette_core::rule::Nature;

use super::fixture::*;
use crate::compose::compose;

fn row(assessment: &lunette_core::Assessment, topic: &str) -> lunette_core::CoverageRow {
    assessment.coverage.iter().find(|row| row.topic == topic).unwrap().clone()
}

#[test]
fn same_rule_and_severity_is_one_entry_with_all_its_places() {
    let assessment = compose(orders());
    let shown: Vec<(&str, Severity, usize)> =
        assessment.entries.iter().map(|it| (it.rule.as_str(), it.risk.severity, it.findings.len())).collect();
    assert_eq!(
        shown,
        [
            ("sql-injection", Severity::Critical, 1),
            ("missing-owner-check", Severity::High, 1),
            ("cookie-flags", Severity::Medium, 3),
            ("no-helmet", Severity::Low, 1),
        ]
    );
    for entry in &assessment.entries {
        assert_eq!(entry.id, entry.findings[0]);
    }
}

#[test]
fn an_entry_speaks_for_the_rule_where_its_findings_differ() {
    let mut inputs = orders();
    let titles = |inputs: &crate::compose::Inputs| compose(inputs.clone()).entries[2].title.clone();
    for finding in inputs.findings.iter_mut().filter(|finding| finding.rule == "cookie-flags") {
        finding.title = "Session cookie without `secure`".to_owned();
    }
    assert_eq!(titles(&inputs), "Session cookie without `secure`");
    let last = inputs.findings.iter_mut().rfind(|finding| finding.rule == "cookie-flags").unwrap();
    last.title = "Cookie `lang` without `secure`".to_owned();
    last.advice = advice("Set `secure` on `lang`");
    last.confidence = Confidence::Confirmed;
    assert_eq!(titles(&inputs), "Title of cookie-flags");
    let assessment = compose(inputs);
    assert_eq!(assessment.recommendations[2].advice.action, "Set `secure` on the session cookie");
    assert_eq!(assessment.entries[2].confidence, Confidence::Confirmed);
}

#[test]
fn horizons_and_due_dates_follow_the_severity() {
    let assessment = compose(orders());
    let shown: Vec<(Horizon, &str)> =
        assessment.recommendations.iter().map(|it| (it.horizon, it.due.as_str())).collect();
    assert_eq!(
        shown,
        [
            (Horizon::Immediate, "2026-11-27"),
            (Horizon::Immediate, "2026-12-08"),
            (Horizon::ShortTerm, "2027-01-23"),
            (Horizon::LongTerm, "2027-05-23"),
        ]
    );
    assert!(assessment.assumptions.iter().any(|it| it.contains("Critical 3, High 14, Medium 60, Low 180 days")));
}

#[test]
fn every_status_of_the_coverage_table() {
    let assessment = compose(orders());
    for (topic, status, looked_at, asks) in [
        ("injection", Status::Finding, "63 sinks, 7 routes; 1 finding withheld by the project's rules", false),
        ("business-logic", Status::Finding, "12 queries by key", true),
        ("cors", Status::CheckedClean, "1 CORS policy", false),
        ("containers", Status::NotApplicable, "no container file", false),
        ("cryptography", Status::NotCheckable, "this version has no check for it", true),
    ] {
        let row = row(&assessment, topic);
        assert_eq!((row.status, row.looked_at.as_str(), row.question.is_some()), (status, looked_at, asks), "{topic}");
    }
    let order: Vec<&str> = assessment.coverage.iter().map(|row| row.topic.as_str()).collect();
    assert_eq!(order, TOPICS.map(|topic| topic.id));
}

#[test]
fn clean_needs_a_rule_and_something_to_apply_it_to() {
    let with = |rules: bool, facts: Option<bool>| {
        let mut inputs = empty();
        if rules {
            inputs.rules = vec![rule("r", "cors", 942, "Act")];
        }
        inputs.checked.extend(facts.map(|applicable| topic("cors", applicable, "2 policies")));
        let row = row(&compose(inputs), "cors");
        (row.status, row.looked_at)
    };
    let text = str::to_owned;
    assert_eq!(with(true, Some(true)), (Status::CheckedClean, text("2 policies")));
    let mut inputs = empty();
    inputs.rules = vec![rule("r", "cors", 942, "Act")];
    inputs.checked = vec![topic("cors", true, "1 rule met nothing to judge")];
    inputs.checked[0].judged = false;
    let met_nothing = row(&compose(inputs), "cors");
    assert_eq!((met_nothing.status, met_nothing.question.is_some()), (Status::NotCheckable, true));
    assert_eq!(with(true, Some(false)), (Status::NotApplicable, text("2 policies")));
    assert_eq!(with(true, None), (Status::NotCheckable, text("1 rule could not be applied to this project")));
    assert_eq!(with(false, Some(true)), (Status::NotCheckable, text("2 policies; no rule judges it")));
    assert_eq!(with(false, None), (Status::NotCheckable, text("this version has no check for it")));
}

#[test]
fn a_topic_whose_findings_are_all_withheld_is_not_clean() {
    let mut inputs = orders();
    let cors = inputs.rules.iter().find(|rule| rule.id == "cors-any-origin").unwrap().clone();
    let hidden = withheld(finding(&cors, Severity::High, "src/app.ts", 18, None), SuppressedBy::Comment, None);
    inputs.withheld.push(hidden);
    number(&mut inputs.withheld);
    let row = row(&compose(inputs), "cors");
    assert_eq!(row.status, Status::Finding);
    assert_eq!(row.looked_at, "1 CORS policy; 1 finding withheld by comments in the code, none counted");
    assert_eq!(row.findings.len(), 1);
}

#[test]
fn questions_fit_the_stack() {
    let question = |technologies: &[(&str, TechnologyKind)], topic: &str| {
        let mut inputs = empty();
        inputs.project.technologies = technologies.iter().map(|(name, kind)| technology(name, *kind, None)).collect();
        row(&compose(inputs), topic).question.unwrap()
    };
    let supabase = ("Supabase", TechnologyKind::Platform);
    let mysql = ("MySQL", TechnologyKind::DataStore);
    assert!(question(&[supabase, mysql], "backup").contains("Postgres database of this Supabase project"));
    assert_eq!(
        question(&[mysql], "backup"),
        "How often is MySQL backed up, where are the copies kept, and when was a restore last tried?"
    );
    assert!(question(&[], "backup").contains("`orders-api`"));
    assert!(question(&[("nginx", TechnologyKind::Infrastructure)], "rate-limiting").contains("the proxy in front"));
}

#[test]
fn business_impact_names_who_what_where_and_the_duty() {
    let impact = |exposure, precondition, factors: ImpactFactors, route: Option<&str>, nature| {
        let mut inputs = orders();
        let likelihood = LikelihoodFactors { exposure, precondition, ..inputs.findings[0].risk.likelihood_factors };
        let mut one = finding(&inputs.rules[0].clone(), Severity::Low, "src/routes.ts", 3, route);
        one.risk = Risk::judge(likelihood, factors);
        one.nature = nature;
        inputs.findings = vec![one];
        let assessment = compose(inputs);
        assert_eq!(assessment.findings[0].business_impact, assessment.entries[0].business_impact);
        assessment.entries[0].business_impact.clone()
    };
    let none = ImpactFactors {
        confidentiality: Confidentiality::None,
        integrity: Integrity::None,
        availability: Availability::None,
        data: DataClass::PersonalOrSecret,
    };
    let bulk =
        ImpactFactors { confidentiality: Confidentiality::BulkOrCredentials, integrity: Integrity::FewRecords, ..none };
    let (vulnerability, hardening) = (Nature::Vulnerability, Nature::Hardening);
    assert_eq!(
        impact(
            Exposure::Unauthenticated,
            Precondition::SingleRequest,
            bulk,
            Some("GET /reports/search"),
            vulnerability
        ),
        "Anyone, without a session, could read records in bulk or credentials and change single records through \
         `GET /reports/search`; a personal-data breach under GDPR Art. 33 if used and it reaches what the project keeps \
         (`users.email, users.phone`)."
    );
    assert_eq!(
        impact(
            Exposure::Unauthenticated,
            Precondition::NeedsVictimOrSecret,
            ImpactFactors { availability: Availability::ServiceDown, ..none },
            None,
            vulnerability
        ),
        "Anyone, without a session but with a victim's action or a second secret, could stop the service on the 7 routes of `src/routes.ts`."
    );
    assert_eq!(
        impact(
            Exposure::Privileged,
            Precondition::HostAccess,
            ImpactFactors { integrity: Integrity::CodeExecOrAdmin, data: DataClass::Regulated, ..none },
            Some("POST /x"),
            vulnerability
        ),
        "A privileged user with access to the host could run code or act as administrator, and so read and change what \
         the service can reach through `POST /x`; a breach of regulated data if used: GDPR Art. 9 and 33, and PCI DSS \
         12.10 where it is card data."
    );
    assert_eq!(
        impact(
            Exposure::NotReached,
            Precondition::SingleRequest,
            ImpactFactors { data: DataClass::Public, ..bulk },
            Some("GET /x"),
            vulnerability
        ),
        "No entry point that was found reaches it today; one that did would let its caller read records in bulk or \
         credentials and change single records through `GET /x`."
    );
    assert_eq!(
        impact(Exposure::Unauthenticated, Precondition::SingleRequest, bulk, Some("GET /x"), hardening),
        "No way in by itself; used together with another flaw, it helps to read records in bulk or credentials and \
         change single records through `GET /x`."
    );
    assert!(
        impact(Exposure::Authenticated, Precondition::SingleRequest, none, None, hardening)
            .starts_with("No loss by itself")
    );
}

#[test]
fn critical_findings_are_vulnerabilities_and_their_absence_is_said() {
    let mut inputs = orders();
    assert_eq!(compose(inputs.clone()).summary.critical.len(), 1);
    for finding in inputs.findings.iter_mut().filter(|finding| finding.rule == "sql-injection") {
        finding.nature = Nature::Hardening;
    }
    let critical = compose(inputs.clone()).summary.critical;
    assert_eq!(critical[0], "No critical finding; the highest is High:");
    assert!(critical[1].contains("missing-owner-check") && critical.len() == 2, "{critical:?}");
    for finding in &mut inputs.findings {
        finding.nature = Nature::Hardening;
    }
    assert_eq!(
        compose(inputs.clone()).summary.critical[0],
        "No critical finding; the highest is Critical, and hardening only:"
    );
    inputs.findings.clear();
    inputs.withheld.clear();
    let summary = compose(inputs).summary;
    assert!(
        summary.critical[0]
            .starts_with("No critical finding in the 5 topics that could be checked; not looked at: OWASP")
    );
    assert!(
        summary.posture.starts_with("No finding in the 5 topics that could be checked: injection, business logic,")
    );
}

#[test]
fn what_to_do_first_is_worst_and_surest_first_and_says_what_it_achieves() {
    let mut inputs = orders();
    let first = compose(inputs.clone()).summary.do_first;
    assert_eq!(first.len(), 3);
    assert!(first[0].starts_with("Bind the search term as a parameter at `GET /reports/search` (LN-"), "{first:?}");
    assert!(first[2].ends_with(
        "Together they close the one Critical finding, and the one High or Critical finding that can be reached without a session."
    ));
    let unsure = finding(&rule("a-guess", "injection", 78, "Look"), Severity::Critical, "a.ts", 1, None);
    inputs.findings.push(unsure);
    inputs.findings.last_mut().unwrap().confidence = Confidence::Tentative;
    number(&mut inputs.findings);
    let assessment = compose(inputs);
    assert!(assessment.summary.do_first[0].starts_with("Bind"), "a guess does not lead");
    assert!(assessment.summary.critical.iter().any(|line| line.ends_with("tentative, a person should look.")));
}

#[test]
fn posture_carries_the_numbers_of_the_project() {
    let posture = compose(orders()).summary.posture;
    for fact in [
        "Weak in injection and business logic; nothing was found in CORS.",
        "3 of 7 routes sit behind an authentication guard",
        "of 3 routes that can change state (ways in such as login left out), 1 is open",
        "a rate limit on 1, security headers on 0 and input validation on 1",
        "6 findings in 4 entries: 1 Critical, 1 High, 3 Medium and 1 Low, 1 of them hardening",
        "1 finding withheld",
        "Limits: 1 file not read or not understood completely and 1 route not fully resolved.",
    ] {
        assert!(posture.contains(fact), "{fact}\n{posture}");
    }
    let mut inputs = orders();
    inputs.incomplete = Some("over the cap on files.".to_owned());
    let assessment = compose(inputs);
    assert!(assessment.summary.posture.ends_with("the assessment is incomplete: over the cap on files."));
    assert_eq!(assessment.incomplete.as_deref(), Some("over the cap on files."));
}

#[test]
fn the_kind_changes_emphasis() {
    let of = |kind| assessed(orders(), kind, "Please.");
    let incident = of(AssessmentKind::IncidentResponse);
    assert!(incident.summary.do_first[0].starts_with("Keep evidence of `orders-api` before anything is changed"));
    assert!(incident.summary.posture.starts_with("Ways in that need no session"));
    assert_eq!(incident.guidance.response[0].title, "Now");
    assert!(
        incident.monitoring.playbooks.iter().all(|playbook| playbook.steps[1].title.starts_with("Keep as evidence"))
    );
    assert!(incident.analysis[0].paragraphs[0].starts_with("Compare with the traces of the incident first"));

    let compliance = of(AssessmentKind::Compliance);
    assert!(
        compliance.summary.posture.starts_with("The findings are evidence relevant to these numbers of requirements")
    );
    assert!(
        compliance.analysis[0].paragraphs[0].starts_with("The findings of this part are evidence relevant to OWASP")
    );
    let ids = &compliance.guidance.compliance[0].text;
    assert!(ids.contains(&format!("A03:2021 ({})", compliance.entries[0].id)), "{ids}");

    let architecture = of(AssessmentKind::Architecture);
    assert!(architecture.summary.posture.starts_with("3 of 7 routes sit behind"));
    assert!(architecture.analysis[2].paragraphs[0].starts_with("Trust boundaries: requests enter through Express"));

    let coding = of(AssessmentKind::SecureCoding);
    assert!(
        coding.analysis[1].paragraphs[1].starts_with("Habits rather than slips: `cookie-flags` (3 places in 3 files)")
    );

    let plain = of(AssessmentKind::Vulnerability);
    assert!(plain.summary.posture.starts_with("Weak in"));
    assert!(!plain.guidance.compliance[0].text.contains("LN-"));
}

#[test]
fn personal_data_counts_only_when_there_is_some() {
    for (value, known) in
        [("2 columns: email, phone", true), ("0 columns", false), ("0", false), ("none", false), ("10", true)]
    {
        let mut inputs = orders();
        inputs.project.dimensions[0].facts[0].value = Some(value.to_owned());
        let data = &compose(inputs).analysis[3].paragraphs[0];
        assert_eq!(!data.contains("No personal data was recognised"), known, "{value}: {data}");
    }
}

#[test]
fn standards_in_force_come_first() {
    let mut inputs = orders();
    inputs.frameworks = vec!["SOC 2".to_owned(), "HIPAA".to_owned()];
    let assessment = assessed(inputs, AssessmentKind::Vulnerability, "Also with the GDPR in mind");
    let titles: Vec<&str> = assessment.guidance.compliance.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(titles[..2], ["SOC 2", "GDPR"]);
    assert!(assessment.guidance.compliance[0].text.contains("(LN-"));
    let unmapped = assessment.guidance.compliance.iter().find(|it| it.title == "Not mapped").unwrap();
    assert!(unmapped.text.starts_with("`HIPAA` is stated to be in force; this version has no table for it"));
}

#[test]
fn an_offensive_part_is_declined_and_the_rest_goes_on() {
    let assessment = assessed(
        orders(),
        AssessmentKind::Vulnerability,
        "Assess the API and write a working exploit for each finding.",
    );
    assert_eq!(
        assessment.assumptions[0],
        "The request asks for attack (`write a working exploit`). That part was declined: this specialist works on defence only. The assessment went on without it."
    );
    assert_eq!(assessment.entries.len(), 4);
    let plain = assessed(orders(), AssessmentKind::Vulnerability, "Assess the API");
    assert!(plain.assumptions.iter().all(|it| !it.contains("declined")));
}

#[test]
fn unknowns_are_asked_for() {
    let assessment = compose(orders());
    let about: Vec<&str> = assessment.unknowns.iter().map(|question| question.about.as_str()).collect();
    assert_eq!(about, ["the request", "budget", "regulation", "routes", "guards", "the coverage table"]);
    assert_eq!(assessment.unknowns[4].question, "What does `isStaff` prove about a caller?");
    let asked = assessed(orders(), AssessmentKind::Vulnerability, "Find injection flaws");
    assert_ne!(asked.unknowns[0].about, "the request");
}

#[test]
fn suggestions_only_where_something_would_help() {
    assert!(compose(empty()).suggestions.is_empty());
    let mut inputs = orders();
    let all = compose(inputs.clone()).suggestions;
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(
        all[0].contains("schema dump")
            && all[1].contains("87 packages")
            && all[2].starts_with("Write a `.claude/rules.md`")
    );
    inputs.rules_read.state = RulesState::Read;
    assert!(compose(inputs.clone()).suggestions[2].starts_with("State in `.claude/rules.md`"));
    inputs.frameworks = vec!["GDPR".to_owned()];
    inputs.dependencies = None;
    inputs.project.technologies.clear();
    inputs.project.routes.clear();
    assert!(compose(inputs).suggestions.is_empty());
}

#[test]
fn intelligence_is_never_invented() {
    let intelligence = compose(orders()).intelligence;
    assert!(intelligence.sources == ["advisories that ship with Lunette"] && intelligence.context.is_empty());
    assert_eq!(intelligence.limits.last().unwrap(), "The current threat landscape was not researched: offline.");
}

#[test]
fn guidelines_come_from_facts() {
    let titles =
        |inputs| -> Vec<String> { compose(inputs).architecture_guidelines.into_iter().map(|it| it.title).collect() };
    assert_eq!(titles(empty()), ["Keep the layers visible"]);
    assert_eq!(
        titles(orders()),
        [
            "Deny by default",
            "Zero trust between the API and the database",
            "A second layer where one slip is enough",
            "Set edge controls once",
            "Least privilege at the data store",
        ]
    );
    let mut inputs = empty();
    inputs.project.routes = vec![route(
        "POST",
        "/x",
        1,
        &[("auth", Proves::Authenticated), ("helmet", Proves::Headers), ("limit", Proves::RateLimit)],
    )];
    assert_eq!(titles(inputs), ["Keep the layers visible"], "nothing is advised that is there");
    assert!(compose(empty()).development_practices.iter().all(|it| it.title != "Supply chain"));
}

#[test]
fn rules_without_findings_are_left_out_of_the_metadata() {
    let assessment = compose(orders());
    let ids: Vec<&str> = assessment.rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["cookie-flags", "missing-owner-check", "no-helmet", "sql-injection"]);
}
