//! Small programs: untrusted data is followed, as in an application and as in a library, and every way is explained.
#![no_main]
use libfuzzer_sys::fuzz_target;
use lunette_flow::facts::Facts;
use lunette_flow::routes;
use lunette_flow::taint::{Options, Taint};

fuzz_target!(|input: (u8, &str)| {
    lunette_fuzz::on_large_stack(|| {
        let program = lunette_fuzz::program(input.0, input.1);
        let models = &*lunette_fuzz::MODELS;
        let facts = Facts::new(&program, &models.trie);
        let routes = routes(&facts, models);
        let taint = Taint::new(&facts, models, &routes, Options { library: Some(input.0 & 0x80 != 0), ..Options::default() });
        for flow in taint.flows() {
            let way = taint.explain(flow);
            assert_eq!(way.first().map(|step| step.site.unit), Some(flow.source.site.unit));
        }
    });
});
