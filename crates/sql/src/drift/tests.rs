//! Drift between catalogues that two sets of migrations leave.

use super::*;
use crate::{Options, SqlFile, replay};

const PROJECT: &str = r"
create table public.notes (id bigint primary key, owner uuid not null, title text);
alter table public.notes enable row level security;
create policy mine on public.notes for select to authenticated using (auth.uid() = owner);
create function public.f() returns int language sql as $$ select 1 $$;
create view public.titles with (security_invoker = true) as select title from public.notes;
create index notes_owner on public.notes (owner);
";

fn catalogue(statements: &str) -> Catalogue {
    let replayed = replay(&[SqlFile::new("a.sql", statements)], &Options::supabase());
    assert_eq!(replayed.failures, Vec::new());
    replayed.catalogue
}

fn after(statements: &str) -> Vec<Drift> {
    drift(&catalogue(PROJECT), &catalogue(&format!("{PROJECT}{statements}")))
}

/// What and object of each difference.
fn names(found: &[Drift]) -> Vec<(Aspect, &str)> {
    found.iter().map(|drift| (drift.what, drift.object.as_str())).collect()
}

#[test]
fn a_database_like_its_migrations_does_not_differ() {
    assert_eq!(after(""), Vec::new());
}

#[test]
fn what_decides_over_access_comes_first() {
    let found = after(
        "create table public.later (id int); \
         alter table public.notes add column extra int; \
         alter view public.titles set (security_invoker = false); \
         alter function public.f() security definer set search_path = ''; \
         revoke all on public.notes from anon; \
         drop policy mine on public.notes; \
         alter table public.notes disable row level security;",
    );
    assert_eq!(
        names(&found),
        [
            (Aspect::RowSecurity, "table public.notes"),
            (Aspect::Policy, "policy mine on public.notes"),
            (Aspect::Grant, "table public.notes"),
            (Aspect::FunctionAttribute, "function public.f()"),
            (Aspect::FunctionAttribute, "function public.f()"),
            (Aspect::ViewOption, "view public.titles"),
            (Aspect::Object, "table public.later"),
            (Aspect::Column, "column public.notes.extra"),
        ]
    );
    assert_eq!((found[0].migrations_say.as_str(), found[0].database_says.as_str()), ("enabled", "not enabled"));
    assert_eq!(found[0].place.as_ref().map(|place| place.line), Some(3));
    assert_eq!(found[1].database_says, "there is none");
    assert!(
        found[1].migrations_say.contains("to authenticated, using (auth.uid() = owner)"),
        "{}",
        found[1].migrations_say
    );
    assert!(found[2].migrations_say.starts_with("to anon: DELETE, ") && found[2].database_says == "to anon: none");
    assert!(found[5].what.is_about_access() && !found[6].what.is_about_access());
}

#[test]
fn parts_of_an_object_that_is_missing_are_not_told() {
    let found = after("drop view public.titles; drop table public.notes;");
    assert_eq!(names(&found), [(Aspect::Object, "table public.notes"), (Aspect::Object, "view public.titles")]);
}

#[test]
fn supabase_s_own_schemas_do_not_count_but_policies_on_their_tables_do() {
    let found = after(
        "create table storage.more (id int); create function auth.extra() returns int language sql as $$ select 1 $$; \
         create policy everybody on storage.objects for select using (true); \
         insert into storage.buckets (id, name, public) values ('files', 'files', true);",
    );
    let told: Vec<_> = names(&found).into_iter().filter(|(what, _)| what.is_about_access()).collect();
    assert_eq!(told, [(Aspect::Policy, "policy everybody on storage.objects"), (Aspect::Bucket, "bucket files")]);
    assert_eq!(names(&found).len(), told.len());
}

#[test]
fn bodies_are_compared_and_not_printed_whole() {
    let long = "select 1 -- ".to_owned() + &"x".repeat(500);
    let found = after(&format!("create or replace function public.f() returns int language sql as $$ {long} $$;"));
    assert_eq!(names(&found), [(Aspect::Body, "function public.f()")]);
    assert!(found[0].database_says.len() < 120, "{}", found[0].database_says);
}

#[test]
fn memberships_and_default_privileges_are_compared() {
    let found = after(
        "create role boss bypassrls; grant boss to authenticated; \
         alter default privileges in schema public revoke all on tables from anon;",
    );
    assert_eq!(
        names(&found),
        [
            (Aspect::Grant, "default privileges of postgres on tables in public"),
            (Aspect::Role, "role authenticated"),
            (Aspect::Role, "role boss"),
        ]
    );
}
