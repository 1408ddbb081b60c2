//! `#[before]`, `#[after]`, `#[around]` and `#[unknown]` functions of a contract.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Error, Ident, ImplItemFn, Result, spanned::Spanned};

/// Which hooks there are, and the methods that are them.
#[derive(Default)]
pub(crate) struct Hooks {
    before: Option<Ident>,
    after: Option<Ident>,
    around: Option<Ident>,
    unknown: Option<Ident>,
}

impl Hooks {
    /// Reads a method's mark, if it is that of a hook, and takes it away.
    pub(crate) fn take(&mut self, method: &mut ImplItemFn) -> Result<()> {
        let Some(mark) = method.attrs.iter().find(|attribute| is_hook(attribute)) else {
            return Ok(());
        };
        let path = mark.path();
        let place = if path.is_ident("before") {
            &mut self.before
        } else if path.is_ident("after") {
            &mut self.after
        } else if path.is_ident("around") {
            &mut self.around
        } else {
            &mut self.unknown
        };
        if place.is_some() {
            return Err(Error::new(
                mark.span(),
                "a contract has one hook of each kind",
            ));
        }
        *place = Some(method.sig.ident.clone());
        method.attrs.retain(|attribute| !is_hook(attribute));
        Ok(())
    }

    /// What the trait's methods become.
    pub(crate) fn methods(&self) -> TokenStream {
        let before = self.before.as_ref().map(|method| {
            quote! {
                fn before(
                    &self,
                    call: &::fabric_contract_api_rust::Call<'_>,
                ) -> ::core::result::Result<(), ::fabric_contract_api_rust::Failure> {
                    self.#method(call).map_err(::core::convert::Into::into)
                }
            }
        });
        let after = self.after.as_ref().map(|method| {
            quote! {
                fn after(
                    &self,
                    call: &::fabric_contract_api_rust::Call<'_>,
                    result: &[u8],
                ) -> ::core::result::Result<(), ::fabric_contract_api_rust::Failure> {
                    self.#method(call, result).map_err(::core::convert::Into::into)
                }
            }
        });
        let around = self.around.as_ref().map(|method| {
            quote! {
                fn around(
                    &self,
                    call: &::fabric_contract_api_rust::Call<'_>,
                    next: ::fabric_contract_api_rust::Next<'_>,
                ) -> ::core::result::Result<
                    ::std::vec::Vec<u8>,
                    ::fabric_contract_api_rust::Failure,
                > {
                    self.#method(call, next).map_err(::core::convert::Into::into)
                }
            }
        });
        quote!(#before #after #around)
    }

    /// The arm of the match for a name that no function has.
    pub(crate) fn unknown_arm(&self) -> TokenStream {
        match &self.unknown {
            Some(method) => quote!(_ => ::fabric_contract_api_rust::reply(self.#method(call)),),
            None => quote!(_ => ::core::result::Result::Err(call.unknown_function(self)),),
        }
    }
}

fn is_hook(attribute: &Attribute) -> bool {
    ["before", "after", "around", "unknown"]
        .iter()
        .any(|name| attribute.path().is_ident(name))
}
