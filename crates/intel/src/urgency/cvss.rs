//! What a CVSS vector says, of version 2, 3 or 4.

use std::str::FromStr as _;

use cvss::Cvss;

use crate::advisory::Vector;

/// A vector that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// The vector.
    pub vector: String,
    /// Its score, in tenths (98 = 9.8).
    pub tenths: u8,
    /// Reached over the network.
    pub network: bool,
    /// Reached only by somebody with access to the host.
    pub local: bool,
    /// Needs nothing that the attacker does not control: no race, no configuration.
    pub easy: bool,
    /// Needs an account with many rights.
    pub high_privileges: bool,
    /// Needs an account.
    pub privileges: bool,
    /// Needs somebody to do something.
    pub interaction: bool,
    /// Loss of confidentiality.
    pub confidentiality: Level,
    /// Loss of integrity.
    pub integrity: Level,
    /// Loss of availability.
    pub availability: Level,
    /// Whether the vector itself says that exploitation can be automated (version 4, `AU`).
    pub automatable_stated: Option<bool>,
}

/// How much is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing.
    None,
    /// Some.
    Low,
    /// Everything.
    High,
}

impl Score {
    /// Reads a vector; `None` when it is none.
    #[expect(clippy::cast_sign_loss, reason = "clamped to 0..=100 before")]
    pub fn of(vector: &Vector) -> Option<Score> {
        let parsed = Cvss::from_str(&vector.0).ok()?;
        let metric = |name: &str| {
            vector
                .0
                .split('/')
                .find_map(|part| part.split_once(':').filter(|(key, _)| *key == name).map(|(_, value)| value))
        };
        let level = |names: &[&str]| {
            let levels = names.iter().filter_map(|name| metric(name)).map(|value| match value {
                "H" | "C" => Level::High,
                "L" | "P" => Level::Low,
                _ => Level::None,
            });
            levels.max().unwrap_or(Level::None)
        };
        let tenths = (parsed.score() * 10.0).round().clamp(0.0, 100.0) as u8;
        let version_4 = matches!(parsed, Cvss::CvssV40(_));
        let [confidentiality, integrity, availability] = if version_4 {
            [level(&["VC", "SC"]), level(&["VI", "SI"]), level(&["VA", "SA"])]
        } else {
            [level(&["C"]), level(&["I"]), level(&["A"])]
        };
        Some(Score {
            network: metric("AV") == Some("N"),
            local: matches!(metric("AV"), Some("L" | "P")),
            easy: metric("AC") == Some("L") && matches!(metric("AT"), None | Some("N")),
            high_privileges: metric("PR") == Some("H") || metric("Au") == Some("M"),
            privileges: matches!(metric("PR"), Some("L" | "H")) || matches!(metric("Au"), Some("S" | "M")),
            interaction: !matches!(metric("UI"), None | Some("N")),
            confidentiality,
            integrity,
            availability,
            automatable_stated: match metric("AU").filter(|_| version_4) {
                Some("Y") => Some(true),
                Some("N") => Some(false),
                _ => None,
            },
            tenths,
            vector: vector.0.clone(),
        })
    }

    /// Whether attacks can be automated: by the vector's own word, or because anybody can attack over the network with
    /// nothing else needed.
    pub fn automatable(&self) -> bool {
        self.automatable_stated.unwrap_or(self.network && self.easy && !self.privileges && !self.interaction)
    }

    /// Whether the technical impact is total: everything can be read and changed.
    pub fn total(&self) -> bool {
        self.confidentiality == Level::High && self.integrity == Level::High
    }
}

/// The worst of several vectors: advisories have one for each version of CVSS, and databases disagree.
pub fn worst(vectors: &[Vector]) -> Option<Score> {
    vectors.iter().filter_map(Score::of).max_by_key(|score| score.tenths)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn score(vector: &str) -> Score {
        Score::of(&Vector(vector.to_owned())).unwrap()
    }

    #[test]
    fn every_version() {
        let three = score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H");
        assert_eq!((three.tenths, three.automatable(), three.total()), (98, true, true));
        let four = score("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N");
        assert_eq!((four.tenths, four.automatable(), four.total()), (93, true, true));
        let stated = score("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:H/SC:N/SI:N/SA:N/AU:N");
        assert_eq!((stated.automatable(), stated.total()), (false, false));
        let two = score("AV:N/AC:L/Au:N/C:P/I:P/A:P");
        assert_eq!((two.tenths, two.automatable(), two.total(), two.integrity), (75, true, false, Level::Low));
    }

    #[test]
    fn what_is_needed() {
        let hard = score("CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:H");
        assert!(hard.local && !hard.easy && hard.high_privileges && hard.interaction && !hard.automatable());
        assert!(!score("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N").automatable());
        for bad in ["", "high", "CVSS:3.1/AV:N", "CVSS:9.9/AV:N/AC:L"] {
            let read = Score::of(&Vector(bad.to_owned()));
            assert!(read.is_none_or(|score| score.tenths == 0), "{bad}");
        }
    }

    #[test]
    fn the_worst_counts() {
        let vectors =
            ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L", "rubbish", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"];
        assert_eq!(worst(&vectors.map(|vector| Vector(vector.to_owned()))).unwrap().tenths, 98);
        assert_eq!(worst(&[]), None);
    }
}
