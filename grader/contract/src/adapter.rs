//! The text of an adapter, made fit for the learner's crate, and what it calls of that.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::Visit;

/// Macros that every crate knows, unless it has another one of the name.
const MACROS: [&str; 21] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "format",
    "matches",
    "panic",
    "print",
    "println",
    "thread_local",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
    "concat",
];

/// The standard library, by a path that every crate has.
const STD: &str = "::gradlings_wire::std::";

/// What the author's text takes for granted, and a crate without a prelude does not have.
pub const PRELUDE: &str = "use ::gradlings_wire::std::prelude::rust_2024::*; \
    use ::gradlings_wire::{ndarray, std}; use ::core; use ::gradlings_wire as wire;";

/// The text with the macros of the standard library called by their paths: those that a learner
/// defines would come before them in every module of the crate.
pub fn with_paths_of_macros(text: &str, file: &syn::File) -> String {
    let mut places = Vec::new();
    find_macros(file.to_token_stream(), &mut places);
    places.sort_unstable();
    let mut result = text.to_owned();
    for place in places.into_iter().rev() {
        result.insert_str(place, STD);
    }
    result
}

/// The places of the names of macros that are called without a path.
fn find_macros(tokens: TokenStream, places: &mut Vec<usize>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let is_mark = |at: Option<usize>, mark: char| {
        let token = at.and_then(|at| tokens.get(at));
        matches!(token, Some(TokenTree::Punct(it)) if it.as_char() == mark)
    };
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => find_macros(group.stream(), places),
            TokenTree::Ident(name) if MACROS.iter().any(|it| name == it) => {
                let is_call = is_mark(Some(at + 1), '!') && !is_mark(Some(at + 2), '=');
                if is_call && !is_mark(at.checked_sub(1), ':') {
                    places.push(name.span().byte_range().start);
                }
            }
            _ => (),
        }
    }
}

/// The functions of the learner's crate that a function of the adapter calls, itself or by others of its file, in the
/// order in which they stand there.
pub fn calls(file: &syn::File, function: &str) -> Vec<String> {
    let mut calls = Calls { file, entered: Vec::new(), found: Vec::new() };
    calls.enter(function);
    calls.found
}

/// A walk through the functions of an adapter.
struct Calls<'a> {
    file: &'a syn::File,
    /// The names of the functions that it came to.
    entered: Vec<String>,
    /// The names of the learner's.
    found: Vec<String>,
}

impl Calls<'_> {
    fn enter(&mut self, name: &str) {
        let file = self.file;
        let function = file.items.iter().find_map(|item| match item {
            syn::Item::Fn(function) if function.sig.ident == name => Some(function),
            _ => None,
        });
        let Some(function) = function else { return };
        if !self.entered.iter().any(|it| it == name) {
            self.entered.push(name.to_owned());
            self.visit_block(&function.block);
        }
    }
}

impl<'ast> Visit<'ast> for Calls<'_> {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        let names: Vec<_> = path.path.segments.iter().map(|it| it.ident.to_string()).collect();
        match &*names {
            [name] => self.enter(name),
            [learner, name] if learner == "learner" && !self.found.contains(name) => {
                self.found.push(name.clone());
            }
            _ => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_paths(text: &str) -> String {
        with_paths_of_macros(text, &syn::parse_file(text).unwrap())
    }

    #[test]
    fn macros_are_called_by_their_paths_wherever_they_stand() {
        let text = "//! Ädapter.\nfn f(a: f64) {\n    assert!(a > vec![1.0][0], \"{}\", format!(\"é\"));\n}";
        let expected = "//! Ädapter.\nfn f(a: f64) {\n    ::std::assert!(a > ::std::vec![1.0][0], \
                        \"{}\", ::std::format!(\"é\"));\n}";
        assert_eq!(with_paths(text).replace(STD, "::std::"), expected);
    }

    #[test]
    fn what_an_adapter_calls_is_found_through_its_other_functions() {
        let text = "pub fn step(w: f64) -> f64 { moved(|| learner::descend(w), learner::Kind::Plain) }
            fn moved(f: impl Fn() -> f64, kind: learner::Kind) -> f64 { learner::rate(f()) + moved(f, kind) }
            pub fn built(w: f64) -> f64 { Built::new(w).forward() }";
        let file = syn::parse_file(text).unwrap();
        assert_eq!(calls(&file, "step"), ["rate", "descend"]);
        assert_eq!(calls(&file, "moved"), ["rate"]);
        assert!(calls(&file, "built").is_empty(), "a method has no path");
    }

    #[test]
    fn what_has_a_path_or_is_no_macro_stays() {
        let text = "fn f(vec: f64) -> bool { std::println!(); vec != 1.0 }";
        assert_eq!(with_paths(text), text);
    }
}
