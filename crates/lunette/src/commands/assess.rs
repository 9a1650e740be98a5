//! `lunette assess`.

use std::path::Path;

use lunette_assess::{AssessError, Options, Running};
use lunette_core::assessment::Notice;
use lunette_core::{Assessment, Finding, Severity};

use super::research::Inquirer;
use super::{extras, open, own_file, plan, text_of};
use crate::args::AssessArgs;
use crate::exit::{Failure, Status};
use crate::output::{self, Output, ReportFormat};
use crate::progress::Bar;
use crate::terminal;
use crate::worker::{self, Frame, Need, Terminal};

/// In the parent: checks the outputs, lets the worker assess, writes what it sends.
pub(crate) fn direct(args: &AssessArgs, terminal: Terminal) -> Result<Status, Failure> {
    let outputs = output::parse(&args.outputs)?;
    // Wrong usage is told before anything is started.
    crate::date::resolve(args.date.as_deref())?;
    let inquirer = args.online.then(|| Inquirer::new(args)).transpose()?;
    let mut supply = |need: Need, said: &[u8]| match (need, &args.database, &inquirer) {
        (Need::Database, Some(url), _) => super::database::read(url),
        (Need::Research, _, Some(inquirer)) => inquirer.answer(said),
        _ => Err(Failure::internal("the worker asked for something that was not allowed")),
    };
    let supply: Option<worker::Supply<'_>> =
        if args.database.is_some() || args.online { Some(&mut supply) } else { None };
    worker::run(terminal, supply, |frame| match frame {
        Frame::Output(index, bytes) => match outputs.get(index as usize) {
            Some(Output { path: Some(path), .. }) => output::write(path, &bytes),
            Some(Output { path: None, .. }) => output::stdout(&bytes),
            None => Err(Failure::internal("the worker sent a report that was not asked for")),
        },
        Frame::Stdout(bytes) => output::stdout(&bytes),
        Frame::End(..) | Frame::Need(..) => Ok(()),
    })
}

/// In the worker: assesses and sends the reports.
pub(crate) fn work(
    args: &AssessArgs,
    quiet: bool,
    terminal: Terminal,
    send: &mut dyn FnMut(Frame),
) -> Result<Status, Failure> {
    let outputs = output::parse(&args.outputs)?;
    let date = crate::date::resolve(args.date.as_deref())?;
    let plan = plan(&args.path)?;
    let extras = extras(Some(&plan), args.rules.as_deref(), args.models.as_deref())?;
    let baseline = args.baseline.as_deref().map(|path| own_file(&plan, "--baseline", path)).transpose()?;
    if let Some(folder) = &args.intel
        && !folder.is_dir()
    {
        return Err(Failure::usage(format!("--intel {} is not a folder", folder.display())));
    }
    let intel = super::intel::open(
        args.intel.as_deref(),
        super::intel::own_advisories(&plan, args.advisories.as_deref())?,
        &date,
    )?;
    let exclude = outputs_below(&outputs, &plan.root);

    let opened = open(&plan)?;
    let mut refused = None;
    let database = match args.database.as_ref().map(|_| super::database::receive(&opened.root, send)).transpose()? {
        Some(Ok(live)) => Some(live),
        Some(Err(line)) => {
            refused = Some(line);
            None
        }
        None => None,
    };
    let baseline = match baseline {
        Some(own) => Some(text_of(&opened.root, "--baseline", own)?),
        None => None::<String>,
    };
    let options = Options {
        request: args.request.clone(),
        kind: args.kind.map(Into::into),
        date,
        min_confidence: args.min_confidence.map(Into::into),
        extras,
        baseline,
        exclude,
        confinement: opened.confinement.clone(),
        threads: args.threads,
        online: args.online,
        intel,
        database: database.map(|live| Running { catalogue: live.catalogue, name: live.database, notes: live.notes }),
    };
    let bar = Bar::new(quiet);
    let mut assessed = lunette_assess::assess(&opened.root, &options, &bar).map_err(failure)?;
    drop(bar);
    if let Some(line) = refused {
        let message = format!(
            "--database was given, but line {line} of {} forbids the network: the database was not read.",
            opened.root.rules().path
        );
        assessed.assessment.notices.push(Notice { message, place: None });
    }
    super::research::follow(&mut assessed, send)?;
    let assessment = &assessed.assessment;

    for (index, output) in outputs.iter().enumerate() {
        let text = match output.format {
            ReportFormat::Markdown => lunette_report::markdown(assessment),
            ReportFormat::Json => lunette_report::json(assessment),
            ReportFormat::Sarif => lunette_report::sarif(assessment),
        };
        send(Frame::Output(index as u32, text.into_bytes()));
    }
    if outputs.is_empty() {
        let source = |path: &str| opened.root.file(path).ok().map(|file| file.text);
        send(Frame::Stdout(terminal::summary(assessment, &source, terminal).into_bytes()));
    }
    Ok(verdict(assessment, args.fail_on.severity().or(assessed.fail_on)))
}

/// Paths of outputs that lie below the root, relative to it: an earlier report is no part of the project.
fn outputs_below(outputs: &[Output], root: &Path) -> Vec<String> {
    let below = |output: &Output| {
        let path = output.path.as_ref()?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let real = folder.canonicalize().ok()?.join(path.file_name()?);
        Some(real.strip_prefix(root).ok()?.to_string_lossy().into_owned())
    };
    outputs.iter().filter_map(below).collect()
}

pub(crate) fn failure(error: AssessError) -> Failure {
    match error {
        AssessError::Config(message) => Failure::usage(message),
        AssessError::Internal(message) => Failure::internal(message),
    }
}

/// The exit code: findings first, then gaps.
fn verdict(assessment: &Assessment, level: Option<Severity>) -> Status {
    let counts = |finding: &Finding| level.is_some_and(|level| finding.new_severity().is_some_and(|new| new >= level));
    if assessment.findings.iter().any(counts) {
        Status::FINDINGS
    } else if assessment.incomplete.is_some() {
        Status::INCOMPLETE
    } else {
        Status::FINE
    }
}
