//! Configuration files: read into documents whose spans lie in the text, or refused.
#![no_main]
use libfuzzer_sys::fuzz_target;
use lunette_config::{Document, Format};

const NAMES: [&str; 4] = ["config.toml", "config.yml", "config.json", ".env"];

fuzz_target!(|input: (u8, &str)| {
    let path = NAMES[usize::from(input.0) % NAMES.len()];
    let Some(format) = Format::of_path(path) else { return };
    let _ = Document::parse(path, format, input.1);
});
