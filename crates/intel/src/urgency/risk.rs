//! From what is known of a weakness to the factors of Lunette's risk method and to a deadline.

use lunette_core::observation::RiskFacts;
use lunette_core::risk::{Availability, Barrier, Confidentiality, Exploit, Exposure, Integrity, Precondition};

use super::bod::{Deadline, deadline};
use super::cvss::{Level, Score, worst};
use crate::advisory::Day;
use crate::matching::Match;

/// EPSS percentile from which on a weakness counts as readily exploited, in hundred-thousandths.
const LIKELY: u32 = 95_000;

/// Until when to act, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urgency {
    /// Until when.
    pub deadline: Deadline,
    /// By what.
    pub basis: Basis,
    /// In CISA's catalogue.
    pub kev: bool,
    /// Publicly exposed, as the caller found.
    pub exposed: bool,
    /// Whether attacks can be automated.
    pub automatable: bool,
    /// Whether the technical impact is total.
    pub total: bool,
    /// What had to be assumed.
    pub assumptions: Vec<Assumption>,
}

/// What a deadline stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// CISA's table.
    Bod2604,
    /// The package does harm: Lunette's own rule, as strict as the table's strictest row.
    Malware,
}

/// What had to be assumed for want of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Assumption {
    /// No vector: automation and impact follow the database's word for the severity.
    ByRating,
    /// Neither vector nor word: taken as automatable with partial impact.
    NothingKnown,
}

impl Assumption {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Assumption::ByRating => "the advisory has no CVSS vector: read from its severity",
            Assumption::NothingKnown => "the advisory has no severity: taken as automatable, with partial impact",
        }
    }
}

/// The database's word, as a rank from 1 to 4.
fn rating(of: &Match) -> Option<u8> {
    match of.rating.as_deref()? {
        "CRITICAL" => Some(4),
        "HIGH" => Some(3),
        "MODERATE" | "MEDIUM" => Some(2),
        "LOW" => Some(1),
        _ => None,
    }
}

/// Until when to act on a match. `exposed`: whether the weakness is where somebody from outside gets to.
pub fn urgency(of: &Match, exposed: bool) -> Urgency {
    let kev = of.kev.is_some();
    if of.malicious {
        let assumptions = Vec::new();
        return Urgency {
            deadline: Deadline::Days3Forensic,
            basis: Basis::Malware,
            kev,
            exposed,
            automatable: true,
            total: true,
            assumptions,
        };
    }
    let scores: Vec<Score> = of.severity.iter().filter_map(Score::of).collect();
    let (automatable, total, assumptions) = if scores.is_empty() {
        match rating(of) {
            Some(rank) => (rank >= 3, rank == 4, vec![Assumption::ByRating]),
            None => (true, false, vec![Assumption::NothingKnown]),
        }
    } else {
        (scores.iter().any(Score::automatable), scores.iter().any(Score::total), Vec::new())
    };
    let deadline = deadline(kev, exposed, automatable, total);
    Urgency { deadline, basis: Basis::Bod2604, kev, exposed, automatable, total, assumptions }
}

/// The factors of risk that the match decides. The exposure is the caller's, who knows what is reached; malware runs
/// when it is installed or loaded, so there it is decided here.
pub fn factors(of: &Match) -> RiskFacts {
    if of.malicious {
        return RiskFacts {
            exposure: Some(Exposure::Unauthenticated),
            exploit: Some(Exploit::Public),
            precondition: Some(Precondition::SingleRequest),
            barrier: Some(Barrier::None),
            confidentiality: Some(Confidentiality::BulkOrCredentials),
            integrity: Some(Integrity::CodeExecOrAdmin),
            availability: Some(Availability::ServiceDown),
            data: None,
        };
    }
    let exploit = match (&of.kev, of.epss) {
        (Some(_), _) => Exploit::Kev,
        (None, Some(epss)) if epss.percentile >= LIKELY => Exploit::Public,
        _ => Exploit::NoneKnown,
    };
    let score = worst(&of.severity);
    let (precondition, [confidentiality, integrity, availability]) = if let Some(score) = &score {
        (precondition(score), [score.confidentiality, score.integrity, score.availability])
    } else {
        // Without any vector the weakness is at least a partial loss: for lack of data nothing is harmless.
        let level = if rating(of).is_some_and(|rank| rank >= 3) { Level::High } else { Level::Low };
        (Precondition::SingleRequest, [level, level, Level::None])
    };
    let both = confidentiality == Level::High && integrity == Level::High;
    let total = both && (score.is_some() || rating(of) == Some(4));
    RiskFacts {
        exposure: None,
        exploit: Some(exploit),
        precondition: Some(precondition),
        barrier: None,
        confidentiality: Some(match confidentiality {
            Level::None => Confidentiality::None,
            Level::Low => Confidentiality::FewRecords,
            Level::High => Confidentiality::ManyRecords,
        }),
        integrity: Some(match integrity {
            Level::None => Integrity::None,
            Level::Low => Integrity::FewRecords,
            Level::High if total => Integrity::CodeExecOrAdmin,
            Level::High => Integrity::ManyRecords,
        }),
        availability: Some(match availability {
            Level::None => Availability::None,
            Level::Low => Availability::Degraded,
            Level::High => Availability::ServiceDown,
        }),
        data: None,
    }
}

fn precondition(score: &Score) -> Precondition {
    if score.local {
        Precondition::HostAccess
    } else if score.interaction || score.high_privileges {
        Precondition::NeedsVictimOrSecret
    } else if !score.easy {
        Precondition::StateOrRace
    } else {
        Precondition::SingleRequest
    }
}

/// What the loss is rated by, in words: the vector that decided it, or what had to be taken in its place.
pub fn basis_words(of: &Match) -> String {
    if of.malicious {
        return "what malware does: taken as full control".to_owned();
    }
    if let Some(score) = worst(&of.severity) {
        return score.vector;
    }
    let lack = if of.severity.is_empty() { "no CVSS vector" } else { "no CVSS vector that can be read" };
    match (rating(of), &of.rating) {
        (Some(_), Some(word)) => format!("{lack}; the database's word {word}"),
        _ => format!("{lack} and no rating; taken as a partial loss of data and integrity that one request causes"),
    }
}

/// What is known of its likelihood, in one sentence. `epss_as_of` is the day of the EPSS scores.
pub fn likelihood_words(of: &Match, epss_as_of: Option<Day>) -> String {
    if let Some(kev) = &of.kev {
        let since = kev.added.map(|day| format!(" since {day}")).unwrap_or_default();
        let ransomware = if kev.ransomware { ", also by ransomware" } else { "" };
        return format!("known to be exploited ({} in CISA KEV{since}{ransomware})", kev.id);
    }
    match of.epss {
        Some(epss) => format!(
            "EPSS{} gives {} % for exploitation within 30 days, more than for {} % of all CVEs",
            epss_as_of.map(|day| format!(" of {day}")).unwrap_or_default(),
            percent(epss.score),
            percent(epss.percentile)
        ),
        None => "no EPSS score, which says nothing about its likelihood".to_owned(),
    }
}

/// Hundred-thousandths as per cent with one place, cut off: never more than it is.
fn percent(share: u32) -> String {
    format!("{}.{}", share / 1_000, share % 1_000 / 100)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use lunette_core::risk::{DataClass, ImpactFactors, LikelihoodFactors, Risk, Severity};

    use super::*;
    use crate::advisory::Vector;
    use crate::index::{Cve, Epss, Kev};

    const TOTAL: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

    fn of(vector: &str) -> Match {
        Match { severity: vec![Vector(vector.to_owned())], ..Match::default() }
    }

    fn kev() -> Kev {
        let cve = Cve::parse("CVE-2026-0001").unwrap();
        Kev {
            cve,
            id: "CVE-2026-0001".into(),
            name: String::new(),
            added: Day::parse("2026-08-07"),
            due: None,
            ransomware: true,
        }
    }

    /// Severity of the factors, where somebody from outside gets to.
    fn severity(of: &Match) -> Severity {
        let facts = factors(of);
        Risk::judge(
            LikelihoodFactors {
                exposure: facts.exposure.unwrap_or(Exposure::Unauthenticated),
                exploit: facts.exploit.unwrap(),
                precondition: facts.precondition.unwrap(),
                barrier: facts.barrier.unwrap_or_default(),
            },
            ImpactFactors {
                confidentiality: facts.confidentiality.unwrap(),
                integrity: facts.integrity.unwrap(),
                availability: facts.availability.unwrap(),
                data: facts.data.unwrap_or(DataClass::PersonalOrSecret),
            },
        )
        .severity
    }

    #[test]
    fn deadlines() {
        assert_eq!(urgency(&of(TOTAL), true).deadline, Deadline::Days3);
        assert_eq!(urgency(&of(TOTAL), false).deadline, Deadline::Days60);
        let exploited = Match { kev: Some(kev()), ..of(TOTAL) };
        assert_eq!(urgency(&exploited, true).deadline, Deadline::Days3Forensic);
        let malware = urgency(&Match { malicious: true, ..Match::default() }, false);
        assert_eq!((malware.deadline, malware.basis), (Deadline::Days3Forensic, Basis::Malware));
    }

    #[test]
    fn lack_of_data_is_never_harmless() {
        let nothing = Match::default();
        let found = urgency(&nothing, true);
        assert_eq!((found.deadline, found.assumptions), (Deadline::Days14, vec![Assumption::NothingKnown]));
        assert!(severity(&nothing) >= Severity::Medium);
        let high = Match { rating: Some("HIGH".into()), ..Match::default() };
        assert!(severity(&high) >= Severity::High);
        assert!(severity(&Match { rating: Some("CRITICAL".into()), ..Match::default() }) == Severity::Critical);
        assert!(likelihood_words(&nothing, None).contains("says nothing"));
    }

    #[test]
    fn what_a_rating_stands_on_is_said() {
        assert_eq!(basis_words(&of(TOTAL)), TOTAL);
        let word = Match { rating: Some("HIGH".into()), ..Match::default() };
        assert_eq!(basis_words(&word), "no CVSS vector; the database's word HIGH");
        let unread = Match { rating: Some("HIGH".into()), ..of("CVSS:9.9/X:Y") };
        assert_eq!(basis_words(&unread), "no CVSS vector that can be read; the database's word HIGH");
        assert!(basis_words(&Match::default()).starts_with("no CVSS vector and no rating; taken as "));
        let odd = Match { rating: Some("SOSO".into()), ..Match::default() };
        assert!(basis_words(&odd).contains("no rating"), "a word that decides nothing is not named as what decided");
        assert!(basis_words(&Match { malicious: true, ..Match::default() }).contains("malware"));
    }

    #[test]
    fn malware_is_critical_whatever_reaches_it() {
        assert_eq!(severity(&Match { malicious: true, ..Match::default() }), Severity::Critical);
        assert!(factors(&Match { malicious: true, ..Match::default() }).exposure.is_some());
    }

    #[test]
    fn evidence_of_exploitation() {
        let epss = |percentile| Match { epss: Some(Epss { score: 55_432, percentile }), ..of(TOTAL) };
        assert_eq!(factors(&epss(95_000)).exploit, Some(Exploit::Public));
        assert_eq!(factors(&epss(94_999)).exploit, Some(Exploit::NoneKnown));
        assert_eq!(factors(&Match { kev: Some(kev()), ..epss(10) }).exploit, Some(Exploit::Kev));
        assert_eq!(
            likelihood_words(&epss(98_250), Day::parse("2026-08-16")),
            "EPSS of 2026-08-16 gives 55.4 % for exploitation within 30 days, more than for 98.2 % of all CVEs"
        );
        assert_eq!(
            likelihood_words(&Match { kev: Some(kev()), ..of(TOTAL) }, None),
            "known to be exploited (CVE-2026-0001 in CISA KEV since 2026-08-07, also by ransomware)"
        );
    }

    #[test]
    fn what_is_needed_lowers_the_likelihood() {
        for (vector, expected) in [
            ("CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Precondition::HostAccess),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", Precondition::NeedsVictimOrSecret),
            ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H", Precondition::StateOrRace),
            (TOTAL, Precondition::SingleRequest),
        ] {
            assert_eq!(factors(&of(vector)).precondition, Some(expected), "{vector}");
        }
    }
}
