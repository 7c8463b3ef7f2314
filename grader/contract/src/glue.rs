//! The text that makes a worker out of a crate. What it names stands in the body of `main` or has a
//! name that nobody else takes: the crate is the learner's, who may have given any name to anything.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::{
    adapter::PRELUDE,
    surface::{Function, Surface},
    types::{Owner, Parameter, Passing, Paths, Reference, Taken, Type},
};

impl Surface {
    /// The conversions of the lesson's own types, at the root of the crate that declares them.
    #[must_use]
    pub fn impls(&self) -> String {
        let impls = self.types.iter().filter(|it| it.owner == Owner::Lesson).map(|it| {
            let paths = Paths::of_root();
            it.conversion(&paths.own(&it.owner, &it.name), &paths)
        });
        format!("const _: () = {{\n{}}};\n", lines(impls))
    }

    /// The functions of the crate or variant that `learner` names, and of the module `adapter`. Of instances in single
    /// precision that no check calls, by the names that `is_called` is given, the types alone are looked at: the compiler
    /// makes no code of what nothing reaches, and half of its time is saved.
    #[must_use]
    pub fn glue(&self, is_called: impl Fn(&str) -> bool) -> String {
        let is_served = |it: &&Function| !it.name.is_single() || is_called(&it.name.in_checks);
        let (served, typed): (Vec<_>, Vec<_>) = self.functions.iter().partition(is_served);
        let served = functions(&served);
        if typed.is_empty() {
            return served;
        }
        let typed = functions(&typed);
        format!("fn gradlings_typed() -> ::gradlings_wire::Functions {{\n{typed}}}\n{served}")
    }

    /// The contents of the module `adapter`: the author's text and the conversions of its types;
    /// empty where there is no adapter.
    #[must_use]
    pub fn adapter_module(&self) -> String {
        if self.adapter.is_empty() {
            return String::new();
        }
        let impls = self.types.iter().filter(|it| it.owner == Owner::Adapter).map(|it| {
            let paths = Paths::of_adapter();
            it.conversion(&paths.own(&it.owner, &it.name), &paths)
        });
        // The author's text first: its inner documentation has to come before everything else.
        format!("{}\n{PRELUDE}\n{}", self.adapter, lines(impls))
    }
}

/// An expression: these functions.
fn functions(functions: &[&Function]) -> String {
    let calls = functions.iter().map(|function| {
        let (name, call) = (&function.name.written, function.call());
        quote!(.on(#name, |gradlings_value| ::gradlings_wire::call(gradlings_value, #call)))
    });
    lines([quote!(::gradlings_wire::Functions::new())].into_iter().chain(calls))
}

/// A line for each: the compiler shows the lines in which it finds an error.
pub fn lines(parts: impl Iterator<Item = TokenStream>) -> String {
    parts.map(|part| format!("{part}\n")).collect()
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
            Owner::Lesson | Owner::Earlier(_) => quote!(learner),
            Owner::Adapter => quote!(adapter),
        };
        let own = self.name.of_function();
        let body = self.with_changes(quote!(#owner::#own(#(#passed),*)), &names);
        // Stated, so that a function with another result does not compile.
        let output = paths.owned(&self.whole_output());
        quote!(|(#(#patterns,)*): (#(#types,)*)| -> #output { #body })
    }

    /// The result of a call and what it has changed.
    fn with_changes(&self, call: TokenStream, names: &[Ident]) -> TokenStream {
        let changed = names.iter().zip(&self.parameters).filter(|(_, it)| it.passing.is_change());
        let changed: Vec<_> = changed.map(|(name, _)| name).collect();
        match (changed.as_slice(), self.output == Type::UNIT) {
            ([], _) => call,
            ([one], true) => quote!(#call; #one),
            (_, true) => quote!(#call; (#(#changed,)*)),
            _ => quote!(let gradlings_result = #call; (gradlings_result, #(#changed,)*)),
        }
    }
}

fn argument(at: usize) -> Ident {
    format_ident!("gradlings_{at}")
}

impl Parameter {
    /// How the function is given the argument `name`.
    fn passed(&self, name: &Ident, paths: &Paths) -> TokenStream {
        // By their paths: a trait of the learner's could have methods of these names.
        let array = &paths.ndarray;
        let view = quote!(#array::ArrayRef::view(&#name));
        let view_mut = quote!(#array::ArrayRef::view_mut(&mut #name));
        match self.passing {
            Passing::Owned => quote!(#name),
            Passing::Borrowed => quote!(&#name),
            Passing::Changed => quote!(&mut #name),
            Passing::View { borrowed: false } => view,
            Passing::View { borrowed: true } => quote!(&#view),
            Passing::ViewMut { borrowed: false } => view_mut,
            Passing::ViewMut { borrowed: true } => quote!(&mut #view_mut),
            Passing::Closure(reference) => self.closure(name, reference, paths),
        }
    }

    /// A closure that asks the callback `name`.
    fn closure(&self, name: &Ident, reference: Reference, paths: &Paths) -> TokenStream {
        let names: Vec<_> =
            (0..self.taken.len()).map(|at| format_ident!("gradlings_of_{at}")).collect();
        let types = self.taken.iter().map(|it| paths.taken(it));
        let owned = names.iter().zip(&self.taken).map(|(name, it)| it.passed_on(name, paths));
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
    fn passed_on(&self, name: &Ident, paths: &Paths) -> TokenStream {
        let array = &paths.ndarray;
        match self {
            Self::Owned(_) => quote!(#name),
            Self::Reference(_) => quote!(::core::clone::Clone::clone(#name)),
            Self::Slice(element) => {
                let element = paths.owned(element);
                quote!(<[#element]>::to_vec(#name))
            }
            Self::Text => quote!(::core::convert::From::from(#name)),
            Self::View(..) => quote!(#array::ArrayRef::to_owned(&#name)),
            Self::ArrayRef(..) => quote!(#array::ArrayRef::to_owned(#name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the worker does at a call of the only function, without spaces.
    fn glue(solution: &str) -> String {
        Surface::read(solution, None).unwrap().glue(|_| true).replace(' ', "")
    }

    #[test]
    fn each_way_to_take_an_argument_has_its_call() {
        let view = "::gradlings_wire::ndarray::ArrayRef::view(&gradlings_0)";
        let view_mut = "::gradlings_wire::ndarray::ArrayRef::view_mut(&mutgradlings_0)";
        let to_vec = "<[::core::primitive::f64]>::to_vec(gradlings_of_0)";
        let ask = "::gradlings_wire::Callback::call(&gradlings_0,";
        let closure = format!("|gradlings_of_0:::core::primitive::f64|{ask}(gradlings_of_0,))");
        for (taken, passed) in [
            ("f64", "gradlings_0"),
            ("&ndarray::Array2<f64>", "&gradlings_0"),
            ("&[f64]", "&gradlings_0"),
            ("&str", "&gradlings_0"),
            ("&mut f64", "&mutgradlings_0"),
            ("ndarray::ArrayView2<'_, f64>", view),
            ("&ndarray::ArrayView2<f64>", &format!("&{view}")),
            ("ndarray::ArrayViewMut2<f64>", view_mut),
            ("&mut ndarray::ArrayViewMut2<f64>", &format!("&mut{view_mut}")),
            ("&dyn Fn(f64) -> f64", &format!("&{closure}")),
            ("impl Fn(f64) -> f64", &closure),
            ("&mut dyn FnMut(f64) -> f64", &format!("&mut{closure}")),
            (
                "impl Fn(&[f64]) -> f64",
                &format!("|gradlings_of_0:&[::core::primitive::f64]|{ask}({to_vec},))"),
            ),
        ] {
            let text = glue(&format!("pub fn f(x: {taken}) {{}}"));
            assert!(text.contains(&format!("learner::f({passed})")), "{taken}: {text}");
        }
    }

    #[test]
    fn the_result_comes_before_what_was_changed() {
        let taken = "(x: &mut f64, y: f64, z: &mut [u8])";
        let both = glue(&format!("pub fn f{taken} -> bool {{ true }}"));
        assert!(both.contains("(gradlings_result,gradlings_0,gradlings_2,)}"), "{both}");
        let changed = glue(&format!("pub fn f{taken} {{}}"));
        assert!(changed.contains(";(gradlings_0,gradlings_2,)}"), "{changed}");
        let one = glue("pub fn f(x: &mut f64) {}");
        assert!(one.contains("->::core::primitive::f64{learner::f(&mutgradlings_0);gradlings_0}"));
    }

    #[test]
    fn single_precision_that_nobody_calls_is_not_served() {
        let solution =
            "pub fn f<F: NdFloat>(x: F) -> F { x } pub fn g<F: NdFloat>(x: F) -> F { x }";
        let surface = Surface::read(solution, None).unwrap();
        let glue = surface.glue(|name| name == "g_f32").replace(' ', "");
        let (typed, served) = glue.split_once("\n}\n").unwrap();
        let names = |text: &str| -> Vec<String> {
            text.split(".on(\"")
                .skip(1)
                .map(|it| it.split('"').next().unwrap().to_owned())
                .collect()
        };
        assert_eq!(
            (names(&glue).len(), names(served)),
            (4, ["f", "g", "g::<f32>"].map(str::to_owned).to_vec())
        );
        assert!(typed.starts_with("fngradlings_typed()"), "{typed}");
    }

    #[test]
    fn adapters_are_called_in_their_module() {
        let adapter = "pub struct S { pub x: f64 } pub fn f(s: S) {}";
        let surface = Surface::read("", Some(adapter)).unwrap();
        assert!(surface.glue(|_| true).replace(' ', "").contains("adapter::f(gradlings_0)"));
        assert!(surface.adapter_module().replace(' ', "").contains("Wireforself::S"));
        assert!(!surface.impls().contains('S'));
    }
}
