//! General rules hold in edge functions, too: their handlers are routes, their requests are sources.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use lunette_rules::{RunContext, testing};

/// Rule and line of what is found in one edge function.
fn found(text: &str) -> Vec<(String, u32)> {
    let (book, models) = common::builtin();
    let files = [("supabase/functions/task/index.ts".to_owned(), text.to_owned())];
    let (findings, complaints) = testing::findings(&book, &models, &files, &RunContext::default());
    assert!(complaints.is_empty(), "{complaints:?}");
    let general = findings.into_iter().filter(|finding| finding.rule.starts_with("js-"));
    let mut found: Vec<_> = general.map(|finding| (finding.rule, finding.place.line)).collect();
    found.sort();
    found
}

fn rules(expected: &[(&str, u32)]) -> Vec<(String, u32)> {
    expected.iter().map(|(rule, line)| ((*rule).to_owned(), *line)).collect()
}

#[test]
fn an_address_from_the_body_is_followed_to_fetch() {
    let text = "Deno.serve(async (req) => {\n  const { url } = await req.json();\n  const page = await fetch(url);\n  return new Response(await page.text());\n});\n";
    assert_eq!(found(text), rules(&[("js-ssrf", 3)]));
    let old = text.replace("Deno.serve(", "serve(");
    let old = format!("import {{ serve }} from \"https://deno.land/std@0.168.0/http/server.ts\";\n{old}");
    assert_eq!(found(&old), rules(&[("js-ssrf", 4)]));
}

#[test]
fn a_fixed_host_is_safe() {
    let text = "Deno.serve(async (req) => {\n  const { id } = await req.json();\n  const page = await fetch(`https://api.example.com/items/${id}`);\n  return new Response(await page.text());\n});\n";
    assert_eq!(found(text), rules(&[]));
}

#[test]
fn a_redirect_to_the_query_is_found() {
    let text = "Deno.serve((req) => {\n  const next = new URL(req.url).searchParams.get(\"next\") ?? \"/\";\n  return Response.redirect(next, 302);\n});\n";
    assert_eq!(found(text), rules(&[("js-open-redirect", 3)]));
    let text = "Deno.serve((req) => {\n  const next = new URL(req.url).searchParams.get(\"next\") ?? \"/\";\n  return new Response(null, { status: 302, headers: { Location: next } });\n});\n";
    assert_eq!(found(text), rules(&[("js-open-redirect", 3)]));
}

#[test]
fn a_code_from_a_predictable_generator_is_found() {
    let text = "Deno.serve(async (req) => {\n  const otp = Math.floor(100000 + Math.random() * 900000).toString();\n  return new Response(otp);\n});\n";
    assert_eq!(found(text), rules(&[("js-insecure-random", 2)]));
}
