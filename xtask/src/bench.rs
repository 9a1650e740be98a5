//! `cargo xtask bench`: what an assessment costs, beside plain parsing and beside other analysers on the same folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::table::Section;
use crate::{Outcome, files, root};

const USAGE: &str = "usage: cargo xtask bench [DIR]… [--lunette FILE] [--limit SECONDS] [--table FILE]
  without DIR: cpython-lib and node-tree/node_modules of LUNETTE_CORPORA
  other analysers are looked for in the folders of LUNETTE_PEERS (separated by `:`), then in PATH;
  semgrep needs its rules in LUNETTE_SEMGREP_RULES";

/// Most runs of one command; the median counts.
const RUNS: usize = 5;
/// No further run after this many seconds.
const PATIENCE: f64 = 10.0;
/// Extensions of what is parsed, by language.
const PYTHON: [&str; 1] = ["py"];
const JAVASCRIPT: [&str; 8] = ["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"];

/// What was published of a peer that is not here: tool, what, and where it is from.
const PUBLISHED: [(&str, &str); 4] = [
    ("ruff", "820 KLoC/s, 56 MiB (CPython with tests; shared/research/python.md)"),
    ("bandit", "12.5 KLoC/s (BenchmarkPython; shared/research/python.md)"),
    (
        "semgrep",
        "0.4 KLoC/s (BenchmarkPython, shared/research/python.md), 0.3 KLoC/s (TypeScript, shared/research/node.md)",
    ),
    ("foxguard", "5.5 KLoC/s, 99 MiB (CPython with tests; shared/research/python.md)"),
];

struct Options {
    folders: Vec<PathBuf>,
    lunette: PathBuf,
    table: Option<PathBuf>,
    limit: String,
}

/// A command to measure.
struct Tool {
    name: &'static str,
    /// None when it is not here.
    program: Option<PathBuf>,
    args: Vec<String>,
    /// What is to be said when it is not here.
    note: &'static str,
    /// Part of this workspace.
    is_ours: bool,
}

/// What a command cost.
struct Cost {
    cpu: f64,
    wall: f64,
    kib: f64,
    /// Its exit code; below 0 when it did not run to its end.
    code: f64,
}

/// Measures and prints.
pub(crate) fn run(args: &[&str]) -> Outcome {
    let options = parse(args)?;
    let mut page = String::new();
    for folder in &options.folders {
        if !folder.is_dir() {
            println!("SKIPPED {}: not there", folder.display());
            continue;
        }
        let section = measure(folder, &options)?;
        print!("{}", section.text());
        page.push_str(&section.markdown());
    }
    match &options.table {
        Some(path) => std::fs::write(path, page).map_err(|error| format!("{}: {error}", path.display())),
        None => Ok(()),
    }
}

fn parse(args: &[&str]) -> Result<Options, String> {
    let mut options = Options {
        folders: Vec::new(),
        lunette: root().join("target/release/lunette"),
        table: None,
        limit: "600".to_owned(),
    };
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let mut value = || rest.next().map(|text| (*text).to_owned()).ok_or_else(|| USAGE.to_owned());
        match *arg {
            "--lunette" => options.lunette = value()?.into(),
            "--table" => options.table = Some(value()?.into()),
            "--limit" => options.limit = value()?,
            flag if flag.starts_with('-') => return Err(USAGE.to_owned()),
            folder => options.folders.push(folder.into()),
        }
    }
    if options.folders.is_empty() {
        let corpora = std::env::var_os("LUNETTE_CORPORA").map_or_else(|| root().join("../corpora"), PathBuf::from);
        // Installed packages are read only where the root itself is their folder.
        options.folders = ["cpython-lib", "node-tree/node_modules"].map(|name| corpora.join(name)).to_vec();
    }
    Ok(options)
}

fn measure(folder: &Path, options: &Options) -> Result<Section, String> {
    let folder = folder.canonicalize().map_err(|error| error.to_string())?;
    let (python, javascript) = (size(&folder, &PYTHON)?, size(&folder, &JAVASCRIPT)?);
    let (lines, bytes) = (python.0 + javascript.0, python.1 + javascript.1);
    let title = format!("{}: {:.0} KLoC, {:.1} MB", folder.display(), lines / 1e3, bytes / 1e6);
    let head = ["tool", "CPU s", "wall s", "KLoC per CPU s", "MB per CPU s", "peak MiB", "× plain parse"];
    let mut section = Section::new(title, &head);
    let mut plain = None;
    for tool in tools(&folder, options, python.0 >= javascript.0) {
        let Some(program) = &tool.program else {
            let published =
                PUBLISHED.iter().find(|(name, _)| tool.name.starts_with(name)).map_or("", |(_, what)| *what);
            section.rows.push(vec![tool.name.to_owned(), "not installed".to_owned()]);
            section.notes.push(format!("{}: {} {published}", tool.name, tool.note).replace("  ", " "));
            continue;
        };
        let cost = cost(program, &tool.args, &options.limit)?;
        // Exit codes of other analysers differ, so that they say little; of ours, anything but 0 is a failure.
        if cost.code > 0.0 && tool.is_ours {
            return Err(format!("{} ended with exit code {}: nothing was measured", tool.name, cost.code));
        }
        if cost.code < 0.0 {
            // What its own children used is not known then.
            section.rows.push(vec![tool.name.to_owned(), "–".to_owned(), format!("> {:.0}", cost.wall)]);
            section.notes.push(format!("{}: not done after {} s", tool.name, options.limit));
            continue;
        }
        let plain = *plain.get_or_insert(cost.cpu);
        section.rows.push(vec![
            tool.name.to_owned(),
            format!("{:.2}", cost.cpu),
            format!("{:.2}", cost.wall),
            format!("{:.1}", lines / 1e3 / cost.cpu),
            format!("{:.2}", bytes / 1e6 / cost.cpu),
            format!("{:.0}", cost.kib / 1024.0),
            format!("{:.1}", cost.cpu / plain),
        ]);
    }
    section.notes.push(
        "Whole processes, reading included; median of up to five runs; peak memory of the largest process.".to_owned(),
    );
    Ok(section)
}

/// The commands, plain parsing first: the others are compared with it.
fn tools(folder: &Path, options: &Options, is_python: bool) -> Vec<Tool> {
    let examples = root().join("target/release/examples");
    let own = |name: &str| Some(examples.join(name)).filter(|path| path.is_file());
    let on_folder =
        |args: &[&str]| args.iter().map(ToString::to_string).chain([folder.display().to_string()]).collect();
    let build = "cargo build --release -p lunette-lang --examples";
    let mut tools = vec![
        Tool {
            name: if is_python { "ruff's parser alone" } else { "oxc's parser alone" },
            program: own("parse"),
            args: on_folder(&[]),
            note: build,
            is_ours: true,
        },
        Tool { name: "parse and lower", program: own("lower"), args: on_folder(&[]), note: build, is_ours: true },
        Tool {
            name: "lunette assess",
            program: Some(options.lunette.clone()).filter(|path| path.is_file()),
            args: on_folder(&["assess", "--quiet", "--date", "2026-11-24"]),
            note: "cargo build --release",
            is_ours: true,
        },
        Tool { name: "foxguard", program: peer("foxguard"), args: on_folder(&["--quiet"]), note: "", is_ours: false },
    ];
    if is_python {
        let ruff = on_folder(&["check", "--select", "S", "--no-cache", "--quiet", "--isolated", "--exit-zero"]);
        tools.push(Tool { name: "ruff check --select S", program: peer("ruff"), args: ruff, note: "", is_ours: false });
        tools.push(Tool {
            name: "bandit",
            program: peer("bandit"),
            args: on_folder(&["-r", "-q", "--exit-zero"]),
            note: "",
            is_ours: false,
        });
    }
    tools.push(semgrep(folder, is_python));
    tools
}

/// Semgrep with the language's folders of its rules' repository.
fn semgrep(folder: &Path, is_python: bool) -> Tool {
    let rules = std::env::var_os("LUNETTE_SEMGREP_RULES").map(PathBuf::from).filter(|path| path.is_dir());
    let mut args: Vec<String> =
        ["scan", "--metrics=off", "--disable-version-check", "--no-git-ignore", "--quiet"].map(str::to_owned).to_vec();
    for language in if is_python { &["python"][..] } else { &["javascript", "typescript"][..] } {
        let rules = rules.clone().unwrap_or_default().join(language);
        args.extend(["--config".to_owned(), rules.display().to_string()]);
    }
    args.push(folder.display().to_string());
    let note = if rules.is_some() { "" } else { "no rules (LUNETTE_SEMGREP_RULES)" };
    Tool { name: "semgrep", program: peer("semgrep").filter(|_| rules.is_some()), args, note, is_ours: false }
}

/// Another analyser's program.
fn peer(name: &str) -> Option<PathBuf> {
    ["LUNETTE_PEERS", "PATH"]
        .iter()
        .filter_map(std::env::var_os)
        .flat_map(|folders| std::env::split_paths(&folders).collect::<Vec<_>>())
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// The median cost of a command.
fn cost(program: &Path, args: &[String], limit: &str) -> Result<Cost, String> {
    let mut runs: Vec<Cost> = Vec::new();
    while runs.len() < RUNS && runs.iter().map(|run| run.wall).sum::<f64>() < PATIENCE {
        runs.push(once(program, args, limit)?);
    }
    runs.sort_by(|one, other| one.cpu.total_cmp(&other.cpu));
    Ok(runs.swap_remove(runs.len() / 2))
}

fn once(program: &Path, args: &[String], limit: &str) -> Result<Cost, String> {
    let script = root().join("xtask/bench/measured.py");
    let output = Command::new("python3").arg(&script).arg(limit).arg(program).args(args).output();
    let output = output.map_err(|error| format!("python3: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match numbers.as_slice() {
        &[cpu, wall, kib, code] => Ok(Cost { cpu, wall, kib, code }),
        _ => Err(format!("{}: {}", program.display(), String::from_utf8_lossy(&output.stderr))),
    }
}

/// Lines and bytes of the files with one of the extensions.
fn size(folder: &Path, extensions: &[&str]) -> Result<(f64, f64), String> {
    let (mut lines, mut bytes) = (0, 0);
    for path in files(folder, extensions)? {
        let Ok(text) = std::fs::read(path) else { continue };
        bytes += text.len();
        lines += String::from_utf8_lossy(&text).lines().count();
    }
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    Ok((number(lines), number(bytes)))
}
