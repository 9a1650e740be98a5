//! Versions of packages, as far as rules ask for them: the major number.

/// The major version that a version or a range of versions (`4.18.2`, `^4.18`, `>=3, <5`) starts with.
pub fn major(version: &str) -> Option<u32> {
    let digits = version.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let before = &version[..version.len() - digits.len()];
    // What is not a version: a tag, a path, an address.
    if before.contains([':', '/']) || before.chars().filter(char::is_ascii_alphabetic).count() > 1 {
        return None;
    }
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn ranges_start_with_their_lowest_version() {
        for (text, expected) in [
            ("4.18.2", Some(4)),
            ("^5", Some(5)),
            (">=3, <5", Some(3)),
            ("~=1.2", Some(1)),
            ("v2.0", Some(2)),
            ("latest", None),
            ("*", None),
            ("", None),
            ("github:user/name#4", None),
            ("file:../4", None),
        ] {
            assert_eq!(major(text), expected, "{text}");
        }
    }
}
