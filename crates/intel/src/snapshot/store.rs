//! Where the snapshot is kept, and how it is replaced without ever being half there.
//!
//! A new index is written beside the old one, flushed, read back and verified, and then renamed over it: whoever opens
//! sees the old or the new one, whatever happens in between. Updates hold a lock that the system gives back when their
//! process ends, however it ends.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{ImportError, SnapshotError, import};
use crate::advisory::Day;
use crate::index::{Content, Feed, IndexError, Meta, ReadAt, Snapshot, Source, compile};

/// The index's name.
const INDEX: &str = "advisories.idx";
/// The name under which a new one is written.
const FRESH: &str = "advisories.idx.new";
/// The lock's name.
const LOCK: &str = "update.lock";
/// Bytes that are written at a time.
const PIECE: usize = 1 << 16;

impl ReadAt for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    #[cfg(unix)]
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, buffer, offset)
    }

    #[cfg(windows)]
    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(self, buffer, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    buffer = &mut buffer[read..];
                    offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The user's folder for Lunette's data: `LUNETTE_DATA`, or `lunette` in the folder that the system has for it. The
/// variables come from the caller. `None` when none is set.
pub fn data_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(own) = folder("LUNETTE_DATA") {
        return Some(own);
    }
    let base = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join("Library/Application Support")))
    } else {
        folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")))
    };
    base.map(|base| base.join("lunette"))
}

/// The place of the snapshot.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// The right to update, until it is dropped or the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Store {
    /// The store in a data folder. Nothing is read or made.
    pub fn new(data: &Path) -> Self {
        Store { folder: data.join("intel") }
    }

    /// The index's path.
    pub fn index(&self) -> PathBuf {
        self.folder.join(INDEX)
    }

    /// The folder that downloads are kept in, laid out as [`Store::import`] reads it.
    pub fn downloads(&self) -> PathBuf {
        self.folder.join("downloads")
    }

    /// Opens the snapshot; `None` when there is none yet.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] when there is one that cannot be used: that is not the same as having none.
    pub fn open(&self) -> Result<Option<Snapshot>, SnapshotError> {
        match open(&self.index()) {
            Err(SnapshotError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    /// Takes the right to update.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Locked`] when somebody else has it.
    pub fn lock(&self) -> Result<Lock, SnapshotError> {
        let path = self.folder.join(LOCK);
        fs::create_dir_all(&self.folder).map_err(|error| io_error(&self.folder, error))?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| io_error(&path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(SnapshotError::Locked(path)),
            Err(fs::TryLockError::Error(error)) => Err(io_error(&path, error)),
        }
    }

    /// Compiles the files of a folder into a new snapshot: `npm/all.zip`, `PyPI/all.zip`,
    /// `known_exploited_vulnerabilities.json`, and the newest `epss_scores-….csv.gz`. What is missing is left out; one of
    /// the archives must be there. When there is a file `SHA256SUMS`, the files that it names must match.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`]; the previous snapshot stays.
    pub fn import(&self, from: &Path, today: Day) -> Result<Meta, SnapshotError> {
        let lock = self.lock()?;
        self.import_locked(&lock, from, today)
    }

    /// As [`Store::import`], for those who have the lock already.
    ///
    /// # Errors
    ///
    /// As [`Store::import`].
    pub fn import_locked(&self, _lock: &Lock, from: &Path, today: Day) -> Result<Meta, SnapshotError> {
        let content = read_folder(from, today)?;
        let bytes = compile(content).map_err(|error| SnapshotError::Index { path: self.index(), error })?;
        self.replace(&bytes, &mut Real)
    }

    /// Replaces the index. The caller has the lock.
    fn replace(&self, bytes: &[u8], disk: &mut dyn Disk) -> Result<Meta, SnapshotError> {
        let (fresh, index) = (self.folder.join(FRESH), self.index());
        let result = put(&fresh, &index, bytes, disk);
        if result.is_err() {
            // It may not be there; and the first error is the one to tell.
            let _ = disk.remove(&fresh);
        }
        result
    }
}

/// Opens an index by its path.
///
/// # Errors
///
/// [`SnapshotError`] when it is not there or not whole.
pub fn open(path: &Path) -> Result<Snapshot, SnapshotError> {
    let file = File::open(path).map_err(|error| io_error(path, error))?;
    Snapshot::open(Box::new(file)).map_err(|error| SnapshotError::Index { path: path.to_owned(), error })
}

fn io_error(path: &Path, error: io::Error) -> SnapshotError {
    SnapshotError::Io { path: path.to_owned(), error }
}

/// Everything that is done to the disk when an index is replaced, so that tests can let each step fail.
trait Disk {
    fn create(&mut self, path: &Path) -> io::Result<File>;
    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()>;
    fn sync(&mut self, file: &File) -> io::Result<()>;
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;
    fn sync_folder(&mut self, folder: &Path) -> io::Result<()>;
    fn remove(&mut self, path: &Path) -> io::Result<()>;
}

struct Real;

impl Disk for Real {
    fn create(&mut self, path: &Path) -> io::Result<File> {
        File::create(path)
    }

    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        // Only Unix lets a folder be opened and flushed; elsewhere the rename alone has to do.
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

fn put(fresh: &Path, index: &Path, bytes: &[u8], disk: &mut dyn Disk) -> Result<Meta, SnapshotError> {
    let failed = |error| io_error(fresh, error);
    let mut file = disk.create(fresh).map_err(failed)?;
    for piece in bytes.chunks(PIECE) {
        disk.write(&mut file, piece).map_err(failed)?;
    }
    disk.sync(&file).map_err(failed)?;
    drop(file);
    let written = open(fresh)?;
    let damaged = |error| SnapshotError::Index { path: fresh.to_owned(), error };
    written.verify().map_err(damaged)?;
    let meta = written.meta().clone();
    if fs::metadata(fresh).map_err(failed)?.len() != bytes.len() as u64 {
        return Err(damaged(IndexError::Damaged("length")));
    }
    drop(written);
    disk.rename(fresh, index).map_err(|error| io_error(index, error))?;
    if let Some(folder) = index.parent() {
        disk.sync_folder(folder).map_err(|error| io_error(folder, error))?;
    }
    Ok(meta)
}

/// Reads the files of a folder.
pub(super) fn read_folder(from: &Path, today: Day) -> Result<Content, SnapshotError> {
    let sums = sums(from)?;
    let mut content = Content { meta: Meta { compiled: Some(today), ..Meta::default() }, ..Content::default() };
    let mut advisories = false;
    for feed in Feed::ALL {
        let Some(path) = file_of(from, feed)? else { continue };
        let Some((file, bytes, sha256)) = opened(&path, from, &sums)? else { continue };
        let bad = |why| SnapshotError::Source { path: path.clone(), why };
        let add = |meta: &mut Meta, records: usize, bad: u32, as_of: Option<Day>, problems: Vec<String>| {
            // Nothing knows the future: a date beyond today is a mistake in one record.
            let as_of = as_of.map(|as_of| as_of.min(today));
            meta.sources.push(Source { feed, as_of, records: records as u32, bad, bytes, sha256 });
            meta.problems.extend(problems);
        };
        match feed {
            Feed::OsvNpm | Feed::OsvPypi => {
                let found = import::osv(io::BufReader::new(file)).map_err(bad)?;
                add(&mut content.meta, found.records.len(), found.bad, found.as_of, found.problems);
                content.advisories.extend(found.records);
                advisories = true;
            }
            Feed::Kev => {
                let found = import::kev(io::BufReader::new(file)).map_err(bad)?;
                add(&mut content.meta, found.records.len(), found.bad, found.as_of, found.problems);
                content.kev = found.records;
            }
            Feed::Epss => {
                let found = import::epss(io::BufReader::new(file)).map_err(bad)?;
                add(&mut content.meta, found.records.len(), found.bad, found.as_of, found.problems);
                content.epss = found.records;
            }
        }
    }
    if advisories { Ok(content) } else { Err(SnapshotError::NoAdvisories(from.to_owned())) }
}

/// The file's name in a folder of sources.
pub(super) fn file_name(feed: Feed) -> &'static str {
    match feed {
        Feed::OsvNpm => "npm/all.zip",
        Feed::OsvPypi => "PyPI/all.zip",
        Feed::Kev => "known_exploited_vulnerabilities.json",
        Feed::Epss => "epss_scores-current.csv.gz",
    }
}

/// The file of a feed. Scores are published under `current` and under their day; the last name in order is the newest.
fn file_of(from: &Path, feed: Feed) -> Result<Option<PathBuf>, SnapshotError> {
    if feed != Feed::Epss {
        return Ok(Some(from.join(file_name(feed))));
    }
    let mut newest: Option<OsString> = None;
    for entry in fs::read_dir(from).map_err(|error| io_error(from, error))? {
        let name = entry.map_err(|error| io_error(from, error))?.file_name();
        let fits = name.to_str().is_some_and(|name| name.starts_with("epss_scores-") && name.ends_with(".csv.gz"));
        if fits && newest.as_ref().is_none_or(|newest| *newest < name) {
            newest = Some(name);
        }
    }
    Ok(newest.map(|name| from.join(name)))
}

/// The file, its length and its hash, compared with `SHA256SUMS`; `None` when there is no such file.
fn opened(path: &Path, from: &Path, sums: &[(String, PathBuf)]) -> Result<Option<(File, u64, String)>, SnapshotError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path, error)),
    };
    let failed = |error| io_error(path, error);
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; PIECE];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        bytes += read as u64;
        hasher.update(&buffer[..read]);
    }
    io::Seek::rewind(&mut file).map_err(failed)?;
    let found = hex(&hasher.finalize());
    for (expected, named) in sums {
        if from.join(named) == path && *expected != found {
            return Err(SnapshotError::Hash { path: path.to_owned(), expected: expected.clone(), found });
        }
    }
    Ok(Some((file, bytes, found)))
}

/// The lines of `SHA256SUMS`, when there is one: what it has of other files is not looked at.
fn sums(from: &Path) -> Result<Vec<(String, PathBuf)>, SnapshotError> {
    let path = from.join("SHA256SUMS");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error(&path, error)),
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let parsed = lines.map(|line| {
        let (sum, name) = line.split_once([' ', '\t'])?;
        let whole = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
        let name = name.trim_start().trim_start_matches('*').trim_start_matches("./").trim_end();
        whole.then(|| (sum.to_ascii_lowercase(), PathBuf::from(name)))
    });
    let broken = || ImportError::Malformed("a line is not a SHA-256 and a name".to_owned());
    parsed.collect::<Option<_>>().ok_or_else(|| SnapshotError::Source { path: path.clone(), why: broken() })
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
