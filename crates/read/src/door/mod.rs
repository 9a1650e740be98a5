//! Opening and reading below a directory, never outside it.

use std::ffi::OsString;
use std::io::{self, Read};

use lunette_core::project::SkipReason;
use lunette_core::text::thousands;

#[cfg(any(not(unix), test))]
#[cfg_attr(unix, allow(dead_code, reason = "on Unix it is built for its tests only"))]
pub(crate) mod portable;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use portable::Dir;
#[cfg(unix)]
pub(crate) use unix::Dir;

/// A name in a directory.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: OsString,
    pub(crate) kind: Kind,
}

/// What a name stands for, links not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Dir,
    Link,
    /// Anything else, in words.
    Other(&'static str),
}

/// Why something was not opened or not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is nothing of that name.
    Absent,
    /// Not a regular file; what it is, in words.
    NotRegular(&'static str),
    /// Larger than the cap; both in bytes.
    TooLarge { bytes: u64, cap: u64 },
    /// A link that leads out of the directory it must stay in.
    Outside,
    /// A link to nothing.
    Broken,
    /// A link that leads back to itself.
    Loop,
    /// A link where none may be: the name changed its meaning between listing and opening.
    Changed,
    /// The system's error.
    System(String),
}

impl Refusal {
    pub(crate) fn reason(&self) -> SkipReason {
        match self {
            Self::Absent | Self::System(_) => SkipReason::Unreadable,
            Self::NotRegular(_) => SkipReason::NotRegular,
            Self::TooLarge { .. } => SkipReason::TooLarge,
            Self::Outside | Self::Broken | Self::Loop | Self::Changed => SkipReason::Symlink,
        }
    }

    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Absent => "it was gone when it was opened".to_owned(),
            Self::NotRegular(what) => (*what).to_owned(),
            Self::TooLarge { bytes, cap } => {
                format!("{} bytes, the cap is {}", thousands(to_usize(*bytes)), thousands(to_usize(*cap)))
            }
            Self::Outside => "a symbolic link that leads out of the tree".to_owned(),
            Self::Broken => "a symbolic link to nothing".to_owned(),
            Self::Loop => "a symbolic link that leads back to itself".to_owned(),
            Self::Changed => "it became a symbolic link while the tree was read".to_owned(),
            Self::System(error) => error.clone(),
        }
    }
}

pub(crate) fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// The system's error in words that do not depend on the platform where it is a usual one.
pub(crate) fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::WouldBlock => "reading it would block".to_owned(),
        _ => error.to_string(),
    }
}

/// Reads once from `file`, at most `cap` bytes; one byte more tells that there is more than that.
fn read_capped(file: impl Read, size: u64, cap: u64) -> Result<Vec<u8>, Refusal> {
    if size > cap {
        return Err(Refusal::TooLarge { bytes: size, cap });
    }
    // The size is a hint: files of kernel file systems claim 0, and a file may grow.
    let mut bytes = Vec::with_capacity(to_usize(size.saturating_add(1)));
    file.take(cap.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| Refusal::System(words(&error)))?;
    if bytes.len() as u64 > cap {
        return Err(Refusal::TooLarge { bytes: bytes.len() as u64, cap });
    }
    Ok(bytes)
}
