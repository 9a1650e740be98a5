//! The words of directives: compliance frameworks, weaknesses and controls, with how people write them.

use std::sync::LazyLock;

use lunette_core::finding::Finding;
use lunette_core::project::Proves;
use lunette_core::rule::Nature;
use regex::{Captures, Regex};

/// Compiles a pattern of this crate's own text.
#[expect(clippy::expect_used, reason = "the patterns are literals, and the tests compile every one")]
pub(crate) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of ours is a valid regular expression")
}

/// A compliance framework or law.
#[derive(Debug, PartialEq, Eq)]
pub struct Framework {
    /// Its name, for the mapped ones as it stands in [`lunette_core::assessment::Standard::name`].
    pub name: &'static str,
    /// Whether Lunette maps findings to its requirements; the others are named in the report only.
    pub mapped: bool,
    pattern: &'static str,
}

const fn framework(name: &'static str, mapped: bool, pattern: &'static str) -> Framework {
    Framework { name, mapped, pattern }
}

/// The frameworks that are recognised.
pub static FRAMEWORKS: [Framework; 19] = [
    framework("GDPR", true, r"(?:the )?(?:eu |uk )?(?:gdpr|general data protection regulation|dsgvo)"),
    framework("PCI DSS 4.0.1", true, r"pci(?: dss)?(?: ?v?[0-9]+(?:\.[0-9]+)*)?"),
    framework("SOC 2", true, r"soc ?(?:2|ii)(?: type ?(?:1|2|i|ii))?"),
    framework("ISO 27001:2022", true, r"iso(?:/iec| iec)? ?27001(?::[0-9]{4})?"),
    framework("NIST 800-53 r5", true, r"nist(?: sp)? 800 53(?: ?r(?:ev)?(?:ision)?\.? ?[0-9])?"),
    framework("ASVS 5.0.0", true, r"(?:the )?(?:owasp )?asvs(?: level [1-3]| l[1-3]| v?[0-9]+(?:\.[0-9]+)*)*"),
    framework("OWASP Top 10 2025", true, r"(?:the )?owasp(?: api(?: security)?)? top (?:10|ten)(?: ?:? ?20[0-9]{2})?"),
    framework("NIST CSF 2.0", false, r"(?:the )?nist (?:cybersecurity framework|csf)(?: [0-9](?:\.[0-9])?)?"),
    framework("NIST SSDF", false, r"(?:the )?(?:nist )?ssdf"),
    framework("HIPAA", false, r"hipaa"),
    framework("CCPA", false, r"(?:the )?(?:ccpa|cpra)"),
    framework("SOX", false, r"sox|sarbanes oxley"),
    framework("FedRAMP", false, r"fedramp(?: (?:low|moderate|high))?"),
    framework("DORA", false, r"(?:the )?(?:eu )?dora"),
    framework("NIS2", false, r"(?:the )?nis ?2(?: directive)?"),
    framework("LGPD", false, r"(?:the )?lgpd"),
    framework("FERPA", false, r"ferpa"),
    framework("COPPA", false, r"coppa"),
    framework("Cyber Resilience Act", false, r"(?:the )?(?:eu )?cyber resilience act"),
];

static FRAMEWORK: LazyLock<Regex> = LazyLock::new(|| {
    let alternatives: Vec<String> = FRAMEWORKS.iter().map(|framework| format!("({})", framework.pattern)).collect();
    regex(&format!(r"\b(?:{})\b", alternatives.join("|")))
});

/// Replaces the frameworks named in a text by what `slot` gives for their index.
pub(super) fn mark_frameworks(text: &str, mut slot: impl FnMut(usize) -> String) -> String {
    FRAMEWORK
        .replace_all(text, |found: &Captures<'_>| {
            let index = (0..FRAMEWORKS.len()).find(|&index| found.get(index + 1).is_some()).unwrap_or_default();
            slot(index)
        })
        .into_owned()
}

/// The framework that a name means, as in `frameworks = ["GDPR"]`.
pub(crate) fn framework_by_name(name: &str) -> Option<&'static Framework> {
    let name = name.trim().to_lowercase().replace(['-', '_'], " ");
    let found = FRAMEWORK.captures(&name)?;
    let index = (0..FRAMEWORKS.len()).find(|&index| found.get(index + 1).is_some_and(|m| m.as_str() == name))?;
    FRAMEWORKS.get(index)
}

/// A kind of weakness as it is called in speech, and which findings are meant.
#[derive(Debug, PartialEq, Eq)]
pub struct Weakness {
    /// Its name.
    pub name: &'static str,
    pattern: &'static str,
    cwe: &'static [u16],
    /// Words of rule ids.
    words: &'static [&'static str],
    topic: &'static str,
    nature: Option<Nature>,
}

const fn weakness(
    name: &'static str,
    pattern: &'static str,
    cwe: &'static [u16],
    words: &'static [&'static str],
    topic: &'static str,
) -> Weakness {
    Weakness { name, pattern, cwe, words, topic, nature: None }
}

/// The weaknesses that can be named in a sentence.
pub(super) static WEAKNESSES: [Weakness; 30] = [
    weakness(
        "security headers",
        "helmet|(?:http )?security headers?|hsts|content security policy|csp",
        &[693, 1021],
        &["helmet", "headers", "hsts", "csp"],
        "security-headers",
    ),
    weakness("CSRF", "csrf|xsrf|cross site request forgery", &[352], &["csrf"], ""),
    weakness("CORS", "cors", &[942, 346], &["cors"], "cors"),
    weakness("rate limiting", "rate limit(?:s|ing)?|throttling|brute force", &[770, 307, 799], &[], "rate-limiting"),
    weakness("XSS", "xss|cross site scripting", &[79, 80], &["xss"], ""),
    weakness("SQL injection", "sql injections?|sqli", &[89], &[], ""),
    weakness("command injection", "(?:os )?command injections?", &[77, 78], &[], ""),
    weakness("path traversal", "(?:path|directory) traversals?", &[22, 23], &[], ""),
    weakness("SSRF", "ssrf|server side request forgery", &[918], &["ssrf"], ""),
    weakness("open redirects", "open redirects?", &[601], &[], ""),
    weakness("XXE", "xxe|xml external entit(?:y|ies)", &[611, 776, 827], &["xxe"], ""),
    weakness("deserialisation", "(?:insecure |unsafe )?deseriali[sz]ation", &[502], &[], ""),
    weakness("prototype pollution", "prototype pollution", &[1321], &[], ""),
    weakness("ReDoS", "redos|regular expression denial of service", &[1333], &["redos"], ""),
    weakness("debug mode", "debug(?: mode| settings?)?", &[489], &["debug"], ""),
    weakness(
        "weak hashes",
        "(?:weak |insecure )?hash(?:es|ing)?|md5|sha ?1",
        &[328, 916],
        &["hash", "md5", "sha1"],
        "",
    ),
    weakness(
        "weak ciphers",
        "(?:weak |insecure )?(?:ciphers?|crypto(?:graphy)?|encryption)",
        &[327, 326],
        &["cipher"],
        "",
    ),
    weakness("weak randomness", "(?:weak |insecure )?random(?:ness| numbers?)", &[330, 331, 338], &["random"], ""),
    weakness(
        "hard-coded secrets",
        "(?:hard ?coded |leaked |committed )?(?:secrets?|credentials?|passwords?|api keys?)",
        &[798, 259, 321],
        &[],
        "",
    ),
    weakness(
        "cookie attributes",
        "(?:insecure )?cookies?(?: (?:flags?|attributes?|settings?))?",
        &[614, 1004, 1275],
        &["cookie"],
        "",
    ),
    weakness("TLS", "tls|ssl|https|certificate (?:verification|validation)", &[295, 319], &["tls"], ""),
    weakness("log injection", "log injections?", &[117], &[], ""),
    weakness(
        "dependencies",
        "(?:vulnerable |outdated |npm )?dependenc(?:y|ies)|npm audit",
        &[1395, 1104],
        &[],
        "dependencies",
    ),
    weakness("error details", "stack traces?|error (?:details|leaks?|disclosure|messages)", &[209, 550], &[], ""),
    weakness("authentication", "authentication", &[306, 287], &[], "authentication"),
    weakness("authorisation", "authori[sz]ation|access control|idor", &[862, 863, 639, 285], &[], "authorization"),
    weakness("input validation", "(?:input )?validation", &[20], &[], "input-validation"),
    weakness("JWT", "jwts?", &[347], &["jwt"], ""),
    weakness(
        "event-loop blocking",
        "(?:event loop )?blocking(?: calls?)?|sync(?:hronous)? calls?",
        &[],
        &["blocking", "sync"],
        "",
    ),
    Weakness {
        name: "hardening",
        pattern: "hardening",
        cwe: &[],
        words: &[],
        topic: "",
        nature: Some(Nature::Hardening),
    },
];

impl Weakness {
    /// Whether a finding is of this kind.
    pub fn covers(&self, finding: &Finding) -> bool {
        finding.cwe.iter().any(|cwe| self.cwe.contains(cwe))
            || finding.rule.split('-').any(|part| self.words.contains(&part))
            || (!self.topic.is_empty() && finding.topic == self.topic)
            || self.nature == Some(finding.nature)
    }
}

/// All weaknesses as one alternation.
pub(super) fn weakness_pattern() -> String {
    let alternatives: Vec<&str> = WEAKNESSES.iter().map(|weakness| weakness.pattern).collect();
    alternatives.join("|")
}

static WEAKNESS: LazyLock<Regex> = LazyLock::new(|| {
    let alternatives: Vec<String> = WEAKNESSES.iter().map(|weakness| format!("({})", weakness.pattern)).collect();
    regex(&format!(r"\b(?:{})\b", alternatives.join("|")))
});

/// The weaknesses named in a text.
pub(super) fn weaknesses_in(text: &str) -> Vec<&'static Weakness> {
    let mut found: Vec<&'static Weakness> = Vec::new();
    for capture in WEAKNESS.captures_iter(text) {
        if let Some(index) = (0..WEAKNESSES.len()).find(|&index| capture.get(index + 1).is_some()) {
            let weakness = &WEAKNESSES[index];
            if !found.contains(&weakness) {
                found.push(weakness);
            }
        }
    }
    found
}

/// A control that rules can require.
#[derive(Debug, PartialEq, Eq)]
pub struct Control {
    /// Id, as in `[[require]] control = "authentication"`.
    pub id: &'static str,
    /// In words.
    pub name: &'static str,
    /// The guard that shows it on a route, when it is a matter of routes.
    pub proves: Option<Proves>,
    /// Weaknesses that its absence is, for what is not a matter of routes; empty when this version cannot check it.
    pub cwe: &'static [u16],
    pattern: &'static str,
}

const fn control(
    id: &'static str,
    name: &'static str,
    proves: Option<Proves>,
    cwe: &'static [u16],
    pattern: &'static str,
) -> Control {
    Control { id, name, proves, cwe, pattern }
}

/// The controls that are recognised. The first that fits a sentence is meant, so the particular ones come first.
pub static CONTROLS: [Control; 19] = [
    control(
        "no-personal-data-in-logs",
        "no personal data in logs",
        None,
        &[532],
        r"^not log (?:any |raw )?(?:pii|personal data|passwords?|secrets?|tokens?|credentials?)\b|\b(?:pii|personal data|passwords?|secrets?|tokens?|credentials?)\b.*\b(?:in(?:to)? (?:the )?logs?|logged)\b",
    ),
    control(
        "audit-logging",
        "security events logged",
        None,
        &[778, 223],
        r"^log (?:all|every|each|any|security|auth\w*|failed|admin\w*)\b|\b(?:events?|logins?|attempts?|access(?:es)?|changes|failures?)\b.*\blogged\b|\baudit (?:trails?|logs?|logging)\b|\bsecurity logging\b",
    ),
    control(
        "pinned-dependencies",
        "pinned dependencies",
        None,
        &[],
        r"\bdependenc(?:y|ies)\b.*\bpin(?:ned|ning)?\b|\blockfiles?\b|\bpin\b.*\b(?:dependenc(?:y|ies)|versions)\b",
    ),
    control(
        "password-hashing",
        "passwords hashed with a password hash",
        None,
        &[916, 327, 328, 256],
        r"passwords? .*\bhash|\b(?:argon2(?:id)?|bcrypt|scrypt|pbkdf2)\b.* passwords?",
    ),
    control(
        "no-secrets-in-code",
        "no secrets in the code",
        None,
        &[798, 259, 321],
        r"\b(?:secrets?|credentials?|api keys?|tokens?|private keys?|passwords?)\b.*\b(?:in (?:the )?(?:code(?:base)?|repo(?:sitory)?|source(?: code)?|git|version control)|environment|env vars?|vault|secrets? managers?|hard ?coded?|commit(?:ted)?)\b|\b(?:hard ?coded?|commit)\b.*\b(?:secrets?|credentials?|api keys?|tokens?|private keys?|passwords?)\b",
    ),
    control(
        "parameterised-queries",
        "parameterised queries",
        None,
        &[89],
        r"\bparameteri[sz]ed\b|\bprepared statements?\b|\bbound parameters\b",
    ),
    control("row-level-security", "row level security on every table", None, &[], r"\brls\b|\brow level security\b"),
    control(
        "secure-cookies",
        "cookie attributes",
        None,
        &[614, 1004, 1275],
        r"\bcookies?\b.*\b(?:secure|http ?only|same ?site)\b",
    ),
    control("encryption-at-rest", "encryption at rest", None, &[], r"\bencrypt(?:ed|ion)?\b.*\bat rest\b"),
    control("mfa", "multi-factor authentication", None, &[], r"\b(?:mfa|2fa|two factor|multi factor)\b"),
    control(
        "debug-off",
        "debug mode off",
        None,
        &[489],
        r"\bdebug(?:ging)?(?: mode)?\b.*\b(?:off|disabled|false|not|production)\b|\b(?:disable|not enable)\b.*\bdebug\b",
    ),
    control("csrf-protection", "CSRF protection", Some(Proves::Csrf), &[352], r"\b(?:csrf|xsrf)\b"),
    control(
        "rate-limiting",
        "rate limiting",
        Some(Proves::RateLimit),
        &[770, 307],
        r"\brate limit(?:s|ed|ing|er)?\b|\bthrottl(?:ed|ing)\b",
    ),
    control(
        "security-headers",
        "security headers",
        Some(Proves::Headers),
        &[693, 1021],
        r"\bhelmet\b|\bsecurity headers?\b|\bhsts\b|\bcontent security policy\b",
    ),
    control("input-validation", "input validation", Some(Proves::Validated), &[20], r"\bvalidat(?:e|ed|es|ion)\b"),
    control(
        "authorisation",
        "authorisation",
        Some(Proves::Authorized),
        &[862, 863, 639, 285],
        r"\bauthori[sz](?:ation|ed?)\b|\baccess control\b|\badmin role\b|\bpermission checks?\b",
    ),
    control(
        "authentication",
        "authentication",
        Some(Proves::Authenticated),
        &[306, 287],
        r"\bauthenticat(?:ion|ed?)\b|\b(?:logged|signed) in\b|\blog ?in\b|\bauth\b|\bvalid (?:session|token|jwt)s?\b|\bjwts?\b",
    ),
    control("tls", "TLS", None, &[295, 319], r"\btls\b|\bhttps\b|\bencrypt(?:ed|ion)?\b.*\bin transit\b"),
    control("backups", "backups", None, &[], r"\bback ?ups?\b"),
];

static CONTROL: LazyLock<Vec<Regex>> =
    LazyLock::new(|| CONTROLS.iter().map(|control| regex(control.pattern)).collect());

/// The control that a text is about.
pub(super) fn control_in(text: &str) -> Option<&'static Control> {
    CONTROL.iter().position(|pattern| pattern.is_match(text)).and_then(|index| CONTROLS.get(index))
}

/// The control with this id.
pub(super) fn control_by_id(id: &str) -> Option<&'static Control> {
    CONTROLS.iter().find(|control| control.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_frameworks_are_those_of_the_compliance_table() {
        for framework in FRAMEWORKS.iter().filter(|framework| framework.mapped) {
            assert!(crate::compliance::names().any(|name| name == framework.name), "{}", framework.name);
        }
    }

    #[test]
    fn every_pattern_compiles_and_names_are_found() {
        assert_eq!(CONTROL.len(), CONTROLS.len());
        for framework in &FRAMEWORKS {
            assert_eq!(framework_by_name(framework.name).map(|found| found.name), Some(framework.name));
        }
        assert!(framework_by_name("GDPR and more").is_none());
        assert_eq!(
            weaknesses_in("csrf and open redirects").iter().map(|w| w.name).collect::<Vec<_>>(),
            ["CSRF", "open redirects"]
        );
        assert_eq!(control_in("passwords must be hashed with argon2").map(|c| c.id), Some("password-hashing"));
        assert_eq!(control_in("all routes must be rate limited").map(|c| c.id), Some("rate-limiting"));
    }
}
