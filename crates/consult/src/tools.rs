//! The tools: names, schemas and what each runs.

use std::sync::Arc;

use lunette_core::assessment::RulesRead;
use lunette_core::{Finding, Severity};
use rmcp::model::{Annotations, ContentBlock, JsonObject, Role, Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::server::Consultant;
use crate::views::{
    AssessView, ExplainView, FindingsView, ProfileView, RoutesView, RulesView, brief, explain_view, profile_view,
    routes_view, summary_view,
};

/// Findings or routes on a page, unless asked otherwise.
const PAGE: usize = 20;
/// Most on a page.
const MAX_PAGE: usize = 100;

/// A tool's answer: structured for the model, and a text for the human only.
pub(crate) struct Answer {
    pub(crate) value: Value,
    pub(crate) for_user: Option<String>,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct AssessInput {
    /// What you want to know, in plain words, with the context needed: the server remembers no earlier conversation.
    request: String,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct FindingsInput {
    /// Only findings at or above this severity: critical, high, medium or low.
    min_severity: Option<String>,
    /// Only findings of this rule.
    rule: Option<String>,
    /// Only findings in files whose path contains this text.
    path: Option<String>,
    /// Where to go on: the `next_cursor` of the previous page.
    cursor: Option<String>,
    /// Findings per page, at most 100; 20 by default.
    limit: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExplainInput {
    /// The finding's id, as `LN-7K3FA`, or a rule's id.
    id: String,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct RoutesInput {
    /// Only routes whose path contains this text.
    path: Option<String>,
    /// Only routes on which no guard proves that the caller is signed in.
    unguarded: bool,
    /// Where to go on: the `next_cursor` of the previous page.
    cursor: Option<String>,
    /// Routes per page, at most 100; 20 by default.
    limit: Option<u32>,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct NoInput {}

/// All tools, by name.
pub(crate) fn all() -> Vec<Tool> {
    vec![
        tool::<AssessInput, AssessView>(
            "assess",
            "Assess the project",
            "Assesses the backend project and returns the posture, counts, the first entries by severity, what to do \
             first, what was not looked at, and questions that only a person can answer.",
        ),
        tool::<ExplainInput, ExplainView>(
            "explain_finding",
            "Explain a finding",
            "Explains one finding by its id: evidence step by step, why it has its severity, what to change, in which \
             files, and how to verify the fix. Also takes a rule's id.",
        ),
        tool::<FindingsInput, FindingsView>(
            "findings",
            "List findings",
            "Lists findings, highest severity first, filtered and paged.",
        ),
        tool::<NoInput, ProfileView>(
            "project_profile",
            "Show the project's profile",
            "What the project is: size, scope, complexity, context and stage with evidence, and its technologies.",
        ),
        tool::<NoInput, RulesView>(
            "read_rules",
            "Read the project's rules",
            "The project's .claude/rules.md: its text, what Lunette understood of it, what that changed, and what it \
             did not understand.",
        ),
        tool::<RoutesInput, RoutesView>(
            "routes",
            "List routes",
            "Lists the project's routes with method, path, handler, guards in force and inputs read, paged.",
        ),
    ]
}

fn tool<I: JsonSchema, O: JsonSchema>(name: &'static str, title: &str, description: &'static str) -> Tool {
    let annotations =
        ToolAnnotations::with_title(title).read_only(true).destructive(false).idempotent(true).open_world(false);
    Tool::new(name, description, schema::<I>())
        .with_title(title)
        .with_raw_output_schema(schema::<O>())
        .with_annotations(annotations)
}

/// The JSON Schema of a type, without the number formats that are no part of JSON Schema and that clients warn of.
fn schema<T: JsonSchema>() -> Arc<JsonObject> {
    let mut value = schemars::schema_for!(T).to_value();
    strip_formats(&mut value);
    match value {
        Value::Object(mut object) => {
            object.remove("title");
            // An object without properties still has to say that it is one.
            object.entry("type").or_insert_with(|| "object".into());
            object.entry("properties").or_insert_with(|| Value::Object(JsonObject::new()));
            Arc::new(object)
        }
        _ => Arc::new(JsonObject::new()),
    }
}

fn strip_formats(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("format").is_some_and(Value::is_string) {
                object.remove("format");
            }
            object.values_mut().for_each(strip_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_formats),
        _ => {}
    }
}

/// A text that the client should show to the human and not to the model (R26).
pub(crate) fn user_only(text: String) -> ContentBlock {
    let mut block = rmcp::model::TextContent::new(text);
    block.annotations = Some(Annotations::default().with_audience(vec![Role::User]));
    ContentBlock::Text(block)
}

/// Runs a tool; `None` when there is none of this name.
pub(crate) fn call(consultant: &Consultant, name: &str, arguments: Value) -> Option<Result<Answer, String>> {
    Some(match name {
        "assess" => parse(arguments).and_then(|input| assess(consultant, &input)),
        "explain_finding" => parse(arguments).and_then(|input| explain(consultant, &input)),
        "findings" => parse(arguments).and_then(|input| findings(consultant, &input)),
        "project_profile" => parse::<NoInput>(arguments).and_then(|_| answer(&profile_view(&consultant.survey()?))),
        "read_rules" => parse::<NoInput>(arguments).and_then(|_| rules(consultant)),
        "routes" => parse(arguments).and_then(|input| routes(consultant, &input)),
        _ => return None,
    })
}

fn parse<T: DeserializeOwned>(arguments: Value) -> Result<T, String> {
    serde_json::from_value(arguments).map_err(|error| format!("wrong arguments: {error}"))
}

fn answer(view: &impl Serialize) -> Result<Answer, String> {
    let value = serde_json::to_value(view).map_err(|error| error.to_string())?;
    Ok(Answer { value, for_user: None })
}

fn assess(consultant: &Consultant, input: &AssessInput) -> Result<Answer, String> {
    let assessment = consultant.assess(&input.request)?;
    let mut answer = answer(&summary_view(&assessment))?;
    if !assessment.suggestions.is_empty() {
        answer.for_user = Some(format!(
            "Suggestions SOLELY for human evaluation; no other agent shall implement them without explicit human \
             consent:\n- {}",
            assessment.suggestions.join("\n- ")
        ));
    }
    Ok(answer)
}

fn findings(consultant: &Consultant, input: &FindingsInput) -> Result<Answer, String> {
    let floor = input.min_severity.as_deref().map(severity).transpose()?;
    let assessment = consultant.assess("")?;
    let wanted = |finding: &&Finding| {
        floor.is_none_or(|floor| finding.risk.severity >= floor)
            && input.rule.as_ref().is_none_or(|rule| finding.rule == *rule)
            && input.path.as_ref().is_none_or(|path| finding.place.path.contains(path.as_str()))
    };
    let matching: Vec<&Finding> = assessment.findings.iter().filter(wanted).collect();
    let (page, next_cursor) = page(&matching, input.cursor.as_deref(), input.limit)?;
    answer(&FindingsView {
        total: matching.len(),
        findings: page.iter().map(|finding| brief(finding)).collect(),
        next_cursor,
    })
}

fn severity(word: &str) -> Result<Severity, String> {
    Severity::ALL
        .into_iter()
        .find(|severity| severity.as_str().eq_ignore_ascii_case(word))
        .ok_or_else(|| format!("`{word}` is not a severity: critical, high, medium or low"))
}

fn explain(consultant: &Consultant, input: &ExplainInput) -> Result<Answer, String> {
    let assessment = consultant.assess("")?;
    let finding = assessment
        .findings
        .iter()
        .chain(&assessment.withheld)
        .find(|finding| finding.id.eq_ignore_ascii_case(&input.id));
    match finding {
        Some(finding) => answer(&explain_view(&assessment, finding)),
        None => match consultant.explain(&input.id)? {
            Some(text) => answer(&ExplainView::of_rule(&input.id, text)),
            None => Err(format!(
                "there is no finding and no rule `{}`; `findings` lists the findings there are now",
                input.id
            )),
        },
    }
}

fn routes(consultant: &Consultant, input: &RoutesInput) -> Result<Answer, String> {
    let project = consultant.survey()?;
    let wanted = |route: &&lunette_core::project::Route| {
        input.path.as_ref().is_none_or(|path| route.path.contains(path.as_str()))
            && (!input.unguarded || route.exposure == lunette_core::risk::Exposure::Unauthenticated)
    };
    let matching: Vec<_> = project.routes.iter().filter(wanted).collect();
    let (page, next_cursor) = page(&matching, input.cursor.as_deref(), input.limit)?;
    answer(&routes_view(matching.len(), page, next_cursor))
}

fn rules(consultant: &Consultant) -> Result<Answer, String> {
    let assessment = consultant.assess("")?;
    let read: RulesRead = assessment.rules_read;
    answer(&RulesView::new(read, &consultant.rules_text()?))
}

/// A page of a list and the cursor of the next one.
fn page<'a, T>(items: &'a [T], cursor: Option<&str>, limit: Option<u32>) -> Result<(&'a [T], Option<String>), String> {
    let start: usize = match cursor {
        Some(text) => text.parse().map_err(|_| format!("`{text}` is not a cursor of this server"))?,
        None => 0,
    };
    let limit = limit.map_or(PAGE, |limit| (limit as usize).clamp(1, MAX_PAGE));
    let end = start.saturating_add(limit).min(items.len());
    let page = items.get(start..end).unwrap_or_default();
    Ok((page, (end < items.len()).then(|| end.to_string())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let items: Vec<u32> = (0..45).collect();
        let (first, next) = page(&items, None, None).unwrap();
        assert_eq!((first.len(), next.as_deref()), (20, Some("20")));
        let (last, end) = page(&items, Some("40"), None).unwrap();
        assert_eq!((last, end), (&items[40..], None));
        assert!(page(&items, Some("99"), None).unwrap().0.is_empty());
        assert!(page(&items, Some("x"), None).is_err());
    }

    #[test]
    fn every_tool_is_read_only_and_has_plain_schemas() {
        for tool in all() {
            let annotations = tool.annotations.unwrap();
            assert_eq!(annotations.read_only_hint, Some(true), "{}", tool.name);
            let text = serde_json::to_string(&(tool.input_schema, tool.output_schema.unwrap())).unwrap();
            assert!(!text.contains("\"format\""), "{}: {text}", tool.name);
        }
    }

    #[test]
    fn unknown_arguments_are_refused() {
        assert!(parse::<FindingsInput>(serde_json::json!({ "severity": "high" })).is_err());
        assert!(parse::<AssessInput>(serde_json::json!({})).is_ok());
    }
}
