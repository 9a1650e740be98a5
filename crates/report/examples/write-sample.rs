//! Writes the sample assessment, and one of nothing, in all formats into a folder: for `scripts/check-sarif.sh` and for
//! looking at templates.
//!
//!     cargo run -p lunette-report --features testing --example write-sample FOLDER

use std::path::Path;

use lunette_report::{json, markdown, sample, sarif};

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).unwrap_or_else(|| ".".into());
    for (name, assessment) in [("sample", sample::assessment()), ("empty", sample::empty())] {
        let file = |extension: &str| Path::new(&folder).join(format!("{name}.{extension}"));
        std::fs::write(file("md"), markdown(&assessment))?;
        std::fs::write(file("json"), json(&assessment))?;
        std::fs::write(file("sarif"), sarif(&assessment))?;
    }
    Ok(())
}
