//! Harm done by single entries: the role in a record that is stored, the id in a condition that selects records.

use lunette_lang::ir::{ArgKind, BinaryOp, Entry, Key, Op, ValueId};

use super::KindSet;
use super::binding::values;
use super::emit::Emitter;
use super::fact::{Fact, Facts, Flags};
use super::path::{KeyId, PathId};
use super::scan::Scan;
use super::statement::placeholders;
use crate::access::{AccessPath, Start};
use crate::constant::Value;
use crate::know::Origin;
use crate::models::{Kind, Sink};
use crate::program::Site;

/// Entries inside an entry that stand for it: `{ id: { equals: x } }`, `{ owner: { connect: { id: x } } }`.
const INNER: [&str; 7] = ["$eq", "equals", "eq", "in", "set", "connect", "id"];

impl Scan<'_, '_> {
    /// A sink whose entries do the harm, those that its kinds name.
    pub(super) fn emit_fields(&mut self, value: ValueId, sink: &Sink, out: &mut Emitter) {
        let models = self.env.models;
        for at in sink.kinds.indices() {
            let Some(kind) = models.taint.kinds.get(at) else { continue };
            let harm = KindSet::one(at);
            for path in &sink.at {
                match &sink.statement {
                    Some(statement) => self.emit_bound(value, sink, kind, harm, (path, statement), out),
                    None => self.emit_entries(value, path, kind, harm, out),
                }
            }
        }
    }

    fn emit_entries(&mut self, value: ValueId, path: &AccessPath, kind: &Kind, harm: KindSet, out: &mut Emitter) {
        for (from, facts) in self.along(value, path) {
            let mut named = self.written(from, &facts, kind);
            for name in &kind.fields {
                let key = self.state.pools.paths.key(name);
                let under = self.under(&facts, key).into_iter().filter(|fact| fact.path.is_empty());
                named.push((self.entry(from, name), under.collect()));
            }
            for (entry, facts) in named {
                self.harm(value, entry, &facts, harm, false, out);
            }
        }
        // `where(Order.id == order_id)`
        for compared in values(self, value, path) {
            if let Op::Binary(BinaryOp::Eq, left, right) = *self.op(self.canon[compared.index()])
                && let Op::Load(_, Key::Member(name)) = *self.op(left)
                && names(kind, self.name(name))
            {
                let facts = self.used(right, value);
                self.harm(value, right, &facts, harm, false, out);
            }
        }
        let Op::Call { args, .. } = self.op(value) else { return };
        if !matches!(&path.start, Start::Arg { name: Some(name), .. } if name == "**") {
            return;
        }
        for arg in args {
            if let ArgKind::Named(name) = arg.kind
                && names(kind, self.name(name))
            {
                let facts = self.used(arg.value, value);
                self.harm(value, arg.value, &facts, harm, false, out);
            }
        }
    }

    /// The facts about entries whose names are written here, by entry.
    fn written(&self, from: ValueId, facts: &Facts, kind: &Kind) -> Vec<(ValueId, Facts)> {
        let Some(like) = &kind.fields_like else { return Vec::new() };
        let paths = &self.state.pools.paths;
        let wanted = |keys: &[KeyId]| match keys {
            [first, rest @ ..] => {
                let name = paths.text(*first);
                let stands = |key: &KeyId| INNER.contains(&paths.text(*key)) || *key == KeyId::ELEMENT;
                (like.is_match(name) && rest.iter().all(stands)).then(|| self.entry(from, name))
            }
            [] => None,
        };
        let named = facts.iter().filter(|fact| !fact.flags.has(Flags::CHOSEN));
        named
            .filter_map(|fact| {
                let entry = wanted(&paths.keys(fact.path).collect::<Vec<_>>())?;
                Some((entry, std::iter::once(Fact { path: PathId::EMPTY, ..*fact }).collect()))
            })
            .collect()
    }

    /// What is written as an entry of a mapping: the way of its own is told, not that of another entry with data of the
    /// same source. The whole where that is not seen.
    fn entry(&self, whole: ValueId, name: &str) -> ValueId {
        let Op::Dict(entries) = self.op(self.canon[whole.index()]) else { return whole };
        let named = entries.iter().rev().find_map(|entry| match *entry {
            Entry::Pair(Key::Member(key) | Key::Item(key), value) if self.name(key) == name => Some(value),
            _ => None,
        });
        named.filter(|value| !self.facts[value.index()].is_empty()).unwrap_or(whole)
    }

    /// The values bound to a statement's placeholders.
    fn emit_bound(
        &mut self,
        value: ValueId,
        sink: &Sink,
        kind: &Kind,
        harm: KindSet,
        (path, statement): (&AccessPath, &AccessPath),
        out: &mut Emitter,
    ) {
        let held = self.along(value, path);
        if held.is_empty() {
            return;
        }
        let Some(text) = self.statement(value, statement) else { return };
        let Op::Call { args, .. } = self.op(value) else { return };
        for bound in placeholders(&text) {
            if sink.clause.is_some_and(|clause| clause != bound.clause) || !names(kind, &bound.column) {
                continue;
            }
            if let Start::ArgsFrom(first) = path.start {
                // Each argument is bound to one placeholder.
                let given = bound.key.parse::<usize>().ok().and_then(|at| args.get(first + at));
                if let Some(arg) = given {
                    let facts = self.used(arg.value, value);
                    self.harm(value, arg.value, &facts, harm, false, out);
                }
                continue;
            }
            let key = self.state.pools.paths.key(&bound.key);
            for (from, facts) in &held {
                let facts = self.under(facts, key);
                self.harm(value, *from, &facts, harm, false, out);
            }
        }
    }

    /// The constant text of a statement; of `text("…")` that which it is given.
    fn statement(&self, value: ValueId, path: &AccessPath) -> Option<String> {
        let facts = self.env.facts;
        let text = |site| {
            facts.possible(site).values.into_iter().find_map(|value| match value {
                Value::Str(text) => Some(text),
                _ => None,
            })
        };
        let given = |made: Site| match facts.program.op(made) {
            Op::Call { args, .. } => text(Site { value: args.first()?.value, ..made }),
            _ => None,
        };
        let sites = facts.follow(self.site(value), path);
        sites.sites().iter().find_map(|&site| {
            let wrapped = match facts.program.op(site) {
                Op::Assign(_, from) | Op::Await(from) => Site { value: *from, ..site },
                _ => site,
            };
            text(site).or_else(|| given(wrapped)).or_else(|| {
                facts.known.origins(site).iter().find_map(|origin| match *origin {
                    Origin::Api(_, made) => given(made),
                    _ => None,
                })
            })
        })
    }
}

/// Whether a kind speaks of entries of this name, in any spelling.
fn names(kind: &Kind, name: &str) -> bool {
    kind.fields.iter().any(|field| field.eq_ignore_ascii_case(name))
        || kind.fields_like.as_ref().is_some_and(|like| like.is_match(name))
}
