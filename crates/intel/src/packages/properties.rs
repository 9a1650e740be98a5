//! What holds of the inventory for any input.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::inventory;

const NAMES: &[&str] = &[
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "deno.lock",
    "deno.json",
    "pyproject.toml",
    "poetry.lock",
    "pdm.lock",
    "uv.lock",
    "pylock.toml",
    "Pipfile",
    "Pipfile.lock",
    "setup.cfg",
    "setup.py",
    "environment.yml",
    "requirements.txt",
    "requirements-dev.in",
];

/// Pieces from which files are made: what the formats are made of, and what breaks them.
const PIECES: &[&str] = &[
    "\n",
    " ",
    "  ",
    "    ",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "'",
    "=",
    "\"packages\":{",
    "\"dependencies\":{",
    "\"node_modules/a\":{\"version\":\"1.0.0\",\"dependencies\":{\"a\":\"1\",\"b\":\"*\"}},",
    "\"node_modules/a/node_modules/b\":{\"version\":\"2.0.0\"}",
    "\"a\":[\"a@1.0.0\",\"\",{},\"sha512-AA\"],",
    "\"link\":true",
    "\"version\":\"npm:b@1\"",
    "\"\\u0061\":",
    "a@^1, \"@s/b@npm:c@2\":\n",
    "  version \"1.0.0\"\n",
    "  resolution: \"a@workspace:.\"\n",
    "  dependencies:\n    a \"^1\"\n",
    "? \"x@1\"\n",
    "lockfileVersion: '9.0'\n",
    "packages:\n  a@1.0.0(b@1.0.0): {}\n",
    "snapshots:\n  a@1.0.0(b@1.0.0):\n    dependencies: {a: 1.0.0}\n",
    "importers:\n  .:\n    dependencies:\n      a: {specifier: 1, version: 1.0.0}\n",
    "/@a/b/1.0.0_c@1:",
    "&a ",
    "*a",
    "<<: *a",
    "[[package]]\n",
    "name = \"a\"\n",
    "version = \"1\"\n",
    "source = { git = \"https://x/y#0123456\" }\n",
    "dependencies = [{ name = \"a\" }, \"b>=1\"]\n",
    "[package.dependencies]\na = \"*\"\n",
    "[project]\n",
    "[tool.poetry.dependencies]\n",
    "flask==1.0 \\\n  --hash=sha256:aa\n",
    "-r requirements.txt\n",
    "-c requirements.txt\n",
    "-e git+https://x/y@z#egg=a[b]\n",
    "a @ https://u:p@x/a-1.0.tar.gz ; x\n",
    "install_requires=[",
    "'a==1'",
    "'b':[",
    "[options]\ninstall_requires =\n  a\n",
    "#",
    "é",
    "\u{feff}",
    "\u{0}",
    "\\",
    "\t",
    "- pip:\n  - a\n",
    "@",
    "/",
    "..",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// Reading ends; indices and places lie within; ways end in their package; the same again gives the same.
    #[test]
    fn any_files_are_read(
        names in proptest::sample::subsequence(NAMES, 1..4),
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..24),
        noise in "\\PC{0,12}",
    ) {
        let text = format!("{}{noise}", pieces.concat());
        let files: Vec<(&str, &str)> = names.iter().map(|name| (*name, text.as_str())).collect();
        let found = inventory(&files);
        let lines: Vec<&str> = text.split('\n').collect();
        prop_assert_eq!(found.edges.len(), found.packages.len());
        prop_assert!(found.edges.iter().flatten().all(|to| *to < found.packages.len()));
        for package in &found.packages {
            prop_assert!(!package.name.is_empty());
            prop_assert!(names.contains(&package.place.path.as_str()));
            let line = package.place.line as usize;
            prop_assert!((1..=lines.len()).contains(&line), "{:?}", package.place);
            prop_assert!(package.place.column as usize <= lines[line - 1].len() + 1, "{:?} {:?}", package.place, text);
            prop_assert!(package.path.is_empty() || package.path.last() == Some(&package.label()));
        }
        for declared in found.manifests.iter().flat_map(|manifest| &manifest.declared) {
            prop_assert!(declared.package.is_none_or(|index| index < found.packages.len()));
        }
        prop_assert_eq!(&inventory(&files), &found);
    }

    /// What is cut off is a failure or less, never a crash.
    #[test]
    fn cut_and_changed_files_are_read(which in 0..super::tests::SAMPLES.len(), at in 0usize..4000, byte in "\\PC") {
        let (name, text) = super::tests::SAMPLES[which];
        let mut at = at % (text.len() + 1);
        while !text.is_char_boundary(at) { at -= 1; }
        let _ = inventory(&[(name, &text[..at])]);
        let _ = inventory(&[(name, &format!("{}{byte}{}", &text[..at], &text[at..]))]);
    }
}

/// A text made of numbered pieces.
fn numbered(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().concat()
}

#[test]
fn large_and_deep_files_take_linear_time() {
    // Quadratic work on these would take minutes.
    let folders = numbered(20_000, |n| {
        let next = n + 1;
        format!("\"node_modules/a{n}\": {{\"version\": \"1.0.0\", \"dependencies\": {{\"a{next}\": \"1\"}}}},\n")
    });
    let many = format!("{{\"packages\": {{{folders}\"node_modules/z\": {{}}}}}}");
    let found = inventory(&[("package-lock.json", &many)]);
    assert_eq!(found.packages.len(), 20_001);
    assert!(found.packages.iter().all(|package| package.path.len() <= 64));
    let long = format!("{{\"packages\": {{\"{}a\": {{\"version\": \"1\"}}}}}}", "node_modules/a/".repeat(100_000));
    assert_eq!(inventory(&[("package-lock.json", &long)]).failures.len(), 1);
    let keys = numbered(20_000, |n| format!("a{n}@1, a{n}@2:\n  version \"1\"\n"));
    assert_eq!(inventory(&[("yarn.lock", &keys)]).packages.len(), 20_000);
    let words = format!("install_requires=[{}", "install_requires=['a'],\n".repeat(20_000));
    assert!(inventory(&[("setup.py", &words)]).packages.len() >= 10_000);
    let same = "[[package]]\nname = \"a\"\nversion = \"1\"\n[package.dependencies]\na = \"*\"\n".repeat(5_000);
    assert_eq!(inventory(&[("poetry.lock", &same)]).packages.len(), 5_000);
    let file =
        |n: usize| (format!("requirements{n}.txt"), format!("-r requirements{}.txt\n-c requirements0.txt\na\n", n + 1));
    let includes: Vec<(String, String)> = (0..500).map(file).collect();
    let files: Vec<(&str, &str)> = includes.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert!(inventory(&files).packages.len() >= 499);
}
