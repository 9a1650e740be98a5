//! What each format says, alone and together with its manifest.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use super::*;

/// One line for each package: label, source, flags, path, place.
fn shown(found: &Inventory) -> Vec<String> {
    found
        .packages
        .iter()
        .map(|package| {
            let mut out = package.label();
            let flags = [
                (package.direct, "direct"),
                (package.dev, "dev"),
                (package.optional, "optional"),
                (package.peer, "peer"),
                (package.overridden, "overridden"),
                (package.install_script, "script"),
            ];
            for (_, flag) in flags.iter().filter(|(set, _)| *set) {
                out.push(' ');
                out.push_str(flag);
            }
            if package.path.len() > 1 {
                out.push_str(" via ");
                out.push_str(&package.path[..package.path.len() - 1].join(">"));
            }
            match &package.source {
                Source::Registry => {}
                other => write!(out, " {other:?}").unwrap(),
            }
            format!("{out} @{}", package.place)
        })
        .collect()
}

#[track_caller]
pub(super) fn check(files: &[(&str, &str)], expected: &[&str]) -> Inventory {
    let found = inventory(files);
    assert_eq!(shown(&found), expected, "{:?}", found.failures);
    assert_eq!(found.edges.len(), found.packages.len());
    found
}

const MANIFEST: &str = r#"{"name": "app", "private": true,
 "scripts": {"postinstall": "node x.js"},
 "dependencies": {"a": "^1.0.0", "old": "npm:a@^0.9.0"},
 "devDependencies": {"t": "^2.0.0"},
 "overrides": {"b": "1.5.0"}}"#;

#[test]
fn package_lock_with_workspace_alias_and_override() {
    let lock = r#"{"lockfileVersion": 3, "packages": {
"": {"workspaces": ["libs/*"], "dependencies": {"a": "^1.0.0", "old": "npm:a@^0.9.0"}, "devDependencies": {"t": "^2.0.0"}},
"libs/m": {"version": "0.1.0", "dependencies": {"b": "^2.0.0"}},
"libs/m/node_modules/b": {"version": "2.0.0"},
"node_modules/a": {"version": "1.0.1", "integrity": "sha512-AAEC", "license": "MIT", "dependencies": {"b": "^1.0.0"}},
"node_modules/b": {"version": "1.5.0", "hasInstallScript": true, "deprecated": "no more"},
"node_modules/m": {"resolved": "libs/m", "link": true},
"node_modules/old": {"name": "a", "version": "0.9.1"},
"node_modules/t": {"version": "2.0.0", "dev": true, "peerDependencies": {"a": "*"}}
}}"#;
    let found = check(
        &[("package.json", MANIFEST), ("package-lock.json", lock)],
        &[
            "m@0.1.0 Workspace @package-lock.json:3",
            "b@2.0.0 direct @package-lock.json:4",
            "a@1.0.1 direct @package-lock.json:5",
            "b@1.5.0 overridden script via a@1.0.1 @package-lock.json:6",
            "a@0.9.1 direct @package-lock.json:8",
            "t@2.0.0 direct dev @package-lock.json:9",
        ],
    );
    assert_eq!(found.packages[2].hashes, [("sha512".to_owned(), "000102".to_owned())]);
    assert_eq!(found.packages[4].alias.as_deref(), Some("old"));
    assert_eq!(found.edges, [vec![1], vec![], vec![3], vec![], vec![], vec![2]]);
    let manifest = &found.manifests[0];
    assert_eq!(manifest.lockfile.as_deref(), Some("package-lock.json"));
    assert_eq!(manifest.declared.iter().map(|one| one.package).collect::<Vec<_>>(), [Some(2), Some(4), Some(5)]);
    assert_eq!((manifest.private, manifest.scripts[0].name.as_str()), (true, "postinstall"));
    assert_eq!(manifest.overrides[0].0, "b");
    assert_eq!(found.packages[2].purl(), "pkg:npm/a@1.0.1");
}

#[test]
fn yarn_takes_roots_from_the_manifest() {
    let one = "a@^1.0.0:\n  version \"1.0.1\"\n  dependencies:\n    b \"^1.0.0\"\n\nb@^1.0.0:\n  version \"1.5.0\"\n\n\"old@npm:a@^0.9.0\":\n  version \"0.9.1\"\n\nt@^2.0.0:\n  version \"2.0.0\"\n  optionalDependencies:\n    \"@s/u\" \"1\"\n\n\"@s/u@1\":\n  version \"1.0.0\"\n";
    let expected = [
        "a@1.0.1 direct @yarn.lock:1",
        "b@1.5.0 overridden via a@1.0.1 @yarn.lock:6",
        "a@0.9.1 direct @yarn.lock:9",
        "t@2.0.0 direct dev @yarn.lock:12",
        "@s/u@1.0.0 dev optional via t@2.0.0 @yarn.lock:17",
    ];
    let found = check(&[("package.json", MANIFEST), ("yarn.lock", one)], &expected);
    assert_eq!(found.packages[4].purl(), "pkg:npm/%40s/u@1.0.0");
    let berry = "__metadata:\n  version: 8\n\n\"a@npm:^1.0.0\":\n  version: 1.0.1\n  resolution: \"a@npm:1.0.1\"\n  dependencies:\n    b: \"npm:^1.0.0\"\n  languageName: node\n\n\"app@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"app@workspace:.\"\n  dependencies:\n    a: ^1.0.0\n\n\"b@npm:^1.0.0\":\n  version: 1.5.0\n  resolution: \"b@npm:1.5.0\"\n\n? \"old@npm:a@^0.9.0\"\n:\n  version: 0.9.1\n  resolution: \"a@npm:0.9.1\"\n\n\"t@npm:^2.0.0\":\n  version: 2.0.0\n  resolution: \"t@npm:2.0.0\"\n  dependencies:\n    \"@s/u\": \"npm:1\"\n\n\"@s/u@npm:1\":\n  version: 1.0.0\n  resolution: \"@s/u@npm:1.0.0\"\n";
    let expected = [
        "a@1.0.1 direct @yarn.lock:4",
        "b@1.5.0 overridden via a@1.0.1 @yarn.lock:17",
        "a@0.9.1 direct @yarn.lock:21",
        "t@2.0.0 direct dev @yarn.lock:26",
        "@s/u@1.0.0 dev via t@2.0.0 @yarn.lock:32",
    ];
    check(&[("package.json", MANIFEST), ("yarn.lock", berry)], &expected);
}

#[test]
fn yarn_without_a_manifest_guesses_what_is_direct() {
    let text = "a@1:\n  version \"1.0.0\"\n  dependencies:\n    b \"1\"\nb@1:\n  version \"1.0.0\"\n";
    check(&[("yarn.lock", text)], &["a@1.0.0 direct @yarn.lock:1", "b@1.0.0 via a@1.0.0 @yarn.lock:5"]);
    let conflict = format!("<<<<<<< HEAD\n{text}");
    assert_eq!(inventory(&[("yarn.lock", &conflict)]).failures[0].line, 1);
}

#[test]
fn pnpm_of_all_ages() {
    let five = "lockfileVersion: 5.3\nspecifiers:\n  a: ^1.0.0\n  t: ^2.0.0\ndependencies:\n  a: 1.0.1_c@3.0.0\ndevDependencies:\n  t: 2.0.0\npackages:\n  /a/1.0.1_c@3.0.0:\n    dependencies:\n      '@s/u': 1.0.0\n    requiresBuild: true\n    dev: false\n  /@s/u/1.0.0:\n    dev: false\n  /t/2.0.0:\n    dev: true\n";
    check(
        &[("pnpm-lock.yaml", five)],
        &[
            "a@1.0.1 direct script @pnpm-lock.yaml:10",
            "@s/u@1.0.0 via a@1.0.1 @pnpm-lock.yaml:15",
            "t@2.0.0 direct dev @pnpm-lock.yaml:17",
        ],
    );
    let six = "lockfileVersion: '6.0'\nimporters:\n  .:\n    dependencies:\n      a:\n        specifier: ^1.0.0\n        version: 1.0.1(c@3.0.0)\n  libs/m:\n    devDependencies:\n      t:\n        specifier: ^2.0.0\n        version: 2.0.0\npackages:\n  /a@1.0.1(c@3.0.0):\n    dependencies:\n      '@s/u': 1.0.0\n    dev: false\n  /@s/u@1.0.0:\n    dev: false\n  /t@2.0.0:\n    dev: true\n";
    let found = check(
        &[("pnpm-lock.yaml", six), ("libs/m/package.json", "{\"devDependencies\": {\"t\": \"^2.0.0\"}}")],
        &[
            "a@1.0.1 direct @pnpm-lock.yaml:14",
            "@s/u@1.0.0 via a@1.0.1 @pnpm-lock.yaml:18",
            "t@2.0.0 direct dev @pnpm-lock.yaml:20",
        ],
    );
    assert_eq!(found.manifests[0].declared[0].package, Some(2));
    assert_eq!(found.packages[0].requested.as_deref(), Some("^1.0.0"));
    let nine = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a:\n        specifier: ^1.0.0\n        version: 1.0.1(c@3.0.0)\n    devDependencies:\n      t:\n        specifier: ^2.0.0\n        version: 2.0.0\n    optionalDependencies:\n      old:\n        specifier: npm:a@0.9.1\n        version: a@0.9.1\npackages:\n  a@0.9.1:\n    deprecated: no more\n  a@1.0.1:\n    resolution: {integrity: sha512-AAEC}\n  c@3.0.0: {}\n  t@2.0.0: {}\nsnapshots:\n  a@0.9.1:\n    optional: true\n  a@1.0.1(c@3.0.0):\n    dependencies:\n      c: 3.0.0\n  c@3.0.0: {}\n  t@2.0.0: {}\n";
    check(
        &[("pnpm-lock.yaml", nine)],
        &[
            "a@0.9.1 direct optional @pnpm-lock.yaml:17",
            "a@1.0.1 direct @pnpm-lock.yaml:19",
            "c@3.0.0 via a@1.0.1 @pnpm-lock.yaml:21",
            "t@2.0.0 direct dev @pnpm-lock.yaml:22",
        ],
    );
}

#[test]
fn bun_with_workspace_and_nested_copy() {
    let text = r#"{
  "lockfileVersion": 1,
  "workspaces": {
    "": {"name": "app", "dependencies": {"a": "^1.0.0"}, "devDependencies": {"t": "^2.0.0"}},
    "libs/m": {"name": "m", "version": "0.1.0", "dependencies": {"@s/u": "^2.0.0"}},
  },
  "trustedDependencies": ["t"],
  "packages": {
    "@s/u": ["@s/u@1.0.0", "", {}, "sha512-AAEC"],
    "a": ["a@1.0.1", "", {"dependencies": {"@s/u": "^1.0.0"}}, "sha512-AAEC"],
    "m": ["m@workspace:libs/m"],
    "m/@s/u": ["@s/u@2.0.0", "", {}, "sha512-AAEC"],
    "t": ["t@2.0.0", "", {"optionalDependencies": {"a": "*"}}, "sha512-AAEC"],
  }
}"#;
    check(
        &[("bun.lock", text)],
        &[
            "a@1.0.1 direct @bun.lock:10",
            "m@0.1.0 Workspace @bun.lock:11",
            "t@2.0.0 direct dev script @bun.lock:13",
            "@s/u@1.0.0 via a@1.0.1 @bun.lock:9",
            "@s/u@2.0.0 direct @bun.lock:12",
        ],
    );
}

#[test]
fn deno_of_all_ages() {
    let five = r#"{"version": "5",
"specifiers": {"jsr:@std/x@1": "1.0.2", "npm:a@^1.0.0": "1.0.1_c@3.0.0"},
"jsr": {"@std/x@1.0.2": {"integrity": "0000000000000000000000000000000000000000000000000000000000000001", "dependencies": ["npm:a@^1.0.0"]}},
"npm": {
"a@1.0.1_c@3.0.0": {"integrity": "sha512-AAEC", "dependencies": ["c"], "scripts": true},
"c@3.0.0": {"integrity": "sha512-AAEC"}},
"workspace": {"dependencies": ["jsr:@std/x@1"]}}"#;
    let found = check(
        &[("deno.lock", five), ("deno.json", "{\"imports\": {\"x\": \"jsr:@std/x@1\"}}")],
        &[
            "a@1.0.1 script via @std/x@1.0.2 @deno.lock:5",
            "c@3.0.0 via @std/x@1.0.2>a@1.0.1 @deno.lock:6",
            "@std/x@1.0.2 direct @deno.lock:3",
        ],
    );
    assert_eq!(found.manifests[0].declared[0].package, Some(2));
    assert_eq!(found.packages[2].purl(), "pkg:jsr/%40std/x@1.0.2");
    let three = r#"{"version": "3", "packages": {"specifiers": {"npm:a@1": "npm:a@1.0.1"}, "npm": {
"a@1.0.1": {"integrity": "sha512-AAEC", "dependencies": {"c": "c@3.0.0"}},
"c@3.0.0": {"integrity": "sha512-AAEC", "dependencies": {}}}}, "remote": {"https://deno.land/x/y.ts": "00"},
"workspace": {"dependencies": ["npm:a@1"]}}"#;
    check(&[("deno.lock", three)], &["a@1.0.1 direct @deno.lock:2", "c@3.0.0 via a@1.0.1 @deno.lock:3"]);
}

/// One file of each shape, for tests that break them.
pub(super) const SAMPLES: &[(&str, &str)] = &[
    (
        "package-lock.json",
        "{\"packages\": {\"\": {\"dependencies\": {\"a\": \"1\"}}, \"node_modules/a\": {\"version\": \"1.0.0\", \"resolved\": \"https://x/-/a.tgz\", \"integrity\": \"sha512-AAEC\", \"dependencies\": {\"b\": \"1\"}}, \"node_modules/b\": {\"resolved\": \"l/b\", \"link\": true}, \"l/b\": {\"version\": \"1\"}}}",
    ),
    (
        "package-lock.json",
        "{\"dependencies\": {\"a\": {\"version\": \"1.0.0\", \"requires\": {\"b\": \"1\"}, \"dependencies\": {\"b\": {\"version\": \"git+ssh://git@h/b.git#0123456789\"}}}}}",
    ),
    (
        "yarn.lock",
        "\"a@^1\", \"b@npm:a@^2\":\n  version \"1.0.0\"\n  resolved \"https://x/a.tgz#0123456789\"\n  dependencies:\n    c \"1\"\n",
    ),
    (
        "yarn.lock",
        "\"a@npm:^1, a@npm:^2\":\n  version: 1.0.0\n  resolution: \"a@npm:1.0.0\"\n  dependencies:\n    \"@s/c\": \"npm:1\"\n",
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a: {specifier: 1, version: 1.0.0(b@1.0.0)}\npackages:\n  a@1.0.0: {resolution: {integrity: sha512-AAEC}}\nsnapshots:\n  a@1.0.0(b@1.0.0): {dependencies: {b: 1.0.0}}\n",
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: 5.3\npackages:\n  /@s/a/1.0.0_b@1.0.0:\n    dependencies: {b: 1.0.0}\n  /b/1.0.0: {dev: true}\n",
    ),
    (
        "bun.lock",
        "{\"workspaces\": {\"\": {\"dependencies\": {\"a\": \"1\"}}}, \"packages\": {\"@s/a/@t/b\": [\"@t/b@1.0.0\", \"\", {\"dependencies\": {}}, \"sha512-AA\"],}}",
    ),
    (
        "deno.lock",
        "{\"version\": \"5\", \"specifiers\": {\"npm:a@1\": \"1.0.0_b@1\"}, \"npm\": {\"a@1.0.0_b@1\": {\"dependencies\": [\"b\"]}}}",
    ),
    (
        "npm-shrinkwrap.json",
        "{\"lockfileVersion\": 2, \"packages\": {\"node_modules/@s/a\": {\"version\": \"1.0.0-rc.1\", \"dev\": true}}, \"dependencies\": {\"@s/a\": {\"version\": \"1.0.0-rc.1\"}}}",
    ),
    (
        "poetry.lock",
        "[[package]]\nname = \"a\"\nversion = \"1\"\noptional = true\ngroups = [\"dev\"]\nmarkers = \"x\"\n[package.dependencies]\nb = {version = \">=1\", optional = true}\n[package.source]\ntype = \"git\"\nurl = \"https://x/y\"\nresolved_reference = \"0123456789\"\n[extras]\nx = [\"b\"]\n",
    ),
    (
        "pdm.lock",
        "[[package]]\nname = \"a\"\nversion = \"1\"\ngroups = [\"default\", \"dev\"]\ndependencies = [\"b>=1; x\"]\nfiles = [{file = \"a.whl\", hash = \"sha256:aa\"}]\n",
    ),
    (
        "Pipfile.lock",
        "{\"_meta\": {}, \"default\": {\"a\": {\"version\": \"==1\", \"hashes\": [\"sha256:aa\"], \"markers\": \"x\"}}, \"develop\": {\"b\": {\"git\": \"https://x/y\", \"ref\": \"0123456789\"}}}",
    ),
    (
        "uv.lock",
        "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { editable = \"x\" }\ndependencies = [{ name = \"a\", version = \"1\" }]\n",
    ),
    (
        "pylock.toml",
        "[[packages]]\nname = \"a\"\nversion = \"1\"\nmarker = \"'x' in extras\"\nwheels = [{ hashes = { sha256 = \"aa\" } }]\n",
    ),
    (
        "requirements.txt",
        "-i https://u:p@x/simple\na[b]==1.0 ; x \\\n --hash=sha256:aa\n-e git+https://x/y@z#egg=q\n./a-1.0.tar.gz # c\n",
    ),
    ("setup.py", "setup(install_requires=['a==1', \"b\" % c], extras_require={'x': ['d']}, python_requires='>3')"),
    ("setup.cfg", "[options]\ninstall_requires = a\n  b>=1\n[options.extras_require]\nx =\n  c\n"),
    ("environment.yml", "dependencies:\n- c::a=1=x\n- python=3\n- pip:\n  - b==1\n"),
    ("deno.json", "{\"imports\": {\"a/\": \"npm:/a@^1/x\", \"b\": \"https://esm.sh/@s/b@1?x\"}}"),
    (
        "package.json",
        "{\"dependencies\": {\"a\": \"npm:@s/b@1\"}, \"overrides\": {\"a\": {\".\": \"1\", \"b@2\": \"3\"}}, \"resolutions\": {\"a/**/@s/b\": \"1\"}}",
    ),
    (
        "pyproject.toml",
        "[project]\ndependencies = [\"a>=1\"]\n[tool.poetry.dependencies]\na = [{version = \"1\", markers = \"x\"}]\n[[tool.uv.index]]\nurl = \"https://x\"\n",
    ),
];
