//! npm versions in the one form that is compared: three numbers, then prerelease and build.

/// The version as `1.2.3-pre+build`, missing parts filled with zeros; `None` for what is no version.
///
/// A leading `v` or `=` is dropped and `1.2.3beta` read as `1.2.3-beta`, as npm does in its loose mode; advisories and
/// lockfiles hold such forms.
pub(super) fn plain(text: &str) -> Option<String> {
    let text = text.trim_start_matches(['v', 'V', '=', ' ']);
    let (text, build) = match text.split_once('+') {
        Some((text, build)) => (text, Some(build)),
        None => (text, None),
    };
    let digits_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (core, rest) = text.split_at(digits_end);
    let mut numbers: Vec<&str> = core.split('.').collect();
    if numbers.len() > 3 || numbers.iter().any(|number| number.is_empty()) {
        return None;
    }
    if !rest.is_empty() && !rest.starts_with('-') && numbers.len() < 3 {
        return None;
    }
    numbers.resize(3, "0");
    let prerelease = rest.strip_prefix('-').unwrap_or(rest);
    if (!rest.is_empty() && !identifiers(prerelease)) || build.is_some_and(|build| !identifiers(build)) {
        return None;
    }
    let mut out = numbers.join(".");
    if !prerelease.is_empty() {
        out.push('-');
        out.push_str(prerelease);
    }
    Some(out)
}

/// Whether the text is identifiers separated by dots.
fn identifiers(text: &str) -> bool {
    text.split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}
