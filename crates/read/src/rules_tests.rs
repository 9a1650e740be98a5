#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The rules file in all its states.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use lunette_core::assessment::RulesState::{self, Absent, Read, Refused};

use crate::walk_tests::write;
use crate::{OpenError, Root, RulesFile};

fn empty() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn rules(root: &Path) -> RulesFile {
    Root::open(root).unwrap().rules().clone()
}

fn check(root: &Path, state: RulesState, path: &str, note: &str, text: &str) {
    let rules = rules(root);
    assert_eq!((rules.state, rules.path.as_str(), rules.note.as_str(), rules.text.as_str()), (state, path, note, text));
    assert_eq!(rules.sha256.is_empty(), state != Read);
}

#[test]
fn read_with_its_hash_and_size() {
    let dir = empty();
    write(dir.path(), ".claude/rules.md", b"abc");
    let rules = rules(dir.path());
    assert_eq!((rules.bytes, rules.lines), (3, 1));
    // FIPS 180-2, appendix B.1.
    assert_eq!(rules.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check(dir.path(), Read, ".claude/rules.md", "", "abc");
}

#[test]
fn absent() {
    let dir = empty();
    check(dir.path(), Absent, ".claude/rules.md", "", "");
    fs::create_dir(dir.path().join(".claude")).unwrap();
    check(dir.path(), Absent, ".claude/rules.md", "", "");
    fs::remove_dir(dir.path().join(".claude")).unwrap();
    write(dir.path(), ".claude", b"x");
    check(dir.path(), Absent, ".claude/rules.md", ".claude is not a directory", "");
}

#[test]
fn odd_content_is_read_and_noted() {
    let dir = empty();
    for (bytes, note, text) in [
        (b"".as_slice(), "empty", ""),
        (b" \n\n", "empty", " \n\n"),
        (b"\xef\xbb\xbfone\r\ntwo", "byte order mark left out; CRLF line ends", "one\ntwo"),
        (b"a\xffb", "invalid UTF-8 replaced", "a\u{fffd}b"),
        (b"\xff\xfea\0", "UTF-16 with a byte order mark", "a"),
        (b"a\0b", "NUL bytes in it", "a\0b"),
    ] {
        write(dir.path(), ".claude/rules.md", bytes);
        check(dir.path(), Read, ".claude/rules.md", note, text);
    }
}

#[test]
fn what_is_no_regular_file_is_refused_and_does_not_block() {
    let dir = empty();
    let path = dir.path().join(".claude/rules.md");
    fs::create_dir_all(&path).unwrap();
    check(dir.path(), Refused, ".claude/rules.md", "a directory", "");
    fs::remove_dir(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    check(dir.path(), Refused, ".claude/rules.md", "a FIFO", "");
    fs::remove_file(&path).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    check(dir.path(), Refused, ".claude/rules.md", "a socket or a device", "");
}

#[test]
fn links() {
    let outside = empty();
    write(outside.path(), "canary.md", b"canary");
    let root = outside.path().join("root");
    write(&root, "docs/rules.md", b"inside");
    fs::create_dir(root.join(".claude")).unwrap();
    let path = root.join(".claude/rules.md");
    for (target, state, note, text) in [
        ("../docs/rules.md", Read, "", "inside"),
        ("../../canary.md", Refused, "a symbolic link that leads out of the tree", ""),
        ("/etc/passwd", Refused, "a symbolic link that leads out of the tree", ""),
        ("/dev/zero", Refused, "a symbolic link that leads out of the tree", ""),
        ("nowhere", Refused, "a symbolic link to nothing", ""),
        ("rules.md", Refused, "a symbolic link that leads back to itself", ""),
        ("../docs", Refused, "a directory", ""),
    ] {
        symlink(target, &path).unwrap();
        check(&root, state, ".claude/rules.md", note, text);
        fs::remove_file(&path).unwrap();
    }
    fs::remove_dir(root.join(".claude")).unwrap();
    symlink("docs", root.join(".claude")).unwrap();
    check(&root, Read, ".claude/rules.md", "", "inside");
}

#[test]
fn large() {
    let dir = empty();
    let cap = 1024 * 1024;
    write(dir.path(), ".claude/rules.md", &vec![b'x'; cap]);
    assert_eq!(rules(dir.path()).bytes, cap as u64);
    write(dir.path(), ".claude/rules.md", &vec![b'x'; 50_000_000]);
    check(dir.path(), Refused, ".claude/rules.md", "50,000,000 bytes, the cap is 1,048,576", "");
}

#[test]
fn mode_000() {
    let dir = empty();
    write(dir.path(), ".claude/rules.md", b"abc");
    let path = dir.path().join(".claude/rules.md");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        check(dir.path(), Read, ".claude/rules.md", "", "abc");
    } else {
        check(dir.path(), Refused, ".claude/rules.md", "permission denied", "");
    }
}

#[test]
fn changed_between_two_openings() {
    let dir = empty();
    check(dir.path(), Absent, ".claude/rules.md", "", "");
    write(dir.path(), ".claude/rules.md", b"one");
    check(dir.path(), Read, ".claude/rules.md", "", "one");
    write(dir.path(), ".claude/rules.md", b"two");
    check(dir.path(), Read, ".claude/rules.md", "", "two");
}

const FROM_PARENT: &str = "the assessed directory has no rules of its own; these are of the git work tree it lies in";

/// A work tree with rules, and a directory two levels below.
fn work_tree() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = empty();
    let top = fs::canonicalize(dir.path()).unwrap();
    fs::create_dir(top.join(".git")).unwrap();
    write(&top, ".claude/rules.md", b"parent");
    let root = top.join("services/api");
    fs::create_dir_all(&root).unwrap();
    (dir, top, root)
}

#[test]
fn rules_of_the_work_tree_apply_when_there_are_no_nearer_ones() {
    let (_dir, top, root) = work_tree();
    let plan = Root::plan(&root).unwrap();
    assert_eq!((&plan.root, plan.parent_rules.as_ref()), (&root, Some(&top.join(".claude/rules.md"))));
    check(&root, Read, "../../.claude/rules.md", FROM_PARENT, "parent");
    write(&root, ".claude/rules.md", b"own");
    assert_eq!(Root::plan(&root).unwrap().parent_rules, None);
    check(&root, Read, ".claude/rules.md", "", "own");
    fs::remove_file(root.join(".claude/rules.md")).unwrap();
    fs::create_dir(root.join(".claude/rules.md")).unwrap();
    check(&root, Refused, ".claude/rules.md", "a directory", "");
}

#[test]
fn only_the_nearest_work_tree_counts() {
    let (_dir, _top, root) = work_tree();
    // A submodule or a linked work tree: `.git` is a file.
    write(&root, ".git", b"gitdir: elsewhere");
    assert_eq!(Root::plan(&root).unwrap().parent_rules, None);
    check(&root, Absent, ".claude/rules.md", "", "");
    let dir = empty();
    write(dir.path(), ".claude/rules.md", b"not of a work tree");
    fs::create_dir(dir.path().join("app")).unwrap();
    check(&dir.path().join("app"), Absent, ".claude/rules.md", "", "");
}

#[test]
fn rules_of_the_work_tree_widen_nothing() {
    let (_dir, top, root) = work_tree();
    let path = top.join(".claude/rules.md");
    let refused = |why: &str| {
        assert_eq!(Root::plan(&root).unwrap().parent_rules, None, "{why}");
        check(&root, Refused, "../../.claude/rules.md", &format!("{why}; {FROM_PARENT}"), "");
    };
    fs::remove_file(&path).unwrap();
    symlink("/etc/passwd", &path).unwrap();
    refused("a symbolic link that leads out of the work tree");
    fs::remove_file(&path).unwrap();
    symlink("nowhere", &path).unwrap();
    refused("a symbolic link to nothing");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    refused("a directory");
    fs::remove_dir(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    refused("not a regular file");
    fs::remove_file(&path).unwrap();
    check(&root, Absent, ".claude/rules.md", "", "");
    write(&top, "docs/rules.md", b"linked");
    symlink("../docs/rules.md", &path).unwrap();
    assert_eq!(Root::plan(&root).unwrap().parent_rules, Some(top.join("docs/rules.md")));
    check(&root, Read, "../../.claude/rules.md", FROM_PARENT, "linked");
}

#[test]
fn rules_of_another_user_do_not_apply() {
    let (_dir, top, root) = work_tree();
    if std::os::unix::fs::chown(top.join(".claude/rules.md"), Some(12_345), None).is_err() {
        return; // Only root can give a file away.
    }
    check(&root, Refused, "../../.claude/rules.md", &format!("it belongs to another user; {FROM_PARENT}"), "");
}

#[test]
fn paths_that_cannot_be_opened() {
    let dir = empty();
    let missing = dir.path().join("missing\u{1b}[2J");
    let error = Root::open(&missing).unwrap_err();
    assert_eq!(error, OpenError::Missing(missing));
    assert!(error.to_string().starts_with("no such directory: /"), "{error}");
    assert!(error.to_string().ends_with("missing\\u{1b}[2J"), "{error}");
    write(dir.path(), "file.py", b"x");
    let file = dir.path().join("file.py");
    assert_eq!(Root::open(&file).unwrap_err(), OpenError::NotADirectory(file.clone()));
    assert_eq!(Root::open(&file.join("below")).unwrap_err(), OpenError::NotADirectory(file.join("below")));
    assert_eq!(Root::open(Path::new("")).unwrap_err(), OpenError::Missing(PathBuf::new()));
    symlink("nowhere", dir.path().join("broken")).unwrap();
    assert!(matches!(Root::open(&dir.path().join("broken")), Err(OpenError::Missing(_))));
    symlink("loop", dir.path().join("loop")).unwrap();
    assert!(matches!(Root::open(&dir.path().join("loop")), Err(OpenError::Unreadable { .. })));
    let closed = dir.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&closed).is_err() {
        assert_eq!(
            Root::open(&closed).unwrap_err(),
            OpenError::Unreadable { path: closed, error: "permission denied".to_owned() }
        );
    }
}

#[test]
fn names() {
    let dir = empty();
    fs::create_dir(dir.path().join("shop")).unwrap();
    assert_eq!(Root::open(&dir.path().join("shop/.")).unwrap().name(), "shop");
    assert_eq!(Root::open(Path::new("/")).unwrap().name(), "/");
}
