//! Corpora without labels: well-kept code, where almost every finding is noise.

use std::collections::BTreeMap;

use super::Options;
use super::corpora::{Assessed, Bench};
use super::scorers::Scored;
use crate::table::{Section, per_kloc};

/// Rules named below the table.
const LOUDEST: usize = 12;

/// Well-kept npm packages, each assessed alone as its authors would.
pub(super) fn packages(bench: &Bench, options: &Options) -> Scored {
    let folder = match bench.folder("npm_good") {
        Ok(folder) => folder,
        Err(absent) => return Ok(Err(absent)),
    };
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let mut noise = Noise::new("Well-kept npm packages");
    for name in names {
        let assessed = bench.assess(&folder.join(&name), &format!("good-{name}"))?;
        noise.add(&name, &assessed);
    }
    Ok(Ok(noise.finish(options)))
}

/// Python's own library; its tests are a row of their own.
pub(super) fn cpython(bench: &Bench, options: &Options) -> Scored {
    let mut noise = Noise::new("CPython's standard library");
    for name in ["cpython-lib", "cpython-tests"] {
        match bench.folder(name) {
            Ok(folder) => noise.add(name, &bench.assess(&folder, name)?),
            Err(absent) if name == "cpython-lib" => return Ok(Err(absent)),
            Err(absent) => noise.section.notes.push(format!("SKIPPED {absent}")),
        }
    }
    Ok(Ok(noise.finish(options)))
}

/// Findings counted by project and by rule.
struct Noise {
    section: Section,
    rules: BTreeMap<(bool, String), u64>,
    /// Lines, findings without and with those of libraries.
    totals: [u64; 3],
    seconds: f64,
    places: Vec<String>,
}

impl Noise {
    fn new(title: &str) -> Self {
        let head = ["project", "lines", "findings", "per KLoC", "with library mode", "per KLoC", "s"];
        Self {
            section: Section::new(title, &head),
            rules: BTreeMap::new(),
            totals: [0; 3],
            seconds: 0.0,
            places: Vec::new(),
        }
    }

    fn add(&mut self, name: &str, assessed: &Assessed) {
        let hits = assessed.hits();
        let plain = hits.iter().filter(|hit| !hit.library).count() as u64;
        for hit in &hits {
            *self.rules.entry((hit.library, hit.rule.clone())).or_default() += 1;
            let mode = if hit.library { "library" } else { "plain  " };
            self.places.push(format!("{mode} {name}/{} {}", hit.place, hit.rule));
        }
        let counts = [assessed.lines, plain, hits.len() as u64];
        self.row(name, counts, assessed.seconds);
        for (total, count) in self.totals.iter_mut().zip(counts) {
            *total += count;
        }
        self.seconds += assessed.seconds;
    }

    fn row(&mut self, name: &str, [lines, plain, all]: [u64; 3], seconds: f64) {
        self.section.rows.push(vec![
            name.to_owned(),
            lines.to_string(),
            plain.to_string(),
            per_kloc(plain, lines),
            all.to_string(),
            per_kloc(all, lines),
            format!("{seconds:.2}"),
        ]);
    }

    fn finish(mut self, options: &Options) -> Section {
        self.row("all", self.totals, self.seconds);
        let mut loudest: Vec<(u64, String)> = self
            .rules
            .iter()
            .map(|((library, rule), count)| (*count, if *library { format!("{rule} (library)") } else { rule.clone() }))
            .collect();
        loudest.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        let named: Vec<String> = loudest.iter().take(LOUDEST).map(|(count, rule)| format!("{rule} {count}")).collect();
        self.section.notes.push(format!("loudest rules: {}", named.join(", ")));
        if options.list {
            self.section.listing.append(&mut self.places);
        }
        self.section
    }
}
