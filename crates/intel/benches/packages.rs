//! Packages of a large lockfile, beside the plain parse of the same JSON.
//!
//! Reads the lockfile that `LUNETTE_SHARED` (default `../shared` beside the project) holds; a made-up one of the same
//! size otherwise.

use std::hint::black_box;

use divan::Bencher;
use lunette_intel::packages::inventory;

fn main() {
    divan::main();
}

fn lockfile() -> String {
    let shared = std::env::var("LUNETTE_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
    let file = format!("{shared}/bench/lockfiles/juice-shop-20.1.1-package-lock.json");
    std::fs::read_to_string(file).unwrap_or_else(|_| {
        let packages: Vec<String> = (0..1_348)
            .map(|n| {
                let next = n + 1;
                format!(
                    "\"node_modules/a{n}\": {{\"version\": \"1.0.{n}\", \"resolved\": \"https://registry.npmjs.org/a{n}/-/a{n}-1.0.{n}.tgz\", \"integrity\": \"sha512-{:0<86}==\", \"license\": \"MIT\", \"dependencies\": {{\"a{next}\": \"^1.0.0\"}}, \"engines\": {{\"node\": \">=18\"}}}}",
                    "A"
                )
            })
            .collect();
        format!("{{\"lockfileVersion\": 3, \"packages\": {{{}}}}}", packages.join(",\n"))
    })
}

/// What the file costs to read as JSON and nothing else.
#[divan::bench]
fn plain_json(bencher: Bencher<'_, '_>) {
    let text = lockfile();
    bencher.bench(|| serde_json::from_str::<serde_json::Value>(black_box(&text)).map(|value| value.is_object()));
}

/// Packages, places, hashes, edges and ways.
#[divan::bench]
fn packages(bencher: Bencher<'_, '_>) {
    let text = lockfile();
    bencher.bench(|| inventory(black_box(&[("package-lock.json", text.as_str())])));
}
