//! Building observations: place, evidence, details, exposure.

use std::cell::RefCell;
use std::collections::BTreeMap;

use lunette_core::access::{Command, Reach};
use lunette_core::finding::{Confidence, Evidence, Step, Why};
use lunette_core::observation::{Observation, RiskFacts};
use lunette_core::risk::{DataClass, Exposure};

use crate::catalogue::{Catalogue, Function, Origin, Policy, Relation};
use crate::matrix::value::Session;
use crate::matrix::{API_ROLES, Access, plain};
use crate::outcome::Replay;

use super::{Context, sensitive};

/// What the checks look at, and what they have seen so far.
pub(crate) struct Look<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) context: &'a Context<'a>,
    pub(crate) access: Access<'a>,
    /// Whether statements failed, so that what is missing may be there all the same.
    pub(crate) uncertain: bool,
    seen: RefCell<Vec<Observation>>,
}

/// An observation in the making.
pub(crate) struct Draft {
    observation: Observation,
    steps: Vec<(Origin, String)>,
    object: String,
    fact: String,
}

impl Draft {
    /// An observation of a check on an object, at the statement that made it so.
    pub(crate) fn new(check: &str, object: impl Into<String>, origin: &Origin, fact: impl Into<String>) -> Self {
        let (object, fact) = (object.into(), fact.into());
        Draft {
            observation: Observation {
                check: format!("sql/{check}"),
                place: origin.place(),
                anchor: object.clone(),
                evidence: Evidence::Catalogue { object: object.clone(), fact: fact.clone(), steps: Vec::new() },
                details: BTreeMap::from([("object".to_owned(), object.clone())]),
                confidence: None,
                risk: RiskFacts::default(),
                properties: BTreeMap::new(),
            },
            steps: vec![(origin.clone(), fact.clone())],
            object,
            fact,
        }
    }

    /// Fills a slot of the rule's message.
    pub(crate) fn detail(mut self, name: &str, value: impl Into<String>) -> Self {
        self.observation.details.insert(name.to_owned(), value.into());
        self
    }

    /// The row of Supabase's own linter that says the same.
    pub(crate) fn splinter(mut self, lint: &str, object: impl Into<String>) -> Self {
        self.observation.properties.insert("splinter".to_owned(), lint.to_owned());
        self.observation.properties.insert("object".to_owned(), object.into());
        self
    }

    /// What tells it from others of the same check on the same object.
    pub(crate) fn part(mut self, part: &str) -> Self {
        self.observation.anchor.push('/');
        self.observation.anchor.push_str(part);
        self
    }

    /// A further statement that takes part.
    pub(crate) fn step(mut self, origin: &Origin, note: impl Into<String>) -> Self {
        self.steps.push((origin.clone(), note.into()));
        self
    }

    /// Points at a place within the statement's file instead of the statement.
    pub(crate) fn at(mut self, place: lunette_core::place::Place) -> Self {
        self.observation.place = place;
        self
    }

    pub(crate) fn exposure(mut self, exposure: Exposure) -> Self {
        self.observation.risk.exposure = Some(exposure);
        self
    }

    pub(crate) fn data(mut self, data: DataClass) -> Self {
        self.observation.risk.data = Some(data);
        self
    }

    pub(crate) fn risk(mut self, change: impl FnOnce(&mut RiskFacts)) -> Self {
        change(&mut self.observation.risk);
        self
    }

    /// One step less sure than the rule, where the rule is `confirmed`.
    pub(crate) fn firm_if(mut self, uncertain: bool) -> Self {
        if uncertain {
            self.observation.confidence = Some(Confidence::Firm);
        }
        self
    }

    fn finish(mut self) -> Observation {
        let mut steps: Vec<Step> = Vec::new();
        for (origin, note) in self.steps {
            let place = origin.place();
            if !origin.is_known() || steps.iter().any(|step| step.place == place) {
                continue;
            }
            steps.push(Step { place, why: Why::Here, code: origin.excerpt.clone(), note });
        }
        if steps.is_empty() {
            steps.push(Step {
                place: self.observation.place.clone(),
                why: Why::Here,
                code: String::new(),
                note: self.fact.clone(),
            });
        }
        self.observation.evidence = Evidence::Catalogue { object: self.object, fact: self.fact, steps };
        self.observation
    }
}

impl<'a> Look<'a> {
    pub(crate) fn new(replay: &'a Replay, context: &'a Context<'a>) -> Self {
        let catalogue = &replay.catalogue;
        Look {
            catalogue,
            context,
            uncertain: !replay.failures.is_empty(),
            access: Access::new(catalogue),
            seen: RefCell::default(),
        }
    }

    /// Keeps the observation. What Supabase itself made is not told, but in a live database.
    pub(crate) fn push(&self, mut draft: Draft) {
        if draft.observation.place.line == 0 {
            match &self.context.live {
                Some(label) => draft.observation.place = lunette_core::place::Place::file(label.as_str()),
                None => return,
            }
        }
        self.seen.borrow_mut().push(draft.finish());
    }

    /// Keeps an observation that is complete.
    pub(crate) fn keep(&self, observation: Observation) {
        self.seen.borrow_mut().push(observation);
    }

    /// Everything seen.
    pub(crate) fn into_seen(self) -> Vec<Observation> {
        self.seen.into_inner()
    }

    /// Whether the project made it: its statement is known, or the database is live.
    pub(crate) fn is_own(&self, origin: &Origin) -> bool {
        origin.is_known() || self.context.live.is_some()
    }

    pub(crate) fn is_exposed(&self, schema: &str) -> bool {
        self.context.exposed_schemas.iter().any(|exposed| exposed == schema)
    }

    pub(crate) fn session<'s>(&'s self, role: &'s str) -> Session<'s> {
        self.access.session(role)
    }

    /// Roles of the API that exist here.
    pub(crate) fn api_roles(&self) -> impl Iterator<Item = &'static str> + use<'a> {
        let catalogue = self.catalogue;
        API_ROLES.into_iter().filter(|role| catalogue.roles.contains_key(*role))
    }

    /// Which roles of the API are not denied the command on the relation.
    pub(crate) fn reaching(&self, relation: &Relation, command: Command) -> Vec<&'static str> {
        self.api_roles().filter(|role| self.access.relation(role, relation, command).reach != Reach::Denied).collect()
    }

    /// The exposure that comes of these roles; only from inside when there are none.
    pub(crate) fn exposure(&self, roles: &[&str]) -> Exposure {
        if roles.contains(&"anon") || roles.contains(&"public") {
            Exposure::Unauthenticated
        } else if roles.contains(&"authenticated") {
            if self.context.signup == Some(true) { Exposure::SelfSignup } else { Exposure::Authenticated }
        } else {
            Exposure::InternalOnly
        }
    }

    /// Roles of the API for which the relation's policy counts: they are named, and have the privilege.
    pub(crate) fn bound_roles(&self, relation: &Relation, policy: &Policy) -> Vec<&'static str> {
        use crate::catalogue::Command as For;
        use crate::matrix::{decide, policies};
        self.api_roles()
            .filter(|role| policies::binds(&self.session(role), policy))
            .filter(|role| {
                Command::ROWS.into_iter().any(|command| {
                    let covers = policy.command == For::All || policy.command == decide::command(command);
                    covers && self.catalogue.any_column_privilege(role, &relation.name, decide::privilege(command))
                })
            })
            .filter(|role| {
                self.catalogue
                    .schema_privilege(role, &relation.name.schema, crate::catalogue::Privilege::Usage)
                    .is_held()
            })
            .collect()
    }

    /// A draft about a policy, with what its rules speak of.
    pub(crate) fn about_policy(
        &self,
        check: &str,
        relation: &Relation,
        policy: &Policy,
        fact: impl Into<String>,
    ) -> Draft {
        let roles = self.bound_roles(relation, policy);
        // Storage and Realtime are served by interfaces of their own.
        let served =
            self.is_exposed(&relation.name.schema) || matches!(relation.name.schema.as_str(), "storage" | "realtime");
        let exposure = if served { self.exposure(&roles) } else { Exposure::InternalOnly };
        let mut draft = Draft::new(check, plain(&relation.name), &policy.origin, fact)
            .part(&policy.name)
            .detail("policy", &policy.name)
            .detail("command", lower(policy.command.as_str()))
            .detail("roles", role_words(&roles, policy))
            .exposure(exposure)
            .step(&relation.rls.enabled_origin, "row level security was turned on here");
        if relation.name.schema != "storage" {
            draft = draft.data(sensitive::class(relation));
        }
        draft
    }

    /// A draft about a function.
    pub(crate) fn about_function(&self, check: &str, function: &Function, fact: impl Into<String>) -> Draft {
        let roles: Vec<&str> = if self.is_exposed(&function.signature.schema) && crate::matrix::is_callable(function) {
            self.api_roles()
                .filter(|role| self.catalogue.function_privilege(role, &function.signature).is_held())
                .collect()
        } else {
            Vec::new()
        };
        let name = plain(&function.signature.name());
        let draft = Draft::new(check, &name, &function.origin, fact)
            .part(&function.signature.args.join(","))
            .detail("function", function.signature.to_string())
            .detail("roles", list(&roles))
            .exposure(self.exposure(&roles));
        match &function.altered {
            Some(altered) => draft.step(altered, "and altered here"),
            None => draft,
        }
    }
}

/// `ALL` and the like as a word of a sentence.
pub(crate) fn lower(command: &str) -> String {
    match command {
        "ALL" => "read and write".to_owned(),
        "SELECT" => "read".to_owned(),
        command => command.to_lowercase(),
    }
}

/// Roles in a sentence.
pub(crate) fn role_words(roles: &[&str], policy: &Policy) -> String {
    if policy.is_public() && roles.len() == API_ROLES.len() || roles.is_empty() && policy.is_public() {
        "everybody".to_owned()
    } else if roles.is_empty() {
        list(&policy.roles)
    } else {
        list(roles)
    }
}

/// Words in a sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn list<T: AsRef<str>>(words: &[T]) -> String {
    match words {
        [] => "nobody".to_owned(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            format!("{} and {}", first.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "), last.as_ref())
        }
    }
}
