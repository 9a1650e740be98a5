//! Research on the web: whether it is allowed, what is worth asking, and how answers enter the assessment.
//!
//! **What may leave the machine** is an [`Ask`]: the id of a public advisory, the name of a package that a public advisory
//! names with a version that it calls fixed, the release line of a runtime. Nothing is taken from code, paths, names of the
//! project or versions in use. The process that sends holds every ask against public data once more.
//!
//! **Answers are data.** They add claims with their pages to [`lunette_core::assessment::Intelligence`] and touch nothing
//! else: no finding, severity, recommendation or exit code depends on what a page says.

use std::collections::BTreeSet;

use lunette_core::Assessment;
use lunette_core::finding::{Evidence, Finding};
use lunette_core::project::Technology;
use lunette_core::research::{Ask, Cited, MAX_ASKS, Researched};
use lunette_core::text::{printable, shorten};
use lunette_read::Root;

use crate::compose::OFFLINE;
use crate::rules_md::understand;

/// Advisories asked about.
const MAX_ADVISORIES: usize = 12;
/// Versions asked about.
const MAX_VERSIONS: usize = 6;
/// Claims and failures taken.
const MAX_CLAIMS: usize = 200;

/// Whether research on the web may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Nobody asked for it.
    Offline,
    /// It was asked for, and a line of the project's rules forbids the network.
    Forbidden(usize),
    /// It was asked for.
    Allowed,
}

impl Permission {
    pub(crate) fn of(online: bool, forbidden: Option<usize>) -> Self {
        match (online, forbidden) {
            (false, _) => Permission::Offline,
            (true, Some(line)) => Permission::Forbidden(line),
            (true, None) => Permission::Allowed,
        }
    }
}

/// The line of the project's rules that forbids the network.
pub fn forbidden(root: &Root) -> Option<usize> {
    understand(&root.rules().text).offline()
}

/// What is worth asking about an assessment: the advisories of the gravest findings, the versions to raise to, the
/// release lines of runtimes.
pub fn asks(assessment: &Assessment) -> Vec<Ask> {
    let mut graves: Vec<&Finding> = assessment.findings.iter().filter(|finding| advisory(finding).is_some()).collect();
    graves.sort_by(|a, b| b.risk.severity.cmp(&a.risk.severity).then_with(|| a.id.cmp(&b.id)));
    let mut asks = Vec::new();
    let mut seen = BTreeSet::new();
    let mut push = |ask: Ask| {
        if seen.insert(ask.clone()) {
            asks.push(ask);
        }
    };
    for finding in graves.into_iter().take(MAX_ADVISORIES) {
        if let Some(id) = advisory(finding) {
            push(Ask::Advisory { id: id.to_owned() });
        }
    }
    let upgrades = assessment.dependencies.iter().flat_map(|dependencies| &dependencies.upgrades);
    for upgrade in upgrades.filter(|upgrade| !upgrade.closes.is_empty()).take(MAX_VERSIONS) {
        if let Some(version) = &upgrade.to {
            push(Ask::Version {
                ecosystem: upgrade.ecosystem.clone(),
                package: upgrade.package.clone(),
                version: version.clone(),
            });
        }
    }
    for technology in &assessment.project.technologies {
        if let Some((product, release)) = release(technology) {
            push(Ask::Release { product: product.to_owned(), release });
        }
    }
    asks.truncate(MAX_ASKS);
    asks
}

fn advisory(finding: &Finding) -> Option<&str> {
    match &finding.evidence {
        Evidence::Advisory { id, .. } => Some(id),
        _ => None,
    }
}

/// Product and release line of a runtime or a server, when its version tells one.
fn release(technology: &Technology) -> Option<(&'static str, String)> {
    let (product, parts) = match technology.name.as_str() {
        "Node.js" => ("nodejs", 1),
        "Python" => ("python", 2),
        "PostgreSQL" => ("postgresql", 1),
        "Redis" => ("redis", 2),
        "nginx" => ("nginx", 2),
        "MySQL" => ("mysql", 2),
        _ => return None,
    };
    // Only a version that says one line: a range of the project is its own affair.
    let version = technology.version.as_deref()?.trim_start_matches('v');
    let numbers: Vec<&str> = version.split('.').take(parts).collect();
    let exact = version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let told = numbers.len() == parts && numbers.iter().all(|part| !part.is_empty() && part.len() <= 3);
    (exact && told).then(|| (product, numbers.join(".")))
}

/// Adds what came of research, or why there was none.
pub fn add(assessment: &mut Assessment, permission: Permission, researched: Option<Researched>) {
    let intelligence = &mut assessment.intelligence;
    let offline = |limits: &mut Vec<String>| limits.retain(|limit| limit != OFFLINE);
    match (permission, researched) {
        (Permission::Offline, _) => {}
        (Permission::Forbidden(line), _) => {
            offline(&mut intelligence.limits);
            intelligence.limits.push(format!(
                "Not researched: line {line} of `{}` forbids the network, so --online was not followed and nothing was sent.",
                assessment.rules_read.path
            ));
        }
        (Permission::Allowed, None) => {
            offline(&mut intelligence.limits);
            intelligence.limits.push("Researched on the web: nothing; no advisory, version or runtime of this project is a public fact to ask about.".to_owned());
        }
        (Permission::Allowed, Some(researched)) => {
            offline(&mut intelligence.limits);
            intelligence.context = researched.claims.iter().take(MAX_CLAIMS).map(clean).collect();
            intelligence
                .limits
                .extend(researched.failures.iter().take(MAX_CLAIMS).map(|failure| shorten(&printable(failure), 300)));
            intelligence.sent =
                researched.sent.iter().take(MAX_CLAIMS).map(|url| shorten(&printable(url), 400)).collect();
        }
    }
}

/// What strangers wrote, as text that can do nothing.
fn clean(cited: &Cited) -> Cited {
    Cited {
        about: shorten(&printable(&cited.about), 120),
        claim: shorten(&printable(&cited.claim), 500),
        url: shorten(&printable(&cited.url), 400),
        fetched: shorten(&printable(&cited.fetched), 40),
        sha256: cited.sha256.chars().filter(char::is_ascii_hexdigit).take(64).collect(),
    }
}

#[cfg(test)]
#[path = "research_tests.rs"]
mod tests;
