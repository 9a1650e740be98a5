//! The sandbox against the kernel it runs on. Each check confines a process of its own: this same program, started
//! again with the check's name. There is no test harness around it, because a harness has threads, and confinement is
//! for a process that has none yet.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr, reason = "test code")]

#[cfg(target_os = "linux")]
#[path = "../src/sandbox/mod.rs"]
mod sandbox;

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;
    use std::fs;
    use std::io::{Read, Write};
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};

    use lunette_core::assessment::{Confinement, RulesState};
    use lunette_read::{Root, WalkOptions, Want};

    use super::sandbox;

    type Check = fn(&Path);

    /// What is checked: each in its own process, given a directory with a project in `root`.
    const CHECKS: [(&str, Check); 8] = [
        ("everything_is_refused", everything_is_refused),
        ("reading_and_computing_go_on", reading_and_computing_go_on),
        ("links_and_neighbours_are_out_of_reach", links_and_neighbours_are_out_of_reach),
        ("rules_of_the_work_tree_may_be_read", rules_of_the_work_tree_may_be_read),
        ("threads_that_run_already_are_told_of", threads_that_run_already_are_told_of),
        ("seccomp_alone_refuses_all_but_reading", seccomp_alone_refuses_all_but_reading),
        ("landlock_alone_is_not_called_enforced", landlock_alone_is_not_called_enforced),
        ("without_a_sandbox_the_probe_says_so", without_a_sandbox_the_probe_says_so),
    ];

    pub(super) fn main() {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let has = |argument: &str| arguments.iter().any(|given| given == argument);
        if let [mark, name, directory] = arguments.as_slice()
            && mark == "--child"
        {
            let (_, check) = CHECKS.iter().find(|(known, _)| known == name).unwrap();
            check(Path::new(directory));
            return;
        }
        if has("--list") {
            if !has("--ignored") {
                for (name, _) in CHECKS {
                    println!("{name}: test");
                }
            }
            return;
        }
        let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
        let mut failed = false;
        for (name, _) in CHECKS.iter().filter(|(name, _)| filter.is_none_or(|filter| name.contains(filter.as_str()))) {
            let passed = run(name);
            println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
            failed |= !passed;
        }
        std::process::exit(i32::from(failed));
    }

    /// Runs a check in a process of its own.
    fn run(name: &str) -> bool {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::write(root.join("app.py"), "x = 1\n").unwrap();
        fs::write(directory.path().join("neighbour.py"), "secret\n").unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--child", name])
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // A check that does not read may be over before this is written.
        let _ = child.stdin.take().unwrap().write_all(b"from the parent");
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let unchanged = fs::read_dir(&root).unwrap().count() == 1
            || matches!(name, "links_and_neighbours_are_out_of_reach" | "rules_of_the_work_tree_may_be_read");
        if !output.status.success() || !text.ends_with("done\n") || !unchanged {
            eprintln!("{name}: {}; {text}", output.status);
            return false;
        }
        true
    }

    fn done() {
        println!("done");
    }

    fn confine(root: &Path) -> Confinement {
        let confinement = sandbox::confine(&[root], &[]);
        assert!(confinement.enforced, "{confinement:?}");
        assert_eq!(confinement.missing, Vec::<String>::new());
        assert_eq!(confinement.by.len(), 2, "{confinement:?}");
        confinement
    }

    fn everything_is_refused(directory: &Path) {
        let root = directory.join("root");
        confine(&root);
        let probe = sandbox::probe(&root);
        let allowed = probe.attempts.iter().filter(|attempt| !attempt.refused);
        let allowed: Vec<_> = allowed.map(|attempt| (attempt.what, attempt.outcome.as_str())).collect();
        assert!(allowed.is_empty(), "{allowed:?}");
        assert!(probe.all_refused() && probe.attempts.len() >= 30, "{}", probe.attempts.len());
        done();
    }

    fn reading_and_computing_go_on(directory: &Path) {
        let threads_before = std::thread::available_parallelism().unwrap().get();
        confine(&directory.join("root"));
        let root = Root::open(&directory.join("root")).unwrap();
        assert_eq!(root.rules().state, RulesState::Absent);
        let tree = root.walk(&WalkOptions::new(&|_| Want::Read));
        assert_eq!(tree.files[0].text, "x = 1\n");
        assert!(tree.skipped.is_empty(), "{:?}", tree.skipped);
        // Descriptors that were open, the clocks, randomness, and much memory.
        let mut input = String::new();
        std::io::stdin().read_to_string(&mut input).unwrap();
        assert_eq!(input, "from the parent");
        let before = std::time::Instant::now();
        std::thread::sleep(std::time::Duration::from_millis(1));
        assert!(before.elapsed().as_micros() > 0 && std::time::SystemTime::now() > std::time::UNIX_EPOCH);
        assert_eq!(HashMap::from([(1, 2)]).get(&1), Some(&2));
        assert_eq!(vec![1_u8; 64 << 20].len(), 64 << 20);
        // As many threads as processors, with stacks as large as a deep parse needs.
        let threads = std::thread::available_parallelism().unwrap().get();
        // From the scheduler's answer alone: the control groups, which may allow less, can no longer be read.
        assert!(threads >= threads_before, "{threads} threads, {threads_before} before");
        let handles: Vec<_> = (0..threads.max(4))
            .map(|at| {
                std::thread::Builder::new().name(format!("t{at}")).stack_size(256 << 20).spawn(move || at).unwrap()
            })
            .collect();
        let sum: usize = handles.into_iter().map(|handle| handle.join().unwrap()).sum();
        assert_eq!(sum, (0..threads.max(4)).sum());
        // Threads are confined as their process is.
        let opened = std::thread::spawn(|| fs::File::open("/etc/passwd").map(drop)).join().unwrap();
        assert_eq!(opened.unwrap_err().kind(), std::io::ErrorKind::PermissionDenied);
        // A panic is caught, and told on standard error.
        assert!(std::panic::catch_unwind(|| panic!("expected by the test")).is_err());
        eprintln!("standard error works");
        done();
    }

    fn links_and_neighbours_are_out_of_reach(directory: &Path) {
        let root = directory.join("root");
        symlink("../neighbour.py", root.join("link.py")).unwrap();
        symlink("app.py", root.join("inner.py")).unwrap();
        confine(&root);
        assert_eq!(fs::read_to_string(root.join("app.py")).unwrap(), "x = 1\n");
        assert_eq!(fs::read_to_string(root.join("inner.py")).unwrap(), "x = 1\n");
        for path in [root.join("link.py"), directory.join("neighbour.py"), root.join("../neighbour.py")] {
            let error = fs::read_to_string(&path).unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied, "{}", path.display());
        }
        done();
    }

    fn rules_of_the_work_tree_may_be_read(directory: &Path) {
        let root = directory.join("root");
        fs::create_dir_all(directory.join(".git")).unwrap();
        fs::create_dir_all(directory.join(".claude")).unwrap();
        fs::write(directory.join(".claude/rules.md"), "rules").unwrap();
        fs::write(directory.join(".claude/other.md"), "other").unwrap();
        let plan = Root::plan(&root).unwrap();
        let parent: PathBuf = plan.parent_rules.clone().unwrap();
        let claude = directory.join(".claude");
        // A directory among the files is not taken: it would open all that is below.
        let confinement = sandbox::confine(&[&plan.root], &[&parent, &claude]);
        assert!(confinement.enforced, "{confinement:?}");
        let opened = Root::open_planned(&plan).unwrap();
        assert_eq!((opened.rules().text.as_str(), opened.rules().path.as_str()), ("rules", "../.claude/rules.md"));
        assert!(fs::read(claude.join("other.md")).is_err());
        assert!(fs::write(&parent, "changed").is_err());
        done();
    }

    fn threads_that_run_already_are_told_of(directory: &Path) {
        let (stop, wait) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            let _ = wait.recv();
            std::net::UdpSocket::bind(("127.0.0.1", 0)).is_err()
        });
        let root = directory.join("root");
        let confinement = sandbox::confine(&[&root], &[]);
        drop(stop);
        assert!(thread.join().unwrap(), "seccomp covers all threads");
        let told = confinement.missing.iter().any(|missing| missing.contains("threads that were running already"));
        // Newer kernels cover these threads, too.
        assert!(told != (confinement.by.len() == 2), "{confinement:?}");
        done();
    }

    /// A kernel without Landlock, as in many containers.
    fn seccomp_alone_refuses_all_but_reading(directory: &Path) {
        let root = directory.join("root");
        fs::create_dir(directory.join(".claude")).unwrap();
        let layers = sandbox::Layers { landlock: false, seccomp: true };
        let confinement = sandbox::enforce(&[&root], &[], layers);
        assert!(confinement.enforced, "{confinement:?}");
        assert_eq!(confinement.by, ["seccomp"]);
        assert_eq!(confinement.missing, ["Landlock: not used; the kernel does not confine reading to the project"]);
        let allowed: Vec<_> = sandbox::probe(&root)
            .attempts
            .into_iter()
            .filter(|attempt| !attempt.refused)
            .map(|attempt| attempt.what)
            .collect();
        // Another process is that of another user, unless root asks.
        let reads = ["read a file outside the root", "read of another process", "list a directory outside the root"];
        assert!(allowed.iter().all(|what| reads.contains(what)) && allowed.contains(&reads[0]), "{allowed:?}");
        // The door works without `openat2`, which is gone.
        let root = Root::open(&root).unwrap();
        let tree = root.walk(&WalkOptions::new(&|_| Want::Read));
        assert_eq!(tree.files[0].text, "x = 1\n");
        assert!(root.file("../neighbour.py").is_err());
        done();
    }

    /// A kernel without seccomp filters.
    fn landlock_alone_is_not_called_enforced(directory: &Path) {
        let root = directory.join("root");
        let layers = sandbox::Layers { landlock: true, seccomp: false };
        let confinement = sandbox::enforce(&[&root], &[], layers);
        assert!(!confinement.enforced, "UDP is allowed");
        assert_eq!(
            confinement.missing,
            [
                "seccomp: not used; the kernel does not refuse UDP, local sockets and new processes",
                "opening an Internet socket is still allowed",
                "opening a local socket is still allowed",
            ]
        );
        let probe = sandbox::probe(&root);
        let refused = |what: &str| probe.attempts.iter().any(|attempt| attempt.what == what && attempt.refused);
        for what in
            ["create a file below the root", "start a program", "connect over TCP", "read a file outside the root"]
        {
            assert!(refused(what), "{what}: {probe:?}");
        }
        done();
    }

    fn without_a_sandbox_the_probe_says_so(directory: &Path) {
        let probe = sandbox::probe(&directory.join("root"));
        let allowed = |what: &str| probe.attempts.iter().any(|attempt| attempt.what.contains(what) && !attempt.refused);
        for what in [
            "create a file below the root",
            "open a file of the project for writing",
            "start a process",
            "send over UDP",
        ] {
            assert!(allowed(what), "{what}: {probe:?}");
        }
        assert!(!probe.all_refused());
        done();
    }
}
