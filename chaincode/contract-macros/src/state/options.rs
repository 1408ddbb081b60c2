//! What `#[state(…)]` says.

use syn::{
    DeriveInput, Error, Ident, LitInt, LitStr, Path, Result, Token, parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

/// `kind = "…"`, `key(…)`, `index(…)`, `version = …`, `upgrade = …`.
pub(super) struct Options {
    pub(super) kind: LitStr,
    pub(super) key: Vec<Ident>,
    pub(super) indexes: Vec<Index>,
    pub(super) version: u32,
    pub(super) upgrade: Option<Path>,
}

/// `by_owner(owner)`.
pub(super) struct Index {
    pub(super) name: Ident,
    pub(super) fields: Vec<Ident>,
}

impl Options {
    pub(super) fn of(input: &DeriveInput) -> Result<Self> {
        let mut found = input
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("state"));
        match (found.next(), found.next()) {
            (Some(attribute), None) => attribute.parse_args(),
            _ => Err(Error::new(
                input.ident.span(),
                "a state says once what it is: `#[state(kind = \"bond\", key(id))]`",
            )),
        }
    }
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (mut kind, mut key, mut version, mut upgrade) = (None, Vec::new(), 1, None);
        let mut indexes: Vec<Index> = Vec::new();
        while !input.is_empty() {
            let word: Ident = input.parse()?;
            match word.to_string().as_str() {
                "kind" => kind = Some(kind_of(input)?),
                "key" => key = names(input)?,
                "index" => indexes.push(index(input, &indexes)?),
                "version" => version = version_of(input)?,
                "upgrade" => {
                    input.parse::<Token![=]>()?;
                    upgrade = Some(input.parse()?);
                }
                _ => {
                    let text = "expected `kind`, `key`, `index`, `version` or `upgrade`";
                    return Err(Error::new(word.span(), text));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let kind = kind.ok_or_else(|| input.error("a state has a kind: `kind = \"bond\"`"))?;
        if key.is_empty() {
            return Err(Error::new(kind.span(), "a state has a key: `key(id)`"));
        }
        Ok(Self {
            kind,
            key,
            indexes,
            version,
            upgrade,
        })
    }
}

fn kind_of(input: ParseStream<'_>) -> Result<LitStr> {
    input.parse::<Token![=]>()?;
    let kind: LitStr = input.parse()?;
    let reserved = |c: char| matches!(c, '\u{0}' | '\u{10FFFF}' | '~');
    if kind.value().is_empty() || kind.value().contains(reserved) {
        let text = "a kind is not empty and holds no `~`, U+0000 or U+10FFFF";
        return Err(Error::new(kind.span(), text));
    }
    Ok(kind)
}

fn version_of(input: ParseStream<'_>) -> Result<u32> {
    input.parse::<Token![=]>()?;
    let version: LitInt = input.parse()?;
    match version.base10_parse()? {
        0 => Err(Error::new(version.span(), "versions begin with 1")),
        number => Ok(number),
    }
}

fn index(input: ParseStream<'_>, earlier: &[Index]) -> Result<Index> {
    let content;
    parenthesized!(content in input);
    let name: Ident = content.parse()?;
    let fields = names(&content)?;
    if ["key", "all"].iter().any(|taken| name == taken)
        || earlier.iter().any(|index| index.name == name)
    {
        let text = format!("there is a function `{name}` already");
        return Err(Error::new(name.span(), text));
    }
    Ok(Index { name, fields })
}

fn names(input: ParseStream<'_>) -> Result<Vec<Ident>> {
    let content;
    parenthesized!(content in input);
    let names = Punctuated::<Ident, Token![,]>::parse_terminated(&content)?;
    Ok(names.into_iter().collect())
}
