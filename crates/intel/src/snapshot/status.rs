//! How old and how complete a snapshot is.

use crate::advisory::Day;
use crate::index::{Counts, Feed, Meta, Source};

/// Days after which a source counts as stale.
pub const STALE_AFTER: u32 = 7;

/// What there is to say of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// When it was compiled; `None` when there is no snapshot.
    pub compiled: Option<Day>,
    /// Every source, those that are missing too.
    pub sources: Vec<SourceStatus>,
    /// What it holds.
    pub counts: Counts,
    /// The first records that could not be read.
    pub problems: Vec<String>,
}

/// What there is to say of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceStatus {
    /// Which one.
    pub feed: Feed,
    /// What was read; `None` when it is missing.
    pub source: Option<Source>,
    /// Days since the day up to which it knows; `None` when that is not known.
    pub age: Option<u32>,
}

impl SourceStatus {
    /// Whether it is there and older than [`STALE_AFTER`] days, or of unknown age.
    pub fn is_stale(&self) -> bool {
        self.source.is_some() && self.age.is_none_or(|age| age > STALE_AFTER)
    }
}

impl Status {
    /// The status on a day; of no snapshot with `None`.
    pub fn new(meta: Option<&Meta>, today: Day) -> Self {
        let of = |feed: Feed| meta.and_then(|meta| meta.sources.iter().find(|source| source.feed == feed)).cloned();
        let sources = Feed::ALL
            .into_iter()
            .map(|feed| {
                let source = of(feed);
                let age = source.as_ref().and_then(|source| source.as_of).map(|as_of| today.since(as_of));
                SourceStatus { feed, source, age }
            })
            .collect();
        Status {
            compiled: meta.and_then(|meta| meta.compiled),
            sources,
            counts: meta.map(|meta| meta.counts).unwrap_or_default(),
            problems: meta.map(|meta| meta.problems.clone()).unwrap_or_default(),
        }
    }

    /// The sources that are missing.
    pub fn missing(&self) -> Vec<Feed> {
        self.sources.iter().filter(|status| status.source.is_none()).map(|status| status.feed).collect()
    }

    /// Whether a source is missing or had records that could not be read.
    pub fn is_partial(&self) -> bool {
        self.sources.iter().any(|status| status.source.as_ref().is_none_or(|source| source.bad > 0))
    }

    /// Whether a source is stale.
    pub fn is_stale(&self) -> bool {
        self.sources.iter().any(SourceStatus::is_stale)
    }

    /// What a report has to say of it, one sentence each; empty when it is complete and fresh.
    pub fn remarks(&self) -> Vec<String> {
        let mut out = Vec::new();
        for status in &self.sources {
            let name = status.feed.name();
            match &status.source {
                None => out.push(format!("{name}: missing; what it knows was not looked at")),
                Some(source) => {
                    if source.bad > 0 {
                        out.push(format!("{name}: {} records could not be read", source.bad));
                    }
                    match status.age {
                        None => out.push(format!("{name}: of unknown age")),
                        Some(age) if age > STALE_AFTER => {
                            out.push(format!("{name}: {age} days old; run `lunette intel update`"));
                        }
                        Some(_) => {}
                    }
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_missing_old_or_bad_is_said() {
        let source = |feed, as_of: &str, bad| Source {
            feed,
            as_of: Day::parse(as_of),
            records: 5,
            bad,
            bytes: 1,
            sha256: String::new(),
        };
        let sources = vec![
            source(Feed::OsvNpm, "2026-11-20", 0),
            source(Feed::OsvPypi, "2026-11-10", 2),
            source(Feed::Kev, "", 0),
        ];
        let meta = Meta { sources, ..Meta::default() };
        let status = Status::new(Some(&meta), Day::parse("2026-11-24").unwrap());
        assert!(status.is_partial() && status.is_stale());
        assert_eq!(status.missing(), [Feed::Epss]);
        assert_eq!(
            status.remarks(),
            [
                "OSV advisories for PyPI: 2 records could not be read",
                "OSV advisories for PyPI: 14 days old; run `lunette intel update`",
                "CISA KEV: of unknown age",
                "EPSS: missing; what it knows was not looked at",
            ]
        );
        let none = Status::new(None, Day::parse("2026-11-24").unwrap());
        assert!(none.is_partial() && none.missing().len() == 4);
    }
}
