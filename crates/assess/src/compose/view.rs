//! What the parts of the composition ask of the project: its stack, its routes by purpose, its personal data.

use std::collections::BTreeMap;

use lunette_core::assessment::{AssessmentKind, Request};
use lunette_core::dependencies::Dependencies;
use lunette_core::project::{Fact, GuardUse, InputKind, Project, Proves, Route, Technology, TechnologyKind};
use lunette_core::risk::Exposure;

use super::kind;
use super::words::{clause, code, distinct, list};

/// The project, seen by those who write about it.
pub(super) struct View<'a> {
    pub(super) project: &'a Project,
    pub(super) request: &'a Request,
    /// Date of the assessment (ISO).
    pub(super) date: &'a str,
    /// Standards in force: those that the project's rules name, then those that the request names.
    pub(super) frameworks: Vec<String>,
    /// The packages and what is known against them.
    pub(super) dependencies: Option<&'a Dependencies>,
    /// The routes by the name that findings give them.
    routes_by_name: BTreeMap<String, &'a Route>,
}

impl<'a> View<'a> {
    pub(super) fn new(
        project: &'a Project,
        request: &'a Request,
        date: &'a str,
        frameworks: &[String],
        dependencies: Option<&'a Dependencies>,
    ) -> Self {
        let named = kind::frameworks_named(&request.text).into_iter().map(str::to_owned);
        let frameworks = distinct(frameworks.iter().cloned().chain(named));
        let mut routes_by_name = BTreeMap::new();
        for route in &project.routes {
            routes_by_name.entry(route_name(route)).or_insert(route);
        }
        View { project, request, date, frameworks, dependencies, routes_by_name }
    }

    pub(super) fn kind(&self) -> AssessmentKind {
        self.request.kind
    }

    /// Packages of the project, transitive ones too.
    pub(super) fn packages(&self) -> usize {
        self.dependencies.map_or(0, |all| all.counts.iter().map(|count| count.direct + count.transitive).sum())
    }

    /// Whether the packages could be held against a snapshot of published advisories.
    pub(super) fn has_snapshot(&self) -> bool {
        self.dependencies.is_some_and(|all| all.knowledge.snapshot.is_some())
    }

    /// The project's name as inline code.
    pub(super) fn name(&self) -> String {
        code(&self.project.name)
    }

    /// Technologies of a kind.
    pub(super) fn of_kind(&self, kind: TechnologyKind) -> Vec<&'a Technology> {
        self.project.technologies.iter().filter(|technology| technology.kind == kind).collect()
    }

    /// Names of the technologies of a kind, without repeats.
    pub(super) fn names_of(&self, kind: TechnologyKind) -> Vec<&'a str> {
        distinct(self.of_kind(kind).into_iter().map(|technology| technology.name.as_str()))
    }

    /// Whether a technology of this name is in use; `Postgres` finds `PostgreSQL`, case and punctuation do not matter.
    pub(super) fn uses(&self, name: &str) -> bool {
        let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        let wanted = plain(name);
        self.project.technologies.iter().any(|technology| plain(&technology.name).contains(&wanted))
    }

    /// Where data is kept, in words, when a data store was found.
    pub(super) fn stores(&self) -> Option<String> {
        let names = self.names_of(TechnologyKind::DataStore);
        (!names.is_empty()).then(|| list(&names, 3))
    }

    /// A fact of the five dimensions whose label contains this text and that has a value which is not zero.
    pub(super) fn fact(&self, label: &str) -> Option<&'a Fact> {
        let facts = self.project.dimensions.iter().flat_map(|dimension| &dimension.facts);
        facts.into_iter().find(|fact| {
            let value = fact.value.as_deref().map_or("", str::trim);
            let number: String = value.chars().take_while(char::is_ascii_digit).collect();
            let nothing = ["", "none", "no"].contains(&value) || number.parse() == Ok(0);
            fact.label.to_lowercase().contains(label) && !nothing
        })
    }

    /// What is known of personal data: the value of the dimension that counts it, as inline code.
    pub(super) fn personal_data(&self) -> Option<String> {
        self.fact("personal")?.value.as_deref().map(|value| code(clause(value)))
    }

    /// Routes for which a condition holds.
    pub(super) fn routes(&self, wanted: impl Fn(&Route) -> bool) -> Vec<&'a Route> {
        self.project.routes.iter().filter(|route| wanted(route)).collect()
    }

    /// The route that a finding names, as `GET /orders/:id`.
    pub(super) fn route(&self, name: &str) -> Option<&'a Route> {
        self.routes_by_name.get(name).copied()
    }

    /// Routes that carry a guard which proves something.
    pub(super) fn guarded(&self, proves: Proves) -> Vec<&'a Route> {
        self.routes(|route| has_guard(route, proves))
    }

    /// Guards whose effect is not known, by name, with the number of routes that carry them.
    pub(super) fn unknown_guards(&self) -> BTreeMap<&'a str, usize> {
        let mut out = BTreeMap::new();
        for route in &self.project.routes {
            for guard in
                distinct(route.guards.iter().filter(|guard| guard.proves == Proves::Unknown).map(|it| &it.name))
            {
                *out.entry(guard.as_str()).or_default() += 1;
            }
        }
        out
    }
}

/// `GET /orders/:id`.
pub(super) fn route_name(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

/// Whether a guard on the route proves this.
pub(super) fn has_guard(route: &Route, proves: Proves) -> bool {
    guard_of(route, proves).is_some()
}

/// The guard on the route that proves this.
pub(super) fn guard_of(route: &Route, proves: Proves) -> Option<&GuardUse> {
    route.guards.iter().find(|guard| guard.proves == proves)
}

/// Whether some guard stands between the public and the route.
pub(super) fn is_behind_guard(route: &Route) -> bool {
    !matches!(route.exposure, Exposure::Unauthenticated)
}

/// Whether the route can change state, judging by its method.
pub(super) fn changes_state(route: &Route) -> bool {
    ["POST", "PUT", "PATCH", "DELETE", "ANY"].contains(&route.method.as_str())
}

/// Whether the route is how people get in and therefore open to everybody.
pub(super) fn is_way_in(route: &Route) -> bool {
    const WORDS: [&str; 16] = [
        "login", "signin", "logon", "logout", "signout", "register", "signup", "forgot", "reset", "callback", "oauth",
        "webhook", "webhooks", "verify", "refresh", "sso",
    ];
    has_word(&route.path, &WORDS)
}

/// Whether one of the words is a part of the path: `/auth/sign-in` has `signin` and `auth`.
pub(super) fn has_word(path: &str, words: &[impl AsRef<str>]) -> bool {
    let segments = path.split(['/', '.', ':', '<', '>', '{', '}']).map(str::to_lowercase);
    segments.into_iter().any(|segment| {
        let joined: String = segment.chars().filter(|c| c.is_alphanumeric()).collect();
        let mut parts = segment.split(['-', '_']);
        words.iter().any(|word| joined == word.as_ref()) || parts.any(|part| words.iter().any(|it| it.as_ref() == part))
    })
}

/// Whether the handler reads an input of this kind.
pub(super) fn reads(route: &Route, kind: InputKind) -> bool {
    route.inputs.iter().any(|input| input.kind == kind)
}

/// Names of routes as inline code, some of them, with the number of the others.
pub(super) fn route_list(routes: &[&Route], most: usize) -> String {
    list(&distinct(routes.iter().map(|route| code(&route_name(route)))), most)
}
