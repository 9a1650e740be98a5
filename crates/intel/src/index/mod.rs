//! The index: advisories, exploit evidence and probabilities compiled into one file that is opened in an instant.
//!
//! Layout: a header of fixed length (`layout`), a directory, then sections: records (each with its own checksum), a map
//! from packages to records, a map from ids to advisories, EPSS in rows of fixed length, KEV. Opening reads header,
//! directory and the map of packages; everything else is read where it stands when it is asked for. The whole file's
//! hash is checked when it is written and by [`Snapshot::verify`], not on each opening.
//!
//! Everything here is pure: bytes come through [`ReadAt`].

mod compile;
mod layout;
mod read;
mod same;

use std::io;

use serde::{Deserialize, Serialize};

pub use compile::compile;
pub use layout::FORMAT;
pub use read::Snapshot;

use crate::advisory::{Advisory, Day, Interval, Unclear, Vector};
use crate::packages::Ecosystem;

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("this is no index of advisories")]
    NotAnIndex,
    /// Written by another version of Lunette.
    #[error("it has format {0}, this program reads format {FORMAT}: run the update again")]
    Format(u32),
    /// Its end is missing, or something was added.
    #[error("it should have {expected} bytes and has {found}")]
    Length {
        /// Bytes by its header.
        expected: u64,
        /// Bytes there.
        found: u64,
    },
    /// Its content is not what was written.
    #[error("it is damaged ({0}): run the update again")]
    Damaged(&'static str),
    /// More than the format can hold.
    #[error("there is too much to compile: {0}")]
    TooLarge(&'static str),
}

/// Something that bytes are read from by position.
pub trait ReadAt: Send + Sync {
    /// Its length in bytes.
    ///
    /// # Errors
    ///
    /// When it cannot be told.
    fn length(&self) -> io::Result<u64>;
    /// Fills the buffer with the bytes from a position on.
    ///
    /// # Errors
    ///
    /// When they cannot be read, or are not there.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

impl ReadAt for Vec<u8> {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let source = start.checked_add(buffer.len()).and_then(|end| self.get(start..end));
        let source = source.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        buffer.copy_from_slice(source);
        Ok(())
    }
}

/// Everything that an index is compiled from.
#[derive(Debug, Default)]
pub struct Content {
    /// The advisories. Of several with one id the one changed last is taken.
    pub advisories: Vec<Advisory>,
    /// EPSS: probabilities of exploitation, by CVE.
    pub epss: Vec<(Cve, Epss)>,
    /// KEV: what is known to be exploited.
    pub kev: Vec<Kev>,
    /// Where all of it comes from.
    pub meta: Meta,
}

/// Where an index comes from and what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// When it was compiled.
    pub compiled: Option<Day>,
    /// What was read, one entry for each source that there is, in a fixed order.
    pub sources: Vec<Source>,
    /// Counts; filled in by [`compile`].
    pub counts: Counts,
    /// The first records that could not be read, and why.
    pub problems: Vec<String>,
}

/// One source of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// What it is.
    pub feed: Feed,
    /// The day up to which it knows: the newest change in it, or the date that it states.
    pub as_of: Option<Day>,
    /// Records read from it.
    pub records: u32,
    /// Records that could not be read.
    pub bad: u32,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// What advisories and exploit evidence are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Feed {
    /// OSV's archive for npm.
    OsvNpm,
    /// OSV's archive for `PyPI`.
    OsvPypi,
    /// CISA's catalogue of known exploited vulnerabilities.
    Kev,
    /// FIRST's exploit prediction scores.
    Epss,
}

impl Feed {
    /// Every feed, in the order in which they are told.
    pub const ALL: [Feed; 4] = [Feed::OsvNpm, Feed::OsvPypi, Feed::Kev, Feed::Epss];

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Feed::OsvNpm => "OSV advisories for npm",
            Feed::OsvPypi => "OSV advisories for PyPI",
            Feed::Kev => "CISA KEV",
            Feed::Epss => "EPSS",
        }
    }
}

/// How much an index holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Advisories against weaknesses, without withdrawn ones.
    pub advisories: u32,
    /// Records of packages that do harm.
    pub malicious: u32,
    /// Withdrawn records.
    pub withdrawn: u32,
    /// Packages of npm with a record.
    pub npm: u32,
    /// Packages of `PyPI` with a record.
    pub pypi: u32,
    /// Entries of KEV.
    pub kev: u32,
    /// CVEs with an EPSS score.
    pub epss: u32,
}

/// A CVE id as a number that sorts like it: year, then number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cve(pub(crate) u32);

impl Cve {
    /// Reads `CVE-2026-12345`.
    pub fn parse(text: &str) -> Option<Cve> {
        let rest = text.strip_prefix("CVE-").or_else(|| text.strip_prefix("cve-"))?;
        let (year, number) = rest.split_once('-')?;
        if year.len() != 4 || number.len() < 4 || !rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return None;
        }
        let year = year.parse::<u32>().ok()?.checked_sub(1990).filter(|year| *year < 128)?;
        let number = number.parse::<u32>().ok().filter(|number| *number < 1 << 25)?;
        Some(Cve(year << 25 | number))
    }
}

/// An exploit prediction score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epss {
    /// Probability of exploitation in the next 30 days, in hundred-thousandths.
    pub score: u32,
    /// Share of all CVEs with the same or a lower score, in hundred-thousandths.
    pub percentile: u32,
}

/// An entry of CISA's catalogue of known exploited vulnerabilities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kev {
    /// The CVE.
    pub cve: Cve,
    /// Its id as text.
    pub id: String,
    /// Its name in the catalogue.
    pub name: String,
    /// When it was added.
    pub added: Option<Day>,
    /// Until when federal agencies have to act.
    pub due: Option<Day>,
    /// Whether ransomware campaigns are known to use it.
    pub ransomware: bool,
}

/// What the index keeps of an advisory, apart from the packages' versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// As the record claims them.
    pub aliases: Vec<String>,
    /// In one line. Written by strangers.
    pub summary: String,
    /// When it was published.
    pub published: Option<Day>,
    /// When it was last changed.
    pub modified: Option<Day>,
    /// When it was withdrawn.
    pub withdrawn: Option<Day>,
    /// CVSS vectors.
    pub severity: Vec<Vector>,
    /// The database's own word.
    pub rating: Option<String>,
    /// Numbers of the weaknesses.
    pub cwe: Vec<u32>,
    /// Whether the package itself does harm.
    pub malicious: bool,
    /// The packages it is about.
    pub packages: Vec<(Ecosystem, String)>,
}

/// What the databases say of malware, in one sentence for each.
fn said_of_malware(packages: &[(Ecosystem, String)]) -> String {
    match packages {
        [(ecosystem, name)] => format!("Malicious code in {name} ({})", ecosystem.name()),
        _ => "Malicious code".to_owned(),
    }
}

/// What the index keeps of one advisory for one package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where the advisory stands.
    pub(crate) record: u64,
    /// Entries of the same package with the same number are about the same bug.
    pub bug: u32,
    /// The affected versions.
    pub intervals: Vec<Interval>,
    /// Affected versions outside the intervals.
    pub versions: Vec<String>,
    /// Why it cannot be told for every version.
    pub unclear: Option<Unclear>,
    /// The functions with the weakness.
    pub symbols: Vec<String>,
    /// What has to hold besides.
    pub precondition: Option<String>,
    /// Aliases that the record claims but that are another bug of the same package.
    pub foreign: Vec<String>,
}
