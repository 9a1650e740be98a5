//! The Markdown report: templates over the [`view`](crate::view), with everything they print escaped.

use std::borrow::Cow;
use std::sync::LazyLock;

use lunette_core::Assessment;
use lunette_core::text::{count, thousands};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use crate::escape;
use crate::view::view;

/// The template that is rendered; it includes the others.
pub const MAIN_TEMPLATE: &str = "report.md.j2";

macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        /// The built-in templates by name, [`MAIN_TEMPLATE`] first.
        pub const BUILT_IN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../templates/", $name))),)+];
    };
}
built_in! {
    "report.md.j2",
    "macros.md.j2",
    "header.md.j2",
    "summary.md.j2",
    "analysis.md.j2",
    "matrix.md.j2",
    "recommendations.md.j2",
    "guidance.md.j2",
    "monitoring.md.j2",
    "limits.md.j2",
    "access.md.j2",
    "dependencies.md.j2",
    "closing.md.j2",
}

/// A set of templates that renders an assessment as Markdown.
///
/// Printed values are escaped for Markdown by default. Filters: `cell` (inside a table), `code` (as a code span),
/// `code_cell` (as a code span inside a table), `fence` (as a fenced block), `count('file')` (`2 files`), `number`
/// (thousands). An unknown name is an error, so that a misspelt field can't silently empty a section.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
}

/// A template that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("template {name}{}: {message}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct TemplateError {
    /// The template's name.
    pub name: String,
    /// The line, from 1, when known.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl TemplateError {
    fn from(name: &str, error: &minijinja::Error) -> Self {
        // An error in an included template is wrapped by the including one: the innermost says where it is.
        let mut error = error;
        while let Some(inner) = std::error::Error::source(error).and_then(|e| e.downcast_ref::<minijinja::Error>()) {
            error = inner;
        }
        TemplateError {
            name: error.name().unwrap_or(name).to_owned(),
            line: error.line(),
            message: match error.detail() {
                Some(detail) => format!("{}: {detail}", error.kind()),
                None => error.kind().to_string(),
            },
        }
    }
}

impl Templates {
    /// The built-in templates with some of them replaced, or others added that those include.
    ///
    /// # Errors
    /// When a template has a syntax error.
    pub fn from_pairs<N, T>(pairs: impl IntoIterator<Item = (N, T)>) -> Result<Self, TemplateError>
    where
        N: Into<String>,
        T: Into<String>,
    {
        let mut environment = environment().map_err(|error| TemplateError::from(MAIN_TEMPLATE, &error))?;
        for (name, source) in BUILT_IN {
            environment.add_template(name, source).map_err(|error| TemplateError::from(name, &error))?;
        }
        for (name, source) in pairs {
            let name: String = name.into();
            environment
                .add_template_owned(Cow::Owned(name.clone()), source.into())
                .map_err(|error| TemplateError::from(&name, &error))?;
        }
        Ok(Templates { environment })
    }

    /// Renders the assessment with [`MAIN_TEMPLATE`].
    ///
    /// # Errors
    /// When a template asks for something that doesn't exist.
    pub fn markdown(&self, assessment: &Assessment) -> Result<String, TemplateError> {
        let context = Value::from(Serde(view(assessment)));
        let render = || self.environment.get_template(MAIN_TEMPLATE)?.render(context);
        render().map(|text| tidy(&text)).map_err(|error| TemplateError::from(MAIN_TEMPLATE, &error))
    }
}

static TEMPLATES: LazyLock<Result<Templates, TemplateError>> =
    LazyLock::new(|| Templates::from_pairs::<String, String>([]));

/// The **Backend Security Assessment Report** as Markdown, with the built-in templates.
///
/// # Panics
/// Never on any assessment: the built-in templates are part of this crate and use nothing that depends on the input
/// being there.
pub fn markdown(assessment: &Assessment) -> String {
    let rendered = TEMPLATES.as_ref().map(|templates| templates.markdown(assessment));
    #[expect(
        clippy::panic,
        reason = "a defect of the embedded templates, not of the input; tested with full and empty assessments"
    )]
    match rendered {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => panic!("built-in {error}"),
        Err(error) => panic!("built-in {error}"),
    }
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    environment.set_formatter(|out, state, value| {
        if value.is_undefined() {
            // Strictness belongs to the default formatter.
            return minijinja::escape_formatter(out, state, value);
        }
        let text = if value.is_safe() { value.to_string() } else { escape::prose(&plain(value)) };
        out.write_str(&text).map_err(minijinja::Error::from)
    });
    environment.add_filter("cell", |value: &Value| {
        let safe = value.is_safe();
        let text = plain(value);
        Value::from_safe_string(if safe { escape::pipes(&text) } else { escape::cell(&text) })
    });
    environment.add_filter("code", |value: &Value| Value::from_safe_string(escape::code(&plain(value))));
    environment
        .add_filter("code_cell", |value: &Value| Value::from_safe_string(escape::pipes(&escape::code(&plain(value)))));
    environment.add_filter("fence", |value: &Value| Value::from_safe_string(escape::fence(&plain(value))));
    environment.add_filter("count", |n: usize, noun: &str| count(n, noun));
    environment.add_filter("number", thousands);
    Ok(environment)
}

/// A value as text; nothing for none.
fn plain(value: &Value) -> String {
    if value.is_none() { String::new() } else { value.to_string() }
}

/// At most one blank line in a row, no blanks at the ends of lines, one newline at the end: templates needn't care.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = true;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_users_template_replaces_one_of_ours() {
        let templates = Templates::from_pairs([(
            "report.md.j2",
            "{{ assessment.project.name }} {{ assessment.findings | length }}",
        )])
        .unwrap();
        let assessment = crate::sample::assessment();
        let text = templates.markdown(&assessment).unwrap();
        assert_eq!(text, format!("orders-api {}\n", assessment.findings.len()));
    }

    #[test]
    fn what_a_users_template_prints_is_escaped() {
        let source =
            "{{ assessment.request.text }}|{{ assessment.request.text|cell }}|{{ assessment.request.text|code }}";
        let templates = Templates::from_pairs([("report.md.j2", source)]).unwrap();
        let mut assessment = crate::sample::assessment();
        assessment.request.text = "<b> | `x".to_owned();
        assert_eq!(templates.markdown(&assessment).unwrap(), "&lt;b> | \\`x|&lt;b> \\| \\`x|``<b> | `x``\n");
    }

    #[test]
    fn faults_name_template_and_line() {
        let error = Templates::from_pairs([("closing.md.j2", "a\n{% if %}")]).unwrap_err();
        assert_eq!((error.name.as_str(), error.line), ("closing.md.j2", Some(2)));
        let templates = Templates::from_pairs([("closing.md.j2", "a\n\n{{ asessment.date }}")]).unwrap();
        let error = templates.markdown(&crate::sample::assessment()).unwrap_err();
        assert_eq!((error.name.as_str(), error.line), ("closing.md.j2", Some(3)), "{error}");
    }
}
