//! Tests of the three formats together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod formats;
mod hostile;
mod schemas;
mod structure;

use std::path::PathBuf;

/// A file of the material beside the repository; None, said aloud, where that isn't there.
fn shared(path: &str) -> Option<Vec<u8>> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    let bytes = std::fs::read(&file).ok();
    if bytes.is_none() {
        eprintln!("SKIPPED: {} is not there", file.display());
    }
    bytes
}
