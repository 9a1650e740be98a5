//! Sentences with free parts: accepted risks, required controls and statements on circumstances.

use std::sync::LazyLock;

use regex::Regex;

use super::directive::{Acceptance, ContextKey, Kind, Selector};
use super::shapes::{Outcome, core};
use super::vocabulary::{self, regex};
use super::words::{Slot, Words};
use crate::paths::PathPattern;

static ACCEPTED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?:(?:the |an |a )?(?:accepted risks?|risk accepted|accept(?:ed)?(?: the)?(?: risks?)?|risk acceptance|known (?:and )?accepted)\b|we (?:knowingly |hereby )?accept\b|.*\b(?:is|are) (?:an )?accepted\b)",
    )
});
static REASON: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:\bbecause(?: of)?\b|\bsince\b|\bdue to\b|\breason\s*(?:is\b|[:=])|\bas (?:it|they|this|that|these|we)\b|[—–]|\s--?\s)\s*(.+)$",
    )
});
static UNTIL: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\b(?:until|till|through|by|before|expires?|expiring|expiry|valid to|to|up to)(?: on)? ?:? (@d[0-9]+)")
});

/// An accepted risk: "accepted risk: `rule` in `path` until 2027-01-31 because …", in any order after the opening.
pub(super) fn acceptance(words: &Words) -> Option<Outcome> {
    let core = super::shapes::core(&words.norm);
    if ![&core, &words.norm].iter().any(|text| ACCEPTED.is_match(text)) {
        return None;
    }
    let mut what = Vec::new();
    let mut paths = Vec::new();
    for slot in &words.slots {
        match slot {
            Slot::Id(id) => what.push(Selector::Rule(id.clone())),
            Slot::Cwe(number) => what.push(Selector::Cwe(*number)),
            Slot::Path(path) => match PathPattern::new(path) {
                Ok(path) => paths.push(path),
                Err(why) => return Some(Err(format!("`{path}`: {why}"))),
            },
            _ => {}
        }
    }
    if what.is_empty() {
        // The words after the reason explain, they do not select.
        let said = words.norm.split(" because ").next().unwrap_or_default();
        what.extend(vocabulary::weaknesses_in(said).into_iter().map(Selector::Weakness));
    }
    if what.is_empty() {
        return Some(Err("an accepted risk must name a rule, a CWE number or a kind of weakness".to_owned()));
    }
    let until =
        UNTIL.captures(&words.norm).and_then(|found| match words.slots.get(found[1][2..].parse::<usize>().ok()?) {
            Some(Slot::Date(date)) => Some(date.clone()),
            _ => None,
        });
    let reason =
        REASON.captures(&words.plain).map(|found| found[1].trim().to_owned()).filter(|reason| !reason.is_empty());
    Some(match (until, reason) {
        (Some(until), Some(reason)) => Ok(Kind::Accept(Acceptance { what, paths, until, reason })),
        (None, _) => Err("an accepted risk needs a last day: `until 2027-01-31`".to_owned()),
        (_, None) => Err("an accepted risk needs a reason: `because …`".to_owned()),
    })
}

static OBLIGATION: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:must|should|shall|always|required?|requires|mandatory|enforced?|ensure|have to|has to|needs? to|not|all|every|each|use|enable|only)\b",
    )
});
static NEGATED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:not|no|without) (?:be )?(?:required?|requires?|need|needs|necessary|enforced?|all|every|mandatory|use|have|authenticat\w+|validat\w+|rate)\b|\bnot every\b|\boptional\b",
    )
});
static EVERYWHERE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:all|every|each|any|everywhere)\b|^(?:the |our )?(?:api )?(?:routes|endpoints|requests|handlers|apis?)\b",
    )
});
static PARTIAL: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:admin\w*|internal|private|public|protected|write|payments?|uploads?|mutating|sensitive|logins?|password reset|under|below) (?:(?:api|http) )?(?:routes?|endpoints?|apis?|handlers?|requests?|pages?)\b|\b(?:under|below|in) @p|\b(?:on|for) (?:the )?(?:log ?in|sign ?up|password reset)\b",
    )
});
static EXCEPT: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\b(?:except(?: for)?|excluding|apart from|other than|but not|with the exception of)\b (.+)$")
});
static SOFT_SUBJECT: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:routes?|endpoints?|apis?|handlers?|requests?|pages?|urls?|everything|passwords?|secrets?|credentials?|keys?|tokens?|quer(?:y|ies)|sql|statements?|cookies?|tables?|rls|tls|https|traffic|data|logs?|logging|events?|logins?|debug|production|dependenc(?:y|ies)|lockfiles?|forms?|inputs?|mfa|2fa|headers?|helmet|csrf|backups?|users?|accounts?|admins?|pii|connections?)\b",
    )
});

/// A required control: a control that is named, something it applies to, and a word that obliges.
pub(super) fn requirement(words: &Words) -> Option<Outcome> {
    let core = core(&words.norm);
    let except: Vec<String> = EXCEPT.captures(&core).map(|found| exceptions(words, &found[1])).unwrap_or_default();
    let said = EXCEPT.replace(&core, "");
    if !OBLIGATION.is_match(&words.norm) || NEGATED.is_match(&said) || !SOFT_SUBJECT.is_match(&said) {
        return None;
    }
    let control = vocabulary::control_in(&said)?;
    let on = routes_named(words, &said);
    let everywhere = EVERYWHERE.is_match(&said) && !PARTIAL.is_match(&said);
    Some(Ok(Kind::Require { control, on, except, everywhere }))
}

/// The routes that a sentence is about: paths of addresses, which begin with a slash, and what is for administrators.
fn routes_named(words: &Words, said: &str) -> Vec<String> {
    let named = said.split([' ', ',', ':']).filter_map(|word| {
        let slot = words.slots.get(word.strip_prefix('@')?.get(1..)?.parse::<usize>().ok()?)?;
        match slot {
            Slot::Path(path) | Slot::Code(path) if path.starts_with('/') => Some(path.clone()),
            _ => None,
        }
    });
    let mut on: Vec<String> = named.collect();
    if on.is_empty() && ADMIN.is_match(said) {
        on.push("admin".to_owned());
    }
    on
}

static ADMIN: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\badmin(?:istration)? (?:(?:api|http) )?(?:routes?|endpoints?|apis?|handlers?|requests?|pages?)\b")
});

fn exceptions(words: &Words, text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let name = match word
            .strip_prefix('@')
            .and_then(|slot| slot.get(1..)?.parse::<usize>().ok())
            .and_then(|at| words.slots.get(at))
        {
            Some(Slot::Path(name) | Slot::Id(name) | Slot::Code(name)) => name.clone(),
            Some(_) => continue,
            None if matches!(
                word,
                "and" | "or" | "the" | "on" | "for" | "routes" | "route" | "endpoint" | "endpoints" | "page" | "pages"
            ) =>
            {
                continue;
            }
            None => word.to_owned(),
        };
        out.push(name);
    }
    out
}

/// Patterns for circumstances, on the sentence as written; the group `v` is the value.
static CONTEXT: LazyLock<Vec<(ContextKey, Regex)>> = LazyLock::new(|| {
    use ContextKey::{Budget, DataSensitivity, RiskTolerance, Stage, Timeline, UserVolume};
    let lead = r"(?:the |our |we have an? |there is an? |current |project |security |overall )*";
    let is = r"(?:\s*:\s*|\s+(?:is|are|of|=)\s+)";
    let numbers = r"(?:about |around |roughly |approximately |approx\.? |over |more than |up to |some |nearly |~)?[0-9][0-9.,]*\s?(?:k|m|million|thousand)?";
    [
        (Budget, format!(r"^{lead}budget(?: for security)?{is}(?P<v>.+)$")),
        (Budget, r"^we have (?P<v>(?:no|a limited|limited|a small|a tight|little) (?:security )?budget.*)$".to_owned()),
        (Timeline, format!(r"^{lead}(?:timeline|deadline|launch date|release date|go-?live(?: date)?|time ?frame)(?: for [\w ]+?)?{is}(?P<v>.+)$")),
        (Timeline, r"^(?:we|it|the (?:project|product|service|app)) (?:(?:will|plan to|want to|aim to|intend to) )?(?P<v>(?:launch(?:es)?|go(?:es)? live|ships?|releases?)\b.*[0-9].*)$".to_owned()),
        (RiskTolerance, format!(r"^{lead}risk (?:tolerance|appetite){is}(?P<v>.+)$")),
        (RiskTolerance, r"^we have an? (?P<v>[\w -]+) risk (?:tolerance|appetite)$".to_owned()),
        (Stage, format!(r"^{lead}(?:stage|phase|maturity){is}(?P<v>.+)$")),
        (Stage, r"^(?:we|it|this|(?:the|this|our) (?:project|service|system|app|application|product|code|repo|repository)) (?:is|are)(?: (?:currently|still|only|already|just|now|an?|in|the|at))* (?P<v>(?:prototype|proof of concept|poc|mvp|alpha|beta|pre-?production|production|early development|development|planning|design phase|hardening|live|internal tool|demo)\b.*)$".to_owned()),
        (Stage, r"^(?:we (?:had|have had|suffered|are handling|are responding to|just had)|there was|we are in) (?P<v>(?:an? )?(?:(?:security|data|active|ongoing|recent) )*(?:breach|incident|compromise|intrusion)\b.*)$".to_owned()),
        (DataSensitivity, format!(r"^{lead}data (?:sensitivity|classification|class){is}(?P<v>.+)$")),
        (DataSensitivity, r"^(?:we|it|this|they|(?:the|this|our) (?:project|service|system|app|application|product|api|backend|platform))(?: (?:also|only))? (?:process|processes|store|stores|handle|handles|hold|holds|collect|collects|keep|keeps) (?P<v>.*\b(?:personal|health|medical|patients?|payments?|cards?|cardholder|financial|bank|children|minors|biometric|sensitive|confidential|pii|phi)\b.*)$".to_owned()),
        (UserVolume, format!(r"^{lead}(?:user volume|users|user base|number of users|traffic|scale){is}(?P<v>.*[0-9].*)$")),
        (UserVolume, format!(r"^(?:we|it|this|(?:the|this|our) (?:project|service|system|app|application|product|api|backend|platform))(?: (?:currently|now))? (?:have|has|serve|serves|handle|handles|expect|expects) (?P<v>{numbers} (?:(?:daily|monthly|weekly|active|registered|paying|concurrent) )*(?:users|customers|accounts|tenants|patients|members|visitors|clients).*)$")),
    ]
    .into_iter()
    .map(|(key, pattern)| (key, regex(&format!("(?i){pattern}"))))
    .collect()
});

/// A statement on circumstances in a sentence as written: budget, timeline, risk tolerance, stage, data, users.
pub(super) fn context(plain: &str) -> Option<(ContextKey, String)> {
    let plain = plain.trim().trim_end_matches(['.', '!']);
    CONTEXT.iter().find_map(|(key, pattern)| {
        let value = pattern.captures(plain)?.name("v")?.as_str().trim();
        (!value.is_empty()).then(|| (*key, lunette_core::text::shorten(value, 200)))
    })
}

/// Frameworks that a sentence puts in force in passing: "handles card data and is in scope for PCI DSS".
pub(super) fn frameworks(words: &Words) -> Option<Kind> {
    static BINDING: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"\b(?:must|should|shall|requires?|required|needs?|follows?|comply|complies|compliant|subject to|in scope|apply|applies|under|certified|audited|meets?)\b",
        )
    });
    static UNSURE: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"\b(?:not|no|without|may|might|could|later|eventually|someday|next year|future|if|unless|maybe|e\.g|example|like|such as|guide\w*|inspired|based)\b",
        )
    });
    if !BINDING.is_match(&words.norm) || UNSURE.is_match(&words.norm) {
        return None;
    }
    let mut names = Vec::new();
    for slot in &words.slots {
        if let Slot::Framework(index) = slot
            && let Some(framework) = vocabulary::FRAMEWORKS.get(*index)
            && !names.contains(&framework)
        {
            names.push(framework);
        }
    }
    (!names.is_empty()).then_some(Kind::Frameworks { names, in_force: true })
}
