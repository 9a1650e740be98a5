//! Migrations that are code, end to end: their SQL is replayed, judged, and pointed at in the code.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

mod common;

use common::{assess, code, lunette, project, stderr, stdout};

/// Rule, path and line of the findings on the database, and what was skipped.
fn told(files: &[(&str, &str)]) -> (Vec<(String, String, u64)>, Vec<String>) {
    let folder = project(files);
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("r.json");
    let output = assess(folder.path(), &["-o", path.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let findings = json["findings"].as_array().unwrap().iter().map(|finding| {
        let place = &finding["place"];
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        (text(&finding["rule"]), text(&place["path"]), place["line"].as_u64().unwrap())
    });
    let skipped = json["project"]["skipped"].as_array().unwrap();
    let skipped = skipped.iter().map(|skip| skip["detail"].as_str().unwrap_or_default().to_owned());
    (findings.filter(|found| found.0.starts_with("supabase-")).collect(), skipped.collect())
}

const ALEMBIC: &str = r#"from alembic import op
import sqlalchemy as sa

revision = "a1"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE accounts (id int primary key, owner text, plan text)")
    op.execute(
        """
        CREATE FUNCTION total() RETURNS int
        LANGUAGE sql SECURITY DEFINER AS $$ SELECT 1 $$;

        CREATE FUNCTION find(needle text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        BEGIN
          EXECUTE 'SELECT 1 FROM public.accounts WHERE owner = ''' || needle || '''';
        END $$;
        """
    )
    op.get_bind().execute(sa.text(open("more.sql").read()))


def downgrade():
    op.execute("DROP TABLE accounts")
"#;

#[test]
fn alembic_is_replayed_and_judged_in_place() {
    let (found, skipped) = told(&[("requirements.txt", "alembic==1.13.0\n"), ("migrations/versions/a1.py", ALEMBIC)]);
    let at = |rule: &str| {
        found.iter().filter(|found| found.0 == rule).map(|found| (found.1.as_str(), found.2)).collect::<Vec<_>>()
    };
    assert_eq!(at("supabase-definer-search-path"), [("migrations/versions/a1.py", 12)], "{found:?}");
    assert_eq!(at("supabase-dynamic-sql"), [("migrations/versions/a1.py", 17)], "{found:?}");
    assert!(
        skipped.iter().any(
            |detail| detail.starts_with("line 21: not replayed: the SQL that `alembic.op.get_bind().execute` runs")
        ),
        "{skipped:?}"
    );
}

#[test]
fn knex_is_replayed_and_judged_in_place() {
    let text = "exports.up = async (knex) => {
  await knex.schema.createTable('made_by_calls', (t) => t.increments());
  await knex.raw(`ALTER TABLE made_by_calls ENABLE ROW LEVEL SECURITY`);
  await knex.raw(`ALTER TABLE made_by_calls FORCE ROW LEVEL SECURITY`);
  await knex.raw(`
    CREATE FUNCTION total() RETURNS int
    LANGUAGE sql SECURITY DEFINER AS $$ SELECT 1 $$
  `);
};
exports.down = async (knex) => {
  await knex.raw('DROP FUNCTION total()');
};
";
    let (found, skipped) = told(&[
        ("package.json", "{\"dependencies\":{\"knex\":\"3.1.0\",\"pg\":\"8.11.0\"}}\n"),
        ("migrations/1_a.js", text),
    ]);
    let definer: Vec<_> = found.iter().filter(|found| found.0 == "supabase-definer-search-path").collect();
    assert_eq!(definer.len(), 1, "{found:?}");
    assert_eq!((definer[0].1.as_str(), definer[0].2), ("migrations/1_a.js", 6));
    assert!(
        skipped.iter().any(|detail| detail.contains("line 3: not carried out: ")
            && detail.contains("(and 1 more in this file); what the tool's own calls")),
        "{skipped:?}"
    );
    assert_eq!(skipped.len(), 1, "{skipped:?}");
}

#[test]
fn migrations_of_another_database_are_told_of() {
    let text = "exports.up = async (knex) => {\n  await knex.raw('CREATE TABLE `a` (id int AUTO_INCREMENT)');\n};\n";
    let (found, skipped) = told(&[("package.json", "{}\n"), ("migrations/1_a.js", text)]);
    assert!(found.is_empty(), "{found:?}");
    assert!(skipped.iter().any(|detail| detail.contains("another database than Postgres")), "{skipped:?}");
}

#[test]
fn files_of_sql_run_between_those_of_code() {
    let folder = project(&[
        ("package.json", "{}\n"),
        ("migrations/1_a.sql", "CREATE TABLE a (id int);\n-- Down Migration\nDROP TABLE a;\n"),
        ("migrations/2_b.js", "exports.up = (pgm) => {\n  pgm.sql('DROP TABLE a');\n};\n"),
        ("migrations/10_c.sql", "CREATE TABLE a (id text);\n"),
    ]);
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("r.json");
    let output = assess(folder.path(), &["-o", path.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let json = std::fs::read_to_string(path).unwrap();
    assert!(!json.contains("already exists") && !json.contains("does not exist"), "{json}");
    let output = lunette().arg("rls").arg(folder.path()).output().unwrap();
    assert_eq!(code(&output), 0, "{} {}", stdout(&output), stderr(&output));
}
