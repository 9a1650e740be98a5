//! What class of data a table holds, by the names and types of its columns.

use lunette_core::risk::DataClass;

use crate::catalogue::Relation;

/// Words of a name: `userId`, `user_id` and `user-id` are the same two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = '_';
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(last) = words.last_mut()
        {
            last.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Words that end a name for a count, a flag or a time of something, not the thing itself.
const ABOUT: &[&str] = &[
    "at",
    "count",
    "enabled",
    "verified",
    "confirmed",
    "required",
    "used",
    "limit",
    "shown",
    "type",
    "id",
    "by",
    "is",
    "has",
    "sent",
    "expires",
    "length",
    "optional",
    "changed",
    "provider",
    "notifications",
    "allowed",
];

fn holds(name: &str, single: &[&str], pairs: &[(&str, &str)]) -> bool {
    let words = words(name);
    let about = words.last().is_some_and(|last| ABOUT.contains(&last.as_str()))
        || words.first().is_some_and(|first| first == "is" || first == "has");
    let one = words.iter().any(|word| single.contains(&word.as_str()));
    let two = words.windows(2).any(|pair| pairs.contains(&(pair[0].as_str(), pair[1].as_str())));
    (one || two) && !about
}

/// Whether a column holds a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    const SINGLE: &[&str] = &["password", "passwd", "passphrase", "secret", "apikey", "otp", "totp"];
    const PAIRS: &[(&str, &str)] = &[
        ("api", "key"),
        ("private", "key"),
        ("access", "token"),
        ("refresh", "token"),
        ("auth", "token"),
        ("session", "token"),
        ("secret", "key"),
        ("service", "key"),
        ("recovery", "code"),
        ("backup", "codes"),
        ("reset", "token"),
        ("bearer", "token"),
        ("encryption", "key"),
        ("password", "hash"),
        ("openai", "key"),
        ("stripe", "key"),
    ];
    holds(name, SINGLE, PAIRS) || (words(name) == ["token"])
}

/// Whether a column holds personal data that is not meant for everybody.
pub(crate) fn is_personal(name: &str) -> bool {
    const SINGLE: &[&str] =
        &["email", "phone", "telephone", "mobile", "birthday", "birthdate", "dob", "surname", "salary", "gender"];
    const PAIRS: &[(&str, &str)] = &[
        ("birth", "date"),
        ("e", "mail"),
        ("street", "address"),
        ("home", "address"),
        ("billing", "address"),
        ("date", "of"),
        ("postal", "code"),
        ("zip", "code"),
        ("ip", "address"),
        ("last", "name"),
        ("first", "name"),
        ("shipping", "address"),
    ];
    holds(name, SINGLE, PAIRS) || words(name) == ["address"]
}

/// Whether a column holds payment, health or identity data.
pub(crate) fn is_regulated(name: &str) -> bool {
    const SINGLE: &[&str] =
        &["ssn", "cvv", "cvc", "iban", "passport", "diagnosis", "diagnoses", "medication", "religion", "ethnicity"];
    const PAIRS: &[(&str, &str)] = &[
        ("card", "number"),
        ("credit", "card"),
        ("bank", "account"),
        ("account", "number"),
        ("routing", "number"),
        ("tax", "id"),
        ("social", "security"),
        ("national", "id"),
        ("medical", "record"),
        ("health", "record"),
        ("blood", "type"),
        ("patient", "id"),
        ("driver", "license"),
        ("drivers", "license"),
        ("insurance", "number"),
        ("payment", "method"),
    ];
    let words = words(name);
    let two = words.windows(2).any(|pair| PAIRS.contains(&(pair[0].as_str(), pair[1].as_str())));
    two || holds(name, SINGLE, &[])
}

/// The class of the worst column; internal data when no name says more.
pub(crate) fn class(relation: &Relation) -> DataClass {
    let names = || relation.live_columns().map(|(_, column)| column.name.as_str());
    if names().any(is_regulated) {
        DataClass::Regulated
    } else if names().any(|name| is_secret(name) || is_personal(name))
        || relation.live_columns().any(|(_, column)| column.type_name == "inet")
    {
        DataClass::PersonalOrSecret
    } else {
        DataClass::Internal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_data_and_names_about_data() {
        for yes in ["password", "password_hash", "apiKey", "access_token", "token", "openai_api_key"] {
            assert!(is_secret(yes), "{yes}");
        }
        for no in ["token_count", "password_changed_at", "tokens_used", "is_secret", "key", "api_key_id", "secretary"] {
            assert!(!is_secret(no), "{no}");
        }
        for yes in ["email", "billing_email", "phone", "date_of_birth", "first_name"] {
            assert!(is_personal(yes), "{yes}");
        }
        for no in ["email_verified", "email_sent", "name", "title", "address_id", "phone_confirmed_at"] {
            assert!(!is_personal(no), "{no}");
        }
        assert!(is_regulated("credit_card") && is_regulated("tax_id") && !is_regulated("card_title"));
    }
}
