//! Flows of untrusted data as matches: their places, how sure they are, and how a report tells them.

use std::cmp::Reverse;

use lunette_core::finding::{Confidence, Finding, Mode, Step};
use lunette_core::risk::{Exposure, Risk};
use lunette_flow::lazy::Regex;
use lunette_flow::program::Site;
use lunette_flow::taint::{KindSet, SourceKind, TaintFlow};
use lunette_lang::ir::{Key, Language, Op, ValueId};

use crate::run::Run;
use crate::spot::Spot;
use crate::surface::Reach;

/// Most steps of a flow that are kept; of longer ones the two ends.
const MAX_STEPS: usize = 24;

/// Which of several matches at one place is told: the surest, then that of the most exposed source.
pub(crate) type Rank = (Confidence, Option<(Exposure, Reverse<SourceKind>)>);

impl Run<'_, '_> {
    /// The places where untrusted data from such sources does one of these kinds of harm.
    pub(crate) fn flows(&self, language: Language, kinds: KindSet, from: &[SourceKind]) -> Vec<(Spot, bool)> {
        let wanted = |flow: &TaintFlow| {
            kinds.contains(flow.kind)
                && from.contains(&flow.source.kind)
                && self.language(flow.sink.unit) == language
                && self.counts(flow.source.site.unit)
        };
        let flows = self.taint().flows().iter().enumerate().filter(|(_, flow)| wanted(flow));
        flows.map(|(at, flow)| (self.flow_spot(at, flow), flow.assumed || flow.widened)).collect()
    }

    fn flow_spot(&self, at: usize, flow: &TaintFlow) -> Spot {
        let is_call = matches!(self.facts.program.op(flow.sink), Op::Call { .. });
        let span = self.facts.program.span(flow.sink);
        Spot {
            call: is_call.then_some(flow.sink),
            value: Some(flow.value),
            taint: Some(at),
            ..Spot::new(flow.sink.unit, flow.sink.body, span)
        }
    }

    /// The flow that a match is about.
    pub(crate) fn flow_of(&self, spot: &Spot) -> Option<&TaintFlow> {
        spot.taint.and_then(|at| self.taint().flows().get(at))
    }

    pub(crate) fn rank(&self, spot: &Spot, finding: &Finding) -> Rank {
        let exposure = || finding.risk.likelihood_factors.exposure;
        (finding.confidence, self.flow_of(spot).map(|flow| (exposure(), Reverse(flow.source.kind))))
    }

    /// Who gives the data: for a package the callers of its functions.
    pub(crate) fn mode(&self, spot: &Spot) -> Mode {
        match self.flow_of(spot) {
            Some(flow) if flow.source.kind == SourceKind::Library => Mode::Library,
            _ => Mode::Application,
        }
    }

    /// Takes back what the factor says of exposure: a package does not know who reaches it.
    pub(crate) fn correct(risk: &mut Risk) {
        for because in &mut risk.because {
            *because = because.replace(Exposure::InternalOnly.words(), "reached as far as applications let it be");
        }
    }

    /// Who can send the data to the place: as the more exposed of the function where it enters and of that where it
    /// does harm.
    pub(crate) fn flow_reach(&self, flow: &TaintFlow, sink: Reach) -> Reach {
        let source = flow.source.site;
        if flow.source.kind == SourceKind::Library {
            let function = match self.facts.function_name(source.unit, source.body) {
                "" => String::new(),
                name => format!(" `{}`", lunette_core::text::printable(name)),
            };
            return Reach {
                exposure: Exposure::InternalOnly,
                route: None,
                because: format!(
                    "the value is a parameter of the exported function{function}: its callers decide what it is"
                ),
            };
        }
        if matches!(flow.source.kind, SourceKind::Environment | SourceKind::Arguments) {
            let because =
                format!("the value comes from {}, which those who start the program set", flow.source.kind.words());
            return Reach { exposure: Exposure::InternalOnly, route: None, because };
        }
        let entry = self.surface.reach(self.facts, source.unit, source.body, false);
        let key = |reach: &Reach| (reach.exposure, reach.route.is_some());
        if key(&entry) > key(&sink) { entry } else { sink }
    }

    /// Whether the data was not sent by a client just now: what other servers, files and the database hold is not
    /// always an attacker's.
    pub(crate) fn is_indirect(flow: &TaintFlow) -> bool {
        matches!(flow.source.kind, SourceKind::Database | SourceKind::Stored | SourceKind::Response)
    }

    /// What had to be assumed for a flow, as a sentence; empty when nothing had.
    pub(crate) fn assumptions(flow: &TaintFlow) -> &'static str {
        match (flow.assumed, flow.widened) {
            (true, true) => {
                " Assumed: that calls about which nothing is known pass it on, and that a large value holds it where it is read."
            }
            (true, false) => " Assumed: that a call about which nothing is known passes it on.",
            (false, true) => " Assumed: that a large value holds it where it is read.",
            (false, false) => "",
        }
    }

    /// Whether the data becomes part of a text that matches, on its way.
    pub(crate) fn passes_text(&self, flow: &TaintFlow, text: &Regex) -> bool {
        self.taint().explain(flow).iter().any(|step| {
            let program = self.facts.program;
            match program.op(step.site) {
                Op::Concat(_) => self.facts.name_of(step.site).is_some_and(|literal| text.is_match(&literal)),
                Op::Assign(_, from) => {
                    let from = Site { value: *from, ..step.site };
                    matches!(program.op(from), Op::Concat(_))
                        && self.facts.name_of(from).is_some_and(|literal| text.is_match(&literal))
                }
                _ => false,
            }
        })
    }

    /// Whether the data was taken by such a name on its way: a field, a key, a variable of the path. Who passes on all
    /// that was sent names nothing.
    pub(crate) fn is_taken_by_name(&self, flow: &TaintFlow, name: &Regex) -> bool {
        let named = |text: &str| name.is_match(text);
        self.taint().explain(flow).iter().any(|step| match self.facts.program.op(step.site) {
            Op::Load(_, Key::Member(_) | Key::Item(_)) => {
                self.facts.name_of(step.site).is_some_and(|name| named(&name))
            }
            Op::Assign(_, from) => self.is_part_named(Site { value: *from, ..step.site }, name, 4),
            Op::Call { args, .. } => args.first().is_some_and(|arg| {
                let key = self.facts.possible(Site { value: arg.value, ..step.site });
                key.single_str().is_some_and(named)
            }),
            Op::Param(_) => {
                flow.source.site == step.site && self.facts.name_of(step.site).is_some_and(|name| named(&name))
            }
            _ => false,
        })
    }

    /// Whether a value is a part of another, taken by such a name, or by default something else: `const { role = "a" } = body`.
    fn is_part_named(&self, site: Site, name: &Regex, depth: usize) -> bool {
        let to = |value: ValueId| Site { value, ..site };
        match self.facts.program.op(site) {
            Op::Load(_, Key::Member(_) | Key::Item(_)) => {
                self.facts.name_of(site).is_some_and(|taken| name.is_match(&taken))
            }
            Op::Phi(operands) if depth > 0 => {
                operands.iter().take(4).any(|operand| self.is_part_named(to(*operand), name, depth - 1))
            }
            Op::Assign(_, from) | Op::Await(from) if depth > 0 => self.is_part_named(to(*from), name, depth - 1),
            _ => false,
        }
    }

    /// What a message calls the source: what kind of data it is, and how it is written.
    pub(crate) fn source_words(&self, flow: &TaintFlow) -> String {
        let words = flow.source.kind.words();
        let site = self.read_of(flow);
        let text = match self.facts.program.op(site) {
            Op::Param(_) => self.facts.name_of(site).map(|name| lunette_core::text::printable(&name)),
            _ => Some(self.excerpt(site.unit, self.facts.program.span(site), None)),
        };
        match text.filter(|text| !text.is_empty()) {
            Some(text) => format!("{words} (`{text}`)"),
            None => words.to_owned(),
        }
    }

    /// The first part of the source that is taken: `request.args["id"]` where the source is `request.args`.
    fn read_of(&self, flow: &TaintFlow) -> Site {
        let source = flow.source.site;
        let around = self.facts.program.span(source);
        let reads = |site: &Site| {
            let span = self.facts.program.span(*site);
            let part = matches!(self.facts.program.op(*site), Op::Load(..) | Op::Call { .. });
            let begins = span.start == around.start && span.contains(around) && span != around;
            part && begins && (site.unit, site.body) == (source.unit, source.body) && span.end - span.start < 60
        };
        let told = self.taint().explain(flow);
        told.iter().map(|step| step.site).take(4).find(reads).unwrap_or(source)
    }

    /// The steps of a flow for a report.
    pub(crate) fn taint_steps(&self, flow: &TaintFlow) -> Vec<Step> {
        let told = self.taint().explain(flow);
        let over = told.len().saturating_sub(MAX_STEPS);
        let head = if over == 0 { told.len() } else { MAX_STEPS / 2 };
        let kept = told.iter().enumerate().filter(|(at, _)| !(head..head + over).contains(at));
        kept.map(|(at, step)| {
            let mut note = step.note.clone();
            if over > 0 && at == head + over {
                let gap = format!("{} before this are not shown", lunette_core::text::count(over, "step"));
                note = if note.is_empty() { gap } else { format!("{note} ({gap})") };
            }
            let Site { unit, .. } = step.site;
            self.step(unit, self.facts.program.span(step.site), step.why, note, None)
        })
        .collect()
    }
}
