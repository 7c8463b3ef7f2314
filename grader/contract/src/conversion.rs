//! The conversions of a lesson's own types, which are the same in the learner's crate and in the
//! grader, but for the paths.

use proc_macro2::TokenStream;
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
                fn from_value(value: #wire::Value)
                    -> ::core::result::Result<Self, #wire::Mismatch> { #from }
            }
        }
    }

    fn of_struct(&self, parts: &Parts, paths: &Paths) -> (TokenStream, TokenStream) {
        let pattern = parts.pattern(&quote!(Self));
        let (into, from) = (parts.value(paths), parts.read(&quote!(Self), &self.name, paths));
        (quote!({ let #pattern = self; #into }), from)
    }

    fn of_enum(
        &self,
        variants: &[(String, Parts)],
        paths: &Paths,
    ) -> (TokenStream, TokenStream) {
        let (wire, name) = (&paths.wire, &self.name);
        let into = variants.iter().map(|(variant, parts)| {
            let own = ident(variant);
            let (pattern, payload) = (parts.pattern(&quote!(Self::#own)), parts.value(paths));
            quote!(#pattern => #wire::into_variant(#variant, #payload),)
        });
        let from = variants.iter().map(|(variant, parts)| {
            let own = ident(variant);
            let read = parts.read(&quote!(Self::#own), &format!("{name}::{variant}"), paths);
            quote!(#variant => #read,)
        });
        let from = quote! {
            let (variant, value) = #wire::variant(value, #name)?;
            match variant.as_str() {
                #(#from)*
                _ => ::core::result::Result::Err(#wire::Mismatch::new(#name)),
            }
        };
        (quote!(match self { #(#into)* }), from)
    }
}

impl Parts {
    /// The pattern, or the expression, that names every part.
    fn pattern(&self, own: &TokenStream) -> TokenStream {
        match self {
            Self::Unit => own.clone(),
            Self::Tuple(parts) => {
                let names = (0..parts.len()).map(|at| format_ident!("gradlings_{at}"));
                quote!(#own(#(#names),*))
            }
            Self::Named(parts) => {
                let fields = parts.iter().map(|(name, _)| ident(name));
                let names = (0..parts.len()).map(|at| format_ident!("gradlings_{at}"));
                quote!(#own { #(#fields: #names),* })
            }
        }
    }

    /// The value of the parts that the pattern has named.
    fn value(&self, paths: &Paths) -> TokenStream {
        let wire = &paths.wire;
        match self {
            Self::Unit => quote!(#wire::Wire::into_value(())),
            Self::Tuple(parts) => {
                let names = (0..parts.len()).map(|at| format_ident!("gradlings_{at}"));
                quote!(#wire::Wire::into_value((#(#names,)*)))
            }
            Self::Named(parts) => {
                let fields = parts.iter().enumerate().map(|(at, (name, _))| {
                    let part = format_ident!("gradlings_{at}");
                    quote!((#name, #wire::Wire::into_value(#part)))
                });
                quote!(#wire::into_record([#(#fields),*]))
            }
        }
    }

    /// Reads the parts out of `value` and puts them together; messages call them `shown`.
    fn read(&self, own: &TokenStream, shown: &str, paths: &Paths) -> TokenStream {
        let (wire, whole) = (&paths.wire, self.pattern(own));
        let read = match self {
            Self::Unit => quote!(let () = #wire::Wire::from_value(value)?;),
            Self::Tuple(parts) => {
                let names = (0..parts.len()).map(|at| format_ident!("gradlings_{at}"));
                quote!(let (#(#names,)*) = #wire::Wire::from_value(value)?;)
            }
            Self::Named(parts) => {
                let fields = parts.iter().enumerate().map(|(at, (name, _))| {
                    let part = format_ident!("gradlings_{at}");
                    quote!(let #part = #wire::field(&mut fields, #name)?;)
                });
                quote!(let mut fields = #wire::record(value, #shown)?; #(#fields)*)
            }
        };
        quote!({ #read ::core::result::Result::Ok(#whole) })
    }
}
