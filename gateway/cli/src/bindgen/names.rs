//! Names of a chaincode as identifiers: letters, digits and `_` only, never a keyword.

use std::collections::BTreeMap;

use anyhow::bail;

/// Words that Rust or TypeScript keep for themselves.
const KEYWORDS: &[&str] = &[
    "abstract",
    "arguments",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "constructor",
    "continue",
    "crate",
    "debugger",
    "default",
    "delete",
    "do",
    "dyn",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "extern",
    "false",
    "final",
    "finally",
    "fn",
    "for",
    "function",
    "gen",
    "if",
    "impl",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "new",
    "null",
    "override",
    "package",
    "priv",
    "private",
    "protected",
    "pub",
    "public",
    "ref",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "switch",
    "this",
    "throw",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "var",
    "virtual",
    "void",
    "where",
    "while",
    "with",
    "yield",
];

/// `CreateAsset` as `create_asset`.
pub(super) fn snake(name: &str) -> String {
    usable(&words(name).join("_"))
}

/// `create_asset` as `createAsset`.
pub(super) fn camel(name: &str) -> String {
    let words = words(name);
    let rest = words.iter().skip(1).map(|word| capital(word));
    let joined: String = words.iter().take(1).cloned().chain(rest).collect();
    usable(&joined)
}

/// `org.papernet.paper` as `OrgPapernetPaper`.
pub(super) fn pascal(name: &str) -> String {
    let joined: String = words(name).iter().map(|word| capital(word)).collect();
    match joined.chars().next() {
        Some(first) if first.is_ascii_digit() => format!("T{joined}"),
        Some(_) if joined != "Self" => joined,
        _ => format!("{joined}Type"),
    }
}

fn usable(name: &str) -> String {
    match name.chars().next() {
        None => "unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{name}"),
        Some(_) if KEYWORDS.contains(&name) => format!("{name}_"),
        Some(_) => name.to_owned(),
    }
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// The lower-case words of a name, cut where its case or its characters say so.
fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (index, character) in characters.iter().enumerate() {
        if !character.is_ascii_alphanumeric() {
            words.push(std::mem::take(&mut word));
            continue;
        }
        let before = index.checked_sub(1).and_then(|at| characters.get(at));
        let after = characters.get(index + 1);
        let rises = before.is_some_and(|before| !before.is_ascii_uppercase());
        let falls = before.is_some_and(char::is_ascii_uppercase)
            && after.is_some_and(char::is_ascii_lowercase);
        if character.is_ascii_uppercase() && (rises || falls) {
            words.push(std::mem::take(&mut word));
        }
        word.push(character.to_ascii_lowercase());
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// Refuses names that become one identifier.
pub(super) fn distinct<'n>(
    names: impl Iterator<Item = &'n str>,
    identifier: fn(&str) -> String,
) -> anyhow::Result<()> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for name in names {
        let identifier = identifier(name);
        if let Some(first) = seen.insert(identifier.clone(), name) {
            bail!("{first:?} and {name:?} would both be called {identifier}");
        }
    }
    Ok(())
}
