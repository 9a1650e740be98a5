//! What tests show of the values they test.

use lunette_lang::ir::{Arg, BinaryOp, BlockId, Key, Op, Part, Terminator, UnaryOp, ValueId};

use super::guards::{Guards, Marks, Shown, State, Tests, both, show};
use std::rc::Rc;

use smallvec::SmallVec;

use super::scan::Scan;
use super::texts;
use super::{KindSet, binding, calls};
use crate::access::AccessPath;
use crate::constant::Value;
use crate::know::Origin;
use crate::methods::{Method, is_harmless_type, is_measure};
use crate::models::{Good, Test};
use crate::program::Site;

/// Deepest nesting of conditions that is looked into.
const MAX_DEPTH: usize = 6;
/// How often a part may be a part of a part: `urlparse(urljoin(base, address)).netloc`.
const MAX_WHOLES: usize = 4;
/// Most values joined in a condition that is looked into.
const MAX_SIDES: usize = 8;

impl Scan<'_, '_> {
    /// The guards of this body.
    pub(crate) fn find_guards(&mut self) -> Guards {
        let order = std::mem::take(&mut self.order);
        // Without a branch or a call there is nothing that tests anything.
        let guards = if self.body.blocks.len() > 1 || self.calls_tests() {
            Guards::new(self.body, &order, self)
        } else {
            Guards::default()
        };
        self.order = order;
        guards
    }

    fn calls_tests(&self) -> bool {
        self.body.ops.iter().any(|op| matches!(op, Op::Call { .. }))
    }

    pub(super) fn constant(&self, value: ValueId) -> Option<Rc<Value>> {
        self.folding.constant(self.env, self.site(value))
    }

    pub(super) fn text(&self, value: ValueId) -> Option<String> {
        match &*self.constant(value)? {
            Value::Str(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// The value behind copies.
    pub(super) fn plain(&self, mut value: ValueId) -> ValueId {
        while let Op::Assign(_, from) | Op::Await(from) = self.op(value) {
            value = *from;
        }
        value
    }

    fn condition(&mut self, cond: ValueId, truth: bool, depth: usize) -> State {
        if depth == 0 || self.left == 0 {
            return State::new();
        }
        self.left -= 1;
        let cond = self.plain(cond);
        match self.op(cond) {
            Op::Unary(UnaryOp::Not, inner) => self.condition(*inner, !truth, depth - 1),
            Op::Binary(op, left, right) => self.comparison(*op, *left, *right, truth),
            Op::Phi(operands) => self.either(cond, operands, truth, depth),
            Op::Call { callee, args, .. } => self.call_shows(cond, *callee, args, Some(truth)),
            Op::Load(base, Key::Member(_)) => self.part_shows(cond, *base, truth),
            _ => State::new(),
        }
    }

    /// What a part of what a testing call gave shows of what was tested: `schema.validate(x).error`.
    fn part_shows(&mut self, part: ValueId, base: ValueId, truth: bool) -> State {
        let mut state = State::new();
        let made = self.plain(base);
        if !matches!(self.op(made), Op::Call { .. }) {
            return state;
        }
        let call = self.site(made);
        for (node, _) in self.env.facts.api(self.site(part)) {
            for test in self.env.models.taint.tests.get(&node).into_iter().flatten() {
                self.model_shows(call, test, Some(truth), &mut state);
            }
        }
        state
    }

    /// `a and b`, `a or b`, kept in a variable: what all ways show that can give this truth value.
    fn either(&mut self, phi: ValueId, operands: &[ValueId], truth: bool, depth: usize) -> State {
        // `and` and `or` have two sides; what has many is something else.
        if operands.len() > MAX_SIDES {
            return State::new();
        }
        let block = self.block_of(phi);
        let mut state: Option<State> = None;
        for (at, &operand) in operands.iter().enumerate() {
            let Some(&pred) = self.body.block(block).preds.get(at) else { continue };
            if self.constant(operand).is_some_and(|value| value.is_truthy() != truth) {
                continue;
            }
            // The operand is what decided this way: `a` of `a and b` comes this way only when it is false.
            if let Terminator::Branch { cond, then, other } = self.body.block(pred).end
                && then != other
                && self.plain(cond) == self.plain(operand)
                && (block == then) != truth
            {
                continue;
            }
            let mut here = self.condition(operand, truth, depth - 1);
            if let [only] = *self.body.block(pred).preds
                && let Terminator::Branch { cond, then, other } = self.body.block(only).end
                && then != other
            {
                for shown in self.condition(cond, pred == then, depth - 1) {
                    show(&mut here, shown);
                }
            }
            state = Some(state.map_or_else(|| here.clone(), |state| both(&state, &here)));
        }
        state.unwrap_or_default()
    }

    fn comparison(&mut self, op: BinaryOp, left: ValueId, right: ValueId, truth: bool) -> State {
        use BinaryOp::{Eq, Gt, GtEq, In, InstanceOf, Is, IsNot, Lt, LtEq, NotEq, NotIn, StrictEq, StrictNotEq};
        match op {
            Eq | StrictEq | Is => self.equality(left, right, truth),
            NotEq | StrictNotEq | IsNot => self.equality(left, right, !truth),
            In => self.membership(left, right, truth),
            NotIn => self.membership(left, right, !truth),
            InstanceOf if truth => self.type_test(left, right),
            // `x.indexOf("..") >= 0`, `> -1`, `< 0`
            Gt | GtEq | Lt | LtEq => match (self.constant(right).as_deref(), op) {
                (Some(Value::Int(-1)), Gt) | (Some(Value::Int(0)), GtEq) => self.found(left, truth),
                (Some(Value::Int(0)), Lt) => self.found(left, !truth),
                (Some(Value::Int(0)), Gt) => self.counted(left, truth),
                // A number below a fixed one.
                (Some(Value::Int(_)), _) if matches!(op, Lt | LtEq) == truth => {
                    let kinds = self.env.models.taint.bounded;
                    let mut state = State::new();
                    show(&mut state, Shown::harmless(self.canon[left.index()], kinds));
                    // A text that is no longer than that.
                    if let Op::Load(text, Key::Member(name)) = *self.op(self.plain(left))
                        && is_measure(self.name(name))
                    {
                        let kinds = self.env.models.taint.bounded_length;
                        show(&mut state, Shown::harmless(self.canon[text.index()], kinds));
                    }
                    state
                }
                _ => State::new(),
            },
            _ => State::new(),
        }
    }

    fn equality(&mut self, left: ValueId, right: ValueId, truth: bool) -> State {
        let mut state = State::new();
        for (value, other) in [(left, right), (right, left)] {
            let constant = self.constant(other);
            match (constant.as_deref(), self.op(self.plain(value))) {
                (Some(Value::Int(-1)), Op::Call { .. }) => {
                    for shown in self.found(value, !truth) {
                        show(&mut state, shown);
                    }
                }
                (Some(Value::Str(text)), Op::Unary(UnaryOp::TypeOf, of)) if truth => {
                    let kinds = match text.as_str() {
                        "string" => self.env.models.taint.objects_only,
                        text if is_harmless_type(text) => KindSet::ALL,
                        _ => continue,
                    };
                    show(&mut state, Shown::harmless(self.canon[of.index()], kinds));
                }
                // Not one of the few values that do harm.
                (Some(Value::Str(text)), _) if !truth => {
                    let models = &self.env.models.taint;
                    let kinds = texts::without(models, text) & models.exact;
                    show(&mut state, Shown::harmless(self.canon[value.index()], kinds));
                }
                // Equal to `null` is harmless, but so is nothing that differs from it.
                (Some(_), _) if truth => self.fixed(value, None, &mut state),
                (None, _) if truth => self.fixed(value, Some(other), &mut state),
                _ => {}
            }
        }
        state
    }

    /// A value was found equal to something fixed (or to something, unless that is untrusted itself).
    fn fixed(&mut self, value: ValueId, unless: Option<ValueId>, state: &mut State) {
        for canon in self.spellings(value) {
            show(state, Shown { unless, ..Shown::harmless(canon, KindSet::ALL) });
        }
        // The host of one address compared with that of another: that this server is the one asked for is told by the
        // request, but not by whoever made the other address.
        let unless = unless.filter(|&other| self.whole_of(other).is_empty());
        for shown in self.whole_of(value) {
            show(state, Shown { unless, ..shown });
        }
    }

    /// Whether a value is a path without `.` and `..`.
    pub(super) fn is_normal(&self, value: ValueId) -> bool {
        let normalisers = &self.env.models.taint.normalisers;
        let plain = self.plain(value);
        self.called(plain).is_some_and(|target| target.api().any(|node| normalisers.contains(&node)))
    }

    /// A value and what it was converted from: what is shown of `String(x)` is shown of `x`.
    pub(super) fn spellings(&self, value: ValueId) -> SmallVec<[ValueId; 2]> {
        let mut found = SmallVec::from_slice(&[self.canon[value.index()]]);
        let mut at = self.plain(value);
        for _ in 0..3 {
            at = match self.op(at) {
                Op::Call { callee, args, .. } => match (self.op(*callee), &**args) {
                    (Op::Global(name), [arg]) if matches!(self.name(*name), "String" | "str") => self.plain(arg.value),
                    (Op::Load(base, Key::Member(name)), []) if self.name(*name) == "toString" => self.plain(*base),
                    _ => break,
                },
                Op::Concat(parts) => match &**parts {
                    [Part::Value(inner)] => self.plain(*inner),
                    _ => break,
                },
                _ => break,
            };
            found.push(self.canon[at.index()]);
        }
        found
    }

    /// The values that this one is a telling part of (the host of a URL).
    pub(super) fn whole_of(&mut self, value: ValueId) -> State {
        self.whole(value, MAX_WHOLES)
    }

    fn whole(&mut self, value: ValueId, depth: usize) -> State {
        let mut state = State::new();
        if depth == 0 {
            return state;
        }
        for origin in self.origins(self.plain(value)) {
            let Origin::Api(node, made) = *origin else { continue };
            for component in self.env.models.taint.components.get(&node).into_iter().flatten() {
                for site in self.env.facts.follow(made, &component.of).sites() {
                    let here = (site.unit, site.body) == (self.unit, self.id);
                    if here && (!component.normalised || self.is_normal(site.value)) {
                        for value in self.spellings(site.value) {
                            show(&mut state, Shown::harmless(value, component.clears));
                        }
                        // What the whole itself tells of: `urlparse(urljoin(base, address)).netloc`.
                        for shown in self.whole(site.value, depth - 1) {
                            show(&mut state, Shown { kinds: shown.kinds & component.clears, ..shown });
                        }
                    }
                }
            }
        }
        // A text operation on the part: `host.lower()`.
        if state.is_empty()
            && let Op::Call { callee, .. } = self.op(self.plain(value))
            && let Op::Load(base, Key::Member(name)) = self.op(*callee)
            && self.method(*name) == Some(Method::Text)
            && *base != value
        {
            return self.whole(*base, depth - 1);
        }
        state
    }

    pub(super) fn membership(&mut self, item: ValueId, container: ValueId, truth: bool) -> State {
        let mut state = State::new();
        let text = self.text(container);
        if let Some(part) = self.text(item) {
            if text.is_none() && !truth {
                self.lacks(container, &part, &mut state);
            }
        } else if truth {
            // In a fixed text, or in a collection that does not come from outside.
            let unless = if text.is_some() || self.constant(container).is_some() { None } else { Some(container) };
            self.fixed(item, unless, &mut state);
        } else {
            self.none_of(item, container, &mut state);
        }
        state
    }

    /// A value was found not to hold a text.
    fn lacks(&mut self, value: ValueId, text: &str, state: &mut State) {
        let kinds = texts::without(&self.env.models.taint, text);
        show(state, Shown::harmless(self.canon[value.index()], kinds));
        if let Op::Slice(whole, [Some(start), Some(end)]) = *self.op(self.plain(value))
            && matches!(
                (self.constant(start).as_deref(), self.constant(end).as_deref()),
                (Some(Value::Int(1)), Some(Value::Int(-1)))
            )
        {
            self.mark(whole, text, Marks::CLEAN, state);
        }
    }

    /// One step of showing that a value is a quoted literal.
    pub(super) fn mark(&self, value: ValueId, text: &str, step: u8, state: &mut State) {
        let marks = Marks::of(text, step);
        show(state, Shown { marks, ..Shown::harmless(self.canon[value.index()], KindSet::default()) });
    }

    /// `x.indexOf("..")` found something (or not).
    fn found(&mut self, call: ValueId, truth: bool) -> State {
        let mut state = State::new();
        if let Some((name, base, args)) = self.method_call(call)
            && matches!(name, "indexOf" | "lastIndexOf" | "find" | "rfind" | "search")
            && let [arg] = args
        {
            match self.constant(arg.value).as_deref() {
                Some(Value::Str(text)) if !truth => self.lacks(base, text, &mut state),
                None if truth => self.fixed(arg.value, Some(base), &mut state),
                None => self.none_of(arg.value, base, &mut state),
                _ => {}
            }
        }
        state
    }

    /// `x.count("..")` counted something (or not).
    fn counted(&mut self, call: ValueId, truth: bool) -> State {
        let mut state = State::new();
        if let Some(("count", base, [arg])) = self.method_call(call)
            && let Some(text) = self.text(arg.value)
            && !truth
        {
            self.lacks(base, &text, &mut state);
        }
        state
    }

    fn method_call(&self, call: ValueId) -> Option<(&'_ str, ValueId, &'_ [Arg])> {
        let Op::Call { callee, args, .. } = self.op(self.plain(call)) else { return None };
        match self.op(*callee) {
            Op::Load(base, Key::Member(name)) => Some((self.name(*name), *base, args)),
            _ => None,
        }
    }

    fn type_test(&mut self, value: ValueId, ty: ValueId) -> State {
        let mut state = State::new();
        let mut types = vec![ty];
        if let Op::List(_, items) = self.op(self.plain(ty)) {
            types = items.iter().map(|item| item.value).collect();
        }
        let names: Vec<String> = types.iter().filter_map(|ty| self.env.facts.name_of(self.site(*ty))).collect();
        if names.is_empty() || names.len() != types.len() {
            return state;
        }
        let kinds = if names.iter().all(|name| is_harmless_type(name)) {
            KindSet::ALL
        } else if names.iter().all(|name| name == "str") {
            self.env.models.taint.objects_only
        } else {
            return state;
        };
        show(&mut state, Shown::harmless(self.canon[value.index()], kinds));
        state
    }

    /// What a call shows of its arguments and its receiver: by its truth value, or (`None`) by coming back.
    fn call_shows(&mut self, call: ValueId, callee: ValueId, args: &[Arg], truth: Option<bool>) -> State {
        let mut state = State::new();
        let site = self.site(call);
        let target = self.target(callee);
        for node in target.api() {
            for test in self.env.models.taint.tests.get(&node).into_iter().flatten() {
                self.model_shows(site, test, truth, &mut state);
            }
        }
        for (at, of) in target.functions().enumerate() {
            let shown = self.function_shows(callee, args, of, truth);
            if at == 0 {
                state.extend(shown);
            } else {
                state = both(&state, &shown);
            }
        }
        if let (Op::Load(base, Key::Member(name)), Some(truth)) = (self.op(callee), truth) {
            self.method_shows(self.name(*name), *base, args, truth, &mut state);
        }
        if let (Op::Global(name), Some(true), [value, ty]) = (self.op(callee), truth, args)
            && self.name(*name) == "isinstance"
        {
            for shown in self.type_test(value.value, ty.value) {
                show(&mut state, shown);
            }
        }
        state
    }

    fn model_shows(&mut self, call: Site, test: &Test, truth: Option<bool>, state: &mut State) {
        let good = match test.good {
            Good::True => truth == Some(true),
            Good::False => truth == Some(false),
            Good::Throws => truth.is_none(),
        };
        let pattern = test.pattern.as_ref().map(|path| self.pattern_at(call, path));
        let mut kinds = if good { test.clears } else { KindSet::default() };
        if let Some(Some(pattern)) = pattern {
            let kept = self.state.patterns.of(&self.env.models.taint, &pattern, self.module.language, test.anchoring);
            kinds |= match truth {
                Some(true) => kept.refused,
                Some(false) => kept.caught,
                None => KindSet::default(),
            };
        }
        for path in &test.at {
            for value in binding::values(self, call.value, path) {
                if test.normalised && !self.is_normal(value) {
                    continue;
                }
                show(state, Shown::harmless(self.canon[value.index()], kinds));
            }
        }
    }

    /// The constant regular expression at a path of a call.
    pub(crate) fn pattern_at(&self, call: Site, path: &AccessPath) -> Option<Value> {
        let found = self.env.facts.follow(call, path);
        let [site] = found.sites() else { return None };
        self.env.facts.single(*site)
    }

    fn function_shows(&mut self, callee: ValueId, args: &[Arg], of: calls::BodyKey, truth: Option<bool>) -> State {
        let mut state = State::new();
        let Some(summary) = self.state.summary(self.env.number(of.0, of.1)) else { return state };
        if summary.shows.is_empty() {
            return state;
        }
        let shows = summary.shows.clone();
        let bound = binding::bind(self, of, callee, args);
        for shown in shows {
            let kinds = match truth {
                Some(true) => shown.when_true,
                Some(false) => shown.when_false,
                None => shown.always,
            };
            for (_, value) in bound.iter().filter(|(param, _)| *param == shown.param) {
                show(&mut state, Shown::harmless(self.canon[value.index()], kinds));
            }
        }
        state
    }
}

impl Tests for Scan<'_, '_> {
    fn shown(&mut self, cond: ValueId, truth: bool) -> State {
        self.condition(cond, truth, MAX_DEPTH)
    }

    fn after(&mut self, value: ValueId) -> State {
        match self.op(value) {
            Op::Call { callee, args, .. } => {
                let mut state = self.call_shows(value, *callee, args, None);
                if let Some(cond) = self.asserted(*callee, args) {
                    for shown in self.condition(cond, true, MAX_DEPTH) {
                        show(&mut state, shown);
                    }
                }
                state
            }
            _ => State::new(),
        }
    }

    fn passes(&self, from: BlockId, to: BlockId) -> bool {
        self.folding.edge(from, to)
    }
}
