//! Intervals as Postgres prints them: `7 days`, `1 year 2 mons`, `24:00:00`.

/// An interval's text as Postgres prints it; unchanged when it is not made of numbers and units.
pub(crate) fn normalised(text: &str) -> String {
    parse(text).map_or_else(|| text.to_owned(), |(months, days, micros)| print(months, days, micros))
}

/// Months, days and microseconds.
fn parse(text: &str) -> Option<(i64, i64, i64)> {
    let (mut months, mut days, mut micros) = (0i64, 0i64, 0i64);
    let mut words = text.split_whitespace().peekable();
    words.peek()?;
    while let Some(word) = words.next() {
        if word.contains(':') {
            let mut parts = word.split(':').map(|part| part.parse::<i64>().ok());
            let (hours, minutes) = (parts.next()??, parts.next()??);
            let seconds = parts.next().unwrap_or(Some(0))?;
            micros = micros.checked_add(
                hours
                    .checked_mul(3600)?
                    .checked_add(minutes.checked_mul(60)?)?
                    .checked_add(seconds)?
                    .checked_mul(1_000_000)?,
            )?;
            continue;
        }
        let split = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
        let (number, unit) = word.split_at(split);
        let number: i64 = number.parse().ok()?;
        let unit = if unit.is_empty() { words.next()? } else { unit };
        match unit.to_ascii_lowercase().trim_end_matches('s') {
            "year" | "yr" | "y" => months = months.checked_add(number.checked_mul(12)?)?,
            "month" | "mon" => months = months.checked_add(number)?,
            "week" | "w" => days = days.checked_add(number.checked_mul(7)?)?,
            "day" | "d" => days = days.checked_add(number)?,
            "hour" | "hr" | "h" => micros = micros.checked_add(number.checked_mul(3_600_000_000)?)?,
            "minute" | "min" | "m" => micros = micros.checked_add(number.checked_mul(60_000_000)?)?,
            "second" | "sec" | "" => micros = micros.checked_add(number.checked_mul(1_000_000)?)?,
            _ => return None,
        }
    }
    Some((months, days, micros))
}

fn print(months: i64, days: i64, micros: i64) -> String {
    let mut parts = Vec::new();
    let mut part = |number: i64, unit: &str| {
        if number != 0 {
            parts.push(format!("{number} {unit}{}", if number == 1 { "" } else { "s" }));
        }
    };
    part(months / 12, "year");
    part(months % 12, "mon");
    part(days, "day");
    if micros != 0 || parts.is_empty() {
        let seconds = micros.abs() / 1_000_000;
        let sign = if micros < 0 { "-" } else { "" };
        parts.push(format!("{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn intervals_are_printed_as_postgres_does() {
        for (written, printed) in [
            ("7 days", "7 days"),
            ("1 day", "1 day"),
            ("1 week", "7 days"),
            ("24 hours", "24:00:00"),
            ("1 hour", "01:00:00"),
            ("14 months", "1 year 2 mons"),
            ("30 minutes", "00:30:00"),
            ("1 day 02:30", "1 day 02:30:00"),
            ("0", "0"),
            ("5h", "05:00:00"),
            ("P1D", "P1D"),
            ("", ""),
            ("9223372036854775807 years", "9223372036854775807 years"),
        ] {
            assert_eq!(normalised(written), printed, "{written}");
        }
    }
}
