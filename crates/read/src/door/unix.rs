//! The door on Unix: directory descriptors, one name at a time.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat};
use rustix::io::Errno;

use super::{Entry, Kind, Refusal, read_capped, words};

/// Links followed before it is called a loop: the kernel's own number.
const MAX_LINKS: usize = 40;

/// Opening never blocks (a FIFO without a writer) and never makes a terminal ours.
const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
const READ_DIR: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// A descriptor that names a place and cannot read.
#[cfg(target_os = "linux")]
const NAME: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const NAME: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// A directory, and the only way to what is below it.
pub(crate) struct Dir {
    fd: OwnedFd,
    /// Whether to ask the kernel for confinement first; tests switch it off to try the other way.
    openat2: bool,
}

impl Dir {
    /// Opens a directory outside any confinement: the root itself. Cannot list it, see [`Dir::listable`].
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let fd = rustix::fs::open(path, NAME | OFlags::DIRECTORY, Mode::empty())?;
        Ok(Self { fd, openat2: true })
    }

    #[cfg(test)]
    pub(crate) fn without_openat2(mut self) -> Self {
        self.openat2 = false;
        self
    }

    /// The same directory, opened for listing.
    pub(crate) fn listable(&self) -> io::Result<Self> {
        let fd = openat(&self.fd, ".", READ_DIR, Mode::empty())?;
        Ok(Self { fd, openat2: self.openat2 })
    }

    /// The directory `name` in this one, links not followed.
    pub(crate) fn dir(&self, name: &OsStr) -> Result<Self, Refusal> {
        let fd = self.open_name(name, READ_DIR)?;
        Ok(Self { fd, openat2: self.openat2 })
    }

    /// The content of the regular file `name` in this directory, links not followed.
    pub(crate) fn read(&self, name: &OsStr, cap: u64) -> Result<Vec<u8>, Refusal> {
        read_regular(self.open_name(name, READ)?, cap)
    }

    /// The content of the regular file at `path` below this directory; links are followed as long as they stay below.
    pub(crate) fn read_below(&self, path: &Path, cap: u64) -> Result<Vec<u8>, Refusal> {
        read_regular(self.open_below(path, READ)?, cap)
    }

    /// Whether the link at `path` leads to something below this directory.
    pub(crate) fn leads_below(&self, path: &Path) -> Result<(), Refusal> {
        self.open_below(path, NAME).map(drop)
    }

    /// Where the link `name` points, as it is written there.
    pub(crate) fn target(&self, name: &OsStr) -> Option<OsString> {
        readlinkat(&self.fd, name, Vec::new()).ok().map(|target| OsString::from_vec(target.into_bytes()))
    }

    /// What `name` stands for, links not followed; none when there is nothing.
    pub(crate) fn kind(&self, name: &OsStr) -> Option<Kind> {
        let stat = statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(kind(FileType::from_raw_mode(stat.st_mode)))
    }

    /// The size in bytes of the regular file `name`, without opening it.
    pub(crate) fn size(&self, name: &OsStr) -> Result<u64, Refusal> {
        let stat = statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).map_err(refusal)?;
        match kind(FileType::from_raw_mode(stat.st_mode)) {
            Kind::File => Ok(size(&stat)),
            Kind::Dir => Err(Refusal::NotRegular("a directory")),
            Kind::Link => Err(Refusal::Changed),
            Kind::Other(what) => Err(Refusal::NotRegular(what)),
        }
    }

    /// Whether this is a file system through which the kernel speaks (procfs and the like): its files are not the
    /// project's, and reading some of them has effects.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_kernel_interface(&self) -> bool {
        // linux/magic.h: proc, sysfs, debugfs, tracefs, cgroup, cgroup2, devpts, bpf, securityfs, pstore, efivarfs,
        // configfs, mqueue, nsfs, selinuxfs, binfmt_misc.
        const MAGIC: [u32; 16] = [
            0x9fa0,
            0x6265_6572,
            0x6462_6720,
            0x7472_6163,
            0x0027_e0eb,
            0x6367_7270,
            0x1cd1,
            0xcafe_4a11,
            0x7363_6673,
            0x6165_676c,
            0xde5e_81e4,
            0x6265_6570,
            0x1980_0202,
            0x6e73_6673,
            0xf97c_ff8c,
            0x4249_4e4d,
        ];
        #[allow(clippy::cast_sign_loss, reason = "a bit pattern, not a number")]
        rustix::fs::fstatfs(&self.fd).is_ok_and(|fs| MAGIC.contains(&(fs.f_type as u32)))
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn is_kernel_interface(&self) -> bool {
        false
    }

    /// The device that the directory is on; a change of it is a mount point.
    pub(crate) fn device(&self) -> u64 {
        #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss, reason = "its type differs between platforms")]
        fstat(&self.fd).map_or(0, |stat| stat.st_dev as u64)
    }

    /// What is in the directory, in the file system's order; none when there are more than `max` names.
    pub(crate) fn entries(&self, max: usize) -> Result<Option<Vec<Entry>>, Refusal> {
        let mut entries = Vec::new();
        // Opened anew: copies of a descriptor share their position in the listing.
        for entry in rustix::fs::Dir::read_from(&self.fd).map_err(refusal)? {
            let entry = entry.map_err(refusal)?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            if entries.len() >= max {
                return Ok(None);
            }
            let kind = match entry.file_type() {
                // Some file systems do not say.
                FileType::Unknown => statat(&self.fd, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)
                    .map_or(Kind::Other("of an unknown type"), |stat| kind(FileType::from_raw_mode(stat.st_mode))),
                known => kind(known),
            };
            entries.push(Entry { name: OsStr::from_bytes(name).to_owned(), kind });
        }
        Ok(Some(entries))
    }

    fn open_name(&self, name: &OsStr, flags: OFlags) -> Result<OwnedFd, Refusal> {
        // A name is one component. A file system that says otherwise is not to be believed.
        if name.is_empty() || matches!(name.as_bytes(), b"." | b"..") || name.as_bytes().contains(&b'/') {
            return Err(Refusal::Outside);
        }
        #[cfg(target_os = "linux")]
        if self.openat2 {
            use rustix::fs::ResolveFlags as Resolve;
            let resolve = Resolve::BENEATH | Resolve::NO_MAGICLINKS | Resolve::NO_SYMLINKS;
            match rustix::fs::openat2(&self.fd, name, flags | OFlags::NOFOLLOW, Mode::empty(), resolve) {
                Ok(fd) => return Ok(fd),
                Err(Errno::NOSYS | Errno::PERM) => {}
                Err(error) => return Err(no_link(error)),
            }
        }
        openat(&self.fd, name, flags | OFlags::NOFOLLOW, Mode::empty()).map_err(no_link)
    }

    fn open_below(&self, path: &Path, flags: OFlags) -> Result<OwnedFd, Refusal> {
        #[cfg(target_os = "linux")]
        if self.openat2 {
            use rustix::fs::ResolveFlags as Resolve;
            let resolve = Resolve::BENEATH | Resolve::NO_MAGICLINKS;
            // The kernel says "again" when a rename elsewhere made it unsure of a `..`.
            for _ in 0..8 {
                match rustix::fs::openat2(&self.fd, path, flags, Mode::empty(), resolve) {
                    Ok(fd) => return Ok(fd),
                    Err(Errno::AGAIN) => {}
                    Err(Errno::NOSYS | Errno::PERM) => break,
                    Err(error) => return Err(self.explain(path, error)),
                }
            }
        }
        self.open_step_by_step(path, flags)
    }

    /// Resolves `path` as the kernel would, but with our own eyes on each step: no name is opened through a link, and
    /// `..` goes back to a directory that was entered before.
    fn open_step_by_step(&self, path: &Path, flags: OFlags) -> Result<OwnedFd, Refusal> {
        let mut todo = Vec::new();
        push_components(&mut todo, path)?;
        let mut entered: Vec<OwnedFd> = Vec::new();
        let mut links = 0;
        while let Some(name) = todo.pop() {
            if name == ".." {
                entered.pop().ok_or(Refusal::Outside)?;
                continue;
            }
            let at = entered.last().map_or(self.fd.as_fd(), AsFd::as_fd);
            let link = is_link(at, &name).map_err(|refusal| match refusal {
                Refusal::Absent if links > 0 => Refusal::Broken,
                other => other,
            })?;
            if link {
                links += 1;
                if links > MAX_LINKS {
                    return Err(Refusal::Loop);
                }
                let target = readlinkat(at, &name, Vec::new()).map_err(refusal)?;
                push_components(&mut todo, Path::new(OsStr::from_bytes(target.to_bytes())))?;
            } else if todo.is_empty() {
                return openat(at, &name, flags | OFlags::NOFOLLOW, Mode::empty()).map_err(no_link);
            } else {
                let step = NAME | OFlags::DIRECTORY | OFlags::NOFOLLOW;
                let fd = openat(at, &name, step, Mode::empty()).map_err(no_link)?;
                entered.push(fd);
            }
        }
        // It ended on a `.` or `..`: on a directory that was entered before.
        let at = entered.last().map_or(self.fd.as_fd(), AsFd::as_fd);
        openat(at, ".", flags, Mode::empty()).map_err(refusal)
    }

    /// `openat2` says "no such file" for a link to nothing as well; the two are told apart here.
    fn explain(&self, path: &Path, error: Errno) -> Refusal {
        match error {
            Errno::NOENT if self.has_link(path) => Refusal::Broken,
            Errno::LOOP => Refusal::Loop,
            other => refusal(other),
        }
    }

    fn has_link(&self, path: &Path) -> bool {
        path.ancestors().filter(|prefix| !prefix.as_os_str().is_empty()).any(|prefix| {
            statat(&self.fd, prefix, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
        })
    }
}

/// Puts the components of `path` on the stack, the first on top.
fn push_components(todo: &mut Vec<OsString>, path: &Path) -> Result<(), Refusal> {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => names.push(name.to_owned()),
            Component::ParentDir => names.push(OsString::from("..")),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return Err(Refusal::Outside),
        }
    }
    todo.extend(names.into_iter().rev());
    Ok(())
}

fn is_link(at: BorrowedFd<'_>, name: &OsStr) -> Result<bool, Refusal> {
    match statat(at, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(FileType::from_raw_mode(stat.st_mode) == FileType::Symlink),
        Err(error) => Err(refusal(error)),
    }
}

/// Reads from a descriptor after asking that same descriptor what it is.
fn read_regular(fd: OwnedFd, cap: u64) -> Result<Vec<u8>, Refusal> {
    let stat = fstat(&fd).map_err(refusal)?;
    match kind(FileType::from_raw_mode(stat.st_mode)) {
        Kind::File => read_capped(File::from(fd), size(&stat), cap),
        Kind::Dir => Err(Refusal::NotRegular("a directory")),
        Kind::Link => Err(Refusal::Changed),
        Kind::Other(what) => Err(Refusal::NotRegular(what)),
    }
}

fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

fn kind(file_type: FileType) -> Kind {
    match file_type {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Dir,
        FileType::Symlink => Kind::Link,
        FileType::Fifo => Kind::Other("a FIFO"),
        FileType::Socket => Kind::Other("a socket"),
        FileType::CharacterDevice => Kind::Other("a character device"),
        FileType::BlockDevice => Kind::Other("a block device"),
        FileType::Unknown => Kind::Other("of an unknown type"),
    }
}

/// The meaning of an error where no link may be followed.
fn no_link(error: Errno) -> Refusal {
    match error {
        Errno::LOOP | Errno::MLINK => Refusal::Changed,
        other => refusal(other),
    }
}

fn refusal(error: Errno) -> Refusal {
    match error {
        Errno::NOENT | Errno::NOTDIR => Refusal::Absent,
        Errno::XDEV => Refusal::Outside,
        Errno::LOOP => Refusal::Loop,
        // Sockets cannot be opened, nor devices without a driver.
        Errno::NXIO | Errno::NODEV => Refusal::NotRegular("a socket or a device"),
        other => Refusal::System(words(&other.into())),
    }
}
