//! `cargo xtask bench DIR`: CPU time of the release binary on a folder, against what reading and parsing alone cost.

use std::path::Path;
use std::process::Command;

use crate::{Outcome, files};

/// Runs each measured command this often; the median counts.
const RUNS: usize = 5;

/// Measures and prints. Needs a release build of `lunette` and of the `lower` example.
pub(crate) fn run(folder: &Path) -> Outcome {
    let target = crate::root().join("target/release");
    let lunette = target.join("lunette");
    let lower = target.join("examples/lower");
    for (path, build) in
        [(&lunette, "cargo build --release"), (&lower, "cargo build --release -p lunette-lang --example lower")]
    {
        if !path.is_file() {
            return Err(format!("{} is not there: {build}", path.display()));
        }
    }
    let lines: usize = files(folder, &["py", "js", "ts", "tsx", "jsx", "mjs", "cjs"])?
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .map(|text| text.lines().count())
        .sum();
    let parse = cpu(Command::new(&lower).arg(folder))?;
    let assess = cpu(Command::new(&lunette).arg("assess").arg(folder).args(["--quiet", "--date", "2026-11-24"]))?;
    println!("{lines} lines of code");
    println!("parse and lower   {parse:8.3} s CPU");
    println!(
        "assess            {assess:8.3} s CPU   {:.2} x parse and lower   {:.2} µs a line",
        assess / parse,
        assess * 1e6 / f64::from(u32::try_from(lines.max(1)).unwrap_or(u32::MAX))
    );
    for (name, args) in [("ruff", vec!["check", "--select", "S", "--no-cache", "--quiet"]), ("foxguard", vec!["scan"])]
    {
        if Command::new(name).arg("--version").output().is_ok() {
            let peer = cpu(Command::new(name).args(args).arg(folder))?;
            println!("{name:16}  {peer:8.3} s CPU   assess is {:.2} x of it", assess / peer);
        }
    }
    Ok(())
}

/// Median CPU seconds (user and system) of a command, its children included.
fn cpu(command: &mut Command) -> Result<f64, String> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let before = children()?;
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        command.status().map_err(|error| format!("{command:?}: {error}"))?;
        times.push(children()? - before);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

/// CPU seconds of this process's finished children so far, from `/proc/self/stat` (fields 16 and 17, in ticks of
/// 1/100 s).
fn children() -> Result<f64, String> {
    let stat =
        std::fs::read_to_string("/proc/self/stat").map_err(|error| format!("CPU time is read from /proc: {error}"))?;
    let after = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    Ok((ticks(13) + ticks(14)) / 100.0)
}
