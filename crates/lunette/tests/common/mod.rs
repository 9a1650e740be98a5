//! Helpers of the end-to-end tests: projects in temporary folders, the real binary, hashes of trees.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "test code")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The date of every assessment in tests.
pub(crate) const DATE: &str = "2026-11-24";

/// The sample project of the repository.
pub(crate) fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/orders").canonicalize().unwrap()
}

/// A project in a temporary folder.
pub(crate) fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// The binary, with an environment that does not depend on the machine.
pub(crate) fn lunette() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lunette"));
    command
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1")
        .env("LUNETTE_DATA", "/nonexistent/lunette")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("SOURCE_DATE_EPOCH");
    command
}

/// Assesses a folder.
pub(crate) fn assess(folder: &Path, more: &[&str]) -> Output {
    lunette().arg("assess").arg(folder).args(["--date", DATE]).args(more).output().unwrap()
}

/// The exit code.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// Standard output as text.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Standard error as text.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Path, kind, mode, modification time and content of everything below a folder.
pub(crate) fn tree(folder: &Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt;
    let mut lines = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = std::fs::symlink_metadata(&path).unwrap();
            let content = if meta.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
            lines.push(format!(
                "{} {:o} {}.{} {}",
                path.display(),
                meta.mode(),
                meta.mtime(),
                meta.mtime_nsec(),
                content.iter().fold(0u64, |hash, byte| hash.wrapping_mul(1_099_511_628_211) ^ u64::from(*byte))
            ));
            if meta.is_dir() {
                pending.push(path);
            }
        }
    }
    lines.sort();
    lines
}

/// Whether a program is there; when it is not, says so.
pub(crate) fn available(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("SKIPPED: {program} is not installed");
    }
    found
}
