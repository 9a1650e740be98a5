//! Tests of the replay: what Postgres itself decides is in the differential test of `live`; here are places, failures, blocks,
//! data, and that nothing brings it down.

use super::*;
use crate::catalogue::{Catalogue, Privilege};
use proptest::prelude::*;

fn run(sql: &str) -> Replay {
    replay(&[SqlFile::new("m.sql", sql)], &Options::supabase())
}

/// The catalogue after statements that must all succeed.
fn clean(sql: &str) -> Catalogue {
    let replay = run(sql);
    assert_eq!(replay.failures, [], "{sql}");
    replay.catalogue
}

fn using(catalogue: &Catalogue, table: &str, policy: &str) -> String {
    let policy = catalogue.relation("public", table).and_then(|table| table.policies.get(policy));
    policy.and_then(|policy| policy.using.as_ref()).map(|using| using.text.clone()).unwrap_or_default()
}

const NOTES: &str = "create table notes (id bigint primary key, owner uuid, title varchar(20), kind text);\n";

#[test]
fn conditions_are_printed_as_postgres_prints_them() {
    for (written, printed) in [
        ("auth.uid() = owner", "(auth.uid() = owner)"),
        ("(select auth.uid()) = owner", "(( SELECT auth.uid() AS uid) = owner)"),
        (
            "title = 'x' and kind in ('a', 'b')",
            "(((title)::text = 'x'::text) AND (kind = ANY (ARRAY['a'::text, 'b'::text])))",
        ),
        ("not (id between 1 and 5)", "(NOT ((id >= 1) AND (id <= 5)))"),
        ("kind is not null or true", "((kind IS NOT NULL) OR true)"),
        ("auth.jwt() ->> 'role' = 'admin'", "((auth.jwt() ->> 'role'::text) = 'admin'::text)"),
        ("current_setting('app.tenant')::uuid = owner", "((current_setting('app.tenant'::text))::uuid = owner)"),
        (
            "exists (select 1 from notes n where n.owner = notes.owner)",
            "(EXISTS ( SELECT 1\n   FROM notes n\n  WHERE (n.owner = notes.owner)))",
        ),
        ("id in (select id from notes)", "(id IN ( SELECT notes_1.id\n   FROM notes notes_1))"),
    ] {
        let catalogue = clean(&format!("{NOTES}create policy p on notes using ({written});"));
        assert_eq!(using(&catalogue, "notes", "p"), printed, "{written}");
    }
}

#[test]
fn a_default_follows_its_sequence() {
    let catalogue =
        clean("create schema app;\ncreate table t (id bigserial primary key);\nalter table t set schema app;");
    let default = |catalogue: &Catalogue| {
        let column = catalogue.relation("app", "t").and_then(|table| table.column("id"));
        column.and_then(|column| column.default.clone()).map(|default| default.text)
    };
    assert_eq!(default(&catalogue).as_deref(), Some("nextval('app.t_id_seq'::regclass)"));
    let renamed =
        clean("create schema app;\ncreate table app.t (id serial);\nalter sequence app.t_id_seq rename to numbers;");
    assert_eq!(default(&renamed).as_deref(), Some("nextval('app.numbers'::regclass)"));
}

#[test]
fn origins_point_at_the_statement() {
    let catalogue =
        clean("\u{feff}-- first\ncreate table t (id int);\n\nalter table t\n  enable row level security;\n");
    let table = catalogue.relation("public", "t").expect("the table");
    assert_eq!((table.origin.line, table.origin.column, table.origin.end_line), (2, 1, 2));
    let rls = &table.rls.enabled_origin;
    assert_eq!((rls.line, rls.end_line, rls.path.as_str()), (4, 5, "m.sql"));
    assert_eq!(rls.excerpt, "alter table t enable row level security");
    assert!(table.origin.sequence < rls.sequence);
}

#[test]
fn failures_have_places_and_kinds_and_do_not_stop_the_replay() {
    let sql = "create table a (id int);\ncreate table a (id int);\nalter table b add c int;\ncreate tabel c (id int);\n\
               drop table a restrict;\ncreate table last (id int)";
    let replay = run(sql);
    let found: Vec<_> = replay.failures.iter().map(|failure| (failure.place.line, failure.kind)).collect();
    assert_eq!(found, [(2, FailureKind::Duplicate), (3, FailureKind::Unresolved), (4, FailureKind::Syntax)]);
    assert!(replay.catalogue.relation("public", "last").is_some());
    assert!(replay.catalogue.relation("public", "a").is_none());
    assert_eq!((replay.statements, replay.files[0].failed), (6, 3));
}

#[test]
fn a_statement_that_fails_leaves_nothing() {
    let replay = run("create table t (id int);\nalter table t add a int, enable row level security, drop column zz;");
    assert_eq!(replay.failures.len(), 1);
    let table = replay.catalogue.relation("public", "t").expect("the table");
    assert!(!table.rls.enabled && table.column("a").is_none());
}

#[test]
fn replacing_a_function_keeps_its_privileges_and_resets_its_attributes() {
    let catalogue = clean(
        "create function f() returns int language sql security definer set search_path = '' as 'select 1';
         revoke all on function f() from public, anon;
         create or replace function f() returns int language sql as 'select 2';",
    );
    let function = catalogue.overloads("public", "f").next().expect("the function");
    assert!(!function.security_definer && function.config.is_empty());
    assert!(!catalogue.function_privilege("anon", &function.signature).is_held());
    assert!(catalogue.function_privilege("authenticated", &function.signature).is_held());
    assert_eq!(function.body, "select 2");
}

#[test]
fn a_body_knows_where_it_begins() {
    let catalogue = clean("create function f() returns int language sql\nas $$\nselect 1 $$;");
    let function = catalogue.overloads("public", "f").next().expect("the function");
    assert_eq!(function.body_at, (2, 6));
}

#[test]
fn new_tables_are_granted_by_default_privileges() {
    let held = |options: &Options| {
        let replay = replay(&[SqlFile::new("m.sql", "create table t (id int);")], options);
        replay.catalogue.relation_privilege("anon", &Name::new("public", "t"), Privilege::Select).is_held()
    };
    assert!(held(&Options::supabase()));
    assert!(!held(&Options { auto_expose_new_tables: false, ..Options::supabase() }));
}

#[test]
fn blocks_are_run() {
    let catalogue = clean(
        "create table a (id int); create table b (id int);
         do $$ declare t text; begin
           foreach t in array array['a', 'b'] loop
             execute format('alter table public.%I enable row level security', t);
           end loop;
         end $$;
         do $$ declare r record; begin
           for r in select schemaname, tablename from pg_tables where schemaname = 'public' order by 1, 2 loop
             execute 'create policy p on ' || quote_ident(r.tablename) || ' using (true)';
           end loop;
         end $$;
         do $$ begin
           if not exists (select 1 from pg_policies where tablename = 'a' and policyname = 'p') then
             create policy again on a using (true);
           end if;
           if exists (select from information_schema.columns where table_name = 'a' and column_name = 'id') then
             comment on table a is 'seen';
           end if;
         end $$;
         do $$ begin create type mood as enum ('a'); exception when duplicate_object then null; end $$;
         do $$ begin create type mood as enum ('b'); exception when duplicate_object then null; end $$;",
    );
    for name in ["a", "b"] {
        let table = catalogue.relation("public", name).expect("the table");
        assert!(table.rls.enabled && table.policies.keys().eq(["p"]), "{name}");
    }
    assert_eq!(catalogue.relation("public", "a").and_then(|table| table.comment.as_deref()), Some("seen"));
}

#[test]
fn origins_within_blocks_are_the_statement_s_own() {
    let catalogue =
        clean("create table a (id int);\ndo $$\nbegin\n  alter table a enable row level security;\nend $$;");
    let table = catalogue.relation("public", "a").expect("the table");
    assert_eq!((table.rls.enabled_origin.line, table.rls.enabled_origin.column), (4, 3));
}

#[test]
fn what_blocks_do_with_unknown_texts_is_a_failure_of_its_own() {
    let replay = run("do $$ begin execute (select definition from somewhere limit 1); end $$;");
    assert_eq!(replay.failures.iter().map(|failure| failure.kind).collect::<Vec<_>>(), [FailureKind::Unsupported]);
}

#[test]
fn functions_that_migrations_call_are_run() {
    let catalogue = clean(
        "create table a (id int);
         create function protect(name text) returns void language plpgsql as $$
         begin execute format('alter table %I enable row level security', name); end $$;
         select protect('a');",
    );
    assert!(catalogue.relation("public", "a").is_some_and(|table| table.rls.enabled));
}

#[test]
fn buckets_and_jobs_are_kept() {
    let catalogue = clean(
        "insert into storage.buckets (id, name, public) values ('a', 'a', true), ('b', 'b', false) on conflict do nothing;
         insert into storage.buckets (id, name) select 'c', 'c';
         update storage.buckets set public = true, file_size_limit = 5 where id = 'b';
         create extension pg_cron;
         select cron.schedule('nightly', '0 0 * * *', $$ delete from a $$);",
    );
    let public: Vec<_> = catalogue.buckets.values().map(|bucket| (bucket.id.as_str(), bucket.public)).collect();
    assert_eq!(public, [("a", true), ("b", true), ("c", false)]);
    assert_eq!(catalogue.buckets["b"].file_size_limit, Some(5));
    assert_eq!(catalogue.cron_jobs["nightly"].schedule, "0 0 * * *");
}

#[test]
fn transactions_are_rolled_back() {
    let catalogue = clean(
        "begin; create table a (id int); savepoint s; create table b (id int); rollback to savepoint s;
         create table c (id int); commit; begin; create table d (id int); rollback;",
    );
    let there: Vec<_> =
        ["a", "b", "c", "d"].into_iter().filter(|name| catalogue.relation("public", name).is_some()).collect();
    assert_eq!(there, ["a", "c"]);
}

#[test]
fn dropped_things_take_their_dependents_along() {
    let catalogue = clean(
        "create table a (id int primary key); create table b (id int references a);
         create view v as select id from a; create view w as select id from v;
         create policy p on b using (exists (select 1 from a where a.id = b.id));
         drop table a cascade;",
    );
    let table = catalogue.relation("public", "b").expect("the table");
    assert!(table.constraints.is_empty() && table.policies.is_empty());
    assert!(catalogue.relation("public", "w").is_none());
}

#[test]
fn expressions_follow_renames() {
    let catalogue = clean(&format!(
        "{NOTES}create table other (id int); create policy p on other using (exists (select 1 from notes where notes.owner = auth.uid()));
         alter table notes rename column owner to creator; alter table notes rename to memos;"
    ));
    let text = using(&catalogue, "other", "p");
    assert_eq!(text, "(EXISTS ( SELECT 1\n   FROM memos\n  WHERE (memos.creator = auth.uid())))");
}

#[test]
fn catalogues_are_read_back_from_json() {
    let catalogue = clean(&format!(
        "{NOTES}create policy \"a b\" on notes using (true); create function f(a int, b text) returns int language sql as 'select 1';"
    ));
    let text = serde_json::to_string(&catalogue).expect("JSON");
    assert_eq!(serde_json::from_str::<Catalogue>(&text).expect("a catalogue"), catalogue);
}

#[test]
fn deep_nesting_ends() {
    for sql in [
        format!("create table t (a int default {}1{});", "(".repeat(50_000), ")".repeat(50_000)),
        format!("create view v as {}select 1{};", "select * from (".repeat(5_000), ") x".repeat(5_000)),
        format!("do $$ begin {} end $$;", "begin ".repeat(5_000)),
        format!("do $$ begin {} end $$;", "if true then ".repeat(5_000)),
        format!("select {}1;", "not ".repeat(50_000)),
        format!("select {}1;", "- ".repeat(50_000)),
        format!("select 1{};", " = 1 and (1".repeat(5_000)),
    ] {
        assert!(!run(&sql).files.is_empty());
    }
}

/// Pieces of SQL that statements are put together from.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "create",
            "table",
            "alter",
            "drop",
            "policy",
            "on",
            "using",
            "with check",
            "(",
            ")",
            ",",
            ";",
            "a",
            "b",
            "public.a",
            "enable row level security",
            "grant",
            "revoke",
            "select",
            "from",
            "where",
            "to",
            "anon",
            "function",
            "returns",
            "language",
            "plpgsql",
            "as",
            "$$",
            "begin",
            "end",
            "if",
            "then",
            "loop",
            "for",
            "in",
            "execute",
            "'x'",
            "1",
            "=",
            "and",
            "or",
            "not",
            "null",
            "::",
            "text",
            "[",
            "]",
            "exists",
            "do",
            "case",
            "when",
            "view",
            "index",
            "type",
            "enum",
            "cascade",
            "default",
            "primary key",
            "references",
            "\"",
            "'",
            "--",
            "/*",
            "*/",
            "E'\\",
            "$1",
            "is",
            "::int",
            "union",
        ])
        .prop_map(str::to_owned),
        "[ -~é]{0,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_brings_the_replay_down(pieces in prop::collection::vec(piece(), 0..60)) {
        let text = pieces.join(" ");
        let replay = replay(&[SqlFile::new("m.sql", &text)], &Options::postgres());
        prop_assert!(replay.files.len() == 1);
    }

    #[test]
    fn broken_migrations_are_read_on(cut in 0usize..1800, put in piece(), at in 0usize..1800) {
        let mut text = PROJECT.to_owned();
        let clip = |text: &str, mut at: usize| { at = at.min(text.len()); while !text.is_char_boundary(at) { at -= 1; } at };
        let place = clip(&text, at);
        text.insert_str(place, &put);
        let end = clip(&text, text.len().saturating_sub(cut / 8));
        text.truncate(end);
        let replay = replay(&[SqlFile::new("m.sql", &text), SqlFile::new("n.sql", PROJECT)], &Options::supabase());
        for failure in &replay.failures {
            prop_assert!(failure.place.line >= 1 && !failure.message.is_empty(), "{failure:?}");
        }
    }

    /// Tables, their policies and privileges do not depend on the order in which independent tables are made.
    #[test]
    fn independent_migrations_may_change_places(order in Just((0..6usize).collect::<Vec<_>>()).prop_shuffle()) {
        let texts: Vec<String> = (0..6)
            .map(|n| format!(
                "create table t{n} (id bigint generated always as identity primary key, owner uuid references auth.users);
                 alter table t{n} enable row level security;
                 create policy own on t{n} for all to authenticated using (owner = (select auth.uid()));
                 revoke all on t{n} from anon; create index on t{n} (owner);
                 create function f{n}() returns int language sql stable as 'select 1';"
            ))
            .collect();
        let after = |order: &[usize]| {
            let files: Vec<SqlFile<'_>> = order.iter().map(|n| SqlFile::new("m.sql", &texts[*n])).collect();
            replay(&files, &Options::supabase())
        };
        let (first, second) = (after(&[0, 1, 2, 3, 4, 5]), after(&order));
        prop_assert_eq!(&first.failures, &Vec::new());
        prop_assert_eq!(first.catalogue, second.catalogue);
    }
}

const PROJECT: &str = "
create table if not exists teams (id uuid primary key default gen_random_uuid(), name text not null check (name <> ''));
create table if not exists members (team uuid references teams on delete cascade, person uuid, role text default 'member', primary key (team, person));
alter table teams enable row level security;
create or replace function is_member(wanted uuid) returns boolean language sql security definer set search_path = '' stable as $$
  select exists (select 1 from public.members where team = wanted and person = (select auth.uid()))
$$;
drop policy if exists see on teams;
create policy see on teams for select to authenticated using (is_member(id));
grant select (id) on teams to anon;
create or replace view crowded with (security_invoker = true) as select team, count(*) as people from members group by team having count(*) > 5;
do $$ begin if not exists (select 1 from pg_type where typname = 'plan') then create type plan as enum ('free', 'paid'); end if; end $$;
insert into storage.buckets (id, name, public) values ('files', 'files', false) on conflict (id) do update set public = excluded.public;
alter table teams add column if not exists plan plan default 'free';
";

/// SQL of the checkouts beside the project: migrations of Supabase projects, and Supabase's linter.
fn corpora() -> Vec<(std::path::PathBuf, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../corpora");
    let checkouts = std::fs::read_dir(&root).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<_> = checkouts.map(|checkout| checkout.join("supabase/migrations")).collect();
    folders.extend(["splinter/test", "splinter/lints"].map(|folder| root.join(folder)));
    let mut found = Vec::new();
    let mut open = folders;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        } else if path.extension().is_some_and(|extension| extension == "sql")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            found.push((path, text));
        }
    }
    found.sort();
    found
}

/// Of the files that `squawk` finds valid, nearly all must be understood whole: no syntax error, no form that is not modelled.
#[test]
fn valid_migrations_are_understood() {
    let files = corpora();
    if files.is_empty() {
        eprintln!("SKIPPED: no checkouts beside the project");
        return;
    }
    let mut wrong = Vec::new();
    for (path, text) in &files {
        let replay = replay(&[SqlFile::new("m.sql", text)], &Options::supabase());
        let bad = replay.failures.iter().find(|failure| {
            failure.kind == FailureKind::Syntax
                || failure.message.starts_with("valid SQL of a form that is not modelled")
        });
        if let Some(failure) = bad {
            wrong.push(format!("{}:{} {}", path.display(), failure.place.line, failure.message));
        }
    }
    assert!(wrong.len() * 100 <= files.len(), "{} of {} files: {wrong:#?}", wrong.len(), files.len());
}

#[test]
fn views_that_double_their_columns_end_where_postgres_ends() {
    let views: Vec<String> =
        (1..200).map(|n| format!("create view v{n} as select * from v{} a, v{} b;\n", n - 1, n - 1)).collect();
    let views = views.concat();
    let replay = run(&format!("create table v0 (a int);\n{views}"));
    assert!(
        replay.failures[0].message.contains("target lists can have at most 1664 entries"),
        "{:?}",
        replay.failures[0]
    );
    assert!(
        replay.catalogue.relation("public", "v10").is_some() && replay.catalogue.relation("public", "v11").is_none()
    );
}
