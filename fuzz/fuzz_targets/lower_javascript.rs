//! JavaScript and TypeScript sources: any text lowers to a module that is consistent, or to errors.
#![no_main]
use libfuzzer_sys::fuzz_target;
use lunette_lang::Dialect;

fuzz_target!(|input: (u8, &str)| {
    let dialect = [Dialect::JavaScript, Dialect::TypeScript, Dialect::Tsx][usize::from(input.0) % 3];
    lunette_fuzz::on_large_stack(|| {
        let lowered = lunette_lang::lower(dialect, input.1);
        if let Some(module) = lowered.module {
            lunette_lang::verify(&module).unwrap();
            lunette_lang::dump(&module);
        }
    });
});
