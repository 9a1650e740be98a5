//! Patterns of our own, and what is known of them.
#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;

fn js(pattern: &str) -> Verdict {
    verdict(&Regex::parse(pattern, "", Dialect::JavaScript).unwrap(), Anchoring::Anywhere)
}

#[track_caller]
fn exponential(pattern: &str) {
    let found = js(pattern);
    assert!(matches!(found, Verdict::Exponential { .. }), "{pattern}: {found:?}");
}

#[track_caller]
fn power(pattern: &str, wanted: u32) {
    let found = js(pattern);
    assert!(matches!(found, Verdict::Polynomial { degree, .. } if degree == wanted), "{pattern}: {found:?}");
}

#[track_caller]
fn safe(pattern: &str) {
    assert_eq!(js(pattern), Verdict::Safe, "{pattern}");
}

#[test]
fn nested_repetitions_are_exponential() {
    exponential(r"^(a+)+$");
    exponential(r"^(a*)*b$");
    exponential(r"^(?:a|a)*$");
    exponential(r"^(\w|\d)+;$");
    exponential(r"^(?:[a-z]+\.?)+@$");
    exponential(r"^(?:a?b?)*c$");
    exponential(r"^(a{1,3})*$");
    exponential(r"^((?:ab)+)+$");
    exponential(r"^(?:(?:\s*,)?\s*\w+)*$");
    exponential(r"^(a{0,60}){0,60}$");
}

#[test]
fn look_alikes_are_not() {
    safe(r"^(a+b)+$");
    safe(r"^(?:[^,]+,)*[^,]+$");
    safe(r"^[a-z0-9]+$");
    safe(r"^(?:a|b)*$");
    safe(r"^(?:[^\\']|\\.)*'$");
    safe(r"^\d+(?:\.\d+)?$");
    safe(r"(a+)+");
    safe(r"^(a+)+");
    safe(r"^(a|a)*b*");
    safe(r"^(?:\b\w+\W*)$");
    safe(r"^(?:[a-f0-9]{4}-){7}[a-f0-9]{4}$");
    safe(r"^(?:x|(?!x)[^y])*$");
    safe(r"^(a+)+[\s\S]*$");
}

#[test]
fn powers_are_told_by_their_degree() {
    power(r"^a*a*$", 2);
    power(r"\s+$", 2);
    power(r"^\s*\d*\s*\d*$", 2);
    power(r"^a*a*a*$", 3);
    power(r"a*a*$", 3);
    power(r"^.*,.*,.*;$", 3);
    power(r"^\w+\s*=\s*\w*\s*;?\s*$", 3);
}

#[test]
fn where_a_match_may_start_counts() {
    let trim = Regex::parse(r"\s+\Z", "", Dialect::Python).unwrap();
    assert!(matches!(verdict(&trim, Anchoring::Anywhere), Verdict::Polynomial { degree: 2, .. }));
    assert_eq!(verdict(&trim, Anchoring::Start), Verdict::Safe);
    let open = Regex::parse(r"(a+)+", "", Dialect::Python).unwrap();
    assert_eq!(verdict(&open, Anchoring::Start), Verdict::Safe, "the end does not matter, so nothing fails");
    assert!(matches!(verdict(&open, Anchoring::Full), Verdict::Exponential { .. }));
    let sticky = Regex::parse(r"\s+$", "y", Dialect::JavaScript).unwrap();
    assert_eq!(verdict(&sticky, Anchoring::Anywhere), Verdict::Safe);
}

#[test]
fn boundaries_and_lines_cut_ambiguity() {
    safe(r"^(?:\b\w+)*$");
    exponential(r"^(?:\B?\w+)*$");
    let lines = Regex::parse(r"^(?:^\w*\n)*#", "m", Dialect::Python).unwrap();
    assert!(!matches!(verdict(&lines, Anchoring::Start), Verdict::Exponential { .. }));
}

#[test]
fn python_makes_one_class_of_single_characters() {
    let python = |pattern: &str| verdict(&Regex::parse(pattern, "", Dialect::Python).unwrap(), Anchoring::Start);
    assert_eq!(python(r"(?:\w|\d)+;$"), Verdict::Safe);
    assert!(matches!(python(r"(?:\w|[^;])+;$"), Verdict::Exponential { .. }));
    exponential(r"^(?:\w|\d)+;$");
}

#[test]
fn possessive_and_atomic_parts_cut_ambiguity() {
    let python = |pattern: &str| verdict(&Regex::parse(pattern, "", Dialect::Python).unwrap(), Anchoring::Start);
    assert!(matches!(python(r"(?:a+)+$"), Verdict::Exponential { .. }));
    assert_eq!(python(r"(?:a++)+$"), Verdict::Safe);
    assert_eq!(python(r"(?>(?:a|b)+)+$"), Verdict::Safe);
    assert_eq!(python(r"(?>a+)a*$"), Verdict::Safe);
    assert!(matches!(python(r"(?>(?:a+)+b)c"), Verdict::Exponential { .. }), "inside it still tries everything");
}

#[test]
fn lookarounds_are_looked_into() {
    exponential(r"^(?=(?:a+)+b)");
    exponential(r"^(?!(?:a+)+b)a*$");
    power(r"^(?:(?=.*x)a)*$", 2);
    safe(r"^(?=.*\d)(?=.*[a-z])[a-z\d]{8,20}$");
    safe(r"^(?:(?!-->)[\s\S])*-->$");
}

#[test]
fn references_are_followed_as_their_groups() {
    safe(r#"^(["'])[^"']*\1$"#);
    power(r"^(a*)\1$", 2);
}

#[test]
fn attacks_can_be_shown() {
    let Verdict::Exponential { attack } = js(r"^x(a+)+$") else { panic!("is exponential") };
    assert!(attack.prefix.starts_with('x'), "{attack}");
    assert_eq!(attack.text(2), format!("{}aa{}", attack.prefix, attack.suffix));
    assert!(attack.to_string().contains("many times"), "{attack}");
}

#[test]
fn large_patterns_are_given_up_quickly() {
    let words: Vec<String> = (0..2000).map(|n| format!("w{n}x*")).collect();
    let pattern = format!("^(?:{})*$", words.join("|"));
    let regex = Regex::parse(&pattern, "", Dialect::JavaScript).unwrap();
    assert!(matches!(verdict(&regex, Anchoring::Anywhere), Verdict::Unknown(_)));
    let nested = format!("^{}a{}$", "(".repeat(90), ")*".repeat(90));
    verdict(&Regex::parse(&nested, "", Dialect::JavaScript).unwrap(), Anchoring::Anywhere);
    assert!(Regex::parse(&"(".repeat(5000), "", Dialect::Python).is_err());
    let counts = "^".to_owned() + &"(?:".repeat(30) + "a" + &"{0,9})".repeat(30) + "$";
    verdict(&Regex::parse(&counts, "", Dialect::JavaScript).unwrap(), Anchoring::Anywhere);
}

#[track_caller]
fn passes(pattern: &str, dialect: Dialect, how: Anchoring, probe: &str, wanted: bool) {
    let regex = Regex::parse(pattern, "", dialect).unwrap();
    assert_eq!(admits(&regex, how, &[probe]), Some(wanted), "{pattern} on {probe:?}");
}

#[test]
fn checks_let_pass_what_the_language_would() {
    use Anchoring::{Anywhere, Full, Start};
    use Dialect::{JavaScript, Python};
    passes(r"^[a-z0-9]+$", JavaScript, Anywhere, "../x", false);
    passes(r"[a-z0-9]+", JavaScript, Anywhere, "../x", true);
    passes(r"^[a-z]+$", JavaScript, Anywhere, "abc\n", false);
    passes(r"[a-z]+$", Python, Start, "abc\n", true);
    passes(r"[a-z]+\Z", Python, Start, "abc\n", false);
    passes(r"[a-z]+$", Python, Full, "abc\n", false);
    passes(r"[a-z]+", Python, Start, "abc; rm", true);
    passes(r"[a-z]+", Python, Full, "abc; rm", false);
    passes(r"a|ab", Python, Full, "ab", true);
    passes(r"^(?!.*\.\.)[\w./]+$", JavaScript, Anywhere, "a/../b", false);
    passes(r"^(?!.*\.\.)[\w./]+$", JavaScript, Anywhere, "a/b", true);
    passes(r"(?<=\$)\d+", JavaScript, Anywhere, "$12", true);
    passes(r"(?<!\$)\b\d+", JavaScript, Anywhere, "$12", false);
    passes(r#"^(['"])\w+\1$"#, JavaScript, Anywhere, "'a\"", false);
    passes(r"^(?:a|b){2,3}?$", JavaScript, Anywhere, "aba", true);
    passes(r"^(?:a|b){2,3}$", JavaScript, Anywhere, "abab", false);
    passes(r"(?P<q>')?x(?(q)'|!)$", Python, Start, "'x'", true);
    passes(r"(?P<q>')?x(?(q)'|!)$", Python, Start, "x'", false);
    passes(r"(?P<q>')?x(?(q)'|!)$", Python, Start, "x!", true);
    passes(r"(?i)SELECT", Python, Start, "select", true);
    passes(r"(?x) a  b # words", Python, Full, "ab", true);
    passes(r"a++a", Python, Start, "aaa", false);
    passes(r"^.$", JavaScript, Anywhere, "😀", false);
    let unicode = Regex::parse(r"^\p{L}.$", "u", JavaScript).unwrap();
    assert_eq!(admits(&unicode, Anywhere, &["λ😀"]), Some(true));
    let slow = Regex::parse(r"^(a+)+$", "", JavaScript).unwrap();
    assert_eq!(admits(&slow, Anywhere, &["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"]), None);
}

#[test]
fn both_syntaxes_are_read() {
    for (pattern, flags) in [
        (r"[^]\cJ\x41\u0041\0", ""),
        (r"a{,5}{", ""),
        (r"\1(a)\2", ""),
        (r"(?<year>\d{4})-\k<year>", ""),
        (r"\u{1F600}[\u{1F600}-\u{1F64F}]\uD83D\uDE00", "u"),
        (r"[\p{L}--[a-z]]&&[\q{a|bc}\d]", "v"),
        (r"(?i:a)b", ""),
        (r"[\w-.][a-\d]", ""),
        (r"]}", ""),
        ("\\/[/]", "gy"),
    ] {
        Regex::parse(pattern, flags, Dialect::JavaScript).unwrap();
    }
    for pattern in [
        r"[]a][^]a]",
        r"(?P<n>a)(?P=n)(?(n)b|c)(?#x)",
        r"(?s-i:.)(?>a)b*+c?+d{1,2}+",
        r"\A\Z\a\N{BULLET}\U0001F600\07\123",
        "(?x)\n a # c )\n [ #]",
        r"a{,3}b{x}",
    ] {
        Regex::parse(pattern, "", Dialect::Python).unwrap();
    }
    for pattern in ["(", ")", "a**", "*", "[", "\\", "(?<n", "[b-a]", "a{2,1}"] {
        assert!(Regex::parse(pattern, "", Dialect::JavaScript).is_err(), "{pattern}");
        assert!(Regex::parse(pattern, "", Dialect::Python).is_err(), "{pattern}");
    }
    assert!(Regex::parse(r"\2(a)", "", Dialect::Python).is_err());
    assert!(Regex::parse(r"\2(a)", "u", Dialect::JavaScript).is_err());
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Patterns that both languages and the `regex` crate understand alike.
    fn plain() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec!["a", "b", "[ab]", "[^a]", "c", "."]).prop_map(str::to_owned);
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
                prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| format!("(?:{})", parts.join("|"))),
                (inner.clone(), prop::sample::select(vec!["*", "+", "?", "{2}", "{1,3}", "*?", "+?"]))
                    .prop_map(|(body, times)| format!("(?:{body}){times}")),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(pattern in ".{0,40}", flags in "[imsuvyx]{0,3}") {
            for dialect in [Dialect::JavaScript, Dialect::Python] {
                if let Ok(regex) = Regex::parse(&pattern, &flags, dialect) {
                    verdict(&regex, Anchoring::Anywhere);
                    admits(&regex, Anchoring::Start, &["a<b>"]);
                }
            }
        }

        #[test]
        fn syntax_soup_is_read_or_refused(pattern in r"[ab\[\](){}*+?|^$\\.\-,1-3:=!<>Pdwsbx&#]{0,24}") {
            for (dialect, flags) in [(Dialect::JavaScript, ""), (Dialect::JavaScript, "v"), (Dialect::Python, "")] {
                if let Ok(regex) = Regex::parse(&pattern, flags, dialect) {
                    verdict(&regex, Anchoring::Anywhere);
                    admits(&regex, Anchoring::Full, &["aab", ""]);
                }
            }
        }

        #[test]
        fn matches_are_those_of_another_engine(pattern in plain(), text in "[abc]{0,7}") {
            let other = regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
            for dialect in [Dialect::JavaScript, Dialect::Python] {
                let ours = Regex::parse(&pattern, "", dialect).unwrap();
                if let Some(found) = admits(&ours, Anchoring::Full, &[&text]) {
                    prop_assert_eq!(found, other.is_match(&text));
                }
            }
        }

        /// The steps of the trial are what is told, so an attack must be slow, and a safe pattern quick, whatever is asked.
        #[test]
        fn safe_patterns_are_quick(pattern in plain(), pump in "[abc]{1,3}", suffix in "[abcd\n]{0,1}") {
            let anchored = Regex::parse(&format!("^(?:{pattern})$"), "", Dialect::JavaScript).unwrap();
            if verdict(&anchored, Anchoring::Anywhere) == Verdict::Safe {
                let program = Program::compile(&anchored);
                let steps = |times: usize| {
                    let text = anchored.units(&format!("{}{suffix}", pump.repeat(times)));
                    machine::matches(&anchored, &program, &text, Anchoring::Start, 1_000_000).1
                };
                prop_assert!(steps(64) < 3 * steps(32) + 2_000, "{} then {}", steps(32), steps(64));
            }
        }
    }
}
