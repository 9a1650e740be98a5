//! Development only: what the analysis of regular expressions says, and whether the real engines agree.
//!
//! - `redos check LANGUAGE PATTERN [FLAGS]` (`javascript`, `python`): the verdict on one pattern.
//! - `redos climb LANGUAGE PATTERN [FLAGS]`: its attack run by node or python3 with texts of growing length.
//! - `redos ladder`: the same for patterns of our own.
//! - `redos count [--list exponential|polynomial|unknown|unreadable] FOLDER…`: verdicts on every pattern in sources.
#![allow(clippy::print_stdout, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "a tool for developers")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use lunette_flow::pattern::{Anchoring, Dialect, Regex, Unreadable, Verdict, verdict};
use lunette_lang::STACK_SIZE;
use lunette_lang::ir::{Const, Key, Module, Op};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let dialect = |language: &str| if language == "python" { Dialect::Python } else { Dialect::JavaScript };
    let run = move || match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["check", language, pattern, flags @ ..] => {
            println!("{}", describe(&judge(pattern, &flags.concat(), dialect(language))));
        }
        ["climb", language, pattern, flags @ ..] => climb(dialect(language), pattern, &flags.concat()),
        ["ladder"] => ladder(),
        ["count", "--list", kind, folders @ ..] => count(folders, Some(kind)),
        ["count", folders @ ..] => count(folders, None),
        _ => println!("usage: redos check|climb LANGUAGE PATTERN [FLAGS] | ladder | count [--list KIND] FOLDER…"),
    };
    if let Ok(thread) = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(run) {
        // A panic has been printed by then.
        let _ = thread.join();
    }
}

fn judge(pattern: &str, flags: &str, dialect: Dialect) -> Result<Verdict, Unreadable> {
    Regex::parse(pattern, flags, dialect).map(|regex| verdict(&regex, Anchoring::Anywhere))
}

fn kind(found: &Result<Verdict, Unreadable>) -> &'static str {
    match found {
        Ok(Verdict::Safe) => "safe",
        Ok(Verdict::Polynomial { .. }) => "polynomial",
        Ok(Verdict::Exponential { .. }) => "exponential",
        Ok(Verdict::Unknown(_)) => "unknown",
        Err(_) => "unreadable",
    }
}

fn describe(found: &Result<Verdict, Unreadable>) -> String {
    match found {
        Ok(Verdict::Safe) => "safe".to_owned(),
        Ok(Verdict::Polynomial { degree, attack }) => format!("power {degree}: {attack}"),
        Ok(Verdict::Exponential { attack }) => format!("exponential: {attack}"),
        Ok(Verdict::Unknown(reason)) => format!("unknown: {reason}"),
        Err(error) => format!("unreadable: {error}"),
    }
}

/// Patterns of our own that are slow, and some that only look so.
const OWN: &[&str] = &[
    r"^(a+)+$",
    r"^(?:a|a)*$",
    r"^(\w|\d)+;$",
    r"^(?:a?b?)*c$",
    r"^(?:(?:\s*,)?\s*\w+)*$",
    r"^(?=(?:a+)+b)",
    r"^(?:[a-z]+\.?)+@$",
    r"\s+$",
    r"^a*a*a*$",
    r"^.*,.*,.*;$",
    r"^(a*)\1$",
    r"^(?:(?=.*x)a)*$",
    r"^(a+b)+$",
    r"^(?:[^\\']|\\.)*'$",
    r"^(?=.*\d)(?=.*[a-z])[a-z\d]{8,20}$",
];

fn ladder() {
    for dialect in [Dialect::JavaScript, Dialect::Python] {
        for pattern in OWN {
            climb(dialect, pattern, "");
        }
    }
}

const NODE: &str = "const [p, f, t] = process.argv.slice(-3); const r = new RegExp(p, f.slice(1)); r.test('x'); \
    const s = process.hrtime.bigint(); r.test(t); console.log(Number(process.hrtime.bigint() - s) / 1e9)";
const PYTHON: &str = "import re, sys, time; p, f, t = sys.argv[-3:]; r = re.compile(p); r.search('x'); \
    s = time.perf_counter(); r.search(t); print(time.perf_counter() - s)";

/// Runs the attack on a pattern in the real engine, with more and more repetitions, until a match takes a quarter of a
/// second.
fn climb(dialect: Dialect, pattern: &str, flags: &str) {
    let (program, switch, script) =
        if dialect == Dialect::JavaScript { ("node", "-e", NODE) } else { ("python3", "-c", PYTHON) };
    if Command::new(program).arg("--version").output().is_err() {
        println!("SKIPPED: {program} is not installed");
        return;
    }
    let found = judge(pattern, flags, dialect);
    println!("{program} /{pattern}/{flags}   {}", describe(&found));
    let (attack, exponential) = match &found {
        Ok(Verdict::Exponential { attack }) => (attack, true),
        Ok(Verdict::Polynomial { attack, .. }) => (attack, false),
        _ => return,
    };
    let (mut times, mut before) = (if exponential { 8 } else { 250 }, 0.0);
    for _ in 0..14 {
        let text = attack.text(times);
        let arguments = [switch, script, "--", pattern, &format!("-{flags}"), &text];
        let Ok(output) = Command::new(program).args(arguments).output() else { return };
        let Ok(seconds) = String::from_utf8_lossy(&output.stdout).trim().parse::<f64>() else {
            println!("    {}", String::from_utf8_lossy(&output.stderr).trim());
            return;
        };
        println!("    {times:6} times: {:10.3} ms   {:.1} × before", seconds * 1e3, seconds / f64::max(before, 1e-9));
        if seconds > 0.25 || text.len() > 60_000 {
            return;
        }
        before = seconds;
        times = if exponential { times + 2 } else { times * 2 };
    }
}

#[derive(Default)]
struct Totals {
    lines: usize,
    kinds: BTreeMap<&'static str, (usize, Duration)>,
    times: Vec<Duration>,
    slowest: Vec<(Duration, String)>,
}

fn count(folders: &[&str], list: Option<&str>) {
    let mut totals = Totals::default();
    for folder in folders {
        add(Path::new(folder), list, &mut totals);
    }
    totals.times.sort_unstable();
    let all: Duration = totals.times.iter().sum();
    let patterns = totals.times.len();
    println!("{} lines, {patterns} patterns: {:?}", totals.lines, totals.kinds);
    if patterns > 0 {
        let at = |share: f64| totals.times[((patterns - 1) as f64 * share) as usize];
        println!(
            "{all:?} in all, {:.3} µs per line; half below {:?}, 90% below {:?}, 99% below {:?}",
            all.as_secs_f64() * 1e6 / totals.lines as f64,
            at(0.5),
            at(0.9),
            at(0.99),
        );
    }
    totals.slowest.sort_by_key(|slow| std::cmp::Reverse(slow.0));
    for (time, what) in totals.slowest.iter().take(5) {
        println!("slowest: {time:?} {what}");
    }
}

fn add(path: &Path, list: Option<&str>, totals: &mut Totals) {
    if path.is_dir() && !path.is_symlink() {
        let Ok(entries) = std::fs::read_dir(path) else { return };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            add(&path, list, totals);
        }
        return;
    }
    let Some(dialect) = path.to_str().and_then(lunette_lang::Dialect::of_path) else { return };
    let Ok(bytes) = std::fs::read(path) else { return };
    let source = String::from_utf8_lossy(&bytes);
    totals.lines += source.lines().count();
    let Some(module) = lunette_lang::lower(dialect, &source).module else { return };
    for (pattern, flags, dialect, line) in patterns(&module, &source) {
        let start = Instant::now();
        let found = judge(&pattern, &flags, dialect);
        let time = start.elapsed();
        let (count, sum) = totals.kinds.entry(kind(&found)).or_default();
        (*count, *sum) = (*count + 1, *sum + time);
        totals.times.push(time);
        let shown: String = pattern.chars().take(300).collect();
        let what = format!("{}:{line}: /{shown}/{flags}   {}", path.display(), describe(&found));
        if list == Some(kind(&found)) {
            println!("{what}");
        }
        if time > Duration::from_millis(2) {
            totals.slowest.push((time, what));
        }
    }
}

/// Regular expression literals, and constants given to functions of something called `re`.
fn patterns(module: &Module, source: &str) -> Vec<(String, String, Dialect, usize)> {
    let mut found = Vec::new();
    let line = |offset: u32| source.get(..offset as usize).map_or(0, |before| before.lines().count().max(1));
    for body in &module.bodies {
        for (op, span) in body.ops.iter().zip(&body.spans) {
            match op {
                Op::Const(Const::Regex(pattern, flags)) => {
                    let (pattern, flags) = (module.name(*pattern).to_owned(), module.name(*flags).to_owned());
                    found.push((pattern, flags, Dialect::JavaScript, line(span.start)));
                }
                Op::Call { callee, args, .. } => {
                    let Op::Load(base, Key::Member(name)) = body.ops[callee.index()] else { continue };
                    let base = body.spans[base.index()];
                    let is_re = source.get(base.start as usize..base.end as usize) == Some("re");
                    let takes =
                        ["compile", "match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"];
                    let Some(first) = args.first().filter(|_| is_re && takes.contains(&module.name(name))) else {
                        continue;
                    };
                    let text = source.get(span.start as usize..span.end as usize).unwrap_or_default();
                    let verbose = if text.contains("VERBOSE") || text.contains("re.X") { "x" } else { "" };
                    match body.ops[first.value.index()] {
                        Op::Const(Const::Str(pattern)) => {
                            found.push((
                                module.name(pattern).to_owned(),
                                verbose.to_owned(),
                                Dialect::Python,
                                line(span.start),
                            ));
                        }
                        Op::Const(Const::Bytes(pattern)) => {
                            found.push((
                                module.name(pattern).to_owned(),
                                format!("b{verbose}"),
                                Dialect::Python,
                                line(span.start),
                            ));
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }
    found
}
