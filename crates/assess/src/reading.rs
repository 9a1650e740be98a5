//! From a root to what is known before anything is judged: rules understood, files read, code lowered and linked,
//! values tracked, routes found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use lunette_config::{Document, Format};
use lunette_core::finding::Confidence;
use lunette_core::project::{SkipReason, Skipped};
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_lang::ir::Language;
use lunette_lang::{Dialect, Lowered};
use lunette_read::{Root, SourceFile, Tree, WalkOptions, Want};
use rayon::prelude::*;

use crate::config::{self, Config};
use crate::options::{AssessError, Options, Progress};
use crate::rules_md::{Directives, understand_with};
use crate::stack::{self, Stack};

/// What was read of a project.
pub(crate) struct Reading {
    /// What the rules ask for.
    pub(crate) directives: Directives,
    /// `lunette.toml`.
    pub(crate) config: Config,
    /// The files. Those that were lowered have their texts in the program until it is closed.
    pub(crate) tree: Tree,
    /// Files left out by each directive of the rules, by its index.
    pub(crate) left_out: BTreeMap<usize, usize>,
    /// Packages, technologies, infrastructure.
    pub(crate) stack: Stack,
    /// The code, linked.
    pub(crate) program: Program,
    /// Everything that was not read or not understood, by path.
    pub(crate) skipped: Vec<Skipped>,
}

/// Reads a project. The root has read the rules already: that is how it is made. `is_rule` says which ids are rules.
pub(crate) fn read(
    root: &Root,
    options: &Options,
    is_rule: &dyn Fn(&str) -> bool,
    progress: &dyn Progress,
) -> Result<Reading, AssessError> {
    let directives = understand_with(&root.rules().text, is_rule);
    let config = read_config(root)?;
    progress.phase("reading", 0);
    let left_out = Mutex::new(BTreeMap::new());
    let want = |path: &str| {
        if let Some(index) = directives.leaves_out(path) {
            if let Ok(mut counts) = left_out.lock() {
                *counts.entry(index).or_insert(0) += 1;
            }
            return Want::Skip(SkipReason::Rules);
        }
        if config.exclude.iter().any(|pattern| pattern.matches(path)) {
            return Want::Skip(SkipReason::Ignored);
        }
        stack::interest(path).wanted()
    };
    let walk = WalkOptions { outputs: &options.exclude, ..WalkOptions::new(&want) };
    let mut tree = root.walk(&walk);
    let left_out = left_out.into_inner().unwrap_or_default();
    let stack = stack::stack(&tree.files, &tree.listed);
    let mut map = import_map(&tree.files);
    map.manifests = manifests(&tree.files, &stack);
    let mut skipped = std::mem::take(&mut tree.skipped);
    skipped.extend(stack.skipped.iter().cloned());
    let (program, faults) = lower(&mut tree.files, &map, options, progress)?;
    skipped.extend(faults);
    skipped.sort();
    skipped.dedup();
    Ok(Reading { directives, config, tree, left_out, stack, program, skipped })
}

impl Reading {
    /// The languages that there is something to judge of, by the names that rules use.
    pub(crate) fn languages(&self) -> BTreeSet<&'static str> {
        let code = self.program.units.iter().map(|unit| match unit.module.language {
            Language::Python => "python",
            Language::JavaScript => "javascript",
        });
        let mut languages: BTreeSet<&'static str> = code.collect();
        let inventory = &self.stack.inventory;
        for (language, there) in [
            ("packages", !inventory.packages.is_empty() || !inventory.manifests.is_empty()),
            ("config", self.tree.files.iter().any(|file| Format::of_path(&file.path).is_some())),
            (
                "sql",
                self.tree
                    .files
                    .iter()
                    .any(|file| stack::language(&file.path).is_some_and(|language| language.name == "SQL"))
                    || lunette_rules::migrations::any(&self.program),
            ),
        ] {
            if there {
                languages.insert(language);
            }
        }
        languages
    }

    /// The configuration files that `wanted` names, and what could not be parsed of them.
    pub(crate) fn documents(&self, wanted: impl Fn(&str) -> bool) -> (Vec<Document>, Vec<Skipped>) {
        let mut documents = Vec::new();
        let mut faults = Vec::new();
        for file in self.tree.files.iter().filter(|file| wanted(&file.path)) {
            let Some(format) = Format::of_path(&file.path) else { continue };
            match Document::parse(&file.path, format, &file.text) {
                Ok(document) => documents.push(document),
                Err(error) => {
                    let detail = format!(
                        "line {}: {}",
                        error.line,
                        lunette_core::text::shorten(&lunette_core::text::printable(&error.message), 120)
                    );
                    faults.push(Skipped {
                        path: lunette_core::text::printable(&file.path),
                        reason: SkipReason::Syntax,
                        detail,
                    });
                }
            }
        }
        (documents, faults)
    }

    /// Adds to what was not read or not understood.
    pub(crate) fn note(&mut self, faults: Vec<Skipped>) {
        self.skipped.extend(faults);
        self.skipped.sort();
        self.skipped.dedup();
    }

    /// Path and text of every file that was read.
    pub(crate) fn texts(&self) -> Vec<(&str, &str)> {
        let files = self
            .tree
            .files
            .iter()
            .filter(|file| !file.text.is_empty())
            .map(|file| (file.path.as_str(), file.text.as_str()));
        let mut texts: Vec<(&str, &str)> =
            files.chain(self.program.units.iter().map(|unit| (unit.path.as_str(), unit.text.as_str()))).collect();
        texts.sort_unstable();
        texts
    }

    /// Gives up the lowered code, whose texts go back to the files.
    pub(crate) fn close_program(&mut self) {
        let mut units = std::mem::take(&mut self.program).units;
        units.sort_by(|a, b| a.path.cmp(&b.path));
        for file in &mut self.tree.files {
            if let Ok(at) = units.binary_search_by(|unit| unit.path.as_str().cmp(&file.path)) {
                file.text = std::mem::take(&mut units[at].text);
            }
        }
    }
}

fn read_config(root: &Root) -> Result<Config, AssessError> {
    let Some(file) = root.optional_file(config::FILE) else { return Ok(Config::default()) };
    let text =
        file.map_err(|skipped| AssessError::Config(format!("{}: {}", config::FILE, skipped.reason.words())))?.text;
    config::parse(&text).map_err(|errors| {
        let lines: Vec<String> =
            errors.iter().map(|error| format!("{}:{}: {}", config::FILE, error.line, error.message)).collect();
        AssessError::Config(lines.join("\n"))
    })
}

/// The least confidence that a finding must have to be told.
pub(crate) fn min_confidence(options: &Options, config: &Config) -> Confidence {
    options.min_confidence.or(config.min_confidence).unwrap_or(Confidence::Tentative)
}

/// Lowers every source file, each on a thread with a stack for deep code, and links the modules.
fn lower(
    files: &mut [SourceFile],
    map: &ImportMap,
    options: &Options,
    progress: &dyn Progress,
) -> Result<(Program, Vec<Skipped>), AssessError> {
    let mut sources: Vec<(&mut SourceFile, Dialect)> =
        files.iter_mut().filter_map(|file| Dialect::of_path(&file.path).map(|dialect| (file, dialect))).collect();
    progress.phase("parsing", sources.len());
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.unwrap_or(0))
        .stack_size(lunette_lang::STACK_SIZE)
        .build()
        .map_err(|error| AssessError::Internal(format!("cannot start the threads that parse: {error}")))?;
    let lowered: Vec<Lowered> = pool.install(|| {
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
    let pages = lunette_lang::template::lower_all(files.iter().map(|file| (file.path.as_str(), file.text.as_str())));
    let pages: Vec<(String, lunette_lang::ir::Module)> =
        pages.into_iter().map(|(path, module)| (path.to_owned(), module)).collect();
    for (path, module) in pages {
        if let Some(file) = files.iter_mut().find(|file| file.path == path) {
            units.push(Unit { path, text: std::mem::take(&mut file.text), module });
        }
    }
    Ok((Program::new(units, map), faults))
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

/// Every `package.json` with what it asks for, also one that asks for nothing.
fn manifests(files: &[SourceFile], stack: &Stack) -> Vec<(String, Vec<String>)> {
    let is_manifest = |path: &str| path == "package.json" || path.ends_with("/package.json");
    let packages = |path: &str| {
        let declared = stack.declared.iter().filter(|declared| declared.place.path == path);
        declared.map(|declared| declared.name.clone()).collect()
    };
    let manifests = files.iter().filter(|file| is_manifest(&file.path));
    manifests.map(|file| (file.path.trim_end_matches("package.json").to_owned(), packages(&file.path))).collect()
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
