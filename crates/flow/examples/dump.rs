//! Development only: prints the IR of a file.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let lowered = lunette_lang::lower(lunette_lang::Dialect::of_path(&path).unwrap(), &text);
    println!("{}", lunette_lang::dump(&lowered.module.unwrap()));
}
