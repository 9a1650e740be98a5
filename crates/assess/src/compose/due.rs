//! Due dates: a date, a number of days, and the policy that joins severities to them.

use lunette_core::risk::Severity;

use crate::dates::is_iso;

/// Days to close a finding of this severity. 3, 14 and 60 are the steps of CISA BOD 26-04 (10 June 2026), applied here
/// to all findings as the default policy; 180 for Low is this project's own.
pub(super) fn days(severity: Severity) -> u32 {
    match severity {
        Severity::Critical => 3,
        Severity::High => 14,
        Severity::Medium => 60,
        Severity::Low => 180,
    }
}

/// The day that comes `days` after `date`; in words when `date` is not an ISO date.
pub(super) fn after(date: &str, days: u32) -> String {
    day_after(date, days).unwrap_or_else(|| format!("{days} days after the assessment"))
}

/// The date by which a finding of this severity is due.
pub(super) fn due(date: &str, severity: Severity) -> String {
    after(date, days(severity))
}

fn day_after(date: &str, days: u32) -> Option<String> {
    if !is_iso(date) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| date.get(range)?.parse::<u32>().ok();
    let (mut year, mut month, mut day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    for _ in 0..days {
        day += 1;
        if day > days_in(year, month) {
            day = 1;
            month += 1;
        }
        if month > 12 {
            month = 1;
            year += 1;
        }
    }
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_months_and_leap_years() {
        for (date, days, expected) in [
            ("2026-11-24", 3, "2026-11-27"),
            ("2026-11-24", 14, "2026-12-08"),
            ("2026-11-24", 60, "2027-01-23"),
            ("2026-11-24", 180, "2027-05-23"),
            ("2028-02-28", 1, "2028-02-29"),
            ("2027-02-28", 1, "2027-03-01"),
            ("2100-02-28", 1, "2100-03-01"),
            ("2026-12-31", 1, "2027-01-01"),
            ("2026-12-31", 0, "2026-12-31"),
            ("yesterday", 3, "3 days after the assessment"),
            ("2026-02-30", 3, "3 days after the assessment"),
        ] {
            assert_eq!(after(date, days), expected);
        }
    }

    #[test]
    fn worse_is_due_sooner() {
        assert!(Severity::ALL.windows(2).all(|pair| days(pair[0]) > days(pair[1])));
    }
}
