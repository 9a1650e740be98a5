//! Records of advisories, archives of them, and whole indexes: read or refused.
#![no_main]
use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use lunette_intel::advisory::parse_record;
use lunette_intel::index::Snapshot;
use lunette_intel::snapshot::import;

fuzz_target!(|input: (u8, &[u8])| {
    match input.0 % 5 {
        0 => _ = parse_record(input.1).map(drop),
        1 => _ = import::osv(Cursor::new(input.1)).map(drop),
        2 => _ = import::kev(input.1).map(drop),
        3 => _ = import::epss(input.1).map(drop),
        _ => _ = Snapshot::open(Box::new(input.1.to_vec())).map(|snapshot| snapshot.verify()),
    }
});
