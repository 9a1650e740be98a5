//! Development only: loads models and rules from folders at run time, then checks the rules' own examples or prints
//! what they find in a folder of code.
//!
//! `match MODELS RULES [--only ID] [FOLDER]`
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lunette_config::{Document, Format};
use lunette_flow::Facts;
use lunette_flow::models::Models;
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_lang::Dialect;
use lunette_rules::{Rulebook, RunContext, testing};

fn main() -> ExitCode {
    let mut only = None;
    let mut paths = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if arg == "--only" { only = args.next() } else { paths.push(PathBuf::from(arg)) }
    }
    let [models, rules, rest @ ..] = paths.as_slice() else {
        eprintln!("usage: match MODELS RULES [--only ID] [FOLDER]");
        return ExitCode::FAILURE;
    };
    let (models, rules, folder) = (models.clone(), rules.clone(), rest.first().cloned());
    let worker = std::thread::Builder::new()
        .stack_size(lunette_lang::STACK_SIZE)
        .spawn(move || run(&models, &rules, only.as_deref(), folder.as_deref()));
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn run(models: &Path, rules: &Path, only: Option<&str>, folder: Option<&Path>) -> bool {
    let (models_text, rules_text) = (files(models, &["yml"]), files(rules, &["md"]));
    let mut models = match Models::load(texts(&models_text)) {
        Ok(models) => models,
        Err(errors) => {
            for error in &errors {
                eprintln!("{error}");
            }
            return false;
        }
    };
    let rules_text: Vec<_> = rules_text.into_iter().filter(|(name, _)| name.contains('/')).collect();
    let book = match Rulebook::load(texts(&rules_text), &mut models) {
        Ok(book) => book,
        Err(errors) => {
            for error in &errors {
                eprintln!("{error}");
            }
            return false;
        }
    };
    match folder {
        None => examples(&book, &models, only),
        Some(folder) => scan(&book, &models, only, folder),
    }
}

fn examples(book: &Rulebook, models: &Models, only: Option<&str>) -> bool {
    let mut good = true;
    for rule in book.rules().iter().filter(|rule| only.is_none_or(|id| id == rule.id)) {
        for example in book.examples(&rule.id) {
            let mismatch = testing::check(book, models, example, &rule.id);
            if !mismatch.is_empty() {
                good = false;
                println!("{}:{} `{}`", rule.id, example.line, example.name);
                mismatch.missed.iter().for_each(|(path, line)| println!("  missed {path}:{line}"));
                mismatch.extra.iter().for_each(|(path, line, text)| println!("  extra  {path}:{line} {text}"));
                mismatch.syntax.iter().for_each(|text| println!("  syntax {text}"));
            }
        }
    }
    println!("{} rules, {}", book.rules().len(), if good { "all examples agree" } else { "some examples disagree" });
    good
}

fn scan(book: &Rulebook, models: &Models, only: Option<&str>, folder: &Path) -> bool {
    let mut units = Vec::new();
    let mut lines = 0;
    let mut documents = Vec::new();
    for (path, text) in
        files(folder, &["toml", "yml", "yaml", "json", "env", "local", "production", "development", "example"])
    {
        let read = Format::of_path(&path).map(|format| Document::parse(&path, format, &text));
        documents.extend(read.and_then(Result::ok));
    }
    for (path, text) in files(folder, &["py", "js", "ts", "mjs", "cjs", "jsx", "tsx"]) {
        let Some(dialect) = Dialect::of_path(&path) else { continue };
        lines += text.lines().count();
        if let Some(module) = lunette_lang::lower(dialect, &text).module {
            units.push(Unit { path, text, module });
        }
    }
    let pages = files(
        folder,
        &["html", "htm", "ejs", "hbs", "handlebars", "mustache", "njk", "j2", "jinja", "jinja2", "pug", "eta"],
    );
    let code = files(folder, &["py", "js", "ts"]).into_iter().map(|(path, _)| (path, String::new()));
    let all: Vec<(String, String)> = pages.into_iter().chain(code).collect();
    for (path, module) in lunette_lang::template::lower_all(texts(&all)) {
        let text = all.iter().find(|(of, _)| of == path).map(|(_, text)| text.clone()).unwrap_or_default();
        units.push(Unit { path: path.to_owned(), text, module });
    }
    let program = Program::new(units, &ImportMap::default());
    let facts = Facts::new(&program, &models.trie);
    let routes = lunette_flow::routes(&facts, models);
    let off =
        book.rules().iter().map(|rule| rule.id.clone()).filter(|id| only.is_some_and(|only| only != id)).collect();
    let context = RunContext { off, documents, ..RunContext::default() };
    let result = book.run(&facts, models, &routes, &context);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &result.findings {
        *counts.entry(&finding.rule).or_default() += 1;
        let place = &finding.place;
        println!(
            "{}:{} [{}] {} {} {}",
            place.path,
            place.line,
            finding.rule,
            finding.confidence.as_str(),
            finding.risk.severity,
            finding.message
        );
    }
    eprintln!("{lines} lines, {} routes, {} findings: {counts:?}", routes.routes.len(), result.findings.len());
    true
}

fn texts(files: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> + Clone {
    files.iter().map(|(name, text)| (name.as_str(), text.as_str()))
}

fn files(folder: &Path, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(folder, folder, endings, &mut found);
    found.sort();
    found
}

fn walk(root: &Path, folder: &Path, endings: &[&str], found: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_symlink() {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "node_modules" | ".git" | "__pycache__" | "dist") {
                walk(root, &path, endings, found);
            }
        } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            if let Ok(bytes) = std::fs::read(&path) {
                found.push((relative, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
}
