//! The databases' files into content for an index. Pure: bytes come from the caller.

use std::borrow::Cow;
use std::io::{Read, Seek};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use zip::ZipArchive;

use super::ImportError;
use crate::advisory::{Advisory, Day, LONGEST_SUMMARY, is_identifier, one_line, parse_record};
use crate::index::{Cve, Epss, Kev};

/// Largest record that is read. The largest that OSV publishes have a few megabytes.
const LARGEST_RECORD: u64 = 64 << 20;
/// Most entries of an archive.
const MOST_ENTRIES: usize = 4_000_000;
/// Most bytes that all records have together. OSV's for npm have about half a gigabyte.
const MOST_UNPACKED: u64 = 16 << 30;
/// Largest KEV catalogue. It has about 2 MB.
const LARGEST_KEV: u64 = 128 << 20;
/// Largest EPSS table, unpacked. It has about 11 MB.
const LARGEST_EPSS: u64 = 512 << 20;
/// Complaints that are kept of one source.
const MOST_PROBLEMS: usize = 10;

/// What was read from one source.
#[derive(Debug)]
pub struct Imported<T> {
    /// The records.
    pub records: Vec<T>,
    /// Records that could not be read.
    pub bad: u32,
    /// The first of them, and why.
    pub problems: Vec<String>,
    /// The day up to which the source knows.
    pub as_of: Option<Day>,
}

impl<T> Default for Imported<T> {
    fn default() -> Self {
        Imported { records: Vec::new(), bad: 0, problems: Vec::new(), as_of: None }
    }
}

impl<T> Imported<T> {
    fn complain(&mut self, problem: &str) {
        self.bad += 1;
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(one_line(problem, LONGEST_SUMMARY));
        }
    }

    /// Something with more bad records than good ones is not what it is taken for.
    fn checked(self) -> Result<Self, ImportError> {
        if self.records.is_empty() && self.bad == 0 {
            return Err(ImportError::Empty);
        }
        if self.bad as usize > self.records.len() {
            let total = self.bad.saturating_add(self.records.len() as u32);
            let first = self.problems.first().cloned().unwrap_or_default();
            return Err(ImportError::MostlyBad { bad: self.bad, total, first });
        }
        Ok(self)
    }
}

/// Reads one of OSV's bulk archives: a zip with one record in each JSON file. One record is in memory at a time, and
/// what is kept of the others.
///
/// # Errors
///
/// [`ImportError`] when the archive or an entry is damaged, or most records are bad. Single bad records are counted.
pub fn osv(archive: impl Read + Seek) -> Result<Imported<Advisory>, ImportError> {
    let mut archive = ZipArchive::new(archive)?;
    if archive.len() > MOST_ENTRIES {
        return Err(ImportError::TooLarge(MOST_ENTRIES as u64));
    }
    let mut out = Imported::default();
    let mut bytes = Vec::new();
    let mut unpacked = 0;
    for at in 0..archive.len() {
        let entry = archive.by_index(at)?;
        let name = entry.name().map_or_else(|_| format!("entry {at}.json"), Cow::into_owned);
        if !entry.is_file()
            || !Path::new(&name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
        {
            continue;
        }
        bytes.clear();
        let damaged = |error| ImportError::Entry { entry: one_line(&name, 80), error };
        entry.take(LARGEST_RECORD + 1).read_to_end(&mut bytes).map_err(damaged)?;
        if bytes.len() as u64 > LARGEST_RECORD {
            return Err(ImportError::TooLarge(LARGEST_RECORD));
        }
        unpacked += bytes.len() as u64;
        if unpacked > MOST_UNPACKED {
            return Err(ImportError::TooLarge(MOST_UNPACKED));
        }
        match parse_record(&bytes) {
            Ok(advisory) => {
                out.as_of = out.as_of.max(advisory.modified);
                out.records.push(advisory);
            }
            Err(error) => out.complain(&format!("{name}: {error}")),
        }
    }
    out.checked()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Catalogue {
    date_released: Option<String>,
    count: Option<usize>,
    vulnerabilities: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CatalogueEntry {
    #[serde(rename = "cveID")]
    cve: String,
    vulnerability_name: Option<String>,
    date_added: Option<String>,
    due_date: Option<String>,
    known_ransomware_campaign_use: Option<String>,
}

/// Reads CISA's catalogue of known exploited vulnerabilities, as JSON.
///
/// # Errors
///
/// [`ImportError`] when it is another document, has fewer entries than it states, or most of them are bad.
pub fn kev(source: impl Read) -> Result<Imported<Kev>, ImportError> {
    let catalogue: Catalogue = serde_json::from_slice(&whole(source, LARGEST_KEV)?)
        .map_err(|error| ImportError::Malformed(error.to_string()))?;
    if catalogue.count.is_some_and(|count| count != catalogue.vulnerabilities.len()) {
        let found = catalogue.vulnerabilities.len();
        return Err(ImportError::Malformed(format!("it states another count than its {found} entries")));
    }
    let mut out = Imported { as_of: catalogue.date_released.as_deref().and_then(Day::parse), ..Imported::default() };
    for value in catalogue.vulnerabilities {
        match serde_json::from_value::<CatalogueEntry>(value) {
            Err(error) => out.complain(&error.to_string()),
            Ok(entry) => match Cve::parse(&entry.cve).filter(|_| is_identifier(&entry.cve)) {
                None => out.complain(&format!("{:?} is no CVE", entry.cve)),
                Some(cve) => out.records.push(Kev {
                    cve,
                    id: entry.cve.to_ascii_uppercase(),
                    name: one_line(entry.vulnerability_name.as_deref().unwrap_or_default(), LONGEST_SUMMARY),
                    added: entry.date_added.as_deref().and_then(Day::parse),
                    due: entry.due_date.as_deref().and_then(Day::parse),
                    ransomware: entry
                        .known_ransomware_campaign_use
                        .is_some_and(|word| word.eq_ignore_ascii_case("known")),
                }),
            },
        }
    }
    out.checked()
}

/// Reads FIRST's exploit prediction scores: CSV under gzip, `cve,epss,percentile` behind a comment with the date.
///
/// # Errors
///
/// [`ImportError`] when it is damaged, cut off, another table, or most rows are bad.
pub fn epss(source: impl Read) -> Result<Imported<(Cve, Epss)>, ImportError> {
    let table = whole(MultiGzDecoder::new(source), LARGEST_EPSS)?;
    let table = std::str::from_utf8(&table).map_err(|error| ImportError::Malformed(error.to_string()))?;
    let mut out = Imported::default();
    let mut headed = false;
    for row in table.lines() {
        if let Some(comment) = row.strip_prefix('#') {
            let date = comment.split(',').find_map(|part| part.strip_prefix("score_date:"));
            out.as_of = out.as_of.or_else(|| date.and_then(Day::parse));
        } else if !headed {
            if row != "cve,epss,percentile" {
                return Err(ImportError::Malformed("its columns are not cve,epss,percentile".to_owned()));
            }
            headed = true;
        } else if let Some(row) = epss_row(row) {
            out.records.push(row);
        } else if !row.trim().is_empty() {
            out.complain(row);
        }
    }
    out.checked()
}

fn epss_row(row: &str) -> Option<(Cve, Epss)> {
    let mut fields = row.split(',');
    let cve = Cve::parse(fields.next()?)?;
    let (score, percentile) = (share(fields.next()?)?, share(fields.next()?)?);
    fields.next().is_none().then_some((cve, Epss { score, percentile }))
}

/// A number from 0 to 1 in hundred-thousandths.
#[expect(clippy::cast_sign_loss, reason = "the range is checked before")]
fn share(text: &str) -> Option<u32> {
    let share: f64 = text.trim().parse().ok()?;
    (0.0..=1.0).contains(&share).then(|| (share * 100_000.0).round() as u32)
}

fn whole(source: impl Read, largest: u64) -> Result<Vec<u8>, ImportError> {
    let mut bytes = Vec::new();
    source.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest { Err(ImportError::TooLarge(largest)) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::{Cursor, Write as _};

    use super::*;

    fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn gzipped(text: &str) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(text.as_bytes()).unwrap();
        gz.finish().unwrap()
    }

    #[test]
    fn bad_records_are_counted_and_an_archive_of_them_refused() {
        let good = r#"{"id": "A-1", "modified": "2026-01-02T00:00:00Z"}"#;
        let found = osv(Cursor::new(zipped(&[("A-1.json", good), ("b.json", "{"), ("note.txt", "x")]))).unwrap();
        assert_eq!((found.records.len(), found.bad, found.as_of), (1, 1, Day::parse("2026-01-02")));
        assert!(found.problems[0].starts_with("b.json"), "{:?}", found.problems);
        let bad = osv(Cursor::new(zipped(&[("a.json", "[]"), ("b.json", "{"), ("c.json", good)])));
        assert!(matches!(bad, Err(ImportError::MostlyBad { bad: 2, total: 3, .. })));
        assert!(matches!(osv(Cursor::new(zipped(&[("note.txt", "x")]))), Err(ImportError::Empty)));
    }

    #[test]
    fn a_damaged_or_cut_archive_is_refused() {
        let long = format!(r#"{{"id": "A-1", "details": "{}"}}"#, "all work and no play ".repeat(50));
        let whole = zipped(&[("A-1.json", &long), ("A-2.json", r#"{"id": "A-2"}"#)]);
        assert!(osv(Cursor::new(whole.clone())).is_ok());
        for cut in 0..whole.len() {
            assert!(osv(Cursor::new(whole[..cut].to_vec())).is_err(), "cut at {cut}");
        }
        let mut damaged = whole;
        damaged[60] ^= 0x55;
        assert!(osv(Cursor::new(damaged)).is_err());
    }

    #[test]
    fn the_catalogue_of_known_exploited() {
        let entry = r#"{"cveID": "CVE-2026-0001", "vulnerabilityName": "A\u001b B", "dateAdded": "2026-08-07", "knownRansomwareCampaignUse": "Known", "new": []}"#;
        let text = format!(r#"{{"dateReleased": "2026-08-07T16:45:47.0Z", "count": 1, "vulnerabilities": [{entry}]}}"#);
        let found = kev(text.as_bytes()).unwrap();
        assert_eq!(
            (found.records[0].name.as_str(), found.records[0].ransomware, found.records[0].due),
            ("A B", true, None)
        );
        assert_eq!(found.as_of, Day::parse("2026-08-07"));
        assert!(kev(text.replace("\"count\": 1", "\"count\": 2").as_bytes()).is_err(), "cut off");
        assert!(kev(&text.as_bytes()[..text.len() - 3]).is_err());
    }

    #[test]
    fn the_table_of_scores() {
        let text = "#model_version:v1,score_date:2026-08-16T00:00:00+0000\ncve,epss,percentile\nCVE-1999-0001,0.03351,0.87650\nCVE-2026-1234567,1.0,0\nCVE-2026-0002,2,0\n";
        let found = epss(&gzipped(text)[..]).unwrap();
        assert_eq!(found.records[0].1, Epss { score: 3_351, percentile: 87_650 });
        assert_eq!((found.records.len(), found.bad, found.as_of), (2, 1, Day::parse("2026-08-16")));
        let whole = gzipped(text);
        for cut in 0..whole.len() {
            assert!(epss(&whole[..cut]).is_err(), "cut at {cut}");
        }
        assert!(epss(&gzipped("cve,score\nCVE-1999-0001,1\n")[..]).is_err());
    }
}
