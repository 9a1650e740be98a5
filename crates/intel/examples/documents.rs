//! Writes the bill of materials and the VEX documents of a folder's manifests and lockfiles, with the advisories that ship
//! with Lunette: `cargo run -p lunette-intel --example documents -- FOLDER OUT`.
#![allow(clippy::print_stderr)]

use std::path::Path;
use std::process::ExitCode;

use lunette_intel::advisories::{Reach, known};
use lunette_intel::matching::Knowledge;
use lunette_intel::packages::inventory;
use lunette_intel::sbom::{self, Document};
use lunette_intel::vex;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, out] = arguments.as_slice() else {
        eprintln!("documents FOLDER OUT");
        return ExitCode::FAILURE;
    };
    match write(Path::new(folder), Path::new(out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path, out: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if let (Some(name), Ok(text)) =
            (path.file_name().and_then(|name| name.to_str()), std::fs::read_to_string(&path))
        {
            files.push((name.to_owned(), text));
        }
    }
    files.sort();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let inventory = inventory(&files);
    let known = known(&inventory, &Knowledge::new(None), &|_, _| Reach::default())?;
    let document = Document {
        project: "project",
        tool_version: env!("CARGO_PKG_VERSION"),
        timestamp: Some("2026-11-24T00:00:00Z"),
    };
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join("bom.cdx.json"), sbom::cyclonedx(&inventory, &document))?;
    std::fs::write(out.join("vex.cdx.json"), vex::cyclonedx(&inventory, &known, &document))?;
    if let Some(text) = vex::openvex(&inventory, &known, &document) {
        std::fs::write(out.join("vex.openvex.json"), text)?;
    }
    eprintln!("{} packages, {} advisories", inventory.packages.len(), known.held.len());
    Ok(())
}
