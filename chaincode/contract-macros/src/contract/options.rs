//! What `#[contract(…)]` says.

use syn::{
    Error, LitStr, Result, Token,
    parse::{Parse, ParseStream},
};

/// `name = "…"`, `version = "…"`, `title = "…"`, `license = "…"`, `contact = "…"`.
pub(crate) struct Options {
    pub(crate) name: LitStr,
    pub(crate) version: Option<LitStr>,
    pub(crate) title: Option<LitStr>,
    pub(crate) license: Option<LitStr>,
    pub(crate) contact: Option<LitStr>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (mut name, mut version) = (None, None);
        let (mut title, mut license, mut contact) = (None, None, None);
        while !input.is_empty() {
            let key: syn::Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            let value: LitStr = input.parse()?;
            match key.to_string().as_str() {
                "name" => name = Some(value),
                "version" => version = Some(value),
                "title" => title = Some(value),
                "license" => license = Some(value),
                "contact" => contact = Some(value),
                _ => {
                    let text = "expected `name`, `version`, `title`, `license` or `contact`";
                    return Err(Error::new(key.span(), text));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let name = name.ok_or_else(|| {
            input.error("a contract needs a name: `#[contract(name = \"bonds\")]`")
        })?;
        if name.value().is_empty() || name.value().contains(':') {
            return Err(Error::new(
                name.span(),
                "a contract's name is not empty and has no colon",
            ));
        }
        Ok(Self {
            name,
            version,
            title,
            license,
            contact,
        })
    }
}
