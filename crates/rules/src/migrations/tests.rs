//! Small projects of each tool: which texts are run, in which order, and where they stand.
#![allow(clippy::expect_used, reason = "tests")]

use std::fmt::Write as _;

use lunette_flow::api::ApiTrie;
use lunette_flow::facts::Facts;
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_lang::Dialect;

use super::read;

/// What the migrations of a project run: a line `path:line:column text` for each text, `?` for what cannot be told.
fn told(files: &[(&str, &str)]) -> String {
    let units = files.iter().map(|&(path, text)| {
        let module = lunette_lang::lower(Dialect::of_path(path).expect("source"), text).module.expect("a module");
        Unit { path: path.to_owned(), text: text.to_owned(), module }
    });
    let program = Program::new(units.collect(), &ImportMap::default());
    let trie = ApiTrie::default();
    let facts = Facts::new(&program, &trie);
    let found = read(&facts);
    let mut out = String::new();
    for piece in found.folders.iter().flat_map(|folder| &folder.scripts).flat_map(|script| &script.pieces) {
        let text = piece.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let sign = if piece.whole.is_some() { "~" } else { ":" };
        let _ = writeln!(out, "{}{sign}{}:{} {text}", piece.path, piece.at.0, piece.at.1);
    }
    for unread in &found.unread {
        let _ = writeln!(out, "? {}:{} {}", unread.place.path, unread.place.line, unread.message);
    }
    out
}

const FIRST: &str = r#"
from alembic import op
import sqlalchemy as sa
from typing import Union

revision: str = "a1"
down_revision: Union[str, None] = None
TABLES = ("a", "b")
PAIRS = [("a", "x"), ("b", "y")]


def _rls(name, command="ENABLE"):
    op.execute(f"ALTER TABLE {name} {command} ROW LEVEL SECURITY")


def upgrade() -> None:
    op.create_table("t", sa.Column("id", sa.Integer()))
    op.execute(
        """
        CREATE TABLE a (id int);
        CREATE TABLE b (id int);
        """
    )
    for t in TABLES:
        _rls(t)
    _rls("c", command="FORCE")
    conn = op.get_bind()
    conn.execute(sa.text("GRANT SELECT ON a "
                         "TO anon"))
    for table, column in PAIRS:
        op.execute("ALTER TABLE %s ADD %s int" % (table, column))
    if conn.dialect.name == "sqlite":
        op.execute("PRAGMA foreign_keys = ON")
        op.execute("ALTER TABLE a ADD only_sqlite int")
    op.execute(sa.table("t").update().values(x=1))
    op.execute(open("x.sql").read())


def downgrade() -> None:
    op.execute("DROP TABLE a")
"#;

const SECOND: &str = r#"
from alembic import op
from textwrap import dedent
revision = "b2"
down_revision = "a1"

def upgrade():
    op.execute(sqltext=dedent("""\
        DROP TABLE b
    """))
    op.execute(";\n".join(["DROP TABLE c", "DROP TABLE d"]))
"#;

#[test]
fn alembic_runs_along_the_chain() {
    let found = told(&[("db/versions/zz_first.py", FIRST), ("db/versions/aa_second.py", SECOND)]);
    assert_eq!(
        found,
        "db/versions/zz_first.py:19:12 CREATE TABLE a (id int); CREATE TABLE b (id int);
db/versions/zz_first.py~13:16 ALTER TABLE a ENABLE ROW LEVEL SECURITY
db/versions/zz_first.py~13:16 ALTER TABLE b ENABLE ROW LEVEL SECURITY
db/versions/zz_first.py~13:16 ALTER TABLE c FORCE ROW LEVEL SECURITY
db/versions/zz_first.py~28:26 GRANT SELECT ON a TO anon
db/versions/zz_first.py~31:20 ALTER TABLE a ADD x int
db/versions/zz_first.py~31:20 ALTER TABLE b ADD y int
db/versions/aa_second.py:9:1 DROP TABLE b
db/versions/aa_second.py~11:27 DROP TABLE c; DROP TABLE d
? db/versions/zz_first.py:36 the SQL that `alembic.op.execute` runs is not told by the code
"
    );
}

#[test]
fn django_runs_what_its_operations_name() {
    let first = r#"
from django.db import migrations, models

def forwards(apps, schema_editor):
    schema_editor.execute("COMMENT ON TABLE a IS 'x'")

def backwards(apps, schema_editor):
    schema_editor.execute("DROP TABLE a")

class Migration(migrations.Migration):
    dependencies = []
    operations = [
        migrations.RunSQL("CREATE TABLE a (id int)", reverse_sql="DROP TABLE a"),
        migrations.RunSQL(sql=[("GRANT SELECT ON a TO anon", None), "GRANT UPDATE ON a TO anon"]),
        migrations.RunPython(forwards, backwards),
        migrations.RunSQL(migrations.RunSQL.noop),
    ]
"#;
    let second = "
from django.db import migrations
class Migration(migrations.Migration):
    operations = [migrations.RunSQL('DROP TABLE a')]
";
    assert_eq!(
        told(&[("shop/orders/migrations/0010_b.py", second), ("shop/users/migrations/0002_a.py", first)]),
        "shop/users/migrations/0002_a.py:13:28 CREATE TABLE a (id int)
shop/users/migrations/0002_a.py:14:34 GRANT SELECT ON a TO anon
shop/users/migrations/0002_a.py:14:70 GRANT UPDATE ON a TO anon
shop/users/migrations/0002_a.py:5:28 COMMENT ON TABLE a IS 'x'
shop/orders/migrations/0010_b.py:4:38 DROP TABLE a
"
    );
}

#[test]
fn knex_runs_raw_statements_and_not_defaults() {
    let text = r#"
const TABLES = ["a", "b"];
exports.up = async function (knex) {
  await knex.schema.createTable("x", (t) => {
    t.uuid("id").defaultTo(knex.raw("gen_random_uuid()"));
  }).raw("COMMENT ON TABLE x IS 'x'");
  for (const t of TABLES) await knex.raw(`ALTER TABLE ${t} ENABLE ROW LEVEL SECURITY`);
  TABLES.forEach(async (t) => { await knex.schema.raw("DROP TABLE " + t); });
  await knex.transaction(async (trx) => {
    await trx.raw(`
      CREATE TABLE y (id int)
    `);
  });
  await knex.raw(`UPDATE x SET a = ${process.env.A}`);
  return knex.schema.raw("GRANT SELECT ON x TO anon").then(() => knex.raw("DROP TABLE x"));
};
exports.down = async function (knex) {
  await knex.raw("DROP TABLE nothing");
};
"#;
    assert_eq!(
        told(&[("migrations/1_a.js", text)]),
        "migrations/1_a.js:6:11 COMMENT ON TABLE x IS 'x'
migrations/1_a.js~7:42 ALTER TABLE a ENABLE ROW LEVEL SECURITY
migrations/1_a.js~7:42 ALTER TABLE b ENABLE ROW LEVEL SECURITY
migrations/1_a.js~8:55 DROP TABLE a
migrations/1_a.js~8:55 DROP TABLE b
migrations/1_a.js:10:20 CREATE TABLE y (id int)
migrations/1_a.js:15:27 GRANT SELECT ON x TO anon
migrations/1_a.js:15:76 DROP TABLE x
? migrations/1_a.js:14 the SQL that `raw` runs is not told by the code
"
    );
}

#[test]
fn other_tools_of_node() {
    let typeorm = r#"
import { MigrationInterface, QueryRunner } from "typeorm";
export class A1 implements MigrationInterface {
  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE a (id int)`);
    await this.helper(queryRunner);
  }
  async helper(runner: QueryRunner) { await runner.query("DROP TABLE a"); }
  public async down(queryRunner: QueryRunner): Promise<void> { await queryRunner.query(`DROP TABLE b`); }
}
"#;
    let sequelize = r#"
module.exports = {
  up: async (queryInterface, Sequelize) => {
    await queryInterface.sequelize.query("CREATE TABLE s (id int)", { transaction: null });
  },
  down: async (queryInterface) => queryInterface.sequelize.query("DROP TABLE s"),
};
"#;
    let umzug = "export const up = async ({ context: q }) => { await q.sequelize.query('CREATE TABLE u ()'); };\n";
    let pgm = "export async function up(pgm) {\n  pgm.sql(`CREATE TABLE p ()`);\n}\n";
    let mikro = "import { Migration } from '@mikro-orm/migrations';\nexport class M extends Migration {\n  async up() { this.addSql('CREATE TABLE m ()'); }\n  async down() { this.addSql('x'); }\n}\n";
    let kysely =
        "import { sql } from 'kysely';\nexport async function up(db) { await sql`CREATE TABLE k ()`.execute(db); }\n";
    let mongo = "exports.up = async (db) => { await db.collection('a').updateMany({}, {}); };\n";
    assert_eq!(
        told(&[
            ("src/db/1-a.ts", typeorm),
            ("migrations/1-s.js", sequelize),
            ("migrations/2-u.js", umzug),
            ("migrations/3-p.js", pgm),
            ("migrations/4-k.ts", kysely),
            ("migrations/5-m.js", mongo),
            ("mikro/1.ts", mikro),
        ]),
        "migrations/1-s.js:4:43 CREATE TABLE s (id int)
migrations/2-u.js:1:72 CREATE TABLE u ()
migrations/3-p.js:2:12 CREATE TABLE p ()
migrations/4-k.ts:2:42 CREATE TABLE k ()
mikro/1.ts:3:29 CREATE TABLE m ()
src/db/1-a.ts:5:30 CREATE TABLE a (id int)
src/db/1-a.ts:8:59 DROP TABLE a
"
    );
}

#[test]
fn what_is_no_migration() {
    let service = "exports.up = async (knex) => { await knex.raw('DROP TABLE a'); };\n";
    assert_eq!(told(&[("src/health.js", service), ("tests/migrations/1.js", service)]), "");
    let env = "from alembic import context, op\ndef run():\n    op.execute('DROP TABLE a')\n";
    assert_eq!(told(&[("alembic/env.py", env)]), "");
}

#[test]
fn circles_end() {
    let text = "exports.up = function up(knex) { a(knex); up(knex); };\nfunction a(k) { b(k); k.raw('DROP TABLE a'); }\nfunction b(k) { a(k); }\n";
    assert_eq!(told(&[("migrations/1.js", text)]), "migrations/1.js:2:30 DROP TABLE a\n");
    let mut deep = String::from("exports.up = async (knex) => {\n  let s = 'CREATE TABLE t ()';\n");
    for _ in 0..200 {
        deep.push_str("  if (knex.x) s = s + ' ';\n");
    }
    deep.push_str("  await knex.raw(s);\n};\n");
    assert_eq!(told(&[("migrations/1.js", &deep)]).matches('?').count(), 1);
}
