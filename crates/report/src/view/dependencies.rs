//! Packages to raise, as a table.

use lunette_core::dependencies::{Dependencies, UndecidedAdvisory, Upgrade};
use serde::Serialize;

use super::Cut;

/// Lines of the table.
const LINES: usize = 40;
/// Ids named in one line.
const CLOSED: usize = 4;
/// Advisories of which it cannot be told whether they hold.
const UNDECIDED: usize = 10;

/// What the template sees besides the numbers.
#[derive(Serialize)]
pub(super) struct Packages<'a> {
    upgrades: Cut<Line<'a>>,
    undecided: Cut<&'a UndecidedAdvisory>,
}

#[derive(Serialize)]
struct Line<'a> {
    package: &'a str,
    from: &'a [String],
    to: Option<&'a str>,
    closes: Cut<&'a str>,
    remarks: Vec<String>,
}

/// Arranges the upgrades.
pub(super) fn packages(dependencies: &Dependencies) -> Packages<'_> {
    Packages {
        upgrades: Cut::of(dependencies.upgrades.iter().map(line), LINES),
        undecided: Cut::of(&dependencies.undecided, UNDECIDED),
    }
}

fn line(upgrade: &Upgrade) -> Line<'_> {
    Line {
        package: &upgrade.package,
        from: &upgrade.from,
        to: upgrade.to.as_deref(),
        closes: Cut::of(upgrade.closes.iter().map(String::as_str), CLOSED),
        remarks: remarks(upgrade),
    }
}

fn remarks(upgrade: &Upgrade) -> Vec<String> {
    let mut remarks = Vec::new();
    if upgrade.pressing {
        remarks.push("known to be exploited, or harmful itself".to_owned());
    }
    if !upgrade.direct && !upgrade.through.is_empty() {
        remarks.push(format!("comes with {}", upgrade.through.join(", ")));
    }
    if upgrade.major {
        remarks.push("a major step".to_owned());
    }
    match (upgrade.allowed, &upgrade.to) {
        (Some(true), Some(_)) => remarks.push("allowed by the range: renew the lockfile".to_owned()),
        (Some(false), Some(_)) => remarks.push("the range does not allow it".to_owned()),
        _ => {}
    }
    if upgrade.development {
        remarks.push("development only".to_owned());
    }
    if !upgrade.open.is_empty() {
        remarks.push(format!("no version closes {}", upgrade.open.join(", ")));
    }
    remarks
}
