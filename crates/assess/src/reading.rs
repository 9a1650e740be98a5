//! From a root to what is known before anything is judged: rules understood, files read, code lowered and linked,
//! values tracked, routes found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use lunette_config::{Document, Format};
use lunette_core::finding::Confidence;
use lunette_core::project::{SkipReason, Skipped};
use lunette_flow::program::Program;
use lunette_lang::Dialect;
use lunette_lang::ir::Language;
use lunette_read::{Root, Tree, WalkOptions, Want};

use crate::code::{self, Installed, Lowering};
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
    /// The code, linked; in a tree of installed packages there is none besides theirs.
    pub(crate) program: Program,
    /// The installed packages, where the root is a folder of such: each is a program of its own.
    pub(crate) packages: Vec<Installed>,
    lowering: Lowering,
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
    let mut skipped = std::mem::take(&mut tree.skipped);
    skipped.extend(stack.skipped.iter().cloned());
    let lowering = Lowering::new(&stack, options.threads)?;
    let packages = code::packages(&root.name(), &tree.files);
    let mut program = Program::default();
    if packages.is_empty() {
        let faults;
        progress.phase("parsing", tree.files.iter().filter(|file| Dialect::of_path(&file.path).is_some()).count());
        (program, faults) = lowering.program(&mut tree.files, progress);
        skipped.extend(faults);
    }
    skipped.sort();
    skipped.dedup();
    Ok(Reading { directives, config, tree, left_out, stack, program, packages, lowering, skipped })
}

impl Reading {
    /// The languages that there is something to judge of, by the names that rules use.
    pub(crate) fn languages(&self) -> BTreeSet<&'static str> {
        let own = self.program.units.iter().map(|unit| unit.module.language);
        let installed = self.packages.iter().flat_map(|package| &self.tree.files[package.files()]);
        let installed = installed.filter_map(|file| Dialect::of_path(&file.path).map(Dialect::language));
        let named = |language| match language {
            Language::Python => "python",
            Language::JavaScript => "javascript",
        };
        let mut languages: BTreeSet<&'static str> = own.chain(installed).map(named).collect();
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
                    || lunette_rules::migrations::any(&self.program)
                    || !self.packages.is_empty(),
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

    /// Shows each installed package's program, where the root is a folder of such.
    pub(crate) fn each_package(&mut self, progress: &dyn Progress, visit: &mut dyn FnMut(&Program, &Stack)) {
        if !self.packages.is_empty() {
            progress.phase("analysing packages", self.packages.len());
        }
        let mut faults = Vec::new();
        for package in &self.packages {
            let mut show = |program: &Program| visit(program, &self.stack);
            faults.extend(package.each_program(&self.lowering, &mut self.tree.files, &mut show));
            progress.step();
        }
        self.note(faults);
    }

    /// Shows the programs of installed packages and the project's own.
    pub(crate) fn each_program(&mut self, progress: &dyn Progress, visit: &mut dyn FnMut(&Program)) {
        self.each_package(progress, &mut |program, _| visit(program));
        visit(&self.program);
    }

    /// Gives up the lowered code, whose texts go back to the files.
    pub(crate) fn close_program(&mut self) {
        code::close(std::mem::take(&mut self.program), &mut self.tree.files);
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
