//! Where a project keeps the SQL that makes its databases, and in which order it runs.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The SQL of one database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The folder that holds it, relative to the project's root; empty for the root itself.
    pub folder: String,
    /// Whether it is a Supabase project: the folder is `supabase`, with its migrations below.
    pub supabase: bool,
    /// The files, as indices into the paths given, in the order in which they run.
    pub files: Vec<usize>,
}

/// The databases that the SQL files among `files` (path relative to the root with `/`, and text) make. Known layouts: Supabase
/// (`supabase/migrations`, `schemas` where there are no migrations, `seed.sql`, `seeds`), Prisma
/// (`migrations/<name>/migration.sql`), Hasura and Diesel (`migrations/<name>/up.sql`), Flyway (`V1__x.sql`, `R__x.sql`), and folders of `.sql` files named `migrations`,
/// `migrate` or `drizzle`, in the order of their names (numbers by value). A schema file (`schema.sql`, `structure.sql`,
/// `init.sql`, `setup.sql`) is taken where there is nothing of these. Files that undo (`.down.sql`) are left out, and so is
/// SQL that is plainly of another database.
pub fn projects(files: &[(&str, &str)]) -> Vec<Project> {
    let mut groups: BTreeMap<(String, Kind), Vec<usize>> = BTreeMap::new();
    let paths: BTreeSet<&str> = files.iter().map(|(path, _)| *path).collect();
    for (index, (path, _)) in files.iter().enumerate() {
        if let Some(group) = group(path).filter(|_| !has_counterpart(path, &paths)) {
            groups.entry(group).or_default().push(index);
        }
    }
    let has = |kind: Kind| groups.keys().any(|(_, other)| *other == kind);
    let migrations = has(Kind::Supabase) || has(Kind::Folder) || has(Kind::Nested);
    let mut projects = Vec::new();
    for ((folder, kind), members) in &groups {
        let mut members = members.clone();
        let wanted = match kind {
            Kind::Supabase | Kind::Folder | Kind::Nested => true,
            Kind::Declared => !groups.contains_key(&(folder.clone(), Kind::Supabase)),
            Kind::Schema => !migrations,
            Kind::Seed => false,
        };
        let supabase = matches!(kind, Kind::Supabase | Kind::Declared);
        if !wanted || (!supabase && members.iter().any(|&at| is_foreign(files[at].1))) {
            continue;
        }
        members.sort_by(|a, b| compare(files[*a].0, files[*b].0));
        if supabase && let Some(seeds) = groups.get(&(folder.clone(), Kind::Seed)) {
            members.extend(seeds);
        }
        projects.push(Project { folder: folder.clone(), supabase, files: members });
    }
    projects
}

/// The part of a migration that does rather than undoes: tools that keep both in one file mark where the second begins.
pub fn forward(text: &str) -> &str {
    const MARKS: [&str; 4] = ["-- +goose Down", "-- migrate:down", "-- Down Migration", "-- +migrate Down"];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if MARKS.iter().any(|mark| is_mark(line, mark)) {
            return &text[..at];
        }
        at += line.len();
    }
    text
}

/// Whether a comment is that mark: options may follow (`-- migrate:down transaction:false`), and blanks count for nothing.
fn is_mark(line: &str, mark: &str) -> bool {
    let Some(comment) = line.trim_start().strip_prefix("--") else { return false };
    let mut words = comment.split_whitespace();
    mark.trim_start_matches("--")
        .split_whitespace()
        .all(|word| words.next().is_some_and(|other| other.eq_ignore_ascii_case(word)))
}

/// Whether a file `1_x_down.sql` undoes what `1_x_up.sql` does: a name may end so without it.
fn has_counterpart(path: &str, paths: &BTreeSet<&str>) -> bool {
    ["_", "-"].iter().any(|sign| {
        let stem = path.strip_suffix(".sql").and_then(|stem| stem.strip_suffix(&format!("{sign}down")));
        stem.is_some_and(|stem| paths.contains(format!("{stem}{sign}up.sql").as_str()))
    })
}

/// What a file of SQL is to a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Supabase,
    /// Supabase's declarative schemas.
    Declared,
    Seed,
    /// A folder of files.
    Folder,
    /// A folder of folders with one file each.
    Nested,
    Schema,
}

fn group(path: &str) -> Option<(String, Kind)> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let lower = name.to_ascii_lowercase();
    let stem = lower.strip_suffix(".sql")?;
    let parts: Vec<&str> = if folder.is_empty() { Vec::new() } else { folder.split('/').collect() };
    let upto = |count: usize| parts[..count].join("/");
    if let Some(at) = parts.iter().rposition(|part| *part == "supabase") {
        let below = &parts[at + 1..];
        let kind = match below {
            ["migrations"] => Some(Kind::Supabase),
            ["schemas", ..] => Some(Kind::Declared),
            [] if stem == "seed" => Some(Kind::Seed),
            ["seed" | "seeds", ..] => Some(Kind::Seed),
            _ => None,
        };
        return Some((upto(at + 1), kind?));
    }
    if stem == "down"
        || stem.rsplit_once('.').is_some_and(|(_, last)| last == "down")
        || stem.starts_with("undo")
        || is_undo(name)
    {
        return None;
    }
    match parts.as_slice() {
        // Prisma, Drizzle, Diesel; Hasura has one more folder for each database.
        [.., "migrations" | "drizzle", _] if stem == "migration" || stem == "up" => {
            Some((upto(parts.len() - 1), Kind::Nested))
        }
        [.., "migrations", _, _] if stem == "up" => Some((upto(parts.len() - 1), Kind::Nested)),
        // db-migrate keeps the SQL of its migrations beside them.
        [.., "migrations", "sqls"] => Some((folder.to_owned(), Kind::Folder)),
        [.., "migrations" | "migrate" | "migration" | "drizzle"] => Some((folder.to_owned(), Kind::Folder)),
        _ if is_flyway(name) => Some((folder.to_owned(), Kind::Folder)),
        _ if ["schema", "structure", "init", "setup"].contains(&stem) => Some((folder.to_owned(), Kind::Schema)),
        _ => None,
    }
}

/// Flyway's `V1_2__name.sql` and `R__name.sql`.
fn is_flyway(name: &str) -> bool {
    let Some((version, _)) = name.split_once("__") else { return false };
    version == "R" || version.strip_prefix('V').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Flyway's `U1__name.sql`.
fn is_undo(name: &str) -> bool {
    name.split_once("__").is_some_and(|(version, _)| {
        version.strip_prefix('U').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// Whether a text is plainly for another database than Postgres.
pub fn is_foreign(text: &str) -> bool {
    let head: String = text.chars().take(20_000).collect::<String>().to_ascii_uppercase();
    [
        "AUTO_INCREMENT",
        "AUTOINCREMENT",
        "ENGINE=",
        "ENGINE =",
        "PRAGMA ",
        "CREATE TABLE `",
        "IF NOT EXISTS `",
        "NVARCHAR(",
    ]
    .iter()
    .any(|mark| head.contains(mark))
}

/// Paths in the order in which they run: numbers by value, Flyway's repeatable files last.
pub fn compare(a: &str, b: &str) -> Ordering {
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).starts_with("R__");
    name(a).cmp(&name(b)).then_with(|| natural(a, b)).then_with(|| a.cmp(b))
}

fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        match (left.first(), right.first()) {
            (None, None) => return Ordering::Equal,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (first, rest) = number(left);
                let (second, other) = number(right);
                match first.len().cmp(&second.len()).then_with(|| first.cmp(second)) {
                    Ordering::Equal => (left, right) = (rest, other),
                    unequal => return unequal,
                }
            }
            (Some(x), Some(y)) if x == y => (left, right) = (&left[1..], &right[1..]),
            (Some(x), Some(y)) => return x.cmp(y),
        }
    }
}

/// The digits at the beginning without leading zeros, and what follows.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let start = text[..end].iter().position(|byte| *byte != b'0').unwrap_or(end);
    (&text[start..end], &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(paths: &[&str]) -> Vec<String> {
        let files: Vec<(&str, &str)> = paths.iter().map(|path| (*path, "create table t ();")).collect();
        let show = |project: &Project| {
            let names: Vec<&str> = project.files.iter().map(|&at| paths[at]).collect();
            format!("{}{}: {}", if project.supabase { "supabase " } else { "" }, project.folder, names.join(" "))
        };
        projects(&files).iter().map(show).collect()
    }

    #[test]
    fn supabase_runs_migrations_then_seeds() {
        assert_eq!(
            told(&[
                "supabase/seed.sql",
                "supabase/migrations/2_b.sql",
                "supabase/migrations/1_a.sql",
                "supabase/schemas/a.sql",
                "supabase/tests/x.sql"
            ]),
            ["supabase supabase: supabase/migrations/1_a.sql supabase/migrations/2_b.sql supabase/seed.sql"]
        );
        assert_eq!(
            told(&["apps/a/supabase/schemas/b.sql", "apps/a/supabase/schemas/a.sql"]),
            ["supabase apps/a/supabase: apps/a/supabase/schemas/a.sql apps/a/supabase/schemas/b.sql"]
        );
    }

    #[test]
    fn other_tools_have_their_orders() {
        assert_eq!(
            told(&["db/V10__c.sql", "db/R__views.sql", "db/V2__b.sql", "db/U2__b.sql", "db/V1_1__a.sql"]),
            ["db: db/V1_1__a.sql db/V2__b.sql db/V10__c.sql db/R__views.sql"]
        );
        assert_eq!(
            told(&["prisma/migrations/20240102_b/migration.sql", "prisma/migrations/20240101_a/migration.sql"]),
            [
                "prisma/migrations: prisma/migrations/20240101_a/migration.sql prisma/migrations/20240102_b/migration.sql"
            ]
        );
        assert_eq!(
            told(&["migrations/2.up.sql", "migrations/2.down.sql", "migrations/10.up.sql"]),
            ["migrations: migrations/2.up.sql migrations/10.up.sql"]
        );
        assert_eq!(
            told(&["migrations/db/2_b/up.sql", "migrations/db/2_b/down.sql", "migrations/db/1_a/up.sql"]),
            ["migrations/db: migrations/db/1_a/up.sql migrations/db/2_b/up.sql"]
        );
        assert_eq!(
            told(&["migrations/sqls/1-a-up.sql", "migrations/sqls/1-a-down.sql"]),
            ["migrations/sqls: migrations/sqls/1-a-up.sql"]
        );
        assert_eq!(told(&["migrations/1_shut_down.sql"]), ["migrations: migrations/1_shut_down.sql"]);
        assert_eq!(told(&["drizzle/1_a/migration.sql"]), ["drizzle: drizzle/1_a/migration.sql"]);
        assert_eq!(told(&["db/schema.sql"]), ["db: db/schema.sql"]);
        assert_eq!(told(&["db/schema.sql", "migrations/1.sql"]), ["migrations: migrations/1.sql"]);
        assert!(told(&["queries/report.sql"]).is_empty());
    }

    #[test]
    fn sql_of_other_databases_is_left_out() {
        let files = [("db/schema.sql", "CREATE TABLE `a` (id int AUTO_INCREMENT);")];
        assert!(projects(&files).is_empty());
    }

    #[test]
    fn what_undoes_is_cut_off() {
        assert_eq!(forward("create table a();\n-- +goose Down\ndrop table a;\n"), "create table a();\n");
        assert_eq!(forward("create table a();"), "create table a();");
        assert_eq!(forward("a\n-- migrate:down transaction:false\nb"), "a\n");
        assert_eq!(forward("a\n--+goose down\n"), "a\n");
        assert_eq!(forward("a\n-- +goose downwards\nb"), "a\n-- +goose downwards\nb");
    }
}
