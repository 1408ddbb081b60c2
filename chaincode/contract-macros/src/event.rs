//! `#[derive(Event)]`: the type's name in the envelope.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, LitStr, Result, ext::IdentExt};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let mut label = LitStr::new(&input.ident.unraw().to_string(), input.ident.span());
    for attribute in input
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("event"))
    {
        label = attribute.parse_args()?;
    }
    if label.value().is_empty() {
        return Err(Error::new(label.span(), "an event's type is not empty"));
    }
    let name = &input.ident;
    let (generics, types, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::fabric_contract_api_rust::Event for #name #types #bounds {
            const TYPE: &'static str = #label;
        }
    })
}
