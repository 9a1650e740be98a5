//! What a function of the project proves about a request when it runs before a handler.
//!
//! A heuristic on structure, careful by design: a function proves something only when it can end the request (it
//! calls what a model names a denial, raises, or answers 401 or 403) **and** either asks something that a model names
//! a check (a verified token, the session's user) or is named like a guard (`requireAuth`, `isAdmin`). A name alone
//! proves nothing, and neither does a check whose outcome cannot stop the request.

use lunette_core::project::Proves;
use lunette_lang::ir::{BinaryOp, BodyId, Const, Key, Op, Terminator, ValueId};
use regex::Regex;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::sync::LazyLock;

use super::scene::{Context, Scene};
use crate::access::AccessPath;
use crate::api::NodeId;
use crate::know::Origin;
use crate::models::RouteModels;
use crate::program::{Site, UnitId};

/// How deep calls of a guard are followed.
const DEPTH: usize = 3;
/// Most bodies of a guard that are looked at.
const MAX_BODIES: usize = 40;

static NAMED_AUTHENTICATED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)auth(\b|_|entic|guard|ed\b|required|user|token|middleware|check|handler|n\b)",
        r"|log(ged)?_?in|signed_?in|require_?user|current_?user|(verify|check|validate|require)_?(session|token|jwt|user|access|api_?key|bearer)",
        r"|session_?(required|check|guard)|protect(ed)?\b|jwt|token_?required|is_?user\b",
    ))
    .ok()
});
static NAMED_AUTHORIZED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)admin|role|permission|privilege|authori[sz]e|is_?authori[sz]|staff|superuser|is_?owner|access_?level|allowed_?to|\bcan[A-Z_]|acl\b|rbac").ok()
});
static PRIVILEGE_KEY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)admin|role|permission|privilege|scope|staff|superuser").ok());

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// Whether a name alone says that it has to do with who the caller is.
pub(super) fn sounds_like_guard(name: &str) -> bool {
    matches(&NAMED_AUTHENTICATED, name) || matches(&NAMED_AUTHORIZED, name)
}

/// What was seen in a function.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// It can end the request.
    pub(super) denies: bool,
    /// It tests a privilege.
    privilege: bool,
    /// What its checks prove when it denies, and what they prove by themselves.
    pub(super) checked: Option<Proves>,
    pub(super) enforced: Option<Proves>,
    enforced_at: Option<Site>,
    /// A call that verifies a token or asks who the caller is.
    verified: Option<Site>,
    /// It answers that input is not valid.
    rejects_input: bool,
}

/// What a handler checks, and where.
type Checked = (Proves, Site);

/// Verdicts by function.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    checks: FxHashMap<NodeId, Vec<usize>>,
    denials: FxHashMap<NodeId, Vec<Option<AccessPath>>>,
    known: RefCell<FxHashMap<(UnitId, BodyId), Proves>>,
    /// Functions that test a privilege, whatever they are called.
    privileged: RefCell<FxHashSet<(UnitId, BodyId)>>,
    inside: RefCell<FxHashMap<(UnitId, BodyId), Option<Checked>>>,
}

impl Verdicts {
    pub(super) fn new(models: &RouteModels) -> Self {
        let mut verdicts = Verdicts::default();
        for (at, check) in models.checks.iter().enumerate() {
            for &node in &check.nodes {
                verdicts.checks.entry(node).or_default().push(at);
            }
        }
        for (node, needs) in &models.denials {
            verdicts.denials.entry(*node).or_default().push(needs.clone());
        }
        verdicts
    }
}

impl Scene<'_> {
    /// What a function proves when it runs before a handler.
    pub(super) fn verdict(&self, unit: UnitId, body: BodyId) -> Proves {
        if let Some(&known) = self.verdicts.known.borrow().get(&(unit, body)) {
            return known;
        }
        let mut seen = Seen::default();
        for (unit, body) in self.graph.reached((unit, body), DEPTH).into_iter().take(MAX_BODIES) {
            self.look(unit, body, &mut seen);
        }
        let name = self.full_name(unit, body);
        let verdict = conclude(&seen, &name);
        if seen.privilege && seen.denies {
            self.verdicts.privileged.borrow_mut().insert((unit, body));
        }
        self.verdicts.known.borrow_mut().insert((unit, body), verdict);
        verdict
    }

    /// Whether a function tests a privilege: made by a call that says which (`auth("manageUsers")`), it asks for more
    /// than who calls.
    pub(super) fn tests_privilege(&self, unit: UnitId, body: BodyId) -> bool {
        self.verdict(unit, body) == Proves::Authenticated && self.verdicts.privileged.borrow().contains(&(unit, body))
    }

    /// What a handler itself checks before it goes on, with the place of the check: a test on which it refuses, or a
    /// verification that refuses by itself or fails on what is not valid.
    pub(super) fn checked_inside(&self, unit: UnitId, body: BodyId) -> Option<(Proves, Site)> {
        if let Some(known) = self.verdicts.inside.borrow().get(&(unit, body)) {
            return *known;
        }
        let found = self.checked_in(&self.graph.reached((unit, body), 2));
        self.verdicts.inside.borrow_mut().insert((unit, body), found);
        found
    }

    /// What these bodies check before they go on.
    pub(super) fn checked_in(&self, bodies: &[(UnitId, BodyId)]) -> Option<(Proves, Site)> {
        let mut found: Option<(Proves, Site)> = None;
        for &(unit, body) in bodies.iter().take(MAX_BODIES) {
            let mut seen = Seen::default();
            self.look(unit, body, &mut seen);
            let verified = match (seen.enforced, seen.verified) {
                (Some(proves), _) => seen.enforced_at.map(|at| (proves, at)),
                (None, Some(at)) if seen.denies => Some((Proves::Authenticated, at)),
                _ => None,
            };
            for (proves, at) in [self.refusing_test(unit, body), verified].into_iter().flatten() {
                let better =
                    found.is_none_or(|(known, _)| known == Proves::Authenticated && proves == Proves::Authorized);
                if better && matches!(proves, Proves::Authenticated | Proves::Authorized) {
                    found = Some((proves, at));
                }
            }
        }
        found
    }

    /// The function's own name, its class's, and the names of the functions around it.
    fn full_name(&self, unit: UnitId, body: BodyId) -> String {
        let module = &self.facts.program.unit(unit).module;
        let mut name = String::new();
        let mut at = Some(body);
        while let Some(id) = at {
            let function = module.body(id);
            // `canActivate` is what every guard of its framework is called.
            if id != BodyId::MODULE && module.name(function.name) != "canActivate" {
                name.push_str(module.name(function.name));
                name.push(' ');
            }
            if let Some(class) = function.class {
                name.push_str(module.name(module.classes[class.index()].name));
                name.push(' ');
            }
            at = function.parent;
        }
        name
    }

    /// Looks at one body.
    pub(super) fn look(&self, unit: UnitId, body: BodyId, seen: &mut Seen) {
        for block in self.facts.program.body(unit, body).blocks.iter() {
            if matches!(block.end, Terminator::Throw) {
                seen.denies = true;
            }
            for &value in block.ops {
                self.look_at(Site { unit, body, value }, seen);
            }
        }
    }

    /// Looks at one operation; whether it is a check.
    pub(super) fn look_at(&self, site: Site, seen: &mut Seen) -> bool {
        let to = |value: ValueId| Site { value, ..site };
        let module = &self.facts.program.unit(site.unit).module;
        match self.facts.program.op(site) {
            Op::Const(Const::Int(401 | 403)) => seen.denies = true,
            Op::Const(Const::Int(400 | 422)) => seen.rejects_input = true,
            Op::Throw(_) => seen.denies = true,
            Op::Call { callee, args, .. } => {
                // `session.get("user")` reads a key, too.
                let mut read = false;
                if let (Op::Load(base, Key::Member(name)), Some(first)) =
                    (self.facts.program.op(to(*callee)), args.first())
                    && module.name(*name) == "get"
                    && let Some(key) = self.facts.possible(to(first.value)).single_str()
                {
                    seen.privilege |= matches(&PRIVILEGE_KEY, key);
                    read = self.check(to(*base), Some(key), seen);
                }
                for &origin in self.facts.known.origins(to(*callee)) {
                    let Origin::Api(node, _) = origin else { continue };
                    for needs in self.verdicts.denials.get(&node).into_iter().flatten() {
                        if needs
                            .as_ref()
                            .is_none_or(|path| !self.follow(site, path, &Context::default(), None).is_empty())
                        {
                            seen.denies = true;
                        }
                    }
                }
                return read | self.check(to(*callee), None, seen) | self.check(site, None, seen);
            }
            Op::Load(base, key) => {
                let key = match key {
                    Key::Member(name) | Key::Item(name) => Some(module.name(*name)),
                    _ => None,
                };
                if key.is_some_and(|key| matches(&PRIVILEGE_KEY, key)) {
                    seen.privilege = true;
                }
                return self.check(to(*base), key, seen) | self.check(site, None, seen);
            }
            Op::Binary(BinaryOp::In | BinaryOp::NotIn, left, right) => {
                let key = self.facts.possible(to(*left)).single_str().map(str::to_owned);
                return key.is_some() && self.check(to(*right), key.as_deref(), seen);
            }
            _ => {}
        }
        false
    }

    /// Whether a value is what a model names a check: itself when no key is asked for, by key otherwise.
    fn check(&self, value: Site, key: Option<&str>, seen: &mut Seen) -> bool {
        let mut found = false;
        for &origin in self.facts.known.origins(value) {
            let Origin::Api(node, _) = origin else { continue };
            for &at in self.verdicts.checks.get(&node).into_iter().flatten() {
                let check = &self.models.checks[at];
                let hit = match (&check.keys, key) {
                    (Some(pattern), Some(key)) => pattern.is_match(key),
                    (None, None) => true,
                    _ => false,
                };
                if hit {
                    if check.enforces {
                        seen.enforced_at = seen.enforced_at.or(Some(value));
                    } else if check.keys.is_none()
                        && check.proves == Proves::Authenticated
                        && matches!(self.facts.program.op(value), Op::Call { .. })
                    {
                        seen.verified = seen.verified.or(Some(value));
                    }
                    let slot = if check.enforces { &mut seen.enforced } else { &mut seen.checked };
                    *slot = Some(slot.map_or(check.proves, |known| stronger(known, check.proves)));
                    found = true;
                }
            }
        }
        found
    }
}

/// Authorisation says more than authentication, and either more than anything else.
fn stronger(one: Proves, other: Proves) -> Proves {
    let rank = |proves: Proves| match proves {
        Proves::Authorized => 0,
        Proves::Authenticated => 1,
        _ => 2,
    };
    if rank(other) < rank(one) { other } else { one }
}

fn conclude(seen: &Seen, name: &str) -> Proves {
    let identity = |proves: Proves| matches!(proves, Proves::Authenticated | Proves::Authorized);
    let checks = [seen.enforced, seen.checked.filter(|_| seen.denies)];
    let checked = checks.into_iter().flatten().find(|proves| identity(*proves));
    let authorizes = seen.denies && matches(&NAMED_AUTHORIZED, name);
    match checked {
        Some(Proves::Authorized) => return Proves::Authorized,
        Some(_) if seen.denies && (authorizes || seen.privilege && !matches(&NAMED_AUTHENTICATED, name)) => {
            return Proves::Authorized;
        }
        Some(proves) => return proves,
        None => {}
    }
    if authorizes {
        return Proves::Authorized;
    }
    if seen.denies && matches(&NAMED_AUTHENTICATED, name) {
        return Proves::Authenticated;
    }
    if let Some(proves) = seen.enforced {
        return proves;
    }
    if let Some(proves) = seen.checked.filter(|_| seen.denies || seen.rejects_input) {
        return proves;
    }
    Proves::Unknown
}
