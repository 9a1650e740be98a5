//! Generated expressions over the columns that generated tables have.

use proptest::prelude::*;
use proptest::sample::select;

/// Columns with their types: a name has the same type in every table, so that expressions fit.
pub(crate) const COLUMNS: [(&str, &str); 11] = [
    ("id", "bigint"),
    ("owner", "uuid"),
    ("tenant", "uuid"),
    ("title", "text"),
    ("code", "varchar(20)"),
    ("n", "int"),
    ("flag", "boolean"),
    ("made", "timestamptz"),
    ("tags", "text[]"),
    ("meta", "jsonb"),
    ("price", "numeric(10,2)"),
];

/// A table, mostly as a migration writes it.
pub(crate) fn table() -> BoxedStrategy<String> {
    prop_oneof![
        12 => select(vec!["public.t1", "public.t2", "public.t3", "t1", "t2"]),
        3 => select(vec!["t4", "app.t1", "app.t5", "public.parts", "\"Odd Name\""]),
    ]
    .prop_map(str::to_owned)
    .boxed()
}

/// What an expression is used for: some places allow no subqueries and no changing functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// A policy: everything.
    Policy,
    /// A check or index: constants and columns only.
    Check,
}

/// Conditions without parts.
const PLAIN: [&str; 52] = [
    "true",
    "false",
    "1 = 1",
    "flag",
    "not flag",
    "flag is true",
    "flag is not false",
    "flag = true",
    "title = 'x'",
    "title <> 'it''s'",
    "title != ''",
    "title like 'a%'",
    "title not like '%z'",
    "title ilike '%B%'",
    "title ~ '^[a-z]+$'",
    "title !~* 'x'",
    "title in ('a', 'b')",
    "title not in ('a', 'b', 'c')",
    "title = any (array['a', 'b'])",
    "code = 'x'",
    "code in ('a', 'b')",
    "code like 'a%'",
    "code::text = title",
    "length(title) > 3",
    "char_length(code) <= 20",
    "lower(title) = title",
    "upper(code) = 'X'",
    "coalesce(title, '') <> ''",
    "nullif(title, 'a') is null",
    "title || code = 'ab'",
    "n > 3",
    "n >= -1",
    "n in (1, 2, 3)",
    "n between 1 and 5",
    "n not between 1 and 5",
    "n * 2 + 1 < 10",
    "n % 2 = 0",
    "n = 1.5",
    "id = 7",
    "id > n",
    "price >= 0",
    "price > 1.5 and price < n",
    "owner is not null",
    "owner is null",
    "owner = '00000000-0000-0000-0000-000000000001'",
    "owner is distinct from tenant",
    "tags @> array['a']",
    "'a' = any (tags)",
    "cardinality(tags) > 0",
    "meta ->> 'k' = 'v'",
    "(meta -> 'a' ->> 'b')::int = 3",
    "meta ? 'k'",
];

/// Conditions on who asks and when.
const CALLER: [&str; 34] = [
    "owner = auth.uid()",
    "auth.uid() = owner",
    "(select auth.uid()) = owner",
    "( SELECT auth.uid() ) = owner",
    "auth.uid() is not null",
    "auth.uid()::text = title",
    "auth.uid()::text = code",
    "auth.role() = 'authenticated'",
    "auth.role() in ('authenticated', 'service_role')",
    "(select auth.role()) = 'authenticated'",
    "auth.email() = title",
    "auth.jwt() ->> 'role' = 'admin'",
    "(auth.jwt() -> 'app_metadata' ->> 'role') = 'admin'",
    "((auth.jwt() -> 'user_metadata') ->> 'tenant')::uuid = tenant",
    "(select auth.jwt() ->> 'aal') = 'aal2'",
    "(auth.jwt() -> 'app_metadata' -> 'flags') ? 'x'",
    "current_user = 'anon'",
    "session_user <> 'postgres'",
    "current_setting('app.tenant', true)::uuid = tenant",
    "made < now()",
    "made > now() - interval '1 day'",
    "made >= current_timestamp",
    "made::date = current_date",
    "extract(year from made) = 2026",
    "date_trunc('day', made) = made",
    "exists (select 1 from public.t2 where t2.owner = auth.uid())",
    "exists (select 1 from public.t2 m where m.owner = auth.uid() and m.tenant = public.t1.tenant)",
    "tenant in (select tenant from public.t2 where owner = auth.uid())",
    "tenant in (select m.tenant from t2 m where m.owner = (select auth.uid()) and m.flag)",
    "tenant not in (select tenant from public.t3)",
    "auth.uid() in (select owner from public.t1)",
    "owner = any (select m.owner from public.t3 as m join public.t2 o on o.id = m.id where o.title = 'a')",
    "n > (select count(*) from public.t2)",
    "public.f1(n) > 0",
];

/// A condition.
pub(crate) fn condition(used: Use) -> BoxedStrategy<String> {
    let plain = select(PLAIN.to_vec()).prop_map(str::to_owned).boxed();
    let leaf = match used {
        Use::Policy => prop_oneof![2 => plain, 3 => select(CALLER.to_vec()).prop_map(str::to_owned)].boxed(),
        Use::Check => plain,
    };
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            3 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} and {b}")),
            3 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) or ({b})")),
            1 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a}) and ({b} or {c})")),
            1 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("{a} or {b} or {c}")),
            1 => inner.clone().prop_map(|a| format!("not ({a})")),
            1 => (inner.clone(), inner).prop_map(|(a, b)| format!("case when {a} then {b} else false end")),
        ]
    })
    .boxed()
}

/// A default for a type.
pub(crate) fn default_of(type_name: &str) -> BoxedStrategy<String> {
    let options: &[&str] = match type_name {
        "bigint" | "int" => &["0", "-1", "1 + 2", "length('abc')"],
        "uuid" => &["gen_random_uuid()", "auth.uid()", "'00000000-0000-0000-0000-000000000001'", "null"],
        "boolean" => &["true", "false", "(not true)"],
        "timestamptz" => &["now()", "current_timestamp", "now() + interval '7 days'", "timezone('utc', now())"],
        "text[]" => &["'{}'", "array['a']", "array[]::text[]", "'{}'::text[]"],
        "jsonb" => &["'{}'", "'{}'::jsonb", "'[]'::jsonb", "jsonb_build_object('a', 1)"],
        "numeric(10,2)" => &["0", "1.5", "0.00"],
        _ => &["''", "'x'", "'draft'::text", "upper('a')", "current_user", "null"],
    };
    select(options.to_vec()).prop_map(str::to_owned).boxed()
}
