//! Assessment to Markdown, JSON and SARIF; it renders, it never decides.
