//! The module that checks see: the lesson's types, and a name with types for each function. The types of
//! an earlier lesson are in a module that is named after it.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    glue::lines,
    surface::{Declaration, Function, Parts, Shape, Surface},
    types::{Owner, Paths, ident},
};

impl Surface {
    /// The text of the module `contract` beside the lesson's checks.
    #[must_use]
    pub fn typed(&self) -> String {
        let paths = Paths::of_checks();
        let own = self.types.iter().filter(|it| !it.owner.is_earlier());
        let types = own.map(|it| it.typed(&paths));
        let functions = self.functions.iter().map(|it| it.typed(&paths));
        lines(types.chain(functions).chain(self.modules_of_earlier()))
    }

    fn modules_of_earlier(&self) -> impl Iterator<Item = TokenStream> {
        let paths = Paths::of_earlier();
        let mut modules: BTreeMap<&str, Vec<TokenStream>> = BTreeMap::new();
        for declaration in &self.types {
            if let Owner::Earlier(id) = &declaration.owner {
                modules.entry(id).or_default().push(declaration.typed(&paths));
            }
        }
        modules.into_iter().map(|(id, types)| {
            let id = ident(id);
            quote!(pub mod #id { #(#types)* })
        })
    }
}

impl Declaration {
    fn typed(&self, paths: &Paths) -> TokenStream {
        let name = ident(&self.name.in_checks);
        let conversion = self.conversion(&quote!(#name), paths);
        let declaration = match &self.shape {
            Shape::Struct(parts) => {
                let body = parts.declared(&quote!(pub), paths);
                let end = (!matches!(parts, Parts::Named(_))).then(|| quote!(;));
                quote!(#[derive(Debug, Clone, PartialEq)] pub struct #name #body #end)
            }
            Shape::Enum(variants) => {
                let is_plain = variants.iter().all(|(_, parts)| matches!(parts, Parts::Unit));
                let more = is_plain.then(|| quote!(, Copy, Eq));
                let variants = variants.iter().map(|(variant, parts)| {
                    let (variant, body) = (ident(variant), parts.declared(&quote!(), paths));
                    quote!(#variant #body)
                });
                quote!(#[derive(Debug, Clone, PartialEq #more)] pub enum #name { #(#variants),* })
            }
        };
        quote!(#declaration #conversion)
    }
}

impl Parts {
    fn declared(&self, visibility: &TokenStream, paths: &Paths) -> TokenStream {
        match self {
            Self::Unit => quote!(),
            Self::Tuple(parts) => {
                let parts = parts.iter().map(|it| paths.owned(it));
                quote!((#(#visibility #parts),*))
            }
            Self::Named(parts) => {
                let fields = parts.iter().map(|(name, found)| {
                    let (name, found) = (ident(name), paths.owned(found));
                    quote!(#visibility #name: #found)
                });
                quote!({ #(#fields),* })
            }
        }
    }
}

impl Function {
    fn typed(&self, paths: &Paths) -> TokenStream {
        let (own, name) = (ident(&self.name.in_checks), &self.name.written);
        let arguments = self.parameters.iter().map(|it| paths.owned(&it.crossing));
        let output = paths.owned(&self.whole_output());
        let told = &self.told;
        quote! {
            #[allow(non_camel_case_types)]
            #[derive(Debug, Clone, Copy)]
            pub struct #own;

            impl ::engine::checks::Function for #own {
                const NAME: &'static str = #name;
                const TOLD: &'static [&'static str] = &[#(#told),*];
                type Arguments = (#(#arguments,)*);
                type Output = #output;
            }
        }
    }
}
