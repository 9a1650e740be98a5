//! Manifests, lockfiles and configuration of every kind that the stack is read from.
#![no_main]
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 16] = [
    "package.json",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "requirements.txt",
    "pyproject.toml",
    "poetry.lock",
    "Pipfile.lock",
    "uv.lock",
    "setup.cfg",
    "setup.py",
    "environment.yml",
    "Dockerfile",
    "compose.yml",
    ".github/workflows/ci.yml",
];

fuzz_target!(|input: (u8, &str)| {
    let path = NAMES[usize::from(input.0) % NAMES.len()].to_owned();
    let file = lunette_read::SourceFile { path, text: input.1.to_owned(), bytes: 0, lines: 0 };
    let _ = lunette_assess::stack::stack(&[file], &[]);
});
