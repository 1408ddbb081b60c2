//! The fields of a state: their types, and how they become attributes of a key.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    Data, DeriveInput, Error, Fields, GenericArgument, Ident, PathArguments, Result, Type,
    spanned::Spanned,
};

/// What is not the same on every peer, and why.
const REFUSED: [(&str, &str); 4] = [
    (
        "f32",
        "floats round: use integers in the smallest unit, or decimal text",
    ),
    (
        "f64",
        "floats round: use integers in the smallest unit, or decimal text",
    ),
    (
        "HashMap",
        "its order differs from peer to peer: use BTreeMap",
    ),
    (
        "HashSet",
        "its order differs from peer to peer: use BTreeSet",
    ),
];

pub(super) struct StateField {
    pub(super) name: Ident,
    of: Type,
}

pub(super) fn of(input: &DeriveInput) -> Result<Vec<StateField>> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "a state is a struct"));
    };
    let Fields::Named(fields) = &data.fields else {
        let text = "a state is a struct with named fields";
        return Err(Error::new(input.ident.span(), text));
    };
    let mut found = Vec::new();
    for field in &fields.named {
        check(&field.ty)?;
        if let Some(name) = &field.ident {
            found.push(StateField {
                name: name.clone(),
                of: field.ty.clone(),
            });
        }
    }
    Ok(found)
}

/// Refuses types that differ from peer to peer, as far as their names say so.
fn check(of: &Type) -> Result<()> {
    match of {
        Type::Path(path) => {
            for segment in &path.path.segments {
                let refused = REFUSED.iter().find(|(name, _)| segment.ident == name);
                if let Some((_, reason)) = refused {
                    return Err(Error::new(segment.span(), reason));
                }
                let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
                    continue;
                };
                for argument in &arguments.args {
                    if let GenericArgument::Type(inner) = argument {
                        check(inner)?;
                    }
                }
            }
            Ok(())
        }
        Type::Array(array) => check(&array.elem),
        Type::Tuple(tuple) => tuple.elems.iter().try_for_each(check),
        _ => Ok(()),
    }
}

impl StateField {
    /// The attribute that a state itself has.
    pub(super) fn part_of_self(&self) -> TokenStream {
        let name = &self.name;
        quote_spanned! {self.of.span()=>
            ::fabric_contract_api_rust::KeyPart::key_part(&self.#name).into_owned()
        }
    }

    /// The attribute that a parameter of the field's name has.
    pub(super) fn part_of_parameter(&self) -> TokenStream {
        let name = &self.name;
        if self.is_text() {
            return quote!(::std::string::String::from(#name));
        }
        quote_spanned! {self.of.span()=>
            ::fabric_contract_api_rust::KeyPart::key_part(#name).into_owned()
        }
    }

    /// A parameter of the field's name and type, borrowed.
    pub(super) fn parameter(&self) -> TokenStream {
        let Self { name, of } = self;
        match self.is_text() {
            true => quote!(#name: &str),
            false => quote!(#name: &#of),
        }
    }

    fn is_text(&self) -> bool {
        matches!(&self.of, Type::Path(path) if path.path.is_ident("String"))
    }
}
