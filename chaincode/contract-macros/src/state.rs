//! `#[derive(State)]`: key, indexes and version of a type, and the functions that name them.

mod fields;
mod options;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, Ident, Result};

use fields::StateField;
use options::{Index, Options};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let options = Options::of(input)?;
    let fields = fields::of(input)?;
    let key = find_all(&fields, &options.key)?;
    let mut indexes = Vec::new();
    for index in &options.indexes {
        indexes.push((index, own_fields(index, &fields, &key)?));
    }
    let implementation = implementation(input, &options, &key, &indexes);
    let functions = functions(input, &key, &indexes);
    Ok(quote! {
        #implementation
        #functions
    })
}

/// The fields of an index before those of the key, which follow anyway.
fn own_fields<'f>(
    index: &Index,
    fields: &'f [StateField],
    key: &[&'f StateField],
) -> Result<Vec<&'f StateField>> {
    let mut own = find_all(fields, &index.fields)?;
    while own
        .last()
        .is_some_and(|last| key.iter().any(|field| field.name == last.name))
    {
        own.pop();
    }
    if own.is_empty() {
        let text = "an index has a field that is not of the key: the key sorts by its own";
        return Err(Error::new(index.name.span(), text));
    }
    Ok(own)
}

fn find_all<'f>(fields: &'f [StateField], names: &[Ident]) -> Result<Vec<&'f StateField>> {
    let find = |name: &Ident| {
        let found = fields.iter().find(|field| field.name == *name);
        found.ok_or_else(|| Error::new(name.span(), format!("there is no field `{name}`")))
    };
    names.iter().map(find).collect()
}

fn implementation(
    input: &DeriveInput,
    options: &Options,
    key: &[&StateField],
    indexes: &[(&Index, Vec<&StateField>)],
) -> TokenStream {
    let name = &input.ident;
    let (generics, types, bounds) = input.generics.split_for_impl();
    let kind = &options.kind;
    let version = &options.version;
    let indexed = !indexes.is_empty();
    let key_parts = key.iter().map(|field| field.part_of_self());
    let entries = indexes.iter().map(|(index, fields)| {
        let label = index.name.to_string();
        let parts = fields.iter().map(|field| field.part_of_self());
        quote! {
            ::fabric_contract_api_rust::IndexEntry {
                index: #label,
                parts: ::std::vec![#(#parts),*],
            }
        }
    });
    let upgrade = options.upgrade.as_ref().map(|path| {
        quote! {
            fn upgrade(
                version: u32,
                value: ::fabric_contract_api_rust::state::Value,
            ) -> ::core::result::Result<Self, ::std::string::String> {
                #path(version, value)
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #generics ::fabric_contract_api_rust::State for #name #types #bounds {
            const KIND: &'static str = #kind;
            const VERSION: u32 = #version;
            const INDEXED: bool = #indexed;

            fn key_parts(&self) -> ::std::vec::Vec<::std::string::String> {
                ::std::vec![#(#key_parts),*]
            }

            fn index_entries(
                &self,
            ) -> ::std::vec::Vec<::fabric_contract_api_rust::IndexEntry> {
                ::std::vec![#(#entries),*]
            }

            #upgrade
        }
    }
}

/// `key`, `all` and one function per index.
fn functions(
    input: &DeriveInput,
    key: &[&StateField],
    indexes: &[(&Index, Vec<&StateField>)],
) -> TokenStream {
    let name = &input.ident;
    let visible = &input.vis;
    let (generics, types, bounds) = input.generics.split_for_impl();
    let key_parameters = key.iter().map(|field| field.parameter());
    let key_parts = key.iter().map(|field| field.part_of_parameter());
    let selections = indexes.iter().map(|(index, fields)| {
        let function = &index.name;
        let label = function.to_string();
        let documentation = format!("Selects by the index `{label}`, in the order of the keys.");
        let count = fields.len();
        let parameters = fields.iter().map(|field| field.parameter());
        let parts = fields.iter().map(|field| field.part_of_parameter());
        quote! {
            #[doc = #documentation]
            #visible fn #function(
                #(#parameters),*
            ) -> ::fabric_contract_api_rust::Selection<Self> {
                ::fabric_contract_api_rust::Selection::index(
                    #label, #count, ::std::vec![#(#parts),*],
                )
            }
        }
    });
    quote! {
        #[automatically_derived]
        #[allow(dead_code, reason = "a contract need not use every way to its states")]
        impl #generics #name #types #bounds {
            /// The key of one state.
            #visible fn key(
                #(#key_parameters),*
            ) -> ::fabric_contract_api_rust::StateId<Self> {
                ::fabric_contract_api_rust::StateId::of_parts(::std::vec![#(#key_parts),*])
            }

            /// Selects all states, in the order of their keys.
            #visible fn all() -> ::fabric_contract_api_rust::Selection<Self> {
                ::fabric_contract_api_rust::Selection::all()
            }

            #(#selections)*
        }
    }
}
