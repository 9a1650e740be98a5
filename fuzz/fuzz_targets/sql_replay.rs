//! SQL of any kind is replayed: nothing crashes, and what is left can be judged.
#![no_main]
use libfuzzer_sys::fuzz_target;
use lunette_sql::{Options, SqlFile, checks, matrix, replay};

fuzz_target!(|input: (bool, &str)| {
    let options = if input.0 { Options::supabase() } else { Options::postgres() };
    let files = [SqlFile::new("supabase/migrations/1.sql", input.1)];
    let left = replay(&files, &options);
    let exposed = &options.exposed_schemas;
    let context = checks::Context { exposed_schemas: exposed, files: &files, signup: None, live: None };
    checks::observe(&left, &context);
    matrix::matrix(&left.catalogue, exposed);
});
