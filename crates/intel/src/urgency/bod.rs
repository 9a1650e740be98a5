//! The decision table of CISA's Binding Operational Directive 26-04, as it was published.

/// Where the table is from.
pub const SOURCE: &str = "CISA BOD 26-04, decision table cisa:DT_BOD2604:1.0.0, as CERT/CC's SSVC publishes it";

/// Until when to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deadline {
    /// With the next scheduled upgrade or rebuild.
    NextUpgrade,
    /// Within 60 days.
    Days60,
    /// Within 14 days.
    Days14,
    /// Within 3 days.
    Days3,
    /// Within 3 days, and look whether the system is compromised.
    Days3Forensic,
}

impl Deadline {
    /// The directive's key for it.
    pub fn key(self) -> &'static str {
        match self {
            Deadline::NextUpgrade => "FSU",
            Deadline::Days60 => "60D",
            Deadline::Days14 => "14D",
            Deadline::Days3 => "3D",
            Deadline::Days3Forensic => "3DF",
        }
    }

    /// The directive's words for it.
    pub fn words(self) -> &'static str {
        match self {
            Deadline::NextUpgrade => "Fix on system upgrade",
            Deadline::Days60 => "60 days",
            Deadline::Days14 => "14 days",
            Deadline::Days3 => "3 days",
            Deadline::Days3Forensic => "3 days & forensic investigation",
        }
    }

    /// Days until then; `None` with the next upgrade.
    pub fn days(self) -> Option<u32> {
        match self {
            Deadline::NextUpgrade => None,
            Deadline::Days60 => Some(60),
            Deadline::Days14 => Some(14),
            Deadline::Days3 | Deadline::Days3Forensic => Some(3),
        }
    }
}

/// The table: in KEV, publicly exposed, automatable, total technical impact, and the deadline; sorted by the first four.
pub const TABLE: [([bool; 4], Deadline); 16] = {
    use Deadline::{Days3, Days3Forensic, Days14, Days60, NextUpgrade};
    const N: bool = false;
    const Y: bool = true;
    [
        ([N, N, N, N], NextUpgrade),
        ([N, N, N, Y], NextUpgrade),
        ([N, N, Y, N], Days60),
        ([N, N, Y, Y], Days60),
        ([N, Y, N, N], Days60),
        ([N, Y, N, Y], Days14),
        ([N, Y, Y, N], Days14),
        ([N, Y, Y, Y], Days3),
        ([Y, N, N, N], Days14),
        ([Y, N, N, Y], Days14),
        ([Y, N, Y, N], Days14),
        ([Y, N, Y, Y], Days3Forensic),
        ([Y, Y, N, N], Days14),
        ([Y, Y, N, Y], Days3Forensic),
        ([Y, Y, Y, N], Days3),
        ([Y, Y, Y, Y], Days3Forensic),
    ]
};

/// The table's deadline.
#[expect(clippy::fn_params_excessive_bools, reason = "the table's four inputs, in its order")]
pub fn deadline(kev: bool, exposed: bool, automatable: bool, total: bool) -> Deadline {
    let bit = |set: bool, value: usize| if set { value } else { 0 };
    TABLE[bit(kev, 8) + bit(exposed, 4) + bit(automatable, 2) + bit(total, 1)].1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::print_stderr)]

    use super::*;

    #[test]
    fn the_table_is_found_by_its_inputs() {
        for (inputs, expected) in TABLE {
            assert_eq!(deadline(inputs[0], inputs[1], inputs[2], inputs[3]), expected, "{inputs:?}");
        }
    }

    #[test]
    fn the_table_is_the_published_one() {
        let shared = std::env::var_os("LUNETTE_SHARED").map_or_else(
            || std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
            std::path::PathBuf::from,
        );
        let path = shared.join("schemas/cisa_bod_26_04.json");
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("SKIPPED: {} is not here", path.display());
            return;
        };
        let published: serde_json::Value = serde_json::from_str(&text).unwrap();
        let rows = published["mapping"].as_array().unwrap();
        assert_eq!(rows.len(), TABLE.len());
        for row in rows {
            let of = |key: &str, yes: &str| row[key].as_str().unwrap() == yes;
            let found = deadline(
                of("cisa:KEV:1.0.0", "Y"),
                of("cisa:PE:1.0.0", "Y"),
                of("ssvc:A:2.0.0", "Y"),
                of("ssvc:TI:1.0.0", "T"),
            );
            assert_eq!(found.key(), row["cisa:BOD2604:1.0.0"].as_str().unwrap(), "{row}");
        }
        for value in published["decision_points"]["cisa:BOD2604:1.0.0"]["values"].as_array().unwrap() {
            let all =
                [Deadline::NextUpgrade, Deadline::Days60, Deadline::Days14, Deadline::Days3, Deadline::Days3Forensic];
            let ours = all.iter().find(|deadline| value["key"] == deadline.key()).unwrap();
            assert_eq!(value["name"], ours.words());
        }
    }
}
