//! Strict sentence shapes: the whole sentence must be explained, or it is not that directive.
//!
//! "Ignore `legacy/`" leaves a folder out of the assessment; "ignore `legacy/` when linting" does not, because its
//! tail is not ours. So every pattern is anchored at both ends, and what may stand around the core is listed.

use std::sync::LazyLock;

use lunette_core::risk::Severity;
use regex::{Captures, Regex};

use super::directive::{Kind, Selector};
use super::vocabulary::{self, FRAMEWORKS, regex};
use super::words::{Slot, Words};
use crate::paths::PathPattern;

/// What a shape makes of a sentence: a directive, or the reason why it cannot be one.
pub(super) type Outcome = Result<Kind, String>;
type Build = fn(&Context<'_>, &Captures<'_>) -> Option<Outcome>;

/// What a shape can ask.
pub(super) struct Context<'a> {
    pub(super) words: &'a Words,
    /// Whether a name is a rule's id.
    pub(super) known_rule: &'a dyn Fn(&str) -> bool,
}

/// Who may be told: stripped from the front, so that "the scanner must not scan x" is "not scan x".
const SUBJECT: &str = r"^(?:(?:please|note|important|security|rule|policy|always|also|and|but|then|so|:|,|you|we|lunette|claude|all agents|agents|any agent|(?:the |this |our |any |every )?(?:security |vulnerability |backend |automated )*(?:scanner|tool|agent|assessor|auditor|specialist|assessments?|scans?|audits?|reviews?|reports?|reviewers?|scanners?)|(?:when|while|during|for|in|before) (?:a |an |any |all |the |this |doing |running |you |performing |security |vulnerability |writing |and )*(?:assess(?:ing|ments?)?|scan(?:ning|s)?|audit(?:ing|s)?|review(?:ing|s)?|reports?|reporting|analy[sz]ing|analysis)(?: (?:this|the) (?:project|code(?:base)?|repository|repo|backend))?) ?(?:must |should |shall |has to |have to |is to |are to |needs? to |will |may |can )?)+";
/// What may follow: the assessment, named again.
const TAIL: &str = r"(?: ,? ?(?:in|from|during|for|by|on|when|while|as part of|at all|whatsoever|please|entirely|completely|for now)(?: (?:the|this|any|all|every|your|our|a|an|security|lunette|vulnerability|doing|these|assessments?|scans?|audits?|reviews?|reports?|analys[ie]s|scanning|assessing|auditing|reviewing|findings?|it|project))*)*$";
/// A reason that closes a directive.
const REASON: &str = r" (?:-- |\( |because |since |as (?:it|they|this|that|these|we) |due to |, (?:it|they|this|that|these|which|we|nobody|nothing) (?:is|are|was|were|will|has|have|can|uses?) |: (?:it|they|this|that|these) (?:is|are) ).*$";
const WRAP: &str = r"(?: (?:the|all|any|our|everything|anything|files?|code|folders?|director(?:y|ies)|paths?|contents?|of|in|under|inside|from|within|below|at|on|about|third party|generated|vendored|dead|old))*";
const OBJECTS: &str = r"(?P<paths>@[prx][0-9]+(?:(?: ,| and| or| nor| &)+(?: the)? @[prx][0-9]+)*)";
const NOUN: &str = r"(?: (?:folders?|director(?:y|ies)|dirs?|paths?|files?|trees?|packages?|modules?|code|subtree))?";
const TARGET_WORDS: &str = r"(?: (?:the|all|any|our|rules?|checks?|findings?|warnings?|issues?|results?|vulnerabilit(?:y|ies)|problems?|of|for|from|about|on|with|type|id|missing|lack|absent|absence|lacking|no|a|an|unset|being|usages?|uses?|calls?|to))*";
/// The same at the start of a sentence.
const LEAD: &str = r"(?:(?:the|all|any|our|rules?|checks?|findings?|warnings?|issues?|of|for|about|on|with|missing) )*";
const TARGET_TAIL: &str = r"(?P<noun>(?: (?:findings?|rules?|checks?|warnings?|issues?|vulnerabilit(?:y|ies)|problems?|alerts?|results?))*(?: (?:protection|headers?|tokens?|usage|use))*)";
const SEVERITY: &str = r"(?:(?:severity|level|risk|of|at|with|rated|a|is|the) )*(?P<severity>(?:critical|high|medium|moderate|low)(?:(?: ,| and| or| &)+ (?:critical|high|medium|moderate|low))*)(?: (?:severity|risk|level|findings?|issues?|vulnerabilities|problems))*";
/// Kinds of files that can be named in words.
const GROUPS: &str = r"(?P<group>(?:the |any |our |all )*(?:tests?|test (?:files?|code|folders?|directories|suites?|cases)|unit tests|fixtures|test fixtures|generated (?:files|code)|vendored (?:code|files)|third party code|migrations?|examples?|documentation|docs))";
/// Verbs that are about a report and nothing else.
const REPORTING: &str =
    r"(?:not (?:report|flag|raise|list|mention|show|warn|complain)|withhold|suppress|mute|silence|hide)";
/// Verbs that also have ordinary meanings.
const LEAVING: &str = r"(?:ignore|skip|omit|leave out|leave alone|disregard|exclude|disable|turn off|rule out|not (?:include|check|run|apply|use|enforce|consider))";

static PREFIX: LazyLock<Regex> = LazyLock::new(|| regex(SUBJECT));
static REASONS: LazyLock<Regex> = LazyLock::new(|| regex(REASON));

static SHAPES: LazyLock<Vec<(Regex, Build)>> = LazyLock::new(|| {
    let groups = GROUPS;
    let place = format!(r"(?: ?,? (?:in|under|for|on|inside|within|from|below)(?:{WRAP} {OBJECTS}{NOUN}| {groups}))?");
    let weak = vocabulary::weakness_pattern();
    let one = format!("(?:@[rc][0-9]+|{weak})");
    let what = format!(r"(?P<what>{one}(?:(?: ,| and| or| nor| &)+{TARGET_WORDS} {one})*)");
    let scan = r"(?:scan|assess|analy[sz]e|audit|review|inspect|check|look (?:at|into|in)|read|open|report|include|cover|consider|examine)";
    let network = r"(?:the )?(?:network|internet|web|outside world|external (?:services?|networks?|apis?|resources?)|any network|online (?:services?|resources?))";
    let severities = r"(?P<low>low(?:,? (?:and|or|,) (?:medium|moderate))?(?:,? (?:and|or|,) high)?)";
    let table: Vec<(String, Build)> = vec![
        // Paths.
        (format!("^(?:ignore|skip|exclude|leave out|leave alone|omit|disregard){WRAP} {OBJECTS}{NOUN}{TAIL}"), exclude),
        (format!("^not {scan}{WRAP} {OBJECTS}{NOUN}{TAIL}"), exclude),
        (format!(r"^(?:(?:the|all|any|everything|anything|files?|code|folders?|in|under|of|inside|below) )*{OBJECTS}{NOUN}(?: (?:is|are|must|should|shall))* (?:out of (?:the )?scope|excluded|off limits|ignored|to be (?:ignored|skipped|excluded)|not (?:in scope|part of (?:(?:this|the|any|security) )*(?:assessments?|scans?|audits?|reviews?|scope)|(?:to )?be (?:scanned|assessed|audited|reviewed|reported|inspected|analy[sz]ed|included|checked))|(?:be )?(?:excluded|ignored|skipped)){TAIL}"), exclude),
        (format!(r"^(?:not in scope|out of (?:the )?scope|exclusions?|excluded(?: paths)?|ignored?(?: paths)?|exclude(?: paths)?|skip) ?:? {OBJECTS}{NOUN}$"), exclude),
        (format!("^not {scan} {groups}{TAIL}"), exclude_group),
        (format!("^(?:exclude|ignore|skip|leave out|omit) {groups} (?:in|from|during|for) (?:the |this |any |all |security )*(?:assessments?|scans?|audits?|reviews?|reports?|analysis)$"), exclude_group),
        (format!("^{groups} (?:is|are) (?:out of scope|not in scope|excluded){TAIL}"), exclude_group),
        (format!("^(?:only|just) (?:scan|assess|analy[sz]e|audit|review|report on|inspect|check){WRAP} {OBJECTS}{NOUN}{TAIL}"), only),
        (format!("^(?:scan|assess|analy[sz]e|audit|review|inspect) (?:only|nothing but|just){WRAP} {OBJECTS}{NOUN}{TAIL}"), only),
        (format!("^(?:limit|restrict|confine) (?:the |this |your )*(?:scan|assessment|audit|review|analysis)s? to{WRAP} {OBJECTS}{NOUN}{TAIL}"), only),
        (format!("^not (?:ignore|skip|exclude|leave out|omit|disregard){WRAP} {OBJECTS}{NOUN}{TAIL}"), include),
        (format!("^(?:scan|assess|include|audit|review)(?: also)?{WRAP} {OBJECTS}{NOUN}(?: (?:too|as well))?{TAIL}"), include),
        // Findings.
        (format!("^{REPORTING}{TARGET_WORDS} {what}{TARGET_TAIL}{place}{TAIL}"), withhold),
        (format!("^{LEAVING}{TARGET_WORDS} {what}{TARGET_TAIL}{place}{TAIL}"), withhold_if_ours),
        (format!(r"^in{WRAP} {OBJECTS}{NOUN} ,? ?(?:{REPORTING}|{LEAVING}){TARGET_WORDS} {what}{TARGET_TAIL}{TAIL}"), withhold_if_ours),
        (format!(r"^{LEAD}{what}{TARGET_TAIL}(?: (?:is|are|does|do))* (?:out of scope|not in scope|false positives?|a false positive|(?:to be )?ignored|(?:to be )?withheld|(?:to be )?suppressed|not (?:apply|relevant|applicable|be reported|reported)){place}{TAIL}"), withhold_if_ours),
        (format!(r"^(?:{REPORTING}|{LEAVING})(?: on)?(?: (?:the|any|all|every|each|single|of|security))* (?:findings?|vulnerabilit(?:y|ies)|issues?|problems?|results?|anything|everything){place}{TAIL}"), withhold_all),
        (format!(r"^(?:(?:all|any|the) )*(?:findings|issues|vulnerabilities|warnings) (?:in|under|from|inside|for)(?:{WRAP} {OBJECTS}{NOUN}| {groups})(?: (?:is|are|must|should|can|may|be|to be))* (?:ignored|withheld|suppressed|out of scope|not be reported|not reported){TAIL}"), withhold_all),
        (format!(r"^(?:known )?false positives? ?:? {LEAD}{what}{TARGET_TAIL}{place}{TAIL}"), withhold),
        (format!(r"^(?:{REPORTING}|{LEAVING})(?: (?:the|any|all))* (?:informational|info|informative|note level)(?: (?:level|severity|findings?|issues?|notes?))+{TAIL}"), nothing_below_low),
        // Severity.
        (format!(r"^(?:anything|everything|findings?|issues?|vulnerabilities) (?:below|under|less than|lower than) {SEVERITY}(?: (?:is|are|must|should|can|may|be|to be))* (?:ignored|withheld|suppressed|skipped|left out|out of scope|not be reported|not reported){TAIL}"), floor),
        (format!(r"^(?:only (?:report|show|list|include|flag)|(?:report|show|list|include|flag) only)(?: (?:the|findings?|issues?|vulnerabilities|problems|on))* {SEVERITY}(?: ?,? ?(?:and|or) (?:above|higher|up|worse|more severe|more|critical)(?: severity)?(?: findings?| issues?| vulnerabilities)?)?{TAIL}"), floor),
        (format!(r"^(?:report (?:nothing|no (?:findings?|issues?|vulnerabilities))|not (?:report|show|list|include|flag)(?: (?:anything|findings?|issues?|on|any|vulnerabilities))*|ignore (?:anything|everything|findings?|issues?|all findings|vulnerabilities|all)) (?:below|under|less than|lower than|less severe than) {SEVERITY}{TAIL}"), floor),
        (format!(r"^(?:the )?(?:minimum|min|lowest) (?:severity|level)(?: level)?(?: to report)?(?: is| to be| must be)? ?:? {SEVERITY}{TAIL}"), floor),
        (format!(r"^(?:the )?severity (?:threshold|floor|minimum)(?: is)? ?:? {SEVERITY}{TAIL}"), floor),
        (format!(r"^(?:{REPORTING}|{LEAVING})(?: (?:on|the|any|all|every|findings? (?:of|with)|issues? of))* {severities}(?: (?:severity|risk|findings?|issues?|vulnerabilities|problems|level))+{TAIL}"), above_named),
        (format!(r"^(?:report|show|include|list)(?: on)? (?:everything|all findings|all severities|every finding|every severity)(?: ,? ?(?:including|down to|even) .*)?{TAIL}"), everything),
        // Network and what Lunette never does.
        (format!(r"^(?:not (?:access|use|touch|contact|connect to|reach|go to|go on|query|call) {network}|(?:work |run |stay |operate |remain )?(?:fully |strictly |completely )?offline(?: only)?|not (?:make|do|perform|open|allow|use)(?: (?:any|network|outbound|external|internet|web|http|online))+ (?:requests?|calls?|connections?|access|traffic|research|searches|search|lookups?)|no(?: (?:network|internet|outbound|external|web|online))+ (?:access|requests?|calls?|connections?|traffic|research|searches|search|lookups?)(?: (?:is|are) (?:allowed|permitted))?|(?:network|internet) access is (?:forbidden|prohibited|not allowed|not permitted))(?: (?:allowed|permitted))?{TAIL}"), offline),
        (format!(r"^(?:not|no) (?:write|modify|change|edit|delete|create|touch|alter|fix|commit|push|patch)(?: (?:to|any|the|a|our|files?|code|project|repository|repo|disk|anything|source|in|on|of|findings?))*{TAIL}"), kept_reading),
        (format!(r"^(?:not|no) (?:run|execute|install|start|launch)(?: (?:any|the|a|our|files?|code|project|scripts?|tests?|commands?|dependenc(?:y|ies)|packages?|anything|of|in|from))*{TAIL}"), kept_running),
        (r"^not (?:send|share|upload|leak|disclose|transmit)(?: (?:any|the|our|this|code|data|source|project|findings?|report|files?|anything|outside|outside the company|to|third part(?:y|ies)|external (?:services?|tools?)|anyone|with|or|and))*$".to_owned(), offline),
        // Compliance.
        (frameworks_shape(r"^(?:SELF )?(?:(?:must|should|need to|needs to|have to|has to|will|is to|are to) )?(?:comply|be compliant|be in compliance|conform|adhere)(?: with| to)? LIST$"), frameworks),
        (frameworks_shape(r"^(?:SELF )?(?:(?:is|are|falls?|fall|must be|must) )?(?:subject to|in scope (?:of|for)|regulated (?:by|under)|bound by|governed by|covered by|under|audited (?:for|against|under)|certified (?:for|to|against|under)|required to (?:comply with|meet|follow)|compliant with|meet|follow) LIST$"), frameworks),
        (frameworks_shape(r"^LIST(?: compliance)? (?:applies|apply|is in force|are in force|is in scope|are in scope|(?:is |are )?(?:required|mandatory|must be met|relevant|applicable))(?: to (?:us|this project|the project|this system|this service))?$"), frameworks),
        (frameworks_shape(r"^(?:the |our |relevant |applicable |security )*(?:compliance|frameworks?|standards?|regulations?|regulatory)(?: (?:frameworks?|requirements?|needs?|obligations?|scope|standards?))*(?: (?:are|is|include|includes|in force))* ?:? LIST$"), frameworks),
        (frameworks_shape(r"^(?:SELF )?(?:(?:must|should|need to|needs to|have to|has to|is|are) )?(?:be )?LIST(?: compliant| compliance| certified)$"), frameworks),
        (frameworks_shape(r"^(?:SELF )?not (?:(?:need|have) to )?(?:comply with|need|follow) LIST$"), not_frameworks),
        (frameworks_shape(r"^LIST (?:(?:is|are) )?not (?:apply|applicable|in scope|relevant|required)(?: (?:here|to us|to this project))?$"), not_frameworks),
        (frameworks_shape(r"^(?:SELF )?(?:is|are) not (?:subject to|in scope for|regulated (?:by|under)|bound by) LIST$"), not_frameworks),
    ];
    table.into_iter().map(|(pattern, build)| (regex(&pattern), build)).collect()
});

fn frameworks_shape(shape: &str) -> String {
    shape
        .replace("SELF", r"(?:we|it|this|they|(?:the|this|our) (?:project|system|application|app|service|product|company|code|backend|api|platform))")
        .replace("LIST", r"(?P<frameworks>@f[0-9]+(?:(?: ,| and| or| &| as well as)+ @f[0-9]+)*)")
}

/// The core of a sentence: without who is told and why.
pub(super) fn core(norm: &str) -> String {
    let core = PREFIX.replace(norm, "");
    let core = if core.is_empty() { norm } else { core.trim_start() };
    REASONS.replace(core, "").trim_end().trim_end_matches([',', ':']).trim_end().to_owned()
}

/// The directive that a sentence is, when one shape explains all of it.
pub(super) fn understand(context: &Context<'_>) -> Option<Outcome> {
    let norm = &context.words.norm;
    let core = core(norm);
    SHAPES.iter().find_map(|(pattern, build)| {
        // "The code is out of scope" needs its subject, "the scanner must not…" must lose it: try both.
        [core.as_str(), norm.as_str()].iter().find_map(|text| build(context, &pattern.captures(text)?))
    })
}

impl Context<'_> {
    fn slots<'b>(&'b self, text: &'b str) -> impl Iterator<Item = &'b Slot> {
        text.split_whitespace().filter_map(|word| {
            let digits = word.strip_prefix('@')?.get(1..)?;
            self.words.slots.get(digits.parse::<usize>().ok()?)
        })
    }

    /// The paths named; `None` when one of the names is a rule's.
    fn paths(&self, found: &Captures<'_>) -> Option<Result<Vec<PathPattern>, String>> {
        if let Some(group) = found.name("group") {
            return Some(group_patterns(group.as_str()));
        }
        let text = found.name("paths").map_or("", |m| m.as_str());
        let mut paths = Vec::new();
        for slot in self.slots(text) {
            match slot {
                Slot::Path(path) => paths.push(path),
                Slot::Id(name) if !(self.known_rule)(name) => paths.push(name),
                Slot::Code(name)
                    if name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')) =>
                {
                    paths.push(name);
                }
                _ => return None,
            }
        }
        Some(paths.into_iter().map(|path| PathPattern::new(path).map_err(|why| format!("`{path}`: {why}"))).collect())
    }

    fn selectors(&self, text: &str) -> Vec<Selector> {
        let mut selectors: Vec<Selector> = self
            .slots(text)
            .filter_map(|slot| match slot {
                Slot::Id(id) => Some(Selector::Rule(id.clone())),
                Slot::Cwe(number) => Some(Selector::Cwe(*number)),
                _ => None,
            })
            .collect();
        selectors.extend(vocabulary::weaknesses_in(text).into_iter().map(Selector::Weakness));
        selectors
    }
}

fn with_paths(context: &Context<'_>, found: &Captures<'_>, make: fn(Vec<PathPattern>) -> Kind) -> Option<Outcome> {
    let paths = context.paths(found)?;
    // A bare name in a code span could be anything; as a path it must be called one.
    let said = found.get(0).map_or("", |m| m.as_str());
    let only_names = context.slots(said).any(|slot| matches!(slot, Slot::Id(_) | Slot::Code(_)));
    let called_path = ["folder", "director", "dir", "path", "file", "tree", "package", "module", "code", "scope"]
        .iter()
        .any(|noun| said.contains(noun));
    if only_names && !called_path {
        return None;
    }
    Some(paths.map(make))
}

fn exclude(context: &Context<'_>, found: &Captures<'_>) -> Option<Outcome> {
    with_paths(context, found, Kind::Exclude)
}

fn include(context: &Context<'_>, found: &Captures<'_>) -> Option<Outcome> {
    with_paths(context, found, Kind::Include).map(widening)
}

fn only(context: &Context<'_>, found: &Captures<'_>) -> Option<Outcome> {
    with_paths(context, found, Kind::Only).map(widening)
}

/// To assess a path that is none below the root is to ask for more access.
fn widening(outcome: Outcome) -> Outcome {
    outcome.map_err(|why| format!("rules cannot widen access: {why}"))
}

fn exclude_group(_: &Context<'_>, found: &Captures<'_>) -> Option<Outcome> {
    Some(group_patterns(found.name("group")?.as_str()).map(Kind::Exclude))
}

/// Where files of a kind usually are.
fn group_patterns(group: &str) -> Result<Vec<PathPattern>, String> {
    let globs: &[&str] = if group.contains("test") || group.contains("fixture") {
        &[
            "test/",
            "tests/",
            "__tests__/",
            "spec/",
            "*.test.*",
            "*.spec.*",
            "test_*.py",
            "*_test.py",
            "conftest.py",
            "fixtures/",
        ]
    } else if group.contains("generated") {
        &["generated/", "__generated__/", "*.gen.*", "*.generated.*", "*_pb2.py"]
    } else if group.contains("vendor") || group.contains("third party") {
        &["vendor/", "vendored/", "third_party/", "node_modules/"]
    } else if group.contains("migration") {
        &["migrations/"]
    } else if group.contains("example") {
        &["example/", "examples/"]
    } else {
        &["doc/", "docs/", "*.md", "*.rst"]
    };
    globs.iter().map(|glob| PathPattern::new(glob)).collect()
}

fn withheld(context: &Context<'_>, found: &Captures<'_>) -> Option<Outcome> {
    let what = context.selectors(found.name("what")?.as_str());
    if what.is_empty() {
        return None;
    }
    Some(context.paths(found)?.map(|paths| Kind::Withhold { what, paths }))
}

fn withhold(context: &Context<'_>, found: &Captures<'_>) -> Option<Outcome> {
    withheld(context, found)
}

/// "Disable CORS" is advice to developers; "disable CORS findings" and "ignore CWE-79" are for us.
fn withhold_if_ours(context: &Context<'_>, found: &Captures<'_>) -> Option<Outcome> {
    let what = found.name("what")?.as_str();
    let said = found.get(0).map_or("", |m| m.as_str());
    let named = [
        "finding",
        "rule",
        "check",
        "warning",
        "issue",
        "vulnerabilit",
        "alert",
        "false positive",
        "out of scope",
        "report",
        "flag",
        "suppress",
        "withhold",
        "withheld",
        "warn",
        "mute",
        "silence",
    ]
    .iter()
    .any(|noun| said.contains(noun) && !what.contains(noun));
    let ids_only = vocabulary::weaknesses_in(what).is_empty()
        && context.slots(what).all(|slot| match slot {
            Slot::Cwe(_) => true,
            Slot::Id(id) => (context.known_rule)(id),
            _ => false,
        });
    if named || ids_only { withheld(context, found) } else { None }
}

fn withhold_all(context: &Context<'_>, found: &Captures<'_>) -> Option<Outcome> {
    Some(context.paths(found)?.map(|paths| Kind::Withhold { what: vec![Selector::All], paths }))
}

/// The severity that a word means.
pub(super) fn severity(word: &str) -> Option<Severity> {
    match word.trim().to_lowercase().as_str() {
        "critical" => Some(Severity::Critical),
        "high" => Some(Severity::High),
        "medium" | "moderate" => Some(Severity::Medium),
        "low" => Some(Severity::Low),
        _ => None,
    }
}

/// Words that open a list of severities upwards.
const OPEN: [&str; 15] = [
    "above",
    "higher",
    " up",
    "worse",
    "more",
    "below",
    "under",
    "less",
    "lower",
    "minimum",
    "min ",
    "lowest",
    "threshold",
    "floor",
    "from",
];

fn floor(_: &Context<'_>, found: &Captures<'_>) -> Option<Outcome> {
    let named: Vec<Severity> = found.name("severity")?.as_str().split([' ', ',']).filter_map(severity).collect();
    let lowest = named.iter().copied().min()?;
    let said = found.get(0)?.as_str();
    let open_ended = OPEN.iter().any(|word| said.contains(word));
    let all_above =
        Severity::ALL.into_iter().filter(|severity| *severity > lowest).all(|severity| named.contains(&severity));
    if open_ended || all_above {
        return Some(Ok(Kind::Floor(lowest)));
    }
    // "Only report medium" would hide High findings: as a floor it would not do what it says.
    Some(Err("these severities are no threshold: name the lowest and say \"and above\"".to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of a shape")]
fn nothing_below_low(_: &Context<'_>, _: &Captures<'_>) -> Option<Outcome> {
    Some(Err("there is no severity below Low, so there is nothing to withhold".to_owned()))
}

/// "Do not report low and medium findings" is a floor at the next severity.
fn above_named(_: &Context<'_>, found: &Captures<'_>) -> Option<Outcome> {
    let named = found.name("low")?.as_str();
    let floor = if named.contains("high") {
        Severity::Critical
    } else if named.contains("medium") || named.contains("moderate") {
        Severity::High
    } else {
        Severity::Medium
    };
    if floor == Severity::Critical && !named.contains("medium") && !named.contains("moderate") {
        return Some(Err("severities that are withheld must be all below one".to_owned()));
    }
    Some(Ok(Kind::Floor(floor)))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of a shape")]
fn everything(_: &Context<'_>, _: &Captures<'_>) -> Option<Outcome> {
    Some(Ok(Kind::Floor(Severity::Low)))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of a shape")]
fn offline(_: &Context<'_>, _: &Captures<'_>) -> Option<Outcome> {
    Some(Ok(Kind::Offline))
}

/// "Do not change files" may well be meant for developers; it is ours only when an assessment is named.
fn kept(context: &Context<'_>, promise: &'static str) -> Option<Outcome> {
    let said = &context.words.norm;
    let ours =
        ["assess", "scan", "audit", "review", "report", "analys", "finding"].iter().any(|word| said.contains(word));
    ours.then_some(Ok(Kind::Kept(promise)))
}

fn kept_reading(context: &Context<'_>, _: &Captures<'_>) -> Option<Outcome> {
    kept(context, "nothing is written: Lunette only reads")
}

fn kept_running(context: &Context<'_>, _: &Captures<'_>) -> Option<Outcome> {
    kept(context, "nothing of the project is run or installed: Lunette only reads")
}

fn named_frameworks(context: &Context<'_>, found: &Captures<'_>, in_force: bool) -> Option<Outcome> {
    let mut names = Vec::new();
    for slot in context.slots(found.name("frameworks")?.as_str()) {
        if let Slot::Framework(index) = slot
            && let Some(framework) = FRAMEWORKS.get(*index)
            && !names.contains(&framework)
        {
            names.push(framework);
        }
    }
    (!names.is_empty()).then_some(Ok(Kind::Frameworks { names, in_force }))
}

fn frameworks(context: &Context<'_>, found: &Captures<'_>) -> Option<Outcome> {
    named_frameworks(context, found, true)
}

fn not_frameworks(context: &Context<'_>, found: &Captures<'_>) -> Option<Outcome> {
    named_frameworks(context, found, false)
}
