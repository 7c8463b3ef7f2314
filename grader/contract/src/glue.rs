//! The text that makes a worker out of a crate. What it names stands in the body of `main` or has a
//! name that nobody else takes: the crate is the learner's, who may have given any name to anything.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::{
    surface::{Function, Surface},
    types::{Owner, Parameter, Passing, Paths, Reference, Taken, Type, ident},
};

impl Surface {
    /// The conversions of the lesson's own types, at the root of the crate that declares them.
    #[must_use]
    pub fn impls(&self) -> String {
        let impls = self.types.iter().filter(|it| it.owner == Owner::Lesson).map(|it| {
            let name = ident(&it.name);
            it.conversion(&quote!(crate::#name), &Paths::of_root())
        });
        quote!(const _: () = { #(#impls)* };).to_string()
    }

    /// The functions of the crate or variant that `learner` names, and of the module `adapter`.
    #[must_use]
    pub fn glue(&self) -> String {
        let calls = self.functions.iter().map(|function| {
            let (name, call) = (&function.name, function.call());
            quote!(.on(#name, |gradlings_value| ::gradlings_wire::call(gradlings_value, #call)))
        });
        quote!(::gradlings_wire::Functions::new() #(#calls)*).to_string()
    }

    /// The contents of the module `adapter`: the author's text and the conversions of its types.
    #[must_use]
    pub fn adapter_module(&self) -> String {
        let impls = self.types.iter().filter(|it| it.owner == Owner::Adapter).map(|it| {
            let name = ident(&it.name);
            it.conversion(&quote!(self::#name), &Paths::of_adapter())
        });
        format!("{}\n{}", self.adapter, quote!(#(#impls)*))
    }
}

impl Function {
    /// A closure over the arguments.
    fn call(&self) -> TokenStream {
        let paths = Paths::of_calls();
        let names: Vec<_> = (0..self.parameters.len()).map(argument).collect();
        let patterns = names.iter().zip(&self.parameters).map(|(name, it)| {
            let mutable = it.passing.is_change().then(|| quote!(mut));
            quote!(#mutable #name)
        });
        let types = self.parameters.iter().map(|it| paths.owned(&it.crossing));
        let passed = names.iter().zip(&self.parameters).map(|(name, it)| it.passed(name, &paths));
        let owner = match self.owner {
            Owner::Lesson => quote!(learner),
            Owner::Adapter => quote!(adapter),
        };
        let own = ident(&self.name);
        let output = paths.owned(&self.output);
        let call = quote!(let gradlings_result: #output = #owner::#own(#(#passed),*););
        let body = self.with_changes(call, &names);
        match self.parameters.is_empty() {
            true => quote!(|()| #body),
            false => quote!(|(#(#patterns,)*): (#(#types,)*)| #body),
        }
    }

    /// The result of a call and what it has changed. The result has a type, or a learner's function
    /// could give any that crosses.
    fn with_changes(&self, call: TokenStream, names: &[Ident]) -> TokenStream {
        let changed = names.iter().zip(&self.parameters).filter(|(_, it)| it.passing.is_change());
        let changed: Vec<_> = changed.map(|(name, _)| name).collect();
        let whole = match (changed.as_slice(), self.output == Type::UNIT) {
            ([], _) => quote!(gradlings_result),
            ([one], true) => quote!(#one),
            (_, true) => quote!((#(#changed,)*)),
            _ => quote!((gradlings_result, #(#changed,)*)),
        };
        quote!({ #call #whole })
    }
}

fn argument(at: usize) -> Ident {
    format_ident!("gradlings_{at}")
}

impl Parameter {
    /// How the function is given the argument `name`.
    fn passed(&self, name: &Ident, paths: &Paths) -> TokenStream {
        match self.passing {
            Passing::Owned => quote!(#name),
            Passing::Borrowed => quote!(&#name),
            Passing::Changed => quote!(&mut #name),
            Passing::View { borrowed: false } => quote!(#name.view()),
            Passing::View { borrowed: true } => quote!(&#name.view()),
            Passing::ViewMut { borrowed: false } => quote!(#name.view_mut()),
            Passing::ViewMut { borrowed: true } => quote!(&mut #name.view_mut()),
            Passing::Closure(reference) => self.closure(name, reference, paths),
        }
    }

    /// A closure that asks the callback `name`.
    fn closure(&self, name: &Ident, reference: Reference, paths: &Paths) -> TokenStream {
        let names: Vec<_> =
            (0..self.taken.len()).map(|at| format_ident!("gradlings_of_{at}")).collect();
        let types = self.taken.iter().map(|it| paths.taken(it));
        let owned = names.iter().zip(&self.taken).map(|(name, it)| it.to_owned_text(name));
        let closure = quote! {
            |#(#names: #types),*| ::gradlings_wire::Callback::call(&#name, (#(#owned,)*))
        };
        match reference {
            Reference::None => closure,
            Reference::Shared => quote!(&#closure),
            Reference::Mutable => quote!(&mut #closure),
        }
    }
}

impl Taken {
    /// What a callback gets of the closure's argument `name`.
    fn to_owned_text(&self, name: &Ident) -> TokenStream {
        match self {
            Self::Owned(_) => quote!(#name),
            Self::Reference(_) => quote!(::core::clone::Clone::clone(#name)),
            Self::Slice(_) => quote!(#name.to_vec()),
            Self::Text => quote!(::core::convert::From::from(#name)),
            Self::View(..) | Self::ArrayRef(..) => quote!(#name.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the worker does at a call of the function, without spaces.
    fn glue(solution: &str) -> String {
        Surface::read(solution, None).unwrap().glue().replace(' ', "")
    }

    #[test]
    fn each_way_to_take_an_argument_has_its_call() {
        for (solution, call) in [
            ("pub fn f(x: f64) {}", "learner::f(gradlings_0)"),
            ("pub fn f(x: &Array2<f64>) {} use ndarray::Array2;", "learner::f(&gradlings_0)"),
            ("pub fn f(x: &[f64]) {}", "learner::f(&gradlings_0)"),
            ("pub fn f(x: &str) {}", "learner::f(&gradlings_0)"),
            ("pub fn f(x: ndarray::ArrayView2<'_, f64>) {}", "learner::f(gradlings_0.view())"),
            ("pub fn f(x: &ndarray::ArrayView2<f64>) {}", "learner::f(&gradlings_0.view())"),
            (
                "pub fn f(x: &mut ndarray::ArrayViewMut2<f64>) {}",
                "learner::f(&mutgradlings_0.view_mut());gradlings_0}",
            ),
            ("pub fn f(x: &mut f64) {}", "learner::f(&mutgradlings_0);gradlings_0}"),
            (
                "pub fn f(x: &mut f64) -> bool { true }",
                "learner::f(&mutgradlings_0);(gradlings_result,gradlings_0,)}",
            ),
            (
                "pub fn f(g: &dyn Fn(f64) -> f64) {}",
                "learner::f(&|gradlings_of_0:::core::primitive::f64|\
                 ::gradlings_wire::Callback::call(&gradlings_0,(gradlings_of_0,)))",
            ),
            (
                "pub fn f(g: impl Fn(&[f64]) -> f64) {}",
                "(gradlings_of_0.to_vec(),))",
            ),
        ] {
            assert!(glue(solution).contains(call), "{solution}: {}", glue(solution));
        }
    }

    #[test]
    fn names_are_those_that_nobody_else_has() {
        let text = glue("pub type Number = f64; pub fn f(x: Number, y: Vec<Number>) {}");
        let types = "(::core::primitive::f64,::gradlings_wire::std::vec::Vec<::core::primitive::f64>,)";
        assert!(text.contains(types), "{text}");
    }

    #[test]
    fn adapters_are_called_in_their_module() {
        let surface = Surface::read("", Some("pub struct S { pub x: f64 } pub fn f(s: S) {}"));
        let surface = surface.unwrap();
        assert!(surface.glue().replace(' ', "").contains("adapter::f(gradlings_0)"));
        assert!(surface.adapter_module().replace(' ', "").contains("Wireforself::S"));
        assert!(!surface.impls().contains('S'));
    }
}
