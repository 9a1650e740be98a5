//! What is observed of a folder's packages, with the advisories that ship with Lunette, and how long it takes:
//! `cargo run -p lunette-intel --example observe -- FOLDER`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::Path;
use std::time::Instant;

use lunette_intel::advisories::{self, Reach, known};
use lunette_intel::advisory::Day;
use lunette_intel::matching::Knowledge;
use lunette_intel::packages::inventory;
use lunette_intel::{hygiene, upgrade};

/// Largest file that is read.
const LARGEST: u64 = 32 << 20;

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let mut files = Vec::new();
    collect(Path::new(&folder), Path::new(&folder), 0, &mut files);
    files.sort();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let start = Instant::now();
    let inventory = inventory(&files);
    let read = start.elapsed();
    let knowledge = Knowledge::new(None);
    let known = match known(&inventory, &knowledge, &|_, _| Reach::default()) {
        Ok(known) => known,
        Err(error) => {
            eprintln!("{error}");
            return;
        }
    };
    let matched = start.elapsed();
    let today = Day::parse("2026-11-24").unwrap_or_else(|| Day::from_seconds(0));
    let mut seen = advisories::observe(&inventory, &known, &files);
    seen.extend(hygiene::observe(&inventory, &files, &known, today));
    let summary = upgrade::dependencies(&inventory, &known, &knowledge, today);
    for one in &seen {
        println!("{} {} {} {:?}", one.place, one.check, one.anchor, one.details.values().collect::<Vec<_>>());
    }
    for upgrade in &summary.upgrades {
        println!("{}", upgrade.words());
    }
    println!(
        "{} packages in {} files; read after {read:?}, matched after {matched:?}, observed after {:?}",
        inventory.packages.len(),
        summary.files.len(),
        start.elapsed()
    );
}

fn collect(root: &Path, folder: &Path, depth: usize, out: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Ok(about) = path.symlink_metadata() else { continue };
        if about.is_dir() && depth < 12 && !matches!(name, "node_modules" | ".git" | "target" | "site-packages") {
            collect(root, &path, depth + 1, out);
        } else if about.is_file() && about.len() <= LARGEST {
            let kinds =
                ["package.json", "lock", "requirements", "Pipfile", "pyproject", "setup", ".yml", ".yaml", ".in"];
            let wanted = hygiene::wants(name) || kinds.iter().any(|kind| name.contains(kind));
            if let (true, Ok(text)) = (wanted, std::fs::read_to_string(&path)) {
                let path = path.strip_prefix(root).unwrap_or(&path);
                out.push((path.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
}
