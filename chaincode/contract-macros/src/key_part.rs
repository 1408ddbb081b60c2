//! `#[derive(KeyPart)]`: a newtype as an attribute of composite keys.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let refused = || Error::new(name.span(), "`KeyPart` is for structs of one unnamed field");
    let Data::Struct(data) = &input.data else {
        return Err(refused());
    };
    let Fields::Unnamed(fields) = &data.fields else {
        return Err(refused());
    };
    let mut fields = fields.unnamed.iter();
    let (Some(field), None) = (fields.next(), fields.next()) else {
        return Err(refused());
    };
    let inner = &field.ty;
    let (generics, types, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::fabric_contract_api_rust::KeyPart for #name #types #bounds {
            fn key_part(&self) -> ::std::borrow::Cow<'_, str> {
                ::fabric_contract_api_rust::KeyPart::key_part(&self.0)
            }

            fn from_key_part(text: &str) -> ::core::option::Option<Self> {
                <#inner as ::fabric_contract_api_rust::KeyPart>::from_key_part(text).map(Self)
            }
        }
    })
}
