//! From a match to a finding.

use lunette_core::finding::{Confidence, Draft, Evidence, Finding, Mode, Step, Why};
use lunette_core::risk::{Exposure, ImpactFactors, LikelihoodFactors, Risk};
use lunette_core::text::{code_line, printable, shorten};
use lunette_flow::facts::Found;
use lunette_flow::know::Origin;
use lunette_flow::program::{Site, UnitId};
use lunette_lang::ir::{Op, Span};

use crate::book::CompiledRule;
use crate::judge::Match;
use crate::matcher::{Condition, Kind, Matcher, ValuePath};
use crate::run::Run;
use crate::spot::Spot;
use crate::surface::Reach;
use crate::template::{Slot, Template};
use crate::trace::Flow;

/// Longest piece of source text in a message.
const MAX_EXCERPT: usize = 60;
/// Most steps of a flow that are shown.
const MAX_STEPS: usize = 12;

impl Run<'_, '_> {
    /// The part of the source that a finding points at.
    pub(crate) fn pointed(&self, matcher: &Matcher, spot: &Spot) -> Span {
        let at = matcher.point_at.as_ref().and_then(|path| match self.find(spot, path) {
            Found::Sites(sites) => sites.into_iter().find(|site| site.unit == spot.unit),
            _ => None,
        });
        // A secret stands where it is written, whoever uses it.
        if matcher.secret.is_some()
            && let Some(written) = at.or(spot.value).and_then(|site| self.written(site))
            && written.unit == spot.unit
        {
            return self.facts.program.span(written);
        }
        at.map_or(spot.span, |site| self.facts.program.span(site))
    }

    /// The only expression that gives a value, when that is a constant somewhere else.
    fn written(&self, site: Site) -> Option<Site> {
        match self.facts.known.origins(site) {
            &[Origin::Literal(literal)]
                if !self.facts.program.span(site).contains(self.facts.program.span(literal)) =>
            {
                self.facts.possible(literal).single().map(|_| literal)
            }
            _ => None,
        }
    }

    pub(crate) fn finding(&self, rule: &CompiledRule, matcher: &Matcher, spot: &Spot, found: &Match) -> Finding {
        let span = self.pointed(matcher, spot);
        let place = self.facts.program.place(spot.unit, span);
        let secret = matcher.secret.as_ref().and_then(|_| self.secret_text(matcher, spot));
        let configuration =
            matches!(matcher.kind, Kind::Setting { .. } | Kind::MissingSetting { .. } | Kind::Absent(_));
        let flow = self.flow_of(spot);
        let reach = self.reach_of(spot, configuration && flow.is_none());
        let reach = flow.map_or_else(|| reach.clone(), |flow| self.flow_reach(flow, reach.clone()));
        let mode = self.mode(spot);
        let mut message = self.message(rule, matcher, spot, found, secret.as_deref());
        if mode == Mode::Library {
            message = format!("In library mode: {message}");
        }
        message.push_str(flow.map_or("", Self::assumptions));
        let mut confidence = matcher.confidence.unwrap_or(rule.meta.confidence);
        for _ in [found.likely, flow.is_some_and(Self::is_indirect)].into_iter().filter(|&less| less) {
            confidence = lower(confidence);
        }
        let route =
            reach.route.map(|at| &self.surface.routes[at]).map(|route| format!("{} {}", route.method, route.path));
        let source = normal(self.facts.program.source(spot.unit, span));
        let anchor = match spot.name.as_deref().filter(|_| spot.route.is_some()) {
            Some(name) => name.to_owned(),
            None => format!("{}: {source}", self.facts.function_name(spot.unit, spot.body)),
        };
        let draft = Draft {
            rule: rule.meta.id.clone(),
            title: matcher.title.clone().unwrap_or_else(|| rule.meta.title.clone()),
            message,
            place,
            confidence,
            nature: rule.meta.nature,
            cwe: rule.meta.cwe.clone(),
            topic: rule.meta.topic.clone(),
            risk: risk(matcher, reach),
            advice: rule.meta.advice.clone(),
            route,
            events: rule.meta.events.clone(),
            anchor,
        };
        let mut finding = Finding::new(draft, self.evidence(matcher, spot, found, secret.as_deref()));
        finding.mode = mode;
        if mode == Mode::Library {
            Self::correct(&mut finding.risk);
        }
        finding
    }

    fn reach_of(&self, spot: &Spot, configuration: bool) -> Reach {
        if let Some(at) = spot.route {
            let route = &self.surface.routes[at];
            let because = format!("the route `{} {}` ({}:{}) itself", route.method, route.path, route.file, route.line);
            return Reach { exposure: route.exposure, route: Some(at), because };
        }
        self.surface.reach(self.facts, spot.unit, spot.function.unwrap_or(spot.body), configuration)
    }

    fn evidence(&self, matcher: &Matcher, spot: &Spot, found: &Match, secret: Option<&str>) -> Evidence {
        let span = self.pointed(matcher, spot);
        let here = |why, note: String| self.step(spot.unit, span, why, note, secret);
        if let (Some(what), Some(text)) = (&matcher.secret, secret) {
            return Evidence::Secret {
                what: what.clone(),
                redacted: redacted(text),
                at: here(Why::Here, what.clone()),
            };
        }
        if let Some(flow) = &found.flow {
            return Evidence::Trace { steps: self.flow_steps(flow) };
        }
        if let Some(flow) = self.flow_of(spot) {
            return Evidence::Trace { steps: self.taint_steps(flow) };
        }
        match &matcher.kind {
            Kind::Absent(absent) => Evidence::Absence {
                looked_for: absent.looked_for.clone(),
                looked_in: match absent.scope {
                    crate::schema::Scope::Project => "the whole project".to_owned(),
                    crate::schema::Scope::File => format!("the file {}", self.facts.program.unit(spot.unit).path),
                    crate::schema::Scope::Route => "the file, and what its routes call".to_owned(),
                    crate::schema::Scope::Function => "the function around it".to_owned(),
                    crate::schema::Scope::Object => "every use of this object".to_owned(),
                },
                at: here(Why::Here, "it is missing here".to_owned()),
            },
            Kind::MissingSetting { names, .. } => Evidence::Absence {
                looked_for: names.join(" or "),
                looked_in: "every place that writes the application's settings".to_owned(),
                at: here(Why::Here, "makes the application".to_owned()),
            },
            Kind::Route(test) if !test.lacks.is_empty() => {
                let guards: Vec<&str> = spot
                    .route
                    .iter()
                    .flat_map(|&at| &self.surface.routes[at].guards)
                    .map(|guard| guard.name.as_str())
                    .collect();
                let guards = if guards.is_empty() { "none".to_owned() } else { guards.join(", ") };
                Evidence::Absence {
                    looked_for: format!(
                        "a guard that proves {}",
                        test.lacks.iter().map(|proves| proof(*proves)).collect::<Vec<_>>().join(" or ")
                    ),
                    looked_in: format!("the guards in force on the route: {guards}"),
                    at: here(Why::Here, "registers the route".to_owned()),
                }
            }
            _ => {
                let (name, value) = self.setting(matcher, spot, secret);
                Evidence::Setting { name, value, at: here(Why::Here, String::new()) }
            }
        }
    }

    /// The fact that a call or a write stands for: a name and a value as written.
    fn setting(&self, matcher: &Matcher, spot: &Spot, secret: Option<&str>) -> (String, String) {
        let tested = matcher.all.iter().chain(&matcher.unless).find_map(|condition| match condition {
            Condition::Value(test) => Some(test),
            _ => None,
        });
        let name = self
            .callee(spot)
            .or_else(|| spot.name.clone())
            .unwrap_or_else(|| self.facts.function_name(spot.unit, spot.body).to_owned());
        match (tested, spot.value) {
            (Some(test), None) if spot.call.is_some() => (
                format!("{name} {}", test.path),
                self.text_at(spot, &test.at, secret).unwrap_or_else(|| "not given".to_owned()),
            ),
            (_, Some(value)) => (name, self.excerpt(value.unit, self.facts.program.span(value), secret)),
            _ => (name, self.excerpt(spot.unit, spot.span, secret)),
        }
    }

    fn flow_steps(&self, flow: &Flow) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut shown: Option<Span> = None;
        for (at, &site) in flow.steps.iter().enumerate() {
            let span = self.facts.program.span(site);
            let name =
                || self.facts.name_of(site).map_or_else(String::new, |name| printable(&shorten(&name, MAX_EXCERPT)));
            let returned = at.checked_sub(1).is_some_and(|before| {
                let before = flow.steps[before];
                (before.unit, before.body) != (site.unit, site.body)
            });
            let (why, note) = match self.facts.program.op(site) {
                _ if at == 0 => (Why::Source, "the value is made here".to_owned()),
                Op::Assign(..) | Op::StoreOuter(..) => (Why::Assign, format!("assigned to `{}`", name())),
                Op::Call { .. } if returned => (Why::Return, format!("returned by `{}`", name())),
                Op::Call { .. } => (Why::Call, "passed through a call".to_owned()),
                Op::Param(_) => (Why::Call, format!("received as `{}`", name())),
                Op::Outer(..) => (Why::Assign, format!("read from `{}`", name())),
                _ => continue,
            };
            if shown.is_some_and(|known| known == span) || span == Span::default() {
                continue;
            }
            shown = Some(span);
            let step = self.step(site.unit, span, why, note, None);
            // Calls within calls read as the same step told twice.
            let told = |last: &Step| last.note == step.note && last.place.line == step.place.line;
            if !steps.last().is_some_and(told) {
                steps.push(step);
            }
        }
        // A long way is told by its beginning and its end.
        if steps.len() > MAX_STEPS {
            steps.drain(MAX_STEPS / 2..steps.len() - MAX_STEPS / 2);
        }
        let sink = format!("becomes `{}`", printable(&shorten(&flow.name, MAX_EXCERPT)));
        steps.push(self.step(flow.sink.unit, self.facts.program.span(flow.sink), Why::Sink, sink, None));
        steps
    }

    pub(crate) fn step(&self, unit: UnitId, span: Span, why: Why, note: String, secret: Option<&str>) -> Step {
        let place = self.facts.program.place(unit, span);
        let line = self.facts.program.source_line(unit, place.line);
        let line = conceal(line, secret);
        Step { place, why, code: code_line(&lunette_read::redact(&line)), note }
    }

    fn message(
        &self,
        rule: &CompiledRule,
        matcher: &Matcher,
        spot: &Spot,
        found: &Match,
        secret: Option<&str>,
    ) -> String {
        let Some(template) = matcher.message.as_ref().or(rule.message.as_ref()) else { return rule.meta.title.clone() };
        self.fill(template, spot, found, secret)
    }

    fn fill(&self, template: &Template, spot: &Spot, found: &Match, secret: Option<&str>) -> String {
        template.fill(|slot| match slot {
            Slot::Callee => self.callee(spot).unwrap_or_else(|| "this".to_owned()),
            Slot::At(path) => self.text_at(spot, path, secret).unwrap_or_else(|| "nothing".to_owned()),
            Slot::Name => {
                self.name_of(spot).map_or_else(|| "it".to_owned(), |name| printable(&shorten(&name, MAX_EXCERPT)))
            }
            Slot::Route => {
                let route = self.routes_of(spot).first().map(|&at| &self.surface.routes[at]);
                route.map_or_else(
                    || "no route".to_owned(),
                    |route| printable(&format!("{} {}", route.method, route.path)),
                )
            }
            Slot::Function => match self.facts.function_name(spot.unit, spot.function.unwrap_or(spot.body)) {
                "" => "the top level".to_owned(),
                name => printable(name),
            },
            Slot::Source => self.flow_of(spot).map_or_else(|| "this".to_owned(), |flow| self.source_words(flow)),
            Slot::Sink if spot.taint.is_some() => {
                self.callee(spot).unwrap_or_else(|| self.excerpt(spot.unit, spot.span, None))
            }
            Slot::Sink => {
                found.flow.as_ref().map_or_else(String::new, |flow| printable(&shorten(&flow.name, MAX_EXCERPT)))
            }
        })
    }

    /// What is called, as written.
    fn callee(&self, spot: &Spot) -> Option<String> {
        let call = spot.call?;
        let Op::Call { callee, .. } = self.facts.program.op(call) else { return None };
        let span = self.facts.program.span(Site { value: *callee, ..call });
        Some(self.excerpt(call.unit, span, None)).filter(|text| !text.is_empty())
    }

    fn text_at(&self, spot: &Spot, path: &ValuePath, secret: Option<&str>) -> Option<String> {
        match self.find(spot, path) {
            Found::Sites(sites) => {
                sites.first().map(|site| self.excerpt(site.unit, self.facts.program.span(*site), secret))
            }
            Found::Absent => None,
            Found::Unknown => Some("a value that cannot be told".to_owned()),
        }
    }

    /// Source text for a message: on one line, short, redacted.
    pub(crate) fn excerpt(&self, unit: UnitId, span: Span, secret: Option<&str>) -> String {
        let text = conceal(self.facts.program.source(unit, span), secret);
        let text = normal(&text);
        shorten(&printable(&lunette_read::redact(&text)), MAX_EXCERPT)
    }

    /// The text of a secret at a spot.
    fn secret_text(&self, matcher: &Matcher, spot: &Spot) -> Option<String> {
        let site = match &matcher.point_at {
            Some(path) => *self.find(spot, path).sites().first()?,
            None => spot.value?,
        };
        let values = self.facts.possible(site).values;
        values.iter().find_map(|value| value.as_str()).filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

fn risk(matcher: &Matcher, reach: Reach) -> Risk {
    let profile = matcher.risk;
    let given = profile.exposure;
    let mut risk = Risk::judge(
        LikelihoodFactors {
            exposure: given.unwrap_or(reach.exposure),
            exploit: profile.exploit,
            precondition: profile.precondition,
            barrier: profile.barrier,
        },
        ImpactFactors {
            confidentiality: profile.confidentiality,
            integrity: profile.integrity,
            availability: profile.availability,
            data: profile.data,
        },
    );
    if given.is_none() || (reach.route.is_some() && given != Some(Exposure::NotReached)) {
        risk.because.push(reach.because);
    }
    risk
}

fn lower(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::Confirmed => Confidence::Firm,
        Confidence::Firm | Confidence::Tentative => Confidence::Tentative,
    }
}

/// White space folded, so that reformatting does not change a finding's identity.
fn normal(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn redacted(secret: &str) -> String {
    format!("<redacted: {}>", lunette_core::text::count(secret.chars().count(), "character"))
}

/// Takes a secret out of a piece of source. Shorter ones are replaced only inside quotes: `a` is not a secret
/// everywhere it occurs.
pub(crate) fn conceal(text: &str, secret: Option<&str>) -> String {
    let Some(secret) = secret else { return text.to_owned() };
    let mark = redacted(secret);
    if secret.chars().count() >= 6 && text.contains(secret) {
        return text.replace(secret, &mark);
    }
    let mut concealed = text.to_owned();
    for quote in ["\"", "'", "`"] {
        concealed = concealed.replace(&format!("{quote}{secret}{quote}"), &format!("{quote}{mark}{quote}"));
    }
    // Written with escapes, over several lines, or put together: then every literal of the line may hold some of it.
    if concealed == text { empty_literals(text) } else { concealed }
}

/// The text with the contents of all string literals left out.
fn empty_literals(text: &str) -> String {
    let mut out = String::new();
    let mut open: Option<char> = None;
    let mut escaped = false;
    for c in text.chars() {
        match open {
            Some(quote) if c == quote && !escaped => {
                open = None;
                out.push(c);
            }
            Some(_) => escaped = c == '\\' && !escaped,
            None => {
                out.push(c);
                if matches!(c, '"' | '\'' | '`') {
                    open = Some(c);
                    escaped = false;
                    out.push('…');
                }
            }
        }
    }
    out
}

fn proof(proves: lunette_core::project::Proves) -> &'static str {
    use lunette_core::project::Proves;
    match proves {
        Proves::Authenticated => "that the caller is signed in",
        Proves::Authorized => "that the caller has the privilege",
        Proves::Csrf => "that the request is not forged",
        Proves::RateLimit => "that requests are limited in rate",
        Proves::Validated => "that the input is valid",
        Proves::Headers => "that security headers are set",
        Proves::Cors => "that a cross-origin policy is set",
        Proves::Unknown => "anything",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_of_text() {
        assert_eq!(conceal("k = 'dev'  # dev", Some("dev")), "k = '<redacted: 3 characters>'  # dev");
        assert_eq!(conceal("k = b'supersecret'", Some("supersecret")), "k = b'<redacted: 11 characters>'");
        assert_eq!(conceal("k = 'dev'", None), "k = 'dev'");
        assert_eq!(conceal(r#"k = "a\"bcdef" + x"#, Some("a\"bcdef")), "k = \"…\" + x");
        assert_eq!(conceal("k = '''first", Some("first\nsecond")), "k = '…''…");
    }

    #[test]
    fn confidence_is_lowered_one_step() {
        assert_eq!(lower(Confidence::Confirmed), Confidence::Firm);
        assert_eq!(lower(Confidence::Firm), Confidence::Tentative);
        assert_eq!(lower(Confidence::Tentative), Confidence::Tentative);
    }
}
