//! What a finding means for the business: who could do what, where, and which duties follow. Never money.

use lunette_core::finding::{Evidence, Finding, Mode};
use lunette_core::risk::{
    Availability, Confidentiality, DataClass, Exposure, ImpactFactors, Integrity, Precondition, Risk,
};
use lunette_core::rule::Nature;
use lunette_core::text::count;

use super::entries::worst;
use super::view::View;
use super::words::{code, distinct, list, sentence};

/// The business impact of findings of one rule and severity, by the worst of them. One or two sentences.
pub(super) fn business_impact(members: &[&Finding], view: &View<'_>) -> String {
    let Some(worst) = worst(members) else { return String::new() };
    let risk = &worst.risk;
    let place = whereabouts(members, view);
    let harm = harm(risk.impact_factors);
    let hardening = members.iter().all(|finding| finding.nature == Nature::Hardening);
    let first = match (harm.is_empty(), hardening) {
        (true, _) => format!("no loss by itself{place}; it makes other attacks easier to prepare or harder to notice"),
        (false, true) => {
            format!("no way in by itself; used together with another flaw, it helps to {}{place}", list(&harm, 3))
        }
        (false, false) if risk.likelihood_factors.exposure == Exposure::NotReached => {
            format!(
                "no entry point that was found reaches it today; one that did would let its caller {}{place}",
                list(&harm, 3)
            )
        }
        (false, false) if worst.mode == Mode::Library => {
            format!("whoever an application lets reach the package's function could {}{place}", list(&harm, 3))
        }
        (false, false) => format!("{} could {}{place}", who(risk), list(&harm, 3)),
    };
    let duty = if hardening { None } else { duty(risk.impact_factors, view) };
    sentence(&duty.map_or(first.clone(), |duty| format!("{first}; {duty}")))
}

fn who(risk: &Risk) -> String {
    let who = match risk.likelihood_factors.exposure {
        Exposure::NotReached => "nobody from outside",
        Exposure::InternalOnly => "someone with access to the inside",
        Exposure::Privileged => "a privileged user",
        Exposure::Authenticated => "any signed-in user",
        Exposure::SelfSignup => "anyone who creates an account",
        Exposure::Unauthenticated => "anyone, without a session",
    };
    let open = risk.likelihood_factors.exposure == Exposure::Unauthenticated;
    let with = match risk.likelihood_factors.precondition {
        Precondition::HostAccess => "access to the host",
        Precondition::NeedsVictimOrSecret => "a victim's action or a second secret",
        Precondition::StateOrRace => "repetition or timing",
        Precondition::SingleRequest => return if open { format!("{who},") } else { who.to_owned() },
    };
    if open { format!("{who} but with {with},") } else { format!("{who} with {with}") }
}

/// What could be done, worst kinds only where they make the lesser ones idle.
fn harm(factors: ImpactFactors) -> Vec<&'static str> {
    if factors.integrity == Integrity::CodeExecOrAdmin {
        return vec!["run code or act as administrator, and so read and change what the service can reach"];
    }
    let confidentiality = match factors.confidentiality {
        Confidentiality::None => None,
        Confidentiality::TechnicalOnly => Some("learn technical details"),
        Confidentiality::FewRecords => Some("read single records"),
        Confidentiality::ManyRecords => Some("read many records"),
        Confidentiality::BulkOrCredentials => Some("read records in bulk or credentials"),
    };
    let integrity = match factors.integrity {
        Integrity::None | Integrity::CodeExecOrAdmin => None,
        Integrity::Cosmetic => Some("alter what is shown"),
        Integrity::FewRecords => Some("change single records"),
        Integrity::ManyRecords => Some("change many records"),
    };
    let availability = match factors.availability {
        Availability::None => None,
        Availability::OneUser => Some("shut one user out"),
        Availability::Degraded => Some("slow the service down"),
        Availability::ServiceDown => Some("stop the service"),
    };
    [confidentiality, integrity, availability].into_iter().flatten().collect()
}

/// Where: database objects, routes, or the number of routes that the file of the finding registers.
fn whereabouts(members: &[&Finding], view: &View<'_>) -> String {
    let objects = distinct(members.iter().filter_map(|finding| match &finding.evidence {
        Evidence::Catalogue { object, .. } => Some(code(object)),
        _ => None,
    }));
    if !objects.is_empty() {
        return format!(" in {}", list(&objects, 3));
    }
    let routes = distinct(members.iter().filter_map(|finding| finding.route.as_deref()).map(code));
    if !routes.is_empty() {
        return format!(" through {}", list(&routes, 3));
    }
    let files = distinct(members.iter().map(|finding| finding.place.path.as_str()));
    let registered = view.routes(|route| files.contains(&route.file.as_str())).len();
    let files: Vec<String> = files.into_iter().map(code).collect();
    match registered {
        0 => format!(" ({})", list(&files, 2)),
        routes => format!(" on the {} of {}", count(routes, "route"), list(&files, 2)),
    }
}

/// Duties that follow from the class of the data, when records are lost.
fn duty(factors: ImpactFactors, view: &View<'_>) -> Option<String> {
    let records = factors.confidentiality >= Confidentiality::FewRecords || factors.integrity >= Integrity::FewRecords;
    if !records || factors.data < DataClass::PersonalOrSecret {
        return None;
    }
    let many = factors.confidentiality >= Confidentiality::ManyRecords || factors.integrity >= Integrity::ManyRecords;
    Some(match (factors.data, view.personal_data()) {
        (DataClass::Regulated, _) => {
            "a breach of regulated data if used: GDPR Art. 9 and 33, and PCI DSS 12.10 where it is card data".to_owned()
        }
        (_, Some(personal)) if many => {
            format!(
                "a personal-data breach under GDPR Art. 33 if used and it reaches what the project keeps ({personal})"
            )
        }
        (_, Some(_)) => "a personal-data breach under GDPR Art. 33 if used".to_owned(),
        (_, None) => "a breach under GDPR Art. 33 if used and the records are about people".to_owned(),
    })
}
