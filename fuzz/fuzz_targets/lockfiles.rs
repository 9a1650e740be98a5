//! Every manifest and lockfile that packages are read from, alone and beside its manifest: what comes out must hang
//! together, and the same text must give the same.
#![no_main]
use libfuzzer_sys::fuzz_target;
use lunette_intel::packages::inventory;

/// Chosen by the first byte; `seeds.py` knows the order.
const NAMES: [&str; 20] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "deno.lock",
    "poetry.lock",
    "Pipfile.lock",
    "uv.lock",
    "pdm.lock",
    "pylock.toml",
    "requirements.txt",
    "package.json",
    "deno.json",
    "pyproject.toml",
    "Pipfile",
    "setup.cfg",
    "setup.py",
    "environment.yml",
    "requirements.in",
];
/// What stands beside a lockfile, so that ways from the project are sought.
const BESIDE: [(&str, &str); 2] = [
    ("package.json", r#"{"name": "p", "dependencies": {"a": "^1", "b": "npm:c@2"}, "devDependencies": {"@s/d": "*"}}"#),
    ("pyproject.toml", "[project]\nname = \"p\"\ndependencies = [\"a>=1\", \"b\"]\n"),
];

fuzz_target!(|input: (u8, &str)| {
    let name = NAMES[usize::from(input.0) % NAMES.len()];
    let mut files = vec![(name, input.1)];
    if input.0 >= 128 {
        files.extend(BESIDE.iter().filter(|(other, _)| *other != name));
    }
    let found = inventory(&files);
    assert_eq!(found.edges.len(), found.packages.len());
    assert!(found.edges.iter().flatten().all(|to| *to < found.packages.len()));
    for package in &found.packages {
        assert!(!package.name.is_empty());
        let (_, text) = files.iter().find(|(path, _)| *path == package.place.path).expect("its place is in a file");
        assert!((1..=text.split('\n').count()).contains(&(package.place.line as usize)));
        assert!(package.path.is_empty() || package.path.last() == Some(&package.label()));
    }
    let declared = found.manifests.iter().flat_map(|manifest| &manifest.declared);
    assert!(declared.filter_map(|declared| declared.package).all(|at| at < found.packages.len()));
    assert_eq!(inventory(&files), found);
});
