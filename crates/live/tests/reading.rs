//! Reading a real database: what arrives, that nothing is written, and that no message holds the password.
#![allow(clippy::expect_used, clippy::print_stderr, reason = "a test")]

use lunette_live::{LiveError, Options, read};
use lunette_sql::catalogue::{Command, ConstraintKind, Generated, Grantee, Name, Partition, Privilege, RelationKind};

mod support {
    pub(crate) mod cluster;
    pub(crate) mod seed;
}

use support::cluster::Cluster;
use support::seed::SEED;

const PROJECT: &str = r"
create type public.mood as enum ('sad', 'glad');
create domain public.percent as int check (value between 0 and 100);
create table public.notes (
  id bigint generated always as identity primary key,
  owner uuid not null default auth.uid(),
  title varchar(40) not null check (title <> ''),
  mood public.mood default 'glad',
  slug text generated always as (lower(title)) stored,
  gone int,
  unique (owner, title)
);
alter table public.notes drop column gone;
alter table public.notes enable row level security;
alter table public.notes force row level security;
create policy mine on public.notes for update to authenticated, service_role
  using ((select auth.uid()) = owner) with check (title like 'a%');
create policy locked on public.notes as restrictive using (mood <> 'sad');
grant select (id, title) on public.notes to anon with grant option;
revoke all on public.notes from anon;
grant select (title) on public.notes to anon;
create index on public.notes (lower(title), owner desc) include (id) where mood = 'sad';
create view public.titles with (security_invoker = true) as select title, lower(title) as low from public.notes;
create materialized view public.counts as select count(*) from public.notes;
create table public.events (at timestamptz not null, note bigint references public.notes on delete cascade) partition by range (at);
create table public.events_2026 partition of public.events for values from ('2026-01-01') to ('2027-01-01');
create function public.f(a int, variadic b text[] default '{}', out c int, out d text) returns setof record
  language plpgsql stable security definer strict set search_path = '' as $f$ begin return; end $f$;
create procedure public.p(inout x int) language sql as $$ select 1 $$;
revoke execute on function public.f from public;
create function public.touched() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger touch before insert or update of title on public.notes for each row
  when (new.title <> 'x') execute function public.touched();
alter publication supabase_realtime add table public.notes;
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
  values ('avatars', 'avatars', true, 1024, '{image/png,image/jpeg}'), ('files', 'files', false, null, null);
comment on table public.notes is 'What users write';
alter role authenticator set pgrst.jwt_secret = 'sesame';
alter role authenticator set pgrst.db_schemas = 'public, api';
create role reader login password 'p@ss word' noinherit;
create role audit;
grant audit to reader with admin option;
";

fn cluster() -> Option<Cluster> {
    let cluster = Cluster::start()?;
    let mut client = cluster.connect();
    client.batch_execute(SEED).expect("the seed");
    client.batch_execute(PROJECT).expect("the project");
    Some(cluster)
}

#[test]
fn a_database_is_read() {
    let Some(cluster) = cluster() else { return };
    let live = read(&cluster.url, &Options::default()).expect("read");
    assert!(live.version.starts_with("15."), "{}", live.version);
    assert_eq!((live.database.as_str(), live.notes.as_slice()), ("postgres", &[][..]));
    let catalogue = &live.catalogue;

    let notes = catalogue.relation("public", "notes").expect("notes");
    assert_eq!((notes.kind, notes.rls.enabled, notes.rls.forced), (RelationKind::Table, true, true));
    assert_eq!(notes.comment.as_deref(), Some("What users write"));
    assert_eq!(notes.primary_key(), Some(&["id".to_owned()][..]));
    let column = |name: &str| notes.column(name).expect("a column");
    assert_eq!((column("id").generated, column("slug").generated), (Generated::IdentityAlways, Generated::Stored));
    assert_eq!(column("title").type_name, "character varying(40)");
    assert_eq!(column("owner").default.as_ref().map(|d| d.text.as_str()), Some("auth.uid()"));
    assert_eq!(notes.columns.iter().filter(|column| column.dropped).count(), 1);
    let policy = &notes.policies["mine"];
    assert_eq!((policy.command, policy.permissive), (Command::Update, true));
    assert_eq!(policy.roles, ["authenticated", "service_role"]);
    assert_eq!(policy.using.as_ref().map(|e| e.text.as_str()), Some("(( SELECT auth.uid() AS uid) = owner)"));
    assert_eq!(policy.with_check.as_ref().map(|e| e.text.as_str()), Some("((title)::text ~~ 'a%'::text)"));
    assert!(!notes.policies["locked"].permissive && notes.policies["locked"].is_public());
    assert!(
        notes.acl.as_ref().is_some_and(|acl| acl.iter().all(|grant| grant.grantee != Grantee::Role("anon".into())))
    );
    let title = column("title").acl.first().expect("a grant on the column");
    assert_eq!((title.grantee.as_str(), title.privilege, title.grantable), ("anon", Privilege::Select, false));
    let index = notes.indexes.values().find(|index| index.predicate.is_some()).expect("the partial index");
    assert_eq!(index.keys, ["lower((title)::text)", "owner"]);
    assert_eq!(
        (index.columns.as_slice(), index.include.as_slice()),
        (&[None, Some("owner".into())][..], &["id".to_owned()][..])
    );
    let trigger = &notes.triggers["touch"];
    assert_eq!(
        (trigger.timing.as_str(), trigger.events.join(","), trigger.columns.join(",")),
        ("BEFORE", "INSERT,UPDATE".into(), "title".into())
    );
    assert_eq!(trigger.when.as_ref().map(|e| e.text.as_str()), Some("((new.title)::text <> 'x'::text)"));

    let view = catalogue.relation("public", "titles").expect("the view");
    assert!(view.option_is_on("security_invoker"));
    assert_eq!(view.query.as_ref().map(|q| q.relations.clone()), Some(vec![Name::new("public", "notes")]));
    let partition = catalogue.relation("public", "events_2026").expect("the partition");
    assert!(matches!(&partition.partition, Some(Partition::Of { parent, .. }) if parent.name == "events"));
    let events = catalogue.relation("public", "events").expect("events");
    assert!(events.constraints.iter().any(|constraint| matches!(&constraint.kind,
        ConstraintKind::ForeignKey { on_delete, references, .. } if on_delete == "CASCADE" && references.name == "notes")));

    let f = catalogue.overloads("public", "f").next().expect("f");
    assert_eq!(f.signature.to_string(), "public.f(integer, text[])");
    assert!(f.security_definer && f.strict && f.returns_set);
    assert_eq!((f.returns.as_str(), f.search_path()), ("record", Some("\"\"")));
    assert!(f.arguments[1].default.is_some() && f.arguments.len() == 4);
    assert!(f.acl.as_ref().is_some_and(|acl| acl.iter().all(|grant| grant.grantee != Grantee::Public)));

    let bucket = &catalogue.buckets["avatars"];
    assert!(bucket.public && bucket.file_size_limit == Some(1024));
    assert_eq!(bucket.allowed_mime_types.as_deref(), Some(&["image/png".to_owned(), "image/jpeg".to_owned()][..]));
    assert!(catalogue.publications["supabase_realtime"].tables.contains_key(&Name::new("public", "notes")));
    assert_eq!(catalogue.roles["reader"].member_of.get("audit"), Some(&true));
    assert_eq!(catalogue.roles["authenticator"].config["pgrst.jwt_secret"], "[redacted]");
    assert_eq!(catalogue.exposed_schemas, ["public", "api"]);
    assert_eq!(catalogue.default_privileges.len(), 3);
    assert!(catalogue.types.contains_key(&Name::new("public", "mood")) && catalogue.types.len() == 2);
    assert!(!catalogue.schemas.contains_key("pg_catalog"));
}

#[test]
fn what_the_role_may_not_read_is_said() {
    let Some(cluster) = cluster() else { return };
    let live = read(&cluster.url_for("reader:p%40ss%20word", "postgres", ""), &Options::default()).expect("read");
    assert_eq!(live.notes.len(), 1, "{:?}", live.notes);
    assert!(live.catalogue.buckets.is_empty() && live.catalogue.relation("public", "notes").is_some());
}

#[test]
fn nothing_is_written() {
    let Some(cluster) = cluster() else { return };
    let mut client = cluster.connect();
    let settings = lunette_live::Options::default();
    let before: i64 = client.query_one("select txid_current()", &[]).expect("a number").get(0);
    read(&cluster.url, &settings).expect("read");
    // A transaction that writes takes a number.
    let after: i64 = client.query_one("select txid_current()", &[]).expect("a number").get(0);
    assert_eq!(after, before + 1);
}

#[test]
fn no_error_holds_the_password() {
    let Some(cluster) = cluster() else { return };
    let mut client = cluster.connect();
    // The server asks for passwords from now on.
    let file: String = client.query_one("show hba_file", &[]).expect("a path").get(0);
    std::fs::write(&file, "local all postgres trust\nlocal all all scram-sha-256\n").expect("written");
    client.execute("select pg_reload_conf()", &[]).expect("reloaded");
    let right = cluster.url_for("reader", "postgres", "&password=p%40ss%20word");
    for _ in 0..50 {
        if read(&cluster.url_for("reader:hunter2", "postgres", ""), &Options::default()).is_err() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    read(&right, &Options::default()).expect("the right password");
    let limits = Options { connect_timeout: std::time::Duration::from_secs(2), ..Options::default() };
    for url in [
        cluster.url_for("reader:hunter2", "postgres", ""),
        cluster.url_for("reader", "postgres", "&password=hunter2"),
        cluster.url_for("hunter2:hunter2", "postgres", ""),
        cluster.url_for("postgres:hunter2", "hunter2", ""),
        "postgresql://reader:hunter2@nowhere.invalid/postgres".to_owned(),
        "postgresql://reader:hunter2@127.0.0.1:1/postgres?sslmode=disable".to_owned(),
        "postgresql://reader:hunter2@localhost/postgres?host=/nowhere/hunter2".to_owned(),
        cluster.url_for("reader:hunter2", "postgres", "&sslmode=require"),
    ] {
        let Err(error) = read(&url, &limits) else { panic!("{url} was let in") };
        let (text, debug) = (error.to_string(), format!("{error:?}"));
        assert!(!text.contains("hunter2") && !debug.contains("hunter2"), "{text}");
        assert!(text.len() > 30, "{text}");
    }
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let limits = Options { overall_timeout: std::time::Duration::from_secs(1), ..Options::default() };
    let error = read(&format!("postgresql://u:p@127.0.0.1:{port}/d"), &limits).expect_err("no answer");
    assert_eq!(error, LiveError::TimedOut(1));
}

#[test]
fn connections_are_encrypted_and_certificates_verified() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let Some(cluster) = Cluster::start_on(Some(port)) else { return };
    let mut client = cluster.connect();
    // The server's user makes the key, in the server's folder.
    let made = "copy (select 1) to program 'openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.crt -days 2 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE 2>/dev/null'";
    if let Err(error) = client.batch_execute(made) {
        eprintln!("SKIPPED: no certificate could be made with openssl: {error}");
        return;
    }
    let folder: String = client.query_one("show data_directory", &[]).expect("a path").get(0);
    std::fs::write(format!("{folder}/pg_hba.conf"), "local all all trust\nhostssl all all 127.0.0.1/32 trust\n")
        .expect("written");
    client.batch_execute("alter system set ssl = on").expect("set");
    client.batch_execute("select pg_reload_conf()").expect("reloaded");
    let url = |mode: &str| format!("postgresql://postgres@localhost:{port}/postgres?hostaddr=127.0.0.1&{mode}");
    for _ in 0..100 {
        if read(&url("sslmode=require"), &Options::default()).is_ok() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    read(&url("sslmode=require"), &Options::default()).expect("encrypted for whoever answers");
    read(&url(&format!("sslmode=verify-full&sslrootcert={folder}/server.crt")), &Options::default()).expect("verified");
    let clear = read(&url("sslmode=disable"), &Options::default()).expect_err("the server wants encryption");
    assert!(clear.to_string().contains("no encryption"), "{clear}");
    // Nobody signed it but itself.
    let stranger = read(&url("sslmode=verify-full"), &Options::default()).expect_err("not verified");
    assert!(
        stranger.to_string().contains("certificate") || matches!(stranger, LiveError::Certificates(_)),
        "{stranger}"
    );
    let named =
        format!("postgresql://postgres@example.org:{port}/postgres?hostaddr=127.0.0.1&sslrootcert={folder}/server.crt");
    let other = read(&named, &Options::default()).expect_err("another host's certificate");
    assert!(other.to_string().contains("certificate"), "{other}");
}
