//! Suppressions: findings that a comment, `lunette.toml` or the project's rules take out of the count.
//!
//! Nothing is lost: what is withheld is listed with who withholds it, why and until when. A suppression that is over
//! lets its findings count again; one that meets no finding is told, so that it can be removed.

mod comments;
mod inline;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use lunette_core::assessment::Notice;
use lunette_core::finding::{AdvisoryRow, Finding, SuppressedBy, Suppression};
use lunette_core::place::Place;

use crate::config::{self, ConfigSuppression};
use crate::dates;
use crate::rules_md::{Directives, Kind};

pub use inline::{Inline, collect};

/// Everything that can withhold a finding.
pub struct Sources<'a> {
    /// Suppressions beside the code, from [`collect`].
    pub inline: &'a [Inline],
    /// Suppressions of `lunette.toml`.
    pub config: &'a [ConfigSuppression],
    /// The project's rules.
    pub directives: &'a Directives,
    /// The rules file's path as shown: `.claude/rules.md`, with `../` when it is the work tree's.
    pub rules_path: &'a str,
    /// The date of the assessment, ISO.
    pub date: &'a str,
    /// Whether a rule of this id exists.
    pub known_rule: &'a dyn Fn(&str) -> bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Applied {
    /// Findings that count, in the order given.
    pub kept: Vec<Finding>,
    /// Findings that do not, each with its suppression, in the order given.
    pub withheld: Vec<Finding>,
    /// Suppressions that are over, meet nothing, or name a rule that does not exist.
    pub notices: Vec<Notice>,
    /// Findings withheld by each directive of the rules, by its index.
    pub by_directive: BTreeMap<usize, usize>,
}

/// What became of a suppression of a comment or of the configuration.
#[derive(Clone, Copy, Default)]
struct Use {
    met: bool,
    over: bool,
}

impl Use {
    /// Notes that a suppression met a finding; whether it holds.
    fn meet(&mut self, until: &str, date: &str) -> bool {
        self.met = true;
        self.over = dates::is_over(until, date);
        !self.over
    }
}

/// Applies the suppressions to numbered findings: a comment first, because it is nearest, then the configuration, then
/// the rules.
pub fn apply(findings: Vec<Finding>, sources: &Sources<'_>) -> Applied {
    let mut applied = Applied::default();
    let mut markers = vec![Use::default(); sources.inline.len()];
    let mut entries = vec![Use::default(); sources.config.len()];
    let mut in_file: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, suppression) in sources.inline.iter().enumerate() {
        in_file.entry(&suppression.path).or_default().push(index);
    }
    for mut finding in findings {
        let near = in_file.get(finding.place.path.as_str()).map_or(&[][..], Vec::as_slice);
        let by_comment = by_comment(&finding, sources, near, &mut markers);
        let by_config = by_config(&finding, sources, &mut entries);
        finding.suppression =
            by_comment.or(by_config).or_else(|| by_rules(&finding, sources, &mut applied.by_directive));
        if finding.suppression.is_none() {
            advisories_by_config(&mut finding, sources, &mut entries);
        }
        if finding.suppression.is_some() {
            applied.withheld.push(finding);
        } else {
            applied.kept.push(finding);
        }
    }
    for (suppression, used) in sources.inline.iter().zip(markers) {
        let unknown = suppression.rules.iter().find(|rule| !(sources.known_rule)(rule));
        let place = Place::line(&suppression.path, suppression.line);
        applied.notices.extend(told(used, &suppression.until, unknown, place));
    }
    for (suppression, used) in sources.config.iter().zip(entries) {
        let unknown = Some(&suppression.rule).filter(|rule| !(sources.known_rule)(rule));
        applied.notices.extend(told(used, &suppression.until, unknown, Place::line(config::FILE, suppression.line)));
    }
    for (accepted, line) in sources.directives.expired(sources.date) {
        let message = format!("the accepted risk is over since {}: its findings count again", accepted.until);
        applied.notices.push(Notice { message, place: Some(Place::line(sources.rules_path, line as u32)) });
    }
    applied
}

fn by_comment(finding: &Finding, sources: &Sources<'_>, near: &[usize], outcomes: &mut [Use]) -> Option<Suppression> {
    let mut chosen = None;
    for &index in near {
        let (suppression, used) = (&sources.inline[index], &mut outcomes[index]);
        let place = &finding.place;
        let here = (place.line..=place.end_line.max(place.line)).contains(&suppression.target)
            && place.line > 0
            && suppression.rules.contains(&finding.rule);
        if !here {
            continue;
        }
        if used.meet(&suppression.until, sources.date) {
            chosen.get_or_insert_with(|| Suppression {
                by: SuppressedBy::Comment,
                reason: suppression.reason.clone(),
                until: Some(suppression.until.clone()),
                place: Place::line(&suppression.path, suppression.line),
            });
        }
    }
    chosen
}

fn by_config(finding: &Finding, sources: &Sources<'_>, uses: &mut [Use]) -> Option<Suppression> {
    let mut chosen = None;
    for (suppression, used) in sources.config.iter().zip(uses) {
        if suppression.advisory.is_some() || !is_meant(finding, suppression) {
            continue;
        }
        let holds = used.meet(&suppression.until, sources.date);
        if holds {
            chosen.get_or_insert_with(|| of_config(suppression));
        }
    }
    chosen
}

/// Accepts the advisories of a finding that are named one by one. When none is left the finding is withheld; otherwise its
/// risk is that of those which are left.
fn advisories_by_config(finding: &mut Finding, sources: &Sources<'_>, uses: &mut [Use]) {
    for (suppression, used) in sources.config.iter().zip(uses) {
        let Some(id) = suppression.advisory.as_deref().filter(|_| is_meant(finding, suppression)) else { continue };
        for row in finding.advisories_mut().iter_mut().filter(|row| row.is(id)) {
            if used.meet(&suppression.until, sources.date) && row.suppression.is_none() {
                row.suppression = Some(of_config(suppression));
            }
        }
    }
    let rows = finding.advisories();
    let rank = |row: &&AdvisoryRow| (row.risk.severity, row.risk.security_severity);
    let left = rows.iter().filter(|row| row.suppression.is_none()).max_by_key(rank).map(|row| row.risk.clone());
    let accepted = rows.iter().find_map(|row| row.suppression.clone());
    match (left, accepted) {
        (Some(risk), Some(_)) => finding.risk = risk,
        (None, accepted) => finding.suppression = accepted,
        (Some(_), None) => {}
    }
}

/// Whether an entry speaks of a finding.
fn is_meant(finding: &Finding, suppression: &ConfigSuppression) -> bool {
    suppression.rule == finding.rule
        && suppression.path.as_ref().is_none_or(|path| path.matches(&finding.place.path))
        && suppression.id.as_ref().is_none_or(|id| *id == finding.id)
}

fn of_config(suppression: &ConfigSuppression) -> Suppression {
    Suppression {
        by: SuppressedBy::Config,
        reason: suppression.reason.clone(),
        until: Some(suppression.until.clone()),
        place: Place::line(config::FILE, suppression.line),
    }
}

fn by_rules(finding: &Finding, sources: &Sources<'_>, counts: &mut BTreeMap<usize, usize>) -> Option<Suppression> {
    let index = sources.directives.withholds(finding, sources.date)?;
    let directive = sources.directives.items.get(index)?;
    *counts.entry(index).or_default() += 1;
    let (reason, until) = match &directive.kind {
        Kind::Accept(accepted) => (accepted.reason.clone(), Some(accepted.until.clone())),
        _ => (directive.text.clone(), None),
    };
    let place = Place::line(sources.rules_path, directive.line as u32);
    Some(Suppression { by: SuppressedBy::Rules, reason, until, place })
}

fn told(used: Use, until: &str, unknown: Option<&String>, place: Place) -> Option<Notice> {
    let message = match (unknown, used) {
        (Some(rule), _) => format!("this suppression names `{rule}`, and there is no such rule"),
        (None, Use { met: false, .. }) => "this suppression meets no finding; remove it".to_owned(),
        (None, Use { over: true, .. }) => format!("this suppression is over since {until}: its findings count again"),
        (None, _) => return None,
    };
    Some(Notice { message, place: Some(place) })
}
