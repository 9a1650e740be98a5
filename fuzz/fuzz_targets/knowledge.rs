//! Rule and model files of the user's own.
#![no_main]
use libfuzzer_sys::fuzz_target;
use lunette_assess::{Extras, Knowledge};

fuzz_target!(|text: &str| {
    let _ = Knowledge::load(&Extras { rules: vec![("a.md".to_owned(), text.to_owned())], models: Vec::new() });
    let _ = Knowledge::load(&Extras { rules: Vec::new(), models: vec![("a.yml".to_owned(), text.to_owned())] });
});
