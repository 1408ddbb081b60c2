//! Every package in the dependency graph has a licence that an Apache-2.0 product can ship.

use cargo_metadata::Package;

use crate::workspace::METADATA;

/// SPDX identifiers that are fine beside Apache-2.0.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "MPL-2.0+",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages that name a file instead of an identifier, and what the file is.
const READ_BY_HAND: &[(&str, &str)] = &[("sshkeys", "BSD-3-Clause")];

#[test]
fn every_licence_is_on_the_allow_list() {
    let refused: Vec<String> = METADATA
        .packages
        .iter()
        .filter(|package| !licence(package).is_some_and(is_allowed))
        .map(|package| {
            format!(
                "{} {}: {:?}",
                package.name, package.version, package.license
            )
        })
        .collect();
    assert!(
        refused.is_empty(),
        "licences to look at:\n{}",
        refused.join("\n")
    );
}

#[test]
fn an_expression_needs_one_allowed_choice_for_each_of_its_parts() {
    for (expression, expected) in [
        ("MIT OR GPL-3.0-only", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only", false),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR GPL-2.0-only) AND Unicode-3.0", true),
        ("MIT AND (GPL-2.0-only OR LGPL-3.0-only)", false),
    ] {
        assert_eq!(is_allowed(expression), expected, "{expression}");
    }
}

fn licence(package: &Package) -> Option<&str> {
    let by_hand = READ_BY_HAND
        .iter()
        .find(|(name, _)| *name == package.name.as_str());
    package
        .license
        .as_deref()
        .or(by_hand.map(|(_, licence)| *licence))
}

/// True when the SPDX expression can be satisfied with allowed licences only.
fn is_allowed(expression: &str) -> bool {
    split(&expression.replace('/', " OR "), " AND ")
        .iter()
        .all(|part| {
            let choices = split(part, " OR ");
            if choices.len() > 1 {
                choices.iter().any(|choice| is_allowed(choice))
            } else {
                let inner = part.trim();
                match inner
                    .strip_prefix('(')
                    .and_then(|rest| rest.strip_suffix(')'))
                {
                    Some(group) => is_allowed(group),
                    None => ALLOWED.contains(&inner),
                }
            }
        })
}

/// Splits at an operator outside of parentheses.
fn split<'a>(expression: &'a str, operator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0_usize);
    for (position, character) in expression.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0
                && position >= start
                && expression[position..].starts_with(operator) =>
            {
                parts.push(&expression[start..position]);
                start = position + operator.len();
            }
            _ => {}
        }
    }
    parts.push(&expression[start..]);
    parts
}
