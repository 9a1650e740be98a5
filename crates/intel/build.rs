//! Writes the list of curated advisories that are embedded in the library, as JSON, sorted by path, so that the list never
//! depends on the order in which a file system lists them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("data/curated");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    let mut named = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
        named.push((name, file.canonicalize()?));
    }
    named.sort();
    let mut list = String::from("&[\n");
    for (name, path) in named {
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path)?;
        let content: serde_json::Value =
            serde_saphyr::from_str(&text).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
        writeln!(list, "    ({name:?}, {:?}),", content.to_string()).map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("curated.rs"), list)
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            collect(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            into.push(path);
        }
    }
    Ok(())
}
