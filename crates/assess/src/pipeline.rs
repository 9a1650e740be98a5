//! One consultation, from a root to an assessment.

use std::collections::BTreeMap;

use lunette_core::assessment::{Notice, Request, RulesRead, RulesState};
use lunette_core::finding::{Finding, number};
use lunette_core::project::{Project, Route, SkipReason, Skipped};
use lunette_core::risk::Severity;
use lunette_core::text::{count, printable, shorten};
use lunette_core::{Assessment, Place};
use lunette_flow::Facts;
use lunette_flow::routes;
use lunette_flow::routes::Unresolved;
use lunette_flow::taint::Options as Taint;
use lunette_intel::packages::Inventory;
use lunette_read::Root;
use lunette_rules::migrations::{Migrations, Unread};
use lunette_rules::{RunContext, RunResult, database, migrations};
use lunette_sql::{Failure, FailureKind};

use crate::compose::{Inputs, compose, kind_of};
use crate::dependencies::{Code, Held, is_read};
use crate::knowledge::Knowledge;
use crate::options::{AssessError, Options, Progress};
use crate::reading::{self, Reading, min_confidence};
use crate::research::Permission;
use crate::rules_md::Effects;
use crate::{baseline, checked, profile, stack, suppress};

/// An assessment, and what the project's configuration says of exit codes.
#[derive(Clone, Debug)]
pub struct Assessed {
    /// The assessment.
    pub assessment: Assessment,
    /// The level at which the project wants a run to fail, when it says one and the caller does not.
    pub fail_on: Option<Severity>,
    /// Whether research on the web may follow.
    pub research: Permission,
}

/// Assesses a project.
///
/// # Errors
/// When the configuration, a rule, a model or the baseline is faulty, or the platform gives no threads.
pub fn assess(root: &Root, options: &Options, progress: &dyn Progress) -> Result<Assessed, AssessError> {
    let ids = Knowledge::ids(&options.extras);
    let is_rule = |id: &str| ids.contains(id);
    let known = options
        .baseline
        .as_deref()
        .map(baseline::read)
        .transpose()
        .map_err(|error| AssessError::Config(format!("--baseline: {error}")))?;
    let mut reading = reading::read(root, options, &is_rule, progress)?;
    let mut knowledge = Knowledge::for_languages(&options.extras, &reading.languages())?;
    let intel = options.intel.of_project(&reading)?;
    progress.phase("analysing", 0);
    let mut held = Held::look_up(&reading.stack.inventory, &intel, &mut knowledge.models);
    reading.note(lines_not_read(&reading.stack.inventory));
    let taint = Taint { library: reading.config.library, ..Taint::default() };
    let context = RunContext { taint, ..run_context(&reading.stack) };
    let mut seen = packages(&mut reading, &knowledge, &mut held, &context, progress);

    let (documents, faults) =
        reading.documents(|path| knowledge.rulebook.reads(path) || path.ends_with("supabase/config.toml"));
    reading.note(faults);
    let facts = Facts::new(&reading.program, &knowledge.models.trie);
    let found = routes(&facts, &knowledge.models);
    let code = Code { facts: &facts, routes: &found, rulebook: &knowledge.rulebook };
    held.follow(&reading.stack.inventory, &code);
    seen.migrations.add(migrations::read(&facts));
    let mut databases = match &options.database {
        Some(running) => database::live(running.catalogue.clone(), &running.name, &documents),
        None => database::databases(&reading.texts(), &seen.migrations, &documents),
    };
    let packages = held.judge(&reading, &intel, &options.date);
    progress.phase("matching", 0);
    let mut observations = packages.observations;
    observations.extend(std::mem::take(&mut databases.observations));
    let context = RunContext { observations, documents, ..context };
    seen.result.add(knowledge.rulebook.run(&facts, &knowledge.models, &found, &context));
    drop(facts);
    seen.routes.extend(found.routes);
    seen.unresolved.extend(found.unresolved);
    let RunResult { findings, checked, cut } = seen.result;
    reading.note(databases.failures.iter().map(not_replayed).collect());
    reading.note(databases.unread.iter().map(not_told).collect());
    reading.close_program();
    let request = request(options);
    let project = project(root, &reading, (seen.routes, &seen.unresolved), &request);

    let least = min_confidence(options, &reading.config);
    let mut findings: Vec<Finding> = findings.into_iter().filter(|finding| finding.confidence >= least).collect();
    number(&mut findings);
    if let Some(known) = &known {
        baseline::mark(&mut findings, known);
    }
    let all = findings.clone();
    let (inline, mut notices) = suppress::collect(&reading.tree.files);
    let applied = suppress::apply(
        findings,
        &suppress::Sources {
            inline: &inline,
            config: &reading.config.suppressions,
            directives: &reading.directives,
            rules_path: &root.rules().path,
            date: &options.date,
            known_rule: &is_rule,
        },
    );
    notices.extend(applied.notices);
    notices.extend(remarks(options, cut, reading.packages.len()));

    let effects = Effects {
        left_out: &reading.left_out,
        withheld: &applied.by_directive,
        routes: &project.routes,
        findings: &all,
        date: &options.date,
    };
    let rules_read = rules_read(root, &reading, &effects);
    let facts_checked = checked::topics(&knowledge, &checked, &project, &reading.stack);
    let frameworks = reading.directives.frameworks().iter().map(|(framework, _)| framework.name.to_owned()).collect();
    let incomplete = incomplete(root, &reading).or(packages.problem);
    let assessment = compose(Inputs {
        lunette_version: env!("CARGO_PKG_VERSION").to_owned(),
        date: options.date.clone(),
        request,
        rules_read,
        confinement: options.confinement.clone(),
        project,
        findings: applied.kept,
        withheld: applied.withheld,
        rules: knowledge.rules().to_vec(),
        checked: facts_checked,
        frameworks,
        access: databases.access,
        dependencies: packages.summary,
        notices,
        incomplete,
    });
    let research = Permission::of(options.online, reading.directives.offline());
    Ok(Assessed { assessment, fail_on: reading.config.fail_on.and_then(severity_of), research })
}

/// Surveys a project: what it is, without judging it.
///
/// # Errors
/// As [`assess`].
pub fn survey(root: &Root, options: &Options, progress: &dyn Progress) -> Result<Project, AssessError> {
    let ids = Knowledge::ids(&options.extras);
    let mut reading = reading::read(root, options, &|id| ids.contains(id), progress)?;
    let knowledge = Knowledge::for_languages(&options.extras, &reading.languages())?;
    progress.phase("analysing", 0);
    let mut served = (Vec::new(), Vec::new());
    reading.each_program(progress, &mut |program| {
        let found = routes(&Facts::new(program, &knowledge.models.trie), &knowledge.models);
        served.0.extend(found.routes);
        served.1.extend(found.unresolved);
    });
    reading.close_program();
    Ok(project(root, &reading, (served.0, &served.1), &request(options)))
}

/// What was seen in code.
#[derive(Default)]
struct Seen {
    result: RunResult,
    migrations: Migrations,
    routes: Vec<Route>,
    unresolved: Vec<Unresolved>,
}

/// Looks at each installed package by itself, where the root is a tree of such.
fn packages(
    reading: &mut Reading,
    knowledge: &Knowledge,
    held: &mut Held,
    context: &RunContext,
    progress: &dyn Progress,
) -> Seen {
    let mut seen = Seen::default();
    let Knowledge { models, rulebook, .. } = knowledge;
    reading.each_package(progress, &mut |program, stack| {
        let facts = Facts::new(program, &models.trie);
        let found = routes(&facts, models);
        held.follow(&stack.inventory, &Code { facts: &facts, routes: &found, rulebook });
        seen.migrations.add(migrations::read(&facts));
        seen.result.add(rulebook.run(&facts, models, &found, context));
        seen.routes.extend(found.routes);
        seen.unresolved.extend(found.unresolved);
    });
    seen
}

/// What rules may ask of the stack: major versions of npm's packages, the lowest where there are several.
fn run_context(stack: &stack::Stack) -> RunContext {
    let mut versions: BTreeMap<String, u32> = BTreeMap::new();
    for package in stack.declared.iter().filter(|package| package.ecosystem == stack::Ecosystem::Npm) {
        let version = package.resolved.as_deref().or(package.range.as_deref());
        if let Some(major) = version.and_then(lunette_rules::major) {
            versions.entry(package.name.clone()).and_modify(|known| *known = major.min(*known)).or_insert(major);
        }
    }
    RunContext { versions, ..RunContext::default() }
}

fn request(options: &Options) -> Request {
    let (inferred, source) = kind_of(&options.request);
    let (kind, kind_source) = match options.kind {
        Some(kind) => (kind, "asked for".to_owned()),
        None => (inferred, source),
    };
    Request { text: options.request.clone(), kind, kind_source }
}

fn severity_of(level: crate::config::FailOn) -> Option<Severity> {
    match level {
        crate::config::FailOn::At(severity) => Some(severity),
        crate::config::FailOn::Never => None,
    }
}

fn project(root: &Root, reading: &Reading, served: (Vec<Route>, &[Unresolved]), request: &Request) -> Project {
    let (routes, not_resolved) = served;
    let files = &reading.tree.files;
    let languages = stack::languages(files, &reading.tree.listed);
    let mut skipped = reading.skipped.clone();
    skipped.extend(not_resolved.iter().map(unresolved));
    skipped.sort();
    let dimensions = profile::dimensions(&profile::Facts {
        request: &request.text,
        kind: request.kind,
        kind_source: &request.kind_source,
        directives: &reading.directives,
        rules_path: &root.rules().path,
        stack: &reading.stack,
        languages: &languages,
        files,
        routes: &routes,
    });
    Project {
        name: profile::name(files, &root.name()),
        languages,
        technologies: reading.stack.technologies.clone(),
        routes,
        dimensions,
        files_read: files.len(),
        lines: files.iter().map(|file| file.lines).sum(),
        skipped,
    }
}

/// Lines of manifests that were not understood, where the rest of the file was.
fn lines_not_read(inventory: &Inventory) -> Vec<Skipped> {
    let failures = inventory.failures.iter().filter(|failure| is_read(inventory, &failure.path));
    let skipped = failures.map(|failure| Skipped {
        path: printable(&failure.path),
        reason: SkipReason::Syntax,
        detail: format!("line {}: {}", failure.line, shorten(&printable(&failure.message), 120)),
    });
    skipped.collect()
}

/// A statement that was not carried out is a limit of the assessment.
fn not_replayed(failure: &Failure) -> Skipped {
    let (reason, what) = match failure.kind {
        FailureKind::Syntax => (SkipReason::Syntax, ""),
        FailureKind::Unsupported => (SkipReason::Unsupported, "not carried out: "),
        FailureKind::Unresolved | FailureKind::Duplicate | FailureKind::Refused => {
            (SkipReason::Unsupported, "the statement fails: ")
        }
    };
    let detail = format!("line {}: {what}{}", failure.place.line, shorten(&printable(&failure.message), 160));
    Skipped { path: printable(&failure.place.path), reason, detail }
}

/// SQL that a migration puts together is a limit, too.
fn not_told(unread: &Unread) -> Skipped {
    let detail = format!("line {}: not replayed: {}", unread.place.line, printable(&unread.message));
    Skipped { path: printable(&unread.place.path), reason: SkipReason::Unsupported, detail }
}

/// A route that was seen and not understood is a limit of the assessment.
fn unresolved(registration: &Unresolved) -> Skipped {
    let detail = format!(
        "line {}: {} of the route `{}` is not told by the code",
        registration.place.line, registration.what, registration.route
    );
    Skipped { path: registration.place.path.clone(), reason: SkipReason::Unsupported, detail }
}

fn rules_read(root: &Root, reading: &Reading, effects: &Effects<'_>) -> RulesRead {
    let file = root.rules();
    RulesRead {
        path: file.path.clone(),
        state: file.state,
        note: file.note.clone(),
        sha256: file.sha256.clone(),
        bytes: file.bytes,
        lines: file.lines,
        understood: reading.directives.understood(effects),
        not_understood: reading.directives.not_understood.clone(),
    }
}

/// What the tool has to say on its own inputs.
fn remarks(options: &Options, cut: usize, packages: usize) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut say = |message: &str, place: Option<Place>| notices.push(Notice { message: message.to_owned(), place });
    for note in options.database.iter().flat_map(|running| &running.notes) {
        say(note, None);
    }
    if packages > 0 {
        let packages = count(packages, "package");
        say(
            &format!(
                "This is a folder of installed packages: each of its {packages} with code was assessed by itself. Data that one passes to another was not followed."
            ),
            None,
        );
    }
    if cut > 0 {
        let functions = count(cut, "function");
        say(
            &format!(
                "In {functions} more untrusted data meets than is followed: injections that lead through there may be missing."
            ),
            None,
        );
    }
    notices
}

/// Why the assessment as a whole is incomplete: caps that cut the tree, or rules that could not be read. Single files
/// that did not parse are limits in the report.
fn incomplete(root: &Root, reading: &Reading) -> Option<String> {
    if root.rules().state == RulesState::Refused {
        return Some(format!(
            "{} is there and was not read ({}), so what it asks could not be obeyed",
            root.rules().path,
            root.rules().note
        ));
    }
    let cut = reading.skipped.iter().find(|skipped| skipped.reason == SkipReason::TooMany)?;
    Some(format!("a part of the tree was not read: {}", cut.reason.words()))
}
