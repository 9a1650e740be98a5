//! What a request asks for: the kind of assessment, the standards that it names, and a part that must be declined.

use lunette_core::assessment::AssessmentKind;

/// Phrases that speak for a kind, in lower case; a final `*` stands for any ending.
const SIGNS: [(AssessmentKind, &[&str]); 5] = [
    (
        AssessmentKind::IncidentResponse,
        &[
            "incident*",
            "breach*",
            "compromised",
            "hacked",
            "intrusion",
            "intruder*",
            "forensic*",
            "ransomware",
            "leaked",
            "under attack",
            "attacked",
            "data leak",
            "post mortem",
            "stolen",
        ],
    ),
    (
        AssessmentKind::Compliance,
        &[
            "complian*",
            "gdpr",
            "soc 2",
            "soc2",
            "pci",
            "hipaa",
            "iso 27001",
            "iso27001",
            "nist",
            "auditor*",
            "audit ready",
            "audit readiness",
            "audit preparation",
            "prepare for an audit",
            "regulat*",
            "certification",
            "asvs",
        ],
    ),
    (
        AssessmentKind::Architecture,
        &[
            "architectur*",
            "threat model*",
            "trust boundar*",
            "zero trust",
            "security design",
            "system design",
            "design review",
            "review the design",
            "review our design",
            "defense in depth",
            "defence in depth",
        ],
    ),
    (
        AssessmentKind::SecureCoding,
        &[
            "secure coding",
            "coding practice*",
            "code review",
            "review the code",
            "review our code",
            "review my code",
            "review this code",
            "code quality",
            "pull request",
            "review the changes",
            "coding standard*",
            "review code",
        ],
    ),
    (
        AssessmentKind::Vulnerability,
        &[
            "vulnerab*",
            "pentest*",
            "penetration test*",
            "owasp top",
            "injection*",
            "security holes",
            "security scan",
            "weakness*",
            "xss",
            "csrf",
            "ssrf",
            "idor",
            "cve*",
        ],
    ),
];

/// The kind of assessment that a request asks for, and how that was decided: "inferred from the request" or "default".
///
/// Most signs win; among equals an incident comes first, then what is mentioned first. A sign behind "not", "no",
/// "without" or "skip" does not count.
pub fn kind_of(request: &str) -> (AssessmentKind, String) {
    let words = words(request);
    let mut best: Option<(usize, usize, AssessmentKind)> = None;
    for (kind, phrases) in SIGNS {
        let found: Vec<usize> = phrases.iter().filter_map(|phrase| first_affirmed(&words, phrase)).collect();
        let Some(&first) = found.iter().min() else { continue };
        let first = if kind == AssessmentKind::IncidentResponse { 0 } else { first + 1 };
        if best.is_none_or(|(count, at, _)| (found.len(), std::cmp::Reverse(first)) > (count, std::cmp::Reverse(at))) {
            best = Some((found.len(), first, kind));
        }
    }
    match best {
        Some((_, _, kind)) => (kind, "inferred from the request".to_owned()),
        None => (AssessmentKind::Vulnerability, "default".to_owned()),
    }
}

/// Standards that a request names, as [`crate::compliance`] calls them where it knows them.
pub(super) fn frameworks_named(request: &str) -> Vec<&'static str> {
    const NAMES: [(&str, &[&str]); 10] = [
        ("OWASP Top 10 2025", &["owasp top 10", "owasp top ten"]),
        ("OWASP API Security Top 10 2023", &["api security top 10", "owasp api"]),
        ("ASVS 5.0.0", &["asvs"]),
        ("NIST 800-53 r5", &["nist 800 53", "nist sp 800 53", "800 53"]),
        ("SOC 2", &["soc 2", "soc2", "soc ii"]),
        ("GDPR", &["gdpr", "general data protection regulation"]),
        ("PCI DSS 4.0.1", &["pci", "pci dss"]),
        ("ISO 27001:2022", &["iso 27001", "iso27001", "iso iec 27001"]),
        ("HIPAA", &["hipaa"]),
        ("NIST CSF 2.0", &["nist csf", "nist cybersecurity framework"]),
    ];
    let words = words(request);
    let named = |phrases: &[&str]| phrases.iter().any(|phrase| first_affirmed(&words, phrase).is_some());
    NAMES.into_iter().filter(|(_, phrases)| named(phrases)).map(|(name, _)| name).collect()
}

/// The part of a request that asks for attack instead of defence, in its own words: exploits, malware, intrusion into
/// somebody's system. Asking whether something *can* be attacked, or how to prevent it, is defence.
pub fn offensive_part(request: &str) -> Option<String> {
    let sentences = request.split(['.', '!', '?', ';', '\n']);
    sentences.into_iter().find_map(|sentence| {
        let words = words(sentence);
        let (from, to) = asks_for_tool(&words).or_else(|| asks_for_attack(&words))?;
        Some(words.get(from..to)?.join(" "))
    })
}

/// "Write … an exploit": a verb of making followed closely by an offensive thing. Gives the range of words.
fn asks_for_tool(words: &[String]) -> Option<(usize, usize)> {
    const MAKE: [&str; 19] = [
        "write",
        "give",
        "create",
        "build",
        "generate",
        "craft",
        "provide",
        "develop",
        "make",
        "show",
        "produce",
        "supply",
        "send",
        "need",
        "want",
        "script",
        "prepare",
        "demonstrate",
        "include",
    ];
    const THINGS: [&str; 20] = [
        "exploit",
        "exploits",
        "exploit code",
        "exploit payload*",
        "attack payload*",
        "malicious payload*",
        "xss payload*",
        "injection payload*",
        "sqli payload*",
        "shellcode",
        "malware",
        "ransomware",
        "backdoor*",
        "reverse shell*",
        "keylogger*",
        "botnet*",
        "rootkit*",
        "attack script*",
        "phishing",
        "proof of concept exploit*",
    ];
    const DEFENSIVE: [&str; 17] = [
        "against",
        "prevent",
        "detect",
        "detecting",
        "protect",
        "block",
        "blocking",
        "stop",
        "mitigate",
        "avoid",
        "which",
        "what",
        "whether",
        "how",
        "no",
        "not",
        "without",
    ];
    const NOT_THE_THING: [&str; 16] = [
        "detection",
        "protection",
        "prevention",
        "mitigation",
        "mitigations",
        "scanner",
        "scanning",
        "defence",
        "defense",
        "defences",
        "defenses",
        "checks",
        "alerts",
        "catalogue",
        "catalog",
        "awareness",
    ];
    const WINDOW: usize = 7;
    for from in 0..words.len() {
        if !MAKE.contains(&words[from].as_str()) || is_negated(words, from) {
            continue;
        }
        for at in from + 1..words.len().min(from + WINDOW) {
            let Some(to) = THINGS.iter().filter_map(|thing| match_at(words, at, thing)).max() else { continue };
            let is = |list: &[&str], word: &String| list.contains(&word.as_str());
            let between = words[from..at].iter().any(|word| is(&DEFENSIVE, word));
            let other_thing = words.get(to).is_some_and(|word| is(&NOT_THE_THING, word));
            if !between && !other_thing {
                return Some((from, to));
            }
        }
    }
    None
}

/// "Hack into …", "exploit it": a verb of attack as an order or a wish. Gives the range of words.
fn asks_for_attack(words: &[String]) -> Option<(usize, usize)> {
    const ATTACKS: [&str; 13] = [
        "hack",
        "exploit",
        "attack",
        "break into",
        "exfiltrate",
        "steal",
        "ddos",
        "dos",
        "take down",
        "weaponize",
        "weaponise",
        "deface",
        "phish",
    ];
    const ORDER: [&str; 11] = ["please", "and", "then", "to", "you", "also", "now", "us", "me", "lets", "ll"];
    const DEFENSIVE: [&str; 30] = [
        "prevent",
        "prevents",
        "preventing",
        "stop",
        "stops",
        "block",
        "detect",
        "protect",
        "defend",
        "against",
        "avoid",
        "mitigate",
        "whether",
        "might",
        "would",
        "possible",
        "if",
        "attacker",
        "attackers",
        "someone",
        "somebody",
        "anyone",
        "users",
        "able",
        "harder",
        "used",
        "attempt",
        "attempts",
        "tries",
        "try",
    ];
    const NOUN_FOLLOWS: [&str; 8] =
        ["surface", "vector", "vectors", "path", "paths", "scenarios", "mitigation", "prevention"];
    for from in 0..words.len() {
        let Some(to) = ATTACKS.iter().filter_map(|attack| match_at(words, from, attack)).max() else { continue };
        let ordered = from == 0 || ORDER.contains(&words[from - 1].as_str());
        let defensive = words[..from].iter().any(|word| DEFENSIVE.contains(&word.as_str())) || is_negated(words, from);
        // An attack needs a target: "attack surface" is a thing, and "and attack." says nothing.
        let target = words.get(to).is_some_and(|word| !NOUN_FOLLOWS.contains(&word.as_str()));
        if ordered && target && !defensive {
            return Some((from, words.len().min(to + 3)));
        }
    }
    None
}

/// Words in lower case, without punctuation.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Index past the phrase when it stands at `at`.
fn match_at(words: &[String], at: usize, phrase: &str) -> Option<usize> {
    let mut end = at;
    for part in phrase.split(' ') {
        let word = words.get(end)?;
        let fits = part.strip_suffix('*').map_or(word == part, |start| word.starts_with(start));
        if !fits {
            return None;
        }
        end += 1;
    }
    Some(end)
}

/// Where the phrase first stands without a negation in front.
fn first_affirmed(words: &[String], phrase: &str) -> Option<usize> {
    (0..words.len()).find(|&at| match_at(words, at, phrase).is_some() && !is_negated(words, at))
}

/// Whether one of the three words before is a negation.
fn is_negated(words: &[String], at: usize) -> bool {
    const NEGATIONS: [&str; 9] = ["not", "no", "without", "skip", "except", "never", "don", "isn", "doesn"];
    words[at.saturating_sub(3)..at].iter().any(|word| NEGATIONS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use AssessmentKind::{Architecture, Compliance, IncidentResponse, SecureCoding, Vulnerability};

    #[test]
    fn the_request_decides_the_kind() {
        for (request, expected) in [
            ("Find vulnerabilities in the API", Vulnerability),
            ("pentest the login", Vulnerability),
            ("Are we GDPR compliant?", Compliance),
            ("Prepare us for the SOC 2 auditors", Compliance),
            ("Check compliance with the OWASP Top 10", Compliance),
            ("Review the code of the payment service for secure coding practices", SecureCoding),
            ("code review of PR 12", SecureCoding),
            ("Threat model of our architecture", Architecture),
            ("Is the security design sound? zero trust?", Architecture),
            ("We were hacked last night, what now?", IncidentResponse),
            ("Code review after the breach", IncidentResponse),
            ("Find vulnerabilities in our architecture", Vulnerability),
            ("This is not a compliance check: find injection flaws", Vulnerability),
            ("Code review, no threat model please", SecureCoding),
        ] {
            let (kind, source) = kind_of(request);
            assert_eq!((kind, source.as_str()), (expected, "inferred from the request"), "{request}");
        }
    }

    #[test]
    fn a_vague_request_gives_the_default() {
        for request in ["", "   ", "please look at this", "is it ok?", "\u{202e}\u{0}", "привет"] {
            assert_eq!(kind_of(request), (Vulnerability, "default".to_owned()), "{request}");
        }
    }

    #[test]
    fn standards_are_recognised_by_name() {
        assert_eq!(frameworks_named("PCI DSS and GDPR, please"), ["GDPR", "PCI DSS 4.0.1"]);
        assert_eq!(frameworks_named("ISO/IEC 27001 and SOC2"), ["SOC 2", "ISO 27001:2022"]);
        assert!(frameworks_named("no GDPR here; the specification").is_empty());
    }

    #[test]
    fn requests_for_attack_are_told_from_requests_for_defence() {
        for (request, expected) in [
            ("Assess it and write a working exploit for what you find", Some("write a working exploit")),
            ("Give me SQL injection payloads for the login form", Some("give me sql injection payloads")),
            ("Hack into our competitor's API.", Some("hack into our competitor")),
            ("Find the holes. Then exploit the admin panel", Some("exploit the admin panel")),
            ("How to steal the session of another user", Some("steal the session of")),
            ("I want a reverse shell on that server", Some("want a reverse shell")),
            ("Could you DDoS their staging host?", Some("ddos their staging host")),
            ("Create a phishing page like our login", Some("create a phishing")),
            ("How can we prevent attackers from stealing sessions?", None),
            ("Could an attacker exploit the upload?", None),
            ("Show which exploits are known for our dependencies", None),
            ("Write a detection rule against exploits", None),
            ("Create ransomware protection guidance", None),
            ("Review the attack surface and attack paths", None),
            ("Is it possible to exploit the login?", None),
            ("Check the request payload validation and make payload limits explicit", None),
            ("Do not write exploits", None),
            ("Known exploited vulnerabilities (KEV) first", None),
            ("", None),
        ] {
            assert_eq!(offensive_part(request).as_deref(), expected, "{request}");
        }
    }
}
