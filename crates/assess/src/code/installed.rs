//! Folders of installed packages: which files make up a program of their own.

use std::collections::BTreeMap;
use std::ops::Range;

use lunette_core::project::Skipped;
use lunette_flow::link::Files;
use lunette_flow::program::{ImportMap, Program};
use lunette_lang::Dialect;
use lunette_read::SourceFile;

use super::{Lowering, close};
use crate::options::Silent;

/// Folders in which package managers put what they install, each package in a folder (or a module) of its own.
const INSTALLED: [&str; 3] = ["node_modules", "site-packages", "dist-packages"];

/// The files of each package, where the root itself is a folder that packages are installed in; otherwise nothing.
/// `files` are in the order of their paths.
///
/// Installed packages belong to different people, and what one does with what another gives it is told by models, as it is
/// for an application that uses them. Each is therefore a program of its own.
pub(crate) fn packages(root: &str, files: &[SourceFile]) -> Vec<Installed> {
    if !INSTALLED.contains(&root) {
        return Vec::new();
    }
    let mut packages: Vec<Range<usize>> = Vec::new();
    for (at, file) in files.iter().enumerate() {
        match packages.last_mut() {
            Some(last) if package_of(&files[last.start].path) == package_of(&file.path) => last.end = at + 1,
            _ => packages.push(at..at + 1),
        }
    }
    packages.retain(|package| files[package.clone()].iter().any(|file| is_code(&file.path)));
    packages.into_iter().map(Installed).collect()
}

/// The folder of the package that a file belongs to, `@scope/name` as well; a file beside the folders is its own.
fn package_of(path: &str) -> &str {
    let scope = if path.starts_with('@') { path.find('/').map_or(0, |at| at + 1) } else { 0 };
    path[scope..].find('/').map_or(path, |at| &path[..=scope + at])
}

/// An installed package: its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Installed(Range<usize>);

/// A package with more lines is cut where its files have nothing to do with each other, so that less is held at a time.
const MAX_LINES: usize = 150_000;
/// Longest name of a module that is looked for, in bytes.
const MAX_NAME: usize = 256;

impl Installed {
    /// Which of the tree's files are its.
    pub(crate) fn files(&self) -> Range<usize> {
        self.0.clone()
    }

    /// Shows the package's program, or one after another those that it falls apart into. A program is made and given up
    /// here, so that no more than one is held. Also what was not understood.
    pub(crate) fn each_program(
        &self,
        lowering: &Lowering,
        tree: &mut [SourceFile],
        visit: &mut dyn FnMut(&Program),
    ) -> Vec<Skipped> {
        let files = &mut tree[self.files()];
        let map = lowering.import_map(files);
        let parts = parts(files, &map);
        if parts.len() < 2 {
            let (program, faults) = lowering.program(files, &Silent);
            visit(&program);
            close(program, files);
            return faults;
        }
        let mut faults = Vec::new();
        for part in parts {
            let (units, not_understood) = lowering.code(files, |at| part.binary_search(&at).is_ok(), &Silent);
            faults.extend(not_understood);
            let program = Program::new(units, &map);
            visit(&program);
            close(program, files);
        }
        faults
    }
}

/// The parts that a large package falls apart into, each with the indices of its files: what imports each other, even if
/// only by the look of it, is in one part. Small parts are put together.
///
/// One part where files are linked by other means: pages are found by their names alone, and aliases may stand for any.
fn parts(files: &[SourceFile], map: &ImportMap) -> Vec<Vec<usize>> {
    let code: Vec<usize> = (0..files.len()).filter(|&at| Dialect::of_path(&files[at].path).is_some()).collect();
    let lines: usize = code.iter().map(|&at| files[at].lines).sum();
    if lines <= MAX_LINES || !map.aliases.is_empty() || has_pages(files) {
        return vec![code];
    }
    let mut groups = Groups((0..files.len()).collect());
    let known = Files::new(files.iter().map(|file| file.path.as_str()));
    let mut python = None;
    for &at in &code {
        // Python's imports stand in no quotes: its files stay together.
        if Dialect::of_path(&files[at].path) == Some(Dialect::Python) {
            groups.join(at, *python.get_or_insert(at));
            continue;
        }
        for name in quoted(&files[at].text).filter(|name| may_be_module(name, map)) {
            if let Some(unit) = known.javascript(&files[at].path, name, map) {
                groups.join(at, unit.0 as usize);
            }
        }
    }
    packed(files, &code, &mut groups)
}

fn has_pages(files: &[SourceFile]) -> bool {
    !lunette_lang::template::lower_all(files.iter().map(|file| (file.path.as_str(), file.text.as_str()))).is_empty()
}

/// Whether an import of this name may lead to a file of the package.
fn may_be_module(name: &str, map: &ImportMap) -> bool {
    name.starts_with('.')
        || name.starts_with("@/")
        || name.starts_with("~/")
        || map.packages.iter().any(|(package, _)| name.starts_with(package.as_str()))
}

/// Whatever stands between two equal quotes on a line that does not look like a comment: more than the texts that the
/// language sees. (Less only where a line begins with the `*` of a generator.)
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let is_comment = |line: &&str| line.trim_start().starts_with(['*', '/']);
    text.lines().filter(move |line| !is_comment(line)).flat_map(|line| {
        let bytes = line.as_bytes();
        let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`');
        (0..bytes.len()).filter(move |&at| is_quote(&bytes[at])).filter_map(move |at| {
            let rest = &bytes[at + 1..bytes.len().min(at + 1 + MAX_NAME)];
            let end = rest.iter().position(|&byte| byte == bytes[at])?;
            Some(&line[at + 1..at + 1 + end])
        })
    })
}

/// Disjoint sets of files (Tarjan 1975): for each file one of the same set, the first one for itself.
struct Groups(Vec<usize>);

impl Groups {
    fn first(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.0[one.max(other)] = one.min(other);
    }
}

/// Groups in the order of their first files, as many in one part as there is room for.
fn packed(files: &[SourceFile], code: &[usize], groups: &mut Groups) -> Vec<Vec<usize>> {
    let mut by_first: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &at in code {
        by_first.entry(groups.first(at)).or_default().push(at);
    }
    let mut parts: Vec<(usize, Vec<usize>)> = Vec::new();
    for group in by_first.into_values() {
        let lines: usize = group.iter().map(|&at| files[at].lines).sum();
        match parts.iter_mut().find(|(held, _)| held + lines <= MAX_LINES) {
            Some((held, part)) => {
                *held += lines;
                part.extend(group);
            }
            None => parts.push((lines, group)),
        }
    }
    let sorted = parts.into_iter().map(|(_, mut part)| {
        part.sort_unstable();
        part
    });
    sorted.collect()
}

fn is_code(path: &str) -> bool {
    Dialect::of_path(path).is_some() || lunette_lang::template::is_template(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str]) -> Vec<SourceFile> {
        let file = |path: &&str| SourceFile { path: (*path).to_owned(), text: String::new(), bytes: 0, lines: 0 };
        paths.iter().map(file).collect()
    }

    #[test]
    fn installed_packages_are_told_by_their_folders() {
        let paths = [
            "@acme/a/index.js",
            "@acme/b/index.js",
            "@acme/b/lib/x.js",
            "README.md",
            "a-b/index.js",
            "a/index.js",
            "a/lib/index.js",
            "docs/README.md",
            "six.py",
        ];
        let files = files(&paths);
        let found: Vec<_> = packages("node_modules", &files).iter().map(Installed::files).collect();
        assert_eq!(found, [0..1, 1..3, 4..5, 5..7, 8..9]);
        assert_eq!(packages("site-packages", &files).len(), 5);
        assert!(packages("my-node_modules", &files).is_empty());
        assert!(packages("api", &files).is_empty());
    }

    #[test]
    fn odd_paths_are_packages_of_their_own() {
        assert_eq!(package_of("@acme"), "@acme");
        assert_eq!(package_of("@acme/x.js"), "@acme/x.js");
        assert_eq!(package_of("@/x/y"), "@/x/");
        assert_eq!(package_of(""), "");
    }

    fn large(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned(), bytes: 0, lines: MAX_LINES / 2 }
    }

    #[test]
    fn a_large_package_falls_apart_where_nothing_links_its_files() {
        let map = ImportMap { packages: vec![("big".to_owned(), "big".to_owned())], ..ImportMap::default() };
        let files = [
            large("big/a.js", "const b = require('./b')"),
            large("big/b.js", "// it's \"quoted\" oddly\nimport(`big/d`)"),
            large("big/c.js", "module.exports = \"./nowhere\""),
            large("big/d.js", ""),
            large("big/e.js", "export * from './c.js'"),
            SourceFile { lines: 1, ..large("big/f.js", "") },
        ];
        assert_eq!(parts(&files, &map), [vec![0, 1, 3], vec![2, 4], vec![5]]);
        let small: Vec<SourceFile> = files.iter().map(|file| SourceFile { lines: 9, ..file.clone() }).collect();
        assert_eq!(parts(&small, &map), [vec![0, 1, 2, 3, 4, 5]]);
        let page = [&files[..], &[large("big/page.ejs", "<%= x %>")]].concat();
        assert_eq!(parts(&page, &map).len(), 1);
        let no_page = [&files[..], &[large("big/page.html", "<p>")]].concat();
        assert_eq!(parts(&no_page, &map).len(), 3);
        let python = [&files[..], &[large("big/x.py", "import y"), large("big/y.py", "")]].concat();
        assert_eq!(parts(&python, &map), [vec![0, 1, 3], vec![2, 4], vec![5], vec![6, 7]]);
        let said = [&files[..], &[large("big/g.js", "/*\n * import { x } from './a'\n */\n  // see './c'\n")]].concat();
        assert_eq!(parts(&said, &map).len(), 3);
    }

    #[test]
    fn every_text_in_quotes_is_seen() {
        let text = "it's `a` \"b'c'\" '\n \u{e9}'\u{e9}' \"\n// 'no'\n * 'nor'\n";
        let found: Vec<&str> = quoted(text).collect();
        for wanted in ["a", "b'c'", "c", "\u{e9}"] {
            assert!(found.contains(&wanted), "{wanted}: {found:?}");
        }
        assert!(!found.iter().any(|name| name.contains("no")), "{found:?}");
        assert_eq!(quoted(&format!("'{}'", "x".repeat(2 * MAX_NAME))).count(), 0);
    }
}
