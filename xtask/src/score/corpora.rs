//! The corpora, the program under test, and what it said.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::{files, read, root};

/// Extensions whose lines count as code.
const CODE: [&str; 9] = ["py", "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"];
/// The date that every assessment is given, so that two runs differ only in what is scored.
const DATE: &str = "2026-11-24";

/// Where everything is.
pub(crate) struct Bench {
    lunette: PathBuf,
    corpora: PathBuf,
    scorers: PathBuf,
    /// SARIF files and derived labels, for a look at what was scored.
    out: PathBuf,
    /// Projects on which the program failed.
    failures: RefCell<Vec<String>>,
}

/// What one assessment gave.
pub(crate) struct Assessed {
    /// The SARIF log's only run.
    pub(crate) run: Value,
    /// Lines of code below the folder, by our own count: it does not change with what Lunette leaves out.
    pub(crate) lines: u64,
    /// Wall time in seconds.
    pub(crate) seconds: f64,
}

/// A result, as far as scoring by hand needs it.
pub(crate) struct Hit {
    pub(crate) rule: String,
    pub(crate) place: String,
    /// Said only because the project is a library.
    pub(crate) library: bool,
}

impl Bench {
    /// # Errors
    /// When the program to score is not there.
    pub(crate) fn new(lunette: Option<&Path>) -> Result<Self, String> {
        let root = root();
        let place = |variable: &str, usual: &str| {
            let path = std::env::var_os(variable).map_or_else(|| root.join(usual), PathBuf::from);
            path.canonicalize().unwrap_or(path)
        };
        let lunette = lunette.map_or_else(|| root.join("target/release/lunette"), Path::to_owned);
        if !lunette.is_file() {
            return Err(format!("{} is not there: cargo build --release, or --lunette FILE", lunette.display()));
        }
        // Of its own, so that several may score at the same time; named `last` when all is done.
        let out = root.join(format!("target/score/{}", std::process::id()));
        std::fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
        Ok(Self {
            lunette: lunette.canonicalize().map_err(|error| error.to_string())?,
            corpora: place("LUNETTE_CORPORA", "../corpora"),
            scorers: place("LUNETTE_BENCH", "../shared/bench"),
            out,
            failures: RefCell::default(),
        })
    }

    /// What is scored, in a line.
    pub(crate) fn what(&self) -> String {
        format!("{} on {}", self.lunette.display(), self.corpora.display())
    }

    /// Keeps what was scored as `target/score/last`.
    pub(crate) fn finish(&self) {
        let last = self.out.with_file_name("last");
        // When two finish at once, either may be the last.
        let _ = std::fs::remove_dir_all(&last);
        let _ = std::fs::rename(&self.out, &last);
    }

    /// A file of the scorers' folder.
    pub(crate) fn scorer(&self, path: &str) -> PathBuf {
        self.scorers.join(path)
    }

    /// A file of labels, or that it is absent; the outer error is a file that is no such list.
    pub(crate) fn labels(&self, file: &str) -> Result<Result<Vec<Value>, String>, String> {
        let path = self.scorer(file);
        if !path.is_file() {
            return Ok(Err(format!("{} is not there", path.display())));
        }
        serde_json::from_str(&read(&path)?).map(Ok).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// A file to write to.
    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.out.join(name)
    }

    /// A corpus's folder, or why it cannot be scored.
    pub(crate) fn folder(&self, path: &str) -> Result<PathBuf, String> {
        let folder = self.corpora.join(path);
        if folder.is_dir() { Ok(folder) } else { Err(format!("{} is not there", folder.display())) }
    }

    /// The projects on which the program failed, each with why.
    pub(crate) fn failures(&self) -> Vec<String> {
        self.failures.borrow().clone()
    }

    /// Assesses a folder in the default mode. A program that fails, or writes no SARIF, has found nothing there, and
    /// is among the failures.
    ///
    /// # Errors
    /// When the program cannot be started or the folder not be read.
    pub(crate) fn assess(&self, folder: &Path, name: &str) -> Result<Assessed, String> {
        let sarif = self.out(&format!("{}.sarif", name.replace('/', "+")));
        let start = Instant::now();
        let output = Command::new(&self.lunette)
            .args(["assess", ".", "--quiet", "--date", DATE, "-o"])
            .arg(&sarif)
            .current_dir(folder)
            .output()
            .map_err(|error| format!("{}: {error}", self.lunette.display()))?;
        let seconds = start.elapsed().as_secs_f64();
        // 3 is an assessment with gaps: a corpus with a broken file is still scored.
        let log = read(&sarif).and_then(|text| serde_json::from_str::<Value>(&text).map_err(|error| error.to_string()));
        let run = match log {
            Ok(mut log) if matches!(output.status.code(), Some(0 | 3)) => log["runs"][0].take(),
            _ => {
                let said = String::from_utf8_lossy(&output.stderr);
                let failure = format!("FAILED on {}: {}; {}", folder.display(), output.status, said.trim());
                self.failures.borrow_mut().push(failure);
                Value::Null
            }
        };
        Ok(Assessed { run, lines: lines(folder)?, seconds })
    }

    /// Runs a scorer and gives its standard output.
    ///
    /// # Errors
    /// When Python or the scorer fails.
    pub(crate) fn python(&self, script: &str, args: &[&str]) -> Result<String, String> {
        let script = self.scorer(script);
        let output =
            Command::new("python3").arg(&script).args(args).output().map_err(|error| format!("python3: {error}"))?;
        if !output.status.success() {
            return Err(format!("{}: {}", script.display(), String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Assessed {
    /// Every result that is not suppressed.
    pub(crate) fn hits(&self) -> Vec<Hit> {
        let results = self.run["results"].as_array().map(Vec::as_slice).unwrap_or_default();
        let open = results.iter().filter(|result| result["suppressions"].as_array().is_none_or(Vec::is_empty));
        open.map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let line = place["region"]["startLine"].as_u64().unwrap_or(1);
            Hit {
                rule: result["ruleId"].as_str().unwrap_or_default().to_owned(),
                place: format!("{}:{line}", place["artifactLocation"]["uri"].as_str().unwrap_or("-")),
                library: result["properties"]["mode"] == "library",
            }
        })
        .collect()
    }

    /// Puts a folder before the file of every result's first location, so that logs of several projects can be one.
    pub(crate) fn below(&mut self, folder: &str) {
        for result in self.run.get_mut("results").and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(uri) = result.pointer_mut("/locations/0/physicalLocation/artifactLocation/uri") else { continue };
            if let Some(path) = uri.as_str() {
                *uri = format!("{folder}/{path}").into();
            }
        }
    }
}

/// Lines of code below a folder. Declarations and minified files are none.
pub(crate) fn lines(folder: &Path) -> Result<u64, String> {
    let code = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        ![".d.ts", ".d.mts", ".d.cts", ".min.js"].iter().any(|end| name.ends_with(end))
    };
    let paths = files(folder, &CODE)?;
    Ok(paths
        .iter()
        .filter(|path| code(path))
        .filter_map(|path| std::fs::read(path).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).lines().count() as u64)
        .sum())
}
