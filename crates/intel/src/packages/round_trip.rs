//! Lockfiles written from a list of packages, as each tool writes them, give that list again, each at a line that names it.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::inventory;

type List = BTreeMap<String, String>;
type Writer = fn(&List) -> String;

/// Each kind of lockfile with who writes it.
const NPM: &[(&str, Writer)] = &[
    ("package-lock.json", npm_tree),
    ("npm-shrinkwrap.json", npm_tree),
    ("package-lock.json", npm_nested),
    ("yarn.lock", yarn_classic),
    ("yarn.lock", yarn_berry),
    ("pnpm-lock.yaml", pnpm_9),
    ("pnpm-lock.yaml", pnpm_6),
    ("bun.lock", bun),
    ("deno.lock", deno),
];
const PYPI: &[(&str, Writer)] = &[
    ("poetry.lock", |list| tables(list, "package", "optional = false\npython-versions = \"*\"\n")),
    ("pdm.lock", |list| tables(list, "package", "groups = [\"default\"]\n")),
    ("uv.lock", |list| tables(list, "package", "source = { registry = \"https://pypi.org/simple\" }\n")),
    ("pylock.toml", |list| format!("lock-version = \"1.0\"\n{}", tables(list, "packages", ""))),
    ("Pipfile.lock", pipfile),
    ("requirements.txt", |list| each(list, |name, version| format!("{name}=={version}\n"))),
];

/// One line or block for each package.
fn each(list: &List, one: impl Fn(&str, &str) -> String) -> String {
    list.iter().map(|(name, version)| one(name, version)).collect()
}

/// The same, joined by commas.
fn joined(list: &List, one: impl Fn(&str, &str) -> String) -> String {
    list.iter().map(|(name, version)| one(name, version)).collect::<Vec<_>>().join(",\n")
}

fn npm_tree(list: &List) -> String {
    let asked = joined(list, |name, version| format!("\"{name}\": \"^{version}\""));
    let installed = joined(list, |name, version| format!("\"node_modules/{name}\": {{\"version\": \"{version}\"}}"));
    let comma = if list.is_empty() { "" } else { "," };
    format!(
        "{{\"lockfileVersion\": 3, \"packages\": {{\n\"\": {{\"dependencies\": {{\n{asked}}}}}{comma}\n{installed}}}}}\n"
    )
}

fn npm_nested(list: &List) -> String {
    let installed = joined(list, |name, version| format!("\"{name}\": {{\"version\": \"{version}\"}}"));
    format!("{{\"lockfileVersion\": 1, \"dependencies\": {{\n{installed}}}}}\n")
}

fn yarn_classic(list: &List) -> String {
    let blocks = each(list, |name, version| {
        let address = format!("https://registry.yarnpkg.com/{name}/-/x-{version}.tgz");
        format!("\"{name}@^{version}\":\n  version \"{version}\"\n  resolved \"{address}\"\n\n")
    });
    format!("# yarn lockfile v1\n\n{blocks}")
}

fn yarn_berry(list: &List) -> String {
    let blocks = each(list, |name, version| {
        let resolution = format!("{name}@npm:{version}");
        format!(
            "\"{name}@npm:^{version}\":\n  version: {version}\n  resolution: \"{resolution}\"\n  linkType: hard\n\n"
        )
    });
    format!("__metadata:\n  version: 8\n\n{blocks}")
}

fn pnpm_9(list: &List) -> String {
    let mut out = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n".to_owned();
    out.push_str(&each(list, |name, version| {
        format!("      '{name}':\n        specifier: ^{version}\n        version: {version}\n")
    }));
    out.push_str("\npackages:\n");
    out.push_str(&each(list, |name, version| {
        format!("\n  '{name}@{version}':\n    resolution: {{integrity: sha512-AAEC}}\n")
    }));
    out.push_str("\nsnapshots:\n");
    out.push_str(&each(list, |name, version| format!("\n  '{name}@{version}': {{}}\n")));
    out
}

fn pnpm_6(list: &List) -> String {
    let packages = each(list, |name, version| {
        format!("\n  /{name}@{version}:\n    resolution: {{integrity: sha512-AAEC}}\n    dev: false\n")
    });
    format!("lockfileVersion: '6.0'\n\npackages:\n{packages}")
}

fn bun(list: &List) -> String {
    let asked = joined(list, |name, version| format!("\"{name}\": \"^{version}\""));
    let packages =
        each(list, |name, version| format!("    \"{name}\": [\"{name}@{version}\", \"\", {{}}, \"sha512-AAEC\"],\n"));
    format!(
        "{{\n  \"lockfileVersion\": 1,\n  \"workspaces\": {{ \"\": {{ \"dependencies\": {{\n{asked} }} }} }},\n  \"packages\": {{\n{packages}  }}\n}}\n"
    )
}

fn deno(list: &List) -> String {
    let asked = joined(list, |name, version| format!("\"npm:{name}@^{version}\": \"{version}\""));
    let packages = joined(list, |name, version| format!("\"{name}@{version}\": {{\"integrity\": \"sha512-AAEC\"}}"));
    format!("{{\"version\": \"5\", \"specifiers\": {{\n{asked}}}, \"npm\": {{\n{packages}}}}}\n")
}

fn tables(list: &List, table: &str, more: &str) -> String {
    each(list, |name, version| format!("[[{table}]]\nname = \"{name}\"\nversion = \"{version}\"\n{more}\n"))
}

fn pipfile(list: &List) -> String {
    let packages = joined(list, |name, version| format!("\"{name}\": {{\"version\": \"=={version}\"}}"));
    format!("{{\"_meta\": {{\"pipfile-spec\": 6}}, \"default\": {{\n{packages}}}, \"develop\": {{}}}}\n")
}

fn check(name: &str, text: &str, list: &List) -> Result<(), TestCaseError> {
    let found = inventory(&[(name, text)]);
    prop_assert!(found.failures.is_empty(), "{}: {:?}\n{}", name, found.failures, text);
    let mut seen = List::new();
    for package in &found.packages {
        let version = package.version.clone().unwrap_or_default();
        let line = text.lines().nth(package.place.line as usize - 1).unwrap_or_default();
        prop_assert!(line.contains(&package.name), "{}: {} is not at `{}`", name, package.name, line);
        prop_assert!(seen.insert(package.name.clone(), version).is_none(), "{}: {} twice", name, package.name);
    }
    let mut difference = String::new();
    for (package, version) in list {
        if seen.get(package) != Some(version) {
            let _ = write!(difference, "{package} {version} ");
        }
    }
    prop_assert!(seen == *list, "{}: not read: {}\n{}", name, difference, text);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn npm_lockfiles_give_what_was_written(
        list in proptest::collection::btree_map("(@[a-z][a-z0-9]{0,5}/)?[a-z][a-z0-9._-]{0,10}[a-z0-9]", "[1-9]\\.[0-9]{1,2}\\.[0-9](-(rc|beta)\\.[1-9])?", 1..12),
    ) {
        for (name, write) in NPM {
            check(name, &write(&list), &list)?;
        }
    }

    #[test]
    fn python_lockfiles_give_what_was_written(
        list in proptest::collection::btree_map("[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,4})?", "[0-9]{1,2}\\.[0-9]{1,2}(\\.[0-9])?((a|rc)[1-9])?(\\.post[1-9])?", 1..12),
    ) {
        for (name, write) in PYPI {
            check(name, &write(&list), &list)?;
        }
    }
}
