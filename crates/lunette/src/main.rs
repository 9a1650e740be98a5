//! The command line of Lunette: arguments, exit codes, progress, and the sandbox around the part that reads.

mod args;
mod commands;
mod date;
mod exit;
mod output;
mod progress;
mod sandbox;
mod terminal;
mod worker;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{CheckCommand, Cli, Command};
use commands::packages::Document;
use commands::view::View;
use commands::{assess, database, lists, packages, view};
use exit::{Failure, Status};
use worker::Terminal;

/// An analysis makes and drops millions of small lists: with jemalloc it takes about a tenth less time than with glibc's
/// allocator, measured on the libraries of Python and on a tree of node modules.
#[cfg(all(feature = "jemalloc", target_os = "linux", target_arch = "x86_64"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal::current(cli.color.into());
    if worker::is_worker() {
        return worker::serve(|send| match &cli.command {
            Command::Assess(args) => assess::work(args, cli.quiet, terminal, send),
            Command::Routes(args) => view::work(View::Routes, args, cli.quiet, send),
            Command::Profile(args) => view::work(View::Profile, args, cli.quiet, send),
            Command::Rls(args) => database::rls(args, cli.quiet, send),
            Command::Drift(args) => database::drift(args, cli.quiet, send),
            Command::Sbom(args) => packages::work(Document::Sbom, args, cli.quiet, send),
            Command::Vex(args) => packages::work(Document::Vex, args, cli.quiet, send),
            _ => Err(Failure::internal("this command has no worker")),
        });
    }
    match run(&cli, terminal) {
        Ok(status) => status.into(),
        Err(failure) => {
            anstream::ColorChoice::write_global(cli.color.into());
            let red = anstyle::AnsiColor::Red.on_default().bold();
            for line in failure.message.lines() {
                anstream::eprintln!("{red}error{red:#}: {}", lunette_core::text::printable(line));
            }
            ExitCode::from(failure.code)
        }
    }
}

fn run(cli: &Cli, terminal: Terminal) -> Result<Status, Failure> {
    match &cli.command {
        Command::Assess(args) => assess::direct(args, terminal),
        Command::Routes(_) | Command::Profile(_) | Command::Rls(_) => view::direct(terminal, None),
        Command::Drift(args) => database::direct(&args.database, terminal),
        Command::Sbom(args) => packages::direct(Document::Sbom, args, terminal),
        Command::Vex(args) => packages::direct(Document::Vex, args, terminal),
        Command::Intel { command } => commands::intel::run(command, cli.quiet),
        Command::Rules(args) => lists::rules(args),
        Command::Explain { rule } => lists::explain(rule),
        Command::Mcp { root, date } => commands::mcp::serve(root, date.as_deref()),
        Command::Models { command: CheckCommand::Check { folder } } => lists::check_models(folder),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "lunette", &mut script);
            output::stdout(&script)?;
            Ok(Status::FINE)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut page)
                .map_err(|error| Failure::internal(format!("cannot write the manual page: {error}")))?;
            output::stdout(&page)?;
            Ok(Status::FINE)
        }
        Command::Probe { path } => commands::probe::run(path),
    }
}
