//! ISO calendar dates. They are compared as text, which is right for this form, once they are known to be valid.

/// Whether the text is a real day written `YYYY-MM-DD`.
pub fn is_iso(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let number = |range: std::ops::Range<usize>| {
        let part = &text.as_bytes()[range];
        part.iter()
            .all(u8::is_ascii_digit)
            .then(|| part.iter().fold(0u32, |sum, digit| sum * 10 + u32::from(digit - b'0')))
    };
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    year > 0 && (1..=days).contains(&day)
}

/// Whether something valid until `until` (that day included) is over on `today`.
pub fn is_over(until: &str, today: &str) -> bool {
    until < today
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_days_are_dates() {
        for (text, expected) in [
            ("2027-01-31", true),
            ("2028-02-29", true),
            ("2027-02-29", false),
            ("2027-13-01", false),
            ("2027-1-1", false),
            ("2027/01/31", false),
            ("0000-01-01", false),
            ("２０２７-01", false),
        ] {
            assert_eq!(is_iso(text), expected, "{text}");
        }
    }

    #[test]
    fn the_last_day_counts() {
        assert!(!is_over("2027-01-31", "2027-01-31"));
        assert!(is_over("2027-01-31", "2027-02-01"));
    }
}
