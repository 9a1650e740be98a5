//! `lunette probe`: shows what the kernel refuses to the part of Lunette that reads projects.

use std::fmt::Write as _;
use std::path::Path;

use lunette_core::text::printable;

use super::{open, plan};
use crate::exit::{Failure, Status};
use crate::output;

/// Confines this process to `path`, tries what must be refused, and prints what came of it.
///
/// # Errors
/// When the path is no readable folder.
pub(crate) fn run(path: &Path) -> Result<Status, Failure> {
    let opened = open(&plan(path)?)?;
    let mut out = String::new();
    let enforced = opened.confinement.enforced;
    let by = if opened.confinement.by.is_empty() { "nothing".to_owned() } else { opened.confinement.by.join(", ") };
    let _ = writeln!(out, "enforced: {}, by: {by}", if enforced { "yes" } else { "no" });
    for missing in &opened.confinement.missing {
        let _ = writeln!(out, "missing: {missing}");
    }
    let all_refused = attempts(opened.root.path(), &mut out);
    output::stdout(printable_lines(&out).as_bytes())?;
    Ok(if enforced && all_refused { Status::FINE } else { Status::INCOMPLETE })
}

#[cfg(unix)]
fn attempts(root: &Path, out: &mut String) -> bool {
    let probe = crate::sandbox::probe(root);
    for attempt in &probe.attempts {
        let verdict = if attempt.refused { "refused" } else { "ALLOWED" };
        let _ = writeln!(out, "{verdict}  {}: {}", attempt.what, attempt.outcome);
    }
    probe.all_refused()
}

#[cfg(not(unix))]
fn attempts(_root: &Path, _out: &mut String) -> bool {
    false
}

fn printable_lines(text: &str) -> String {
    text.lines().map(|line| printable(line) + "\n").collect()
}
