//! Tables and their columns as far as names go: SQL statements, SQLAlchemy, Django and Prisma models.
//!
//! Cheap on purpose: this counts and points. What the database really is after all migrations is the matter of a
//! catalogue, not of this.

use std::sync::LazyLock;

use lunette_core::place::Place;
use lunette_read::SourceFile;
use regex::Regex;

use crate::rules_md::vocabulary::regex;

/// Tables that are kept.
const MAX_TABLES: usize = 5_000;
/// Columns that are kept of one table.
const MAX_COLUMNS: usize = 500;

/// A table or model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name, without schema `public` and quotes.
    pub name: String,
    /// Where it is made.
    pub place: Place,
    /// Its columns with their place.
    pub columns: Vec<(String, Place)>,
}

/// The tables that the files declare, in order of file and line. A table that is dropped later is not among them.
pub fn tables(files: &[SourceFile]) -> Vec<Table> {
    let mut tables = Vec::new();
    for file in files {
        match file.path.rsplit('.').next().unwrap_or_default() {
            "sql" => sql(file, &mut tables),
            "py" if file.text.contains("Column(") || file.text.contains("column(") || file.text.contains("Field(") => {
                python(file, &mut tables);
            }
            "prisma" => prisma(file, &mut tables),
            _ => {}
        }
        tables.truncate(MAX_TABLES);
    }
    tables
}

static STATEMENT: LazyLock<Regex> = LazyLock::new(|| {
    let name = r#"((?:"[^"\n]+"|[\w$]+)(?:\s*\.\s*(?:"[^"\n]+"|[\w$]+))?)"#;
    regex(&format!(
        r"(?i)\bcreate\s+(?:unlogged\s+|foreign\s+)?table\s+(?:if\s+not\s+exists\s+)?{name}\s*(\(|\bas\b|\bpartition\b)|\bdrop\s+table\s+(?:if\s+exists\s+)?{name}|\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?{name}\s+add\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?({plain})\s",
        plain = r#""[^"\n]+"|[\w$]+"#
    ))
});

fn plain_name(name: &str) -> String {
    let parts: Vec<String> = name.split('.').map(|part| part.trim().trim_matches('"').to_owned()).collect();
    match parts.as_slice() {
        [schema, table] if schema.eq_ignore_ascii_case("public") => table.clone(),
        _ => parts.join("."),
    }
}

fn sql(file: &SourceFile, tables: &mut Vec<Table>) {
    let text = without_comments(&file.text);
    let mut lines = LineCounter::default();
    for found in STATEMENT.captures_iter(&text) {
        let line = found.get(0).map_or(1, |all| lines.at(&text, all.start()));
        if let Some(name) = found.get(1) {
            let mut table =
                Table { name: plain_name(name.as_str()), place: Place::line(&file.path, line), columns: Vec::new() };
            if let Some(open) = found.get(2).filter(|open| open.as_str() == "(") {
                let body = &text[open.end()..];
                for (offset, column) in columns(body) {
                    let line = line + newlines(&text[found.get(0).map_or(0, |all| all.start())..open.end() + offset]);
                    table.columns.push((column, Place::line(&file.path, line)));
                }
            }
            tables.retain(|known| known.name != table.name);
            tables.push(table);
        } else if let Some(name) = found.get(3) {
            let name = plain_name(name.as_str());
            tables.retain(|known| known.name != name);
        } else if let (Some(name), Some(column)) = (found.get(4), found.get(5)) {
            let (name, column) = (plain_name(name.as_str()), column.as_str().trim_matches('"'));
            if !is_constraint(column)
                && let Some(table) = tables.iter_mut().find(|known| known.name == name)
                && table.columns.len() < MAX_COLUMNS
            {
                table.columns.push((column.to_owned(), Place::line(&file.path, line)));
            }
        }
    }
}

fn newlines(text: &str) -> u32 {
    text.bytes().filter(|&b| b == b'\n').count() as u32
}

/// Lines of rising offsets, each newline counted once.
#[derive(Default)]
struct LineCounter {
    offset: usize,
    line: u32,
}

impl LineCounter {
    fn at(&mut self, text: &str, offset: usize) -> u32 {
        self.line += newlines(&text[self.offset..offset.max(self.offset)]);
        self.offset = offset.max(self.offset);
        self.line + 1
    }
}

/// SQL with comments and strings blanked out; offsets and lines stay.
fn without_comments(text: &str) -> String {
    static COMMENT: LazyLock<Regex> = LazyLock::new(|| regex(r"(?s)'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/"));
    let blank =
        |found: &regex::Captures<'_>| found[0].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect::<String>();
    COMMENT.replace_all(text, blank).into_owned()
}

fn is_constraint(word: &str) -> bool {
    const WORDS: [&str; 10] =
        ["primary", "foreign", "unique", "constraint", "check", "exclude", "like", "index", "key", "column"];
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// The column names of a table's body, up to its closing parenthesis, with their offset.
fn columns(body: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mut depth = 0usize;
    let mut at_start = true;
    for (at, c) in body.char_indices().take(100_000) {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            c if at_start && !c.is_whitespace() => {
                at_start = false;
                let rest = &body[at..];
                let name = match rest.strip_prefix('"') {
                    Some(quoted) => quoted.split('"').next().unwrap_or_default(),
                    None => {
                        rest.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).next().unwrap_or_default()
                    }
                };
                if !name.is_empty() && (rest.starts_with('"') || !is_constraint(name)) && out.len() < MAX_COLUMNS {
                    out.push((at, name.to_owned()));
                }
            }
            _ => {}
        }
    }
    out
}

fn python(file: &SourceFile, tables: &mut Vec<Table>) {
    static CLASS: LazyLock<Regex> = LazyLock::new(|| regex(r"^class\s+(\w+)\s*[(:]"));
    static NAME: LazyLock<Regex> = LazyLock::new(|| regex(r#"^\s+__tablename__\s*=\s*["']([\w.]+)["']"#));
    static COLUMN: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"^\s+(\w+)\s*(?::[^=]*)?=\s*(?:(?:\w+\.)?(?:Column|mapped_column)\(|models\.\w*(?:Field|ForeignKey)\()")
    });
    let mut current: Option<Table> = None;
    let mut finish = |table: Option<Table>| tables.extend(table.filter(|table| !table.columns.is_empty()));
    for (index, line) in file.text.lines().enumerate() {
        let place = || Place::line(&file.path, index as u32 + 1);
        if let Some(class) = CLASS.captures(line) {
            finish(current.replace(Table { name: class[1].to_owned(), place: place(), columns: Vec::new() }));
        } else if let Some(table) = &mut current {
            if let Some(name) = NAME.captures(line) {
                name[1].clone_into(&mut table.name);
            } else if let Some(column) = COLUMN.captures(line)
                && table.columns.len() < MAX_COLUMNS
            {
                table.columns.push((column[1].to_owned(), place()));
            }
        }
    }
    finish(current);
}

fn prisma(file: &SourceFile, tables: &mut Vec<Table>) {
    let mut current: Option<Table> = None;
    for (index, line) in file.text.lines().enumerate() {
        let place = Place::line(&file.path, index as u32 + 1);
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("model"), Some(name)) => {
                tables.extend(current.replace(Table {
                    name: name.trim_end_matches('{').to_owned(),
                    place,
                    columns: Vec::new(),
                }));
            }
            (Some("}"), _) => tables.extend(current.take()),
            (Some(column), Some(_)) if !column.starts_with(['/', '@']) => {
                if let Some(table) = &mut current
                    && table.columns.len() < MAX_COLUMNS
                {
                    table.columns.push((column.to_owned(), place));
                }
            }
            _ => {}
        }
    }
    tables.extend(current);
}

/// Whether a column holds personal data, going by its name and its table's.
pub fn is_personal(table: &str, column: &str) -> bool {
    const PARTS: [&str; 40] = [
        "email",
        "phone",
        "mobile",
        "telephone",
        "surname",
        "firstname",
        "lastname",
        "fullname",
        "birth",
        "birthday",
        "birthdate",
        "dob",
        "ssn",
        "passport",
        "gender",
        "sex",
        "ethnicity",
        "religion",
        "nationality",
        "iban",
        "salary",
        "income",
        "address",
        "street",
        "postcode",
        "zipcode",
        "postal",
        "diagnosis",
        "medical",
        "health",
        "allergies",
        "patient",
        "latitude",
        "longitude",
        "biometric",
        "cvv",
        "pan",
        "ip",
        "signature",
        "disability",
    ];
    const PHRASES: [&str; 20] = [
        "first_name",
        "last_name",
        "full_name",
        "given_name",
        "family_name",
        "maiden_name",
        "national_id",
        "tax_id",
        "zip_code",
        "card_number",
        "cc_number",
        "account_number",
        "bank_account",
        "blood_type",
        "credit_card",
        "emergency_contact",
        "date_of_birth",
        "drivers_license",
        "license_number",
        "user_agent",
    ];
    const PEOPLE: [&str; 16] = [
        "user",
        "customer",
        "patient",
        "employee",
        "member",
        "person",
        "people",
        "contact",
        "client",
        "profile",
        "student",
        "applicant",
        "candidate",
        "guest",
        "subscriber",
        "staff",
    ];
    let column = snake(column);
    // Flags about a thing are not the thing.
    if ["is_", "has_", "can_"].iter().any(|prefix| column.starts_with(prefix))
        || ["_verified", "_at", "_count", "_id", "_confirmed"].iter().any(|suffix| column.ends_with(suffix))
    {
        return PHRASES.contains(&column.as_str()) && column != "user_agent";
    }
    if PHRASES.iter().any(|phrase| column.contains(phrase)) || column.split('_').any(|part| PARTS.contains(&part)) {
        return !column.starts_with("mac_");
    }
    let table = snake(table);
    matches!(column.as_str(), "name" | "username" | "nickname" | "avatar" | "location" | "notes")
        && table
            .split(['_', '.'])
            .any(|part| PEOPLE.iter().any(|person| part == *person || part.strip_suffix('s') == Some(person)))
        && column != "notes"
}

/// `firstName` as `first_name`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut previous_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && previous_lower {
            out.push('_');
        }
        previous_lower = c.is_lowercase() || c.is_ascii_digit();
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned(), bytes: 0, lines: text.lines().count() }
    }

    #[track_caller]
    fn check(files: &[SourceFile], expected: &[&str]) {
        let shown: Vec<String> = tables(files)
            .iter()
            .map(|table| {
                let columns: Vec<String> =
                    table.columns.iter().map(|(name, place)| format!("{name}:{}", place.line)).collect();
                format!("{} {} [{}]", table.place, table.name, columns.join(" "))
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn sql_tables_are_made_changed_and_dropped() {
        check(
            &[
                file(
                    "1.sql",
                    "-- create table no (a int);\ncreate table if not exists public.users (\n  id uuid primary key default gen_random_uuid(),\n  \"Email\" text check (x in ('a,b', 'c')), -- note\n  primary key (id)\n);\nCREATE TABLE billing.invoices (total numeric(10, 2), unique(total));\ncreate temp table t (a int);\n/* create table no2 (a int); */\nselect 'create table no3 (a int)';\n",
                ),
                file(
                    "2.sql",
                    "alter table users add column phone text, add x int;\nalter table public.users add constraint c check (true);\ndrop table if exists gone;\ncreate table gone (a int);\ndrop table gone;\ncreate table copy as select 1;\n",
                ),
            ],
            &["1.sql:2 users [id:3 Email:4 phone:1]", "1.sql:7 billing.invoices [total:7]", "2.sql:6 copy []"],
        );
    }

    #[test]
    fn models_are_tables_too() {
        check(
            &[
                file(
                    "m.py",
                    "class Base: pass\n\nclass User(db.Model):\n    __tablename__ = 'users'\n    id = db.Column(db.Integer)\n    email: Mapped[str] = mapped_column(String(9))\n\nclass D(models.Model):\n    name = models.CharField(max_length=3)\n    def f(self):\n        x = 1\n",
                ),
                file(
                    "schema.prisma",
                    "datasource db {\n  url = env(\"X\")\n}\nmodel Post {\n  id Int @id\n  // note x\n  title String\n  @@map(\"posts\")\n}\n",
                ),
            ],
            &["m.py:3 users [id:5 email:6]", "m.py:8 D [name:9]", "schema.prisma:4 Post [id:5 title:7]"],
        );
    }

    #[test]
    fn personal_columns_go_by_name() {
        for (table, column, expected) in [
            ("orders", "email", true),
            ("orders", "customerEmail", true),
            ("orders", "email_verified", false),
            ("orders", "email_sent_at", false),
            ("users", "name", true),
            ("products", "name", false),
            ("a", "firstName", true),
            ("a", "date_of_birth", true),
            ("a", "ip_address", true),
            ("a", "shipping_address", true),
            ("a", "zip", false),
            ("a", "description", false),
            ("a", "recipient", false),
            ("a", "company", false),
            ("a", "tax_id", true),
            ("a", "patient_id", false),
        ] {
            assert_eq!(is_personal(table, column), expected, "{table}.{column}");
        }
    }

    #[test]
    fn odd_sql_is_read_in_bounds() {
        for text in [
            "create table",
            "create table a (",
            "create table a (((((",
            "create table \"",
            "drop table",
            "'",
            "/*",
            "create table é (ü int)",
            "alter table a add ",
        ] {
            let _ = tables(&[file("a.sql", text), file("a.prisma", text), file("a.py", &format!("Column({text}"))]);
        }
    }
}
