//! What the targets share.

/// Runs on a thread with the stack that lowering asks for, as every caller in the workspace does. A panic there ends
/// the fuzzer, as it should.
pub fn on_large_stack(work: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(lunette_lang::STACK_SIZE).spawn_scoped(scope, work);
        thread.expect("a thread can be started").join().expect("it does not panic");
    });
}
