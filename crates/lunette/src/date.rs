//! Dates: the only clock of the program is here, for the default of `--date` and for when a page was fetched.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::exit::Failure;

/// The date asked for, checked; or that of `SOURCE_DATE_EPOCH`; or today in UTC.
///
/// # Errors
/// When the text is not a date of the calendar.
pub(crate) fn resolve(asked: Option<&str>) -> Result<String, Failure> {
    if let Some(text) = asked {
        return match parse(text) {
            Some(_) => Ok(text.to_owned()),
            None => Err(Failure::usage(format!("--date `{text}` is not a date: write it as 2026-11-24"))),
        };
    }
    let epoch = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse::<u64>().ok());
    let seconds = epoch.or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs()));
    let (year, month, day) = civil(seconds.unwrap_or(0) / 86_400);
    Ok(format!("{year:04}-{month:02}-{day:02}"))
}

/// The time in UTC, for pages that are fetched now.
pub(crate) fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn parse(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.splitn(3, '-');
    let mut number = |digits: usize| {
        let part = parts.next()?;
        (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<u32>().ok())?
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=days).contains(&day).then_some((year, month, day))
}

/// Days since 1970-01-01 to a date of the proleptic Gregorian calendar (Howard Hinnant, *chrono-Compatible Low-Level
/// Date Algorithms*, `civil_from_days`).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_781), (2026, 11, 24));
    }

    #[test]
    fn only_dates_of_the_calendar_are_accepted() {
        for good in ["2026-11-24", "2024-02-29"] {
            assert!(parse(good).is_some(), "{good}");
        }
        for bad in ["2026-02-29", "2026-13-01", "26-1-1", "2026-11-31", "2026-11-24x", "", "2026-11", "+026-11-24"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
