//! `cargo xtask new-rule FAMILY ID`.

use std::path::Path;

use crate::Outcome;

/// Writes a rule file to fill in. The examples fail until the rule is written, so that it cannot be forgotten.
pub(crate) fn run(root: &Path, family: &str, id: &str) -> Outcome {
    let plain = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if !plain(family) || !plain(id) {
        return Err("family and id are kebab-case: lower-case letters, digits and `-`".to_owned());
    }
    let path = root.join("rules").join(family).join(format!("{id}.md"));
    if path.exists() {
        return Err(format!("{} exists", path.display()));
    }
    let (language, fence, comment) =
        if family == "python" { ("python", "py file=app.py", "#") } else { ("javascript", "ts file=app.ts", "//") };
    let text = TEMPLATE
        .replace("@ID@", id)
        .replace("@LANGUAGE@", language)
        .replace("@FENCE@", fence)
        .replace("@COMMENT@", comment);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("{}\nThe format is described in rules/README.md. Test it: cargo test -p lunette-rules", path.display());
    Ok(())
}

const TEMPLATE: &str = r"---
id: @ID@
title:
languages: [@LANGUAGE@]
cwe: []
topic:
nature: vulnerability
confidence: firm
since: 0.1.0
risk:
  precondition: single_request
  confidentiality: few_records
  data: personal_or_secret
find:
  - call:
    message:
advice:
  action:
  control:
  layer: application
  effort:
  performance: none
  developers:
  verify:
events: []
---

What is wrong and why it matters, in two sentences.

## How to fix

## Vulnerable

```@FENCE@
call() @COMMENT@ finds: @ID@
```

## Safe

### What looks alike

```@FENCE@
```
";
