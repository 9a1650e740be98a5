//! Embeds the rule files: a list of their names and texts, sorted by name.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("no manifest folder"))?);
    let rules = root.join("../../rules");
    println!("cargo::rerun-if-changed={}", rules.display());
    let mut files = Vec::new();
    if rules.is_dir() {
        for family in fs::read_dir(&rules)? {
            let family = family?.path();
            if family.is_dir() {
                println!("cargo::rerun-if-changed={}", family.display());
                for file in fs::read_dir(&family)? {
                    files.push(file?.path());
                }
            }
        }
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    let mut named: Vec<(String, PathBuf)> =
        files.into_iter().filter_map(|path| Some((name(&rules, &path)?, path))).collect();
    named.sort();
    let mut list = String::from("&[\n");
    for (name, path) in named {
        let path = path.canonicalize()?;
        let path = path.to_str().ok_or_else(|| io::Error::other("the path of a rule is not UTF-8"))?;
        let _ = writeln!(list, "    ({name:?}, include_str!({path:?})),");
    }
    list.push(']');
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no output folder"))?;
    fs::write(Path::new(&out).join("rules.rs"), list)
}

/// `python/py-weak-hash.md`.
fn name(rules: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.strip_prefix(rules).ok()?.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}
