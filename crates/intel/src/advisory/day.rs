//! Days, without a clock: dates as records have them, and the distance between two.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Day(u32);

impl Day {
    /// The day of a date or time as in RFC 3339: `2026-08-16`, `2026-08-16T00:00:00Z`. `None` for anything else, and for
    /// what lies before 1970.
    pub fn parse(text: &str) -> Option<Day> {
        let date = text.get(..10)?;
        if !matches!(text.as_bytes().get(10), None | Some(b'T' | b't' | b' ')) {
            return None;
        }
        let mut parts = date.split('-');
        let [year, month, day] = [parts.next()?, parts.next()?, parts.next()?];
        if parts.next().is_some()
            || [year, month, day].iter().any(|part| !part.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return None;
        }
        let (year, month, day): (i64, i64, i64) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        u32::try_from(days(year, month, day)).ok().map(Day)
    }

    /// The day of a time in seconds since 1970.
    pub fn from_seconds(seconds: u64) -> Day {
        Day(u32::try_from(seconds / 86_400).unwrap_or(u32::MAX))
    }

    /// Days from then until this day; 0 when then is later.
    pub fn since(self, then: Day) -> u32 {
        self.0.saturating_sub(then.0)
    }

    /// Days since 1970-01-01.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// Days since 1970-01-01 (Hinnant, *chrono-Compatible Low-Level Date Algorithms*, `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl fmt::Display for Day {
    /// `2026-08-16` (Hinnant, `civil_from_days`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shifted = u64::from(self.0) + 719_468;
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march + 2) / 5 + 1;
        let month = if march < 10 { march + 3 } else { march - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn days_and_dates() {
        for (text, number) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-24", 20_781)] {
            let day = Day::parse(text).unwrap();
            assert_eq!((day.number(), day.to_string()), (number, text.to_owned()));
        }
        assert_eq!(Day::parse("2026-08-16T00:00:00+0000").unwrap().to_string(), "2026-08-16");
        assert_eq!(Day::from_seconds(20_781 * 86_400 + 5), Day(20_781));
        assert_eq!(Day(5).since(Day(3)), 2);
        assert_eq!(Day(3).since(Day(5)), 0);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "2026", "2026-13-01", "2026-08-1é", "1969-12-31", "+026-01-01", "2026-01-01x", "20260101"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }
}
