//! What the system sees: rules first, by every entry point, and no write below the root.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "test code")]

mod common;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{available, project, tree};

const FILES: &[(&str, &str)] = &[
    (".claude/rules.md", "- We must comply with GDPR.\n"),
    (".gitignore", "ignored.py\n"),
    ("app.py", "from flask import Flask\napp = Flask(__name__)\n\n@app.get('/')\ndef index():\n    return 'ok'\n"),
    ("package.json", "{\"name\": \"traced\", \"dependencies\": {\"express\": \"^4.19.0\"}}\n"),
    ("lunette.toml", "fail_on = \"none\"\n"),
    ("ignored.py", "x = 1\n"),
];

/// Runs the binary under strace and gives the calls that name a path, in order.
fn trace(args: &[&str], input: Option<&str>) -> Vec<String> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new("strace");
    command
        .args(["-f", "-y", "-qq", "-e", "trace=%file,ftruncate,fchmod,fchown", "-o"])
        .arg(log.path())
        .arg(env!("CARGO_BIN_EXE_lunette"))
        .args(args)
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    if let Some(input) = input {
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(input.as_bytes()).unwrap();
        pipe.flush().unwrap();
        // The server answers before it ends: give it the time to do so before its input closes.
        std::thread::sleep(std::time::Duration::from_secs(3));
    }
    child.wait().unwrap();
    std::fs::read_to_string(log.path()).unwrap().lines().map(str::to_owned).collect()
}

/// The files (not folders) opened below a root, in order, as paths relative to it.
fn opened(calls: &[String], root: &Path) -> Vec<String> {
    let root = root.display().to_string();
    let mut files = Vec::new();
    for call in calls {
        let is_open = call.contains("openat(") || call.contains("openat2(") || call.contains("open(");
        if !is_open || call.contains("O_DIRECTORY") || call.contains("O_PATH") {
            continue;
        }
        let Some((before, rest)) = call.split_once('"') else { continue };
        let Some((path, _)) = rest.split_once('"') else { continue };
        let absolute = if path.starts_with('/') {
            path.to_owned()
        } else {
            let Some(folder) = before.split_once('<').and_then(|(_, rest)| rest.split_once('>')) else { continue };
            format!("{}/{path}", folder.0)
        };
        if let Some(relative) = absolute.strip_prefix(&format!("{root}/")) {
            files.push(relative.to_owned());
        }
    }
    files
}

/// Calls that change the file system and name something below the root.
fn writes(calls: &[String], root: &Path) -> Vec<String> {
    let root = root.display().to_string();
    let changing = [
        "unlink", "rename", "mkdir", "rmdir", "link", "symlink", "chmod", "chown", "truncate", "utime", "mknod",
        "creat",
    ];
    let changes = |call: &&String| {
        let opens_to_write = call.contains("O_WRONLY")
            || call.contains("O_RDWR")
            || call.contains("O_CREAT")
            || call.contains("O_TRUNC");
        // The call's name stands between the process's number and its arguments; `readlink` only reads.
        let name = call.split('(').next().and_then(|head| head.split_whitespace().last()).unwrap_or_default();
        let changes = !name.starts_with("readlink") && changing.iter().any(|verb| name.contains(verb));
        call.contains(&root) && (opens_to_write || changes)
    };
    calls.iter().filter(changes).cloned().collect()
}

fn rules_first(args: &[&str], input: Option<&str>, root: &Path) {
    let before = tree(root);
    let calls = trace(args, input);
    let files = opened(&calls, root);
    assert!(files.len() > 1, "{args:?} opened no project file: {files:?}");
    assert_eq!(files[0], ".claude/rules.md", "{args:?} opened first: {files:?}");
    assert_eq!(writes(&calls, root), Vec::<String>::new(), "{args:?}");
    assert_eq!(before, tree(root), "{args:?} changed the tree");
}

#[test]
fn rules_are_first_and_nothing_is_written_by_every_command() {
    if !available("strace") {
        return;
    }
    let folder = project(FILES);
    let root = folder.path().canonicalize().unwrap();
    let path = root.to_str().unwrap();
    let out = tempfile::tempdir().unwrap();
    let report = out.path().join("report.md");
    let sarif = out.path().join("report.sarif");
    rules_first(
        &["assess", path, "--date", common::DATE, "-o", report.to_str().unwrap(), "-o", sarif.to_str().unwrap()],
        None,
        &root,
    );
    assert!(report.is_file() && sarif.is_file());
    rules_first(&["assess", path, "--date", common::DATE], None, &root);
    rules_first(&["routes", path], None, &root);
    rules_first(&["profile", path, "--format", "json"], None, &root);
}

#[test]
fn rules_are_first_in_every_call_over_mcp() {
    if !available("strace") {
        return;
    }
    let folder = project(FILES);
    let root = folder.path().canonicalize().unwrap();
    let call = |id: u32, tool: &str| {
        format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"tools/call\",\"params\":{{\"name\":\"{tool}\",\"arguments\":{{}}}}}}\n"
        )
    };
    let start = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\",\
                 \"capabilities\":{},\"clientInfo\":{\"name\":\"test\",\"version\":\"1\"}}}\n\
                 {\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n";
    let input = format!("{start}{}{}", call(2, "assess"), call(3, "routes"));
    let args = ["mcp", "--root", root.to_str().unwrap(), "--date", common::DATE];
    rules_first(&args, Some(&input), &root);
    // The second call opens the rules again before anything else.
    let files = opened(&trace(&args, Some(&input)), &root);
    let readings: Vec<usize> =
        files.iter().enumerate().filter(|(_, file)| *file == ".claude/rules.md").map(|(at, _)| at).collect();
    assert_eq!(readings.len(), 2, "{files:?}");
}
