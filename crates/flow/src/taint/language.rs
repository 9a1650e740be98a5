//! Calls that neither the project nor a model answers: the languages' own methods, and everything else.

use lunette_lang::ir::{Arg, ArgKind, Key, Language, Op, ValueId};

use super::fact::{Fact, Facts, Flags};
use super::path::KeyId;
use super::scan::Scan;
use super::{KindSet, texts};
use crate::constant::Value;
use crate::methods::{Method, is_lookup, method};
use crate::pattern::Anchoring;

impl Scan<'_, '_> {
    /// A call that neither the project nor a model answers: the languages' own methods by name, else everything is
    /// taken to be passed on.
    pub(super) fn language_call(&mut self, value: ValueId, callee: ValueId, args: &[Arg]) {
        let (name, base) = match *self.op(callee) {
            Op::Load(base, Key::Member(name)) => (Some(self.name(name)), Some(base)),
            Op::Global(name) => (Some(self.name(name)), None),
            _ => (None, None),
        };
        if let (Some(name), Some(base)) = (name, base)
            && let Some(method) = method(name)
        {
            self.language_method(value, base, method, name, args);
            return;
        }
        // A record that is looked up is not the key that it was found by.
        let args = if name.is_some_and(is_lookup) { &[] } else { args };
        let given = || base.into_iter().chain(args.iter().map(|arg| arg.value));
        if !given().fold(false, |any, from| any | !self.facts_of(from).is_empty()) {
            return;
        }
        let own_name = name.map(str::to_owned).or_else(|| self.env.facts.name_of(self.site(callee)));
        let cleared = own_name.map_or_else(KindSet::default, |name| texts::named(&self.env.models.taint, &name));
        let unknown =
            |fact: Fact| Fact { cleared: fact.cleared | cleared, flags: fact.flags.with(Flags::ASSUMED), ..fact };
        for from in given() {
            let facts = self.used(from, value);
            let facts = Self::made_of(facts).into_iter().map(unknown).collect();
            self.put_all(value, from, facts);
        }
    }

    pub(super) fn language_method(&mut self, value: ValueId, base: ValueId, method: Method, name: &str, args: &[Arg]) {
        let mut receiver = self.used(base, value);
        if matches!(name, "slice" | "substring" | "substr")
            && args.len() == 2
            && args.iter().all(|arg| self.is_number(arg.value))
        {
            let short = self.env.models.taint.bounded_length;
            receiver.iter_mut().for_each(|fact| fact.cleared |= short);
        }
        match method {
            Method::Text => {
                let facts = self.text_of(receiver);
                self.put_all(value, base, facts);
            }
            Method::Joined => {
                let first = self.state.pools.paths.key("0");
                let later = |fact: &Fact| self.state.pools.paths.keys(fact.path).next().is_some_and(|key| key != first);
                let (behind, before): (Facts, Facts) = receiver.into_iter().partition(later);
                for facts in [self.text_of(before), Self::behind(self.text_of(behind))] {
                    self.put_all(value, base, facts);
                }
                for arg in args {
                    let facts = self.used(arg.value, value);
                    let facts = Self::behind(self.text_of(facts));
                    self.put_all(value, arg.value, facts);
                }
            }
            Method::Content | Method::Filters => {
                let loose = |fact: Fact| {
                    let whole = fact.path.is_empty() && fact.flags.has(Flags::EXACT);
                    Fact {
                        flags: if whole { fact.flags.without(Flags::EXACT).with(Flags::DEEP) } else { fact.flags },
                        ..fact
                    }
                };
                self.put_all(value, base, receiver.into_iter().map(loose).collect());
            }
            Method::Element => {
                let facts = self.under(&receiver, KeyId::ANY);
                self.put_all(value, base, facts);
            }
            Method::Entry => {
                let key = match args.first().and_then(|arg| self.constant_key(arg.value)) {
                    Some(text) => self.state.pools.paths.key(&text),
                    None => KeyId::ANY,
                };
                let facts = self.under(&receiver, key);
                self.put_all(value, base, facts);
                if let Some(otherwise) = args.get(1) {
                    let facts = self.used(otherwise.value, value);
                    self.put_all(value, otherwise.value, facts);
                }
            }
            Method::Merged => {
                self.put_all(value, base, receiver);
                for arg in args {
                    let facts = self.used(arg.value, value);
                    self.put_all(value, arg.value, facts);
                }
            }
            Method::Adds => {
                for arg in args {
                    let facts = self.used(arg.value, value);
                    self.put_into(base, KeyId::ANY, &facts, arg.value);
                }
            }
            Method::Extends => {
                for arg in args {
                    let facts = self.used(arg.value, value);
                    let owner = self.canon[base.index()];
                    match arg.kind {
                        ArgKind::Named(name) => {
                            let key = self.named(name);
                            self.put_into(base, key, &facts, arg.value);
                        }
                        _ => self.put_all(owner, arg.value, facts),
                    }
                }
            }
            Method::Puts => {
                if let [key, what, ..] = args {
                    let key = match self.constant_key(key.value) {
                        Some(text) => self.state.pools.paths.key(&text),
                        None => KeyId::ANY,
                    };
                    let facts = self.used(what.value, value);
                    self.put_into(base, key, &facts, what.value);
                }
            }
            Method::Replaces => self.replaces(value, base, receiver, name, args),
            Method::Then => self.put_all(value, base, receiver),
            Method::Invokes => self.borrowed(value, base, name == "apply", args),
            Method::Nothing | Method::Maps | Method::Visits | Method::Folds => {}
        }
    }

    fn is_number(&self, value: ValueId) -> bool {
        matches!(self.folding.constant(self.env, self.site(value)).as_deref(), Some(Value::Int(_)))
    }

    fn replaces(&mut self, value: ValueId, base: ValueId, receiver: Facts, name: &str, args: &[Arg]) {
        let pattern = args.first().and_then(|arg| self.folding.constant(self.env, self.site(arg.value)));
        let language = self.module.language;
        let everywhere = name == "replaceAll";
        let replaced = match pattern.as_deref() {
            Some(Value::Regex { flags, .. }) if flags.contains('g') || everywhere => pattern.as_deref().cloned(),
            Some(Value::Str(text)) if (language == Language::Python || everywhere) && !text.is_empty() => {
                Some(Value::Str(regex::escape(text)))
            }
            _ => None,
        };
        let cleared = replaced.map_or_else(KindSet::default, |pattern| {
            self.state.patterns.of(&self.env.models.taint, &pattern, language, Anchoring::Anywhere).caught
        });
        let facts =
            self.text_of(receiver).into_iter().map(|fact| Fact { cleared: fact.cleared | cleared, ..fact }).collect();
        self.put_all(value, base, facts);
        if let Some(by) = args.get(1) {
            let facts = self.used(by.value, value);
            let facts = self.text_of(facts);
            self.put_all(value, by.value, facts);
        }
    }
}
