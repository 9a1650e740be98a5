//! The code of a project, lowered and linked: one program, or one for each package of a tree of installed packages.

use std::collections::BTreeMap;
use std::ops::Range;

use lunette_core::project::{SkipReason, Skipped};
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_lang::{Dialect, Lowered};
use lunette_read::SourceFile;
use rayon::prelude::*;

use crate::options::{AssessError, Progress};
use crate::stack::Stack;

/// Folders in which package managers put what they install, each package in a folder (or a module) of its own.
const INSTALLED: [&str; 3] = ["node_modules", "site-packages", "dist-packages"];

/// The files of each package, where the root itself is a folder that packages are installed in; otherwise nothing.
/// `files` are in the order of their paths.
///
/// Installed packages belong to different people, and what one does with what another gives it is told by models, as it is
/// for an application that uses them. Each is therefore a program of its own.
pub(crate) fn packages(root: &str, files: &[SourceFile]) -> Vec<Range<usize>> {
    if !INSTALLED.contains(&root) {
        return Vec::new();
    }
    let mut packages: Vec<Range<usize>> = Vec::new();
    for (at, file) in files.iter().enumerate() {
        match packages.last_mut() {
            Some(last) if package_of(&files[last.start].path) == package_of(&file.path) => last.end = at + 1,
            _ => packages.push(at..at + 1),
        }
    }
    packages.retain(|package| files[package.clone()].iter().any(|file| is_code(&file.path)));
    packages
}

/// The folder of the package that a file belongs to, `@scope/name` as well; a file beside the folders is its own.
fn package_of(path: &str) -> &str {
    let scope = if path.starts_with('@') { path.find('/').map_or(0, |at| at + 1) } else { 0 };
    path[scope..].find('/').map_or(path, |at| &path[..=scope + at])
}

fn is_code(path: &str) -> bool {
    Dialect::of_path(path).is_some() || lunette_lang::template::is_template(path)
}

/// What lowering needs.
pub(crate) struct Lowering {
    pool: rayon::ThreadPool,
    /// What each manifest asks for, by its path.
    declared: BTreeMap<String, Vec<String>>,
}

impl Lowering {
    /// # Errors
    /// When the platform gives no threads.
    pub(crate) fn new(stack: &Stack, threads: Option<usize>) -> Result<Self, AssessError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.unwrap_or(0))
            .stack_size(lunette_lang::STACK_SIZE)
            .build()
            .map_err(|error| AssessError::Internal(format!("cannot start the threads that parse: {error}")))?;
        let mut declared: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for package in &stack.declared {
            declared.entry(package.place.path.clone()).or_default().push(package.name.clone());
        }
        Ok(Lowering { pool, declared })
    }

    /// Lowers source files, each on a thread with a stack for deep code, and links the modules. Their texts move into the
    /// program: [`close`] gives them back. Also what was not understood.
    pub(crate) fn program(&self, files: &mut [SourceFile], progress: &dyn Progress) -> (Program, Vec<Skipped>) {
        let mut map = import_map(files);
        map.manifests = self.manifests(files);
        let mut sources: Vec<(&mut SourceFile, Dialect)> =
            files.iter_mut().filter_map(|file| Dialect::of_path(&file.path).map(|dialect| (file, dialect))).collect();
        let lowered: Vec<Lowered> = self.pool.install(|| {
            let one = |(file, dialect): &(&mut SourceFile, Dialect)| {
                let lowered = lunette_lang::lower(*dialect, &file.text);
                progress.step();
                lowered
            };
            sources.par_iter().map(one).collect()
        });
        let mut units = Vec::new();
        let mut faults = Vec::new();
        for ((file, _), lowered) in sources.iter_mut().zip(lowered) {
            faults.extend(fault(file, &lowered));
            if let Some(module) = lowered.module {
                units.push(Unit { path: file.path.clone(), text: std::mem::take(&mut file.text), module });
            }
        }
        drop(sources);
        let pages = files.iter().map(|file| (file.path.as_str(), file.text.as_str()));
        let pages = lunette_lang::template::lower_all(pages);
        let pages: Vec<(String, lunette_lang::ir::Module)> =
            pages.into_iter().map(|(path, module)| (path.to_owned(), module)).collect();
        for (path, module) in pages {
            if let Ok(at) = files.binary_search_by(|file| file.path.as_str().cmp(&path)) {
                units.push(Unit { path, text: std::mem::take(&mut files[at].text), module });
            }
        }
        (Program::new(units, &map), faults)
    }

    /// Every `package.json` with what it asks for, also one that asks for nothing.
    fn manifests(&self, files: &[SourceFile]) -> Vec<(String, Vec<String>)> {
        let is_manifest = |path: &str| path == "package.json" || path.ends_with("/package.json");
        let packages = |path: &str| self.declared.get(path).cloned().unwrap_or_default();
        let manifests = files.iter().filter(|file| is_manifest(&file.path));
        manifests.map(|file| (file.path.trim_end_matches("package.json").to_owned(), packages(&file.path))).collect()
    }
}

/// Gives up lowered code, whose texts go back to the files that it was made of.
pub(crate) fn close(program: Program, files: &mut [SourceFile]) {
    for unit in program.units {
        if let Ok(at) = files.binary_search_by(|file| file.path.cmp(&unit.path)) {
            files[at].text = unit.text;
        }
    }
}

/// The ledger's line on a file that did not parse, or only in part.
fn fault(file: &SourceFile, lowered: &Lowered) -> Option<Skipped> {
    let first = lowered.errors.first()?;
    let rest = match lowered.errors.len() {
        1 => String::new(),
        more => format!(" (and {} more)", more - 1),
    };
    let used = if lowered.module.is_some() { "what parsed was used" } else { "nothing of it was used" };
    let detail = format!("line {}: {}{rest}; {used}", first.line, lunette_core::text::printable(&first.message));
    let reason = if first.message.starts_with("nested deeper") { SkipReason::TooDeep } else { SkipReason::Syntax };
    Some(Skipped { path: lunette_core::text::printable(&file.path), reason, detail })
}

/// What tsconfig files and workspaces say about import names.
fn import_map(files: &[SourceFile]) -> ImportMap {
    let mut map = ImportMap::default();
    for file in files {
        let (folder, name) =
            file.path.rsplit_once('/').map_or(("", file.path.as_str()), |(folder, name)| (folder, name));
        let inside = |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
        let is_tsconfig = name == "jsconfig.json"
            || name.strip_prefix("tsconfig").is_some_and(|rest| rest.strip_suffix(".json").is_some());
        if is_tsconfig && let Ok(tree) = crate::tree::json(&file.text) {
            let Some(options) = tree.get("compilerOptions") else { continue };
            let base = options.text_of("baseUrl").unwrap_or(".").trim_start_matches("./").to_owned();
            let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            for (pattern, targets) in options.get("paths").map(crate::tree::Node::entries).unwrap_or_default() {
                for target in targets.items_or_self().iter().filter_map(crate::tree::Node::text) {
                    let path = if base == "." || base.is_empty() {
                        inside(target)
                    } else {
                        inside(&format!("{base}/{target}"))
                    };
                    map.aliases.push((prefix.clone(), pattern.text.clone(), path));
                }
            }
            if options.get("baseUrl").is_some() {
                let path = if base == "." || base.is_empty() { inside("*") } else { inside(&format!("{base}/*")) };
                map.aliases.push((prefix, "*".to_owned(), path));
            }
        }
        if name == "package.json"
            && !folder.is_empty()
            && let Ok(tree) = crate::tree::json(&file.text)
            && let Some(package) = tree.text_of("name")
        {
            map.packages.push((package.to_owned(), folder.to_owned()));
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str]) -> Vec<SourceFile> {
        let file = |path: &&str| SourceFile { path: (*path).to_owned(), text: String::new(), bytes: 0, lines: 0 };
        paths.iter().map(file).collect()
    }

    #[test]
    fn installed_packages_are_told_by_their_folders() {
        let paths = [
            "@acme/a/index.js",
            "@acme/b/index.js",
            "@acme/b/lib/x.js",
            "README.md",
            "a-b/index.js",
            "a/index.js",
            "a/lib/index.js",
            "docs/README.md",
            "six.py",
        ];
        let files = files(&paths);
        assert_eq!(packages("node_modules", &files), [0..1, 1..3, 4..5, 5..7, 8..9]);
        assert_eq!(packages("site-packages", &files).len(), 5);
        assert!(packages("my-node_modules", &files).is_empty());
        assert!(packages("api", &files).is_empty());
    }

    #[test]
    fn odd_paths_are_packages_of_their_own() {
        assert_eq!(package_of("@acme"), "@acme");
        assert_eq!(package_of("@acme/x.js"), "@acme/x.js");
        assert_eq!(package_of("@/x/y"), "@/x/");
        assert_eq!(package_of(""), "");
    }
}
