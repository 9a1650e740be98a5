//! The five dimensions.

use lunette_core::assessment::AssessmentKind;
use lunette_core::place::Place;
use lunette_core::project::{Dimension, Fact, LanguageCount, Proves, Route, Technology, TechnologyKind};
use lunette_core::risk::Exposure;
use lunette_core::text::{count, thousands};
use lunette_read::SourceFile;

use super::tables::{self, Table, is_personal};
use super::topics::{counted, declared_in_words, joined};
use crate::rules_md::{self, ContextKey, Directives};
use crate::stack::Stack;

/// Names that are told in one value; the rest are counted.
const MAX_NAMES: usize = 8;
/// Places that are kept of one value.
const MAX_EVIDENCE: usize = 5;

/// What the dimensions are drawn from.
pub struct Facts<'a> {
    /// The request, in the caller's words.
    pub request: &'a str,
    /// The kind of assessment.
    pub kind: AssessmentKind,
    /// How the kind was decided: "asked for", "inferred from the request", "default".
    pub kind_source: &'a str,
    /// The project's rules.
    pub directives: &'a Directives,
    /// The rules file's path as shown.
    pub rules_path: &'a str,
    /// The stack.
    pub stack: &'a Stack,
    /// Languages.
    pub languages: &'a [LanguageCount],
    /// Files that were read.
    pub files: &'a [SourceFile],
    /// Routes.
    pub routes: &'a [Route],
}

/// The five dimensions, in the order of the specification.
pub fn dimensions(facts: &Facts<'_>) -> Vec<Dimension> {
    let tables = tables::tables(facts.files);
    let builder = Builder { facts, tables: &tables, request: rules_md::context_of(facts.request) };
    let dimension = |name: &str, facts: Vec<Fact>| Dimension { name: name.to_owned(), facts };
    vec![
        dimension("Size", builder.size()),
        dimension("Scope", builder.scope()),
        dimension("Complexity", builder.complexity()),
        dimension("Context", builder.context()),
        dimension("Stage", builder.stage()),
    ]
}

struct Builder<'a> {
    facts: &'a Facts<'a>,
    tables: &'a [Table],
    request: Vec<(ContextKey, String)>,
}

fn fact(label: &str, value: impl Into<String>, source: &str) -> Fact {
    Fact { label: label.to_owned(), value: Some(value.into()), evidence: Vec::new(), source: source.to_owned() }
}

fn with_evidence<'p>(mut fact: Fact, places: impl IntoIterator<Item = &'p Place>) -> Fact {
    for place in places {
        if fact.evidence.len() < MAX_EVIDENCE && !fact.evidence.contains(place) {
            fact.evidence.push(place.clone());
        }
    }
    fact
}

fn not_stated(label: &str) -> Fact {
    Fact { label: label.to_owned(), value: None, evidence: Vec::new(), source: "not stated".to_owned() }
}

/// `a, b and 3 more`.
fn names(names: &[String]) -> String {
    if names.len() <= MAX_NAMES {
        return names.join(", ");
    }
    format!("{} and {} more", names[..MAX_NAMES].join(", "), thousands(names.len() - MAX_NAMES))
}

/// Routes that anybody can reach, as far as the guards in force tell.
fn is_open(route: &Route) -> bool {
    route.exposure == Exposure::Unauthenticated
}

fn changes_state(route: &Route) -> bool {
    matches!(route.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE" | "ANY")
}

fn route_place(route: &Route) -> Place {
    Place::line(&route.file, route.line)
}

impl Builder<'_> {
    /// A circumstance from the rules, else from the request, else not stated.
    fn stated(&self, key: ContextKey) -> Fact {
        if let Some((value, line)) = self.facts.directives.context(key) {
            return self.in_rules(key.words(), value, line);
        }
        match self.request.iter().find(|(known, _)| *known == key) {
            Some((_, value)) => fact(key.words(), value, "request"),
            None => not_stated(key.words()),
        }
    }

    fn in_rules(&self, label: &str, value: &str, line: usize) -> Fact {
        let source = format!("{} line {line}", self.facts.rules_path);
        with_evidence(fact(label, value, &source), [&Place::line(self.facts.rules_path, line as u32)])
    }

    fn technologies(&self, kinds: &[TechnologyKind]) -> Vec<&Technology> {
        self.facts.stack.technologies.iter().filter(|technology| kinds.contains(&technology.kind)).collect()
    }

    /// A list of technologies as a fact with the place of each; what only development needs is no part of the system.
    fn listed(&self, label: &str, kinds: &[TechnologyKind]) -> Fact {
        let mut found = self.technologies(kinds);
        found.retain(|technology| !self.facts.stack.is_for_development(technology));
        let shown: Vec<String> = found.iter().map(|technology| technology.name.clone()).collect();
        let value = if shown.is_empty() { "none seen".to_owned() } else { names(&shown) };
        with_evidence(
            fact(label, value, "manifests and configuration"),
            found.iter().filter_map(|technology| technology.evidence.first()),
        )
    }

    fn size(&self) -> Vec<Fact> {
        let facts = self.facts;
        let lines: usize = facts.files.iter().map(|file| file.lines).sum();
        let code: Vec<String> = facts
            .languages
            .iter()
            .filter(|language| language.lines > 0)
            .map(|language| format!("{} {}", language.name, thousands(language.lines)))
            .collect();
        let of = if code.is_empty() { String::new() } else { format!(", of which {}", names(&code)) };
        vec![
            fact("files", thousands(facts.files.len()), "counted"),
            fact("lines", format!("{}{of}", thousands(lines)), "counted"),
            self.routes(),
            self.attack_surface(),
            self.tables(),
            self.personal_columns(),
            self.services(),
            fact("dependencies", dependencies(facts.stack), "manifests and lockfiles"),
            self.stated(ContextKey::UserVolume),
            self.stated(ContextKey::DataSensitivity),
        ]
    }

    fn routes(&self) -> Fact {
        let routes = self.facts.routes;
        let unresolved = routes.iter().filter(|route| !route.resolved).count();
        let note = counted(unresolved, "not fully resolved", "not fully resolved")
            .map(|text| format!(" ({text})"))
            .unwrap_or_default();
        let places: Vec<Place> = routes.iter().map(route_place).collect();
        with_evidence(fact("routes", format!("{}{note}", thousands(routes.len())), "counted"), &places)
    }

    fn attack_surface(&self) -> Fact {
        let facts = self.facts;
        let infra = &facts.stack.infrastructure;
        let open: Vec<&Route> = facts.routes.iter().filter(|route| is_open(route)).collect();
        let inputs: usize = facts.routes.iter().map(|route| route.inputs.len()).sum();
        let published = infra.services.iter().filter(|service| service.published).count();
        let value = joined(&[
            counted(open.len(), "route without a session", "routes without a session"),
            counted(inputs, "named input", "named inputs"),
            counted(infra.edge_functions.len(), "edge function", "edge functions"),
            counted(published, "compose service with published ports", "compose services with published ports"),
        ]);
        let value = if value.is_empty() { "no entry point seen".to_owned() } else { value };
        let places: Vec<Place> =
            open.iter().map(|route| route_place(route)).chain(infra.edge_functions.iter().cloned()).collect();
        with_evidence(fact("attack surface", value, "counted"), &places)
    }

    fn tables(&self) -> Fact {
        let value = match self.tables.len() {
            0 => "none".to_owned(),
            n => {
                let shown: Vec<String> = self.tables.iter().map(|table| table.name.clone()).collect();
                format!("{} ({})", thousands(n), names(&shown))
            }
        };
        with_evidence(
            fact("tables", value, "SQL statements and SQLAlchemy, Django and Prisma models"),
            self.tables.iter().map(|table| &table.place),
        )
    }

    fn personal(&self) -> Vec<(String, &Place)> {
        let columns = self
            .tables
            .iter()
            .flat_map(|table| table.columns.iter().map(move |(column, place)| (table, column, place)));
        columns
            .filter(|(table, column, _)| is_personal(&table.name, column))
            .map(|(table, column, place)| (format!("{}.{column}", table.name), place))
            .collect()
    }

    fn personal_columns(&self) -> Fact {
        let found = self.personal();
        let shown: Vec<String> = found.iter().map(|(name, _)| name.clone()).collect();
        let value = if shown.is_empty() { "none".to_owned() } else { names(&shown) };
        with_evidence(fact("personal-data columns", value, "names of columns"), found.iter().map(|(_, place)| *place))
    }

    fn services(&self) -> Fact {
        let services = &self.facts.stack.infrastructure.services;
        let shown: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
        let value = if shown.is_empty() {
            "none in compose files".to_owned()
        } else {
            format!("{} ({})", thousands(shown.len()), names(&shown))
        };
        with_evidence(fact("services", value, "compose files"), services.iter().map(|service| &service.place))
    }

    fn scope(&self) -> Vec<Fact> {
        vec![self.requirements(), self.compliance("compliance needs"), self.threats()]
    }

    fn requirements(&self) -> Fact {
        let required: Vec<(usize, &str)> = self
            .facts
            .directives
            .requirements()
            .filter_map(|(index, control, _)| Some((self.facts.directives.items.get(index)?.line, control.name)))
            .collect();
        let Some((first, _)) = required.first() else { return not_stated("security requirements") };
        let shown: Vec<String> = required.iter().map(|(_, name)| (*name).to_owned()).collect();
        let mut found = self.in_rules("security requirements", &names(&shown), *first);
        let places: Vec<Place> =
            required.iter().map(|(line, _)| Place::line(self.facts.rules_path, *line as u32)).collect();
        found = with_evidence(found, &places);
        found
    }

    fn compliance(&self, label: &str) -> Fact {
        let by_rules = self.facts.directives.frameworks();
        let asked = rules_md::frameworks_of(self.facts.request);
        let mut shown: Vec<String> = by_rules.iter().map(|(framework, _)| framework.name.to_owned()).collect();
        shown.extend(
            asked
                .iter()
                .map(|framework| framework.name.to_owned())
                .filter(|name| !by_rules.iter().any(|(known, _)| known.name == name)),
        );
        match by_rules.first() {
            Some((_, line)) => {
                let places: Vec<Place> =
                    by_rules.iter().map(|(_, line)| Place::line(self.facts.rules_path, *line as u32)).collect();
                with_evidence(self.in_rules(label, &names(&shown), *line), &places)
            }
            None if shown.is_empty() => not_stated(label),
            None => fact(label, names(&shown), "request"),
        }
    }

    /// What there is to attack and to lose, as far as the project shows it.
    fn threats(&self) -> Fact {
        let facts = self.facts;
        let mut parts: Vec<String> = Vec::new();
        let mut places: Vec<Place> = Vec::new();
        let open: Vec<&Route> = facts.routes.iter().filter(|route| is_open(route)).collect();
        if !open.is_empty() {
            parts.push(format!("{} reachable without a session", count(open.len(), "route")));
            places.extend(open.first().map(|route| route_place(route)));
        }
        let personal = self.personal();
        if let Some((_, place)) = personal.first() {
            parts.push(format!("{} of personal data", count(personal.len(), "column")));
            places.push((*place).clone());
        }
        for (what, technologies) in EXPOSED {
            let found: Vec<&Technology> = facts
                .stack
                .technologies
                .iter()
                .filter(|technology| {
                    technologies.contains(&technology.name.as_str()) && !facts.stack.is_for_development(technology)
                })
                .collect();
            if let Some(first) = found.first() {
                let shown: Vec<&str> = found.iter().map(|technology| technology.name.as_str()).collect();
                parts.push(format!("{what} ({})", shown.join(", ")));
                places.extend(first.evidence.first().cloned());
            }
        }
        if parts.is_empty() {
            return not_stated("threat landscape");
        }
        with_evidence(fact("threat landscape", parts.join(", "), "facts of the project"), &places)
    }

    fn complexity(&self) -> Vec<Fact> {
        use TechnologyKind::{
            Authentication, Container, DataStore, Integration, Messaging, Platform, Security, Validation,
        };
        vec![
            self.listed("integration points", &[Integration, Platform]),
            self.listed("data stores", &[DataStore]),
            self.distributed(&[Messaging, Container]),
            self.controls_seen(&[Security, Authentication, Validation]),
            self.controls_needed(),
        ]
    }

    fn distributed(&self, kinds: &[TechnologyKind]) -> Fact {
        let infra = &self.facts.stack.infrastructure;
        let workloads = |kind: &str| matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet" | "CronJob" | "Job");
        let workloads = infra.kubernetes.iter().filter(|(kind, _)| workloads(kind)).count();
        let queues: Vec<String> =
            self.technologies(&kinds[..1]).iter().map(|technology| technology.name.clone()).collect();
        let value = joined(&[
            counted(infra.services.len(), "compose service", "compose services"),
            counted(workloads, "cluster workload", "cluster workloads"),
            counted(infra.edge_functions.len(), "edge function", "edge functions"),
            (!queues.is_empty()).then(|| format!("queues and jobs: {}", names(&queues))),
        ]);
        let value = if value.is_empty() { "none seen".to_owned() } else { value };
        let technologies = self.technologies(kinds);
        let places: Vec<&Place> = infra
            .services
            .iter()
            .map(|service| &service.place)
            .chain(&infra.edge_functions)
            .chain(technologies.iter().filter_map(|technology| technology.evidence.first()))
            .collect();
        with_evidence(fact("distributed parts", value, "configuration"), places)
    }

    fn controls_seen(&self, kinds: &[TechnologyKind]) -> Fact {
        let routes = self.facts.routes;
        let total = routes.len();
        let mut parts: Vec<String> = CONTROLS
            .iter()
            .map(|(proves, name)| (routes.iter().filter(|route| shows(route, *proves)).count(), name))
            .filter(|(n, _)| *n > 0)
            .map(|(n, name)| format!("{name} on {} of {}", thousands(n), count(total, "route")))
            .collect();
        let libraries = self.technologies(kinds);
        let shown: Vec<String> = libraries.iter().map(|technology| technology.name.clone()).collect();
        if !shown.is_empty() {
            parts.push(format!("libraries: {}", names(&shown)));
        }
        let value = if parts.is_empty() { "none seen".to_owned() } else { parts.join(", ") };
        let places = libraries.iter().filter_map(|technology| technology.evidence.first());
        let guards = routes.iter().flat_map(|route| route.guards.iter().map(|guard| &guard.place));
        with_evidence(fact("controls seen", value, "guards in force and manifests"), guards.take(2).chain(places))
    }

    /// Controls that the routes call for and do not show; those that the rules require come with the rules.
    fn controls_needed(&self) -> Fact {
        let changing: Vec<&Route> = self.facts.routes.iter().filter(|route| changes_state(route)).collect();
        let without = |proves: Proves| changing.iter().filter(|route| !shows(route, proves)).count();
        let parts: Vec<String> = [
            (Proves::Authenticated, "authentication"),
            (Proves::RateLimit, "rate limiting"),
            (Proves::Validated, "input validation"),
        ]
        .into_iter()
        .map(|(proves, name)| (without(proves), name))
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| {
            format!(
                "{name} to be confirmed on {} of {} that can change state",
                thousands(n),
                count(changing.len(), "route")
            )
        })
        .collect();
        let value = match (parts.is_empty(), changing.is_empty()) {
            (_, true) => "no route that changes state was seen".to_owned(),
            (true, _) => "none missing on the routes that change state".to_owned(),
            _ => parts.join(", "),
        };
        let places: Vec<Place> = changing
            .iter()
            .filter(|route| !shows(route, Proves::Authenticated))
            .map(|route| route_place(route))
            .collect();
        with_evidence(fact("controls needed", value, "guards in force"), &places)
    }

    fn context(&self) -> Vec<Fact> {
        vec![
            self.stated(ContextKey::Budget),
            self.compliance("regulatory requirements"),
            self.stated(ContextKey::RiskTolerance),
            self.stated(ContextKey::Timeline),
        ]
    }

    fn stage(&self) -> Vec<Fact> {
        vec![self.work(), self.stated(ContextKey::Stage), self.maturity()]
    }

    /// Which kind of security work this is: planning, assessment, hardening, compliance or incident response.
    fn work(&self) -> Fact {
        let request = self.facts.request.to_lowercase();
        let asks = |words: &[&str]| words.iter().any(|word| request.contains(word));
        let (value, source) = match self.facts.kind {
            AssessmentKind::IncidentResponse => ("incident response", "kind of assessment"),
            AssessmentKind::Compliance => ("compliance", "kind of assessment"),
            _ if asks(&["harden"]) => ("hardening", "request"),
            _ if asks(&["planning", "before we build", "greenfield", "will build", "plan the", "design phase"]) => {
                ("planning", "request")
            }
            _ => ("assessment", "kind of assessment"),
        };
        let source =
            if source == "request" { source.to_owned() } else { format!("{source}, {}", self.facts.kind_source) };
        fact("security work", value, &source)
    }

    fn maturity(&self) -> Fact {
        let infra = &self.facts.stack.infrastructure;
        let tests = self.technologies(&[TechnologyKind::Testing]);
        let shown: Vec<String> = tests.iter().map(|technology| technology.name.clone()).collect();
        let value = joined(&[
            counted(infra.pipelines.len(), "pipeline", "pipelines"),
            (!shown.is_empty()).then(|| format!("tests and checks: {}", names(&shown))),
            counted(infra.dockerfiles.len(), "Dockerfile", "Dockerfiles"),
            counted(infra.kubernetes.len(), "cluster manifest", "cluster manifests"),
        ]);
        let value = if value.is_empty() { "no pipeline, test tool or deployment file".to_owned() } else { value };
        let places = infra
            .pipelines
            .iter()
            .chain(tests.iter().filter_map(|technology| technology.evidence.first()))
            .chain(&infra.dockerfiles);
        with_evidence(fact("signs of maturity", value, "configuration"), places)
    }
}

/// What a technology of the catalogue exposes, by the technologies' names.
const EXPOSED: [(&str, &[&str]); 7] = [
    ("payments", &["Stripe", "PayPal", "Braintree", "Adyen", "Square", "Razorpay", "Mollie", "Plaid"]),
    (
        "file uploads",
        &["Multer (uploads)", "express-fileupload", "Formidable (uploads)", "Busboy (uploads)", "Flask-Uploads"],
    ),
    ("mail and messages sent", &["Twilio", "SendGrid", "Mailgun", "Resend", "Postmark", "Mail (SMTP)"]),
    ("language models called", &["OpenAI", "Anthropic", "LangChain"]),
    ("browsers driven", &["Puppeteer", "Selenium"]),
    ("directories queried", &["LDAP"]),
    (
        "tokens and sessions of its own",
        &[
            "jsonwebtoken",
            "jose",
            "PyJWT",
            "python-jose",
            "Flask-JWT-Extended",
            "Flask-JWT",
            "express-session",
            "Flask-Session",
        ],
    ),
];

const CONTROLS: [(Proves, &str); 7] = [
    (Proves::Authenticated, "authentication"),
    (Proves::Authorized, "authorisation"),
    (Proves::Csrf, "CSRF protection"),
    (Proves::RateLimit, "rate limiting"),
    (Proves::Validated, "input validation"),
    (Proves::Headers, "security headers"),
    (Proves::Cors, "CORS policy"),
];

fn shows(route: &Route, wanted: Proves) -> bool {
    route
        .guards
        .iter()
        .any(|guard| guard.proves == wanted || (wanted == Proves::Authenticated && guard.proves == Proves::Authorized))
}

fn dependencies(stack: &Stack) -> String {
    if stack.declared.is_empty() {
        return "none declared".to_owned();
    }
    let dev = stack.declared.iter().filter(|package| package.dev).count();
    let note = counted(dev, "for development", "for development").map(|text| format!(", {text}")).unwrap_or_default();
    format!("{}{note}", declared_in_words(stack))
}
