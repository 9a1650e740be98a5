//! The risk matrix, the ranked list, the reasons and the business impact.

use lunette_core::assessment::Assessment;
use lunette_core::risk::{Impact, Likelihood, MATRIX};
use lunette_core::rule::Nature;
use serde::Serialize;

use super::{Cut, Index, NAMED, Together, sentence};

/// A row of the matrix.
#[derive(Serialize)]
pub(super) struct MatrixRow {
    likelihood: &'static str,
    cells: Vec<Cell>,
}

#[derive(Serialize)]
struct Cell {
    severity: &'static str,
    /// Entries with a finding in this cell: the first such finding, and how many more of the entry are in it.
    ids: Vec<(String, usize)>,
}

/// A line of the prioritised list.
#[derive(Serialize)]
pub(super) struct Ranked<'a> {
    title: &'a str,
    severity: &'static str,
    likelihood: &'static str,
    impact: &'static str,
    confidence: &'static str,
    hardening: bool,
    ids: Cut<&'a str>,
}

pub(super) fn matrix(assessment: &Assessment, index: &Index<'_>) -> Vec<MatrixRow> {
    let cell = |likelihood: Likelihood, impact: Impact| {
        let mut ids = Vec::new();
        for entry in &assessment.entries {
            let here: Vec<_> = index
                .findings(entry)
                .into_iter()
                .filter(|finding| finding.risk.likelihood == likelihood && finding.risk.impact == impact)
                .collect();
            if let Some(first) = here.first() {
                ids.push((first.id.clone(), here.len() - 1));
            }
        }
        Cell { severity: MATRIX[likelihood as usize][impact as usize].as_str(), ids }
    };
    Likelihood::ALL
        .into_iter()
        .rev()
        .map(|likelihood| MatrixRow {
            likelihood: likelihood.as_str(),
            cells: Impact::ALL.into_iter().map(|impact| cell(likelihood, impact)).collect(),
        })
        .collect()
}

pub(super) fn ranked<'a>(assessment: &'a Assessment, index: &Index<'a>) -> Vec<Ranked<'a>> {
    assessment
        .entries
        .iter()
        .map(|entry| Ranked {
            title: &entry.title,
            severity: entry.risk.severity.as_str(),
            likelihood: entry.risk.likelihood.as_str(),
            impact: entry.risk.impact.as_str(),
            confidence: entry.confidence.as_str(),
            hardening: entry.nature == Nature::Hardening,
            ids: index.ids(&entry.id),
        })
        .collect()
}

/// Why the ratings are what they are; entries with the same reasons share a line.
pub(super) fn reasons(assessment: &Assessment) -> Vec<Together> {
    together(
        assessment.entries.iter().map(|entry| {
            (entry.id.as_str(), entry.risk.because.iter().map(|line| sentence(line).to_owned()).collect())
        }),
    )
}

/// The business impact of each finding; findings with the same impact share a line.
pub(super) fn impacts(assessment: &Assessment, index: &Index<'_>) -> Vec<Together> {
    together(assessment.entries.iter().flat_map(|entry| {
        index.findings(entry).into_iter().map(|finding| {
            let own = finding.business_impact.trim();
            let text = if own.is_empty() { entry.business_impact.trim() } else { own };
            (finding.id.as_str(), vec![if text.is_empty() { "not stated".to_owned() } else { text.to_owned() }])
        })
    }))
}

fn together<'a>(items: impl Iterator<Item = (&'a str, Vec<String>)>) -> Vec<Together> {
    let mut groups: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    let mut known = std::collections::BTreeMap::new();
    for (id, lines) in items {
        let at = *known.entry(lines.clone()).or_insert_with(|| {
            groups.push((Vec::new(), lines));
            groups.len() - 1
        });
        groups[at].0.push(id.to_owned());
    }
    groups.into_iter().map(|(ids, lines)| Together { ids: Cut::of(ids, NAMED), lines }).collect()
}
