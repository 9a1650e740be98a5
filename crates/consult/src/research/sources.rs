//! The public sources that research asks, and what is read from their answers.
//!
//! Numbers, dates, versions and words of fixed lists are taken; free text is quoted, shortened, and nothing depends on it.

use serde_json::Value;
use url::Url;

/// Longest quotation, in characters.
const MAX_QUOTE: usize = 160;
/// Versions named in one claim.
const MAX_VERSIONS: usize = 5;

/// States of a record that the NVD knows.
const NVD_STATES: [&str; 8] = [
    "Received",
    "Awaiting Analysis",
    "Undergoing Analysis",
    "Analyzed",
    "Modified",
    "Deferred",
    "Rejected",
    "Awaiting Enrichment",
];

pub(super) const KEV: &str = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json";

pub(super) fn osv_url(id: &str) -> String {
    format!("https://api.osv.dev/v1/vulns/{id}")
}

pub(super) fn nvd_url(cve: &str) -> String {
    format!("https://services.nvd.nist.gov/rest/json/cves/2.0?cveId={cve}")
}

pub(super) fn epss_url(cves: &[String]) -> String {
    format!("https://api.first.org/data/v1/epss?cve={}", cves.join(","))
}

/// The page of a version in its registry.
pub(super) fn version_url(npm: bool, package: &str, version: &str) -> Option<String> {
    let mut url = Url::parse(if npm { "https://registry.npmjs.org" } else { "https://pypi.org" }).ok()?;
    {
        let mut path = url.path_segments_mut().ok()?;
        // `@scope/name` is one segment: its slash is encoded.
        if npm {
            path.clear().push(package).push(version)
        } else {
            path.clear().extend(["pypi", package, version, "json"])
        };
    }
    Some(url.into())
}

pub(super) fn release_url(product: &str, release: &str) -> String {
    format!("https://endoflife.date/api/{product}/{release}.json")
}

/// What OSV says of an advisory.
pub(super) fn osv(id: &str, answer: &Value) -> Option<String> {
    let told = answer.get("id")?.as_str()?;
    let aliases = answer.get("aliases").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    if !std::iter::once(told).chain(aliases).any(|one| one.eq_ignore_ascii_case(id)) {
        return None;
    }
    let modified = day(answer.get("modified"))?;
    if let Some(withdrawn) = day(answer.get("withdrawn")) {
        return Some(format!(
            "OSV withdrew {id} on {withdrawn}: the findings that rest on it should be looked at again"
        ));
    }
    let mut fixed: Vec<&str> = Vec::new();
    for range in each(answer, "affected").flat_map(|affected| each(affected, "ranges")) {
        // Commits of a repository are no versions.
        if range.get("type").and_then(Value::as_str) != Some("GIT") {
            fixed.extend(
                each(range, "events")
                    .filter_map(|event| event.get("fixed")?.as_str())
                    .filter(|version| is_version(version)),
            );
        }
    }
    fixed.sort_unstable();
    fixed.dedup();
    let more = fixed.len().saturating_sub(MAX_VERSIONS);
    fixed.truncate(MAX_VERSIONS);
    let told_fixed = if fixed.is_empty() {
        "names no version with a fix".to_owned()
    } else {
        format!("names as fixed: {}", fixed.join(", "))
    };
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("OSV last changed {id} on {modified}, has not withdrawn it, and {told_fixed}{more}"))
}

/// What CISA's catalogue of known exploitation says of CVEs: one claim for each that it lists, one for those that it
/// does not.
pub(super) fn kev(cves: &[String], answer: &Value) -> Option<Vec<(String, String)>> {
    let list = answer.get("vulnerabilities")?.as_array()?;
    let released = day(answer.get("dateReleased"))?;
    let mut claims = Vec::new();
    let mut absent: Vec<&str> = Vec::new();
    for cve in cves {
        let Some(entry) = list.iter().find(|entry| entry.get("cveID").and_then(Value::as_str) == Some(cve)) else {
            absent.push(cve);
            continue;
        };
        let added = day(entry.get("dateAdded")).unwrap_or_else(|| "an unknown day".to_owned());
        let due =
            day(entry.get("dueDate")).map_or_else(String::new, |due| format!(", to be mended by agencies by {due}"));
        let ransom = entry.get("knownRansomwareCampaignUse").and_then(Value::as_str) == Some("Known");
        let ransom = if ransom { ", in ransomware campaigns as well" } else { "" };
        claims.push((
            cve.clone(),
            format!("CISA's catalogue of {released} lists {cve} as exploited since {added}{ransom}{due}"),
        ));
    }
    if !absent.is_empty() {
        let verb = if absent.len() == 1 { "it" } else { "them" };
        claims.push((absent.join(", "), format!("CISA's catalogue of {released} does not list {verb} as exploited")));
    }
    Some(claims)
}

/// What EPSS says of CVEs.
pub(super) fn epss(cves: &[String], answer: &Value) -> Option<Vec<(String, String)>> {
    let data = answer.get("data")?.as_array()?;
    let mut claims = Vec::new();
    for cve in cves {
        let Some(row) = data.iter().find(|row| row.get("cve").and_then(Value::as_str) == Some(cve)) else { continue };
        let number = |key: &str| {
            row.get(key)
                .and_then(Value::as_str)
                .and_then(|text| text.parse::<f64>().ok())
                .filter(|share| (0.0..=1.0).contains(share))
        };
        let (Some(score), Some(percentile), Some(scored)) =
            (number("epss"), number("percentile"), day(row.get("date")))
        else {
            continue;
        };
        claims.push((
            cve.clone(),
            format!(
                "EPSS of {scored} puts exploitation within 30 days at {:.2} %, higher than {:.0} % of all CVEs",
                score * 100.0,
                (percentile * 100.0).floor()
            ),
        ));
    }
    Some(claims)
}

/// What the NVD says of a CVE.
pub(super) fn nvd(cve: &str, answer: &Value) -> Option<String> {
    let record = each(answer, "vulnerabilities")
        .filter_map(|one| one.get("cve"))
        .find(|one| one.get("id").and_then(Value::as_str) == Some(cve))?;
    let state = record.get("vulnStatus")?.as_str().filter(|state| NVD_STATES.contains(state))?;
    let changed = day(record.get("lastModified"))?;
    let metrics = record.get("metrics");
    let score = ["cvssMetricV40", "cvssMetricV31", "cvssMetricV30"].iter().find_map(|key| {
        let data = metrics?.get(key)?.get(0)?.get("cvssData")?;
        let version = data.get("version")?.as_str().filter(|version| is_version(version))?;
        let score = data.get("baseScore")?.as_f64().filter(|score| (0.0..=10.0).contains(score))?;
        Some(format!(", CVSS {version} base score {score:.1}"))
    });
    Some(format!("The NVD has {cve} as “{state}”, last changed on {changed}{}", score.unwrap_or_default()))
}

/// Whether a registry still offers a version.
pub(super) fn version(npm: bool, package: &str, version: &str, answer: &Value) -> Option<String> {
    if npm {
        if answer.get("version")?.as_str()? != version {
            return None;
        }
        return Some(match answer.get("deprecated").and_then(Value::as_str) {
            Some(why) => format!("npm offers {package} {version}, marked as deprecated: {}", quote(why)),
            None => format!("npm offers {package} {version}, not marked as deprecated"),
        });
    }
    let info = answer.get("info")?;
    if info.get("version")?.as_str()? != version {
        return None;
    }
    Some(match (info.get("yanked")?.as_bool()?, info.get("yanked_reason").and_then(Value::as_str)) {
        (true, Some(why)) => format!("PyPI offers {package} {version}, but it was yanked: {}", quote(why)),
        (true, None) => format!("PyPI offers {package} {version}, but it was yanked"),
        (false, _) => format!("PyPI offers {package} {version}, not yanked"),
    })
}

/// Until when a release line gets fixes, seen from a day.
pub(super) fn release(product: &str, release: &str, today: &str, answer: &Value) -> Option<String> {
    let end = match answer.get("eol")? {
        Value::Bool(true) => "is past its end of life".to_owned(),
        Value::Bool(false) => "has no end of life announced".to_owned(),
        end => {
            let end = day(Some(end))?;
            if end.as_str() <= today {
                format!("has had no fixes since {end}")
            } else {
                format!("gets fixes until {end}")
            }
        }
    };
    let latest = answer.get("latest").and_then(Value::as_str).filter(|version| is_version(version));
    let latest = latest.map_or_else(String::new, |version| format!("; its newest release is {version}"));
    Some(format!("{product} {release} {end}{latest}"))
}

/// The sentence of a page that names an id, quoted.
pub(super) fn mention(ids: &[&str], text: &str) -> Option<String> {
    // ASCII only, so that positions stay.
    let lower = text.to_ascii_lowercase();
    let at = ids.iter().filter_map(|id| lower.find(&id.to_ascii_lowercase())).min()?;
    let begin = text[..at].rfind(". ").map_or(0, |dot| dot + 2);
    let near = text[begin..at].char_indices().rev().nth(80).map_or(begin, |(back, _)| begin + back);
    Some(quote(&text[near..]))
}

/// Text of strangers between quotation marks that it cannot close.
pub(super) fn quote(text: &str) -> String {
    let mut words = String::new();
    for word in text.split_whitespace() {
        let word: String = word
            .chars()
            .filter(|c| !c.is_control())
            .map(|c| if matches!(c, '“' | '”' | '"' | '„') { '\'' } else { c })
            .take(MAX_QUOTE)
            .collect();
        if words.chars().count() + word.chars().count() + 1 > MAX_QUOTE {
            words.push_str(" …");
            break;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(&word);
    }
    format!("“{words}”")
}

fn each<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// The day at the beginning of a date.
fn day(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?.get(..10)?;
    let digits =
        |at: std::ops::Range<usize>| text.get(at).is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let dashes = text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-');
    (dashes && digits(0..4) && digits(5..7) && digits(8..10)).then(|| text.to_owned())
}

fn is_version(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-!_".contains(&byte))
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
