//! `cargo xtask score`: how good Lunette is on the checked-out corpora, one command and one table for each.
//!
//! Everything measured lies outside the repository: the corpora in `LUNETTE_CORPORA` (default `../corpora`), labels
//! and scorers in `LUNETTE_BENCH` (default `../shared/bench`). What is absent is skipped loudly, never counted.

mod corpora;
mod noise;
mod scorers;
mod splinter;

use std::path::PathBuf;

use crate::Outcome;
use crate::table::Section;
use corpora::Bench;

const USAGE: &str =
    "usage: cargo xtask score [owasp|flask|node|cves|good|cpython|splinter]… [--lunette FILE] [--table FILE]
                         [--misses] [--false] [--list] [--only even|odd]
  without a name, everything is scored
  --lunette FILE   the program to score (default: target/release/lunette)
  --table FILE     the same tables as Markdown
  --misses         list what was not found
  --false          list false alarms
  --list           list results on no label, and every finding of `good` and `cpython`
  --only even|odd  of BenchmarkPython, only tests with such a number";

/// What can be scored, in the order of the output.
const NAMES: [&str; 7] = ["owasp", "flask", "node", "cves", "good", "cpython", "splinter"];

/// What the command line asks for.
#[derive(Default)]
struct Options {
    /// Corpora by name; empty is all.
    names: Vec<String>,
    lunette: Option<PathBuf>,
    table: Option<PathBuf>,
    misses: bool,
    show_false: bool,
    list: bool,
    only: Option<String>,
}

/// Scores and prints.
pub(crate) fn run(args: &[&str]) -> Outcome {
    let options = parse(args)?;
    let bench = Bench::new(options.lunette.as_deref())?;
    println!("{}", bench.what());
    let mut sections = Vec::new();
    let mut skipped: Vec<String> = Vec::new();
    for name in NAMES.iter().filter(|name| options.names.is_empty() || options.names.iter().any(|asked| asked == *name))
    {
        let section = match *name {
            "owasp" => scorers::owasp(&bench, &options),
            "good" => noise::packages(&bench, &options),
            "splinter" => splinter::splinter(&bench, &options),
            "cpython" => noise::cpython(&bench, &options),
            labels => scorers::labels(&bench, labels, &options),
        };
        match section? {
            Ok(section) => {
                print!("\n{}", section.text());
                sections.push(section);
            }
            Err(absent) => {
                println!("\nSKIPPED {name}: {absent}");
                skipped.push(format!("{name}: {absent}"));
            }
        }
    }
    bench.finish();
    if let Some(path) = &options.table {
        let mut page: Vec<String> = sections.iter().map(Section::markdown).collect();
        page.extend(bench.failures().iter().map(|failure| format!("{failure}\n")));
        page.extend(skipped.iter().map(|line| format!("SKIPPED {line}\n")));
        std::fs::write(path, page.join("\n")).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if !skipped.is_empty() {
        println!("\nSKIPPED, not measured: {} of {}", skipped.len(), skipped.len() + sections.len());
    }
    let failures = bench.failures();
    if failures.is_empty() { Ok(()) } else { Err(format!("\n{}", failures.join("\n"))) }
}

fn parse(args: &[&str]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = args.iter();
    let value = |found: Option<&&str>| found.map(|text| (*text).to_owned()).ok_or_else(|| USAGE.to_owned());
    while let Some(arg) = rest.next() {
        match *arg {
            "--lunette" => options.lunette = Some(value(rest.next())?.into()),
            "--table" => options.table = Some(value(rest.next())?.into()),
            "--only" => options.only = Some(value(rest.next())?),
            "--misses" => options.misses = true,
            "--false" => options.show_false = true,
            "--list" => options.list = true,
            name if NAMES.contains(&name) => options.names.push(name.to_owned()),
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(options)
}
