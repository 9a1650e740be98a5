//! `cargo bench -p lunette-assess`: a whole assessment of a generated project of 50,000 lines, as a ratio to what the
//! two parsers alone cost on the same text. Times are CPU time of the process; the median of the runs counts. Nothing
//! fails on a slow machine: this prints, it does not judge.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a benchmark talks to its developer"
)]

use std::fmt::Write as _;
use std::path::Path;

use lunette_assess::{Options, Silent, assess};
use lunette_read::Root;

/// Lines of the generated project.
const LINES: usize = 50_000;
/// Runs of each measurement.
const RUNS: usize = 7;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let sources = write_project(folder.path());
    let lines: usize = sources.iter().map(|(_, text)| text.lines().count()).sum();
    let parse = median(|| sources.iter().for_each(|(path, text)| parse_only(path, text)));
    let lower = median(|| {
        for (path, text) in &sources {
            std::hint::black_box(lunette_lang::lower(lunette_lang::Dialect::of_path(path).unwrap(), text));
        }
    });
    let options = Options { date: "2026-11-24".to_owned(), ..Options::default() };
    let whole = median(|| {
        let root = Root::open(folder.path()).unwrap();
        std::hint::black_box(assess(&root, &options, &Silent).unwrap());
    });
    println!("{lines} lines in {} files", sources.len());
    for (name, seconds) in [("plain parse", parse), ("parse and lower", lower), ("assess", whole)] {
        println!("{name:16} {:8.1} ms CPU   {:6.2} x plain parse", seconds * 1e3, seconds / parse);
    }
}

/// Half Flask, half Express: handlers that read inputs, call helpers in other files and answer.
fn write_project(root: &Path) -> Vec<(String, String)> {
    let mut sources = Vec::new();
    let mut lines = 0;
    let mut at = 0;
    while lines < LINES {
        for (path, text) in [(format!("py/views{at}.py"), python(at)), (format!("js/routes{at}.ts"), typescript(at))] {
            lines += text.lines().count();
            let file = root.join(&path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, &text).unwrap();
            sources.push((path, text));
        }
        at += 1;
    }
    sources
}

fn python(file: usize) -> String {
    let mut text = format!(
        "import hashlib\nfrom flask import Blueprint, jsonify, request\n\nbp = Blueprint('b{file}', __name__)\n\n"
    );
    for at in 0..30 {
        let _ = write!(
            text,
            "\ndef load_{at}(key, limit=10):\n    rows = []\n    for index in range(limit):\n        rows.append({{'id': index, \
             'key': f'{{key}}-{{index}}'}})\n    return rows\n\n\n@bp.get('/items{at}/<int:item>')\ndef items_{at}(item):\n    \
             key = request.args.get('key', 'none')\n    if not key:\n        return jsonify([]), 400\n    rows = load_{at}(key, \
             limit=item)\n    tag = hashlib.sha256(key.encode()).hexdigest()\n    return jsonify({{'rows': rows, 'tag': tag}})\n"
        );
    }
    text
}

fn typescript(file: usize) -> String {
    let mut text = format!(
        "import {{ Router, type Request, type Response }} from 'express';\n\nexport const router{file} = Router();\n"
    );
    for at in 0..30 {
        let _ = write!(
            text,
            "\nfunction load{at}(key: string, limit = 10) {{\n  const rows: unknown[] = [];\n  for (let index = 0; index < limit; \
             index += 1) {{\n    rows.push({{ id: index, key: `${{key}}-${{index}}` }});\n  }}\n  return rows;\n}}\n\n\
             router{file}.get('/items{at}/:item', (req: Request, res: Response) => {{\n  const {{ key }} = req.query;\n  if (!key) \
             {{\n    res.status(400).json([]);\n    return;\n  }}\n  res.json({{ rows: load{at}(String(key), \
             Number(req.params.item)) }});\n}});\n"
        );
    }
    text
}

fn parse_only(path: &str, text: &str) {
    if path.ends_with("py") {
        std::hint::black_box(ruff_python_parser::parse_module(text).is_ok());
    } else {
        let allocator = oxc_allocator::Allocator::default();
        let kind = oxc_span::SourceType::ts();
        std::hint::black_box(oxc_parser::Parser::new(&allocator, text, kind).parse().program.body.len());
    }
}

fn median(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let before = cpu();
            work();
            cpu() - before
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

/// CPU seconds of this process so far, ended threads included.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
