//! Corpora with labels: OWASP's by its own way of counting, the others by `score_labels.py`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Options;
use super::corpora::{Assessed, Bench};
use crate::table::{Section, per_kloc, percent};

/// A section, or what is absent; the outer error ends the command.
pub(super) type Scored = Result<Result<Section, String>, String>;

/// `BenchmarkPython`: rates by category, every category of the same weight.
pub(super) fn owasp(bench: &Bench, options: &Options) -> Scored {
    let folder = match bench.folder("BenchmarkPython") {
        Ok(folder) => folder,
        Err(absent) => return Ok(Err(absent)),
    };
    let assessed = bench.assess(&folder, "owasp")?;
    if !assessed.run.is_object() {
        return Ok(Err("the program failed".to_owned()));
    }
    let (sarif, expected) = (bench.out("owasp.sarif"), folder.join("expectedresults-0.1.csv"));
    let (sarif, expected) = (sarif.display().to_string(), expected.display().to_string());
    let mut args = vec![sarif.as_str(), expected.as_str(), "--cwe", "exact"];
    args.extend(options.only.iter().flat_map(|only| ["--only", only.as_str()]));
    let score = |more: &[&str]| bench.python("score_owasp_python.py", &[&args, more].concat());
    let summary: Value = serde_json::from_str(&score(&["--json"])?).map_err(|error| error.to_string())?;
    let mut section =
        Section::new("BenchmarkPython, exact CWE", &["category", "CWE", "TP", "FN", "FP", "TN", "TPR", "FPR", "score"]);
    let categories = summary["categories"].as_object().into_iter().flatten();
    let named = categories.map(|(name, row)| (name.as_str(), row));
    for (name, row) in named.chain([("overall (mean of categories)", &summary["overall"])]) {
        let rate = |key: &str| 100.0 * row[key].as_f64().unwrap_or(0.0);
        let mut cells = vec![name.to_owned(), row["cwe"].as_u64().map(|cwe| cwe.to_string()).unwrap_or_default()];
        cells.extend(["TP", "FN", "FP", "TN"].map(|key| row[key].to_string()));
        cells.extend([
            format!("{:.1}%", rate("TPR")),
            format!("{:.1}%", rate("FPR")),
            format!("{:+.1}", rate("Youden")),
        ]);
        section.rows.push(cells);
    }
    section.notes.push(format!("{} lines, {:.2} s", assessed.lines, assessed.seconds));
    for (asked, kind, word) in [(options.misses, "fn", "MISSED"), (options.show_false, "fp", "FALSE")] {
        if asked {
            section.listing.extend(score(&["--list", kind])?.lines().map(|line| format!("{word} {line}")));
        }
    }
    Ok(Ok(section))
}

/// A corpus of labels: which file, and where its projects lie.
pub(super) fn labels(bench: &Bench, name: &str, options: &Options) -> Scored {
    let (file, title, head) = match name {
        "flask" => ("labels/flask.json", "Flask applications", "kind"),
        "node" => ("labels/node.json", "Node application", "kind"),
        _ => ("labels/npm_cves.json", "npm packages with CVEs", "class"),
    };
    let labels = match bench.labels(file)? {
        Ok(labels) => labels,
        Err(absent) => return Ok(Err(absent)),
    };
    let mut projects: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for label in labels {
        let (folder, label) = if name == "cves" { package(&label) } else { repository(label) };
        projects.entry(folder).or_default().push(label);
    }
    let mut set = Set::default();
    let mut absent = Vec::new();
    for (folder, labels) in projects {
        match bench.folder(&folder) {
            Err(why) => absent.push(format!("{why} ({} labels)", labels.len())),
            Ok(path) => {
                let assessed = bench.assess(&path, &format!("{name}-{}", folder.replace('/', "+")))?;
                set.add(&folder, labels, assessed);
            }
        }
    }
    if set.labels.is_empty() {
        let first = absent.first().cloned().unwrap_or_default();
        return Ok(Err(format!("none of {} projects is there: {first} …", absent.len())));
    }
    let mut section = set.score(bench, name, Section::new(title, &[head, "found", "of", "recall"]), options)?;
    section.notes.extend(absent.into_iter().map(|why| format!("SKIPPED {why}")));
    Ok(Ok(section))
}

/// A repository's label: its folder is the repository's last name.
fn repository(label: Value) -> (String, Value) {
    let repo = label["repo"].as_str().unwrap_or_default();
    (repo.rsplit('/').next().unwrap_or_default().to_owned(), label)
}

/// A package's label, in the form of `score_labels.py`: its slack of one line and one line here are the two lines
/// that the label allows.
fn package(label: &Value) -> (String, Value) {
    let text = |key: &str| label[key].as_str().unwrap_or_default();
    let line = label["sink_line"].as_u64().unwrap_or(1);
    let cwe: u64 = text("cwe").trim_start_matches("CWE-").parse().unwrap_or(0);
    let folder = format!("npm_cves/{}@{}", text("package"), text("version"));
    let label = json!({
        "repo": folder, "file": text("sink_file"), "line_start": line.saturating_sub(1), "line_end": line + 1,
        "cwe": cwe, "vulnerable": true, "kind": text("cls"), "note": text("advisory"),
    });
    (folder, label)
}

/// Several projects' labels and results, as if they were one project.
#[derive(Default)]
struct Set {
    labels: Vec<Value>,
    runs: Vec<Value>,
    lines: u64,
    seconds: f64,
    library: u64,
}

impl Set {
    fn add(&mut self, folder: &str, labels: Vec<Value>, mut assessed: Assessed) {
        assessed.below(folder);
        for mut label in labels {
            let put = |place: &mut Value| {
                place["file"] = format!("{folder}/{}", place["file"].as_str().unwrap_or_default()).into();
            };
            label.get_mut("also").and_then(Value::as_array_mut).into_iter().flatten().for_each(put);
            put(&mut label);
            self.labels.push(label);
        }
        self.lines += assessed.lines;
        self.seconds += assessed.seconds;
        self.library += assessed.hits().iter().filter(|hit| hit.library).count() as u64;
        self.runs.extend(Some(assessed.run).filter(Value::is_object));
    }

    fn score(&self, bench: &Bench, name: &str, mut section: Section, options: &Options) -> Result<Section, String> {
        let (labels, sarif) = (bench.out(&format!("{name}-labels.json")), bench.out(&format!("{name}-all.sarif")));
        let log = json!({ "version": "2.1.0", "runs": self.runs });
        for (path, value) in [(&labels, json!(self.labels)), (&sarif, log)] {
            std::fs::write(path, value.to_string()).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        let (labels, sarif) = (labels.display().to_string(), sarif.display().to_string());
        let score = |more: &str| bench.python("score_labels.py", &[&labels, &sarif, more]);
        let summary: Value = serde_json::from_str(&score("--json")?).map_err(|error| error.to_string())?;
        let count = |key: &str| summary[key].as_u64().unwrap_or(0);
        for (kind, pair) in summary["by_kind"].as_object().into_iter().flatten() {
            let (found, of) = (pair[0].as_u64().unwrap_or(0), pair[1].as_u64().unwrap_or(0));
            section.rows.push(vec![kind.clone(), found.to_string(), of.to_string(), percent(found, of)]);
        }
        let (found, of) = (count("found"), count("true"));
        section.rows.push(vec!["all".to_owned(), found.to_string(), of.to_string(), percent(found, of)]);
        if count("safe") > 0 {
            let (alarms, safe) = (count("false_alarms"), count("safe"));
            section.notes.push(format!("false alarms {alarms} of {safe} safe look-alikes ({})", percent(alarms, safe)));
        }
        let (results, other) = (count("results"), count("other"));
        let unlabelled = self.on_no_line();
        // The labels are of code: what is true of a manifest, an image or a pipeline lies on none of them.
        let in_code = unlabelled.iter().filter(|other| other.is_code).count() as u64;
        section.notes.push(format!(
            "results {results} ({} per KLoC; {} for being a library), on no true label {other} ({} per KLoC), of these in code and templates {in_code} ({}); {} lines, {:.2} s",
            per_kloc(results, self.lines),
            self.library,
            per_kloc(other, self.lines),
            per_kloc(in_code, self.lines),
            self.lines,
            self.seconds
        ));
        for (asked, flag) in [(options.misses, "--misses"), (options.show_false, "--false")] {
            if asked {
                let text = score(flag)?;
                section.listing.extend(
                    text.lines()
                        .filter(|line| line.starts_with("MISSED") || line.starts_with("FALSE"))
                        .map(str::to_owned),
                );
            }
        }
        if options.list {
            section.listing.extend(unlabelled.into_iter().map(|other| other.line));
        }
        Ok(section)
    }

    /// Results that lie on no line of a true label, of whatever weakness: to be read.
    fn on_no_line(&self) -> Vec<Unlabelled> {
        let places = |label: &Value| {
            let also = label["also"].as_array().cloned().unwrap_or_default();
            std::iter::once(label.clone()).chain(also).collect::<Vec<_>>()
        };
        let labelled: Vec<Value> =
            self.labels.iter().filter(|label| label["vulnerable"] == true).flat_map(places).collect();
        let results = self.runs.iter().flat_map(|run| run["results"].as_array().into_iter().flatten());
        let mut listing = Vec::new();
        for result in results {
            let place = &result["locations"][0]["physicalLocation"];
            let (uri, first) = (&place["artifactLocation"]["uri"], place["region"]["startLine"].as_u64().unwrap_or(1));
            let last = place["region"]["endLine"].as_u64().unwrap_or(first);
            let on = |label: &Value| {
                let line = |key: &str| label[key].as_u64().unwrap_or(0);
                label["file"] == *uri && first <= line("line_end") + 1 && line("line_start") <= last + 1
            };
            if !labelled.iter().any(on) {
                let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
                let message = text(&result["message"]["text"]);
                let line = format!("OTHER  {}:{first} {}: {message}", text(uri), text(&result["ruleId"]));
                listing.push(Unlabelled { line, is_code: is_code(&text(uri)) });
            }
        }
        listing.sort();
        listing
    }
}

/// A result on no line of a true label.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Unlabelled {
    line: String,
    is_code: bool,
}

/// Whether a file holds code or a template, by its name.
fn is_code(uri: &str) -> bool {
    let endings = ["py", "js", "cjs", "mjs", "jsx", "ts", "cts", "mts", "tsx", "html", "htm", "ejs", "pug", "sql"];
    uri.rsplit_once('.').is_some_and(|(_, ending)| endings.contains(&ending))
}
