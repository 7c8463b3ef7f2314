//! The conversions of a lesson's own types, which are the same in the learner's crate and in the
//! grader, but for the paths.
//!
//! Each local variable has a name that no lesson uses: a pattern `value` would be the constant, the
//! static or the unit struct of that name where there is one. The type of each field is stated, so
//! that a struct with another one does not compile.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::{
    surface::{Declaration, Parts, Shape},
    types::{Paths, ident},
};

impl Declaration {
    /// `impl Wire for …`, where the type is named by `own`.
    pub fn conversion(&self, own: &TokenStream, paths: &Paths) -> TokenStream {
        let wire = &paths.wire;
        let (into, from) = match &self.shape {
            Shape::Struct(parts) => self.of_struct(parts, paths),
            Shape::Enum(variants) => self.of_enum(variants, paths),
        };
        quote! {
            impl #wire::Wire for #own {
                fn into_value(self) -> #wire::Value { #into }
                fn from_value(gradlings_value: #wire::Value)
                    -> ::core::result::Result<Self, #wire::Mismatch> { #from }
            }
        }
    }

    fn of_struct(&self, parts: &Parts, paths: &Paths) -> (TokenStream, TokenStream) {
        let pattern = parts.pattern(&quote!(Self));
        let (into, from) =
            (parts.sent(paths), parts.read(&quote!(Self), &self.name.written, paths));
        (quote!({ let #pattern = self; #into }), from)
    }

    fn of_enum(&self, variants: &[(String, Parts)], paths: &Paths) -> (TokenStream, TokenStream) {
        let (Paths { wire, std, .. }, name) = (paths, &self.name.written);
        let into = variants.iter().map(|(variant, parts)| {
            let own = ident(variant);
            let (pattern, payload) = (parts.pattern(&quote!(Self::#own)), parts.sent(paths));
            quote!(#pattern => #wire::into_variant(#variant, #payload),)
        });
        let from = variants.iter().map(|(variant, parts)| {
            let own = ident(variant);
            let read = parts.read(&quote!(Self::#own), &format!("{name}::{variant}"), paths);
            quote!(#variant => #read,)
        });
        let from = quote! {
            let (gradlings_variant, gradlings_value) = #wire::variant(gradlings_value, #name)?;
            match #std::string::String::as_str(&gradlings_variant) {
                #(#from)*
                _ => ::core::result::Result::Err(#wire::Mismatch::new(#name)),
            }
        };
        (quote!(match self { #(#into)* }), from)
    }
}

/// The variable for the part at this place.
fn part(at: usize) -> Ident {
    format_ident!("gradlings_{at}")
}

impl Parts {
    /// The pattern, or the expression, that names every part.
    fn pattern(&self, own: &TokenStream) -> TokenStream {
        match self {
            Self::Unit => own.clone(),
            Self::Tuple(parts) => {
                let parts = (0..parts.len()).map(part);
                quote!(#own(#(#parts),*))
            }
            Self::Named(fields) => {
                let names = fields.iter().map(|(name, _)| ident(name));
                let parts = (0..fields.len()).map(part);
                quote!(#own { #(#names: #parts),* })
            }
        }
    }

    /// The value of the parts that the pattern has named.
    fn sent(&self, paths: &Paths) -> TokenStream {
        let wire = &paths.wire;
        match self {
            Self::Unit => quote!(#wire::Wire::into_value(())),
            Self::Tuple(types) => {
                let parts = (0..types.len()).map(part);
                let types = types.iter().map(|it| paths.owned(it));
                quote!(<(#(#types,)*) as #wire::Wire>::into_value((#(#parts,)*)))
            }
            Self::Named(fields) => {
                let fields = fields.iter().enumerate().map(|(at, (name, found))| {
                    let (part, found) = (part(at), paths.owned(found));
                    quote!((#name, <#found as #wire::Wire>::into_value(#part)))
                });
                quote!(#wire::into_record([#(#fields),*]))
            }
        }
    }

    /// Reads the parts out of the value and puts them together; messages call them `shown`.
    fn read(&self, own: &TokenStream, shown: &str, paths: &Paths) -> TokenStream {
        let (wire, whole) = (&paths.wire, self.pattern(own));
        let read = match self {
            Self::Unit => quote!(let () = #wire::Wire::from_value(gradlings_value)?;),
            Self::Tuple(types) => {
                let parts = (0..types.len()).map(part);
                let types = types.iter().map(|it| paths.owned(it));
                quote! {
                    let (#(#parts,)*): (#(#types,)*) = #wire::Wire::from_value(gradlings_value)?;
                }
            }
            Self::Named(fields) => {
                let fields = fields.iter().enumerate().map(|(at, (name, found))| {
                    let (part, found) = (part(at), paths.owned(found));
                    quote!(let #part: #found = #wire::field(&mut gradlings_fields, #name)?;)
                });
                quote! {
                    let mut gradlings_fields = #wire::record(gradlings_value, #shown)?;
                    #(#fields)*
                }
            }
        };
        quote!({ #read ::core::result::Result::Ok(#whole) })
    }
}
