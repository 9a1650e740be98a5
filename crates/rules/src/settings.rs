//! Settings: every way a framework's configuration is written, as the models describe it.

use std::collections::BTreeMap;
use std::path::Path;

use lunette_flow::Facts;
use lunette_flow::api::NodeId;
use lunette_flow::facts::{Call, Found};
use lunette_flow::know::Origin;
use lunette_flow::program::{Site, UnitId};
use lunette_lang::ir::{ArgKind, BodyId, ClassId, Entry, Key, Language, Op, Span};
use rustc_hash::FxHashSet;

/// Where the settings under one name are kept: from the models.
#[derive(Clone, Debug)]
pub(crate) struct SettingGroup {
    pub(crate) language: Language,
    pub(crate) name: String,
    /// Values that hold settings by key.
    pub(crate) of: Vec<NodeId>,
    /// Methods that set several.
    pub(crate) update: Vec<NodeId>,
    /// Methods that take them from a class or a module.
    pub(crate) from_object: Vec<NodeId>,
}

impl Default for SettingGroup {
    fn default() -> Self {
        SettingGroup {
            language: Language::Python,
            name: String::new(),
            of: Vec::new(),
            update: Vec::new(),
            from_object: Vec::new(),
        }
    }
}

/// One write of a setting.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// The place to point at.
    pub(crate) unit: UnitId,
    pub(crate) body: BodyId,
    pub(crate) span: Span,
    /// The value.
    pub(crate) value: Site,
}

/// All settings written in a program.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// By full name (`flask.DEBUG`), in order of place.
    written: BTreeMap<String, Vec<Written>>,
    /// Groups that also take settings from something that could not be read.
    open: FxHashSet<String>,
}

/// Longest chain of base classes followed.
const MAX_BASES: usize = 8;

impl Settings {
    /// Gathers the settings of the groups that rules ask about.
    pub(crate) fn gather(facts: &Facts<'_>, groups: &[SettingGroup]) -> Self {
        let mut settings = Settings::default();
        for group in groups {
            let mut gatherer = Gatherer { facts, group, settings: &mut settings, seen: FxHashSet::default() };
            gatherer.gather();
        }
        for list in settings.written.values_mut() {
            list.sort_by_key(|written| (written.unit, written.span.start, written.span.end, written.value));
            list.dedup_by_key(|written| (written.unit, written.span.start, written.value));
        }
        settings
    }

    /// All writes of a setting.
    pub(crate) fn of(&self, name: &str) -> &[Written] {
        self.written.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether the group of a setting takes settings from somewhere unknown.
    pub(crate) fn is_open(&self, name: &str) -> bool {
        name.split_once('.').is_some_and(|(group, _)| self.open.contains(group))
    }
}

struct Gatherer<'a, 'f> {
    facts: &'a Facts<'f>,
    group: &'a SettingGroup,
    settings: &'a mut Settings,
    seen: FxHashSet<(UnitId, BodyId)>,
}

impl Gatherer<'_, '_> {
    fn gather(&mut self) {
        for &node in &self.group.of {
            for write in self.facts.writes_of(node) {
                match (&write.key, write.value) {
                    (Some(key), Some(value)) => self.add(key, write.site, value),
                    _ => self.open(),
                }
            }
        }
        for &node in &self.group.update {
            for call in self.facts.calls_of(node) {
                self.update(call);
            }
        }
        for &node in &self.group.from_object {
            for call in self.facts.calls_of(node) {
                self.object(call);
            }
        }
    }

    fn open(&mut self) {
        self.settings.open.insert(self.group.name.clone());
    }

    fn add(&mut self, key: &str, at: Site, value: Site) {
        let written = Written { unit: at.unit, body: at.body, span: self.facts.program.span(at), value };
        self.settings.written.entry(format!("{}.{key}", self.group.name)).or_default().push(written);
    }

    /// `config.update(DEBUG=True)`, `config.update({"DEBUG": True})`, `config.setdefault("DEBUG", True)`.
    fn update(&mut self, call: &Call) {
        let Op::Call { args, .. } = self.facts.program.op(call.site) else { return };
        let module = &self.facts.program.unit(call.site.unit).module;
        let first = args.first().map(|arg| Site { value: arg.value, ..call.site });
        if let [key, value] = &**args
            && let Some(name) = first.and_then(|site| self.facts.possible(site).single_str().map(str::to_owned))
            && (key.kind, value.kind) == (ArgKind::Positional, ArgKind::Positional)
        {
            return self.add(&name, call.site, Site { value: value.value, ..call.site });
        }
        for arg in args {
            let value = Site { value: arg.value, ..call.site };
            match arg.kind {
                ArgKind::Named(name) => self.add(module.name(name), self.written_in(call.site, value), value),
                ArgKind::Positional | ArgKind::SpreadNamed => self.mapping(value),
                ArgKind::Spread => self.open(),
            }
        }
    }

    /// Where a value is given: its own place if it was written there, else that of the whole expression.
    fn written_in(&self, whole: Site, value: Site) -> Site {
        let program = self.facts.program;
        if program.span(whole).contains(program.span(value)) { value } else { whole }
    }

    /// Every entry of a literal mapping.
    fn mapping(&mut self, site: Site) {
        let mut known = false;
        for &origin in self.facts.known.origins(site) {
            let Origin::Literal(literal) = origin else { continue };
            let Op::Dict(entries) = self.facts.program.op(literal) else { continue };
            known = true;
            let module = &self.facts.program.unit(literal.unit).module;
            for entry in entries {
                match *entry {
                    Entry::Pair(Key::Item(name) | Key::Member(name), value) => {
                        let value = Site { value, ..literal };
                        self.add(module.name(name), self.written_in(literal, value), value);
                    }
                    _ => self.open(),
                }
            }
        }
        if !known {
            self.open();
        }
    }

    /// `config.from_object(…)`: a class, an instance, a module, or the name of one.
    fn object(&mut self, call: &Call) {
        let Found::Sites(sites) = self.facts.follow(call.site, &first_argument()) else { return self.open() };
        for site in sites {
            let mut known = false;
            for &origin in self.facts.known.origins(site) {
                known |= match origin {
                    Origin::Class(unit, class) | Origin::Instance(unit, class) => self.class(unit, class, MAX_BASES),
                    Origin::Module(unit) => self.body(unit, BodyId::MODULE),
                    _ => false,
                };
            }
            let names = self.facts.possible(site);
            known |= names.complete && !names.values.is_empty() && {
                let mut all = true;
                for name in names.values.iter().filter_map(|value| value.as_str()) {
                    all &= self.named(site.unit, name);
                }
                all
            };
            if !known {
                self.open();
            }
        }
    }

    /// A class's attributes and those that it inherits.
    fn class(&mut self, unit: UnitId, class: ClassId, depth: usize) -> bool {
        let class = &self.facts.program.unit(unit).module.classes[class.index()];
        self.body(unit, class.body);
        for base in &class.bases {
            let base = Site { unit, body: base.body, value: base.value };
            for &origin in self.facts.known.origins(base) {
                if let Origin::Class(unit, class) = origin
                    && depth > 0
                {
                    self.class(unit, class, depth - 1);
                }
            }
        }
        true
    }

    /// The variables of a class's or module's own statements; settings are those in upper case.
    fn body(&mut self, unit: UnitId, id: BodyId) -> bool {
        if !self.seen.insert((unit, id)) {
            return true;
        }
        let module = &self.facts.program.unit(unit).module;
        for var in &module.body(id).vars {
            let name = module.name(var.name);
            if !name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') {
                continue;
            }
            for write in &var.writes {
                let site = Site { unit, body: write.body, value: write.value };
                let value = match self.facts.program.op(site) {
                    Op::Assign(_, from) | Op::StoreOuter(_, _, from) => Site { value: *from, ..site },
                    _ => site,
                };
                self.add(name, site, value);
            }
        }
        true
    }

    /// A class or module by its dotted name, or a module by its file's name.
    fn named(&mut self, from: UnitId, name: &str) -> bool {
        let program = self.facts.program;
        let folder = program.unit(from).path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let find = |path: &str| {
            let local = if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
            program.find(&local).or_else(|| program.find(path))
        };
        let module = |name: &str| {
            let path = name.replace('.', "/");
            find(&format!("{path}.py")).or_else(|| find(&format!("{path}/__init__.py")))
        };
        if Path::new(name).extension().is_some_and(|extension| extension == "py")
            && let Some(unit) = find(name)
        {
            return self.body(unit, BodyId::MODULE);
        }
        if let Some(unit) = module(name) {
            return self.body(unit, BodyId::MODULE);
        }
        let Some((owner, class)) = name.rsplit_once('.') else { return false };
        let Some(unit) = module(owner) else { return false };
        let classes = &program.unit(unit).module;
        let found = classes.classes.iter().position(|declared| classes.name(declared.name) == class);
        found.is_some_and(|at| self.class(unit, ClassId(at as u32), MAX_BASES))
    }
}

fn first_argument() -> lunette_flow::access::AccessPath {
    lunette_flow::access::AccessPath {
        made: false,
        chained: false,
        start: lunette_flow::access::Start::Arg { position: Some(0), name: Some("obj".to_owned()) },
        steps: Vec::new(),
    }
}
