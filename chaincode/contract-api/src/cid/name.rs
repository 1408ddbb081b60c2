//! Distinguished names in the three spellings that Fabric's chaincode languages use.

use std::fmt::Write;

use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// Object ids that Go writes, in its order; others are left out. The last two keep one value.
const GO_ORDER: [(&str, &str); 9] = [
    ("2.5.4.6", "C"),
    ("2.5.4.8", "ST"),
    ("2.5.4.7", "L"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.17", "POSTALCODE"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "SERIALNUMBER"),
];
const SINGLE_VALUED: [&str; 2] = ["2.5.4.3", "2.5.4.5"];
const COMMON_NAME: &str = "2.5.4.3";
const ORGANIZATIONAL_UNIT: &str = "2.5.4.11";

/// A name: relative names in the certificate's order, each of one or more attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DistinguishedName(Vec<Vec<Attribute>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Attribute {
    oid: String,
    value: String,
}

impl DistinguishedName {
    pub(super) fn of(name: &X509Name<'_>) -> Self {
        Self(
            name.iter_rdn()
                .map(|rdn| rdn.iter().map(Attribute::of).collect())
                .collect(),
        )
    }

    pub(super) fn organizational_units(&self) -> impl Iterator<Item = &str> {
        self.values(ORGANIZATIONAL_UNIT)
    }

    pub(super) fn common_name(&self) -> Option<&str> {
        self.values(COMMON_NAME).last()
    }

    fn values<'n>(&'n self, oid: &'n str) -> impl Iterator<Item = &'n str> {
        self.0
            .iter()
            .flatten()
            .filter(move |attribute| attribute.oid == oid)
            .map(|attribute| attribute.value.as_str())
    }

    /// As Go's `pkix.Name`: a fixed order, reversed; equal attributes joined by `+`.
    pub(super) fn to_go(&self) -> String {
        let mut relative = Vec::new();
        for (oid, keyword) in GO_ORDER.iter().rev() {
            let mut values: Vec<&str> = self.values(oid).collect();
            if SINGLE_VALUED.contains(oid) {
                values = values
                    .pop()
                    .filter(|last| !last.is_empty())
                    .into_iter()
                    .collect();
            }
            if !values.is_empty() {
                let parts = values
                    .iter()
                    .map(|value| format!("{keyword}={}", go_escaped(value)));
                relative.push(parts.collect::<Vec<_>>().join("+"));
            }
        }
        relative.join(",")
    }

    /// As Node's: the certificate's order, each attribute after a slash. Only the first slash of a
    /// value is escaped.
    pub(super) fn to_node(&self) -> String {
        self.0
            .iter()
            .flatten()
            .fold(String::new(), |mut text, attribute| {
                let keyword = attribute.keyword(&NODE_KEYWORDS, "");
                let value = attribute.value.replacen('/', "\\/", 1);
                // Writing to a string cannot fail.
                let _ = write!(text, "/{keyword}={value}");
                text
            })
    }

    /// As Java's `X500Name`: reversed, joined by `, `; attributes of one relative name by ` + `.
    pub(super) fn to_java(&self) -> String {
        let relative = self.0.iter().rev().map(|attributes| {
            let parts = attributes.iter().map(|attribute| {
                let keyword = attribute.keyword(&JAVA_KEYWORDS, "OID.");
                format!("{keyword}={}", java_quoted(&attribute.value))
            });
            parts.collect::<Vec<_>>().join(" + ")
        });
        relative.collect::<Vec<_>>().join(", ")
    }
}

const NODE_KEYWORDS: [(&str, &str); 7] = [
    ("2.5.4.6", "C"),
    ("2.5.4.8", "ST"),
    ("2.5.4.7", "L"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.3", "CN"),
    ("1.2.840.113549.1.9.1", "E"),
];

const JAVA_KEYWORDS: [(&str, &str); 11] = [
    ("2.5.4.6", "C"),
    ("2.5.4.8", "ST"),
    ("2.5.4.7", "L"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
];

impl Attribute {
    fn of(attribute: &AttributeTypeAndValue<'_>) -> Self {
        let value = attribute.as_str().map_or_else(
            |_| String::from_utf8_lossy(attribute.attr_value().data).into_owned(),
            str::to_owned,
        );
        Self {
            oid: attribute.attr_type().to_id_string(),
            value,
        }
    }

    /// The short name of the attribute, or its object id after a prefix.
    fn keyword(&self, keywords: &[(&str, &str)], prefix: &str) -> String {
        keywords
            .iter()
            .find(|(oid, _)| *oid == self.oid)
            .map_or_else(
                || format!("{prefix}{}", self.oid),
                |(_, keyword)| (*keyword).to_owned(),
            )
    }
}

/// RFC 2253's escapes as Go's `cid` writes them.
fn go_escaped(value: &str) -> String {
    let mut escaped = String::new();
    for (index, character) in value.char_indices() {
        let first = index == 0 && matches!(character, ' ' | '#');
        let last = index + 1 == value.len() && character == ' ';
        if first || last || matches!(character, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Java quotes a whole value where a character or blank asks for it.
fn java_quoted(value: &str) -> String {
    let blank = |c: char| matches!(c, ' ' | '\n');
    let special = |c: char| {
        matches!(
            c,
            ',' | '+' | '=' | '\n' | '<' | '>' | '#' | ';' | '\\' | '"'
        )
    };
    let already = value.len() > 1 && value.starts_with('"') && value.ends_with('"');
    let doubled = value
        .as_bytes()
        .windows(2)
        .any(|pair| pair.iter().all(|byte| blank(char::from(*byte))));
    let quoted = value.starts_with(blank) || value.ends_with(blank) || value.contains(special);
    if already || !(quoted || doubled) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
