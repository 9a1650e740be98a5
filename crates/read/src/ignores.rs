//! `.gitignore` and `.lunetteignore`, those of the tree only.

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Largest ignore file that is honoured, in bytes; a larger one is a ledger line and ignores nothing.
pub(crate) const CAP: u64 = 256 * 1024;
/// Lines honoured in one file. Patterns cost time to compile, and a hostile tree may have many.
const MAX_LINES: usize = 5_000;
/// Patterns honoured in the whole tree.
const MAX_PATTERNS: usize = 50_000;

/// The ignore files in force, from the root to the directory that is being read.
#[derive(Default)]
pub(crate) struct Ignores {
    levels: Vec<Level>,
    patterns: usize,
}

enum Decision {
    Keep,
    Ignore(String),
}

struct Level {
    /// Length of the directory's path with its `/`; patterns are matched against what follows.
    prefix: usize,
    git: Option<Gitignore>,
    own: Option<Gitignore>,
}

impl Ignores {
    /// Enters a directory whose path (with `/` at its end, empty for the root) is `prefix`.
    pub(crate) fn enter(&mut self, prefix: &str, git: Option<&str>, own: Option<&str>) {
        let git = git.and_then(|text| self.compile(text));
        let own = own.and_then(|text| self.compile(text));
        self.levels.push(Level { prefix: prefix.len(), git, own });
    }

    pub(crate) fn leave(&mut self) {
        self.levels.pop();
    }

    /// Why `path` is ignored, if it is: the pattern and the file that has it. `.lunetteignore` outranks `.gitignore`,
    /// whatever their directories; within one kind the nearest file decides.
    pub(crate) fn why(&self, path: &str, is_dir: bool) -> Option<String> {
        let own = self.decide(path, is_dir, ".lunetteignore", |level| level.own.as_ref());
        match own.or_else(|| self.decide(path, is_dir, ".gitignore", |level| level.git.as_ref()))? {
            Decision::Keep => None,
            Decision::Ignore(why) => Some(why),
        }
    }

    /// None when no pattern matches.
    fn decide(
        &self,
        path: &str,
        is_dir: bool,
        file: &str,
        of: impl Fn(&Level) -> Option<&Gitignore>,
    ) -> Option<Decision> {
        self.levels.iter().rev().find_map(|level| match of(level)?.matched(&path[level.prefix..], is_dir) {
            Match::None => None,
            Match::Whitelist(_) => Some(Decision::Keep),
            Match::Ignore(glob) => {
                Some(Decision::Ignore(format!("{} in {}{file}", glob.original(), &path[..level.prefix])))
            }
        })
    }

    fn compile(&mut self, text: &str) -> Option<Gitignore> {
        let room = MAX_PATTERNS.saturating_sub(self.patterns).min(MAX_LINES);
        let matcher = compile(text.lines().take(room));
        self.patterns += matcher.as_ref().map_or(0, Gitignore::len);
        matcher
    }
}

/// Compiles patterns in the syntax of `.gitignore`. A line that is not a pattern is left out, as git does.
pub(crate) fn compile<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new("");
    for line in lines {
        let _ = builder.add_line(None, line);
    }
    builder.build().ok().filter(|matcher| !matcher.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(git: &str, own: &str, nested: &str, path: &str, is_dir: bool) -> Option<String> {
        let mut ignores = Ignores::default();
        ignores.enter("", Some(git), Some(own));
        ignores.enter("app/", Some(nested), None);
        ignores.why(path, is_dir)
    }

    #[test]
    fn the_nearest_file_decides_and_names_itself() {
        assert_eq!(check("*.log", "", "", "app/a.log", false).as_deref(), Some("*.log in .gitignore"));
        assert_eq!(check("*.log", "", "!a.log", "app/a.log", false), None);
        assert_eq!(check("", "", "/gen/", "app/gen", true).as_deref(), Some("/gen/ in app/.gitignore"));
        assert_eq!(check("", "", "/gen/", "app/gen", false), None, "a pattern for directories");
        assert_eq!(
            check("app/secret.py", "", "", "app/secret.py", false).as_deref(),
            Some("app/secret.py in .gitignore")
        );
    }

    #[test]
    fn lunetteignore_outranks_gitignore() {
        assert_eq!(check("dist/", "!dist/", "", "app/dist", true), None);
        assert_eq!(check("", "legacy/", "!legacy/", "app/legacy", true).as_deref(), Some("legacy/ in .lunetteignore"));
    }

    #[test]
    fn lines_that_are_no_patterns_do_no_harm() {
        assert_eq!(
            check("[\n{a\n*.py[\n# note\n\n*.tmp", "", "", "app/x.tmp", false).as_deref(),
            Some("*.tmp in .gitignore")
        );
    }
}
