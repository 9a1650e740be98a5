//! Matchers on configuration files, with rules made for the purpose.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Engine, place};
use lunette_core::finding::{Evidence, Finding};

const CONFIG: &str = "languages: [config]";
/// With models of JavaScript: what is asked of code can be told.
const BOTH: &str = "languages: [config, javascript]";

fn found(matcher: &str, files: &[(&str, &str)]) -> Vec<Finding> {
    Engine::new(CONFIG, matcher).findings(files)
}

/// Places and values that a matcher finds in one file.
fn values(path: &str, matcher: &str, text: &str) -> Vec<(String, String)> {
    let shown = |finding: &Finding| match &finding.evidence {
        Evidence::Setting { value, .. } => value.clone(),
        Evidence::Absence { looked_for, .. } => format!("no {looked_for}"),
        other => format!("{other:?}"),
    };
    found(matcher, &[(path, text)]).iter().map(|finding| (place(finding), shown(finding))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(place, value)| ((*place).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_key_is_found_with_its_value_in_every_syntax() {
    let matcher = "- { document: '^c\\.', key: a.limit, where: [{ greater-than: 10 }] }";
    for (path, text) in [
        ("c.toml", "[a]\nlimit = 1_000\n"),
        ("c.yaml", "a:\n  limit: 1_000\n"),
        ("c.json", "{\"a\": {\n \"limit\": 1000}}"),
    ] {
        let value = if path == "c.json" { "1000" } else { "1_000" };
        assert_eq!(values(path, matcher, text), pairs(&[(&format!("{path}:2"), value)]), "{path}");
    }
    assert!(values("d.toml", matcher, "[a]\nlimit = 1000\n").is_empty(), "another file");
    assert!(values("c.toml", matcher, "[a]\nlimit = 10\n").is_empty());
}

#[test]
fn what_is_not_set_is_found_where_the_default_counts() {
    let default = "- { document: '.', key: a.limit, default: 6, where: [{ less-than: 8 }] }";
    assert_eq!(
        values("c.toml", default, "\n[a]\nx = 1\n"),
        pairs(&[("c.toml:2", "no a.limit, which is 6 by default")])
    );
    assert_eq!(values("c.toml", default, "[b]\nx = 1\n"), pairs(&[("c.toml", "no a.limit, which is 6 by default")]));
    assert!(values("c.toml", default, "[a]\nlimit = 9\n").is_empty());
    let each = "- { document: '.', key: f.*.verify, default: true, where: [{ is: true }] }";
    let text = "[f.one]\nx = 1\n[f.two]\nverify = false\n[f.three]\nverify = true\n";
    assert_eq!(
        values("c.toml", each, text),
        pairs(&[("c.toml:1", "no f.one.verify, which is true by default"), ("c.toml:6", "true")])
    );
}

#[test]
fn a_key_may_have_to_be_missing() {
    let missing = "- { document: '.', key: a.limit, missing: true, where: [{ key: a.on, is: true }] }";
    assert_eq!(values("c.toml", missing, "[a]\non = true\n"), pairs(&[("c.toml:1", "no a.limit")]));
    assert!(values("c.toml", missing, "[a]\non = true\nlimit = 1\n").is_empty());
    assert!(values("c.toml", missing, "[a]\non = false\n").is_empty());
}

#[test]
fn other_keys_are_asked_for_the_same_names() {
    let matcher =
        "- { document: '.', key: p.*.skip, where: [{ is: true }, { key: p.*.on, is: true, default: false }] }";
    let text = "[p.a]\non = true\nskip = true\n[p.b]\non = false\nskip = true\n[p.c]\nskip = true\n";
    assert_eq!(values("c.toml", matcher, text), pairs(&[("c.toml:3", "true")]));
}

#[test]
fn tables_for_one_purpose_fall_back_on_the_file() {
    let matcher = "- { document: '.', key: a.limit, also-below: r.*, where: [{ greater-than: 5 }], unless: [{ key: a.on, is: false }] }";
    let text = "[a]\non = true\nlimit = 1\n[r.x.a]\nlimit = 9\n[r.y.a]\non = false\nlimit = 9\n";
    assert_eq!(values("c.toml", matcher, text), pairs(&[("c.toml:5", "9")]));
    assert!(values("c.toml", matcher, &text.replace("on = true", "on = false")).is_empty());
}

#[test]
fn a_reference_tells_nothing_but_its_text() {
    let text = "[a]\nb = \"env(LIMIT)\"\nc = \"${LIMIT}\"\n";
    let matcher = |key: &str, test: &str| format!("- {{ document: '.', key: {key}, where: [{test}] }}");
    for key in ["a.b", "a.c"] {
        for test in ["{ truthy: true }", "{ falsy: true }", "{ not-in: [x] }", "{ longer-than: 1 }"] {
            assert!(values("c.toml", &matcher(key, test), text).is_empty(), "{key} {test}");
        }
        assert_eq!(values("c.toml", &matcher(key, "{ matches: LIMIT }"), text).len(), 1);
    }
    let unless = "- { document: '.', key: a.x, where: [{ is: 1 }], unless: [{ key: a.b, is: true }] }";
    assert!(values("c.toml", unless, "[a]\nx = 1\nb = \"env(B)\"\n").is_empty(), "the excuse may hold");
}

#[test]
fn elements_of_lists_are_found_each_at_its_place() {
    let matcher = "- { document: '.', key: 'a.hosts[]', where: [{ matches: '\\*' }] }";
    let text = "[a]\nhosts = [\n  \"x\",\n  \"*.y\",\n]\n";
    let found = found(matcher, &[("c.toml", text)]);
    assert_eq!(found.len(), 1);
    let place = &found[0].place;
    assert_eq!((place.line, place.column, place.end_line, place.end_column), (4, 3, 4, 8));
}

#[test]
fn secrets_are_never_shown() {
    let matcher = "- { document: '.', key: '*', secret: a key, where: [{ name: KEY }, { matches: '.' }] }";
    let found = found(matcher, &[(".env", "A_KEY=\"made-up-value-17\" # note\nB=1\n")]);
    assert_eq!(found.len(), 1);
    let told = format!("{:?}", found[0]);
    assert!(!told.contains("made-up-value-17"), "{told}");
    assert!(matches!(&found[0].evidence, Evidence::Secret { what, .. } if what == "a key"));
}

#[test]
fn code_beside_a_key_is_asked_with_what_it_imports() {
    let matcher = "- document: '(^|/)c\\.toml$'\n  key: f.*.open\n  where: [{ is: true }]\n  unless: [{ code: { folder: 'fns/*', entry: f.*.entry, has: [{ call: lib.check }] } }]";
    let mut models =
        lunette_flow::models::Models::load([("javascript/lib.yml", "package: lib\nlanguage: javascript\n")]).unwrap();
    let text = common::rule(BOTH, matcher);
    let book = lunette_rules::Rulebook::load([("test/py-x.md", text.as_str())], &mut models).unwrap();
    let config = "[f.a]\nopen = true\n[f.b]\nopen = true\n[f.c]\nopen = true\n[f.d]\nopen = true\nentry = \"./other/d.ts\"\n[f.e]\nopen = true\n";
    let checks = "import { check } from 'lib';\nexport const ask = () => check();\n";
    let files = [
        ("s/c.toml", config),
        ("s/fns/a/index.ts", "export const a = 1;\n"),
        ("s/fns/b/index.ts", "import { check } from 'lib';\ncheck();\n"),
        ("s/shared.ts", checks),
        ("s/fns/c/index.ts", "import { ask } from '../../shared';\nask();\n"),
        ("s/other/d.ts", "export const d = 1;\n"),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()));
    let (findings, complaints) =
        lunette_rules::testing::findings(&book, &models, &files, &lunette_rules::RunContext::default());
    assert!(complaints.is_empty(), "{complaints:?}");
    // `b` checks, `c` does by what it imports, and of `e` there is no code to tell.
    assert_eq!(findings.iter().map(|finding| finding.place.line).collect::<Vec<_>>(), [2, 8]);
}

#[test]
fn without_models_of_code_nothing_is_told_of_it() {
    let matcher = "- document: '.'\n  key: a\n  where: [{ code: { folder: x, has: [{ call: lib.check }] } }]";
    let engine = Engine::new("languages: [config]", matcher);
    assert!(engine.findings(&[("c.toml", "a = 1\n"), ("x/i.js", "require('lib').check()\n")]).is_empty());
}

#[test]
fn a_rule_applies_where_its_files_are() {
    let engine = Engine::new(CONFIG, "- { document: 'c.toml', key: a, where: [{ is: 1 }] }");
    let applicable = |path: &str| engine.run(&[(path, "a = 2\n")]).checked[0].applicable;
    assert!(applicable("c.toml"));
    assert!(!applicable("d.toml"));
    let (book, _) = common::builtin();
    assert!(book.wants_document("supabase/config.toml") && book.wants_document("web/.env.local"));
    assert!(!book.wants_document("package-lock.json"));
}

const OPEN_FUNCTION: &str = r#"import { createClient } from "npm:@supabase/supabase-js@2";

Deno.serve(async (req) => {
  const admin = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")!);
  await admin.from("carts").delete().lt("seen", "2020-01-01");
  return new Response("ok");
});
"#;

#[test]
fn a_function_open_to_everybody_is_told_of_once() {
    let (book, models) = common::builtin();
    let told = |off: &[&str]| {
        let files = [
            ("supabase/config.toml", "[functions.purge]\nverify_jwt = false\n"),
            ("supabase/functions/purge/index.ts", OPEN_FUNCTION),
        ]
        .map(|(path, text)| (path.to_owned(), text.to_owned()));
        let off = off.iter().map(|&rule| rule.to_owned()).collect();
        let context = lunette_rules::RunContext { off, ..lunette_rules::RunContext::default() };
        let (findings, complaints) = lunette_rules::testing::findings(&book, &models, &files, &context);
        assert!(complaints.is_empty(), "{complaints:?}");
        let asked = ["supabase-function-without-jwt", "supabase-service-role-no-auth"];
        findings
            .into_iter()
            .map(|finding| finding.rule)
            .filter(|rule| asked.contains(&rule.as_str()))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&[]), ["supabase-service-role-no-auth"]);
    // Where the rule on the code is off, the setting is told of.
    assert_eq!(told(&["supabase-service-role-no-auth"]), ["supabase-function-without-jwt"]);
}
