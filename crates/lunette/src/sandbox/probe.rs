//! Tries what a confined process must not be able to do, and tells what came of it.

use std::ffi::{CString, c_int};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Error, ErrorKind};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One attempt.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// What was tried.
    pub(crate) what: &'static str,
    /// Whether the kernel refused it. A failure for another reason is no refusal.
    pub(crate) refused: bool,
    /// "allowed", or the error in the system's words.
    pub(crate) outcome: String,
}

/// All attempts.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) attempts: Vec<Attempt>,
}

impl Probe {
    /// Whether nothing was allowed.
    pub(crate) fn all_refused(&self) -> bool {
        self.attempts.iter().all(|attempt| attempt.refused)
    }

    fn attempt(&mut self, what: &'static str, result: io::Result<()>) {
        let (refused, outcome) = match result {
            Ok(()) => (false, "allowed".to_owned()),
            Err(error) => {
                // "No such call" is what a filter says, too.
                let no_call = error.raw_os_error() == Some(libc::ENOSYS);
                (no_call || error.kind() == ErrorKind::PermissionDenied, error.to_string())
            }
        };
        self.attempts.push(Attempt { what, refused, outcome });
    }
}

/// Tries to write below `root` and in the temporary directory, to start programs and processes, to reach the network
/// and other processes, and to read outside `root`. Where an attempt succeeds it is undone, and most use names that do
/// not exist: nothing is left behind, also where nothing is enforced.
pub(crate) fn probe(root: &Path) -> Probe {
    let mut probe = Probe { attempts: Vec::new() };
    write(&mut probe, root);
    execute(&mut probe);
    network(&mut probe, root);
    read_outside(&mut probe, root);
    #[cfg(target_os = "linux")]
    kernel(&mut probe, root);
    probe
}

fn write(probe: &mut Probe, root: &Path) {
    let mine = root.join(format!(".lunette-probe-{}", std::process::id()));
    let gone = mine.with_extension("gone");
    let undo = |result: io::Result<()>| result.and_then(|()| fs::remove_file(&mine));
    probe.attempt("create a file below the root", undo(File::create_new(&mine).map(drop)));
    probe.attempt("create a link below the root", undo(symlink("nowhere", &mine)));
    let made = fs::create_dir(&mine).and_then(|()| fs::remove_dir(&mine));
    probe.attempt("create a directory below the root", made);
    if let Some(file) = some_file(root) {
        probe.attempt("open a file of the project for writing", OpenOptions::new().write(true).open(&file).map(drop));
        let same_time = File::open(&file).and_then(|file| file.set_modified(file.metadata()?.modified()?));
        probe.attempt("set the time of a file of the project", same_time);
    }
    probe.attempt("unlink", fs::remove_file(&gone));
    probe.attempt("remove a directory", fs::remove_dir(&gone));
    probe.attempt("rename", fs::rename(&gone, &mine));
    probe.attempt("link", fs::hard_link(&gone, &mine));
    probe.attempt("change a mode", fs::set_permissions(&gone, Permissions::from_mode(0o600)));
    probe.attempt("change an owner", chown(&gone, Some(0), Some(0)));
    let outside = std::env::temp_dir().join(format!("lunette-probe-{}", std::process::id()));
    let created = File::create_new(&outside).map(drop).and_then(|()| fs::remove_file(&outside));
    probe.attempt("create a temporary file", created);
}

/// A regular file directly below `root`.
fn some_file(root: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(root).ok()?.filter_map(Result::ok);
    files.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file())).map(|entry| entry.path()).min()
}

fn execute(probe: &mut Probe) {
    // With the descriptors of this process: opening others would fail first, and prove nothing.
    probe.attempt("start a program", Command::new("/bin/true").status().map(drop));
    probe.attempt("start a shell", Command::new("/bin/sh").args(["-c", ":"]).status().map(drop));
    // SAFETY: the child, should there be one, does nothing but end.
    let forked = match unsafe { libc::fork() } {
        -1 => Err(Error::last_os_error()),
        // SAFETY: ends the process at once, without running anything of it.
        0 => unsafe { libc::_exit(0) },
        child => {
            let mut status: c_int = 0;
            // SAFETY: the pointer is to a live integer, and the child is ours to wait for.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            Ok(())
        }
    };
    probe.attempt("start a process", forked);
}

fn network(probe: &mut Probe, root: &Path) {
    // The discard port of this machine: should it be allowed, nothing leaves.
    const DISCARD: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 9);
    probe.attempt("connect over TCP", TcpStream::connect(DISCARD).map(drop));
    probe.attempt("listen over TCP", TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map(drop));
    let sent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.send_to(b"probe", DISCARD));
    probe.attempt("send over UDP", sent.map(drop));
    probe.attempt("connect to a local socket", UnixStream::connect(root.join(".lunette-probe-gone")).map(drop));
}

fn read_outside(probe: &mut Probe, root: &Path) {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    for (what, path) in
        [("read a file outside the root", "/etc/passwd"), ("read of another process", "/proc/1/environ")]
    {
        if !Path::new(path).starts_with(&root) && fs::symlink_metadata(path).is_ok() {
            probe.attempt(what, File::open(path).map(drop));
        }
    }
    if let Some(parent) = root.parent() {
        probe.attempt("list a directory outside the root", fs::read_dir(parent).map(drop));
    }
}

#[cfg(target_os = "linux")]
fn kernel(probe: &mut Probe, root: &Path) {
    let checked = |result: libc::c_long| if result < 0 { Err(Error::last_os_error()) } else { Ok(()) };
    let gone = CString::new(root.join(".lunette-probe-gone").as_os_str().as_bytes()).unwrap_or_default();
    // SAFETY: the path is null-terminated and live.
    probe.attempt("truncate", checked(unsafe { libc::truncate(gone.as_ptr(), 0) }.into()));
    // SAFETY: the names are null-terminated and live, and a null value of length 0 is never read.
    let set = unsafe { libc::lsetxattr(gone.as_ptr(), c"user.probe".as_ptr(), std::ptr::null(), 0, 0) };
    probe.attempt("set an extended attribute", checked(set.into()));
    // SAFETY: the structure is live, and of the length that is told.
    let opened = unsafe {
        let how = [(libc::O_WRONLY | libc::O_CREAT).unsigned_abs().into(), 0o600_u64, 0];
        libc::syscall(libc::SYS_openat2, libc::AT_FDCWD, gone.as_ptr(), how.as_ptr(), size_of_val(&how))
    };
    if opened >= 0 {
        let _ = fs::remove_file(root.join(".lunette-probe-gone"));
    }
    probe.attempt("create a file with openat2", checked(opened));
    if let Ok(directory) = File::open(root) {
        const FS_IOC_SETFLAGS: u32 = 0x4008_6602;
        #[allow(clippy::cast_lossless, reason = "the type of a request differs between C libraries")]
        // SAFETY: the request reads from its pointer, and a null pointer makes it fail.
        let flags = unsafe { libc::ioctl(directory.as_raw_fd(), FS_IOC_SETFLAGS as _, std::ptr::null::<c_int>()) };
        probe.attempt("change the flags of a directory", checked(flags.into()));
    }
    // SAFETY: signal 0 is none; only the permission to send is checked.
    probe.attempt("signal a process", checked(unsafe { libc::kill(libc::getpid(), 0) }.into()));
    // SAFETY: with no flags it changes nothing.
    probe.attempt("leave a namespace", checked(unsafe { libc::unshare(0) }.into()));
    // SAFETY: a null pointer and no entries make each of them fail.
    probe.attempt("set up io_uring", checked(unsafe { libc::syscall(libc::SYS_io_uring_setup, 0, 0) }));
    // SAFETY: as above, command 0 with no attributes.
    probe.attempt("use bpf", checked(unsafe { libc::syscall(libc::SYS_bpf, 0, 0, 0) }));
    // SAFETY: process 0 cannot be traced; the call fails without effect.
    let traced = unsafe { libc::syscall(libc::SYS_ptrace, libc::PTRACE_ATTACH, 0, 0, 0) };
    probe.attempt("trace a process", checked(traced));
    #[cfg(target_arch = "x86_64")]
    {
        const X32: libc::c_long = 0x4000_0000;
        // SAFETY: a socket under the second number of the call; it is closed with the process.
        let socket = unsafe { libc::syscall(X32 | libc::SYS_socket, libc::AF_INET, libc::SOCK_DGRAM, 0) };
        probe.attempt("open a socket by its x32 number", checked(socket));
    }
}
