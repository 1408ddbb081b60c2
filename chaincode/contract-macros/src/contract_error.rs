//! `#[derive(ContractError)]`: status, stable code and data of each variant.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Data, DeriveInput, Error, Field, Fields, Ident, LitInt, LitStr, Result, Token,
    parse::{Parse, ParseStream},
};

/// What `#[code(…)]` says.
enum Code {
    Transparent,
    Coded { status: LitInt, code: LitStr },
}

impl Parse for Code {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Ident) {
            let word: Ident = input.parse()?;
            return if word == "transparent" {
                Ok(Self::Transparent)
            } else {
                Err(Error::new(
                    word.span(),
                    "expected `transparent` or a status and a code",
                ))
            };
        }
        let status: LitInt = input.parse()?;
        if !(400..600).contains(&status.base10_parse::<u16>()?) {
            let text = "a status is from 400 to 599: below, the peer would endorse the failure";
            return Err(Error::new(status.span(), text));
        }
        input.parse::<Token![,]>()?;
        let code: LitStr = input.parse()?;
        let stable = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if code.value().is_empty() || !code.value().chars().all(stable) {
            return Err(Error::new(
                code.span(),
                "a code is upper case, like \"NOT_FOUND\"",
            ));
        }
        Ok(Self::Coded { status, code })
    }
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let arms = match &input.data {
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                let name = &variant.ident;
                arm(&quote!(Self::#name), name, &variant.attrs, &variant.fields)
            })
            .collect::<Result<Vec<_>>>()?,
        Data::Struct(data) => vec![arm(
            &quote!(Self),
            &input.ident,
            &input.attrs,
            &data.fields,
        )?],
        Data::Union(_) => {
            return Err(Error::new(
                input.ident.span(),
                "an error is an enum or a struct",
            ));
        }
    };
    let name = &input.ident;
    let (generics, types, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::fabric_contract_api_rust::ContractError for #name #types #bounds {
            fn failure(&self) -> ::fabric_contract_api_rust::Failure {
                match self {
                    #(#arms)*
                }
            }
        }
    })
}

fn arm(
    path: &TokenStream,
    name: &Ident,
    attributes: &[Attribute],
    fields: &Fields,
) -> Result<TokenStream> {
    let attribute = attributes
        .iter()
        .find(|attribute| attribute.path().is_ident("code"));
    let Some(attribute) = attribute else {
        let text = "say what clients see: `#[code(404, \"NOT_FOUND\")]` or `#[code(transparent)]`";
        return Err(Error::new(name.span(), text));
    };
    match attribute.parse_args::<Code>()? {
        Code::Transparent => transparent(path, name, fields),
        Code::Coded { status, code } => {
            let data: Vec<&Ident> = fields.iter().filter_map(data_field).collect();
            let keys = data.iter().map(ToString::to_string);
            Ok(quote! {
                #path { #(#data,)* .. } => ::fabric_contract_api_rust::Failure::new(
                    #status, #code, ::std::string::ToString::to_string(self),
                )#(.with(#keys, #data))*,
            })
        }
    }
}

fn transparent(path: &TokenStream, name: &Ident, fields: &Fields) -> Result<TokenStream> {
    let mut all = fields.iter();
    let (Some(field), None) = (all.next(), all.next()) else {
        return Err(Error::new(
            name.span(),
            "`transparent` needs exactly one field",
        ));
    };
    let pattern = match &field.ident {
        Some(ident) => quote!(#path { #ident: error }),
        None => quote!(#path(error)),
    };
    Ok(quote! { #pattern => ::fabric_contract_api_rust::ContractError::failure(error), })
}

/// A named field that clients see: all but the cause.
fn data_field(field: &Field) -> Option<&Ident> {
    let cause = |attribute: &Attribute| {
        attribute.path().is_ident("from") || attribute.path().is_ident("source")
    };
    let ident = field.ident.as_ref()?;
    (ident != "source" && !field.attrs.iter().any(cause)).then_some(ident)
}
