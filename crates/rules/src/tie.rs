//! Whether code ties what it touches to the caller: it compares with who asks, selects by who asks, or asks a function
//! that knows who asks.
//!
//! Looked at are the functions that a flow comes through, those around and inside them, and the project's functions
//! that they call. A handler that merely wants somebody to be signed in, or writes to the log who it was, ties nothing.

use std::sync::LazyLock;

use lunette_flow::lazy::Regex;
use lunette_flow::program::{Site, UnitId};
use lunette_lang::ir::{BinaryOp, BodyId, BodyKind, Key, Op};
use rustc_hash::FxHashSet;

use crate::run::Run;
use crate::spot::Spot;

/// How deep functions called are looked into.
const DEPTH: usize = 2;
/// Most bodies looked at for one question.
const MAX_BODIES: usize = 60;
/// Most values followed from one read of the caller's identity.
const MAX_VALUES: usize = 200;

type Pattern = LazyLock<Option<Regex>>;

fn is_match(pattern: &Pattern, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// Names that always mean the caller.
static CALLER: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^_?(current|auth(ed|enticated|orized)?|logged(_?in)?|signed(_?in)?|session|request(ing|er)?|acting|my|me|jwt|token)_?(user|account|customer|member|admin|profile|principal|person|employee|patient|tenant|org(anization)?|company)(_?(id|uuid|name|email))?$",
        r"|^(principal|viewer|requester|requestor|caller|actor|identity|claims|jwt_?payload|token_?payload|decoded(_?token)?|auth_?(context|info|data)|session_?data|me)$",
    ))
    .ok()
});
/// Members that mean the caller on what carries a request.
static MEMBER: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^(user|users?_?id|uid|username|auth|account(_?id)?|customer(_?id)?|member(_?id)?|session|identity|principal|credentials|claims|jwt|jwt_?payload|token_?data|decoded",
        r"|tenant(_?id)?|org(ani[sz]ation)?(_?id)?|company(_?id)?|workspace(_?id)?|team(_?id)?|role|roles|permissions|scopes?|email|patient(_?id)?|vendor(_?id)?|seller(_?id)?|employee(_?id)?|profile(_?id)?|staff|ability|kauth|oidc|current_?\w+|auth_?\w+)$",
    ))
    .ok()
});
/// What carries a request or the caller.
static CARRIER: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)^(req|request|ctx|context|c|session|sess|g|state|locals|auth|event|socket|client_?context|info|root|http_?request|request_?context|flask_?session|user_?session|store|als|cls|env|var|vars|user|claims|decoded|payload|token|credentials|passport|res|response)$").ok()
});
/// Functions that give the caller.
static GIVES: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^(get|require|fetch|load|resolve|extract|read|use|assert|ensure|verify|validate|decode|check|parse)?_?(the)?_?(current|auth(enticated|orized)?|logged(_?in)?|signed(_?in)?|session|request|server|jwt|token|access_?token|id_?token|bearer|my|caller|my)_?(user|account|customer|member|session|identity|auth|claims|payload|id|uid|subject|principal|token|tenant|org)?(_?(id|from|by)\w*)?$",
        r"|^(get_?)?(current_?user|user_?id|identity|jwt_?identity|server_?session|claims|principal)(_?(from|of|or)\w*)?$",
        r"|^(auth|authenticate|get_?user|get_?user_?from\w*|get_?session|get_?auth|get_?token|get_?claims|jwt_?decode|jwt_?verify|verify_?jwt|verify_?token|verify_?id_?token|decode_?token|whoami|unauthenticated_?userid|authenticated_?userid)$",
    ))
    .ok()
});
/// Calls that decide whether somebody may do something.
static DECIDES: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(check|verify|assert|ensure|require|validate|has|can|is|may|test|enforce|must)_?\w*(owner|access|permission|perm(s|ission)?|allowed|authori[sz]|belongs?|member(ship)?|participant|ability|tenant|privilege)",
        r"|^(authori[sz]e\w*|owns\w*|is_?owner\w*|is_?mine|belongs_?to\w*|can|cannot|cant|ability|abort_?if_?not\w*|forbid_?unless\w*|allow_?if\w*|permit\w*|(can|may)_?(view|edit|read|write|update|delete|see|modify|manage|access)\w*|has_?object_?permission|check_?object_?permissions|get_?objects_?for_?user|for_?user|owned_?by|visible_?to|accessible_?by|scoped\w*|with_?tenant|scope_?to\w*)$",
    ))
    .ok()
});
/// Calls in which the caller's name is no decision: logs, answers, pages.
static TELLS: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)^(log|info|debug|warn|warning|error|trace|exception|json|send|render|render_?template|end|write|print|jsonify|next|status|redirect|set|setHeader|header|emit|track|capture\w*|record_?event|audit\w*|log_?\w+|str|string|toString|int|Number|flash|set_?user|boolean|bool|parseInt)$")
    .ok()
});

impl Run<'_, '_> {
    /// Whether code that the match comes through ties what it touches to the caller.
    pub(crate) fn is_tied(&self, spot: &Spot) -> bool {
        let mut seen: FxHashSet<(UnitId, BodyId)> = FxHashSet::default();
        let mut open: Vec<(UnitId, BodyId, usize)> = Vec::new();
        for (unit, body) in self.bodies_on_way(spot) {
            let root = self.outermost(unit, body);
            for inner in self.nest(unit, root) {
                if seen.insert((unit, inner)) {
                    open.push((unit, inner, 0));
                }
            }
        }
        let mut at = 0;
        while at < open.len() && at < MAX_BODIES {
            let (unit, body, depth) = open[at];
            at += 1;
            if self.ties(unit, body) {
                return true;
            }
            if depth < DEPTH {
                for function in self.called_from(unit, body) {
                    if seen.insert(function) {
                        open.push((function.0, function.1, depth + 1));
                    }
                }
            }
        }
        false
    }

    /// The bodies that a flow comes through, or that of the match; of a match of a route its handler.
    fn bodies_on_way(&self, spot: &Spot) -> Vec<(UnitId, BodyId)> {
        let mut found = vec![(spot.unit, spot.function.unwrap_or(spot.body))];
        if let Some(handler) = spot.route.and_then(|route| self.handler_of(route)) {
            found.push(handler);
        }
        if let Some(flow) = self.flow_of(spot) {
            found.push((flow.source.site.unit, flow.source.site.body));
            found.extend(self.taint().explain(flow).iter().map(|step| (step.site.unit, step.site.body)));
        }
        found.retain(|&(_, body)| body != BodyId::MODULE);
        found
    }

    fn outermost(&self, unit: UnitId, body: BodyId) -> BodyId {
        let module = &self.facts.program.unit(unit).module;
        let mut at = body;
        while let Some(parent) = module.body(at).parent
            && matches!(module.body(parent).kind, BodyKind::Function | BodyKind::Lambda)
            && !self.surface.is_handler(unit, at)
        {
            at = parent;
        }
        at
    }

    /// A body and those written in it.
    fn nest(&self, unit: UnitId, root: BodyId) -> Vec<BodyId> {
        let module = &self.facts.program.unit(unit).module;
        let around = module.body(root).span;
        let inside = (0..module.bodies.len()).map(|at| BodyId(at as u32));
        inside
            .filter(|&id| id == root || id != BodyId::MODULE && around.contains(module.body(id).span))
            .take(MAX_BODIES)
            .collect()
    }

    fn called_from(&self, unit: UnitId, body: BodyId) -> Vec<(UnitId, BodyId)> {
        let mut found = Vec::new();
        for &value in self.facts.program.body(unit, body).blocks.ops() {
            if let Some(call) = self.facts.call_at(Site { unit, body, value }) {
                found.extend(call.functions.iter().copied());
            }
        }
        found
    }

    /// Whether a body ties something to the caller; asked once for each, however many findings lie in it.
    fn ties(&self, unit: UnitId, body: BodyId) -> bool {
        let known = self.ties.borrow().get(&(unit, body)).copied();
        known.unwrap_or_else(|| {
            let found = self.looks_at_caller(unit, body);
            self.ties.borrow_mut().insert((unit, body), found);
            found
        })
    }

    fn looks_at_caller(&self, unit: UnitId, body: BodyId) -> bool {
        let ops = self.facts.program.body(unit, body).blocks.ops().iter();
        ops.copied().any(|value| {
            let site = Site { unit, body, value };
            self.decides(site) || self.is_caller(site) && self.is_decisive(site)
        })
    }

    /// A call whose name says that it decides whether the caller may.
    fn decides(&self, site: Site) -> bool {
        let Op::Call { args, .. } = self.facts.program.op(site) else { return false };
        !args.is_empty() && self.facts.name_of(site).is_some_and(|name| is_match(&DECIDES, &name))
    }

    /// Whether a value is who the caller is, or a part of that.
    fn is_caller(&self, site: Site) -> bool {
        let program = self.facts.program;
        let to = |value| Site { value, ..site };
        match program.op(site) {
            Op::Load(base, _) => {
                let Some(name) = self.facts.name_of(site) else { return false };
                if is_match(&CALLER, &name) {
                    return true;
                }
                is_match(&MEMBER, &name) && self.carries(to(*base))
            }
            Op::Call { callee, args, .. } => {
                let Some(name) = self.facts.name_of(to(*callee)) else { return false };
                // `session.get("user_id")`
                let by_key = matches!(name.as_str(), "get" | "pop" | "getItem")
                    && args
                        .first()
                        .and_then(|arg| self.facts.name_of(to(arg.value)))
                        .is_some_and(|key| is_match(&MEMBER, &key))
                    && self.facts.receiver(site).is_some_and(|receiver| self.carries(receiver));
                by_key || is_match(&GIVES, &name)
            }
            Op::Param(_) => {
                let Some(name) = self.facts.name_of(site) else { return false };
                is_match(&CALLER, &name) || name == "user" && self.is_given_by_call(site)
            }
            Op::Outer(..) | Op::Global(_) | Op::Import(_) => {
                self.facts.name_of(site).is_some_and(|name| is_match(&CALLER, &name))
            }
            _ => false,
        }
    }

    /// Whether a parameter's default is a call: `user = Depends(…)`.
    fn is_given_by_call(&self, site: Site) -> bool {
        let module = &self.facts.program.unit(site.unit).module;
        let body = module.body(site.body);
        let Op::Param(index) = self.facts.program.op(site) else { return false };
        body.params.get(*index as usize).is_some_and(|param| {
            param
                .default
                .is_some_and(|default| matches!(module.body(default.body).ops[default.value.index()], Op::Call { .. }))
        })
    }

    fn carries(&self, base: Site) -> bool {
        match self.facts.program.op(base) {
            Op::Assign(..)
            | Op::Param(_)
            | Op::Outer(..)
            | Op::Global(_)
            | Op::Import(_)
            | Op::Load(..)
            | Op::Call { .. }
            | Op::Await(_) => {
                self.facts.name_of(base).is_some_and(|name| is_match(&CARRIER, &name) || is_match(&CALLER, &name))
            }
            Op::This => true,
            _ => false,
        }
    }

    /// Whether a value gets into a comparison, a selection or a call that is more than an answer.
    fn is_decisive(&self, from: Site) -> bool {
        let program = self.facts.program;
        let mut open = vec![from];
        let mut seen: FxHashSet<Site> = open.iter().copied().collect();
        let mut at = 0;
        while at < open.len() && at < MAX_VALUES {
            let site = open[at];
            at += 1;
            for user in self.uses.of(program, site) {
                let goes_on = match program.op(user) {
                    Op::Binary(
                        BinaryOp::Eq
                        | BinaryOp::NotEq
                        | BinaryOp::StrictEq
                        | BinaryOp::StrictNotEq
                        | BinaryOp::In
                        | BinaryOp::NotIn
                        | BinaryOp::Is
                        | BinaryOp::IsNot,
                        ..,
                    ) => {
                        if self.is_against_something(user, site) {
                            return true;
                        }
                        false
                    }
                    Op::Call { callee, .. } => {
                        let name = self.facts.name_of(Site { value: *callee, ..user }).unwrap_or_default();
                        let is_method_of_it = *callee == site.value;
                        if !is_method_of_it && !is_match(&TELLS, &name) {
                            return true;
                        }
                        is_method_of_it
                            || matches!(name.as_str(), "str" | "String" | "toString" | "int" | "Number" | "parseInt")
                    }
                    Op::Load(_, Key::Member(_) | Key::Item(_) | Key::Index(_))
                    | Op::Assign(..)
                    | Op::Await(_)
                    | Op::Concat(_)
                    | Op::Dict(_)
                    | Op::List(..)
                    | Op::Phi(_)
                    | Op::Binary(..) => true,
                    Op::StoreOuter(owner, var, _) => {
                        let reads = self.uses.outer_reads(self.facts, user.unit, *owner, *var);
                        open.extend(reads.iter().filter(|read| seen.insert(**read)));
                        false
                    }
                    _ => false,
                };
                if goes_on && seen.insert(user) {
                    if let Op::Assign(var, _) = program.op(user) {
                        let reads = self.uses.outer_reads(self.facts, user.unit, user.body, *var);
                        open.extend(reads.iter().filter(|read| seen.insert(**read)));
                    }
                    open.push(user);
                }
            }
        }
        false
    }

    /// Whether the other side of a comparison is more than a constant: `user === null` says nothing of the record.
    fn is_against_something(&self, comparison: Site, side: Site) -> bool {
        let Op::Binary(_, left, right) = self.facts.program.op(comparison) else { return false };
        let other = if *left == side.value { *right } else { *left };
        let constant = matches!(self.facts.program.op(Site { value: other, ..comparison }), Op::Const(_));
        !constant
    }
}
