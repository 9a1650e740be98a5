//! Imports, exports, members and elements.

use lunette_lang::ir::{
    ArgKind, BodyId, ClassId, Const, Entry, ExportValue, ImportForm, ImportId, ImportItem, Key, Language, NameId, Op,
    ValueId, VarId,
};

use rustc_hash::FxHashSet;

use super::names::{ALL, DEFAULT, Name, PROTOTYPE, WHOLE};
use super::sets::Set;
use super::slots::Slot;
use super::{Origin, Origins, Tracker, merge};
use crate::methods::{is_measure, method};
use crate::program::{Site, Target, UnitId};

/// Most members looked up inside one another: through spread mappings, modules that export modules, base classes.
const MAX_NESTING: usize = 64;
/// Longest chain of base classes that is followed.
const MAX_BASES: usize = 12;

impl Tracker<'_> {
    pub(super) fn import(&mut self, unit: UnitId, id: ImportId, value: ValueId) -> Origins {
        let program = self.program;
        let module = &program.unit(unit).module;
        let import = &module.imports[id.index()];
        let item = import.item;
        match *program.target(unit, id) {
            Target::Unit(target) => match item {
                ImportItem::Named(name) => {
                    let name = self.name(unit, name);
                    self.exported(target, name)
                }
                ImportItem::Default => self.exported(target, DEFAULT),
                ImportItem::Module if import.form == ImportForm::Require => self.whole(target),
                ImportItem::Module | ImportItem::Star | ImportItem::Effect => {
                    Origins::from_slice(&[Origin::Module(target)])
                }
            },
            Target::Package(ref package) => {
                let site = self.site(value);
                let name = match item {
                    ImportItem::Named(name) => Some(module.name(name)),
                    _ => None,
                };
                self.package(module.language, package, name, site)
            }
        }
    }

    /// A package's value; in Python `flask.views` is the member `views` of `flask`.
    pub(super) fn package(&self, language: Language, package: &str, name: Option<&str>, site: Site) -> Origins {
        let mut steps: Vec<&str> = match language {
            Language::Python => package.split('.').collect(),
            Language::JavaScript => vec![package],
        };
        let root = steps.remove(0);
        // The name `import.meta` is two members.
        steps.extend(name.filter(|name| *name != "default").into_iter().flat_map(|name| name.split('.')));
        let mut node = self.trie.package(language, root);
        for step in steps {
            // A package that is another one under a new name (`lodash-es`) has that one's members.
            node = node.and_then(|node| {
                let word = self.trie.word(step)?;
                self.trie.member(self.canonical(node), word).or_else(|| self.trie.member(node, word))
            });
        }
        node.map(|node| Origins::from_slice(&[Origin::Api(self.canonical(node), site)])).unwrap_or_default()
    }

    /// A name that no scope declares.
    pub(super) fn global(&mut self, unit: UnitId, name: NameId, value: ValueId) -> Origins {
        let program = self.program;
        let module = &program.unit(unit).module;
        let text = module.name(name);
        let language = module.language;
        let mut set = Origins::new();
        for at in 0..self.stars[unit.0 as usize].len() {
            let import = self.stars[unit.0 as usize][at];
            let found = match program.target(unit, import) {
                Target::Unit(target) => {
                    let name = self.name(unit, name);
                    self.exported(*target, name)
                }
                Target::Package(package) => self.package(language, package, Some(text), self.site(value)),
            };
            merge(&mut set, &found);
        }
        if set.is_empty() {
            let root = match language {
                Language::Python => "builtins",
                Language::JavaScript => "globalThis",
            };
            set = self.package(language, root, Some(text), self.site(value));
        }
        set
    }

    /// What a module of the project exports under a name.
    pub(super) fn exported(&mut self, unit: UnitId, name: Name) -> Origins {
        let mut set = self.read(Slot::Export(unit, name));
        if set.is_empty() && self.program.unit(unit).module.language == Language::JavaScript {
            let whole = self.read(Slot::Export(unit, WHOLE));
            if name == DEFAULT {
                return whole;
            }
            for origin in whole {
                let found = self.member_of(origin, name);
                merge(&mut set, &found);
            }
            if set.is_empty() {
                set = self.of_star(unit, name);
            }
        }
        if let Some(module) = self.submodule(unit, name) {
            merge(&mut set, &[Origin::Module(module)]);
        }
        set
    }

    fn submodule(&mut self, unit: UnitId, name: Name) -> Option<UnitId> {
        let program = self.program;
        if !program.unit(unit).path.ends_with("__init__.py") {
            return None;
        }
        let names = &self.names;
        *self.submodules.entry((unit, name)).or_insert_with(|| program.submodule(unit, names.text(name)))
    }

    /// What `require` of a module of the project gives.
    fn whole(&mut self, unit: UnitId) -> Origins {
        let mut set = self.read(Slot::Export(unit, WHOLE));
        merge(&mut set, &[Origin::Module(unit)]);
        set
    }

    /// Publishes a module's exports.
    pub(super) fn publish_exports(&mut self, unit: UnitId) {
        let program = self.program;
        let module = &program.unit(unit).module;
        if module.language == Language::Python {
            let vars = &module.body(BodyId::MODULE).vars;
            // Only what grew since the last time is passed on.
            let mut before = self.passed_on.remove(&unit).unwrap_or_else(|| vec![Set::default(); vars.len()]);
            for (at, var) in vars.iter().enumerate() {
                let set = self.read_set(Slot::Var(unit, BodyId::MODULE, VarId(at as u32)));
                if set != std::mem::replace(&mut before[at], set) {
                    let name = self.name(unit, var.name);
                    self.write_set(Slot::Export(unit, name), set);
                }
            }
            self.passed_on.insert(unit, before);
            for at in 0..self.stars[unit.0 as usize].len() {
                self.export_all(unit, self.stars[unit.0 as usize][at]);
            }
            return;
        }
        for export in &module.exports {
            let name = self.name(unit, export.name);
            let origins = match export.value {
                ExportValue::Value(at) => self.depend(unit, at),
                ExportValue::Var(var) => self.read(Slot::Var(unit, BodyId::MODULE, var)),
                ExportValue::Import(import) if name == ALL => {
                    self.export_all(unit, import);
                    continue;
                }
                ExportValue::Import(import) => self.import(unit, import, ValueId(0)),
            };
            self.write(Slot::Export(unit, name), &origins);
        }
    }

    /// `export * from`, `from … import *`: passes on every export of another module of the project.
    fn export_all(&mut self, unit: UnitId, import: ImportId) {
        let program = self.program;
        let Target::Unit(target) = *program.target(unit, import) else { return };
        let module = &program.unit(target).module;
        let names: Vec<NameId> = match module.language {
            Language::Python => module.body(BodyId::MODULE).vars.iter().map(|var| var.name).collect(),
            Language::JavaScript => module.exports.iter().map(|export| export.name).collect(),
        };
        for name in names {
            let name = self.name(target, name);
            if !matches!(name, DEFAULT | ALL | WHOLE) {
                let origins = self.exported(target, name);
                self.write(Slot::Export(unit, name), &origins);
            }
        }
    }

    pub(super) fn load(&mut self, base: ValueId, key: Key) -> Origins {
        let bases = self.get(base);
        let mut set = Origins::new();
        match key {
            Key::Member(name) | Key::Item(name) => {
                let text = self.name(self.current.0, name);
                let listed = {
                    let text = self.program.unit(self.current.0).module.name(name);
                    method(text).is_some() || is_measure(text)
                };
                for origin in bases {
                    let mut found = self.member_of(origin, text);
                    // A key that nobody speaks of is as good as any other; a member, where it is no method of lists:
                    // `client.database.collection`.
                    if found.is_empty() && matches!(origin, Origin::Api(..)) && (matches!(key, Key::Item(_)) || !listed)
                    {
                        found = self.element_of(origin, None);
                    }
                    merge(&mut set, &found);
                }
            }
            Key::Index(index) => {
                for origin in bases {
                    let found = self.element_of(origin, usize::try_from(index).ok());
                    merge(&mut set, &found);
                }
            }
            Key::Value(at) => {
                let name = match self.get(at).as_slice() {
                    &[Origin::Literal(site)] => self.string(site),
                    _ => None,
                };
                for origin in bases {
                    let found = match name {
                        Some(name) => self.member_of(origin, name),
                        None => self.element_of(origin, None),
                    };
                    merge(&mut set, &found);
                }
            }
        }
        set
    }

    fn string(&mut self, site: Site) -> Option<Name> {
        match *self.program.op(site) {
            Op::Const(Const::Str(name)) => Some(self.name(site.unit, name)),
            _ => None,
        }
    }

    /// A member of something.
    pub(super) fn member_of(&mut self, origin: Origin, name: Name) -> Origins {
        // Mappings that are spread into each other and modules that export each other lead round in circles; within
        // one question nothing is looked up twice.
        if self.nesting == 0 {
            self.looked_up.clear();
        } else if self.nesting >= MAX_NESTING || !self.looked_up.insert((origin, name)) {
            return Origins::new();
        }
        self.nesting += 1;
        let set = self.member_within(origin, name);
        self.nesting -= 1;
        set
    }

    fn member_within(&mut self, origin: Origin, name: Name) -> Origins {
        match origin {
            Origin::Api(node, site) => self.api_member(node, name, site),
            Origin::Module(unit) => self.exported(unit, name),
            Origin::Class(unit, class) => self.class_member(unit, class, name, false),
            Origin::Instance(unit, class) => self.class_member(unit, class, name, true),
            Origin::Function(..) if name == PROTOTYPE => Origins::from_slice(&[origin]),
            Origin::Function(unit, body) => self.read(Slot::Attribute(unit, body, name)),
            Origin::Literal(site) => self.entry(site, name),
        }
    }

    fn api_member(&self, node: crate::api::NodeId, name: Name, site: Site) -> Origins {
        let found = self.names.word(name).and_then(|word| self.trie.member(node, word));
        match found {
            Some(member) => Origins::from_slice(&[Origin::Api(self.canonical(member), site)]),
            // CommonJS and ESM name the same thing with and without `.default`.
            None if name == DEFAULT => Origins::from_slice(&[Origin::Api(node, site)]),
            None => Origins::new(),
        }
    }

    fn class_member(&mut self, unit: UnitId, class: ClassId, name: Name, instance: bool) -> Origins {
        let mut set = Origins::new();
        // Nearest first, each class once: mixins make the ways to one class multiply.
        let mut seen = FxHashSet::from_iter([(unit, class)]);
        let mut level = vec![(unit, class)];
        for depth in 0..=MAX_BASES + 1 {
            let mut next = Vec::new();
            for &(unit, class) in &level {
                let module = &self.program.unit(unit).module;
                let own = module.names.find(self.names.text(name));
                if let Some(&(_, body)) =
                    module.classes[class.index()].methods.iter().find(|(method, _)| Some(*method) == own)
                {
                    merge(&mut set, &[Origin::Function(unit, body)]);
                    continue;
                }
                let own = self.read(Slot::Field(unit, class, name));
                if !own.is_empty() || depth > MAX_BASES {
                    merge(&mut set, &own);
                    continue;
                }
                for base in self.bases(unit, class) {
                    match base {
                        Origin::Class(unit, class) if seen.insert((unit, class)) => next.push((unit, class)),
                        Origin::Api(node, site) => {
                            let owner = if instance {
                                self.trie.call(node).map(|node| self.canonical(node))
                            } else {
                                Some(node)
                            };
                            let found = owner.map(|owner| self.api_member(owner, name, site)).unwrap_or_default();
                            merge(&mut set, &found);
                        }
                        _ => {}
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            level = next;
        }
        set
    }

    /// The bases of a class, as far as they are known.
    pub(super) fn bases(&mut self, unit: UnitId, class: ClassId) -> Origins {
        let mut set = Origins::new();
        for base in self.program.unit(unit).module.classes[class.index()].bases.clone() {
            let origins = self.depend(unit, base);
            merge(&mut set, &origins);
        }
        set
    }

    /// The value under a key of a literal mapping, and what was stored there later.
    fn entry(&mut self, site: Site, name: Name) -> Origins {
        let mut set = self.read(Slot::Key(site, name));
        let Op::Dict(entries) = self.program.op(site) else { return set };
        let module = &self.program.unit(site.unit).module;
        let own = module.names.find(self.names.text(name));
        let mut spreads = Vec::new();
        let mut found = None;
        for entry in entries {
            match *entry {
                Entry::Pair(Key::Item(key) | Key::Member(key), value) if Some(key) == own => found = Some(value),
                Entry::Spread(value) => spreads.push(value),
                Entry::Pair(..) => {}
            }
        }
        let at = |value| lunette_lang::ir::ValueRef { body: site.body, value };
        if let Some(value) = found {
            let origins = self.depend(site.unit, at(value));
            merge(&mut set, &origins);
        } else {
            for spread in spreads {
                for origin in self.depend(site.unit, at(spread)) {
                    if origin != Origin::Literal(site) {
                        let inner = self.member_of(origin, name);
                        merge(&mut set, &inner);
                    }
                }
            }
        }
        set
    }

    pub(super) fn element(&mut self, from: ValueId) -> Origins {
        let mut set = Origins::new();
        for origin in self.get(from) {
            let found = self.element_of(origin, None);
            merge(&mut set, &found);
        }
        set
    }

    /// An element of something: at an index, or any.
    pub(super) fn element_of(&mut self, origin: Origin, index: Option<usize>) -> Origins {
        let mut set = Origins::new();
        match origin {
            Origin::Api(node, site) => {
                if let Some(element) = self.trie.element(node) {
                    merge(&mut set, &[Origin::Api(self.canonical(element), site)]);
                }
            }
            Origin::Literal(site) => {
                let items: Vec<ValueId> = match self.program.op(site) {
                    Op::List(_, items) => {
                        items.iter().filter(|item| item.kind == ArgKind::Positional).map(|item| item.value).collect()
                    }
                    Op::Dict(entries) if index.is_none() => entries
                        .iter()
                        .filter_map(|entry| match entry {
                            Entry::Pair(_, value) => Some(*value),
                            Entry::Spread(_) => None,
                        })
                        .collect(),
                    _ => return set,
                };
                let chosen = match index {
                    Some(index) => items.get(index..=index).unwrap_or_default(),
                    None => &items[..],
                };
                for &value in chosen {
                    let origins = self.depend(site.unit, lunette_lang::ir::ValueRef { body: site.body, value });
                    merge(&mut set, &origins);
                }
            }
            _ => {}
        }
        set
    }

    pub(super) fn store(&mut self, base: ValueId, key: Key, from: ValueId) {
        let (Key::Member(name) | Key::Item(name)) = key else { return };
        let text = self.name(self.current.0, name);
        let set = self.values[self.base + from.index()];
        for origin in self.get(base) {
            let slot = match origin {
                Origin::Instance(unit, class) | Origin::Class(unit, class) => Slot::Field(unit, class, text),
                Origin::Literal(site) => Slot::Key(site, text),
                Origin::Function(unit, body) => Slot::Attribute(unit, body, text),
                Origin::Module(unit) => Slot::Export(unit, text),
                Origin::Api(..) => continue,
            };
            self.write_set(slot, set);
        }
    }
}
