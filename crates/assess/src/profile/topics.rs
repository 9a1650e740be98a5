//! What configuration there was to look at, for the topics of the coverage table that are about infrastructure.
//!
//! A topic is left out when the project's files cannot tell whether it applies: the servers of a project without any
//! server configuration still exist somewhere.

use lunette_core::place::Place;
use lunette_core::project::TechnologyKind;
use lunette_core::text::{count, thousands};

use crate::compose::TopicFacts;
use crate::stack::{Ecosystem, Stack};

/// Places that are shown for one topic.
const MAX_SEEN: usize = 5;

/// The facts, in the order of the topics.
pub fn topics(stack: &Stack) -> Vec<TopicFacts> {
    let infra = &stack.infrastructure;
    let facts = |topic: &str, applicable: bool, looked_at: String, seen: &[Place]| TopicFacts {
        topic: topic.to_owned(),
        applicable,
        looked_at,
        judged: false,
        seen: seen.iter().take(MAX_SEEN).cloned().collect(),
    };
    let mut out = Vec::new();
    out.push(if stack.declared.is_empty() {
        facts("dependencies", false, "no manifest declares a package".to_owned(), &[])
    } else {
        facts("dependencies", true, declared_in_words(stack), &[])
    });

    let proxies = counted(infra.proxies.len(), "proxy configuration", "proxy configurations");
    if let Some(proxies) = &proxies {
        out.push(facts("server-hardening", true, proxies.clone(), &[]));
    }

    let containers = joined(&[
        counted(infra.dockerfiles.len(), "Dockerfile", "Dockerfiles"),
        compose_in_words(stack),
        counted(infra.kubernetes.len(), "cluster manifest", "cluster manifests"),
    ]);
    out.push(if containers.is_empty() {
        facts("containers", false, "no Dockerfile, compose file or cluster manifest in the project".to_owned(), &[])
    } else {
        facts("containers", true, containers, &[])
    });

    let env = joined(&[
        counted(infra.env_files.len(), "environment file in the tree", "environment files in the tree"),
        counted(infra.env_templates.len(), "template of an environment file", "templates of environment files"),
    ]);
    if !env.is_empty() {
        out.push(facts("secrets-management", true, env.clone(), &[]));
    }
    let environment = joined(&[
        (!env.is_empty()).then_some(env),
        counted(infra.supabase.len(), "Supabase configuration", "Supabase configurations"),
        counted(infra.pipelines.len(), "pipeline", "pipelines"),
    ]);
    if !environment.is_empty() {
        out.push(facts("environment", true, environment, &[]));
    }

    let published = infra.services.iter().filter(|service| service.published).count();
    let is_network = |kind: &str| matches!(kind, "Service" | "Ingress" | "NetworkPolicy" | "Gateway" | "HTTPRoute");
    let exposing = infra.kubernetes.iter().filter(|(kind, _)| is_network(kind)).count();
    let network = joined(&[
        (!infra.services.is_empty())
            .then(|| format!("{published} of {} publish ports", count(infra.services.len(), "compose service"))),
        counted(exposing, "network object of a cluster", "network objects of a cluster"),
        proxies,
        counted(infra.terraform.len(), "Terraform file", "Terraform files"),
    ]);
    if !network.is_empty() {
        out.push(facts("network", true, network, &[]));
    }

    let logging: Vec<&lunette_core::project::Technology> =
        stack.technologies.iter().filter(|technology| technology.kind == TechnologyKind::Logging).collect();
    if !logging.is_empty() {
        let names: Vec<&str> = logging.iter().map(|technology| technology.name.as_str()).collect();
        let seen: Vec<Place> = logging.iter().filter_map(|technology| technology.evidence.first().cloned()).collect();
        out.push(facts(
            "security-logging",
            true,
            format!("declared for logging and monitoring: {}", names.join(", ")),
            &seen,
        ));
    }
    out
}

/// `1 file`, `2 files`; nothing for none.
pub(super) fn counted(n: usize, one: &str, many: &str) -> Option<String> {
    match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{} {many}", thousands(n))),
    }
}

pub(super) fn joined(parts: &[Option<String>]) -> String {
    parts.iter().flatten().cloned().collect::<Vec<_>>().join(", ")
}

fn compose_in_words(stack: &Stack) -> Option<String> {
    let infra = &stack.infrastructure;
    let files = counted(infra.compose.len(), "compose file", "compose files")?;
    Some(format!("{files} with {}", count(infra.services.len(), "service")))
}

/// `12 packages declared (npm 8, PyPI 4), 340 in lockfiles`.
pub(super) fn declared_in_words(stack: &Stack) -> String {
    let of = |ecosystem: Ecosystem| stack.declared.iter().filter(|package| package.ecosystem == ecosystem).count();
    let shares: Vec<String> = [(Ecosystem::Npm, "npm"), (Ecosystem::Jsr, "JSR"), (Ecosystem::PyPi, "PyPI")]
        .into_iter()
        .map(|(ecosystem, name)| (of(ecosystem), name))
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| format!("{name} {n}"))
        .collect();
    let mut words = format!("{} declared ({})", count(stack.declared.len(), "package"), shares.join(", "));
    if stack.locked > 0 {
        words = format!("{words}, {} in lockfiles", count(stack.locked, "package"));
    }
    words
}
