//! Downloading the databases' files. The transport is the caller's: this crate opens no socket.
//!
//! What has arrived of a file is kept under its name with `.part` behind it, and continued when the server still has the
//! same version of it (its entity tag says so). A whole file replaces the one before it; a file that has not changed is
//! not downloaded again. The index is compiled from the whole files, so what could not be downloaded is as old as it was.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use super::SnapshotError;
use super::store::{Lock, Store, file_name};
use super::whole::fault;
pub use super::whole::stated_crc32c;
use crate::advisory::Day;
use crate::index::{Feed, Meta};

/// Attempts at one file, each continuing where the one before stopped.
const ATTEMPTS: u32 = 4;
/// Bytes that are read at a time.
const PIECE: usize = 1 << 16;

/// The address of a feed.
pub fn url(feed: Feed) -> &'static str {
    match feed {
        Feed::OsvNpm => "https://osv-vulnerabilities.storage.googleapis.com/npm/all.zip",
        Feed::OsvPypi => "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip",
        Feed::Kev => "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
        Feed::Epss => "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
    }
}

/// Largest file that is taken, in bytes: many times what is published.
fn largest(feed: Feed) -> u64 {
    match feed {
        Feed::OsvNpm | Feed::OsvPypi => 4 << 30,
        Feed::Kev | Feed::Epss => 256 << 20,
    }
}

/// What is asked of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The address.
    pub url: &'static str,
    /// Bytes that are here already (`Range: bytes=N-`); 0 for none.
    pub from: u64,
    /// The entity tag of what is here: with `from`, send the rest only if it is still this version (`If-Range`);
    /// without, send it only if it is another (`If-None-Match`).
    pub etag: Option<String>,
}

/// What a server answers.
pub enum Answer {
    /// It has not changed (304).
    NotModified,
    /// The file does not have that many bytes (416): what is here is no part of it.
    NoSuchRange,
    /// The file, or its rest.
    Body {
        /// The position of the first byte (206), 0 for all of it (200).
        from: u64,
        /// Length of the whole file, when the server says so.
        length: Option<u64>,
        /// Its entity tag.
        etag: Option<String>,
        /// Checksum of the whole file, when the server states it.
        crc32c: Option<u32>,
        /// The bytes.
        body: Box<dyn Read>,
    },
}

/// Why a server did not answer with the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In words.
    pub why: String,
    /// Whether asking again at once is of no use, or unwelcome: the file is not there, the server is asked too often.
    pub lasting: bool,
}

/// A failure that another attempt may not meet.
impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Refusal { why, lasting: false }
    }
}

/// The way to a server. HTTPS only, with certificates checked.
pub trait Fetch {
    /// Sends one request.
    ///
    /// # Errors
    ///
    /// Whatever keeps the answer from being one of [`Answer`], in words.
    fn get(&mut self, request: &Request) -> Result<Answer, Refusal>;

    /// Waits before another attempt, the first of which is 1. By default it does not.
    fn pause(&mut self, _attempt: u32) {}
}

/// How far a download is: the feed, bytes here, bytes in all when known.
pub type Progress<'a> = &'a mut dyn FnMut(Feed, u64, Option<u64>);

/// What came of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    /// The new snapshot.
    pub meta: Meta,
    /// What could not be downloaded, and why; an older file is used where there is one.
    pub failures: Vec<(Feed, String)>,
}

impl Store {
    /// Downloads what is new and compiles a new snapshot.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] when there are no advisories at all, a file is damaged, or the disk fails; the previous snapshot
    /// stays.
    pub fn update(&self, fetch: &mut dyn Fetch, today: Day, progress: Progress) -> Result<Updated, SnapshotError> {
        let lock = self.lock()?;
        let mut failures = Vec::new();
        for feed in Feed::ALL {
            match self.download(&lock, fetch, feed, progress) {
                Err(SnapshotError::Download { feed, why }) => failures.push((feed, why)),
                other => other?,
            }
        }
        match self.import_locked(&lock, &self.downloads(), today) {
            Ok(meta) => Ok(Updated { meta, failures }),
            Err(SnapshotError::NoAdvisories(path)) => match failures.into_iter().next() {
                Some((feed, why)) => Err(SnapshotError::Download { feed, why }),
                None => Err(SnapshotError::NoAdvisories(path)),
            },
            Err(SnapshotError::Source { path, why }) => {
                // A damaged file would be taken for up to date for ever.
                for stale in [path.clone(), beside(&path, "etag")] {
                    let _ = fs::remove_file(stale);
                }
                Err(SnapshotError::Source { path, why })
            }
            Err(other) => Err(other),
        }
    }

    fn download(
        &self,
        _lock: &Lock,
        fetch: &mut dyn Fetch,
        feed: Feed,
        progress: Progress,
    ) -> Result<(), SnapshotError> {
        let target = Target::new(self.downloads().join(file_name(feed)));
        if let Some(folder) = target.whole.parent() {
            fs::create_dir_all(folder).map_err(|error| io_error(folder, error))?;
        }
        let mut why = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                fetch.pause(attempt);
            }
            match target.attempt(fetch, feed, progress)? {
                Ok(()) => return Ok(()),
                Err(problem) => {
                    why = problem.why;
                    if problem.lasting {
                        break;
                    }
                }
            }
        }
        Err(SnapshotError::Download { feed, why })
    }
}

/// A file that is being downloaded.
struct Target {
    whole: PathBuf,
    etag: PathBuf,
    part: PathBuf,
    part_etag: PathBuf,
}

impl Target {
    fn new(whole: PathBuf) -> Self {
        Target {
            etag: beside(&whole, "etag"),
            part: beside(&whole, "part"),
            part_etag: beside(&whole, "part.etag"),
            whole,
        }
    }

    fn request(&self, feed: Feed) -> Request {
        let here = fs::metadata(&self.part).map_or(0, |found| found.len());
        let part_etag = fs::read_to_string(&self.part_etag).ok().filter(|_| here > 0);
        if part_etag.is_some() {
            return Request { url: url(feed), from: here, etag: part_etag };
        }
        let etag = if self.whole.is_file() { fs::read_to_string(&self.etag).ok() } else { None };
        Request { url: url(feed), from: 0, etag }
    }

    /// One request and what comes of it: the disk's failures end everything, the server's may be tried again.
    fn attempt(
        &self,
        fetch: &mut dyn Fetch,
        feed: Feed,
        progress: Progress,
    ) -> Result<Result<(), Refusal>, SnapshotError> {
        let request = self.request(feed);
        let (from, length, etag, crc32c, body) = match fetch.get(&request) {
            Err(why) => return Ok(Err(why)),
            Ok(Answer::NotModified) if request.from == 0 && self.whole.is_file() => return Ok(Ok(())),
            Ok(Answer::NotModified) => {
                self.forget_part();
                return Ok(Err(Refusal::from(
                    "the server says that nothing has changed, but nothing whole is here".to_owned(),
                )));
            }
            Ok(Answer::NoSuchRange) => {
                self.forget_part();
                return Ok(Err(Refusal::from("the server has another version, which is begun again".to_owned())));
            }
            Ok(Answer::Body { from, length, etag, crc32c, body }) => (from, length, etag, crc32c, body),
        };
        if from != 0 && from != request.from {
            self.forget_part();
            return Ok(Err(Refusal::from(format!("the server continues at byte {from} instead of {}", request.from))));
        }
        if length.is_some_and(|length| length > largest(feed)) {
            return Ok(Err(Refusal::from(format!("it is larger than {} bytes", largest(feed)))));
        }
        let failed = |error| io_error(&self.part, error);
        let mut file = if from == 0 {
            // What is here belongs to another version from now on.
            let _ = fs::remove_file(&self.part_etag);
            File::create(&self.part).map_err(failed)?
        } else {
            OpenOptions::new().append(true).open(&self.part).map_err(failed)?
        };
        if let Some(etag) = &etag {
            fs::write(&self.part_etag, etag).map_err(|error| io_error(&self.part_etag, error))?;
        }
        let here = match receive(body, &mut file, from, length, |here| progress(feed, here, length), largest(feed)) {
            Ok(here) => here,
            Err(Stop::Disk(error)) => return Err(failed(error)),
            Err(Stop::Server(why)) => return Ok(Err(Refusal::from(why))),
            Err(Stop::TooLarge) => {
                self.forget_part();
                let stated = length.unwrap_or(u64::MAX).min(largest(feed));
                return Ok(Err(Refusal::from(format!("more than {stated} bytes came"))));
            }
        };
        if length.is_some_and(|length| length != here) {
            return Ok(Err(Refusal::from(format!("{here} of {} bytes arrived", length.unwrap_or(0)))));
        }
        file.sync_all().map_err(failed)?;
        drop(file);
        if let Some(why) = fault(feed, &self.part, crc32c).map_err(failed)? {
            self.forget_part();
            return Ok(Err(Refusal::from(why)));
        }
        // The tag goes first: a whole file without a tag is downloaded again, one with a wrong tag never would be.
        let _ = fs::remove_file(&self.etag);
        fs::rename(&self.part, &self.whole).map_err(|error| io_error(&self.whole, error))?;
        if etag.is_some() {
            fs::rename(&self.part_etag, &self.etag).map_err(|error| io_error(&self.etag, error))?;
        }
        Ok(Ok(()))
    }

    fn forget_part(&self) {
        let _ = fs::remove_file(&self.part);
        let _ = fs::remove_file(&self.part_etag);
    }
}

enum Stop {
    Disk(io::Error),
    Server(String),
    TooLarge,
}

/// Writes the body behind what is there, and says how many bytes there are then.
fn receive(
    mut body: Box<dyn Read>,
    file: &mut File,
    from: u64,
    length: Option<u64>,
    mut progress: impl FnMut(u64),
    largest: u64,
) -> Result<u64, Stop> {
    let mut buffer = vec![0; PIECE];
    let mut here = from;
    loop {
        let read = match body.read(&mut buffer) {
            Ok(0) => return Ok(here),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Stop::Server(error.to_string())),
        };
        here += read as u64;
        if here > length.unwrap_or(largest).min(largest) {
            return Err(Stop::TooLarge);
        }
        file.write_all(&buffer[..read]).map_err(Stop::Disk)?;
        progress(here);
    }
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

fn io_error(path: &Path, error: io::Error) -> SnapshotError {
    SnapshotError::Io { path: path.to_owned(), error }
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
