//! Confinement of the process that reads a project, by the kernel: it can read below the root and nothing else. It
//! cannot write, start a program, or open a socket.
//!
//! Two layers. Landlock decides by file and by port, seccomp by system call. Each refuses writing and starting programs
//! on its own; only Landlock knows which files may be read, only seccomp refuses UDP and every other kind of socket.
//! Descriptors that are open already (standard output, the pipe to the parent) go on working.
//!
//! The only module with `unsafe`: calls of the C library that have no safe form.
#![allow(unsafe_code)]

use std::path::Path;

use lunette_core::assessment::Confinement;

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(unix)]
mod probe;

#[cfg(unix)]
pub(crate) use probe::probe;

/// Confines this process, for good, to reading below the directories `read_below` and the files `also_read`. To be
/// called before any thread is started. Never fails: what the kernel does not enforce is in the result, with the
/// reason. `enforced` tells that writing, starting programs and every kind of network are refused; it is not taken
/// from what the kernel was asked to do, but from trying.
#[cfg(target_os = "linux")]
pub(crate) fn confine(read_below: &[&Path], also_read: &[&Path]) -> Confinement {
    enforce(read_below, also_read, Layers { landlock: true, seccomp: true })
}

/// What to use of the kernel. Everything, except in tests of what is left when a kernel lacks one.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy)]
pub(crate) struct Layers {
    pub(crate) landlock: bool,
    pub(crate) seccomp: bool,
}

/// Confines with the given layers, see [`confine`].
#[cfg(target_os = "linux")]
pub(crate) fn enforce(read_below: &[&Path], also_read: &[&Path], layers: Layers) -> Confinement {
    let mut confinement = Confinement::default();
    let alone = limits::is_single_threaded();
    if let Err(error) = limits::forbid_core_dumps() {
        confinement.missing.push(format!("core dumps could not be switched off: {error}"));
    }
    let files = if layers.landlock { files::restrict(read_below, also_read) } else { Err("not used".to_owned()) };
    let landlock = match files {
        Ok(status) if alone || status.all_threads => {
            confinement.by.push(format!("Landlock ABI {}", status.abi));
            true
        }
        Ok(_) => {
            confinement.missing.push("Landlock does not cover the threads that were running already".to_owned());
            false
        }
        Err(why) => {
            let lost = "the kernel does not confine reading to the project";
            confinement.missing.push(format!("Landlock: {why}; {lost}"));
            false
        }
    };
    // Without Landlock nobody looks at what `openat2` opens for writing, so it goes; reading has another way.
    let calls = if layers.seccomp { calls::restrict(landlock) } else { Err("not used".to_owned()) };
    let seccomp = match calls {
        Ok(()) => {
            confinement.by.push("seccomp".to_owned());
            true
        }
        Err(why) => {
            let lost = "the kernel does not refuse UDP, local sockets and new processes";
            confinement.missing.push(format!("seccomp: {why}; {lost}"));
            false
        }
    };
    // Landlock refuses programs that exist; to try one would be to run it where it is allowed.
    let try_program = seccomp || !landlock;
    let allowed = limits::still_allowed(try_program);
    confinement.enforced = allowed.is_empty();
    for what in allowed {
        confinement.missing.push(format!("{what} is still allowed"));
    }
    confinement
}

/// On this platform nothing is enforced, and the result says so.
#[cfg(not(target_os = "linux"))]
pub(crate) fn confine(_read_below: &[&Path], _also_read: &[&Path]) -> Confinement {
    Confinement {
        enforced: false,
        by: Vec::new(),
        missing: vec![format!(
            "{}: no confinement by the kernel is used on this platform; Lunette itself opens project files for reading only",
            std::env::consts::OS
        )],
    }
}
