//! Generated statements on functions, privileges, roles and what else there is.

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::expressions::{Use, condition, table};
use super::statements::{grantee, maybe, one_of, view_name};

/// A function with its arguments, as GRANT and ALTER name it.
fn function_ref() -> BoxedStrategy<String> {
    one_of(&[
        "public.f1(int)",
        "public.f2(text)",
        "f2(text)",
        "public.f2()",
        "app.f1(integer)",
        "public.trig()",
        "f3",
        "public.f1",
    ])
}

pub(crate) fn function() -> BoxedStrategy<String> {
    let head = one_of(&[
        "public.f1(a int) returns int",
        "public.f2(a text default 'x') returns text",
        "f2() returns setof text",
        "app.f1(a integer) returns int",
        "public.f3(in a uuid, out b int, out c text) returns record",
        "public.f4() returns table (x int, y text)",
        "public.f5(variadic a text[]) returns boolean",
        "public.trig() returns trigger",
        "public.f6(a public.mood) returns public.mood",
        "public.f7(a varchar(10), b timestamptz, c numeric(8,2)[]) returns void",
        "public.f8(t public.t1) returns setof public.t1",
    ]);
    let attributes = subsequence(
        vec![
            "security definer",
            "set search_path = ''",
            "set search_path to public, pg_temp",
            "stable",
            "strict",
            "set statement_timeout to '5s'",
            "cost 10",
            "parallel safe",
        ],
        0..4,
    )
    .prop_map(|mut chosen| {
        // One search_path at most.
        if chosen.iter().filter(|word| word.starts_with("set search_path")).count() > 1 {
            chosen.retain(|word| *word != "set search_path = ''");
        }
        chosen.join(" ")
    });
    prop_oneof![
        6 => (maybe(" or replace"), head, attributes).prop_map(|(replace, head, attributes)| {
            format!("create{replace} function {head} language plpgsql {attributes} as $f$ begin raise exception 'no'; end $f$")
        }),
        1 => (maybe(" or replace"), one_of(&["", " security definer"])).prop_map(|(replace, definer)| {
            format!("create{replace} procedure public.proc(a int) language plpgsql{definer} as $$ begin perform 1; end $$")
        }),
        1 => one_of(&["create function public.f9() returns int language sql immutable return 1",
            "create or replace function public.f1(a int) returns text language sql as $$ select 'x' $$",
            "create or replace function public.f1(b int) returns int language sql as $$ select 1 $$"]),
    ]
    .boxed()
}

pub(crate) fn alter_function() -> BoxedStrategy<String> {
    let action = one_of(&[
        "security definer",
        "security invoker",
        "set search_path = ''",
        "set search_path to public, extensions",
        "reset search_path",
        "reset all",
        "immutable",
        "volatile",
        "strict",
        "called on null input",
        "owner to service_role",
        "rename to f2",
        "set schema app",
        "stable security definer set search_path = pg_catalog",
        "set search_path from current",
    ]);
    prop_oneof![
        4 => (function_ref(), action).prop_map(|(function, action)| format!("alter function {function} {action}")),
        1 => (maybe(" if exists"), function_ref(), maybe(" cascade")).prop_map(|(e, f, c)| format!("drop function{e} {f}{c}")),
    ]
    .boxed()
}

pub(crate) fn grant() -> BoxedStrategy<String> {
    let rows = || {
        subsequence(vec!["select", "insert", "update", "delete", "truncate", "references", "trigger"], 1..4)
            .prop_map(|list| list.join(", "))
    };
    let columns = subsequence(
        vec!["select (id, title)", "update (title)", "insert (id)", "references (owner)", "select (flag)"],
        1..3,
    )
    .prop_map(|list| list.join(", "));
    let what = prop_oneof![
        4 => (prop_oneof![2 => rows(), 1 => Just("all".to_owned()), 1 => Just("all privileges".to_owned())], table())
            .prop_map(|(what, table)| format!("{what} on {table}")),
        3 => (columns, table()).prop_map(|(what, table)| format!("{what} on {table}")),
        1 => (rows(), view_name()).prop_map(|(what, view)| format!("{what} on {view}")),
        1 => one_of(&["all (title) on public.t1", "all on public.t1, public.t2", "select on table public.t1"]),
        2 => (rows(), one_of(&["public", "app"])).prop_map(|(what, schema)| format!("{what} on all tables in schema {schema}")),
        1 => one_of(&["all on all tables in schema public", "execute on all functions in schema public",
            "all on all functions in schema app", "usage on all sequences in schema public", "all on all routines in schema public"]),
        3 => (one_of(&["execute", "all"]), function_ref()).prop_map(|(what, f)| format!("{what} on function {f}")),
        1 => one_of(&["execute on procedure public.proc(int)", "execute on routine public.f1(int)", "usage on type public.mood"]),
        2 => one_of(&["usage on schema public", "usage on schema app", "create on schema public", "all on schema app", "create, usage on schema app"]),
    ];
    let cascade = one_of(&["", "", " cascade", " restrict"]);
    prop_oneof![
        4 => (what.clone(), grantee(), one_of(&["", "", "", " with grant option"]))
            .prop_map(|(what, role, option)| format!("grant {what} to {role}{option}")),
        4 => (one_of(&["", "", "", "grant option for "]), what.clone(), grantee(), cascade)
            .prop_map(|(option, what, role, cascade)| format!("revoke {option}{what} from {role}{cascade}")),
        1 => what.clone().prop_map(|what| format!("grant {what} to anon, authenticated")),
        1 => what.prop_map(|what| format!("revoke {what} from public, anon")),
    ]
    .boxed()
}

pub(crate) fn default_privileges() -> BoxedStrategy<String> {
    let scope = one_of(&[
        "",
        "",
        " in schema public",
        " in schema app",
        " in schema public",
        " for role postgres in schema public",
        " for role service_role",
        " for user postgres",
    ]);
    let what = one_of(&[
        "all on tables",
        "select on tables",
        "select, insert on tables",
        "execute on functions",
        "all on functions",
        "all on routines",
        "usage, select on sequences",
        "all on sequences",
        "usage on types",
        "usage on schemas",
    ]);
    prop_oneof![
        (scope.clone(), what.clone(), grantee())
            .prop_map(|(s, what, role)| format!("alter default privileges{s} grant {what} to {role}")),
        (scope, what, grantee())
            .prop_map(|(s, what, role)| format!("alter default privileges{s} revoke {what} from {role}")),
    ]
    .boxed()
}

pub(crate) fn role() -> BoxedStrategy<String> {
    one_of(&[
        "create role editor",
        "create role editor login noinherit",
        "create role boss superuser",
        "create role boss in role editor",
        "grant editor to authenticated",
        "grant authenticated to editor",
        "grant boss to editor with admin option",
        "revoke editor from authenticated",
        "revoke admin option for boss from editor",
        "alter role editor bypassrls",
        "alter role editor nologin inherit",
        "alter role editor set statement_timeout = '5s'",
        "alter role editor rename to boss",
        "drop role editor",
        "drop role if exists boss",
        "create user somebody password 'x'",
        "create role boss role authenticated",
    ])
}

pub(crate) fn drop() -> BoxedStrategy<String> {
    let object = prop_oneof![
        4 => table().prop_map(|table| format!("table#{table}")),
        1 => view_name().prop_map(|view| format!("view#{view}")),
        1 => one_of(&["schema#app", "materialized view#m1", "type#public.mood", "table#public.t1, public.t2", "view#public.t1"]),
    ];
    (object, maybe(" if exists"), one_of(&["", " cascade", " restrict"]))
        .prop_map(|(object, exists, cascade)| {
            let (kind, name) = object.split_once('#').unwrap_or((&object, ""));
            format!("drop {kind}{exists} {name}{cascade}")
        })
        .boxed()
}

pub(crate) fn rename() -> BoxedStrategy<String> {
    prop_oneof![
        2 => (table(), one_of(&["t2", "t4", "t6", "\"Odd Name\""])).prop_map(|(table, name)| format!("alter table {table} rename to {name}")),
        2 => (table(), one_of(&["title", "owner", "n", "flag"]), one_of(&["renamed", "title", "\"Select\""]))
            .prop_map(|(table, from, to)| format!("alter table {table} rename column {from} to {to}")),
        1 => one_of(&["alter schema app rename to app2", "alter schema app2 rename to app", "alter schema app owner to service_role"]),
    ]
    .boxed()
}

pub(crate) fn set_schema() -> BoxedStrategy<String> {
    (table(), one_of(&["app", "public"]))
        .prop_map(|(table, schema)| format!("alter table {table} set schema {schema}"))
        .boxed()
}

pub(crate) fn schema() -> BoxedStrategy<String> {
    one_of(&[
        "create schema app",
        "create schema if not exists app",
        "create schema app2",
        "create schema mine authorization service_role",
    ])
}

pub(crate) fn partition() -> BoxedStrategy<String> {
    one_of(&[
        "create table public.parts (id bigint not null, owner uuid, title text, n int) partition by range (id)",
        "create table public.parts_1 partition of public.parts for values from (1) to (10)",
        "create table public.parts_2 partition of public.parts default",
        "create table public.parts_3 (id bigint not null, owner uuid, title text, n int)",
        "alter table public.parts attach partition public.parts_3 for values from (20) to (30)",
        "alter table public.parts detach partition public.parts_1",
        "create table public.child (extra int) inherits (public.t1)",
        "create table public.heir (check (extra > 0) not valid, extra int) inherits (public.t1)",
        "create table public.copy (like public.t1 including constraints, check (id > 0) not valid)",
        "alter table public.t1 validate constraint k1",
        "alter table only public.t1 validate constraint k1",
        "create index on public.parts (title)",
        "alter table public.parts add primary key (id)",
    ])
}

pub(crate) fn foreign() -> BoxedStrategy<String> {
    one_of(&[
        "create foreign table public.ft (id bigint, title text) server far",
        "grant select on public.ft to anon",
        "revoke all on public.ft from anon, authenticated",
        "alter foreign table public.ft add column extra int",
        "alter foreign table public.ft rename to ft2",
        "drop foreign table if exists public.ft cascade",
    ])
}

pub(crate) fn do_block() -> BoxedStrategy<String> {
    let fixed = one_of(&[
        "do $$ declare t text; begin foreach t in array array['t1', 't2'] loop \
         execute format('alter table public.%I enable row level security', t); end loop; end $$",
        "do $$ declare t text; begin foreach t in array array['t1','t3'] loop \
         execute format('create policy %I on public.%I for select using (owner = auth.uid())', t || '_read', t); end loop; end $$",
        "do $$ declare r record; begin for r in select tablename from pg_tables where schemaname = 'public' loop \
         execute format('alter table public.%I enable row level security', r.tablename); end loop; end $$",
        "do $$ declare r record; begin for r in select schemaname, tablename from pg_tables where schemaname in ('public','app') \
         order by 1, 2 loop execute 'revoke all on ' || quote_ident(r.schemaname) || '.' || quote_ident(r.tablename) || ' from anon'; end loop; end $$",
        "do $$ begin if not exists (select 1 from pg_policies where schemaname = 'public' and tablename = 't1' and policyname = 'p1') \
         then create policy p1 on public.t1 for select using (true); end if; end $$",
        "do $$ begin if exists (select from pg_roles where rolname = 'editor') then grant select on public.t1 to editor; \
         else create role editor; end if; end $$",
        "do $$ begin create type public.mood as enum ('sad', 'glad'); exception when duplicate_object then null; end $$",
        "do $$ begin create policy mine on public.t1 using (flag); exception when others then raise notice 'x'; end $$",
        "do $$ begin alter table public.t1 enable row level security; raise exception 'no'; end $$",
        "do $$ begin for i in 1..2 loop execute format('grant select on public.t%s to anon', i); end loop; end $$",
        "do $$ declare p record; begin for p in select policyname, tablename from pg_policies where schemaname = 'public' loop \
         execute format('drop policy %I on public.%I', p.policyname, p.tablename); end loop; end $$",
    ]);
    prop_oneof![
        4 => fixed,
        1 => (table(), condition(Use::Check)).prop_map(|(table, c)| {
            format!("do $do$ begin alter table {table} force row level security; create policy p2 on {table} using ({c}); end $do$")
        }),
    ]
    .boxed()
}

pub(crate) fn type_statement() -> BoxedStrategy<String> {
    one_of(&[
        "create type public.mood as enum ('sad', 'glad')",
        "create type public.pair as (a int, b text)",
        "create domain public.email as text check (value ~ '@')",
        "create domain public.small as int not null default 3",
        "alter table public.t1 add column mood public.mood default 'glad'",
        "drop type if exists public.mood cascade",
        "alter table public.t2 add column email public.email",
        "alter type public.mood rename to feeling",
        "create policy moody on public.t1 using (mood = 'glad')",
        "alter type public.mood rename value 'sad' to 'low'",
    ])
}

pub(crate) fn trigger() -> BoxedStrategy<String> {
    let what =
        one_of(&["before insert", "after update of title", "before insert or update", "after delete or truncate"]);
    prop_oneof![
        3 => (one_of(&["", " or replace"]), what, table(), one_of(&["row", "statement"])).prop_map(|(replace, what, table, each)| {
            format!("create{replace} trigger tr {what} on {table} for each {each} execute function public.trig()")
        }),
        1 => (maybe(" if exists"), table()).prop_map(|(exists, table)| format!("drop trigger{exists} tr on {table}")),
        1 => table().prop_map(|table| format!("alter table {table} disable trigger tr")),
    ]
    .boxed()
}

pub(crate) fn publication() -> BoxedStrategy<String> {
    prop_oneof![
        table().prop_map(|table| format!("alter publication supabase_realtime add table {table}")),
        table().prop_map(|table| format!("alter publication supabase_realtime drop table {table}")),
        one_of(&[
            "alter publication supabase_realtime set table public.t1, public.t2",
            "drop publication supabase_realtime",
            "create publication supabase_realtime",
            "create publication everything for all tables",
            "alter publication supabase_realtime add tables in schema app"
        ]),
    ]
    .boxed()
}

pub(crate) fn search_path() -> BoxedStrategy<String> {
    one_of(&[
        "set search_path = app, public",
        "set search_path to ''",
        "reset search_path",
        "select pg_catalog.set_config('search_path', 'public', false)",
        "set local search_path = app",
    ])
}

pub(crate) fn storage() -> BoxedStrategy<String> {
    one_of(&[
        "insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true)",
        "insert into storage.buckets (id, name) values ('files', 'files'), ('docs', 'docs') on conflict do nothing",
        "insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types) values ('avatars', 'avatars', false, 1048576, \
         array['image/png', 'image/jpeg']) on conflict (id) do update set public = excluded.public",
        "update storage.buckets set public = false where id = 'avatars'",
        "delete from storage.buckets where id = 'files'",
        "update storage.buckets set public = true",
        "create policy \"Avatars\" on storage.objects for select using (bucket_id = 'avatars')",
        "create policy own on storage.objects for insert to authenticated with check \
         (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text)",
        "create policy own on storage.objects for all to authenticated using \
         (bucket_id = 'files' and (select auth.uid()::text) = (storage.foldername(name))[1] and storage.extension(name) = 'png')",
        "create policy listen on realtime.messages for select to authenticated using (realtime.topic() = 'room' and extension in ('broadcast'))",
        "drop policy if exists \"Avatars\" on storage.objects",
    ])
}

/// What is no SQL, or nothing of ours.
pub(crate) fn broken() -> BoxedStrategy<String> {
    one_of(&[
        "select 1",
        "comment on table public.t1 is 'x'",
        "comment on policy mine on public.t1 is 'y'",
        "create policy on t1",
        "alter table public.t1 enable row levl security",
        "grant select on public.nothing to anon",
        "comment on function public.f1(int) is null",
    ])
}
