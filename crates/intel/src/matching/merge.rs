//! Records of one bug into one match.

use std::collections::{BTreeMap, BTreeSet};

use super::{Match, Sources};
use crate::advisory::{Advisory, curated, fixed_versions};
use crate::index::{Cve, Entry, Epss, IndexError, Kev, Record, Snapshot};
use crate::packages::Ecosystem;

/// Something known about a package.
pub(super) enum Known {
    /// From the snapshot; the advisory is read when it is needed.
    Stored(Entry),
    /// Lunette's own.
    Curated(Box<(Entry, Record)>),
    /// The user's own.
    Own(Box<(Entry, Record)>),
}

impl Known {
    pub(super) fn entry(&self) -> &Entry {
        match self {
            Known::Stored(entry) => entry,
            Known::Curated(both) | Known::Own(both) => &both.0,
        }
    }

    pub(super) fn record(&self, snapshot: Option<&Snapshot>) -> Result<Record, IndexError> {
        match (self, snapshot) {
            (Known::Curated(both) | Known::Own(both), _) => Ok(both.1.clone()),
            (Known::Stored(entry), Some(snapshot)) => snapshot.record(entry),
            (Known::Stored(_), None) => Err(IndexError::NotAnIndex),
        }
    }
}

/// Everything known about a package.
pub(super) fn known(sources: Sources<'_>, ecosystem: Ecosystem, name: &str) -> Result<Vec<Known>, IndexError> {
    let stored = sources.snapshot.map(|snapshot| snapshot.entries(ecosystem, name)).transpose()?.unwrap_or_default();
    let shipped = curated::shipped(ecosystem, name).map_err(|_| IndexError::Damaged("curated advisories"))?;
    let shipped = shipped.into_iter().filter_map(whole).map(|both| Known::Curated(Box::new(both)));
    let own = sources.own.map(|own| own.of(ecosystem, name)).unwrap_or_default();
    let own = own.iter().cloned().filter_map(whole).map(|both| Known::Own(Box::new(both)));
    Ok(stored.into_iter().map(Known::Stored).chain(shipped).chain(own).collect())
}

fn whole(advisory: Advisory) -> Option<(Entry, Record)> {
    let affected = advisory.affected.into_iter().next()?;
    let record = Record {
        id: advisory.id,
        aliases: advisory.aliases,
        summary: advisory.summary,
        published: advisory.published,
        modified: advisory.modified,
        withdrawn: advisory.withdrawn,
        severity: advisory.severity,
        rating: advisory.rating,
        cwe: advisory.cwe,
        malicious: advisory.malicious,
        packages: vec![(affected.ecosystem, affected.name)],
    };
    let entry = Entry {
        record: 0,
        bug: 0,
        intervals: affected.intervals,
        versions: affected.versions,
        unclear: affected.unclear,
        symbols: affected.symbols,
        precondition: affected.precondition,
        foreign: Vec::new(),
    };
    Some((entry, record))
}

/// A record that holds, with the ids that are really its own.
struct Hit {
    entry: Entry,
    record: Record,
    names: BTreeSet<String>,
    origin: Origin,
}

/// Where a record is from; the later ones tell better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Stored,
    Curated,
    Own,
}

/// One match for each bug among the records that hold.
pub(super) fn matches(sources: Sources<'_>, ecosystem: Ecosystem, known: Vec<Known>) -> Result<Vec<Match>, IndexError> {
    let mut bugs: BTreeMap<u32, Vec<Hit>> = BTreeMap::new();
    let mut own: Vec<Hit> = Vec::new();
    for one in known {
        let record = one.record(sources.snapshot)?;
        let (entry, origin) = match one {
            Known::Stored(entry) => (entry, Origin::Stored),
            Known::Curated(both) => (both.0, Origin::Curated),
            Known::Own(both) => (both.0, Origin::Own),
        };
        let names = std::iter::once(&record.id).chain(&record.aliases).filter(|name| !entry.foreign.contains(name));
        let names = names.cloned().collect();
        let hit = Hit { entry, record, names, origin };
        if origin == Origin::Stored { bugs.entry(hit.entry.bug).or_default().push(hit) } else { own.push(hit) }
    }
    let mut groups: Vec<Vec<Hit>> = bugs.into_values().collect();
    for hit in own {
        let same = groups.iter().position(|group| group.iter().any(|other| !other.names.is_disjoint(&hit.names)));
        match same {
            Some(at) => groups[at].push(hit),
            None => groups.push(vec![hit]),
        }
    }
    let mut out = groups.into_iter().map(|group| joined(sources, ecosystem, group)).collect::<Result<Vec<_>, _>>()?;
    out.sort_by(|a, b| b.malicious.cmp(&a.malicious).then_with(|| a.id.cmp(&b.id)));
    Ok(out)
}

fn joined(sources: Sources<'_>, ecosystem: Ecosystem, hits: Vec<Hit>) -> Result<Match, IndexError> {
    let mut out = Match::default();
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut summaries: BTreeMap<Origin, String> = BTreeMap::new();
    let malicious = hits.iter().any(|hit| hit.record.malicious);
    for hit in hits {
        names.extend(hit.names);
        out.intervals.extend(hit.entry.intervals);
        out.versions.extend(hit.entry.versions);
        out.symbols.extend(hit.entry.symbols);
        out.severity.extend(hit.record.severity);
        out.cwe.extend(hit.record.cwe);
        out.precondition = out.precondition.take().or(hit.entry.precondition);
        out.rating = worse(out.rating.take(), hit.record.rating);
        out.published = earlier(out.published, hit.record.published);
        out.modified = out.modified.max(hit.record.modified);
        out.curated |= hit.origin == Origin::Curated;
        if !hit.record.summary.is_empty() {
            summaries.entry(hit.origin).or_insert(hit.record.summary);
        }
        out.records.push(hit.record.id);
    }
    out.malicious = malicious;
    out.summary = summaries.pop_last().map(|(_, summary)| summary).unwrap_or_default();
    for concerned in names.iter().filter_map(|name| sources.own?.concerned(name)) {
        out.symbols.extend(concerned.symbols.iter().cloned());
        out.precondition = concerned.precondition.clone().or(out.precondition.take());
    }
    sorted(&mut out.intervals);
    sorted(&mut out.versions);
    sorted(&mut out.symbols);
    sorted(&mut out.severity);
    sorted(&mut out.cwe);
    sorted(&mut out.records);
    out.fixed = fixed_versions(ecosystem, &out.intervals);
    (out.kev, out.epss) = evidence(sources.snapshot, names.iter().map(String::as_str))?;
    let id = names.iter().min_by_key(|name| (standing(name, malicious), (*name).clone())).cloned().unwrap_or_default();
    names.remove(&id);
    out.aliases = names.into_iter().collect();
    out.id = id;
    Ok(out)
}

/// What KEV and EPSS know of these ids: the entry that was added first, the highest score.
pub(super) fn evidence<'a>(
    snapshot: Option<&Snapshot>,
    names: impl Iterator<Item = &'a str>,
) -> Result<(Option<Kev>, Option<Epss>), IndexError> {
    let (mut kev, mut epss): (Option<Kev>, Option<Epss>) = (None, None);
    let Some(snapshot) = snapshot else { return Ok((None, None)) };
    for cve in names.filter_map(Cve::parse) {
        if let Some(found) = snapshot.kev(cve)?
            && kev.as_ref().is_none_or(|kev| found.added < kev.added)
        {
            kev = Some(found);
        }
        if let Some(found) = snapshot.epss(cve)?
            && epss.is_none_or(|epss| (found.score, found.percentile) > (epss.score, epss.percentile))
        {
            epss = Some(found);
        }
    }
    Ok((kev, epss))
}

fn sorted<T: Ord>(list: &mut Vec<T>) {
    list.sort();
    list.dedup();
}

fn earlier<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn worse(a: Option<String>, b: Option<String>) -> Option<String> {
    let rank = |rating: &Option<String>| match rating.as_deref() {
        Some("CRITICAL") => 4,
        Some("HIGH") => 3,
        Some("MODERATE" | "MEDIUM") => 2,
        Some(_) => 1,
        None => 0,
    };
    if rank(&b) > rank(&a) { b } else { a }
}

/// How well an id is known, the best first.
fn standing(name: &str, malicious: bool) -> u8 {
    match name.split('-').next() {
        Some("MAL") if malicious => 0,
        Some("GHSA") => 1,
        Some("PYSEC") => 2,
        Some("CVE") => 3,
        _ => 4,
    }
}
