//! Supabase's own linter after the migrations ran, against what Lunette says of the migrations alone: row by row.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Options;
use super::corpora::Bench;
use super::scorers::Scored;
use crate::table::{Section, percent};

/// How often a lint is told of an object.
type Rows = BTreeMap<(String, String), u64>;

/// Rows found, missed and told besides.
#[derive(Clone, Copy, Default)]
struct Count {
    found: u64,
    missed: u64,
    besides: u64,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.found += other.found;
        self.missed += other.missed;
        self.besides += other.besides;
    }

    fn cells(self, name: String) -> Vec<String> {
        vec![
            name,
            self.found.to_string(),
            self.missed.to_string(),
            self.besides.to_string(),
            percent(self.found, self.found + self.missed),
            percent(self.found, self.found + self.besides),
        ]
    }
}

/// The labelled projects: rows that can be had without statistics, by lint and object.
pub(super) fn splinter(bench: &Bench, options: &Options) -> Scored {
    let labels = match bench.labels("labels/supabase_splinter.json")? {
        Ok(labels) => labels,
        Err(absent) => return Ok(Err(absent)),
    };
    let mut projects: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for label in labels {
        let repo = label["repo"].as_str().unwrap_or_default();
        projects.entry(repo.rsplit('/').next().unwrap_or_default().to_owned()).or_default().push(label);
    }
    let head = ["project", "found", "missed", "besides", "recall", "precision"];
    let mut section = Section::new("Supabase's linter, by lint and object", &head);
    let mut by_lint: BTreeMap<String, Count> = BTreeMap::new();
    let mut all = Count::default();
    let mut absent = Vec::new();
    for (name, labels) in projects {
        let folder = match bench.folder(&name) {
            Ok(folder) => folder,
            Err(why) => {
                absent.push(format!("SKIPPED {why} ({} labels)", labels.len()));
                continue;
            }
        };
        let assessed = bench.assess(&folder, &format!("splinter-{name}"))?;
        let (expected, others) = expected(&labels);
        let told = told(&assessed.run, &others);
        let mut project = Count::default();
        for row in expected.keys().chain(told.keys().filter(|row| !expected.contains_key(*row))) {
            let (of, is) = (expected.get(row).copied().unwrap_or(0), told.get(row).copied().unwrap_or(0));
            let count = Count { found: of.min(is), missed: of.saturating_sub(is), besides: is.saturating_sub(of) };
            project.add(count);
            by_lint.entry(row.0.clone()).or_default().add(count);
            for (asked, times, word) in
                [(options.misses, count.missed, "MISSED"), (options.show_false, count.besides, "FALSE")]
            {
                if asked && times > 0 {
                    section.listing.push(format!("{word} {name} {} {} ({times})", row.0, row.1));
                }
            }
        }
        section.rows.push(project.cells(name));
        all.add(project);
    }
    if section.rows.is_empty() {
        return Ok(Err(format!("no project is there: {}", absent.join("; "))));
    }
    section.rows.push(all.cells("all".to_owned()));
    section.rows.extend(by_lint.into_iter().map(|(lint, count)| count.cells(format!("  {lint}"))));
    section.notes.extend(absent);
    Ok(Ok(section))
}

/// Rows that the migrations alone decide, and those that they do not.
fn expected(labels: &[Value]) -> (Rows, Rows) {
    let (mut rows, mut others) = (Rows::new(), Rows::new());
    for label in labels {
        let text = |key: &str| label[key].as_str().unwrap_or_default().to_owned();
        let set = if label["static_reproducible"] == true { &mut rows } else { &mut others };
        *set.entry((text("lint"), text("object"))).or_default() += 1;
    }
    (rows, others)
}

/// Rows of a SARIF run. What the labels have and do not count is no false alarm.
fn told(run: &Value, others: &Rows) -> Rows {
    let mut rows = Rows::new();
    for result in run["results"].as_array().into_iter().flatten() {
        let properties = &result["properties"];
        let (Some(lint), Some(object)) = (properties["splinter"].as_str(), properties["object"].as_str()) else {
            continue;
        };
        let row = (lint.to_owned(), object.to_owned());
        if !others.contains_key(&row) {
            *rows.entry(row).or_default() += 1;
        }
    }
    rows
}
