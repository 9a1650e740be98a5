//! Matchers on what other rooms observed: `check: sql/rls-disabled`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use lunette_core::finding::{Confidence, Draft, Finding};
use lunette_core::observation::{Observation, Observations};
use lunette_core::rule::RiskProfile;

use crate::book::CompiledRule;
use crate::schema::MatcherSpec;
use crate::template::Template;

/// A matcher on the observations of one check.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    /// The check's name, `room/name`.
    name: String,
    message: Template<String>,
    title: Option<Template<String>>,
    action: Option<Template<String>>,
    verify: Option<Template<String>>,
    confidence: Option<Confidence>,
    risk: RiskProfile,
}

impl Check {
    /// Compiles a matcher whose `check` is given.
    pub(crate) fn compile(spec: &MatcherSpec, message: Option<&str>, risk: RiskProfile) -> Result<Self, String> {
        crate::compile::check_companions(spec)?;
        if !spec.all.is_empty() || !spec.unless.is_empty() || spec.secret.is_some() || spec.point_at.is_some() {
            return Err("`where`, `unless`, `secret` and `point-at` are about code, not about a `check`".to_owned());
        }
        let name = spec.check.clone().unwrap_or_default();
        let parts = name.split_once('/').is_some_and(|(room, check)| !room.is_empty() && !check.is_empty());
        if !parts {
            return Err(format!("a check is `<room>/<name>`, not `{name}`"));
        }
        if !known().contains(&name.as_str()) {
            return Err(format!("there is no check `{name}`"));
        }
        let message = spec.message.as_deref().or(message).unwrap_or_default();
        Ok(Check {
            name,
            message: Template::named(message)?,
            title: spec.title.as_deref().map(Template::named).transpose()?,
            action: spec.action.as_deref().map(Template::named).transpose()?,
            verify: spec.verify.as_deref().map(Template::named).transpose()?,
            confidence: spec.confidence,
            risk: spec.risk.map_or(risk, |change| change.apply(risk)),
        })
    }

    fn room(&self) -> &str {
        self.name.split_once('/').map_or("", |(room, _)| room)
    }

    fn finding(&self, rule: &CompiledRule, seen: &Observation) -> Finding {
        let fill = |template: &Template<String>| {
            template.fill(|slot| seen.details.get(slot).cloned().unwrap_or_else(|| "unknown".to_owned()))
        };
        let meta = &rule.meta;
        let mut advice = meta.advice.clone();
        for (text, own) in [(&mut advice.action, &self.action), (&mut advice.verify, &self.verify)] {
            if let Some(own) = own {
                *text = fill(own);
            }
        }
        let draft = Draft {
            rule: meta.id.clone(),
            title: self.title.as_ref().map_or_else(|| meta.title.clone(), fill),
            message: fill(&self.message),
            place: seen.place.clone(),
            confidence: seen.confidence.or(self.confidence).unwrap_or(meta.confidence),
            nature: meta.nature,
            cwe: meta.cwe.clone(),
            topic: meta.topic.clone(),
            risk: seen.risk.apply(self.risk).judge(),
            advice,
            route: None,
            events: meta.events.clone(),
            anchor: seen.anchor.clone(),
        };
        let mut finding = Finding::new(draft, seen.evidence.clone());
        finding.properties.clone_from(&seen.properties);
        finding
    }
}

/// The names of all checks.
fn known() -> &'static BTreeSet<&'static str> {
    static KNOWN: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
        let packages = lunette_intel::advisories::NAMES.iter().chain(&lunette_intel::hygiene::NAMES);
        lunette_sql::checks::names().iter().chain(packages).copied().collect()
    });
    &KNOWN
}

/// The findings of a rule on what was observed.
pub(crate) fn findings<'a>(rule: &'a CompiledRule, seen: &'a Observations) -> impl Iterator<Item = Finding> + 'a {
    let of_check = move |check: &'a Check| {
        seen.list.iter().filter(move |one| one.check == check.name).map(move |one| check.finding(rule, one))
    };
    rule.checks.iter().flat_map(of_check)
}

/// How many things the rooms that a rule asks looked at; `None` when none of them had anything to look at.
pub(crate) fn looked_at(rule: &CompiledRule, seen: &Observations) -> Option<usize> {
    let mut rooms: Vec<&str> = rule.checks.iter().map(Check::room).collect();
    rooms.dedup();
    rooms.iter().filter_map(|room| seen.looked_at.get(*room).copied()).reduce(|a, b| a + b)
}
