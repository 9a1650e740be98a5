//! Programs of up to three files, parted by form feeds: values are tracked to a fixed point, and what every value of
//! every body may be is asked.
#![no_main]
use libfuzzer_sys::fuzz_target;
use lunette_flow::api::ApiTrie;
use lunette_flow::facts::Facts;
use lunette_flow::program::{ImportMap, Program, Site, Unit};
use lunette_lang::ir::{BodyId, Language};
use lunette_lang::{Dialect, lower};

/// API values that the dictionaries speak of.
const PATHS: [&str; 6] = ["lib", "lib.go", "lib.make", "lib.make()", "lib.make().use", "print"];

fuzz_target!(|input: (u8, &str)| {
    let (dialect, language, ending) = [
        (Dialect::Python, Language::Python, "py"),
        (Dialect::JavaScript, Language::JavaScript, "js"),
        (Dialect::TypeScript, Language::JavaScript, "ts"),
    ][usize::from(input.0) % 3];
    lunette_fuzz::on_large_stack(|| {
        let texts = input.1.splitn(3, '\u{c}').zip(["a", "b", "c"]);
        let units = texts.filter_map(|(text, name)| {
            let module = lower(dialect, text).module?;
            Some(Unit { path: format!("{name}.{ending}"), text: text.to_owned(), module })
        });
        let program = Program::new(units.collect(), &ImportMap::default());
        let mut trie = ApiTrie::default();
        for path in PATHS {
            trie.insert(language, path).unwrap();
        }
        let facts = Facts::new(&program, &trie);
        for unit in program.ids() {
            for (at, body) in program.unit(unit).module.bodies.iter().enumerate() {
                for &value in body.blocks.iter().flat_map(|block| &block.ops) {
                    facts.possible(Site { unit, body: BodyId(u32::try_from(at).unwrap()), value });
                }
            }
        }
    });
});
