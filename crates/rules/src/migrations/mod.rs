//! SQL that migrations written in Python or JavaScript run: the literal texts given to the calls that
//! `data/migrations.yml` names, in the order in which the tool runs them.

mod order;
mod tools;
mod values;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use lunette_core::Place;
use lunette_flow::facts::Facts;
use lunette_flow::is_test_path;
use lunette_flow::program::{Program, Unit, UnitId};
use lunette_sql::SqlFile;

pub(crate) use order::named;
use tools::{Tool, tool_of};
use values::Frames;

/// The SQL of migrations that are code.
#[derive(Debug, Default)]
pub struct Migrations {
    /// For each folder of migrations.
    pub folders: Vec<Folder>,
    /// Calls whose SQL cannot be told.
    pub unread: Vec<Unread>,
}

impl Migrations {
    /// Adds those of another part of the project.
    pub fn add(&mut self, part: Migrations) {
        self.folders.extend(part.folders);
        self.unread.extend(part.unread);
    }
}

/// The migrations of one database.
#[derive(Debug)]
pub struct Folder {
    /// The folder, relative to the root.
    pub path: String,
    /// The files, in the order in which they run.
    pub scripts: Vec<Script>,
    /// Whether the order is told by the files themselves and not by their names.
    pub chained: bool,
}

/// One migration.
#[derive(Debug)]
pub struct Script {
    /// Its path.
    pub path: String,
    /// What it runs, in order.
    pub pieces: Vec<Piece>,
}

/// A text of SQL within code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The file that it stands in.
    pub path: String,
    /// The text.
    pub text: String,
    /// Line and column of its first character.
    pub at: (u32, u32),
    /// The place that all of it is put down to, where it does not stand there as it is.
    pub whole: Option<Place>,
}

/// A call whose SQL cannot be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The call.
    pub place: Place,
    /// What is not told.
    pub message: String,
}

impl Script {
    /// The texts as the replay takes them: one session.
    pub fn files(&self) -> impl Iterator<Item = SqlFile<'_>> {
        self.pieces.iter().enumerate().map(|(index, piece)| SqlFile {
            path: &piece.path,
            text: &piece.text,
            at: piece.at,
            whole: piece.whole.as_ref(),
            continues: index > 0,
        })
    }
}

/// Whether a file may be a migration that is code.
pub fn is_migration(unit: &Unit) -> bool {
    !is_test_path(&unit.path) && tool_of(unit).is_some()
}

/// Whether a program has migrations that are code.
pub fn any(program: &Program) -> bool {
    program.units.iter().any(is_migration)
}

/// Reads the migrations of a program.
pub fn read(facts: &Facts<'_>) -> Migrations {
    let mut groups: BTreeMap<(String, &str), (&Tool, Vec<UnitId>)> = BTreeMap::new();
    for unit in facts.program.ids() {
        let file = facts.program.unit(unit);
        let Some(tool) = tool_of(file).filter(|_| !is_test_path(&file.path)) else { continue };
        let mut folder = file.path.as_str();
        for _ in 0..=tool.above {
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
        groups.entry((folder.to_owned(), tool.name.as_str())).or_insert((tool, Vec::new())).1.push(unit);
    }
    let mut all = Migrations::default();
    for ((path, _), (tool, units)) in groups {
        let mut scripts: Vec<(Script, order::Link)> = Vec::new();
        for unit in units {
            let found = walk::walk(Frames::new(facts, tool), unit);
            all.unread.extend(found.unread);
            let link = tool.chain.as_ref().map(|chain| order::link(&mut Frames::new(facts, tool), facts, unit, chain));
            let script = Script { path: facts.program.unit(unit).path.clone(), pieces: found.pieces };
            scripts.push((script, link.unwrap_or_default()));
        }
        if scripts.iter().all(|(script, _)| script.pieces.is_empty()) {
            continue;
        }
        let chained = tool.chain.is_some();
        let scripts = if chained { by_chain(scripts) } else { by_name(scripts) };
        all.folders.push(Folder { path, scripts, chained });
    }
    all.unread.sort_by(|a, b| a.place.cmp(&b.place));
    all
}

fn by_name(scripts: Vec<(Script, order::Link)>) -> Vec<Script> {
    let mut scripts: Vec<Script> = scripts.into_iter().map(|(script, _)| script).collect();
    scripts.sort_by(|a, b| order::named(&a.path, &b.path));
    scripts
}

fn by_chain(scripts: Vec<(Script, order::Link)>) -> Vec<Script> {
    let (mut scripts, links): (Vec<_>, Vec<_>) = scripts
        .into_iter()
        .map(|(script, link)| {
            let path = script.path.clone();
            (Some(script), (path, link))
        })
        .unzip();
    order::chained(&links).into_iter().filter_map(|at| scripts[at].take()).collect()
}
