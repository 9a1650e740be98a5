//! Lints of Supabase's linter that are about policies: 0007, 0008, 0015, 0024, 0025.

use crate::catalogue::{Policy, Relation, RelationKind};
use crate::matrix::plain;

use super::seen::{Draft, Look, list};
use super::{MANAGED, sensitive};

pub(crate) fn observe(look: &Look<'_>) {
    let catalogue = look.catalogue;
    for relation in catalogue.relations.values() {
        let managed = MANAGED.contains(&relation.name.schema.as_str());
        if relation.kind == RelationKind::Table && !managed && relation.extension.is_none() {
            without_effect(look, relation);
        }
        user_metadata(look, relation, managed);
    }
    listing(look);
}

/// Whether the text holds the parts in this order, as LIKE with `%` around each.
pub(crate) fn like(text: &str, parts: &[&str]) -> bool {
    let mut rest = text;
    parts.iter().all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

/// 0007 and 0008: policies without row-level security, and the other way round.
fn without_effect(look: &Look<'_>, relation: &Relation) {
    let name = plain(&relation.name);
    let exposed = look.is_exposed(&relation.name.schema);
    if relation.rls.enabled && relation.policies.is_empty() {
        let draft = Draft::new("rls-enabled-no-policy", &name, &relation.origin, "row level security without a policy")
            .step(&relation.rls.enabled_origin, "turned on here")
            .exposure(lunette_core::risk::Exposure::NotReached)
            .splinter("rls_enabled_no_policy", &name);
        look.push(draft);
    }
    if relation.rls.enabled || relation.policies.is_empty() {
        return;
    }
    let Some(first) = relation.policies.values().min_by_key(|policy| (policy.origin.sequence, &policy.name)) else {
        return;
    };
    let names: Vec<String> = relation.policies.values().map(|policy| format!("\"{}\"", policy.name)).collect();
    let mut roles: Vec<&str> = Vec::new();
    for command in lunette_core::access::Command::ROWS {
        roles.extend(look.reaching(relation, command));
    }
    let mut draft =
        Draft::new("policy-exists-rls-disabled", &name, &first.origin, "policies exist, row level security is off")
            .detail("policies", list(&names))
            .data(sensitive::class(relation))
            .exposure(if exposed { look.exposure(&roles) } else { lunette_core::risk::Exposure::InternalOnly })
            .splinter("policy_exists_rls_disabled", name);
    for policy in relation.policies.values() {
        draft = draft.step(&policy.origin, "a policy that nothing asks");
    }
    look.push(draft.step(&relation.rls.enabled_origin, "row level security was turned off here"));
}

/// 0015, and the same where the linter does not look: in Storage, in `auth.users`, in functions that policies call.
fn user_metadata(look: &Look<'_>, relation: &Relation, managed: bool) {
    for policy in relation.policies.values().filter(|policy| look.is_own(&policy.origin)) {
        let texts: Vec<&str> =
            policy.using.iter().chain(&policy.with_check).map(|expression| expression.text.as_str()).collect();
        let named = texts.iter().any(|text| {
            like(text, &["auth.jwt()", "user_metadata"])
                || like(text, &["current_setting(", "request.jwt.claims", ")", "user_metadata"])
        });
        let users = || texts.iter().any(|text| text.contains("raw_user_meta_data"));
        let called = || {
            let calls = policy.using.iter().chain(&policy.with_check).filter_map(|expression| expression.tree.as_ref());
            calls.into_iter().any(|tree| {
                let mut found = false;
                tree.walk(&mut |node| {
                    if let crate::catalogue::Node::Call { schema, name, .. } = node {
                        found |= look.access.functions().called(schema.as_deref(), name).user_metadata;
                    }
                    !found
                });
                found
            })
        };
        if !named && !users() && !called() {
            continue;
        }
        let mut draft = look.about_policy(
            "rls-references-user-metadata",
            relation,
            policy,
            "decides by what users write about themselves",
        );
        if named && !managed {
            draft = draft.splinter("rls_references_user_metadata", plain(&relation.name));
        }
        look.push(draft);
    }
}

/// What lint 0024 says of a policy: whether USING, and whether the check, is always true.
pub(crate) fn always_true(relation: &Relation, policy: &Policy) -> Option<(bool, bool)> {
    use crate::catalogue::Command;
    let managed = MANAGED.contains(&relation.name.schema.as_str());
    let named = policy.roles == ["public"] || policy.roles.iter().any(|role| role == "anon" || role == "authenticated");
    if relation.kind != RelationKind::Table || managed || !relation.rls.enabled || !policy.permissive || !named {
        return None;
    }
    let literal = |text: &str| is_literally_true(text);
    let using_true = policy.using.as_ref().is_some_and(|using| literal(&using.text));
    let using = matches!(policy.command, Command::Update | Command::Delete | Command::All)
        && (using_true || policy.using.is_none());
    let check = match &policy.with_check {
        Some(check) => literal(&check.text),
        None => {
            policy.command == Command::Insert || matches!(policy.command, Command::Update | Command::All) && using_true
        }
    };
    (using || check).then_some((using, check))
}

/// `true` and `1=1`, with parentheses and white space.
pub(crate) fn is_literally_true(text: &str) -> bool {
    let text: String = text.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '\n' | '\t')).collect();
    matches!(text.as_str(), "true" | "(true)" | "1=1" | "(1=1)")
}

/// 0025.
fn listing(look: &Look<'_>) {
    let catalogue = look.catalogue;
    let Some(objects) = catalogue.relation("storage", "objects") else { return };
    for bucket in catalogue.buckets.values().filter(|bucket| bucket.public) {
        let policies: Vec<&Policy> = objects
            .policies
            .values()
            .filter(|policy| policy.permissive && policy.command.covers(crate::catalogue::Command::Select))
            .filter(|policy| {
                policy.roles.iter().any(|role| matches!(role.as_str(), "public" | "anon" | "authenticated"))
            })
            .filter(|policy| {
                policy
                    .using
                    .as_ref()
                    .is_none_or(|using| is_literally_true(&using.text) || names_bucket(&using.text, &bucket.id))
            })
            .collect();
        if policies.is_empty() {
            continue;
        }
        let names: Vec<String> = policies.iter().map(|policy| format!("\"{}\"", policy.name)).collect();
        let mut roles: Vec<&str> = policies.iter().flat_map(|policy| look.bound_roles(objects, policy)).collect();
        roles.sort_unstable();
        roles.dedup();
        let mut draft =
            Draft::new("public-bucket-allows-listing", &bucket.id, &bucket.origin, "its files can be listed")
                .detail("bucket", &bucket.id)
                .detail(
                    "policies",
                    format!("the {} {}", if names.len() == 1 { "policy" } else { "policies" }, list(&names)),
                )
                .detail("roles", list(&roles))
                .exposure(look.exposure(&roles))
                .data(lunette_core::risk::DataClass::Internal)
                .splinter("public_bucket_allows_listing", format!("storage.{}", bucket.name));
        for policy in policies {
            draft = draft.step(&policy.origin, "lets them be listed");
        }
        look.push(draft);
    }
}

/// Whether the condition is `bucket_id = '…'` with this id and nothing else.
fn names_bucket(text: &str, id: &str) -> bool {
    let text = text.trim().trim_start_matches(['(', ' ', '\n', '\t']);
    let Some(rest) = text.get(..9).filter(|name| name.eq_ignore_ascii_case("bucket_id")).map(|_| &text[9..]) else {
        return false;
    };
    let Some(rest) = rest.trim_start().strip_prefix('=') else { return false };
    let literal = format!("'{}'", id.replace('\'', "''"));
    let Some(rest) = rest.trim_start().strip_prefix(literal.as_str()) else { return false };
    let mut rest = rest.trim_start();
    if let Some(cast) = rest.strip_prefix("::") {
        rest = cast.trim_start().trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
    }
    rest.chars().all(|c| c == ')' || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_on_the_bucket_alone() {
        for yes in ["(bucket_id = 'a'::text)", "bucket_id='a'", "((bucket_id = 'a'::text))"] {
            assert!(names_bucket(yes, "a"), "{yes}");
        }
        for no in [
            "(bucket_id = 'b'::text)",
            "((bucket_id = 'a'::text) AND (x = 1))",
            "(bucket_ids = 'a')",
            "(bucket_id = 'ab')",
        ] {
            assert!(!names_bucket(no, "a"), "{no}");
        }
    }

    #[test]
    fn true_in_all_spellings() {
        assert!(is_literally_true("( TRUE )") && is_literally_true("(1 = 1)") && !is_literally_true("(2 = 2)"));
        assert!(like("a-b-c", &["a", "c"]) && !like("c-a", &["a", "c"]));
    }
}
