//! Tables of regular expressions: `RULES[i].pattern`, `PATTERNS[name]`, `for (const rule of RULES) rule.pattern`. Which
//! entry is meant is decided while the program runs, so that all of them are told, and that there may be others.

use lunette_lang::ir::{Entry, Key, Language, Op, ValueId};

use super::{Folder, Possible, Value};
use crate::know::Origin;
use crate::program::Site;

/// Deepest nesting of tables looked into.
const MAX_NESTING: u32 = 4;
/// Most entries of tables looked at for one question.
const MAX_ENTRIES: usize = 256;

/// Which entries of a table are asked for.
enum Wanted {
    Named(String),
    Any,
}

impl Folder<'_> {
    /// The regular expressions that a read of a key may give.
    pub(super) fn expressions(&mut self, site: Site, base: ValueId, key: Key, depth: u32) -> Possible {
        let wanted = self.wanted(site, key);
        let mut all = Possible::unknown();
        let tables = self.tables(Site { value: base, ..site }, MAX_NESTING);
        for entry in self.entries(&tables, &wanted) {
            if self.work == 0 {
                break;
            }
            let found = self.value(entry, depth);
            let values = found.values.into_iter().filter(|value| matches!(value, Value::Regex { .. })).collect();
            all.add(Possible { values, complete: false });
        }
        all
    }

    /// `new RegExp("text", "i")`, where this call is one.
    pub(super) fn constructed(&mut self, site: Site, callee: ValueId, depth: u32) -> Option<Possible> {
        let module = &self.program.unit(site.unit).module;
        let (Op::Global(name), Op::Call { args, .. }) =
            (self.program.op(Site { value: callee, ..site }), self.program.op(site))
        else {
            return None;
        };
        if module.name(*name) != "RegExp" || module.language != Language::JavaScript {
            return None;
        }
        let mut texts = args.iter().map(|arg| self.value(Site { value: arg.value, ..site }, depth).single().cloned());
        let (first, second) = (texts.next().flatten(), texts.next());
        let flags = match second {
            None => None,
            Some(Some(Value::Str(flags))) => Some(flags),
            Some(_) => return Some(Possible::unknown()),
        };
        Some(match first {
            Some(Value::Str(pattern)) => Possible::one(Value::Regex { pattern, flags: flags.unwrap_or_default() }),
            Some(Value::Regex { pattern, flags: own }) => {
                Possible::one(Value::Regex { pattern, flags: flags.unwrap_or(own) })
            }
            _ => Possible::unknown(),
        })
    }

    fn wanted(&self, site: Site, key: Key) -> Wanted {
        match key {
            Key::Member(name) | Key::Item(name) => {
                Wanted::Named(self.program.unit(site.unit).module.name(name).to_owned())
            }
            Key::Index(index) => Wanted::Named(index.to_string()),
            Key::Value(_) => Wanted::Any,
        }
    }

    /// The literal lists and mappings that a value may be.
    fn tables(&mut self, site: Site, nesting: u32) -> Vec<Site> {
        if nesting == 0 || self.work == 0 {
            return Vec::new();
        }
        self.work -= 1;
        let at = |value: ValueId| Site { value, ..site };
        match self.program.op(site) {
            Op::List(..) | Op::Dict(_) => vec![site],
            Op::Assign(_, from) => self.tables(at(*from), nesting),
            Op::Load(base, key) => {
                let wanted = self.wanted(site, *key);
                self.inner(at(*base), &wanted, nesting)
            }
            Op::Element(from) => self.inner(at(*from), &Wanted::Any, nesting),
            _ => self.literals(site),
        }
    }

    /// The tables that lie in another one.
    fn inner(&mut self, outer: Site, wanted: &Wanted, nesting: u32) -> Vec<Site> {
        let tables = self.tables(outer, nesting - 1);
        let mut found = Vec::new();
        for entry in self.entries(&tables, wanted) {
            match self.program.op(entry) {
                Op::List(..) | Op::Dict(_) => found.push(entry),
                _ => found.extend(self.literals(entry)),
            }
        }
        found.truncate(MAX_ENTRIES);
        found
    }

    fn literals(&self, site: Site) -> Vec<Site> {
        let literal = |origin: &Origin| match *origin {
            Origin::Literal(literal) if matches!(self.program.op(literal), Op::List(..) | Op::Dict(_)) => Some(literal),
            _ => None,
        };
        self.known.origins(site).iter().filter_map(literal).collect()
    }

    fn entries(&self, tables: &[Site], wanted: &Wanted) -> Vec<Site> {
        let mut found = Vec::new();
        for &table in tables {
            let module = &self.program.unit(table.unit).module;
            let at = |value: ValueId| Site { value, ..table };
            match self.program.op(table) {
                Op::List(_, items) => match wanted {
                    Wanted::Any => found.extend(items.iter().map(|item| at(item.value))),
                    Wanted::Named(name) => {
                        let index = name.parse::<usize>().ok();
                        found.extend(index.and_then(|index| items.get(index)).map(|item| at(item.value)));
                    }
                },
                Op::Dict(entries) => {
                    for entry in entries {
                        let Entry::Pair(key, value) = *entry else { continue };
                        let fits = match (wanted, key) {
                            (Wanted::Named(wanted), Key::Member(name) | Key::Item(name)) => module.name(name) == wanted,
                            (Wanted::Named(wanted), Key::Index(index)) => *wanted == index.to_string(),
                            (Wanted::Named(_), Key::Value(_)) => false,
                            (Wanted::Any, _) => true,
                        };
                        if fits {
                            found.push(at(value));
                        }
                    }
                }
                _ => {}
            }
            if found.len() >= MAX_ENTRIES {
                found.truncate(MAX_ENTRIES);
                break;
            }
        }
        found
    }
}
