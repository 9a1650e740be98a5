//! What holds of the stack for any input.

#![allow(clippy::unwrap_used)]

use super::stack;
use super::tests::files;

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..proptest::prelude::ProptestConfig::with_cases(256) })]

    /// Whatever a manifest holds, reading ends, and every place names a file of the tree.
    #[test]
    fn any_manifest_is_read(
        name in proptest::sample::select(&["package.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "deno.lock", "pyproject.toml", "Pipfile", "setup.cfg", "setup.py", "environment.yml", "requirements.txt", "Dockerfile", "compose.yml", "k.yaml"][..]),
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..14),
        noise in "\\PC{0,20}",
    ) {
        let text = format!("{}{noise}", pieces.concat());
        let found = stack(&files(&[(name, &text)]), &[]);
        let lines = text.lines().count().max(1);
        for package in &found.declared {
            proptest::prop_assert!(package.place.path == name && (package.place.line as usize) <= lines && !package.name.is_empty());
        }
    }
}

/// Pieces from which manifests are made.
const PIECES: &[&str] = &[
    "\n",
    " ",
    "  ",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "'",
    "\"dependencies\":",
    "\"express\"",
    "\"^1\"",
    "dependencies:",
    "  express: 1.0.0\n",
    "version \"1\"",
    "express@^1:\n",
    "@",
    "@s/x@npm:y@1",
    "[project]\n",
    "dependencies = [",
    "\"flask>=1\"",
    "[tool.poetry.dependencies]\n",
    "flask = \"1\"\n",
    "-r x\n",
    "-e .",
    "#egg=",
    "flask[x]==1 ; y",
    "\\\n",
    "install_requires=[",
    "install_requires =\n  flask\n",
    "[options]\n",
    "FROM ",
    "node:20",
    "${A:-b}",
    "ARG A=b\n",
    " AS x\n",
    "services:\n",
    "  a:\n    image: redis:7\n",
    "apiVersion: v1\n",
    "kind: Pod\n",
    "&a ",
    "*a",
    "<<: ",
    "- ",
    "é",
    "\u{feff}",
    "#",
    "packages",
    "importers",
    "\"npm:x@1\"",
    "specifiers",
];
