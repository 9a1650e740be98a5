//! What names mean at a place: the tables of the queries around it.

use super::TypeText;
use crate::catalogue::Name;

/// The tables of one query.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub(crate) sources: Vec<Source>,
    /// Whether columns are printed with their table's name.
    pub(crate) prefixed: bool,
    /// Names by which sources are printed, those of siblings that cannot be seen included.
    pub(crate) shown: Vec<String>,
}

/// A table, query or function in FROM.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Name by which its columns are qualified.
    pub(crate) alias: String,
    /// Name by which it is printed: Postgres numbers those that a query further out has, too.
    pub(crate) shown: String,
    /// A function of one value that is no row: its name means the value.
    pub(crate) scalar: bool,
    pub(crate) relation: Option<Name>,
    pub(crate) columns: Vec<(String, TypeText)>,
    /// Whether these are all of its columns; otherwise any name may be one.
    pub(crate) complete: bool,
    /// Columns that NATURAL or USING merged into an earlier table's: found by qualified names only.
    pub(crate) merged: Vec<String>,
}

/// What a column's name means.
#[derive(Debug, Clone)]
pub(crate) enum Found<'a> {
    /// A column of that source.
    Column { source: &'a Source, column: &'a str, type_name: &'a str },
    /// Perhaps a column of one whose columns are not known.
    Perhaps,
    /// A whole row.
    Row { source: &'a Source },
    /// Several have it.
    Ambiguous,
    /// Nothing has it.
    No,
}

/// Columns that every table has.
const SYSTEM: &[(&str, &str)] = &[
    ("ctid", "tid"),
    ("tableoid", "oid"),
    ("xmin", "xid"),
    ("xmax", "xid"),
    ("cmin", "cid"),
    ("cmax", "cid"),
    ("oid", "oid"),
];

impl Scope {
    pub(crate) fn of_table(table: &Name, columns: Vec<(String, TypeText)>) -> Self {
        let source = Source {
            alias: table.name.clone(),
            shown: table.name.clone(),
            scalar: false,
            relation: Some(table.clone()),
            columns,
            complete: true,
            merged: Vec::new(),
        };
        Scope { sources: vec![source], prefixed: false, shown: vec![table.name.clone()] }
    }

    pub(crate) fn of_trigger(table: &Name, columns: &[(String, TypeText)]) -> Self {
        let source = |alias: &str| Source {
            alias: alias.to_owned(),
            shown: alias.to_owned(),
            scalar: false,
            relation: Some(table.clone()),
            columns: columns.to_vec(),
            complete: true,
            merged: Vec::new(),
        };
        Scope { sources: vec![source("old"), source("new")], prefixed: true, shown: vec!["old".into(), "new".into()] }
    }

    pub(crate) fn find<'a>(&'a self, qualifier: Option<&str>, name: &'a str) -> Found<'a> {
        match qualifier {
            Some(qualifier) => self.find_qualified(qualifier, name),
            None => self.find_plain(name),
        }
    }

    fn find_qualified<'a>(&'a self, qualifier: &str, name: &'a str) -> Found<'a> {
        let Some(source) = self.sources.iter().find(|source| source.alias == qualifier) else { return Found::No };
        match source.type_of(name) {
            Some(type_name) => Found::Column { source, column: name, type_name },
            None if source.complete => Found::No,
            None => Found::Perhaps,
        }
    }

    fn find_plain<'a>(&'a self, name: &'a str) -> Found<'a> {
        let mut found = Found::No;
        for source in &self.sources {
            let Some((_, type_name)) = source.columns.iter().find(|(column, _)| column == name) else { continue };
            if source.merged.iter().any(|merged| merged == name) {
                continue;
            }
            if matches!(found, Found::Column { .. }) {
                return Found::Ambiguous;
            }
            found = Found::Column { source, column: name, type_name };
        }
        if matches!(found, Found::Column { .. }) {
            return found;
        }
        if let Some(source) = self.sources.iter().find(|source| source.alias == name) {
            return match source.columns.as_slice() {
                [(column, type_name)] if source.scalar => Found::Column { source, column, type_name },
                _ => Found::Row { source },
            };
        }
        if let [source] = self.sources.as_slice()
            && source.relation.is_some()
            && let Some((_, type_name)) = SYSTEM.iter().find(|(system, _)| *system == name)
        {
            return Found::Column { source, column: name, type_name };
        }
        if self.sources.iter().any(|source| !source.complete) { Found::Perhaps } else { Found::No }
    }
}

impl Source {
    pub(crate) fn new(alias: String, relation: Option<Name>, columns: Vec<(String, TypeText)>, complete: bool) -> Self {
        Source { shown: alias.clone(), alias, scalar: false, relation, columns, complete, merged: Vec::new() }
    }

    fn type_of(&self, name: &str) -> Option<&str> {
        let own = self.columns.iter().find(|(column, _)| column == name).map(|(_, type_name)| type_name.as_str());
        own.or_else(|| {
            let system = SYSTEM.iter().find(|(system, _)| *system == name).map(|(_, type_name)| *type_name);
            system.filter(|_| self.relation.is_some())
        })
    }
}
