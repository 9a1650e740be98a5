//! Time of a replay: 1,000 generated migrations (about 4 MB), and two and four times as many, to see that it grows in step.

#![allow(clippy::format_push_string, reason = "made once")]

use divan::Bencher;
use divan::counter::BytesCount;
use lunette_sql::{Options, SqlFile, replay};

fn main() {
    divan::main();
}

/// One migration in the manner of hosted projects: a table with its keys, indexes, policies, a function, a trigger, privileges,
/// a view, a guarded block, and rows.
fn migration(n: usize) -> String {
    let before = n.saturating_sub(1);
    let mut text = format!(
        "-- migration {n}\ncreate table if not exists public.item_{n} (\n  id uuid primary key default gen_random_uuid(),\n  \
         owner_id uuid not null references auth.users (id) on delete cascade,\n  title varchar(200) not null,\n  \
         state text not null default 'draft' check (state in ('draft', 'open', 'done')),\n  meta jsonb default '{{}}'::jsonb,\n  \
         amount numeric(12, 2) default 0,\n  created_at timestamptz not null default now()\n);\n\
         create index if not exists item_{n}_owner on public.item_{n} (owner_id, created_at desc);\n\
         alter table public.item_{n} enable row level security;\n"
    );
    for (name, command, condition) in [
        ("read own", "select", "using (auth.uid() = owner_id)"),
        ("write own", "insert", "with check ((select auth.uid()) = owner_id and state = 'draft')"),
        ("change own", "update", "using (auth.uid() = owner_id) with check (auth.uid() = owner_id)"),
        ("remove own", "delete", "using (auth.uid() = owner_id or (auth.jwt() ->> 'role') = 'admin')"),
    ] {
        text += &format!(
            "drop policy if exists \"{name}\" on public.item_{n};\ncreate policy \"{name}\" on public.item_{n} for {command} to \
             authenticated {condition};\n"
        );
    }
    text += &format!(
        "create or replace function public.touch_{n}() returns trigger language plpgsql security definer set search_path = '' \
         as $$\nbegin\n  new.created_at = now();\n  if new.state is null then\n    raise exception 'no state';\n  end if;\n  \
         return new;\nend;\n$$;\ncreate trigger touch before insert or update on public.item_{n} for each row execute function \
         public.touch_{n}();\nrevoke all on function public.touch_{n}() from public;\ngrant select, insert on \
         public.item_{n} to authenticated;\ncreate or replace view public.open_{n} with (security_invoker = true) as select \
         i.id, i.title, b.title as before from public.item_{n} i left join public.item_{before} b on b.id = i.id where \
         i.state = 'open';\ndo $$ begin\n  if not exists (select 1 from pg_type where typname = 'kind_{n}') then\n    create \
         type public.kind_{n} as enum ('a', 'b');\n  end if;\nend $$;\n"
    );
    for row in 0..12 {
        text += &format!(
            "insert into public.item_{n} (owner_id, title) values ('00000000-0000-0000-0000-0000000000{row:02}', 'row {row}');\n"
        );
    }
    text
}

#[divan::bench(args = [1000, 2000, 4000], sample_count = 3, sample_size = 1)]
fn migrations(bencher: Bencher, count: usize) {
    let texts: Vec<String> = (0..count).map(migration).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let files: Vec<SqlFile<'_>> = texts.iter().map(|text| SqlFile::new("migration.sql", text)).collect();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| replay(&files, &Options::supabase()).statements);
}
