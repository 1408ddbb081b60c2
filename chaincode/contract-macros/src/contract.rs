//! `#[contract]`: from an impl block to an implementation of `Contract`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Error, ImplItem, ItemImpl, LitStr, Result, Token,
    parse::{Parse, ParseStream},
    spanned::Spanned,
};

use crate::{documentation, function::Function};

/// `name = "…"`, `version = "…"`.
pub(crate) struct Options {
    name: LitStr,
    version: Option<LitStr>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (mut name, mut version) = (None, None);
        while !input.is_empty() {
            let key: syn::Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            let value: LitStr = input.parse()?;
            match key.to_string().as_str() {
                "name" => name = Some(value),
                "version" => version = Some(value),
                _ => return Err(Error::new(key.span(), "expected `name` or `version`")),
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
        Ok(Self { name, version })
    }
}

pub(crate) fn expand(options: &Options, mut block: ItemImpl) -> Result<TokenStream> {
    if let Some((_, path, _)) = &block.trait_ {
        return Err(Error::new(
            path.span(),
            "#[contract] goes on an inherent `impl` block",
        ));
    }
    let functions = take_functions(&mut block)?;
    let contract = implementation(options, &block, &functions);
    Ok(quote! {
        #block
        #contract
    })
}

/// Finds the marked functions and takes their marks away.
fn take_functions(block: &mut ItemImpl) -> Result<Vec<Function>> {
    let mut functions: Vec<Function> = Vec::new();
    for item in &mut block.items {
        let ImplItem::Fn(method) = item else { continue };
        let Some(function) = Function::take(method)? else {
            continue;
        };
        if functions
            .iter()
            .any(|earlier| earlier.name() == function.name())
        {
            let text = format!("two functions are called {:?}", function.name());
            return Err(Error::new(method.sig.ident.span(), text));
        }
        functions.push(function);
    }
    Ok(functions)
}

fn implementation(options: &Options, block: &ItemImpl, functions: &[Function]) -> TokenStream {
    let Options { name, version } = options;
    let version = version.as_ref().map_or_else(
        || quote!(::core::env!("CARGO_PKG_VERSION")),
        |version| quote!(#version),
    );
    let documentation = documentation::of(&block.attrs);
    let (generics, _, bounds) = block.generics.split_for_impl();
    let subject = &block.self_ty;
    let descriptions = functions.iter().map(Function::description);
    let kinds = functions.iter().map(Function::kind_arm);
    let arms = functions.iter().map(Function::arm);
    quote! {
        #[automatically_derived]
        impl #generics ::fabric_contract_api_rust::Contract for #subject #bounds {
            fn name(&self) -> &str {
                #name
            }

            fn describe(
                &self,
                schemas: &mut ::fabric_contract_api_rust::Schemas,
            ) -> ::fabric_contract_api_rust::ContractDescription {
                let _ = &schemas;
                ::fabric_contract_api_rust::ContractDescription::new(#version, #documentation)
                    #(.function(#descriptions))*
            }

            fn kind_of(
                &self,
                function: &str,
            ) -> ::core::option::Option<::fabric_contract_api_rust::FunctionKind> {
                match function {
                    #(#kinds)*
                    _ => ::core::option::Option::None,
                }
            }

            fn call(
                &self,
                call: &::fabric_contract_api_rust::Call<'_>,
            ) -> ::core::result::Result<::std::vec::Vec<u8>, ::fabric_contract_api_rust::Failure> {
                match call.function() {
                    #(#arms)*
                    _ => ::core::result::Result::Err(call.unknown_function(self)),
                }
            }
        }
    }
}
