//! The door where there are no directory descriptors: paths, with the canonical form of each compared to the root's.
//!
//! Weaker than the Unix door: between the check and the opening a name may change its meaning. Reports say on such
//! platforms that the kernel did not enforce confinement.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::{Entry, Kind, Refusal, read_capped, words};

/// A directory, and the only way to what is below it.
pub(crate) struct Dir {
    /// Canonical path of the root.
    root: PathBuf,
    path: PathBuf,
}

impl Dir {
    /// Opens the root itself.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let root = fs::canonicalize(path)?;
        if !fs::metadata(&root)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { path: root.clone(), root })
    }

    /// The same directory, once it is known that it can be listed.
    pub(crate) fn listable(&self) -> io::Result<Self> {
        fs::read_dir(&self.path)?;
        Ok(Self { root: self.root.clone(), path: self.path.clone() })
    }

    /// The directory `name` in this one, links not followed.
    pub(crate) fn dir(&self, name: &OsStr) -> Result<Self, Refusal> {
        let path = self.child(name)?;
        match kind(&metadata(&path)?) {
            Kind::Dir => Ok(Self { root: self.root.clone(), path: self.confined(&path)? }),
            Kind::Link => Err(Refusal::Changed),
            _ => Err(Refusal::Absent),
        }
    }

    /// The content of the regular file `name` in this directory, links not followed.
    pub(crate) fn read(&self, name: &OsStr, cap: u64) -> Result<Vec<u8>, Refusal> {
        let path = self.child(name)?;
        if kind(&metadata(&path)?) == Kind::Link {
            return Err(Refusal::Changed);
        }
        self.read_confined(&path, cap)
    }

    /// The content of the regular file at `path` below this directory; links are followed as long as they stay below.
    pub(crate) fn read_below(&self, path: &Path, cap: u64) -> Result<Vec<u8>, Refusal> {
        self.read_confined(&self.path.join(path), cap)
    }

    /// Whether the link at `path` leads to something below this directory.
    pub(crate) fn leads_below(&self, path: &Path) -> Result<(), Refusal> {
        self.confined(&self.path.join(path)).map(drop)
    }

    /// Where the link `name` points, as it is written there.
    pub(crate) fn target(&self, name: &OsStr) -> Option<OsString> {
        fs::read_link(self.path.join(name)).ok().map(PathBuf::into_os_string)
    }

    /// What `name` stands for, links not followed; none when there is nothing.
    pub(crate) fn kind(&self, name: &OsStr) -> Option<Kind> {
        metadata(&self.path.join(name)).ok().map(|metadata| kind(&metadata))
    }

    /// The size in bytes of the regular file `name`, without opening it.
    pub(crate) fn size(&self, name: &OsStr) -> Result<u64, Refusal> {
        let metadata = metadata(&self.child(name)?)?;
        match kind(&metadata) {
            Kind::File => Ok(metadata.len()),
            Kind::Dir => Err(Refusal::NotRegular("a directory")),
            Kind::Link => Err(Refusal::Changed),
            Kind::Other(what) => Err(Refusal::NotRegular(what)),
        }
    }

    #[allow(clippy::unused_self, reason = "the Unix door asks the directory")]
    pub(crate) fn is_kernel_interface(&self) -> bool {
        false
    }

    #[allow(clippy::unused_self, reason = "the Unix door asks the directory")]
    pub(crate) fn device(&self) -> u64 {
        0
    }

    /// What is in the directory, in the file system's order; none when there are more than `max` names.
    pub(crate) fn entries(&self, max: usize) -> Result<Option<Vec<Entry>>, Refusal> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(|error| refusal(&error))? {
            let entry = entry.map_err(|error| refusal(&error))?;
            if entries.len() >= max {
                return Ok(None);
            }
            let kind = metadata(&entry.path()).map_or(Kind::Other("of an unknown type"), |metadata| kind(&metadata));
            entries.push(Entry { name: entry.file_name(), kind });
        }
        Ok(Some(entries))
    }

    fn child(&self, name: &OsStr) -> Result<PathBuf, Refusal> {
        if Path::new(name).file_name() != Some(name) {
            return Err(Refusal::Outside);
        }
        Ok(self.path.join(name))
    }

    /// The canonical form of `path`, when it is below the root.
    fn confined(&self, path: &Path) -> Result<PathBuf, Refusal> {
        let real = fs::canonicalize(path).map_err(|error| match refusal(&error) {
            Refusal::Absent if self.has_link(path) => Refusal::Broken,
            other => other,
        })?;
        if real.starts_with(&self.root) { Ok(real) } else { Err(Refusal::Outside) }
    }

    fn has_link(&self, path: &Path) -> bool {
        path.ancestors()
            .take_while(|prefix| *prefix != self.root)
            .any(|prefix| metadata(prefix).is_ok_and(|metadata| metadata.is_symlink()))
    }

    fn read_confined(&self, path: &Path, cap: u64) -> Result<Vec<u8>, Refusal> {
        let real = self.confined(path)?;
        // Opening a FIFO would block: what it is has to be known before.
        if let Kind::Other(what) = kind(&metadata(&real)?) {
            return Err(Refusal::NotRegular(what));
        }
        let file = File::open(&real).map_err(|error| refusal(&error))?;
        let metadata = file.metadata().map_err(|error| refusal(&error))?;
        match kind(&metadata) {
            Kind::File => read_capped(file, metadata.len(), cap),
            Kind::Dir => Err(Refusal::NotRegular("a directory")),
            Kind::Link => Err(Refusal::Changed),
            Kind::Other(what) => Err(Refusal::NotRegular(what)),
        }
    }
}

fn metadata(path: &Path) -> Result<Metadata, Refusal> {
    fs::symlink_metadata(path).map_err(|error| refusal(&error))
}

fn kind(metadata: &Metadata) -> Kind {
    let file_type = metadata.file_type();
    if file_type.is_symlink() {
        Kind::Link
    } else if file_type.is_dir() {
        Kind::Dir
    } else if file_type.is_file() {
        Kind::File
    } else {
        Kind::Other("not a regular file")
    }
}

fn refusal(error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Refusal::Absent,
        _ => Refusal::System(words(error)),
    }
}
