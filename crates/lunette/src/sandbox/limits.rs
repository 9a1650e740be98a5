//! What is neither a file rule nor a list of calls: core dumps, threads, and whether it all works.

use std::ffi::CStr;
use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;

/// A core dump is written by the kernel into the working directory, past every confinement: it could be the project.
pub(super) fn forbid_core_dumps() -> Result<()> {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to a live `rlimit`, which the call only reads.
    if unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) } == 0 {
        Ok(())
    } else {
        Err(Error::last_os_error())
    }
}

/// Whether no other thread runs. Taken for granted when the system does not tell.
pub(super) fn is_single_threaded() -> bool {
    fs::read_dir("/proc/self/task").map_or(true, |tasks| tasks.count() <= 1)
}

/// Tries what must be refused, in ways that harm nothing should it be allowed; a program, which does not exist, only if
/// `try_program`.
pub(super) fn still_allowed(try_program: bool) -> Vec<&'static str> {
    let mut allowed = Vec::new();
    if !is_refusal(fs::OpenOptions::new().write(true).open("/dev/null").map(drop)) {
        allowed.push("opening a file for writing");
    }
    if try_program && !is_refusal(execute(c"/nonexistent/lunette-probe")) {
        allowed.push("executing a program");
    }
    if !is_refusal(UdpSocket::bind(("127.0.0.1", 0)).map(drop)) {
        allowed.push("opening an Internet socket");
    }
    if !is_refusal(UnixDatagram::unbound().map(drop)) {
        allowed.push("opening a local socket");
    }
    allowed
}

/// Whether the kernel refused it, rather than that it failed for another reason.
pub(super) fn is_refusal(result: Result<()>) -> bool {
    result.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

/// Replaces this process with a program, which must not exist: it returns only with an error.
pub(super) fn execute(program: &CStr) -> Result<()> {
    let arguments = [program.as_ptr(), std::ptr::null()];
    let environment = [std::ptr::null()];
    // SAFETY: all three are null-terminated and live through the call. `std::process::Command` would do more than
    // this call, and would not undo it when it fails.
    unsafe { libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    Err(Error::last_os_error())
}
