//! Mappings from outside put over entries that the program has set: `{ owner: me, ...body }`, `record.update(body)`.

use lunette_lang::ir::{Arg, ArgKind, Entry, Key, Op, ValueId};

use super::KindSet;
use super::emit::{Emitter, OwnKinds};
use super::scan::Scan;

impl Scan<'_, '_> {
    /// A literal mapping into which another is spread behind entries that matter.
    pub(super) fn emit_replaced(&mut self, value: ValueId, own: OwnKinds, out: &mut Emitter) {
        if own.replace.is_empty() {
            return;
        }
        let Op::Dict(entries) = self.op(value) else { return };
        let mut set = false;
        for entry in entries {
            match *entry {
                Entry::Pair(Key::Member(name) | Key::Item(name), _) => set |= self.matters(self.name(name)),
                Entry::Pair(..) => {}
                Entry::Spread(from) if set => {
                    let facts = self.used(from, value);
                    self.harm(value, from, &facts, own.replace, false, out);
                }
                Entry::Spread(_) => {}
            }
        }
    }

    /// `record.update(other)` and `Object.assign(record, other)` with a record written in this body.
    pub(super) fn emit_updated(
        &mut self,
        value: ValueId,
        callee: ValueId,
        args: &[Arg],
        own: OwnKinds,
        out: &mut Emitter,
    ) {
        let Op::Load(base, Key::Member(name)) = *self.op(callee) else { return };
        let (record, others) = match (self.name(name), args) {
            ("update", args) => (base, args),
            ("assign", [first, rest @ ..]) => (first.value, rest),
            _ => return,
        };
        if own.replace.is_empty() || !self.is_record(record) {
            return;
        }
        for other in others.iter().filter(|arg| arg.kind == ArgKind::Positional || arg.kind == ArgKind::SpreadNamed) {
            let facts = self.used(other.value, value);
            self.harm(value, other.value, &facts, own.replace, false, out);
        }
    }

    /// Whether a value is a literal mapping with an entry that matters.
    fn is_record(&self, value: ValueId) -> bool {
        let Op::Dict(entries) = self.op(self.canon[value.index()]) else { return false };
        entries.iter().any(|entry| match *entry {
            Entry::Pair(Key::Member(name) | Key::Item(name), _) => self.matters(self.name(name)),
            _ => false,
        })
    }

    /// Whether an entry of this name is one that nobody outside may set.
    fn matters(&self, name: &str) -> bool {
        self.env
            .models
            .taint
            .guarded_keys
            .as_ref()
            .is_some_and(|(kinds, keys)| *kinds != KindSet::default() && keys.is_match(name))
    }
}
