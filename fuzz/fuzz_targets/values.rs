//! Small programs: values are tracked to a fixed point, every body is folded, and what every value may be is asked.
#![no_main]
use libfuzzer_sys::fuzz_target;
use lunette_flow::facts::Facts;
use lunette_flow::fold::fold;
use lunette_flow::program::Site;
use lunette_lang::ir::BodyId;

fuzz_target!(|input: (u8, &str)| {
    lunette_fuzz::on_large_stack(|| {
        let program = lunette_fuzz::program(input.0, input.1);
        let models = &*lunette_fuzz::MODELS;
        let facts = Facts::new(&program, &models.trie);
        for unit in program.ids() {
            for (at, body) in program.unit(unit).module.bodies.iter().enumerate() {
                let id = BodyId(u32::try_from(at).unwrap());
                let folded = fold(&program, &facts.known, &models.containers, unit, id);
                for &value in body.blocks.ops() {
                    facts.possible(Site { unit, body: id, value });
                    folded.constant(value);
                    folded.forwarded(value);
                }
            }
        }
    });
});
