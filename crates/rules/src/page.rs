//! A rule's page: what `explain` shows.

use std::fmt::Write as _;

use lunette_core::rule::Nature;

use crate::book::CompiledRule;
use crate::document::Example;

/// The page of a rule as Markdown.
pub(crate) fn page(rule: &CompiledRule) -> String {
    let meta = &rule.meta;
    let cwe: Vec<String> = meta.cwe.iter().map(|number| format!("CWE-{number}")).collect();
    let nature = match meta.nature {
        Nature::Vulnerability => "vulnerability",
        Nature::Hardening => "hardening",
    };
    let mut out = format!("# {} (`{}`)\n\n", meta.title, meta.id);
    let _ = writeln!(
        out,
        "{} · {nature} · {} · topic {} · since {}\n",
        cwe.join(", "),
        meta.confidence.as_str(),
        meta.topic,
        meta.since
    );
    out.push_str(&meta.explanation);
    out.push_str("\n\n## What to do\n\n");
    let advice = &meta.advice;
    for (label, text) in [
        ("Action", &advice.action),
        ("Control", &advice.control),
        ("Layer", &advice.layer),
        ("Effort", &advice.effort),
        ("Performance", &advice.performance),
        ("For developers", &advice.developers),
        ("Verify", &advice.verify),
    ] {
        let _ = writeln!(out, "- **{label}**: {text}");
    }
    for (heading, vulnerable) in [("Vulnerable", true), ("Safe", false)] {
        let _ = write!(out, "\n## {heading}\n");
        rule.examples
            .iter()
            .filter(|example| example.vulnerable == vulnerable)
            .for_each(|example| show(example, &mut out));
    }
    if !rule.references.is_empty() {
        out.push_str("\n## References\n\n");
        for reference in &rule.references {
            let _ = writeln!(out, "- {reference}");
        }
    }
    out
}

fn show(example: &Example, out: &mut String) {
    if !example.name.is_empty() {
        let _ = write!(out, "\n### {}\n", example.name);
    }
    for (path, text) in &example.files {
        let language = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        let _ = write!(out, "\n```{language} file={path}\n{text}```\n");
    }
}
