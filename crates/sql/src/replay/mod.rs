//! SQL statements carried out on a catalogue.
//!
//! Each statement is read by its own parser, resolved against the catalogue as it is, and only then changes it: a statement
//! that fails leaves no trace but its [`Failure`]. What is no statement of these is judged by `squawk-syntax` for its syntax.

mod acl;
mod alter_function;
mod alter_index;
mod alter_table;
mod alter_view;
mod blocks;
mod columns;
mod comments;
mod constraints;
mod data;
mod default_privileges;
mod dependents;
mod dispatch;
mod drop;
mod evaluate;
mod events;
mod extensions;
mod functions;
mod grants;
mod indexes;
mod like;
mod lines;
mod names;
mod plpgsql;
mod policies;
mod publications;
mod rename;
mod roles;
mod rows;
mod schemas;
mod seed;
mod sequences;
mod settings;
mod system;
mod table_actions;
mod tables;
mod triggers;
mod types;
mod values;
mod views;

#[cfg(test)]
#[allow(clippy::expect_used, clippy::print_stderr, reason = "tests")]
mod tests;

use std::collections::BTreeMap;

use lunette_core::place::Place;

use crate::catalogue::{Catalogue, Name, Origin, Source};
use crate::outcome::{Failure, FailureKind, FileOutcome, Options, Replay, SqlFile};
use crate::parse::lex::{Kind, Statement, Statements};
use crate::parse::{Parser, SyntaxFault};
use crate::resolve::Fault;
use lines::Site;

/// Replays the files in the order given and returns the catalogue that they leave.
///
/// A statement that fails is noted, and the replay goes on.
pub fn replay(files: &[SqlFile<'_>], options: &Options) -> Replay {
    let mut session = Session::new(options);
    for file in files {
        session.run(file);
    }
    session.finish()
}

/// A replay that goes on from file to file; its catalogue can be looked at in between.
#[derive(Debug)]
pub struct Session {
    catalogue: Catalogue,
    failures: Vec<Failure>,
    files: Vec<FileOutcome>,
    statements: usize,
    /// Role that the session began with, and the one in force (SET ROLE).
    login: String,
    user: String,
    /// `search_path` as set, and the schemas of it that are there.
    search_path: Vec<String>,
    path: Vec<String>,
    /// Where each index belongs.
    index_owners: BTreeMap<Name, Name>,
    /// The statement being carried out.
    origin: Origin,
    /// Catalogues to go back to: those of BEGIN and of savepoints by name.
    snapshots: Vec<(Option<String>, Catalogue)>,
    /// Whether the file has a ROLLBACK at all.
    may_go_back: bool,
    /// Depth of blocks and of SQL run by SQL.
    depth: u32,
    /// Depth of functions that call each other.
    calls: u32,
    /// Whether any table has parents: most databases have none, and nobody has to look for children then.
    inherits: bool,
    /// Objects that copies of the catalogue may still hold.
    copies: usize,
    /// Relations that searches for dependents may still look at.
    searches: std::cell::Cell<usize>,
    limits: Limits,
    /// Statements that may still be run by blocks.
    budget: u32,
    default_path: Vec<String>,
}

/// The statements at which the replay's own bounds were met; each is told once, as something that was not carried out.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// Where a copy of the catalogue was not made.
    copies: Option<Origin>,
    /// Where what depends on something was not looked for.
    searches: std::cell::RefCell<Option<Origin>>,
}

/// Why a statement was not carried out.
#[derive(Debug)]
pub(crate) enum Stop {
    Syntax(SyntaxFault),
    Fault(Fault),
}

impl From<SyntaxFault> for Stop {
    fn from(fault: SyntaxFault) -> Self {
        Stop::Syntax(fault)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}

pub(crate) type Done<T = ()> = Result<T, Stop>;

/// A failure of a kind, with its message.
pub(crate) fn fail<T>(kind: FailureKind, message: impl Into<String>) -> Done<T> {
    Err(Stop::Fault(Fault { kind, message: message.into() }))
}

pub(crate) fn unresolved<T>(message: impl Into<String>) -> Done<T> {
    fail(FailureKind::Unresolved, message)
}

pub(crate) fn duplicate<T>(message: impl Into<String>) -> Done<T> {
    fail(FailureKind::Duplicate, message)
}

pub(crate) fn refused<T>(message: impl Into<String>) -> Done<T> {
    fail(FailureKind::Refused, message)
}

/// Objects that all copies of the catalogue in a replay may hold together. Beyond that, a block that fails leaves what it did
/// before, and ROLLBACK undoes nothing.
const COPIES: usize = 50_000;

/// Relations that all searches of a replay together may look at: thousands of drops in catalogues of thousands of tables.
const SEARCHES: usize = 30_000_000;

/// Most statements that blocks may run in one file: their loops are bounded by what is in the catalogue.
const BUDGET: u32 = 20_000;

impl Session {
    /// A session on a fresh database.
    pub fn new(options: &Options) -> Self {
        seed::session(options)
    }

    /// The catalogue as it stands.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Runs a file.
    pub fn run(&mut self, file: &SqlFile<'_>) {
        self.run_with(file, &mut |_, _| {});
    }

    /// Runs a file and shows the text of each statement and the catalogue that it left.
    pub fn run_with(&mut self, file: &SqlFile<'_>, after: &mut dyn FnMut(&str, &Catalogue)) {
        let failed = self.failures.len();
        let statements = self.statements;
        // Each migration begins a session of its own.
        if !file.continues {
            self.user.clone_from(&self.login);
            self.search_path.clone_from(&self.default_path);
            self.refresh_path();
            self.budget = BUDGET;
            self.snapshots.clear();
            self.may_go_back = false;
        }
        self.may_go_back |= mentions_rollback(file.text);
        let lines = lines::Lines::new(file.text, file.at);
        let whole = file.whole.map(Origin::of_place);
        let site = Site { path: file.path, lines: &lines, base: 0, fixed: whole.as_ref() };
        self.script(file.text, site, after);
        self.files.push(FileOutcome {
            path: file.path.to_owned(),
            statements: self.statements - statements,
            failed: self.failures.len() - failed,
        });
    }

    /// The replay's result.
    pub fn finish(mut self) -> Replay {
        if let Some(origin) = self.limits.copies.take() {
            self.limit("from here on, what blocks that fail and ROLLBACK undo is not undone: the catalogue is too large to keep copies of", origin.place());
        }
        if let Some(origin) = self.limits.searches.take() {
            self.limit("from here on, what depends on the things that are dropped is not looked for: the catalogue is too large", origin.place());
        }
        Replay { catalogue: self.catalogue, failures: self.failures, statements: self.statements, files: self.files }
    }

    /// Runs the statements of a text.
    fn script(&mut self, text: &str, site: Site<'_>, after: &mut dyn FnMut(&str, &Catalogue)) {
        for statement in Statements::new(text) {
            self.statement(text, &statement, site);
            let (start, end) = statement.range();
            after(&text[start as usize..end as usize], &self.catalogue);
        }
    }

    /// Runs one statement; a failure is noted.
    fn statement(&mut self, text: &str, statement: &Statement, site: Site<'_>) {
        self.statements += 1;
        let (start, end) = statement.range();
        let origin = self.origin_of(text, start, end, site);
        let outer = std::mem::replace(&mut self.origin, origin);
        if let Err(stop) = self.try_statement(text, statement, site) {
            let failure = self.failure(text, statement, site, stop);
            self.failures.push(failure);
        }
        self.origin = outer;
    }

    fn limit(&mut self, message: &str, place: Place) {
        self.failures.push(Failure { place, message: message.to_owned(), kind: FailureKind::Unsupported });
    }

    /// Runs one statement.
    fn try_statement(&mut self, text: &str, statement: &Statement, site: Site<'_>) -> Done {
        if let Some((at, message)) = statement.open {
            return Err(Stop::Syntax(SyntaxFault { at, message: message.to_owned() }));
        }
        let mut parser = Parser::new(text, &statement.tokens);
        self.dispatch(&mut parser, site)
    }

    /// What to report of a statement that stopped.
    fn failure(&self, text: &str, statement: &Statement, site: Site<'_>, stop: Stop) -> Failure {
        let fault = match stop {
            Stop::Fault(fault) => fault,
            Stop::Syntax(fault) if statement.open.is_some() => {
                let place = site.place(fault.at, fault.at + 1);
                return Failure { place, message: fault.message, kind: FailureKind::Syntax };
            }
            Stop::Syntax(fault) => {
                let (start, end) = statement.range();
                let Some((at, message)) = first_error(&text[start as usize..end as usize]) else {
                    let place = site.place(fault.at, fault.at + 1);
                    let message = format!("valid SQL of a form that is not modelled: {}", fault.message);
                    return Failure { place, message, kind: FailureKind::Unsupported };
                };
                let place = site.place(start + at, start + at + 1);
                return Failure { place, message, kind: FailureKind::Syntax };
            }
        };
        let place = if site.fixed.is_none() { self.origin.place() } else { self.place(site) };
        Failure { place, message: fault.message, kind: fault.kind }
    }

    fn place(&self, site: Site<'_>) -> Place {
        site.fixed.map_or_else(|| self.origin.place(), Origin::place)
    }

    /// The origin of a statement that stands there.
    fn origin_of(&self, text: &str, start: u32, end: u32, site: Site<'_>) -> Origin {
        if site.path.is_empty() {
            return Origin::default();
        }
        let place = site.place(start, end);
        let mut excerpt = String::new();
        for word in text[start as usize..end as usize].split_whitespace() {
            if excerpt.len() + word.len() > Origin::EXCERPT {
                break;
            }
            if !excerpt.is_empty() {
                excerpt.push(' ');
            }
            excerpt.push_str(word);
        }
        Origin::new(Source {
            path: place.path,
            line: place.line,
            column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
            excerpt,
            sequence: self.statements as u32,
        })
    }
}

/// The first syntax error of a statement, by squawk's parser: byte offset and message.
///
/// A statement that nests so deeply that a parser by descent would run out of stack is not judged.
pub(crate) fn first_error(text: &str) -> Option<(u32, String)> {
    if nesting(text) > MOST_NESTED {
        return None;
    }
    let parse = squawk_syntax::SourceFile::parse(text);
    let errors = parse.errors();
    errors.first().map(|error| (u32::from(error.range().start()), error.message().to_owned()))
}

/// Deepest nesting that squawk is given.
const MOST_NESTED: u32 = 400;

/// An upper bound of how deep the tree of a statement may be: open brackets, and operators and keywords that may nest, as far
/// as no comma stands between them.
fn nesting(text: &str) -> u32 {
    let (mut open, mut sum, mut most): (Vec<u32>, u32, u32) = (vec![0], 0, 0);
    for token in crate::parse::lex::tokens(text) {
        let word = &text[token.start as usize..token.end as usize];
        match (token.kind, word) {
            (Kind::Punct, "(" | "[") => {
                open.push(1);
                sum += 1;
            }
            (Kind::Punct, ")" | "]") if open.len() > 1 => sum -= open.pop().unwrap_or(0),
            (Kind::Punct, "," | ";") => {
                if let Some(last) = open.last_mut() {
                    sum -= std::mem::replace(last, 0);
                }
            }
            (Kind::Op, _) | (Kind::Punct, "::" | "." | "]") => {
                sum += 1;
                open.last_mut().into_iter().for_each(|last| *last += 1);
            }
            (Kind::Word, word) if NESTING.iter().any(|nesting| word.eq_ignore_ascii_case(nesting)) => {
                sum += 1;
                open.last_mut().into_iter().for_each(|last| *last += 1);
            }
            _ => {}
        }
        most = most.max(sum);
    }
    most
}

/// Keywords that one tree may hang below another by.
const NESTING: &[&str] = &[
    "and",
    "or",
    "not",
    "is",
    "in",
    "like",
    "between",
    "case",
    "when",
    "else",
    "union",
    "intersect",
    "except",
    "join",
    "select",
    "with",
    "begin",
    "if",
    "loop",
    "at",
    "collate",
    "isnull",
    "notnull",
    "ilike",
    "operator",
    "similar",
    "explain",
];

/// Whether a text has the word ROLLBACK or ABORT.
fn mentions_rollback(text: &str) -> bool {
    let has = |word: &[u8]| text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
    has(b"rollback") || has(b"abort")
}
