//! The code of a project, lowered and linked: one program, or one for each package of a tree of installed packages.

mod installed;

use std::collections::BTreeMap;

use lunette_core::project::{SkipReason, Skipped};
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_lang::{Dialect, Lowered};
use lunette_read::SourceFile;
use rayon::prelude::*;

use crate::options::{AssessError, Progress};
use crate::stack::Stack;

pub(crate) use installed::{Installed, packages};

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
        let map = self.import_map(files);
        let (mut units, faults) = self.code(files, |_| true, progress);
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

    /// Lowers the code of those files whose index `wanted` accepts.
    fn code(
        &self,
        files: &mut [SourceFile],
        wanted: impl Fn(usize) -> bool,
        progress: &dyn Progress,
    ) -> (Vec<Unit>, Vec<Skipped>) {
        let sources = files.iter_mut().enumerate().filter(|(at, _)| wanted(*at));
        let mut sources: Vec<(&mut SourceFile, Dialect)> =
            sources.filter_map(|(_, file)| Dialect::of_path(&file.path).map(|dialect| (file, dialect))).collect();
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
        (units, faults)
    }

    fn import_map(&self, files: &[SourceFile]) -> ImportMap {
        ImportMap { manifests: self.manifests(files), ..import_map(files) }
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
