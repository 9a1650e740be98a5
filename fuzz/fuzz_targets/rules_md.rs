//! A project's rules and configuration, suppressions in comments, and what is shown of source lines.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = lunette_assess::rules_md::understand(text);
    let _ = lunette_assess::config::parse(text);
    let _ = lunette_read::redact(text);
    let file = lunette_read::SourceFile { path: "a.py".to_owned(), text: text.to_owned(), bytes: 0, lines: 0 };
    let _ = lunette_assess::suppress::collect(&[file]);
});
