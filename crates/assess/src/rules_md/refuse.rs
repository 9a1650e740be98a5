//! What rules cannot do: widen what Lunette may do, or make it say what is not so. And which sentences look as if they
//! were meant for an assessment at all.

use std::sync::LazyLock;

use regex::Regex;

use super::vocabulary::regex;
use super::words::{Slot, Words};

const ACTS: &str = "rules cannot make Lunette write, run, install, fetch or change anything: it only reads";
const SENDS: &str = "rules cannot make Lunette send anything: nothing leaves the machine";
const WIDENS: &str = "rules cannot widen access: the sandbox, the network and the project's root stay as they are";
const CLAIMS: &str = "rules cannot change what the report says is so: findings and severities come from the code";
const PROMPT: &str = "rules cannot replace Lunette's instructions: this is read as text";

static SANDBOX: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:disable|turn off|switch off|bypass|without|no|remove|escape|relax|skip|ignore|leave|exit)\b.*\b(?:sandbox|sandboxing|confinement|landlock|seccomp|read only mode|isolation)\b",
    )
});
static NETWORK: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:enable|allow|grant|permit|use|turn on|give)\b.*\b(?:network|internet|web) access\b|\b(?:you|lunette|the scanner|the agent) (?:may|can|should|must) (?:access|use) the (?:network|internet)\b",
    )
});
static SENDING: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:send|upload|post|exfiltrate|e ?mail|mail|transmit|share|publish|forward|push|curl|wget|submit|report)\b.*(?:@u[0-9]+|\bto (?:the |our |my |an? |this )?(?:server|webhook|slack|endpoint|third party|external|team|attacker|address)\b)",
    )
});
static INJECTION: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:ignore|disregard|forget|override|overrule|replace)\b.*\b(?:previous|prior|above|earlier|other|system|your|all)\b.*\b(?:instructions?|prompts?|directions?|guidelines|constraints)\b|\byou are now\b|\bnew instructions\b|\bsystem prompt\b",
    )
});
static CLAIM: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?:always |simply |just |in the report |the report |reports? |must |should )*(?:say|state|claim|report|conclude|declare|write|mark|rate|certify|assert|pretend|confirm|tell|output|answer|print|treat|consider|assume|show)\b.*\b(?:secure|safe|compliant|clean|passed|passes|no (?:security )?(?:findings?|vulnerabilit(?:y|ies)|issues?|problems?|risks?)|zero (?:findings?|vulnerabilities|issues)|without (?:findings|issues|vulnerabilities)|low risk|no risk|not vulnerable|free of|trusted|false positives?)\b",
    )
});
static SEVERITY: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:set|lower|downgrade|reduce|mark|rate|treat|classify|change|raise|upgrade|label|report)\b.*\b(?:severit(?:y|ies)|findings?|issues?|vulnerabilit(?:y|ies)|risks?|everything|all)\b.*\b(?:to|as|at) (?:an? )?(?:low|medium|high|critical|informational|info|none|false positives?|resolved|fixed)\b|\b(?:lower|downgrade|reduce|raise|upgrade)\b.*\bseverit(?:y|ies)\b",
    )
});
static ACTING: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:run|execute|launch|spawn|install|download|fetch|write|modify|edit|fix|delete|patch|commit|push|apply|create|deploy|build|start|call|invoke|clone|pull|exec)\b",
    )
});
static OUTSIDE_VERB: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:read|scan|include|open|look|assess|analy[sz]e|audit|cat|print|quote|show|inspect|check|copy|also|list)\b",
    )
});
static OUTSIDE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:outside|beyond|above)\b.*\b(?:root|project|repository|repo|folder|directory)\b|\b(?:home|parent) directory\b|\bwhole (?:disk|machine|file ?system)\b",
    )
});
static GRANT: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\b(?:allowed|permitted|free|authori[sz]ed) to\b|\byou (?:may|can|should|must)\b"));
static ASSESSMENT: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:lunette|assess\w*|scan|scans|scanner|scanning|audits?|auditing|security reviews?|findings?|vulnerabilit(?:y|ies)|the report|security report|severit(?:y|ies)|sandbox\w*|pen ?tests?|specialist)\b|@c[0-9]+",
    )
});
/// Words that make a sentence look like a directive for a security assessment.
static LOOKS_LIKE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:security|secure|insecure|securely|scan\w*|report(?:ed|ing|s)?|findings?|assess\w*|audit\w*|vulnerab\w*|severit(?:y|ies)|lunette|complian\w*|comply|suppress\w*|withh[eo]ld\w*|threats?|risks?|exploit\w*|sandbox\w*|pen ?tests?|owasp|cwe|false positives?|out of scope)\b|@[cf][0-9]+",
    )
});

/// Why a sentence asks for what rules cannot do; `None` when it does not.
pub(super) fn refused(words: &Words) -> Option<&'static str> {
    let norm = words.norm.as_str();
    if INJECTION.is_match(norm) {
        return Some(PROMPT);
    }
    // "Do not write", "never send": a prohibition asks for nothing.
    if super::shapes::core(norm).starts_with("not ") || norm.starts_with("no ") {
        return None;
    }
    if SANDBOX.is_match(norm) || NETWORK.is_match(norm) || leads_outside(words) {
        return Some(WIDENS);
    }
    let for_us = ASSESSMENT.is_match(norm);
    if SENDING.is_match(norm) && (for_us || words.slots.iter().any(|slot| matches!(slot, Slot::Url(_)))) {
        return Some(SENDS);
    }
    let core = super::shapes::core(norm);
    if CLAIM.is_match(norm) || CLAIM.is_match(&core) || (for_us && SEVERITY.is_match(norm)) {
        return Some(CLAIMS);
    }
    (for_us && ACTING.is_match(norm)).then_some(ACTS)
}

fn leads_outside(words: &Words) -> bool {
    const SYSTEM: [&str; 9] = ["/etc/", "/root", "/home/", "/proc/", "/sys/", "/dev/", "/var/", "~", "$HOME"];
    let path = words.slots.iter().any(|slot| match slot {
        Slot::Path(path) | Slot::Code(path) => {
            path.split('/').any(|part| part == "..") || SYSTEM.iter().any(|prefix| path.starts_with(prefix))
        }
        _ => false,
    });
    let norm = &words.norm;
    let granted = GRANT.is_match(norm) || ASSESSMENT.is_match(norm);
    OUTSIDE_VERB.is_match(norm) && (path || (OUTSIDE.is_match(norm) && granted))
}

/// Whether a sentence looks as if it were meant for a security assessment.
pub(super) fn looks_like_directive(norm: &str) -> bool {
    LOOKS_LIKE.is_match(norm)
}
