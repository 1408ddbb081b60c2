//! `#[contract]`: from an impl block to an implementation of `Contract`.

mod options;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Error, ImplItem, ItemImpl, Result, spanned::Spanned};

use crate::{documentation, function::Function, hook::Hooks};

pub(crate) use options::Options;

pub(crate) fn expand(options: &Options, mut block: ItemImpl) -> Result<TokenStream> {
    if let Some((_, path, _)) = &block.trait_ {
        return Err(Error::new(
            path.span(),
            "#[contract] goes on an inherent `impl` block",
        ));
    }
    let (functions, hooks) = take_functions(&mut block)?;
    let contract = implementation(options, &block, &functions, &hooks);
    Ok(quote! {
        #block
        #contract
    })
}

/// Finds the marked functions and takes their marks away.
fn take_functions(block: &mut ItemImpl) -> Result<(Vec<Function>, Hooks)> {
    let mut functions: Vec<Function> = Vec::new();
    let mut hooks = Hooks::default();
    for item in &mut block.items {
        let ImplItem::Fn(method) = item else { continue };
        hooks.take(method)?;
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
    Ok((functions, hooks))
}

fn implementation(
    options: &Options,
    block: &ItemImpl,
    functions: &[Function],
    hooks: &Hooks,
) -> TokenStream {
    let Options {
        name,
        version,
        title,
        license,
        contact,
    } = options;
    let version = version.as_ref().map_or_else(
        || quote!(::core::env!("CARGO_PKG_VERSION")),
        |version| quote!(#version),
    );
    let about = [("title", title), ("license", license), ("contact", contact)];
    let about = about.iter().filter_map(|(method, text)| {
        let text = text.as_ref()?;
        let method = format_ident!("{method}");
        Some(quote!(.#method(#text)))
    });
    let hooked = hooks.methods();
    let unknown = hooks.unknown_arm();
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
                    #(#about)*
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

            #hooked

            fn call(
                &self,
                call: &::fabric_contract_api_rust::Call<'_>,
            ) -> ::core::result::Result<::std::vec::Vec<u8>, ::fabric_contract_api_rust::Failure> {
                match call.function() {
                    #(#arms)*
                    #unknown
                }
            }
        }
    }
}
