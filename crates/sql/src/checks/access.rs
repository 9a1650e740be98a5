//! Relations that the API serves without row-level security, or past it: lints 0002, 0010, 0013, 0016, 0017, 0019, 0023,
//! 0026 and 0027, and tables made after a sweep, partitions, views that can be written, published tables.

use lunette_core::access::{Command, Reach};
use lunette_core::risk::{Confidentiality, Exposure};

use crate::catalogue::{Name, Origin, Privilege, Relation, RelationKind};
use crate::matrix::{decide, plain};

use super::seen::{Draft, Look, list};
use super::{MANAGED, sensitive};

pub(crate) fn observe(look: &Look<'_>) {
    let catalogue = look.catalogue;
    let sweep = sweep(look);
    for relation in catalogue.relations.values() {
        let managed = MANAGED.contains(&relation.name.schema.as_str());
        let exposed = look.is_exposed(&relation.name.schema) && !managed;
        match relation.kind {
            RelationKind::Table | RelationKind::PartitionedTable => {
                if exposed && !is_guarded(look, relation) {
                    open_table(look, relation, sweep.as_ref());
                    sensitive_columns(look, relation);
                }
                queue(look, relation);
            }
            RelationKind::View if exposed && relation.extension.is_none() => {
                definer_view(look, relation);
                writable_view(look, relation);
            }
            RelationKind::MaterializedView | RelationKind::ForeignTable if exposed && relation.extension.is_none() => {
                without_policies(look, relation);
            }
            _ => {}
        }
        if look.is_exposed(&relation.name.schema) {
            auth_users(look, relation);
        }
        if !managed {
            graphql(look, relation);
        }
    }
    published(look);
}

/// Roles of the API that have the privilege on the relation as a whole, whatever the schema says.
fn selecting(look: &Look<'_>, relation: &Relation) -> Vec<&'static str> {
    look.api_roles()
        .filter(|role| look.catalogue.relation_privilege(role, &relation.name, Privilege::Select).is_held())
        .collect()
}

/// Whether row-level security is on, or an event trigger turns it on for tables that are made.
pub(crate) fn is_guarded(look: &Look<'_>, relation: &Relation) -> bool {
    if relation.rls.enabled {
        return true;
    }
    let explicitly_off = relation.rls.enabled_origin.is_known();
    !explicitly_off
        && look.catalogue.event_triggers.values().any(|trigger| {
            let body = look.catalogue.functions.get(&trigger.function).map(|function| function.body.to_lowercase());
            trigger.enabled
                && trigger.event == "ddl_command_end"
                && trigger.origin.sequence < relation.origin.sequence
                && body.is_some_and(|body| body.contains("enable row level security"))
        })
}

/// The last loop over all tables that turned row-level security on: one statement that did so for several, or in a block.
fn sweep(look: &Look<'_>) -> Option<Origin> {
    let enabled = look
        .catalogue
        .relations
        .values()
        .filter(|relation| relation.rls.enabled && relation.rls.enabled_origin.is_known());
    let mut origins: Vec<&Origin> = enabled.map(|relation| &relation.rls.enabled_origin).collect();
    origins.sort_by_key(|origin| (origin.sequence, origin.place()));
    let block = |origin: &Origin| {
        let made_in_a_loop =
            written_at(look, origin).is_some_and(|text| text.trim_start().to_lowercase().starts_with("execute"));
        made_in_a_loop || origin.excerpt.to_lowercase().starts_with("do ")
    };
    let several = |at: usize| at > 0 && origins[at].place() == origins[at - 1].place();
    (0..origins.len()).rev().find(|at| block(origins[*at]) || several(*at)).map(|at| origins[at].clone())
}

/// The line of the project's own text that an origin begins in, from there on.
fn written_at<'a>(look: &Look<'a>, origin: &Origin) -> Option<&'a str> {
    let file =
        look.context.files.iter().find(|file| file.path == origin.path && file.at == (1, 1) && file.whole.is_none())?;
    let line = file.text.lines().nth(usize::try_from(origin.line).ok()?.checked_sub(1)?)?;
    line.get(usize::try_from(origin.column).ok()?.checked_sub(1)?..)
}

fn open_table(look: &Look<'_>, relation: &Relation, sweep: Option<&Origin>) {
    let roles = selecting(look, relation);
    let mut commands = Vec::new();
    let mut reaching: Vec<&str> = Vec::new();
    for command in Command::ROWS {
        let found = look.reaching(relation, command);
        if !found.is_empty() {
            commands.push(command.as_str());
        }
        reaching.extend(found);
    }
    reaching.sort_unstable();
    reaching.dedup();
    if roles.is_empty() && commands.is_empty() {
        return;
    }
    let off = &relation.rls.enabled_origin;
    let parent = relation
        .parents
        .iter()
        .filter_map(|parent| look.catalogue.relations.get(parent))
        .find(|parent| parent.rls.enabled);
    let late = sweep.filter(|sweep| relation.origin.sequence > sweep.sequence && !off.is_known());
    let at = if off.is_known() { off } else { &relation.origin };
    let name = plain(&relation.name);
    let check = match (parent, late) {
        (Some(_), _) => "partition-without-rls",
        (None, Some(_)) => "table-after-sweep",
        (None, None) => "rls-disabled-in-public",
    };
    let mut draft = Draft::new(check, &name, at, "row level security is off")
        .step(&relation.origin, "the table is made here")
        .detail("roles", list(if reaching.is_empty() { &roles } else { &reaching }))
        .detail("commands", list(&commands))
        .exposure(if reaching.is_empty() { Exposure::NotReached } else { look.exposure(&reaching) })
        .data(sensitive::class(relation))
        .firm_if(look.uncertain);
    if let Some(parent) = parent {
        draft = draft
            .detail("parent", plain(&parent.name))
            .step(&parent.rls.enabled_origin, "on for the table it belongs to");
    } else if let Some(sweep) = late {
        draft = draft.step(sweep, "earlier, it was turned on for all tables");
    }
    if !roles.is_empty() && relation.kind == RelationKind::Table {
        draft = draft.splinter("rls_disabled_in_public", name);
    }
    if commands.iter().all(|command| *command == "SELECT") {
        draft = draft.risk(|risk| risk.integrity = Some(lunette_core::risk::Integrity::None));
    }
    look.push(draft);
}

/// 0023: names of columns as the linter lists them.
fn sensitive_columns(look: &Look<'_>, relation: &Relation) {
    let roles = selecting(look, relation);
    if relation.kind != RelationKind::Table || roles.is_empty() {
        return;
    }
    let columns: Vec<&str> = relation
        .live_columns()
        .map(|(_, column)| column.name.as_str())
        .filter(|name| SENSITIVE.contains(&name.to_lowercase().replace('-', "_").as_str()))
        .collect();
    if columns.is_empty() {
        return;
    }
    let name = plain(&relation.name);
    let draft = Draft::new("sensitive-columns-exposed", &name, &relation.origin, format!("holds {}", list(&columns)))
        .detail("roles", list(&roles))
        .detail("columns", list(&columns))
        .exposure(look.exposure(&look.reaching(relation, Command::Select)))
        .data(sensitive::class(relation).max(lunette_core::risk::DataClass::PersonalOrSecret))
        .splinter("sensitive_columns_exposed", name);
    look.push(draft);
}

/// The patterns of lint 0023.
const SENSITIVE: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "secret_key",
    "private_key",
    "api_key",
    "apikey",
    "auth_key",
    "token",
    "jwt",
    "access_token",
    "refresh_token",
    "oauth_token",
    "session_token",
    "bearer_token",
    "auth_code",
    "session_id",
    "session_key",
    "session_secret",
    "recovery_code",
    "backup_code",
    "verification_code",
    "otp",
    "two_factor",
    "2fa_secret",
    "2fa_code",
    "ssn",
    "social_security",
    "social_security_number",
    "driver_license",
    "drivers_license",
    "license_number",
    "passport_number",
    "passport_id",
    "national_id",
    "tax_id",
    "credit_card",
    "card_number",
    "cvv",
    "cvc",
    "cvn",
    "bank_account",
    "account_number",
    "routing_number",
    "iban",
    "swift_code",
    "bic",
    "health_record",
    "medical_record",
    "patient_id",
    "insurance_number",
    "health_insurance",
    "medical_insurance",
    "treatment",
    "mac_address",
    "macaddr",
    "imei",
    "device_uuid",
    "pgp_key",
    "gpg_key",
    "ssh_key",
    "certificate",
    "license_key",
    "activation_key",
    "facial_recognition",
];

/// 0019.
fn queue(look: &Look<'_>, relation: &Relation) {
    let roles = selecting(look, relation);
    // LIKE 'q_%': the underscore stands for any character.
    let named =
        relation.name.schema == "pgmq" && relation.name.name.starts_with('q') && relation.name.name.chars().count() > 1;
    if !named
        || relation.kind != RelationKind::Table
        || relation.rls.enabled
        || roles.is_empty()
        || !look.is_exposed("pgmq_public")
    {
        return;
    }
    let name = plain(&relation.name);
    let draft = Draft::new("insecure-queue-exposed-in-api", &name, &relation.origin, "row level security is off")
        .detail("roles", list(&roles))
        .exposure(look.exposure(&roles))
        .splinter("insecure_queue_exposed_in_api", name);
    look.push(draft);
}

fn bases<'a>(look: &Look<'a>, relation: &Relation) -> Vec<&'a Relation> {
    relation
        .query
        .iter()
        .flat_map(|query| &query.relations)
        .filter_map(|name| look.catalogue.relations.get(name))
        .collect()
}

/// A draft about a view, with the data of the tables behind it.
fn about_view(look: &Look<'_>, check: &str, relation: &Relation, fact: &str, roles: &[&str]) -> Draft {
    let data = bases(look, relation)
        .into_iter()
        .map(sensitive::class)
        .chain([sensitive::class(relation)])
        .max()
        .unwrap_or_default();
    let origin = if relation.options_origin.is_known() { &relation.options_origin } else { &relation.origin };
    Draft::new(check, plain(&relation.name), &relation.origin, fact)
        .step(origin, "its options were set here")
        .detail("roles", list(roles))
        .exposure(look.exposure(roles))
        .data(data)
}

/// Whether `security_invoker` is set to a value that the linter reads as on.
fn is_invoker(relation: &Relation) -> bool {
    relation
        .options
        .get("security_invoker")
        .is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on"))
}

/// 0010.
fn definer_view(look: &Look<'_>, relation: &Relation) {
    let roles = selecting(look, relation);
    if roles.is_empty() || is_invoker(relation) {
        return;
    }
    let guarded = bases(look, relation).into_iter().any(|base| base.rls.enabled || base.kind == RelationKind::View);
    let hidden = bases(look, relation).into_iter().any(|base| !look.is_exposed(&base.name.schema));
    let name = plain(&relation.name);
    let mut draft = about_view(look, "security-definer-view", relation, "runs with its owner's rights", &roles)
        .splinter("security_definer_view", name);
    let reach = look.api_roles().map(|role| look.access.relation(role, relation, Command::Select).reach).max();
    if !(guarded || hidden) || matches!(reach, Some(Reach::OwnRows | Reach::TenantRows)) {
        draft = draft.risk(|risk| risk.confidentiality = Some(Confidentiality::TechnicalOnly));
    }
    look.push(draft);
}

/// 0002.
fn auth_users(look: &Look<'_>, relation: &Relation) {
    let users = Name::new("auth", "users");
    let Some(query) = relation.query.as_ref().filter(|query| query.relations.contains(&users)) else { return };
    let roles = selecting(look, relation);
    let open = match relation.kind {
        RelationKind::MaterializedView => true,
        RelationKind::View => {
            !is_invoker(relation) || look.catalogue.relations.get(&users).is_some_and(|users| !users.rls.enabled)
        }
        _ => false,
    };
    if roles.is_empty() || !open {
        return;
    }
    let columns: Vec<&str> =
        query.columns.iter().filter(|(table, _)| *table == users).map(|(_, column)| column.as_str()).collect();
    let name = plain(&relation.name);
    let mut draft = about_view(look, "auth-users-exposed", relation, "reads auth.users", &roles)
        .splinter("auth_users_exposed", name);
    draft = draft.data(lunette_core::risk::DataClass::PersonalOrSecret);
    if !columns.is_empty() && columns.iter().all(|column| matches!(*column, "id" | "created_at")) {
        draft = draft.risk(|risk| risk.confidentiality = Some(Confidentiality::FewRecords));
    }
    look.push(draft);
}

/// 0016 and 0017.
fn without_policies(look: &Look<'_>, relation: &Relation) {
    let roles = selecting(look, relation);
    if roles.is_empty() {
        return;
    }
    let check =
        if relation.kind == RelationKind::ForeignTable { "foreign-table-in-api" } else { "materialized-view-in-api" };
    let name = plain(&relation.name);
    let draft = about_view(look, check, relation, "has no policies", &roles).splinter(&check.replace('-', "_"), name);
    look.push(draft);
}

/// 0026 and 0027.
fn graphql(look: &Look<'_>, relation: &Relation) {
    let kind = match relation.kind {
        RelationKind::Table => "table",
        RelationKind::View => "view",
        RelationKind::MaterializedView => "materialised view",
        RelationKind::ForeignTable => "foreign table",
        RelationKind::PartitionedTable | RelationKind::Sequence => return,
    };
    if look.catalogue.extension("pg_graphql").is_none() || relation.live_columns().next().is_none() {
        return;
    }
    for role in look.api_roles().collect::<Vec<_>>() {
        if !look.catalogue.any_column_privilege(role, &relation.name, Privilege::Select) {
            continue;
        }
        let served = look.is_exposed(&relation.name.schema);
        let name = plain(&relation.name);
        let draft = Draft::new(
            &format!("pg-graphql-{role}-table-exposed"),
            &name,
            &relation.origin,
            format!("{role} may select from it"),
        )
        .detail("kind", kind)
        .detail("role", role)
        .exposure(if served { look.exposure(&[role]) } else { Exposure::InternalOnly })
        .splinter(&format!("pg_graphql_{role}_table_exposed"), name);
        look.push(draft);
    }
}

/// Rows changed through a view with its owner's rights, past what the table's policies allow.
fn writable_view(look: &Look<'_>, relation: &Relation) {
    if relation.option_is_on("security_invoker") {
        return;
    }
    let session = look.session("anon");
    let Some(base) = decide::updatable(&session, relation) else { return };
    if !base.rls.enabled && look.is_exposed(&base.name.schema) {
        return;
    }
    let (mut roles, mut commands) = (Vec::new(), Vec::new());
    for command in [Command::Insert, Command::Update, Command::Delete] {
        for role in look.api_roles() {
            let through = look.access.relation(role, relation, command).reach;
            let direct = look.access.relation(role, base, command).reach;
            if matches!(through, Reach::AllRows | Reach::Unknown) && !matches!(direct, Reach::AllRows) {
                roles.push(role);
                commands.push(command.as_str().to_lowercase());
            }
        }
    }
    roles.sort_unstable();
    roles.dedup();
    commands.dedup();
    if roles.is_empty() {
        return;
    }
    let draft = about_view(look, "view-writable", relation, "changes pass to the table past its policies", &roles)
        .detail("table", plain(&base.name))
        .detail("commands", list(&commands));
    look.push(draft);
}

/// Tables in Realtime's publication that have no row-level security.
fn published(look: &Look<'_>) {
    let Some(publication) = look.catalogue.publications.get("supabase_realtime") else { return };
    for relation in look.catalogue.relations.values().filter(|relation| relation.kind.is_table()) {
        let origin = match publication.tables.get(&relation.name) {
            Some(origin) => origin,
            None if publication.all_tables && look.is_exposed(&relation.name.schema) => &publication.origin,
            None => match publication.schemas.get(&relation.name.schema) {
                Some(origin) => origin,
                None => continue,
            },
        };
        let roles = look.reaching(relation, Command::Select);
        if is_guarded(look, relation) || roles.is_empty() {
            continue;
        }
        let draft =
            Draft::new("published-without-rls", plain(&relation.name), origin, "published without row level security")
                .step(&relation.origin, "the table is made here")
                .detail("roles", list(&roles))
                .exposure(look.exposure(&roles))
                .data(sensitive::class(relation));
        look.push(draft);
    }
}
