//! Which kind of record a call of a database is about, and whether such records belong to somebody, as far as the
//! project's schemas and its own queries tell.

use std::cell::OnceCell;
use std::sync::LazyLock;

use lunette_flow::Facts;
use lunette_flow::lazy::Regex;
use lunette_flow::program::Site;
use lunette_lang::ir::{Arg, ArgKind, Body, BodyId, ClassId, Const, Entry, Key, Op, ValueId, VarId};
use rustc_hash::FxHashMap;

use crate::run::Run;
use crate::schema::Owned;
use crate::spot::Spot;

/// How far a chain of calls is followed to the name of the record.
const MAX_CHAIN: u32 = 10;
/// How deep literal mappings, and names for them, are searched for the names of columns.
const MAX_NESTED: u32 = 8;
/// Most names of columns of one schema: mappings that hold each other would give them without end.
const MAX_COLUMNS: usize = 1_000;

type Pattern = LazyLock<Option<Regex>>;
/// An expression whose groups are asked for.
type Taking = LazyLock<Option<regex::Regex>>;

static OWNER: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^(user|owner|author|customer|account|member|creator|patient|employee|seller|buyer|student|client|profile|tenant|org|organi[sz]ation|team|company|workspace|merchant|recipient|sender|borrower|holder|requester|uploader|driver|rider|host|guest|subscriber|assignee)_?(id|uuid|ref|fk|email|name)?$",
        r"|^(uid|(created|posted|owned|submitted|uploaded|requested|placed|booked)_?by(_?id)?)$",
    ))
    .ok()
});
static STATEMENT: Taking = LazyLock::new(|| {
    regex::Regex::new(r#"(?is)\b(?:from|update|into|join)\s+["`\[]?(?:\w+["`\]]?\.["`\[]?)?(\w+)"#).ok()
});
static CREATE: Taking = LazyLock::new(|| {
    regex::Regex::new(
        r#"(?is)create\s+table\s+(?:if\s+not\s+exists\s+)?["`\[]?(?:\w+["`\]]?\.["`\[]?)?(\w+)["`\]]?\s*\(([^;]*)"#,
    )
    .ok()
});
static COLUMN: Taking = LazyLock::new(|| regex::Regex::new(r#"(?m)[(,]?\s*["`\[]?(\w+)["`\]]?\s+\w+"#).ok());
static INSERTED: Taking = LazyLock::new(|| {
    regex::Regex::new(r#"(?is)insert\s+into\s+["`\[]?(?:\w+["`\]]?\.["`\[]?)?(\w+)["`\]]?\s*\(([^)]*)\)"#).ok()
});

/// Names on the way to a record that are not its name.
const NAMELESS: [&str; 36] = [
    "query",
    "objects",
    "session",
    "manager",
    "db",
    "database",
    "prisma",
    "client",
    "pool",
    "conn",
    "connection",
    "knex",
    "cursor",
    "repository",
    "repo",
    "model",
    "models",
    "collection",
    "em",
    "entitymanager",
    "sequelize",
    "mongoose",
    "datasource",
    "orm",
    "trx",
    "tx",
    "this",
    "self",
    "store",
    "dao",
    "table",
    "sql",
    "pg",
    "execute",
    "cur",
    "mongo",
];
/// Words at the end of a name that say what holds the records, not which they are.
const HOLDERS: [&str; 17] = [
    "model",
    "models",
    "repository",
    "repo",
    "entity",
    "collection",
    "coll",
    "col",
    "table",
    "schema",
    "service",
    "dao",
    "store",
    "manager",
    "document",
    "db",
    "objects",
];

fn is_match(pattern: &Pattern, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// What the project tells of each kind of record: whether it has an owner.
#[derive(Debug, Default)]
pub(crate) struct Records {
    owned: FxHashMap<String, bool>,
}

impl Records {
    pub(crate) fn gather(facts: &Facts<'_>) -> Self {
        let mut records = Records::default();
        for unit in facts.program.ids() {
            let module = &facts.program.unit(unit).module;
            for (at, class) in module.classes.iter().enumerate() {
                let fields: Vec<&str> = class.fields.iter().map(|field| module.name(field.name)).collect();
                if fields.len() > 1 && !module.name(class.name).is_empty() {
                    let owned = fields.iter().any(|field| is_match(&OWNER, field));
                    records.add(module.name(class.name), owned);
                    if let Some(table) = table_name(facts, unit, ClassId(at as u32)) {
                        records.add(&table, owned);
                    }
                }
            }
            for (at, body) in module.bodies.iter().enumerate() {
                let names = OnceCell::new();
                for &value in body.blocks.ops() {
                    let site = Site { unit, body: BodyId(at as u32), value };
                    match &body.ops[value.index()] {
                        Op::Const(Const::Str(text)) => records.add_statement(module.name(*text)),
                        Op::Call { args, .. } => records.add_call(facts, site, args, &names),
                        _ => {}
                    }
                }
            }
        }
        records
    }

    fn add(&mut self, name: &str, owned: bool) {
        let Some(name) = plain(name) else { return };
        let known = self.owned.entry(name).or_default();
        *known |= owned;
    }

    fn add_statement(&mut self, text: &str) {
        let looks = |word: &str| {
            text.len() >= word.len()
                && text.as_bytes().windows(word.len()).take(4096).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
        };
        if text.len() < 20 || text.len() > 64 * 1024 {
            return;
        }
        if looks("create table")
            && let (Some(create), Some(column)) = (CREATE.as_ref(), COLUMN.as_ref())
        {
            for found in create.captures_iter(text) {
                let owned = column.captures_iter(&found[2]).any(|column| is_match(&OWNER, &column[1]));
                self.add(&found[1], owned);
            }
        }
        if looks("insert into")
            && let Some(inserted) = INSERTED.as_ref()
        {
            for found in inserted.captures_iter(text) {
                let owned = found[2]
                    .split(',')
                    .any(|column| is_match(&OWNER, column.trim().trim_matches(['"', '`', '[', ']'])));
                if owned {
                    self.add(&found[1], true);
                }
            }
        }
    }

    /// Schemas given as mappings, and records made or looked for by an owner.
    fn add_call(&mut self, facts: &Facts<'_>, site: Site, args: &[Arg], names: &OnceCell<Assigned>) {
        let Some(called) = facts.name_of(site) else { return };
        let defines = matches!(
            called.as_str(),
            "Schema" | "define" | "init" | "model" | "pgTable" | "mysqlTable" | "sqliteTable" | "defineModel"
        );
        let uses = matches!(
            called.as_str(),
            "create"
                | "insert"
                | "insertOne"
                | "insertMany"
                | "save"
                | "values"
                | "findFirst"
                | "findMany"
                | "findOne"
                | "find"
                | "findAll"
                | "where"
                | "filter_by"
                | "filter"
                | "updateMany"
        );
        if !defines && !uses {
            return;
        }
        let keys: Vec<String> = args.iter().flat_map(|arg| named(facts, site, *arg)).collect();
        if keys.is_empty() {
            return;
        }
        let owned = keys.iter().any(|key| is_match(&OWNER, key));
        if defines {
            for name in defined(facts, site, args, names) {
                self.add(&name, owned);
            }
        } else if owned && let Some(name) = record_of(facts, site) {
            self.owned.insert(name, true);
        }
    }
}

/// Names of an argument: its own, and the keys of a literal mapping.
fn named(facts: &Facts<'_>, call: Site, arg: Arg) -> Vec<String> {
    let module = &facts.program.unit(call.unit).module;
    let mut found = Vec::new();
    if let ArgKind::Named(name) = arg.kind {
        found.push(module.name(name).to_owned());
    }
    keys(facts, Site { value: arg.value, ..call }, MAX_NESTED, &mut found);
    found
}

fn keys(facts: &Facts<'_>, site: Site, depth: u32, into: &mut Vec<String>) {
    if depth == 0 || into.len() >= MAX_COLUMNS {
        return;
    }
    let module = &facts.program.unit(site.unit).module;
    match facts.program.op(site) {
        Op::Dict(entries) => {
            for entry in entries {
                let Entry::Pair(Key::Member(name) | Key::Item(name), value) = entry else { continue };
                into.push(module.name(*name).to_owned());
                keys(facts, Site { value: *value, ..site }, depth - 1, into);
            }
        }
        Op::Assign(_, from) => keys(facts, Site { value: *from, ..site }, depth - 1, into),
        _ => {}
    }
}

/// The variables of a body that each value is assigned to.
type Assigned = FxHashMap<ValueId, Vec<VarId>>;

fn assigned(body: &Body) -> Assigned {
    let mut found = Assigned::default();
    for &value in body.blocks.ops() {
        if let Op::Assign(var, from) = body.ops[value.index()] {
            found.entry(from).or_default().push(var);
        }
    }
    found
}

/// What a schema is the schema of: the name that it is given, the class it is a method of, its variable, its file.
fn defined(facts: &Facts<'_>, site: Site, args: &[Arg], names: &OnceCell<Assigned>) -> Vec<String> {
    let module = &facts.program.unit(site.unit).module;
    let to = |value| Site { value, ..site };
    if let Some(first) = args.first()
        && let Op::Const(Const::Str(text)) = facts.program.op(to(first.value))
    {
        return vec![module.name(*text).to_owned()];
    }
    let mut found = Vec::new();
    if let Some(receiver) = facts.receiver(site).and_then(|receiver| facts.name_of(receiver))
        && plain(&receiver).is_some_and(|name| !NAMELESS.contains(&name.as_str()))
    {
        found.push(receiver);
    }
    let body = facts.program.body(site.unit, site.body);
    let assigned = names.get_or_init(|| assigned(body)).get(&site.value);
    found.extend(assigned.into_iter().flatten().map(|var| module.name(body.vars[var.index()].name).to_owned()));
    let path = &facts.program.unit(site.unit).path;
    let stem = path.rsplit('/').next().unwrap_or(path).split('.').next().unwrap_or("");
    found.push(stem.to_owned());
    found
}

/// `__tablename__`, or the table that a decorator names.
fn table_name(facts: &Facts<'_>, unit: lunette_flow::program::UnitId, class: ClassId) -> Option<String> {
    let module = &facts.program.unit(unit).module;
    let class = &module.classes[class.index()];
    let field = class.fields.iter().find(|field| matches!(module.name(field.name), "__tablename__" | "tableName"))?;
    let at = field.value?;
    facts.possible(Site { unit, body: at.body, value: at.value }).single_str().map(str::to_owned)
}

/// A name without what holds the records, in lower case and in the singular: `orderItems` and `OrderItemModel` are
/// `orderitem`.
fn plain(name: &str) -> Option<String> {
    let words = words(name)?;
    Some(words.concat())
}

fn words(name: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut before_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            before_lower = false;
            words.push(String::new());
            continue;
        }
        if words.is_empty() || c.is_uppercase() && before_lower {
            words.push(String::new());
        }
        before_lower = c.is_lowercase() || c.is_numeric();
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    while words.len() > 1 && words.last().is_some_and(|word| HOLDERS.contains(&word.as_str())) {
        words.pop();
    }
    let last = words.last_mut()?;
    if let Some(stem) = last.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        *last = format!("{stem}y");
    } else if let Some(stem) =
        ["sses", "xes", "ches", "shes"].iter().find(|end| last.ends_with(*end)).and_then(|_| last.strip_suffix("es"))
    {
        *last = stem.to_owned();
    } else if last.len() > 3 && !last.ends_with("ss") && !last.ends_with("us") && !last.ends_with("is") {
        last.truncate(last.strip_suffix('s').map_or(last.len(), str::len));
    }
    Some(words)
}

/// The kind of record that a call of a database is about.
fn record_of(facts: &Facts<'_>, call: Site) -> Option<String> {
    record_words(facts, call).map(|words| words.concat())
}

fn record_words(facts: &Facts<'_>, call: Site) -> Option<Vec<String>> {
    let name = name_at(facts, call, MAX_CHAIN)?;
    words(&name)
}

fn name_at(facts: &Facts<'_>, site: Site, depth: u32) -> Option<String> {
    if depth == 0 {
        return None;
    }
    let to = |value| Site { value, ..site };
    match facts.program.op(site) {
        Op::Call { callee, args, .. } => {
            // A class called makes a record of it.
            if !matches!(facts.program.op(to(*callee)), Op::Load(..))
                && let Some(name) = facts.name_of(to(*callee)).filter(|name| is_class_name(name))
            {
                return Some(name);
            }
            let positional = args.iter().filter(|arg| arg.kind == ArgKind::Positional).take(2);
            let given = positional.into_iter().find_map(|arg| given_name(facts, to(arg.value)));
            given.or_else(|| match facts.program.op(to(*callee)) {
                Op::Load(base, _) => name_at(facts, to(*base), depth - 1)
                    .or_else(|| facts.name_of(to(*callee)).filter(|name| is_class_name(name))),
                _ => name_at(facts, to(*callee), depth - 1),
            })
        }
        Op::Assign(_, from) | Op::Await(from) => {
            let name = facts.name_of(site).filter(|name| speaks(name));
            name_at(facts, to(*from), depth - 1).or(name)
        }
        Op::Load(base, _) => {
            facts.name_of(site).filter(|name| speaks(name)).or_else(|| name_at(facts, to(*base), depth - 1))
        }
        Op::Outer(owner, var) => {
            let name = facts.name_of(site).filter(|name| speaks(name));
            name.or_else(|| match facts.program.body(site.unit, *owner).vars[var.index()].writes.as_slice() {
                [write] => name_at(facts, Site { unit: site.unit, body: write.body, value: write.value }, depth - 1),
                _ => None,
            })
        }
        Op::Import(_) | Op::Param(_) | Op::Class(_) => facts.name_of(site).filter(|name| speaks(name)),
        _ => None,
    }
}

fn speaks(name: &str) -> bool {
    plain(name).is_some_and(|plain| {
        plain.len() > 1 && !NAMELESS.contains(&plain.as_str()) && !NAMELESS.contains(&name.to_lowercase().as_str())
    })
}

fn is_class_name(name: &str) -> bool {
    name.starts_with(char::is_uppercase) && name.chars().any(char::is_lowercase)
}

fn is_literal(facts: &Facts<'_>, site: Site) -> bool {
    match facts.program.op(site) {
        Op::Const(_) => true,
        Op::Assign(_, from) => matches!(facts.program.op(Site { value: *from, ..site }), Op::Const(_)),
        _ => false,
    }
}

/// The record that an argument names: the table of a statement, a table by its name, a class.
fn given_name(facts: &Facts<'_>, site: Site) -> Option<String> {
    if let Some(text) = facts.possible(site).values.iter().find_map(|value| match value {
        lunette_flow::Value::Str(text) => Some(text.clone()),
        _ => None,
    }) {
        if let Some(found) = STATEMENT.as_ref().and_then(|pattern| pattern.captures(&text)) {
            return Some(found[1].to_owned());
        }
        let is_name = text.len() > 2 && text.len() < 40 && text.chars().all(|c| c.is_alphanumeric() || c == '_');
        return (is_name && is_literal(facts, site)).then_some(text);
    }
    match facts.program.op(site) {
        Op::Import(_) | Op::Outer(..) | Op::Load(..) | Op::Class(_) | Op::Assign(..) => {
            let name = facts.name_of(site)?;
            is_class_name(&name).then_some(name)
        }
        // `text("SELECT …")`
        Op::Call { args, .. } => args.first().and_then(|arg| given_name(facts, Site { value: arg.value, ..site })),
        _ => None,
    }
}

impl Run<'_, '_> {
    /// The words of the kind of record that a match is about, joined with `_`.
    pub(crate) fn record_name(&self, spot: &Spot) -> Option<String> {
        let call = spot.call.or(spot.value)?;
        record_words(self.facts, call).map(|words| words.join("_"))
    }

    /// Whether records of the kind that a match is about belong to somebody.
    pub(crate) fn is_owned(&self, spot: &Spot) -> Owned {
        let Some(name) = spot.call.or(spot.value).and_then(|call| record_of(self.facts, call)) else {
            return Owned::Unknown;
        };
        match self.records.get_or_init(|| Records::gather(self.facts)).owned.get(&name) {
            Some(true) => Owned::Yes,
            Some(false) => Owned::No,
            None => Owned::Unknown,
        }
    }
}
