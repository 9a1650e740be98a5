//! What conditions admit, for signed-in callers and for those without an account.

use proptest::prelude::*;

use crate::catalogue::{Catalogue, Name};
use crate::outcome::{Options, SqlFile};
use crate::replay;

use super::class::Class::{self, *};
use super::{Access, matrix, policies};
use lunette_core::access::{Command, Reach};

const TABLES: &str = "
    create table public.notes (id bigint primary key, user_id uuid, org_id bigint, body text, published boolean, readers uuid[]);
    alter table public.notes enable row level security;
    create table public.members (org_id bigint, user_id uuid, role text);
    alter table public.members enable row level security;
    create table public.keys (key text, active boolean);
    create function public.is_member(org bigint) returns boolean language sql stable security definer
      as $$ select exists (select 1 from public.members m where m.org_id = org and m.user_id = auth.uid()) $$;
    create function public.is_admin() returns boolean language sql stable
      as $$ select auth.jwt() -> 'app_metadata' ->> 'role' = 'admin' $$;
    create function public.yes() returns boolean language sql as $$ select true $$;
    create function public.my_orgs() returns setof bigint language sql stable security definer
      as $$ select org_id from public.members where user_id = auth.uid() $$;
";

fn catalogue(sql: &str) -> Catalogue {
    let text = format!("{TABLES}{sql}");
    let replayed = replay(&[SqlFile::new("x.sql", &text)], &Options::supabase());
    assert_eq!(replayed.failures, [], "{sql}");
    replayed.catalogue
}

/// What a condition on `table` admits for the role.
fn class(table: (&str, &str), condition: &str, role: &str) -> Class {
    let catalogue = catalogue(&format!("create policy p on {}.{} for select using ({condition});", table.0, table.1));
    let relation = catalogue.relation(table.0, table.1);
    let using = relation.and_then(|relation| relation.policies.get("p")).and_then(|policy| policy.using.clone());
    let access = Access::new(&catalogue);
    using.map_or(Unknown, |using| policies::expression(&access.session(role), &using))
}

#[test]
fn conditions_on_rows() {
    let mut wrong = Vec::new();
    for (condition, user, guest) in [
        ("true", True, True),
        ("false", False, False),
        ("1 = 1", True, True),
        ("1 = 2 or null", False, False),
        ("auth.uid() = user_id", Own, Null),
        ("(select auth.uid()) = user_id", Own, Null),
        ("user_id = auth.uid() or true", True, True),
        ("auth.uid() is not null", True, False),
        ("auth.role() = 'authenticated'", True, False),
        ("(select auth.role()) in ('anon', 'authenticated')", True, True),
        ("auth.uid() is null", False, True),
        ("user_id <> auth.uid()", Inverted, Null),
        ("not (user_id = auth.uid())", Inverted, Null),
        ("published", Row, Row),
        ("published or auth.uid() = user_id", Row, Row),
        ("(auth.jwt() ->> 'sub')::uuid = user_id", Own, Null),
        ("(current_setting('request.jwt.claims', true)::json ->> 'sub')::uuid = user_id", Own, Null),
        ("(auth.jwt() -> 'app_metadata' ->> 'org_id')::bigint = org_id", Tenant, Null),
        ("auth.jwt() -> 'app_metadata' ->> 'role' = 'admin'", Gate, Null),
        ("auth.role() = 'service_role'", False, False),
        ("exists (select 1 from members m where m.org_id = notes.org_id and m.user_id = auth.uid())", Tenant, False),
        ("org_id in (select org_id from members where user_id = auth.uid())", Tenant, False),
        ("exists (select 1 from members m where m.user_id = auth.uid() and m.role = 'admin')", Gate, False),
        ("exists (select 1 from keys where active)", Open, Open),
        (
            "exists (select 1 from keys where active and key = current_setting('request.headers')::json ->> 'key')",
            Gate,
            Gate,
        ),
        ("exists (select 1 from keys where key = notes.body)", Row, Row),
        ("exists (select 1 from members m where m.org_id = org_id and m.user_id = auth.uid())", Gate, False),
        ("auth.uid() = any (readers)", Tenant, Null),
        ("org_id = any (array(select org_id from members where user_id = auth.uid()))", Tenant, Null),
        ("is_member(org_id)", Tenant, False),
        ("is_admin()", Gate, False),
        ("yes()", True, True),
        ("org_id in (select my_orgs())", Tenant, Null),
        ("(select is_admin()) or user_id = (select auth.uid())", Mixed, Null),
        ("user_id = auth.uid() and published", Own, Null),
        ("(auth.jwt() ->> 'is_anonymous')::boolean is false", True, False),
        ("coalesce(auth.uid() = user_id, false)", Own, False),
        ("case when published then true else user_id = auth.uid() end", Row, Row),
        ("body like auth.uid() || '/%'", Own, Null),
        ("user_id = user_id", True, True),
    ] {
        for (role, want) in [("authenticated", user), ("anon", guest)] {
            let have = class(("public", "notes"), condition, role);
            if have != want && !(have.is_denied() && want.is_denied()) {
                wrong.push(format!("{role}: {condition}: {have:?}, not {want:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn conditions_on_files() {
    for (condition, want) in [
        ("(storage.foldername(name))[1] = auth.uid()::text", Own),
        ("bucket_id = 'a' and owner_id = (select auth.uid())::text", Own),
        ("bucket_id = 'a'", Row),
    ] {
        assert_eq!(class(("storage", "objects"), condition, "authenticated"), want, "{condition}");
    }
}

/// How far each command of the role reaches into the relation.
fn reaches(sql: &str, role: &str, name: (&str, &str)) -> [Reach; 4] {
    let catalogue = catalogue(sql);
    let access = Access::new(&catalogue);
    Command::ROWS.map(|command| access.reach(role, &Name::new(name.0, name.1), command))
}

#[test]
fn policies_privileges_and_owners() {
    use Reach::{AllRows, Denied, OwnRows, Unknown};
    let notes = ("public", "notes");
    assert_eq!(reaches("", "anon", notes), [Denied; 4], "no policy");
    assert_eq!(reaches("", "service_role", notes), [AllRows; 4], "skips row level security");
    assert_eq!(reaches("", "anon", ("public", "keys")), [AllRows; 4], "no row level security");
    let own = "create policy p on notes for all to authenticated using (auth.uid() = user_id);";
    assert_eq!(reaches(own, "authenticated", notes), [OwnRows; 4]);
    assert_eq!(reaches(own, "anon", notes), [Denied; 4], "the policy is for others");
    let write = "create policy w on notes for update to authenticated using (true);";
    assert_eq!(reaches(write, "authenticated", notes), [Denied; 4], "rows that are changed have to be seen");
    let block = format!("{own} create policy b on notes for delete to authenticated using (false);");
    assert_eq!(reaches(&block, "authenticated", notes), [OwnRows; 4], "a permissive policy takes nothing away");
    let limit = format!("{own} create policy r on notes as restrictive for delete to public using (false);");
    assert_eq!(reaches(&limit, "authenticated", notes), [OwnRows, OwnRows, OwnRows, Denied]);
    let insert = "create policy i on notes for insert to anon;";
    assert_eq!(reaches(insert, "anon", notes), [Denied; 4], "a policy without a condition admits nothing");
    let revoked = "revoke all on keys from anon; grant select (active) on keys to anon;";
    assert_eq!(reaches(revoked, "anon", ("public", "keys")), [AllRows, Denied, Denied, Denied], "one column");
    let schema = "revoke usage on schema public from public, anon;";
    assert_eq!(reaches(schema, "anon", ("public", "keys")), [Denied; 4], "the schema");
    let some = "create policy s on notes for select using (published);";
    assert_eq!(reaches(some, "anon", notes), [Unknown, Denied, Denied, Denied]);
}

#[test]
fn views_ask_with_the_rights_of_their_owner_or_caller() {
    use Reach::{AllRows, Denied, OwnRows};
    let policy = "create policy p on notes for all to authenticated using (auth.uid() = user_id);";
    let view = |options: &str, rest: &str| {
        format!("{policy} create view public.v {options} as select id, user_id from notes {rest};")
    };
    let v = ("public", "v");
    assert_eq!(reaches(&view("", ""), "anon", v), [AllRows; 4]);
    assert_eq!(reaches(&view("with (security_invoker = on)", ""), "anon", v), [Denied; 4]);
    assert_eq!(reaches(&view("with (security_invoker = on)", ""), "authenticated", v), [OwnRows; 4]);
    assert_eq!(reaches(&view("", "where user_id = auth.uid()"), "authenticated", v)[0], OwnRows);
    assert_eq!(reaches(&view("", "limit 5"), "anon", v), [AllRows, Denied, Denied, Denied]);
    let materialised = "create materialized view public.v as select id from notes;";
    assert_eq!(reaches(materialised, "anon", v), [AllRows, Denied, Denied, Denied]);
}

#[test]
fn the_matrix_names_what_decides() {
    let sql = "create policy own on notes for select to authenticated using (auth.uid() = user_id);
        insert into storage.buckets (id, name, public) values ('pictures', 'pictures', true);";
    let catalogue = catalogue(sql);
    let found = matrix(&catalogue, &["public".to_owned()]);
    assert!(found.objects.is_sorted_by_key(|object| (object.kind, object.name.clone())));
    let notes = found.objects.iter().find(|object| object.name == "public.notes");
    let row = notes
        .and_then(|notes| notes.rows.iter().find(|row| row.role == "authenticated" && row.command == Command::Select));
    let row = row.map(|row| (row.reach, row.because.join("; "), row.steps.len()));
    assert!(
        matches!(&row, Some((Reach::OwnRows, why, 2..)) if why.contains("the policy \"own\" admits the caller's rows")),
        "{row:?}"
    );
    let bucket = found.objects.iter().find(|object| object.name == "pictures");
    let reaches: Option<Vec<Reach>> = bucket.map(|bucket| bucket.rows[..4].iter().map(|row| row.reach).collect());
    assert_eq!(reaches, Some(vec![Reach::AllRows, Reach::Denied, Reach::Denied, Reach::Denied]));
}

#[test]
fn policies_that_lead_back_to_themselves_end() {
    let sql =
        "create policy a on notes for select using (exists (select 1 from members m where m.org_id = notes.org_id));
        create policy b on members for select using (exists (select 1 from notes n where n.org_id = members.org_id));
        create policy c on members for select using (org_id in (select org_id from members));";
    assert_eq!(reaches(sql, "authenticated", ("public", "members"))[0], Reach::Unknown);
}

/// Conditions put together at random.
fn condition() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "true",
        "false",
        "null",
        "published",
        "user_id = auth.uid()",
        "auth.uid() is null",
        "auth.role() = 'anon'",
        "org_id = 1",
        "is_admin()",
        "exists (select 1 from keys where active)",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(5, 24, 2, |inner| {
        (inner.clone(), inner, 0..4u8).prop_map(|(a, b, op)| match op {
            0 => format!("({a}) and ({b})"),
            1 => format!("({a}) or ({b})"),
            2 => format!("not ({a})"),
            _ => format!("exists (select 1 from members m where ({a}) and m.org_id = 1)"),
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn another_permissive_policy_never_takes_away(a in condition(), b in condition()) {
        let one = format!("create policy a on notes for select using ({a});");
        let two = format!("{one} create policy b on notes for select using ({b});");
        for role in ["anon", "authenticated"] {
            let (before, after) = (reaches(&one, role, ("public", "notes"))[0], reaches(&two, role, ("public", "notes"))[0]);
            prop_assert!(before == Reach::Denied || after != Reach::Denied, "{before:?} {after:?}");
            prop_assert!(before != Reach::AllRows || after == Reach::AllRows, "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_restrictive_policy_that_says_no_denies(a in condition()) {
        let sql = format!("create policy a on notes for all using ({a}); create policy b on notes as restrictive for all using (false);");
        prop_assert_eq!(reaches(&sql, "authenticated", ("public", "notes")), [Reach::Denied; 4]);
    }
}
