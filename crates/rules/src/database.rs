//! The database room asked: SQL files found, replayed and judged, with what the project's configuration says of the API.

use std::collections::BTreeMap;

use lunette_config::{Document, Node};
use lunette_core::access::AccessMatrix;
use lunette_core::observation::Observations;
use lunette_core::text::count;
use lunette_sql::layout::{self, Project};
use lunette_sql::{Catalogue, Failure, FailureKind, Options, Replay, SqlFile, checks, matrix, replay};

use crate::migrations::{Folder, Migrations, Unread, named};

/// The room's name in names of checks.
const ROOM: &str = "sql";

/// What the project's SQL says.
#[derive(Debug, Default)]
pub struct Databases {
    /// Observations of the checks.
    pub observations: Observations,
    /// Who reaches what; `None` when there is no SQL that makes a database.
    pub access: Option<AccessMatrix>,
    /// Statements that failed or were not understood.
    pub failures: Vec<Failure>,
    /// Calls of migration tools whose SQL cannot be told.
    pub unread: Vec<Unread>,
    /// What each replay arrived at, with the folder of its SQL.
    pub replays: Vec<(Project, Replay)>,
}

/// Replays and judges the databases that the SQL among `files` (path and text) and the migrations in code make.
pub fn databases(files: &[(&str, &str)], migrations: &Migrations, documents: &[Document]) -> Databases {
    let sql: Vec<(&str, &str)> = files.iter().copied().filter(|(path, _)| is_sql(path)).collect();
    let mut found = Databases { unread: migrations.unread.clone(), ..Databases::default() };
    let mut code: Vec<&Folder> = Vec::new();
    for folder in &migrations.folders {
        match foreign(folder) {
            Some(note) => found.unread.push(note),
            None => code.push(folder),
        }
    }
    for project in layout::projects(&sql) {
        // A tool that takes both runs them by their names.
        let at = code.iter().position(|folder| !folder.chained && !project.supabase && folder.path == project.folder);
        let beside = at.map(|at| code.remove(at));
        found.add(project, &sql, beside, documents);
    }
    for folder in code {
        let project = Project { folder: folder.path.clone(), supabase: false, files: Vec::new() };
        found.add(project, &sql, Some(folder), documents);
    }
    found
}

/// What to say of migrations in code whose SQL is of another database.
fn foreign(folder: &Folder) -> Option<Unread> {
    let mut pieces = folder.scripts.iter().flat_map(|script| &script.pieces);
    let piece = pieces.find(|piece| layout::is_foreign(&piece.text))?;
    let mut place = lunette_core::Place::line(piece.path.clone(), piece.at.0);
    place.column = piece.at.1;
    Some(Unread {
        place,
        message: "SQL of another database than Postgres; the migrations of this folder are not replayed".to_owned(),
    })
}

/// Judges a running database by its catalogue. `name` is what its places are called. Which schemas the API serves is told by the
/// database, or else by the project's configuration.
pub fn live(catalogue: Catalogue, name: &str, documents: &[Document]) -> Databases {
    let mut exposed = catalogue.exposed_schemas.clone();
    if exposed.is_empty() {
        let config = documents.iter().find(|document| document.path.ends_with("supabase/config.toml"));
        let schemas = config.and_then(|document| document.get("api.schemas"));
        exposed = schemas.map_or_else(|| Options::supabase().exposed_schemas, texts);
    }
    let replay = Replay { catalogue, ..Replay::default() };
    let context = checks::Context { exposed_schemas: &exposed, files: &[], signup: None, live: Some(name.to_owned()) };
    let mut found = Databases { access: Some(matrix::matrix(&replay.catalogue, &exposed)), ..Databases::default() };
    found.observations.list = checks::observe(&replay, &context);
    found
        .observations
        .looked_at
        .insert(ROOM.to_owned(), replay.catalogue.relations.len() + replay.catalogue.functions.len());
    found
}

fn is_sql(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("sql"))
}

impl Databases {
    fn add(&mut self, project: Project, sql: &[(&str, &str)], code: Option<&Folder>, documents: &[Document]) {
        let whole = project.files.iter().map(|&at| SqlFile::new(sql[at].0, layout::forward(sql[at].1)));
        let mut scripts: Vec<(&str, Vec<SqlFile<'_>>)> = whole.map(|file| (file.path, vec![file])).collect();
        if let Some(folder) = code {
            scripts.extend(folder.scripts.iter().map(|script| (script.path.as_str(), script.files().collect())));
            if !project.files.is_empty() {
                scripts.sort_by(|(a, _), (b, _)| named(a, b));
            }
        }
        let files: Vec<SqlFile<'_>> = scripts.into_iter().flat_map(|(_, files)| files).collect();
        let settings = Settings::of(&project, documents);
        let mut replay = replay(&files, &settings.options);
        let failed = replay.failures.len();
        if code.is_some() {
            replay.failures = made_by_calls(std::mem::take(&mut replay.failures));
        }
        let exposed = &settings.options.exposed_schemas;
        let context = checks::Context { exposed_schemas: exposed, files: &files, signup: settings.signup, live: None };
        self.observations.list.extend(checks::observe(&replay, &context));
        *self.observations.looked_at.entry(ROOM.to_owned()).or_default() += objects(&replay);
        let seen = matrix::matrix(&replay.catalogue, exposed);
        let access = self.access.get_or_insert_default();
        access.objects.extend(seen.objects);
        access.assumptions.extend(seen.assumptions.into_iter().chain(settings.assumption).chain(unsure(
            &project,
            failed,
            replay.statements,
        )));
        self.failures.extend(replay.failures.iter().cloned());
        self.replays.push((project, replay));
    }
}

/// Where migrations are code, what a statement does not find was made by calls that are not SQL: told once for each file.
fn made_by_calls(failures: Vec<Failure>) -> Vec<Failure> {
    let mut kept: Vec<Failure> = Vec::new();
    let mut more: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for mut failure in failures {
        if failure.kind == FailureKind::Unresolved {
            let (_, count) = more.entry(failure.place.path.clone()).or_insert((kept.len(), 0));
            *count += 1;
            if *count > 1 {
                continue;
            }
            failure.kind = FailureKind::Unsupported;
        }
        kept.push(failure);
    }
    for (first, found) in more.into_values() {
        let others = match found {
            1 => String::new(),
            found => format!(" (and {} more in this file)", found - 1),
        };
        let message = &mut kept[first].message;
        *message = format!("{message}{others}; what the tool's own calls make is not known");
    }
    kept
}

/// Things that the project's own statements made and that checks look at.
fn objects(replay: &Replay) -> usize {
    let relations = replay.catalogue.relations.values().filter(|relation| relation.origin.is_known()).count();
    let functions = replay.catalogue.functions.values().filter(|function| function.origin.is_known()).count();
    relations + functions + replay.catalogue.buckets.len()
}

fn unsure(project: &Project, failed: usize, statements: usize) -> Option<String> {
    let folder = if project.folder.is_empty() { "the root" } else { &project.folder };
    (failed > 0).then(|| {
        format!(
            "{} of {} below `{folder}` failed or was not understood; what it would have changed is not in the table.",
            count(failed, "statement"),
            statements
        )
    })
}

fn texts(list: &Node) -> Vec<String> {
    list.items().iter().filter_map(|item| item.text()).map(str::to_owned).collect()
}

/// What `config.toml` decides.
struct Settings {
    options: Options,
    signup: Option<bool>,
    assumption: Option<String>,
}

impl Settings {
    fn of(project: &Project, documents: &[Document]) -> Self {
        if !project.supabase {
            return Settings { options: Options::postgres(), signup: None, assumption: None };
        }
        let path = format!("{}/config.toml", project.folder);
        let document = documents.iter().find(|document| document.path == path);
        let get = |key: &str| document.and_then(|document| document.get(key));
        let truth = |key: &str| get(key).and_then(|node| node.text()).and_then(|text| text.parse::<bool>().ok());
        let mut options = Options::supabase();
        if let Some(schemas) = get("api.schemas") {
            options.exposed_schemas = texts(schemas);
        }
        let stated = truth("api.auto_expose_new_tables");
        options.auto_expose_new_tables = stated.unwrap_or(options.auto_expose_new_tables);
        let assumption = stated.is_none().then(|| {
            "New tables are taken to be granted to `anon` and `authenticated`, as in projects made before 2026-05-30: `[api] auto_expose_new_tables` is not set.".to_owned()
        });
        Settings { options, signup: truth("auth.enable_signup"), assumption }
    }
}
