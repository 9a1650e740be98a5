//! Reading the tree.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::PathBuf;

use ignore::gitignore::Gitignore;
use lunette_core::project::{SkipReason, Skipped};
use lunette_core::text::{printable, thousands};

use crate::door::{Dir, Entry, Kind, Refusal, to_usize};
use crate::ignores::{self, Ignores};
use crate::ledger::Ledger;
use crate::root::not_text;
use crate::{content, vendored};

/// Longest path that is read, in bytes: what Linux takes in one call.
const MAX_PATH: usize = 4_095;
/// Deepest tree that is read whatever the cap says: one descriptor is held for each level.
const MAX_DEPTH: usize = 200;

/// What the caller wants of a file, told by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Its text.
    Read,
    /// Its size only.
    Count,
    /// Nothing; the reason goes to the ledger.
    Skip(SkipReason),
}

/// Limits of a walk. Whatever is over one is a line in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Directories below the root, at most 200.
    pub depth: usize,
    /// Files read or counted; also names in one directory.
    pub files: usize,
    /// Names looked at in all.
    pub entries: usize,
    /// Bytes of a file.
    pub file_bytes: u64,
    /// Bytes of a lockfile.
    pub lock_bytes: u64,
    /// Bytes of all files, and of their paths.
    pub total_bytes: u64,
    /// Lines in the ledger for one reason.
    pub ledger: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            depth: 64,
            files: 200_000,
            entries: 2_000_000,
            file_bytes: 2 << 20,
            lock_bytes: 32 << 20,
            total_bytes: 1 << 30,
            ledger: 1_000,
        }
    }
}

impl Caps {
    /// The cap in bytes on the file at `path`.
    pub(crate) fn of(&self, path: &str) -> u64 {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_lock = matches!(
            name,
            "package-lock.json"
                | "npm-shrinkwrap.json"
                | "pnpm-lock.yaml"
                | "bun.lockb"
                | "go.sum"
                | "Package.resolved"
        ) || name.rsplit_once('.').is_some_and(|(_, extension)| extension == "lock");
        if is_lock { self.lock_bytes } else { self.file_bytes }
    }
}

/// How to walk.
#[derive(Clone, Copy)]
pub struct WalkOptions<'a> {
    /// What is wanted of the file at a path relative to the root.
    pub want: &'a (dyn Fn(&str) -> Want + Sync),
    /// Patterns, in the syntax of `.gitignore`, of what the project's rules leave out.
    pub exclude: &'a [String],
    /// Paths of our own output files below the root: left out without a word.
    pub outputs: &'a [String],
    /// Limits.
    pub caps: Caps,
}

impl<'a> WalkOptions<'a> {
    /// Everything that is wanted, with the usual limits.
    pub fn new(want: &'a (dyn Fn(&str) -> Want + Sync)) -> Self {
        Self { want, exclude: &[], outputs: &[], caps: Caps::default() }
    }
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Path relative to the root, with `/`; characters that could act on a terminal are escaped.
    pub path: String,
    /// Its text, without byte order mark.
    pub text: String,
    /// Its size on disk in bytes.
    pub bytes: u64,
    /// Its lines.
    pub lines: usize,
}

/// A file that was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Path relative to the root, as in [`SourceFile::path`].
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// What a walk found; everything by path in byte order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Files that were read.
    pub files: Vec<SourceFile>,
    /// Files that were counted.
    pub listed: Vec<Listed>,
    /// What was neither.
    pub skipped: Vec<Skipped>,
}

pub(crate) fn walk(root: &Dir, options: &WalkOptions<'_>) -> Tree {
    let mut walk = Walk {
        options,
        exclude: ignores::compile(options.exclude.iter().map(String::as_str)),
        ignores: Ignores::default(),
        ledger: Ledger::new(options.caps.ledger),
        tree: Tree::default(),
        root,
        raw: PathBuf::new(),
        entries: 0,
        bytes: 0,
        stopped: false,
    };
    walk.directory(root, "", 0, 0);
    walk.finish()
}

struct Walk<'a> {
    options: &'a WalkOptions<'a>,
    exclude: Option<Gitignore>,
    ignores: Ignores,
    ledger: Ledger,
    tree: Tree,
    root: &'a Dir,
    /// The path of the entry at hand with its true bytes.
    raw: PathBuf,
    /// Names looked at.
    entries: usize,
    /// Bytes held.
    bytes: u64,
    stopped: bool,
}

impl Walk<'_> {
    /// Reads a directory whose path is `prefix`, with `/` at its end (empty for the root).
    fn directory(&mut self, dir: &Dir, prefix: &str, depth: usize, parent_device: u64) {
        let shown = prefix.strip_suffix('/').unwrap_or(".");
        let device = dir.device();
        if device != parent_device && dir.is_kernel_interface() {
            self.ledger.add(shown, SkipReason::NotRegular, "a file system of the kernel");
            return;
        }
        let max = self.options.caps.files;
        let mut entries = match dir.entries(max) {
            Ok(Some(entries)) => entries,
            Ok(None) => {
                let detail = format!("more than {} names in one directory", thousands(max));
                self.ledger.add(shown, SkipReason::TooMany, &detail);
                return;
            }
            Err(refusal) => {
                self.ledger.add(shown, refusal.reason(), &refusal.detail());
                return;
            }
        };
        if !prefix.is_empty() {
            let name = shown.rsplit('/').next().unwrap_or(shown);
            if let Some((reason, detail)) = vendored::by_entries(shown, name, &entries) {
                self.ledger.add(shown, reason, detail);
                return;
            }
        }
        // In the order of whole paths: a directory's name counts with its `/`.
        entries.sort_by(|one, other| order(one).cmp(order(other)));
        self.enter_ignores(dir, prefix, &entries);
        for entry in &entries {
            if self.stopped {
                break;
            }
            self.raw.push(&entry.name);
            self.entry(dir, prefix, entry, depth, device);
            self.raw.pop();
        }
        self.ignores.leave();
    }

    fn enter_ignores(&mut self, dir: &Dir, prefix: &str, entries: &[Entry]) {
        let mut text = |name: &str| {
            let present = entries.iter().any(|entry| entry.kind == Kind::File && entry.name == name);
            if !present {
                return None;
            }
            match dir.read(OsStr::new(name), ignores::CAP) {
                Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
                Err(refusal) => {
                    let detail = format!("its patterns do not apply: {}", refusal.detail());
                    self.ledger.add(&format!("{prefix}{name}"), refusal.reason(), &detail);
                    None
                }
            }
        };
        let (git, own) = (text(".gitignore"), text(".lunetteignore"));
        self.ignores.enter(prefix, git.as_deref(), own.as_deref());
    }

    fn entry(&mut self, dir: &Dir, prefix: &str, entry: &Entry, depth: usize, device: u64) {
        self.entries += 1;
        if self.entries > self.options.caps.entries {
            self.stop(prefix, &format!("the tree has more than {} names", thousands(self.options.caps.entries)));
            return;
        }
        let Some(name) = entry.name.to_str() else {
            let path = format!("{prefix}{}", escaped(&entry.name));
            self.ledger.add(&path, SkipReason::Encoding, "its name is not valid UTF-8");
            return;
        };
        let path = format!("{prefix}{}", printable(name));
        let is_dir = entry.kind == Kind::Dir;
        if vendored::is_version_control(name) || self.options.outputs.contains(&path) {
            return;
        }
        if let Some(exclude) = &self.exclude
            && let ignore::Match::Ignore(glob) = exclude.matched(&path, is_dir)
        {
            let detail = glob.original().to_owned();
            self.ledger.add(&path, SkipReason::Rules, &detail);
            return;
        }
        if let Some(why) = self.ignores.why(&path, is_dir) {
            self.ledger.add(&path, SkipReason::Ignored, &why);
            return;
        }
        if path.len() > MAX_PATH {
            self.ledger.add(&path, SkipReason::TooDeep, "a path longer than 4,095 bytes");
            return;
        }
        match entry.kind {
            Kind::Dir => self.subdirectory(dir, entry, name, &path, depth, device),
            Kind::File => self.file(dir, entry, name, path),
            Kind::Link => self.link(dir, entry, &path),
            Kind::Other(what) => self.ledger.add(&path, SkipReason::NotRegular, what),
        }
    }

    fn subdirectory(&mut self, dir: &Dir, entry: &Entry, name: &str, path: &str, depth: usize, device: u64) {
        if let Some((reason, detail)) = vendored::by_name(name) {
            self.ledger.add(path, reason, detail);
            return;
        }
        let max = self.options.caps.depth.min(MAX_DEPTH);
        if depth >= max {
            self.ledger.add(path, SkipReason::TooDeep, &format!("more than {max} directories deep"));
            return;
        }
        match dir.dir(&entry.name) {
            Ok(child) => self.directory(&child, &format!("{path}/"), depth + 1, device),
            Err(refusal) => self.ledger.add(path, refusal.reason(), &refusal.detail()),
        }
    }

    fn link(&mut self, dir: &Dir, entry: &Entry, path: &str) {
        let target = dir.target(&entry.name).map_or_else(String::new, |target| format!(" ({})", escaped(&target)));
        let detail = match self.root.leads_below(&self.raw) {
            Ok(()) => "a symbolic link inside the tree: its target is looked at under its own path".to_owned(),
            Err(Refusal::Absent) => Refusal::Broken.detail(),
            Err(refusal @ (Refusal::Outside | Refusal::Broken | Refusal::Loop)) => refusal.detail(),
            Err(other) => format!("a symbolic link whose target is unknown: {}", other.detail()),
        };
        self.ledger.add(path, SkipReason::Symlink, &format!("{detail}{target}"));
    }

    fn file(&mut self, dir: &Dir, entry: &Entry, name: &str, path: String) {
        let want = (self.options.want)(&path);
        if let Want::Skip(reason) = want {
            self.ledger.add(&path, reason, "");
            return;
        }
        let caps = &self.options.caps;
        if self.tree.files.len() + self.tree.listed.len() >= caps.files {
            self.ledger.add(
                &path,
                SkipReason::TooMany,
                &format!("{} files were read or counted", thousands(caps.files)),
            );
            return;
        }
        if want == Want::Count {
            match dir.size(&entry.name) {
                Ok(bytes) if self.has_room(&path, 0) => {
                    self.tree.listed.push(Listed { path, bytes });
                }
                Ok(_) => {}
                Err(refusal) => self.ledger.add(&path, refusal.reason(), &refusal.detail()),
            }
            return;
        }
        if let Some((reason, detail)) = content::by_name(name) {
            self.ledger.add(&path, reason, detail);
            return;
        }
        let bytes = match dir.read(&entry.name, caps.of(name)) {
            Ok(bytes) => bytes,
            Err(refusal) => {
                self.ledger.add(&path, refusal.reason(), &refusal.detail());
                return;
            }
        };
        if !self.has_room(&path, bytes.len() as u64) {
            return;
        }
        let file = match SourceFile::new(path.clone(), bytes) {
            Ok(file) => file,
            Err(why) => {
                let skipped = not_text(&path, &why);
                self.ledger.add(&skipped.path, skipped.reason, &skipped.detail);
                return;
            }
        };
        if let Some((reason, detail)) = content::by_text(&path, name, &file.text) {
            self.ledger.add(&path, reason, detail);
            return;
        }
        self.bytes += file.bytes;
        self.tree.files.push(file);
    }

    /// Whether `bytes` more, and the path, fit into the total; a ledger line if not. Counts the path.
    fn has_room(&mut self, path: &str, bytes: u64) -> bool {
        let total = self.options.caps.total_bytes;
        let with_path = self.bytes + path.len() as u64;
        if with_path + bytes > total {
            let detail = format!("the total of {} bytes was reached", thousands(to_usize(total)));
            self.ledger.add(path, SkipReason::TooMany, &detail);
            return false;
        }
        self.bytes = with_path;
        true
    }

    fn stop(&mut self, prefix: &str, why: &str) {
        self.stopped = true;
        let at = if prefix.is_empty() { "." } else { prefix };
        self.ledger.add(at, SkipReason::TooMany, &format!("reading stopped here: {why}"));
    }

    fn finish(mut self) -> Tree {
        // Escaping may change the order, and may give two names the same form.
        self.tree.files.sort_by(|one, other| one.path.cmp(&other.path));
        self.tree.listed.sort_by(|one, other| one.path.cmp(&other.path));
        let ledger = &mut self.ledger;
        self.tree.files.dedup_by(|second, first| {
            let same = second.path == first.path;
            if same {
                ledger.add(&second.path, SkipReason::Encoding, "another file's name has the same form when escaped");
            }
            same
        });
        self.tree.skipped = self.ledger.finish();
        self.tree
    }
}

fn order(entry: &Entry) -> impl Iterator<Item = u8> + '_ {
    let slash = (entry.kind == Kind::Dir).then_some(b'/');
    entry.name.as_encoded_bytes().iter().copied().chain(slash)
}

/// A name that is not UTF-8, readable: what is valid as it is, other bytes as `\xff`.
fn escaped(name: &OsStr) -> String {
    let mut out = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        out.push_str(&printable(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}
