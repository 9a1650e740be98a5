//! Answers about one part of a project, without the whole assessment: its database, its packages.

use lunette_core::access::AccessMatrix;
use lunette_flow::api::ApiTrie;
use lunette_flow::program::Program;
use lunette_flow::{Facts, routes};
use lunette_intel::sbom::Document;
use lunette_intel::{sbom, vex};
use lunette_read::Root;
use lunette_rules::database::{Databases, databases};
use lunette_rules::migrations::{self, Migrations};
use lunette_sql::Catalogue;
use lunette_sql::drift::{Drift, drift};

use crate::dependencies::{Code, Held};
use crate::knowledge::Knowledge;
use crate::options::{AssessError, Options, Progress};
use crate::reading::{self, Reading};
use crate::stack::Stack;

/// Who reaches what in the database that the project's SQL makes; `None` when it makes none.
///
/// # Errors
/// When the configuration is faulty or the platform gives no threads.
pub fn access(root: &Root, options: &Options, progress: &dyn Progress) -> Result<Option<AccessMatrix>, AssessError> {
    Ok(replayed(root, options, progress)?.access)
}

/// Where a running database differs from what the project's SQL leaves. Of several databases in one project the one whose
/// SQL comes first is compared.
///
/// # Errors
/// As [`access`], and when there is no SQL to compare with.
pub fn differences(
    root: &Root,
    options: &Options,
    live: &Catalogue,
    progress: &dyn Progress,
) -> Result<Vec<Drift>, AssessError> {
    let found = replayed(root, options, progress)?;
    let first = found
        .replays
        .first()
        .ok_or_else(|| AssessError::Config("the project has no SQL that makes a database".to_owned()))?;
    Ok(drift(&first.1.catalogue, live))
}

fn replayed(root: &Root, options: &Options, progress: &dyn Progress) -> Result<Databases, AssessError> {
    let mut reading = read(root, options, progress)?;
    progress.phase("replaying", 0);
    let (documents, _) = reading.documents(|path| path.ends_with("supabase/config.toml"));
    // Migrations that are code: no rule is asked anything, so that no library needs to be known.
    let trie = ApiTrie::default();
    let mut read = Migrations::default();
    reading.each_program(progress, &mut |program| {
        if migrations::any(program) {
            read.add(migrations::read(&Facts::new(program, &trie)));
        }
    });
    Ok(databases(&reading.texts(), &read, &documents))
}

fn read(root: &Root, options: &Options, progress: &dyn Progress) -> Result<Reading, AssessError> {
    let ids = Knowledge::ids(&options.extras);
    reading::read(root, options, &|id| ids.contains(id), progress)
}

/// Forms of documents on packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageDocument {
    /// A bill of materials, `CycloneDX` 1.6.
    Sbom,
    /// What the known weaknesses mean for the project, `CycloneDX` 1.6.
    CycloneDxVex,
    /// The same as `OpenVEX`.
    OpenVex,
}

/// A document on the packages of a project, as JSON.
///
/// # Errors
/// As [`access`]; and when a lockfile or the snapshot could not be read: half a list would be taken for the whole.
pub fn package_document(
    root: &Root,
    options: &Options,
    form: PackageDocument,
    progress: &dyn Progress,
) -> Result<String, AssessError> {
    let mut reading = read(root, options, progress)?;
    let inventory = &reading.stack.inventory;
    if let Some(failure) = inventory.failures.first() {
        let (path, line, message) = (&failure.path, failure.line, &failure.message);
        return Err(AssessError::Internal(format!(
            "{path}:{line}: {message}; the list of packages would not be whole"
        )));
    }
    let name = root.name();
    let timestamp = format!("{}T00:00:00Z", options.date);
    let document = Document { project: &name, tool_version: env!("CARGO_PKG_VERSION"), timestamp: Some(&timestamp) };
    if form == PackageDocument::Sbom {
        return Ok(sbom::cyclonedx(inventory, &document));
    }
    let mut knowledge = Knowledge::for_languages(&options.extras, &reading.languages())?;
    let intel = options.intel.of_project(&reading)?;
    progress.phase("analysing", 0);
    let mut held = Held::look_up(inventory, &intel, &mut knowledge.models);
    let Knowledge { models, rulebook, .. } = &knowledge;
    let mut follow = |program: &Program, stack: &Stack| {
        let facts = Facts::new(program, &models.trie);
        let found = routes(&facts, models);
        held.follow(&stack.inventory, &Code { facts: &facts, routes: &found, rulebook });
    };
    reading.each_package(progress, &mut follow);
    follow(&reading.program, &reading.stack);
    let known = held.reached(&reading).map_err(AssessError::Internal)?;
    let inventory = &reading.stack.inventory;
    match form {
        PackageDocument::CycloneDxVex => Ok(vex::cyclonedx(inventory, &known, &document)),
        _ => vex::openvex(inventory, &known, &document)
            .ok_or_else(|| AssessError::Internal("an OpenVEX document needs a date".to_owned())),
    }
}
