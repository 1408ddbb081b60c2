//! What `#[transaction(…)]` and `#[query(…)]` say: a name for clients, and who may call.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Error, Ident, LitStr, Meta, Result, Signature, Token, ext::IdentExt, parenthesized,
    parse::ParseStream, punctuated::Punctuated, spanned::Spanned,
};

/// `name = "…"`, `require(…)`.
pub(crate) struct Mark {
    pub(crate) name: String,
    /// Variants of `Guard`.
    pub(crate) guards: Vec<TokenStream>,
}

impl Mark {
    /// The name in the mark, else the method's own.
    pub(crate) fn of(mark: &Attribute, signature: &Signature) -> Result<Self> {
        let mut name = signature.ident.unraw().to_string();
        let mut guards = Vec::new();
        if let Meta::List(_) = &mark.meta {
            mark.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    name = meta.value()?.parse::<LitStr>()?.value();
                    return Ok(());
                }
                if meta.path.is_ident("require") {
                    let content;
                    parenthesized!(content in meta.input);
                    let listed = content.parse_terminated(guard, Token![,])?;
                    guards.extend(listed);
                    return Ok(());
                }
                Err(meta.error("expected `name = \"…\"` or `require(…)`"))
            })?;
        }
        if name.is_empty() || name.contains(':') {
            return Err(Error::new(
                mark.span(),
                "a function's name is not empty and has no colon",
            ));
        }
        Ok(Self { name, guards })
    }
}

/// `msp("Org1MSP", "Org2MSP")`, `unit("admin")`, `attribute("role", "trader")`, `direct`.
fn guard(input: ParseStream<'_>) -> Result<TokenStream> {
    let word: Ident = input.parse()?;
    let mut texts = Vec::new();
    if !input.is_empty() && !input.peek(Token![,]) {
        let content;
        parenthesized!(content in input);
        let listed = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?;
        texts.extend(listed);
    }
    Ok(match (word.to_string().as_str(), texts.as_slice()) {
        ("msp", [_, ..]) => quote!(Msp(&[#(#texts),*])),
        ("unit", [unit]) => quote!(Unit(#unit)),
        ("attribute", [name, value]) => quote!(Attribute(#name, #value)),
        ("direct", []) => quote!(Direct),
        _ => {
            let text =
                "expected `msp(\"…\", …)`, `unit(\"…\")`, `attribute(\"…\", \"…\")` or `direct`";
            return Err(Error::new(word.span(), text));
        }
    })
}
