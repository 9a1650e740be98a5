//! Regular expressions: any pattern is read or refused, and judged within its bounds; what is said to be slow has a
//! text that shows it.
#![no_main]
use libfuzzer_sys::fuzz_target;
use lunette_flow::pattern::{Anchoring, Dialect, Regex, Verdict, admits, verdict};

const FLAGS: [&str; 8] = ["", "i", "s", "m", "u", "im", "su", "v"];

fuzz_target!(|input: (u8, &str)| {
    lunette_fuzz::on_large_stack(|| {
        let dialect = if input.0 & 1 == 0 { Dialect::JavaScript } else { Dialect::Python };
        let how = [Anchoring::Anywhere, Anchoring::Start, Anchoring::Full][usize::from(input.0 >> 1) % 3];
        let Ok(regex) = Regex::parse(input.1, FLAGS[usize::from(input.0 >> 5)], dialect) else { return };
        if let Verdict::Exponential { attack } | Verdict::Polynomial { attack, .. } = verdict(&regex, how) {
            assert!(!attack.pump.is_empty());
            attack.text(3);
        }
        admits(&regex, how, &["../a", "'", "<b>", "a;b", ""]);
    });
});
