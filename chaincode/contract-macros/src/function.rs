//! One `#[transaction]` or `#[query]` function of a contract.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Attribute, Error, FnArg, Ident, ImplItemFn, Pat, Result, ReturnType, Signature, Type,
    ext::IdentExt, parse_quote, spanned::Spanned,
};

use crate::{documentation, mark::Mark};

/// What the mark says: whether the ledger is written or only read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Transaction,
    Query,
}

/// A function that callers reach by name.
pub(crate) struct Function {
    kind: Kind,
    name: String,
    method: Ident,
    documentation: String,
    parameters: Vec<Parameter>,
    returns: Type,
    guards: Vec<TokenStream>,
}

struct Parameter {
    name: String,
    of: Type,
    /// Whether it comes in the transient data and not among the arguments.
    transient: bool,
}

impl Function {
    /// Reads a method's mark and takes it away; `None` for a method without one.
    pub(crate) fn take(method: &mut ImplItemFn) -> Result<Option<Self>> {
        let marks: Vec<Attribute> = method
            .attrs
            .iter()
            .filter(|attribute| kind(attribute).is_some())
            .cloned()
            .collect();
        method.attrs.retain(|attribute| kind(attribute).is_none());
        let [mark] = marks.as_slice() else {
            return match marks.get(1) {
                None => Ok(None),
                Some(second) => Err(Error::new(second.span(), "one mark per function")),
            };
        };
        let Some(kind) = kind(mark) else {
            return Ok(None);
        };
        check_shape(&method.sig)?;
        let Mark { name, guards } = Mark::of(mark, &method.sig)?;
        let parameters = parameters(kind, &method.sig)?;
        take_transient_marks(method);
        let documentation = documentation::of(&method.attrs);
        // Arguments come parsed, a function has no say in whether it takes them by value.
        method.attrs.push(parse_quote! {
            #[allow(
                clippy::needless_pass_by_value, clippy::unnecessary_wraps, clippy::unused_self,
                reason = "a contract function has the shape that a call gives it",
            )]
        });
        Ok(Some(Self {
            kind,
            name,
            guards,
            method: method.sig.ident.clone(),
            documentation,
            parameters,
            returns: returns(&method.sig)?,
        }))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The expression that describes it.
    pub(crate) fn description(&self) -> TokenStream {
        let Self {
            name,
            documentation,
            returns,
            ..
        } = self;
        let constructor = match self.kind {
            Kind::Transaction => quote!(transaction),
            Kind::Query => quote!(query),
        };
        let parameters = self.parameters.iter().map(
            |Parameter {
                 name,
                 of,
                 transient,
             }| {
                let place = if *transient {
                    format_ident!("transient")
                } else {
                    format_ident!("parameter")
                };
                quote_spanned!(of.span()=> .#place::<#of>(#name, schemas))
            },
        );
        quote! {
            ::fabric_contract_api_rust::FunctionDescription::#constructor(#name, #documentation)
                #(#parameters)*
                .returns::<<#returns as ::fabric_contract_api_rust::Returned>::Value>(schemas)
        }
    }

    /// The arm that says whether it writes.
    pub(crate) fn kind_arm(&self) -> TokenStream {
        let name = &self.name;
        let kind = match self.kind {
            Kind::Transaction => quote!(Transaction),
            Kind::Query => quote!(Query),
        };
        quote! {
            #name => ::core::option::Option::Some(
                ::fabric_contract_api_rust::FunctionKind::#kind
            ),
        }
    }

    /// The arm of the match on the function's name.
    pub(crate) fn arm(&self) -> TokenStream {
        let Self {
            name,
            method,
            guards,
            ..
        } = self;
        let positional = || self.parameters.iter().filter(|each| !each.transient);
        let names = positional().map(|parameter| &parameter.name);
        let locals: Vec<Ident> = (0..self.parameters.len())
            .map(|index| format_ident!("argument_{index}"))
            .collect();
        let mut index = 0_usize;
        let mut parsed = Vec::new();
        for (parameter, local) in self.parameters.iter().zip(&locals) {
            let Parameter {
                name,
                of,
                transient,
            } = parameter;
            parsed.push(if *transient {
                quote_spanned!(of.span()=> let #local = call.transient::<#of>(#name)?;)
            } else {
                index += 1;
                let index = index - 1;
                quote_spanned!(of.span()=> let #local = arguments.parse::<#of>(#index)?;)
            });
        }
        let ledger = match self.kind {
            Kind::Transaction => quote!(&mut call.tx()),
            Kind::Query => quote!(&call.query()),
        };
        let arguments = if index == 0 {
            format_ident!("_arguments")
        } else {
            format_ident!("arguments")
        };
        let guarded = (!guards.is_empty()).then(|| {
            quote! {
                call.require(&[#(::fabric_contract_api_rust::Guard::#guards),*])?;
            }
        });
        quote! {
            #name => {
                #guarded
                let #arguments = call.arguments(&[#(#names),*])?;
                #(#parsed)*
                ::fabric_contract_api_rust::reply(self.#method(#ledger, #(#locals),*))
            }
        }
    }
}

fn kind(attribute: &Attribute) -> Option<Kind> {
    let path = attribute.path();
    if path.is_ident("transaction") {
        Some(Kind::Transaction)
    } else if path.is_ident("query") {
        Some(Kind::Query)
    } else {
        None
    }
}

fn check_shape(signature: &Signature) -> Result<()> {
    if let Some(token) = &signature.asyncness {
        return Err(Error::new(
            token.span(),
            "contract functions are synchronous: drop `async`",
        ));
    }
    if !signature.generics.params.is_empty() {
        let text = "a contract function has no generic parameters: callers name it by text";
        return Err(Error::new(signature.generics.span(), text));
    }
    Ok(())
}

/// The parameters after `&self` and the ledger.
fn parameters(kind: Kind, signature: &Signature) -> Result<Vec<Parameter>> {
    let ledger = match kind {
        Kind::Transaction => "`tx: &mut Tx`",
        Kind::Query => "`query: &Query`",
    };
    let mut inputs = signature.inputs.iter();
    match inputs.next() {
        Some(FnArg::Receiver(receiver))
            if receiver.reference.is_some() && receiver.mutability.is_none() => {}
        _ => {
            return Err(Error::new(
                signature.ident.span(),
                "the first parameter is `&self`",
            ));
        }
    }
    match inputs.next() {
        Some(FnArg::Typed(typed)) if matches!(&*typed.ty, Type::Reference(_)) => {}
        _ => {
            let text = format!("the parameter after `&self` is {ledger}");
            return Err(Error::new(signature.ident.span(), text));
        }
    }
    inputs.map(parameter).collect()
}

fn parameter(input: &FnArg) -> Result<Parameter> {
    let FnArg::Typed(typed) = input else {
        return Err(Error::new(input.span(), "expected an argument"));
    };
    let Pat::Ident(pattern) = &*typed.pat else {
        return Err(Error::new(
            typed.pat.span(),
            "an argument needs a plain name: callers see it",
        ));
    };
    if let Type::Reference(reference) = &*typed.ty {
        return Err(Error::new(
            reference.span(),
            "an argument is owned: `String`, not `&str`",
        ));
    }
    let name = pattern.ident.unraw().to_string();
    let transient = typed.attrs.iter().any(is_transient);
    Ok(Parameter {
        transient,
        name: name.trim_start_matches('_').to_owned(),
        of: (*typed.ty).clone(),
    })
}

fn returns(signature: &Signature) -> Result<Type> {
    match &signature.output {
        ReturnType::Type(_, returned) => Ok((**returned).clone()),
        ReturnType::Default => Err(Error::new(
            signature.ident.span(),
            "a contract function returns a `Result`",
        )),
    }
}

fn is_transient(attribute: &Attribute) -> bool {
    attribute.path().is_ident("transient")
}

/// The compiler knows no attribute `transient`.
fn take_transient_marks(method: &mut ImplItemFn) {
    for input in &mut method.sig.inputs {
        if let FnArg::Typed(typed) = input {
            typed.attrs.retain(|attribute| !is_transient(attribute));
        }
    }
}
