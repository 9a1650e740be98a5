//! The database and the packages end to end: the real binary, a real Postgres, archives as they are downloaded.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "test code")]

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{DATE, assess, code, lunette, project, sample, stderr, stdout};

const LOCK: &str = r#"{
  "name": "shop", "version": "1.0.0", "lockfileVersion": 3,
  "packages": {
    "": { "name": "shop", "version": "1.0.0", "dependencies": { "left-one": "^1.0.0" } },
    "node_modules/left-one": { "version": "1.0.0", "resolved": "https://registry.npmjs.org/left-one/-/left-one-1.0.0.tgz" }
  }
}
"#;

const RECORD: &str = r#"{
  "schema_version": "1.6.0", "id": "GHSA-1111-2222-3333", "aliases": ["CVE-2026-0001"], "modified": "2026-11-20T00:00:00Z",
  "published": "2026-11-01T00:00:00Z", "summary": "A made-up weakness",
  "severity": [{ "type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
  "affected": [{ "package": { "ecosystem": "npm", "name": "left-one" },
    "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "1.0.1" }] }] }]
}
"#;

/// A folder with an archive of one advisory, laid out as the downloads are.
fn archives() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("npm")).unwrap();
    let file = std::fs::File::create(folder.path().join("npm/all.zip")).unwrap();
    let mut archive = zip::ZipWriter::new(file);
    archive.start_file("GHSA-1111-2222-3333.json", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(RECORD.as_bytes()).unwrap();
    archive.finish().unwrap();
    folder
}

fn run(args: &[&str], data: &Path) -> Output {
    lunette().args(args).env("LUNETTE_DATA", data).output().unwrap()
}

#[test]
fn a_snapshot_is_made_asked_and_used_and_a_damaged_one_is_not_passed_over() {
    let (from, data, out) = (archives(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let shop = project(&[
        ("package.json", r#"{"name": "shop", "dependencies": {"left-one": "^1.0.0"}}"#),
        ("package-lock.json", LOCK),
    ]);
    let path = shop.path().to_str().unwrap();
    let report = out.path().join("r.json");
    let assess = |more: &[&str]| {
        let args = [&["assess", path, "--date", DATE, "-o", report.to_str().unwrap()], more].concat();
        let output = run(&args, data.path());
        let text = std::fs::read_to_string(&report).unwrap_or_default();
        (code(&output), serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default())
    };
    let known = |report: &serde_json::Value| {
        report["findings"].as_array().unwrap().iter().any(|finding| finding["evidence"]["id"] == "GHSA-1111-2222-3333")
    };

    let (exit, without) = assess(&[]);
    assert!(exit == 0 && !known(&without));
    assert!(without["intelligence"]["limits"].to_string().contains("No snapshot"), "{}", without["intelligence"]);

    let (exit, given) = assess(&["--intel", from.path().to_str().unwrap()]);
    assert!(exit == 0 && known(&given), "a folder of downloads serves as it is");

    let updated = run(&["intel", "update", "--from", from.path().to_str().unwrap()], data.path());
    assert_eq!(code(&updated), 0, "{}", stderr(&updated));
    let shown = run(&["intel", "show", "CVE-2026-0001"], data.path());
    assert!(stdout(&shown).contains("A made-up weakness") && stdout(&shown).contains("left-one"), "{}", stdout(&shown));
    assert!(stdout(&run(&["intel", "status"], data.path())).contains("CISA KEV: missing"));
    let (exit, with) = assess(&[]);
    assert!(exit == 0 && known(&with));
    let upgrade = &with["dependencies"]["upgrades"][0];
    assert_eq!((&upgrade["package"], &upgrade["to"]), (&"left-one".into(), &"1.0.1".into()));

    // A failed import leaves the snapshot, a damaged snapshot makes the assessment incomplete.
    std::fs::write(from.path().join("npm/all.zip"), b"no archive").unwrap();
    assert_eq!(code(&run(&["intel", "update", "--from", from.path().to_str().unwrap()], data.path())), 3);
    assert!(known(&assess(&[]).1));
    let index = data.path().join("intel/advisories.idx");
    let bytes = std::fs::read(&index).unwrap();
    std::fs::write(&index, &bytes[..bytes.len() / 2]).unwrap();
    let (exit, damaged) = assess(&[]);
    assert_eq!(exit, 3);
    assert!(damaged["incomplete"].is_string());
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(assess(&["--intel", empty.path().to_str().unwrap()]).0, 2, "a folder without a snapshot is a mistake");
}

const OWN: &str = "- id: ACME-2026-7
  package: npm:left-one
  summary: One tenant reads another's lists
  severity: ['CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N']
  cwe: [639]
  affected: [{introduced: '0', fixed: '1.1.0'}]
  symbols: [left-one.list]
";

#[test]
fn advisories_of_the_users_own_join_the_public_ones_and_a_new_one_is_new() {
    let (from, data, out) = (archives(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let shop = project(&[
        ("package.json", r#"{"name": "shop", "dependencies": {"left-one": "^1.0.0"}}"#),
        ("package-lock.json", LOCK),
        ("app.js", "const left = require('left-one')\nmodule.exports = (name) => left.list(name)\n"),
    ]);
    let own = tempfile::tempdir().unwrap();
    std::fs::write(own.path().join("acme.yml"), OWN).unwrap();
    let assess = |file: &str, more: &[&str]| {
        let file = out.path().join(file);
        let args = [
            "assess",
            shop.path().to_str().unwrap(),
            "--date",
            DATE,
            "--intel",
            from.path().to_str().unwrap(),
            "-o",
            file.to_str().unwrap(),
        ];
        let output = run(&[&args[..], more].concat(), data.path());
        (code(&output), std::fs::read_to_string(&file).unwrap_or_default(), stderr(&output))
    };
    let finding = |text: &str| {
        let report: serde_json::Value = serde_json::from_str(text).unwrap();
        report["findings"].as_array().unwrap().iter().find(|one| one["rule"] == "known-vulnerability").unwrap().clone()
    };
    let advisories = own.path().to_str().unwrap();
    let (_, before, _) = assess("before.json", &[]);
    let (_, after, _) = assess("after.json", &["--advisories", advisories]);
    let (before, after) = (finding(&before), finding(&after));
    let rows = after["evidence"]["advisories"].as_array().unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert!(ids.len() == 2 && ids.contains(&"ACME-2026-7") && ids.contains(&"GHSA-1111-2222-3333"), "{ids:?}");
    let acme = rows.iter().find(|row| row["id"] == "ACME-2026-7").unwrap();
    assert_eq!((&acme["reachability"], &acme["fixed"]), (&"called".into(), &"1.1.0".into()));
    assert_eq!(before["fingerprint"], after["fingerprint"], "one piece of work, whatever is published for it");

    // A baseline of either form knows what it was made of, and no more.
    let known = |report: &str| {
        let value = finding(report);
        let rows = value["evidence"]["advisories"].as_array().unwrap().clone();
        (value["in_baseline"] == true, rows.iter().filter(|row| row["in_baseline"] == true).count())
    };
    for form in ["json", "sarif"] {
        let name = format!("base.{form}");
        let (exit, ..) = assess(&name, &[]);
        assert_eq!(exit, 0);
        let base = out.path().join(&name);
        let base = base.to_str().unwrap();
        let (exit, same, _) = assess("same.json", &["--baseline", base, "--fail-on", "low"]);
        assert_eq!((exit, known(&same)), (0, (true, 1)), "{form}");
        let (exit, more, _) =
            assess("more.json", &["--baseline", base, "--fail-on", "low", "--advisories", advisories]);
        assert_eq!((exit, known(&more)), (1, (false, 1)), "{form}: what was published since is new");
    }

    // VEX speaks of it too; a faulty file stops the run and says where.
    let vex = run(&["vex", shop.path().to_str().unwrap(), "--date", DATE, "--advisories", advisories], data.path());
    assert!(stdout(&vex).contains("ACME-2026-7"), "{}", stderr(&vex));
    assert_eq!(code(&run(&["intel", "check", advisories], data.path())), 0);
    std::fs::write(own.path().join("bad.yml"), "- id: ACME-2026-8\n  package: npm:left-one\n  sumary: x\n").unwrap();
    let checked = run(&["intel", "check", advisories], data.path());
    assert!(
        code(&checked) == 2 && stderr(&checked).contains("bad.yml:3: there is no key `sumary`"),
        "{}",
        stderr(&checked)
    );
    let (exit, _, told) = assess("x.json", &["--advisories", advisories]);
    assert!(exit == 2 && told.contains("bad.yml:3"), "{told}");
}

#[test]
fn one_advisory_is_accepted_by_name() {
    let (from, data, out) = (archives(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let accept = |until: &str| {
        format!(
            "[[suppress]]\nrule = \"known-vulnerability\"\nadvisory = \"CVE-2026-0001\"\nreason = \"never called\"\nuntil = {until}\n"
        )
    };
    let own = tempfile::tempdir().unwrap();
    std::fs::write(own.path().join("acme.yml"), OWN).unwrap();
    let rows = |until: &str, more: &[&str]| {
        let shop = project(&[
            ("package.json", r#"{"name": "shop", "dependencies": {"left-one": "^1.0.0"}}"#),
            ("package-lock.json", LOCK),
            ("lunette.toml", &accept(until)),
        ]);
        let file = out.path().join("r.json");
        let args = [
            "assess",
            shop.path().to_str().unwrap(),
            "--date",
            DATE,
            "--intel",
            from.path().to_str().unwrap(),
            "-o",
            file.to_str().unwrap(),
        ];
        assert_eq!(code(&run(&[&args[..], more].concat(), data.path())), 0);
        let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let found =
            report["findings"].as_array().unwrap().iter().find(|one| one["rule"] == "known-vulnerability").cloned();
        found.map(|one| {
            one["evidence"]["advisories"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|row| row.get("suppression").is_none())
                .count()
        })
    };
    assert_eq!(rows("2099-01-01", &[]), None, "nothing is left of it");
    assert_eq!(rows("2001-01-01", &[]), Some(1), "the acceptance is over");
    assert_eq!(rows("2099-01-01", &["--advisories", own.path().to_str().unwrap()]), Some(1), "the other one counts");
}

#[test]
fn a_lockfile_that_cannot_be_read_is_never_no_issues() {
    let shop = project(&[
        ("package.json", r#"{"name": "shop", "dependencies": {"left-one": "^1.0.0"}}"#),
        ("package-lock.json", "{ \"packages\": "),
    ]);
    let output = assess(shop.path(), &[]);
    assert_eq!(code(&output), 3, "{}", stdout(&output));
    let output = lunette().arg("sbom").arg(shop.path()).args(["--date", DATE]).output().unwrap();
    assert_eq!(code(&output), 3, "half a list is no bill of materials");
    assert!(stderr(&output).contains("package-lock.json"));
}

#[test]
fn documents_on_packages_are_the_same_twice() {
    let shop = project(&[
        ("package.json", r#"{"name": "shop", "dependencies": {"left-one": "^1.0.0"}}"#),
        ("package-lock.json", LOCK),
    ]);
    let out = tempfile::tempdir().unwrap();
    let document = |command: &str, name: &str| {
        let file = out.path().join(name);
        let output = lunette()
            .arg(command)
            .arg(shop.path())
            .args(["--date", DATE, "-o", file.to_str().unwrap()])
            .output()
            .unwrap();
        (code(&output), std::fs::read_to_string(file).unwrap_or_default())
    };
    let (exit, sbom) = document("sbom", "a.cdx.json");
    assert_eq!(exit, 0);
    let parsed: serde_json::Value = serde_json::from_str(&sbom).unwrap();
    assert_eq!(parsed["specVersion"], "1.6");
    assert!(sbom.contains("pkg:npm/left-one@1.0.0"));
    assert_eq!(document("sbom", "b.cdx.json").1, sbom);
    assert_eq!(document("vex", "a.cdx.json").0, 0);
    assert_eq!(document("sbom", "a.xml").0, 2);
    assert_eq!(document("vex", "a.json").0, 2);
}

#[test]
fn the_samples_access_matrix_is_in_every_form() {
    let output = lunette().arg("rls").arg(sample()).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let line = stdout(&output)
        .lines()
        .find(|line| line.starts_with("public.customers") && line.contains("anon"))
        .unwrap()
        .to_owned();
    assert_eq!(line.matches("all rows").count(), 4, "{line}");
    let json = lunette().arg("rls").arg(sample()).args(["--format", "json"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(json["objects"].as_array().unwrap().len() >= 2);
    let report = stdout(&assess(&sample(), &["-o", "-"]));
    assert!(
        report.contains("#### Database access") && report.contains("| `public.orders` | `authenticated` | own rows |")
    );
}

/// A cluster of its own, stopped when dropped.
struct Cluster {
    folder: PathBuf,
    url: String,
}

impl Cluster {
    fn start() -> Option<Cluster> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres.sh");
        // Not below a temporary folder of ours alone: Postgres runs as somebody else when we are root.
        let folder = std::env::temp_dir().join(format!("lunette-rooms-{}", std::process::id()));
        let output = Command::new("bash").arg(script).arg("start").arg(&folder).output().unwrap();
        if !output.status.success() {
            let told = stderr(&output);
            assert!(std::env::var_os("LUNETTE_REQUIRE_POSTGRES").is_none(), "{told}");
            eprintln!("SKIPPED: {told}");
            return None;
        }
        Some(Cluster { folder, url: stdout(&output).trim().to_owned() })
    }

    fn sql(&self, text: &str) {
        let output = Command::new("/usr/lib/postgresql/15/bin/psql")
            .args([&self.url, "-v", "ON_ERROR_STOP=1", "-q", "-c", text])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres.sh");
        let _ = Command::new("bash").arg(script).arg("stop").arg(&self.folder).output();
    }
}

#[test]
fn a_running_database_is_compared_and_judged() {
    const MIGRATION: &str = "create table public.notes (id bigint primary key, body text);\nalter table public.notes enable row level security;\n";
    let Some(cluster) = Cluster::start() else { return };
    cluster.sql(MIGRATION);
    let app = project(&[("migrations/1_notes.sql", MIGRATION)]);
    let drift = || lunette().arg("drift").arg(app.path()).args(["--database", &cluster.url]).output().unwrap();
    let same = drift();
    assert_eq!(code(&same), 0, "{}{}", stdout(&same), stderr(&same));
    cluster.sql("alter table public.notes disable row level security");
    let differs = drift();
    assert_eq!(code(&differs), 1, "{}", stderr(&differs));
    assert!(
        stdout(&differs).contains("public.notes") && stdout(&differs).contains("migrations/1_notes.sql:2"),
        "{}",
        stdout(&differs)
    );

    let report = stdout(&assess(app.path(), &["--database", &cluster.url, "-o", "-"]));
    assert!(report.contains("# Backend Security Assessment Report"));
    let lost = assess(app.path(), &["--database", "postgresql://someone:s3cretword@127.0.0.1:1/nothing"]);
    assert_eq!(code(&lost), 3);
    assert!(!stderr(&lost).contains("s3cretword") && !stdout(&lost).contains("s3cretword"), "{}", stderr(&lost));
}

#[test]
fn advisories_that_the_project_keeps_itself() {
    let lock = r#"{"name": "shop", "lockfileVersion": 3, "packages": {
      "": {"name": "shop", "dependencies": {"left-one": "^1.0.0"}}, "node_modules/left-one": {"version": "1.0.0"}}}"#;
    let files = |config: &str, own: &str| {
        project(&[
            ("package.json", r#"{"name": "shop", "dependencies": {"left-one": "^1.0.0"}}"#),
            ("package-lock.json", lock),
            ("security/advisories/acme.yml", own),
            ("lunette.toml", config),
        ])
    };
    let (data, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let report = out.path().join("r.json");
    let assess = |shop: &Path| {
        let args = ["assess", shop.to_str().unwrap(), "--date", DATE, "-o", report.to_str().unwrap()];
        run(&args, data.path())
    };
    let named = files("[advisories]\npaths = [\"security/advisories\"]\n", OWN);
    assert_eq!(code(&assess(named.path())), 0);
    let seen: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    let findings = seen["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["evidence"]["id"] == "ACME-2026-7").unwrap();
    assert_eq!(found["title"], "`left-one` 1.0.0 has a known vulnerability");
    assert_eq!(found["advice"]["action"].as_str().unwrap().split(',').next(), Some("Raise `left-one` to 1.1.0"));
    assert!(
        seen["dependencies"]["knowledge"]["remarks"].to_string().contains("1 advisory that the project keeps itself")
    );
    let vex = run(&["vex", named.path().to_str().unwrap(), "--date", DATE], data.path());
    assert!(stdout(&vex).contains("ACME-2026-7"), "{}{}", stdout(&vex), stderr(&vex));

    let silent = files("", OWN);
    assert_eq!(code(&assess(silent.path())), 0);
    assert!(!std::fs::read_to_string(&report).unwrap().contains("ACME-2026-7"), "only what lunette.toml names is read");
    let faulty = files("[advisories]\npaths = [\"security/advisories\"]\n", "- id: ACME-2026-7\n  summary: x\n");
    let output = assess(faulty.path());
    assert!(code(&output) == 2 && stderr(&output).contains("security/advisories/acme.yml:1:"), "{}", stderr(&output));
    let absent = files("[advisories]\npaths = [\"other\"]\n", OWN);
    let output = assess(absent.path());
    assert!(code(&output) == 2 && stderr(&output).contains("lunette.toml:2: there is no file"), "{}", stderr(&output));
}
