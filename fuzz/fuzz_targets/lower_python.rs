//! Python sources: any text lowers to a module that is consistent, or to errors.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| {
    lunette_fuzz::on_large_stack(|| {
        let lowered = lunette_lang::lower(lunette_lang::Dialect::Python, source);
        if let Some(module) = lowered.module {
            lunette_lang::verify(&module).unwrap();
            lunette_lang::dump(&module);
        }
    });
});
