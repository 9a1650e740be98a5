//! What the targets share.

use std::sync::LazyLock;

use lunette_flow::models::Models;
use lunette_flow::program::{ImportMap, Program, Unit};
use lunette_lang::{Dialect, lower};

/// The embedded models, loaded once.
pub static MODELS: LazyLock<Models> = LazyLock::new(|| Models::builtin().expect("the embedded models are sound"));

/// Runs on a thread with the stack that lowering asks for, as every caller in the workspace does. A panic there ends
/// the fuzzer, as it should.
pub fn on_large_stack(work: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(lunette_lang::STACK_SIZE).spawn_scoped(scope, work);
        thread.expect("a thread can be started").join().expect("it does not panic");
    });
}

/// A program of up to three files (`a`, `b`, `c`), parted by form feeds. The number chooses their language.
pub fn program(choice: u8, text: &str) -> Program {
    let (dialect, ending) =
        [(Dialect::Python, "py"), (Dialect::JavaScript, "js"), (Dialect::TypeScript, "ts")][usize::from(choice) % 3];
    let texts = text.splitn(3, '\u{c}').zip(["a", "b", "c"]);
    let units = texts.filter_map(|(text, name)| {
        let module = lower(dialect, text).module?;
        Some(Unit { path: format!("{name}.{ending}"), text: text.to_owned(), module })
    });
    Program::new(units.collect(), &ImportMap::default())
}
