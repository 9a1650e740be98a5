//! Names as numbers across the program: each module numbers its own.

use compact_str::CompactString;
use lunette_lang::ir::NameId;
use rustc_hash::FxHashMap;

use crate::api::{ApiTrie, Word};
use crate::program::{Program, UnitId};

/// A name, the same number in all modules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Name(u32);

/// The name under which a CommonJS module's whole export is kept.
pub(super) const WHOLE: Name = Name(0);
/// `default`.
pub(super) const DEFAULT: Name = Name(1);
/// `prototype`.
pub(super) const PROTOTYPE: Name = Name(2);
/// `*`: all names of a module.
pub(super) const ALL: Name = Name(3);

/// Not looked up yet.
const NEW: u32 = u32::MAX;

/// The names that were asked for.
#[derive(Debug, Default)]
pub(super) struct Names {
    texts: Vec<CompactString>,
    ids: FxHashMap<CompactString, Name>,
    /// What the trie calls them.
    words: Vec<Option<Word>>,
    /// The names of each module, as far as they were asked for.
    of_unit: Vec<Vec<u32>>,
}

impl Names {
    pub(super) fn new(program: &Program, trie: &ApiTrie) -> Self {
        let of_unit = program.units.iter().map(|unit| vec![NEW; unit.module.names.len()]).collect();
        let mut names = Names { of_unit, ..Names::default() };
        for text in ["module.exports", "default", "prototype", "*"] {
            names.intern(text, trie);
        }
        names
    }

    pub(super) fn intern(&mut self, text: &str, trie: &ApiTrie) -> Name {
        if let Some(&name) = self.ids.get(text) {
            return name;
        }
        let name = Name(self.texts.len() as u32);
        self.texts.push(CompactString::new(text));
        self.ids.insert(CompactString::new(text), name);
        self.words.push(trie.word(text));
        name
    }

    /// A module's name.
    pub(super) fn of(&mut self, program: &Program, trie: &ApiTrie, unit: UnitId, id: NameId) -> Name {
        let known = self.of_unit[unit.0 as usize][id.index()];
        if known != NEW {
            return Name(known);
        }
        let name = self.intern(program.unit(unit).module.name(id), trie);
        self.of_unit[unit.0 as usize][id.index()] = name.0;
        name
    }

    /// A name that was asked for before.
    pub(super) fn find(&self, text: &str) -> Option<Name> {
        self.ids.get(text).copied()
    }

    pub(super) fn text(&self, name: Name) -> &str {
        &self.texts[name.0 as usize]
    }

    /// What the trie calls a name.
    pub(super) fn word(&self, name: Name) -> Option<Word> {
        self.words[name.0 as usize]
    }

    /// Forgets what only the analysis itself needs.
    pub(super) fn shrink(&mut self) {
        self.of_unit = Vec::new();
        self.words = Vec::new();
        self.texts = Vec::new();
        self.ids.shrink_to_fit();
    }
}
