//! The access matrix against a real Postgres 15: what it says of a role and a command is what `SET ROLE` and the statement
//! find.
#![allow(clippy::expect_used, clippy::print_stderr, reason = "a test")]

use lunette_core::access::{Command, Reach};
use lunette_sql::catalogue::Name;
use lunette_sql::matrix::Access;
use lunette_sql::{Options, SqlFile, replay};
use postgres::Client;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

mod support {
    pub(crate) mod cluster;
    pub(crate) mod seed;
}

use support::cluster::Cluster;
use support::seed::SEED;

/// Two users, two tenants; the second user is a member of the second tenant only.
const DATA: &str = r"
create table public.members (user_id uuid not null, tenant uuid not null);
create table public.notes (id bigint generated always as identity primary key, owner uuid, tenant uuid, flag boolean, title text);
create function public.is_member(t uuid) returns boolean language sql stable security definer set search_path = '' as
  $$ select exists (select 1 from public.members m where m.user_id = auth.uid() and m.tenant = t) $$;
insert into public.members values
  ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-0000000000a1'),
  ('00000000-0000-0000-0000-00000000000b', '00000000-0000-0000-0000-0000000000b1');
insert into public.notes (owner, tenant, flag, title)
  select o, t, f, '' from unnest(array['00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000b']::uuid[]) o,
    unnest(array['00000000-0000-0000-0000-0000000000a1', '00000000-0000-0000-0000-0000000000b1']::uuid[]) t,
    unnest(array[true, false]) f;
";
const USER: &str = "00000000-0000-0000-0000-00000000000a";
const TENANT: &str = "00000000-0000-0000-0000-0000000000a1";
const OTHER_USER: &str = "00000000-0000-0000-0000-00000000000b";
const OTHER_TENANT: &str = "00000000-0000-0000-0000-0000000000b1";

const PREDICATES: [&str; 26] = [
    "owner = auth.uid()",
    "(select auth.uid()) = owner",
    "auth.uid()::text = owner::text",
    "owner = auth.uid() and flag",
    "owner = (auth.jwt() ->> 'sub')::uuid",
    "tenant in (select m.tenant from public.members m where m.user_id = auth.uid())",
    "exists (select 1 from public.members m where m.user_id = auth.uid() and m.tenant = notes.tenant)",
    "public.is_member(tenant)",
    "(select public.is_member(tenant))",
    "tenant = ((auth.jwt() -> 'app_metadata') ->> 'tenant')::uuid",
    "owner = auth.uid() or public.is_member(tenant)",
    "true",
    "1 = 1",
    "false",
    "owner = auth.uid() or true",
    "owner = auth.uid() and false",
    "auth.uid() is not null",
    "auth.role() = 'authenticated'",
    "auth.role() = 'service_role'",
    "auth.jwt() ->> 'role' = 'service_role'",
    "flag",
    "flag or owner = auth.uid()",
    "exists (select 1 from public.members m where m.user_id = auth.uid())",
    "exists (select 1 from public.members m where m.tenant = notes.tenant)",
    "owner = owner",
    "owner is not null",
];

fn policy() -> impl Strategy<Value = String> {
    let predicate = || prop::sample::select(PREDICATES.to_vec());
    let kind = prop::sample::select(vec!["", "", "", " as restrictive"]);
    let to = prop::sample::select(vec![
        "",
        " to authenticated",
        " to anon",
        " to public",
        " to service_role",
        " to anon, authenticated",
    ]);
    let body = prop_oneof![
        predicate().prop_map(|p| ("for select", format!("using ({p})"))),
        predicate().prop_map(|p| ("for all", format!("using ({p})"))),
        predicate().prop_map(|p| ("for delete", format!("using ({p})"))),
        predicate().prop_map(|p| ("for insert", format!("with check ({p})"))),
        (predicate(), predicate()).prop_map(|(p, q)| ("for update", format!("using ({p}) with check ({q})"))),
        (predicate(), predicate()).prop_map(|(p, q)| ("for all", format!("using ({p}) with check ({q})"))),
    ];
    (0..1000_u32, kind, to, body).prop_map(|(n, kind, to, (command, rest))| {
        format!("create policy p{n} on public.notes{kind} {command}{to} {rest}")
    })
}

fn scenario() -> impl Strategy<Value = Vec<String>> {
    let rls = prop::sample::select(vec!["enable", "enable", "enable", "enable", "disable"]);
    let grant = prop::sample::select(vec![
        "grant select on public.notes to anon",
        "revoke all on public.notes from anon",
        "revoke insert on public.notes from anon, authenticated",
        "revoke update on public.notes from authenticated",
        "revoke delete on public.notes from public",
        "revoke all on public.notes from anon, authenticated",
        "grant all on public.notes to public",
        "revoke usage on schema public from anon",
    ]);
    (rls, prop::collection::vec(policy(), 0..4), prop::collection::vec(grant, 0..2)).prop_map(
        |(rls, policies, grants)| {
            let mut all = vec![format!("alter table public.notes {rls} row level security")];
            all.extend(policies);
            all.extend(grants.into_iter().map(str::to_owned));
            all
        },
    )
}

/// A row by owner and tenant: whether each is the caller's.
type Rows = Vec<(bool, bool)>;

/// Rows that a command reaches; nothing when Postgres refuses it. UPDATE and DELETE name rows, as requests to the API do.
fn reached(client: &mut Client, role: &str, command: Command) -> Option<Rows> {
    client.batch_execute("savepoint role").expect("a savepoint");
    let claims = match role {
        "authenticated" => {
            format!(r#"{{"role": "authenticated", "sub": "{USER}", "app_metadata": {{"tenant": "{TENANT}"}}}}"#)
        }
        other => format!(r#"{{"role": "{other}"}}"#),
    };
    let enter = format!("select set_config('request.jwt.claims', '{claims}', true); set local role {role}");
    client.batch_execute(&enter).expect("the role");
    let rows = |client: &mut Client, condition: &str| -> Rows {
        let sql = format!("select owner = '{USER}', tenant = '{TENANT}' from public.notes {condition}");
        client.query(&sql, &[]).expect("rows").iter().map(|row| (row.get(0), row.get(1))).collect()
    };
    let found = match command {
        Command::Select => {
            let sql = format!("select owner = '{USER}', tenant = '{TENANT}' from public.notes");
            client.query(&sql, &[]).ok().map(|found| found.iter().map(|row| (row.get(0), row.get(1))).collect())
        }
        Command::Update => Some(updated(client)),
        Command::Delete => client.batch_execute("delete from public.notes where id > 0").is_ok().then(|| {
            client.batch_execute("reset role").expect("back");
            let left = rows(client, "");
            let mut gone = everything();
            for row in left {
                if let Some(at) = gone.iter().position(|other| *other == row) {
                    gone.remove(at);
                }
            }
            gone
        }),
        _ => Some(inserted(client)),
    };
    client.batch_execute("rollback to savepoint role").expect("back");
    found
}

/// Rows that can be changed, one by one: as they are, or taken over by the caller.
fn updated(client: &mut Client) -> Rows {
    let mut changed = Vec::new();
    client.batch_execute("savepoint all_rows").expect("a savepoint");
    for id in 1..=8_i64 {
        let mut done = false;
        for change in ["title = 'touched'".to_owned(), format!("owner = '{USER}', tenant = '{TENANT}', flag = true")] {
            client.batch_execute("savepoint one").expect("a savepoint");
            let sql = format!("update public.notes set {change} where id = {id}");
            done |= client.execute(&sql, &[]).is_ok_and(|rows| rows == 1);
            client.batch_execute("rollback to savepoint one").expect("back");
        }
        if done {
            changed.push(id);
        }
    }
    client.batch_execute("reset role").expect("back");
    let sql = format!("select owner = '{USER}', tenant = '{TENANT}' from public.notes where id = any ($1)");
    let rows = client.query(&sql, &[&changed]).expect("rows");
    client.batch_execute("rollback to savepoint all_rows").expect("back");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Rows that can be added, one by one.
fn inserted(client: &mut Client) -> Rows {
    let mut accepted = Vec::new();
    for (owner, tenant) in [(USER, TENANT), (USER, OTHER_TENANT), (OTHER_USER, TENANT), (OTHER_USER, OTHER_TENANT)] {
        for flag in ["true", "false"] {
            client.batch_execute("savepoint one").expect("a savepoint");
            let sql = format!("insert into public.notes (owner, tenant, flag) values ('{owner}', '{tenant}', {flag})");
            if client.batch_execute(&sql).is_ok() {
                accepted.push((owner == USER, tenant == TENANT));
            }
            client.batch_execute("rollback to savepoint one").expect("back");
        }
    }
    accepted
}

fn everything() -> Rows {
    [(true, true), (true, false), (false, true), (false, false)].into_iter().flat_map(|row| [row, row]).collect()
}

/// Whether what the matrix says fits what was found. `Unknown` fits everything.
fn fits(reach: Reach, found: Option<&Rows>, role: &str) -> bool {
    let rows = found.map(Vec::as_slice).unwrap_or_default();
    let caller = role == "authenticated";
    match reach {
        Reach::Denied => rows.is_empty(),
        Reach::OwnRows => rows.iter().all(|(own, _)| *own && caller),
        // Own rows of another tenant come with "own or tenant".
        Reach::TenantRows => rows.iter().all(|(own, tenant)| (*own || *tenant) && caller),
        Reach::AllRows => rows.len() == everything().len(),
        Reach::Unknown => true,
        Reach::Callable => false,
    }
}

#[test]
fn the_matrix_says_what_roles_find() {
    let Some(cluster) = Cluster::start() else { return };
    let mut client = cluster.connect();
    client.batch_execute(SEED).expect("the seed");
    client.batch_execute(DATA).expect("the data");
    let cases = std::env::var("LUNETTE_DIFFERENTIAL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(150);
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let (mut wrong, mut unknown, mut all) = (Vec::new(), 0, 0);
    for _ in 0..cases {
        let statements = scenario().new_tree(&mut runner).expect("a scenario").current();
        let text = statements.join(";\n");
        let files = [SqlFile::new("seed.sql", SEED), SqlFile::new("data.sql", DATA), SqlFile::new("case.sql", &text)];
        let replayed = replay(&files, &Options::postgres());
        let access = Access::new(&replayed.catalogue);
        client.batch_execute("begin").expect("begin");
        let ran = statements.iter().all(|statement| client.batch_execute(statement).is_ok());
        if ran {
            for role in ["anon", "authenticated", "service_role"] {
                for command in Command::ROWS {
                    let reach = access.reach(role, &Name::new("public", "notes"), command);
                    let found = reached(&mut client, role, command);
                    all += 1;
                    unknown += u32::from(reach == Reach::Unknown);
                    if !fits(reach, found.as_ref(), role) {
                        wrong.push(format!(
                            "{text};\n-- {role} {}: matrix says {}, found {found:?}",
                            command.as_str(),
                            reach.words()
                        ));
                    }
                }
            }
        }
        client.batch_execute("rollback").expect("rollback");
    }
    eprintln!("{all} rows of the matrix compared: {} wrong, {unknown} unknown", wrong.len());
    if let Ok(file) = std::env::var("LUNETTE_DIFFERENTIAL_FAULTS") {
        wrong.sort_by_key(String::len);
        std::fs::write(file + ".access", wrong.join("\n\n")).expect("the file of faults");
    } else {
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }
    assert!(unknown * 4 < all, "the matrix should know most: {unknown} of {all}");
}
