//! Any text, and text made of what the syntaxes are made of, is read or refused; places always lie in the text.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use lunette_config::{Document, Format, Node, Value};
use proptest::prelude::*;

const FORMATS: [Format; 4] = [Format::Toml, Format::Yaml, Format::Json, Format::Dotenv];

fn spans_lie_in(node: &Node, length: u32) -> bool {
    let within = |span: lunette_config::Span| span.start <= span.end && span.end <= length;
    within(node.span)
        && match &node.value {
            Value::List(items) => items.iter().all(|item| spans_lie_in(item, length)),
            Value::Map(entries) => entries.iter().all(|(key, value)| within(key.span) && spans_lie_in(value, length)),
            _ => true,
        }
}

fn read(text: &str) -> Result<(), TestCaseError> {
    for format in FORMATS {
        match Document::parse("file", format, text) {
            Ok(document) => {
                for root in &document.roots {
                    prop_assert!(spans_lie_in(root, text.len() as u32), "{format:?}");
                    let place = document.place(root.span);
                    prop_assert!(place.line >= 1 && place.column >= 1);
                }
            }
            Err(error) => prop_assert!(error.line >= 1 && !error.message.is_empty(), "{format:?}: {error}"),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        read(&text)?;
    }

    #[test]
    fn any_syntax_is_read_or_refused(parts in prop::collection::vec(
        prop::sample::select(vec!["a", "b: ", "[", "]", "{", "}", "\n", "  ", "- ", "&x ", "*x", "<<: ", "\"", "'", "=", ".", ",", "1", "#", "é", "|\n", "---\n", "export ", "\\"]),
        0..60,
    )) {
        read(&parts.concat())?;
    }

    /// A value that is written is read back, from its very place.
    #[test]
    fn what_is_written_is_read(name in "[a-z]{1,8}", number in 0u32..1_000_000) {
        for (format, text) in [
            (Format::Toml, format!("# é\n[auth]\n{name} = {number}\n")),
            (Format::Yaml, format!("# é\nauth:\n  {name}: {number}\n")),
            (Format::Json, format!("// é\n{{\"auth\": {{\n\"{name}\": {number} }} }}\n")),
        ] {
            let document = Document::parse("file", format, &text).unwrap();
            let node = document.get(&format!("auth.{name}")).unwrap();
            prop_assert_eq!(document.source(node.span), number.to_string());
            prop_assert_eq!(document.place(node.span).line, 3);
        }
    }
}

#[test]
fn deep_and_wide_texts_do_not_take_the_process_down() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(50_000), close.repeat(50_000));
    for text in [deep("[", "]"), deep("{\"a\":", "}"), deep("- ", ""), "a.".repeat(50_000), "\"".repeat(100_000)] {
        for format in FORMATS {
            let _ = Document::parse("file", format, &text);
            let _ = Document::parse("file", format, &format!("a = {text}"));
        }
    }
}

#[test]
fn nested_anchors_and_wide_merges_stay_bounded() {
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..5_000 {
        let _ = writeln!(chain, "a{level}: &a{level} [*a{}]", level - 1);
    }
    assert!(Document::parse("file", Format::Yaml, &chain).unwrap_err().message.contains("deeper"));
    let mut wide = "base: &b\n".to_owned();
    for at in 0..100_000 {
        let _ = writeln!(wide, "  k{at}: 1");
    }
    wide.push_str("web:\n  <<: *b\n");
    let document = Document::parse("file", Format::Yaml, &wide).unwrap();
    assert_eq!(document.get("web.k99999").and_then(Node::text), Some("1"));
}
