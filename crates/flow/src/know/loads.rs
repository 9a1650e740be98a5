//! Imports, exports, members and elements.

use lunette_lang::ir::{
    ArgKind, BodyId, ClassId, Const, Entry, ExportValue, ImportForm, ImportId, ImportItem, Key, Language, NameId, Op,
    ValueId, VarId,
};

use super::slots::Slot;
use super::{Origin, Origins, Tracker, merge};
use crate::program::{Site, Target, UnitId};

/// The name under which a CommonJS module's whole export is kept.
const WHOLE: &str = "module.exports";
/// Most members looked up inside one another: through spread mappings, modules that export modules, base classes.
const MAX_NESTING: usize = 64;
/// Longest chain of base classes that is followed.
const MAX_BASES: usize = 12;

impl Tracker<'_> {
    pub(super) fn import(&mut self, unit: UnitId, id: ImportId, value: ValueId) -> Origins {
        let module = &self.program.unit(unit).module;
        let import = &module.imports[id.index()];
        let item = import.item;
        match self.program.target(unit, id).clone() {
            Target::Unit(target) => match item {
                ImportItem::Named(name) => {
                    let name = module.name(name).to_owned();
                    self.exported(target, &name)
                }
                ImportItem::Default => self.exported(target, "default"),
                ImportItem::Module if import.form == ImportForm::Require => self.whole(target),
                ImportItem::Module | ImportItem::Star | ImportItem::Effect => Origins::from_slice(&[Origin::Module(target)]),
            },
            Target::Package(package) => {
                let site = self.site(value);
                let name = match item {
                    ImportItem::Named(name) => Some(module.name(name)),
                    _ => None,
                };
                self.package(module.language, &package, name, site)
            }
        }
    }

    /// A package's value; in Python `flask.views` is the member `views` of `flask`.
    fn package(&self, language: Language, package: &str, name: Option<&str>, site: Site) -> Origins {
        let mut steps: Vec<&str> = match language {
            Language::Python => package.split('.').collect(),
            Language::JavaScript => vec![package],
        };
        let root = steps.remove(0);
        // The name `import.meta` is two members.
        steps.extend(name.filter(|name| *name != "default").into_iter().flat_map(|name| name.split('.')));
        let mut node = self.trie.package(language, root);
        for step in steps {
            node = node.and_then(|node| self.trie.member(node, self.trie.word(step)?));
        }
        node.map(|node| Origins::from_slice(&[Origin::Api(self.canonical(node), site)])).unwrap_or_default()
    }

    /// A name that no scope declares.
    pub(super) fn global(&mut self, unit: UnitId, name: NameId, value: ValueId) -> Origins {
        let module = &self.program.unit(unit).module;
        let text = module.name(name).to_owned();
        let language = module.language;
        let mut set = Origins::new();
        for (at, import) in module.imports.iter().enumerate() {
            if import.item != ImportItem::Star || language != Language::Python {
                continue;
            }
            let found = match self.program.target(unit, ImportId(at as u32)).clone() {
                Target::Unit(target) => self.exported(target, &text),
                Target::Package(package) => self.package(language, &package, Some(&text), self.site(value)),
            };
            merge(&mut set, &found);
        }
        if set.is_empty() {
            let root = match language {
                Language::Python => "builtins",
                Language::JavaScript => "globalThis",
            };
            set = self.package(language, root, Some(&text), self.site(value));
        }
        set
    }

    /// What a module of the project exports under a name.
    pub(super) fn exported(&mut self, unit: UnitId, name: &str) -> Origins {
        let mut set = self.read(Slot::Export(unit, name.into()));
        if set.is_empty() && self.program.unit(unit).module.language == Language::JavaScript {
            let whole = self.read(Slot::Export(unit, WHOLE.into()));
            if name == "default" {
                return whole;
            }
            for origin in whole {
                let found = self.member_of(origin, name);
                merge(&mut set, &found);
            }
        }
        if let Some(module) = self.program.submodule(unit, name) {
            merge(&mut set, &[Origin::Module(module)]);
        }
        set
    }

    /// What `require` of a module of the project gives.
    fn whole(&mut self, unit: UnitId) -> Origins {
        let mut set = self.read(Slot::Export(unit, WHOLE.into()));
        merge(&mut set, &[Origin::Module(unit)]);
        set
    }

    /// Publishes a module's exports.
    pub(super) fn publish_exports(&mut self, unit: UnitId) {
        let module = &self.program.unit(unit).module;
        if module.language == Language::Python {
            let body = module.body(BodyId::MODULE);
            for (at, var) in body.vars.iter().enumerate() {
                let origins = self.read(Slot::Var(unit, BodyId::MODULE, VarId(at as u32)));
                self.write(Slot::Export(unit, module.name(var.name).into()), &origins);
            }
            for (at, import) in module.imports.iter().enumerate() {
                if import.item == ImportItem::Star {
                    self.export_all(unit, ImportId(at as u32));
                }
            }
            return;
        }
        for export in &module.exports {
            let name = module.name(export.name);
            let origins = match export.value {
                ExportValue::Value(at) => self.depend(unit, at),
                ExportValue::Var(var) => self.read(Slot::Var(unit, BodyId::MODULE, var)),
                ExportValue::Import(import) if name == "*" => {
                    self.export_all(unit, import);
                    continue;
                }
                ExportValue::Import(import) => self.import(unit, import, ValueId(0)),
            };
            self.write(Slot::Export(unit, name.into()), &origins);
        }
    }

    /// `export * from`, `from … import *`: passes on every export of another module of the project.
    fn export_all(&mut self, unit: UnitId, import: ImportId) {
        let Target::Unit(target) = *self.program.target(unit, import) else { return };
        let module = &self.program.unit(target).module;
        let names: Vec<String> = match module.language {
            Language::Python => module.body(BodyId::MODULE).vars.iter().map(|var| module.name(var.name).to_owned()).collect(),
            Language::JavaScript => module.exports.iter().map(|export| module.name(export.name).to_owned()).collect(),
        };
        for name in names.iter().filter(|name| !matches!(name.as_str(), "default" | "*" | WHOLE)) {
            let origins = self.exported(target, name);
            self.write(Slot::Export(unit, name.as_str().into()), &origins);
        }
    }

    pub(super) fn load(&mut self, base: ValueId, key: Key) -> Origins {
        let bases = self.get(base);
        let mut set = Origins::new();
        match key {
            Key::Member(name) | Key::Item(name) => {
                let text = self.program.unit(self.current.0).module.name(name).to_owned();
                for origin in bases {
                    let mut found = self.member_of(origin, &text);
                    // A key that nobody speaks of is as good as any other.
                    if found.is_empty() && matches!((key, origin), (Key::Item(_), Origin::Api(..))) {
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
                    let found = match &name {
                        Some(name) => self.member_of(origin, name),
                        None => self.element_of(origin, None),
                    };
                    merge(&mut set, &found);
                }
            }
        }
        set
    }

    fn string(&self, site: Site) -> Option<String> {
        match self.program.op(site) {
            Op::Const(Const::Str(name)) => Some(self.program.unit(site.unit).module.name(*name).to_owned()),
            _ => None,
        }
    }

    /// A member of something.
    pub(super) fn member_of(&mut self, origin: Origin, name: &str) -> Origins {
        // Mappings that are spread into each other and modules that export each other lead round in circles; within
        // one question nothing is looked up twice.
        if self.nesting == 0 {
            self.looked_up.clear();
        } else if self.nesting >= MAX_NESTING || !self.looked_up.insert((origin, name.into())) {
            return Origins::new();
        }
        self.nesting += 1;
        let set = self.member_within(origin, name);
        self.nesting -= 1;
        set
    }

    fn member_within(&mut self, origin: Origin, name: &str) -> Origins {
        match origin {
            Origin::Api(node, site) => self.api_member(node, name, site),
            Origin::Module(unit) => self.exported(unit, name),
            Origin::Class(unit, class) => self.class_member(unit, class, name, false, 0),
            Origin::Instance(unit, class) => self.class_member(unit, class, name, true, 0),
            Origin::Function(..) if name == "prototype" => Origins::from_slice(&[origin]),
            Origin::Function(unit, body) => self.read(Slot::Attribute(unit, body, name.into())),
            Origin::Literal(site) => self.entry(site, name),
        }
    }

    fn api_member(&self, node: crate::api::NodeId, name: &str, site: Site) -> Origins {
        let found = self.trie.word(name).and_then(|word| self.trie.member(node, word));
        match found {
            Some(member) => Origins::from_slice(&[Origin::Api(self.canonical(member), site)]),
            // CommonJS and ESM name the same thing with and without `.default`.
            None if name == "default" => Origins::from_slice(&[Origin::Api(node, site)]),
            None => Origins::new(),
        }
    }

    fn class_member(&mut self, unit: UnitId, class: ClassId, name: &str, instance: bool, depth: usize) -> Origins {
        let module = &self.program.unit(unit).module;
        if let Some(&(_, body)) = module.classes[class.index()].methods.iter().find(|(method, _)| module.name(*method) == name) {
            return Origins::from_slice(&[Origin::Function(unit, body)]);
        }
        let mut set = self.read(Slot::Field(unit, class, name.into()));
        if !set.is_empty() || depth > MAX_BASES {
            return set;
        }
        for base in self.bases(unit, class) {
            let found = match base {
                Origin::Class(u, c) => self.class_member(u, c, name, instance, depth + 1),
                Origin::Api(node, site) => {
                    let owner = if instance { self.trie.call(node).map(|node| self.canonical(node)) } else { Some(node) };
                    owner.map(|owner| self.api_member(owner, name, site)).unwrap_or_default()
                }
                _ => Origins::new(),
            };
            merge(&mut set, &found);
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
    fn entry(&mut self, site: Site, name: &str) -> Origins {
        let mut set = self.read(Slot::Key(site, name.into()));
        let Op::Dict(entries) = self.program.op(site) else { return set };
        let module = &self.program.unit(site.unit).module;
        let mut spreads = Vec::new();
        let mut found = None;
        for entry in entries {
            match *entry {
                Entry::Pair(Key::Item(key) | Key::Member(key), value) if module.name(key) == name => found = Some(value),
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
                    Op::List(_, items) => items.iter().filter(|item| item.kind == ArgKind::Positional).map(|item| item.value).collect(),
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
        let text = self.program.unit(self.current.0).module.name(name).to_owned();
        let origins = self.get(from);
        for origin in self.get(base) {
            let slot = match origin {
                Origin::Instance(unit, class) | Origin::Class(unit, class) => Slot::Field(unit, class, text.as_str().into()),
                Origin::Literal(site) => Slot::Key(site, text.as_str().into()),
                Origin::Function(unit, body) => Slot::Attribute(unit, body, text.as_str().into()),
                Origin::Module(unit) => Slot::Export(unit, text.as_str().into()),
                Origin::Api(..) => continue,
            };
            self.write(slot, &origins);
        }
    }
}
