//! `lunette intel`: the snapshot of advisories, known exploitation and exploit predictions in the user's own folder. No
//! project is read here.

use std::fmt::Write as _;
use std::path::Path;

use lunette_assess::Progress as _;
use lunette_consult::Https;
use lunette_core::text::{count, printable, thousands};
use lunette_intel::advisory::own::Own;
use lunette_intel::advisory::{Day, Interval};
use lunette_intel::index::{Entry, Epss, Feed, Kev, Meta};
use lunette_intel::matching::{Detail, Knowledge, Match, Shown, ShownPackage};
use lunette_intel::snapshot::SnapshotError;
use lunette_intel::snapshot::status::Status as Age;
use lunette_intel::snapshot::store::{Store, data_folder};

use lunette_read::Plan;

use super::own_folder;
use crate::args::IntelCommand;
use crate::exit::{Failure, Status};
use crate::output;
use crate::progress::Bar;

/// Runs the command.
pub(crate) fn run(command: &IntelCommand, quiet: bool) -> Result<Status, Failure> {
    let store = store()?;
    let today = today()?;
    let text = match command {
        IntelCommand::Update { from: Some(folder) } => imported(&store.import(folder, today).map_err(told)?, &store),
        IntelCommand::Update { from: None } => return update(&store, today, quiet),
        IntelCommand::Status => status(&store, today)?,
        IntelCommand::Show { what } => show(&store, what)?,
        IntelCommand::Check { folder } => return check(folder),
    };
    output::stdout(text.as_bytes())?;
    Ok(Status::FINE)
}

/// Checks a folder of advisories of the user's own.
fn check(folder: &Path) -> Result<Status, Failure> {
    let files = own_folder(None, "intel check", folder, "yml")?;
    let own = lunette_assess::own_advisories(&files).map_err(super::assess::failure)?;
    let text = format!("{} files with {} checked, all valid\n", files.len(), count(own.count(), "record"));
    output::stdout(text.as_bytes())?;
    Ok(Status::FINE)
}

/// The snapshot's place.
pub(crate) fn store() -> Result<Store, Failure> {
    let folder = data_folder(|name| std::env::var_os(name));
    let folder =
        folder.ok_or_else(|| Failure::usage("no folder for data is known: set LUNETTE_DATA to an absolute path"))?;
    Ok(Store::new(&folder))
}

fn today() -> Result<Day, Failure> {
    let date = crate::date::resolve(None)?;
    Day::parse(&date).ok_or_else(|| Failure::internal(format!("`{date}` is not a date")))
}

#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn told(error: SnapshotError) -> Failure {
    Failure::internal(error.to_string())
}

/// Downloads and compiles. What could not be had is told, and the run is then incomplete.
fn update(store: &Store, today: Day, quiet: bool) -> Result<Status, Failure> {
    let bar = Bar::new(quiet);
    let mut current = None;
    let mut shown = 0;
    let updated = store.update(&mut Https::default(), today, &mut |feed: Feed, here: u64, all: Option<u64>| {
        let (here, all) = ((here >> 20) as usize, (all.unwrap_or(0) >> 20) as usize);
        if current != Some(feed) {
            current = Some(feed);
            shown = 0;
            bar.phase(feed.name(), all);
        }
        while shown < here {
            bar.step();
            shown += 1;
        }
    });
    drop(bar);
    let updated = updated.map_err(told)?;
    output::stdout(imported(&updated.meta, store).as_bytes())?;
    if updated.failures.is_empty() {
        return Ok(Status::FINE);
    }
    let lines: Vec<String> =
        updated.failures.iter().map(|(feed, why)| format!("{}: not downloaded: {why}", feed.name())).collect();
    Err(Failure::internal(lines.join("\n")))
}

fn imported(meta: &Meta, store: &Store) -> String {
    let mut text = format!("The snapshot is at {}\n", store.index().display());
    for source in &meta.sources {
        let as_of = source.as_of.map_or_else(|| "of unknown age".to_owned(), |day| format!("as of {day}"));
        let bad =
            if source.bad == 0 { String::new() } else { format!(", {} not read", thousands(source.bad as usize)) };
        let _ = writeln!(
            text,
            "  {:24} {:>9} records {as_of}{bad}",
            source.feed.name(),
            thousands(source.records as usize)
        );
    }
    for problem in &meta.problems {
        let _ = writeln!(text, "  {}", printable(problem));
    }
    text
}

fn status(store: &Store, today: Day) -> Result<String, Failure> {
    let snapshot = store.open().map_err(told)?;
    let Some(snapshot) = &snapshot else {
        let path = store.index();
        return Ok(format!(
            "There is no snapshot at {}: only the advisories that ship with Lunette are known.\nGet one with `lunette intel update`, or `lunette intel update --from DIR`.\n",
            path.display()
        ));
    };
    let mut text = imported(snapshot.meta(), store);
    let counts = snapshot.meta().counts;
    let _ = writeln!(
        text,
        "advisories: {}; malicious packages: {}; {} of npm and {} of PyPI have one; {} CVEs known to be exploited; {} EPSS scores",
        thousands(counts.advisories as usize),
        thousands(counts.malicious as usize),
        count(counts.npm as usize, "package"),
        thousands(counts.pypi as usize),
        thousands(counts.kev as usize),
        thousands(counts.epss as usize),
    );
    for remark in Age::new(Some(snapshot.meta()), today).remarks() {
        let _ = writeln!(text, "  {remark}");
    }
    Ok(text)
}

fn show(store: &Store, what: &str) -> Result<String, Failure> {
    let knowledge = Knowledge::new(store.open().map_err(told)?);
    let shown = knowledge.show(what).map_err(|error| Failure::internal(error.to_string()))?;
    let text = match shown {
        Shown::NotUnderstood => {
            return Err(Failure::usage(format!(
                "`{what}` is neither an id (CVE-2021-44228, GHSA-35jh-r3h4-6jhm) nor a package URL (pkg:npm/lodash@4.17.20)"
            )));
        }
        Shown::Id { id, advisories, kev, epss } => of_id(&id, &advisories, kev.as_ref(), epss),
        Shown::Package(package) => of_package(&package),
    };
    // Advisories are written by strangers.
    Ok(text.lines().map(|line| printable(line) + "\n").collect())
}

fn of_id(id: &str, advisories: &[Detail], kev: Option<&Kev>, epss: Option<Epss>) -> String {
    let mut text = format!("{id}\n");
    if let Some(kev) = kev {
        let _ = writeln!(
            text,
            "  known to be exploited since {} (CISA KEV)",
            kev.added.map_or_else(|| "an unknown day".to_owned(), |day| day.to_string())
        );
    }
    text.push_str(&prediction(epss));
    if advisories.is_empty() {
        text.push_str("  no advisory about a package of npm or PyPI is known\n");
    }
    for detail in advisories {
        text.push_str(&advisory(detail));
    }
    text
}

fn prediction(epss: Option<Epss>) -> String {
    let percent = |part: u32| f64::from(part) / 1_000.0;
    epss.map_or_else(String::new, |epss| {
        format!(
            "  EPSS: {:.2} % within 30 days, higher than {:.0} % of all\n",
            percent(epss.score),
            percent(epss.percentile)
        )
    })
}

fn advisory(detail: &Detail) -> String {
    let record = &detail.record;
    let mut text = format!("  {}  {}\n", record.id, record.summary);
    if !record.aliases.is_empty() {
        let _ = writeln!(text, "    also {}", record.aliases.join(", "));
    }
    if let Some(day) = record.withdrawn {
        let _ = writeln!(text, "    withdrawn on {day}");
    }
    for (ecosystem, name, entry) in &detail.packages {
        let _ = writeln!(text, "    {} {name}: {}", ecosystem.name(), affected(entry));
    }
    text
}

/// The affected versions in words.
fn affected(entry: &Entry) -> String {
    let mut words: Vec<String> = entry.intervals.iter().map(Interval::words).collect();
    if !entry.versions.is_empty() {
        words.push(count(entry.versions.len(), "single version"));
    }
    if words.is_empty() { "no version that is told".to_owned() } else { words.join(" or ") }
}

fn of_package(package: &ShownPackage) -> String {
    let mut text = format!("{} {}\n", package.ecosystem.name(), package.name);
    if let Some((version, lookup)) = &package.version {
        let _ = writeln!(text, "  {version}: {} known against it", count(lookup.matches.len(), "advisory record"));
        lookup.matches.iter().for_each(|one| text.push_str(&matched(one)));
        for undecided in &lookup.undecided {
            let _ = writeln!(text, "    {} cannot be told: {}", undecided.id, undecided.why);
        }
        return text;
    }
    if package.advisories.is_empty() {
        text.push_str("  nothing is known against it\n");
    }
    package.advisories.iter().for_each(|detail| text.push_str(&advisory(detail)));
    text
}

fn matched(one: &Match) -> String {
    let mut text = format!("    {}  {}\n", one.id, one.summary);
    let fixed =
        if one.fixed.is_empty() { "no fix is known".to_owned() } else { format!("fixed in {}", one.fixed.join(", ")) };
    let _ = writeln!(
        text,
        "      {}; {fixed}{}",
        one.range_words(),
        if one.kev.is_some() { "; known to be exploited" } else { "" }
    );
    text
}

/// Opens the snapshot to be used in an assessment: that of `--intel`, or the user's own if there is one; with advisories of
/// the user's own.
///
/// # Errors
/// When there is one that cannot be read.
pub(crate) fn open(given: Option<&Path>, own: Own, date: &str) -> Result<lunette_assess::Intel, Failure> {
    let day = Day::parse(date).ok_or_else(|| Failure::usage(format!("`{date}` is not a date")))?;
    let folder = data_folder(|variable| std::env::var_os(variable));
    lunette_assess::Intel::open(given, folder.as_deref(), own, day).map_err(super::assess::failure)
}

/// The advisories of `--advisories`, whose folder lies outside the project.
///
/// # Errors
/// When one is faulty.
pub(crate) fn own_advisories(plan: &Plan, folder: Option<&Path>) -> Result<Own, Failure> {
    let read = |folder| own_folder(Some(plan), "--advisories", folder, "yml");
    let files = folder.map(read).transpose()?.unwrap_or_default();
    lunette_assess::own_advisories(&files).map_err(super::assess::failure)
}
