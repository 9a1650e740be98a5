//! `cargo run --release -p lunette-assess --example phases -- FOLDER [MAX_LINES]`: what each phase of an assessment
//! costs on the project in a folder: CPU milliseconds of one thread, memory held after it, and the files that took
//! longest. With `MAX_LINES` only the first source files up to that many lines are taken, to see how costs grow. With `each`
//! instead every file is analysed by itself, to see whether one of them takes long.
//!
//! For developers: the program itself has no such option. It runs on the system's allocator, and so about a tenth slower
//! than the program.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::cast_precision_loss, reason = "it talks to its developer")]

use std::path::Path;

use lunette_assess::stack::interest;
use lunette_assess::{Options, Progress, assess};
use lunette_flow::models::Models;
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_flow::taint::Taint;
use lunette_flow::{Facts, know, routes};
use lunette_lang::Dialect;
use lunette_read::{Root, WalkOptions};
use lunette_rules::{Rulebook, RunContext};

/// How many of the slowest files are listed.
const SLOWEST: usize = 10;

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().unwrap_or_else(|| ".".to_owned());
    let each = std::env::args().nth(2).is_some_and(|word| word == "each");
    let mut args = args.filter(|word| word != "each");
    let most = args.next().map_or(usize::MAX, |lines| lines.parse().unwrap());
    let whole = args.next().is_some_and(|word| word == "whole") || most == usize::MAX;
    let folder = Path::new(&folder).to_owned();
    // The same stack as the threads that lower in a real run.
    let work = move || {
        if each {
            each_file(&folder);
        } else if whole {
            whole_run(&folder);
        } else {
            by_phase(&folder, most);
        }
        if whole && !each && std::env::args().nth(2).is_none() {
            by_phase(&folder, most);
        }
    };
    std::thread::Builder::new().stack_size(lunette_lang::STACK_SIZE).spawn(work).unwrap().join().unwrap();
}

/// Lines so far, and the time at which the last phase ended.
struct Table {
    lines: usize,
    before: f64,
    total: f64,
    memory: u64,
}

impl Table {
    fn new(lines: usize) -> Self {
        println!(
            "{:14} {:>9} {:>9} {:>9} {:>10} {:>9}",
            "phase", "ms CPU", "us/line", "KLoC/s", "+bytes/line", "RSS MiB"
        );
        Table { lines, before: cpu(), total: 0.0, memory: memory("VmRSS:") }
    }

    /// A phase ended.
    fn row(&mut self, name: &str) {
        let now = cpu();
        let seconds = now - self.before;
        let held = memory("VmRSS:");
        self.total += seconds;
        self.print(name, seconds, held.saturating_sub(self.memory), held);
        self.memory = held;
        self.before = cpu();
    }

    fn print(&self, name: &str, seconds: f64, grown: u64, held: u64) {
        let lines = self.lines.max(1) as f64;
        println!(
            "{name:14} {:9.1} {:9.3} {:9.0} {:10.1} {:9}",
            seconds * 1e3,
            seconds * 1e6 / lines,
            lines / seconds.max(1e-9) / 1e3,
            grown as f64 / lines,
            held >> 20
        );
    }

    fn end(&self) {
        self.print("all", self.total, 0, memory("VmHWM:"));
    }
}

/// A whole run, as a user has it, on one thread; phases as the run itself tells them.
fn whole_run(folder: &Path) {
    let root = Root::open(folder).unwrap();
    let clock = Clock(std::sync::Mutex::new(vec![("start".to_owned(), cpu())]));
    let options = Options { date: "2026-11-24".to_owned(), threads: Some(1), ..Options::default() };
    let assessed = assess(&root, &options, &clock).unwrap();
    clock.phase("end", 0);
    let marks = clock.0.into_inner().unwrap();
    if let Ok(path) = std::env::var("DUMP") {
        std::fs::write(path, format!("{:#?}", assessed.assessment)).unwrap();
    }
    let project = &assessed.assessment.project;
    let lines = project.lines;
    println!(
        "assess() of {}: {} files, {lines} lines, {} findings",
        folder.display(),
        project.files_read,
        assessed.assessment.findings.len()
    );
    let table = Table::new(lines);
    for pair in marks.windows(2) {
        table.print(&pair[0].0, pair[1].1 - pair[0].1, 0, 0);
    }
    let total = marks[marks.len() - 1].1 - marks[0].1;
    table.print("assess()", total, 0, memory("VmHWM:"));
    println!("peak bytes per line: {:.1}\n", memory("VmHWM:") as f64 / lines.max(1) as f64);
}

struct Clock(std::sync::Mutex<Vec<(String, f64)>>);

impl Progress for Clock {
    fn phase(&self, name: &str, _total: usize) {
        self.0.lock().unwrap().push((name.to_owned(), cpu()));
    }

    fn step(&self) {}
}

/// The phases one by one.
fn by_phase(folder: &Path, most: usize) {
    let root = Root::open(folder).unwrap();
    let mut models = Models::builtin().unwrap();
    let book = Rulebook::builtin(&mut models).unwrap();
    let want = |path: &str| interest(path).wanted();
    let start = cpu();
    let mut tree = root.walk(&WalkOptions::new(&want));
    let walked = cpu() - start;
    let mut lines = 0;
    tree.files.retain(|file| {
        let code = Dialect::of_path(&file.path).is_some() && lines < most;
        lines += if code { file.lines } else { 0 };
        code
    });
    println!(
        "{} source files, {lines} lines, {} bytes; walk {:.1} ms",
        tree.files.len(),
        tree.files.iter().map(|file| file.bytes).sum::<u64>(),
        walked * 1e3
    );
    let mut table = Table::new(lines);
    let mut times = Vec::new();
    let mut units = Vec::new();
    let (mut values, mut bodies, mut names) = (0, 0, 0);
    for file in &tree.files {
        let before = cpu();
        let lowered = lunette_lang::lower(Dialect::of_path(&file.path).unwrap(), &file.text);
        times.push((cpu() - before, file.path.clone(), file.lines));
        if let Some(module) = lowered.module {
            bodies += module.bodies.len();
            names += module.names.len();
            values += module.bodies.iter().map(|body| body.ops.len()).sum::<usize>();
            units.push(Unit { path: file.path.clone(), text: file.text.clone(), module });
        }
    }
    table.row("lower");
    let program = Program::new(units, &ImportMap::default());
    table.row("link");
    drop(know::know(&program, &models.trie));
    table.row("(know alone)");
    let facts = Facts::new(&program, &models.trie);
    table.row("know+facts");
    let found = routes(&facts, &models);
    table.row("routes");
    let flows = Taint::new(&facts, &models, &found, lunette_flow::taint::Options::default()).flows().len();
    table.row("(taint alone)");
    let result = book.run(&facts, &models, &found, &RunContext::default());
    table.row("taint+rules");
    table.end();
    println!(
        "{} values, {bodies} bodies, {names} names, {} calls, {} reads, {} writes, {} routes, {flows} flows, {} findings",
        values,
        facts.calls.len(),
        facts.reads.len(),
        facts.writes.len(),
        found.routes.len(),
        result.findings.len()
    );
    times.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("slowest to lower:");
    for (seconds, path, lines) in times.iter().take(SLOWEST) {
        println!("  {:8.1} ms {lines:7} lines  {path}", seconds * 1e3);
    }
}

/// Every file as a program of its own, with all rules.
fn each_file(folder: &Path) {
    let root = Root::open(folder).unwrap();
    let mut models = Models::builtin().unwrap();
    let book = Rulebook::builtin(&mut models).unwrap();
    let want = |path: &str| interest(path).wanted();
    let mut tree = root.walk(&WalkOptions::new(&want));
    tree.files.retain(|file| Dialect::of_path(&file.path).is_some());
    let mut times = Vec::new();
    for file in tree.files {
        let before = cpu();
        let lowered = lunette_lang::lower(Dialect::of_path(&file.path).unwrap(), &file.text);
        let unit = |module| Unit { path: file.path.clone(), text: file.text.clone(), module };
        let program = Program::new(lowered.module.into_iter().map(unit).collect(), &ImportMap::default());
        let facts = Facts::new(&program, &models.trie);
        let found = routes(&facts, &models);
        let findings = book.run(&facts, &models, &found, &RunContext::default()).findings.len();
        times.push((cpu() - before, file.path.clone(), file.lines, findings));
    }
    times.sort_by(|a, b| b.0.total_cmp(&a.0));
    let slow = times.iter().filter(|(seconds, ..)| *seconds > 2.0).count();
    println!("{} files, {slow} of them take more than 2 s of CPU; the slowest:", times.len());
    for (seconds, path, lines, findings) in times.iter().take(SLOWEST) {
        println!("  {:8.1} ms {lines:7} lines {findings:5} findings  {path}", seconds * 1e3);
    }
}

/// CPU seconds of this process so far.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// A figure of `/proc/self/status`, in bytes; 0 where there is none.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() << 10
}
