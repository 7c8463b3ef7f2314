//! Which functions hold loops, whether written as such or as a walk over elements, and which other
//! functions they lead to.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use serde::{Deserialize, Serialize};
use syn::{
    Attribute, Expr, ExprForLoop, ExprLoop, ExprMethodCall, ExprWhile, ImplItemFn, Item, ItemFn,
    ItemMacro, TraitItemFn, UseRename,
    ext::IdentExt,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::Finding;

/// Methods that walk an array element by element: loops by another name.
const METHODS: [&str; 14] = [
    "iter",
    "iter_mut",
    "into_iter",
    "indexed_iter",
    "outer_iter",
    "outer_iter_mut",
    "axis_iter",
    "axis_iter_mut",
    "rows",
    "rows_mut",
    "columns",
    "columns_mut",
    "lanes",
    "for_each",
];

/// Functions that do the same, with the numbers of the elements. `Zip::from` is no such walk: it
/// sees elements at equal places and nothing else.
const PATHS: [&str; 2] = ["from_shape_fn", "indexed"];

/// What has a length, and is no array.
const SHAPES: [&str; 3] = ["shape", "strides", "axes"];

/// A function, or a macro, of the learner's.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Function {
    /// Its name; empty for what stands outside of all.
    pub name: String,
    /// Its file, relative to the lesson's folder.
    pub path: String,
    /// The line of its name, and its last one, from 1.
    pub lines: (usize, usize),
    /// Every name in it: functions that it may call are among them.
    mentions: BTreeSet<String>,
    loops: Vec<Finding>,
}

/// The functions of a file.
pub fn functions(syntax: &syn::File, path: &str) -> Vec<Function> {
    let mut walk = Walk { path, open: vec![Function::default()], closed: Vec::new() };
    walk.visit_file(syntax);
    walk.closed.extend(walk.open);
    walk.closed
}

/// The first loop in the `named` functions, in any that they lead to, or outside of all: what a
/// constant holds can be called by any name.
pub fn first_loop<'a>(functions: &'a [Function], named: &[&'a str]) -> Option<&'a Finding> {
    reached(functions, &[&[OUTSIDE], named].concat()).into_iter().flat_map(|it| &it.loops).next()
}

/// The first loop that may have no end, in the `named` function or in any that it leads to.
pub fn endless_loop<'a>(functions: &'a [Function], named: &'a str) -> Option<&'a Finding> {
    let mut loops = reached(functions, &[named]).into_iter().flat_map(|it| &it.loops);
    loops.find(|found| [WHILE, LOOP].contains(&&*found.what))
}

/// The `named` functions and all that they lead to.
fn reached<'a>(functions: &'a [Function], named: &[&'a str]) -> Vec<&'a Function> {
    let mut by_name: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    for function in functions {
        by_name.entry(&function.name).or_default().push(function);
    }
    let mut pending = named.to_vec();
    let mut reached = Vec::new();
    while let Some(name) = pending.pop() {
        // Taken out: none is looked at twice.
        for function in by_name.remove(name).unwrap_or_default() {
            pending.extend(function.mentions.iter().map(String::as_str));
            reached.push(function);
        }
    }
    reached
}

const WHILE: &str = "a `while` loop";
const LOOP: &str = "a `loop`";

/// The name of what stands in no function.
const OUTSIDE: &str = "";

struct Walk<'a> {
    path: &'a str,
    /// The functions around the current place, the outermost first; the very first is the file.
    open: Vec<Function>,
    closed: Vec<Function>,
}

impl Walk<'_> {
    fn push(&mut self, what: &str, node: &impl Spanned) {
        let line = node.span().start().line;
        let found = Finding { path: self.path.to_owned(), line, what: what.to_owned() };
        self.innermost().loops.push(found);
    }

    fn mention(&mut self, name: &syn::Ident) {
        self.innermost().mentions.insert(name.unraw().to_string());
    }

    fn innermost(&mut self) -> &mut Function {
        self.open.last_mut().expect("the file's own is never closed")
    }

    /// Walks a node that is a function of this name.
    fn within(
        &mut self,
        node: &impl Spanned,
        name: &syn::Ident,
        attributes: &[Attribute],
        walk: impl FnOnce(&mut Self),
    ) {
        if attributes.iter().any(is_for_tests) {
            return;
        }
        self.open.push(Function {
            name: name.unraw().to_string(),
            path: self.path.to_owned(),
            lines: (name.span().start().line, node.span().end().line),
            ..Function::default()
        });
        walk(self);
        self.closed.extend(self.open.pop());
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item_fn(&mut self, node: &'ast ItemFn) {
        self.within(node, &node.sig.ident, &node.attrs, |walk| visit::visit_item_fn(walk, node));
    }

    fn visit_impl_item_fn(&mut self, node: &'ast ImplItemFn) {
        self.within(node, &node.sig.ident, &node.attrs, |walk| {
            visit::visit_impl_item_fn(walk, node)
        });
    }

    fn visit_trait_item_fn(&mut self, node: &'ast TraitItemFn) {
        self.within(node, &node.sig.ident, &node.attrs, |walk| {
            visit::visit_trait_item_fn(walk, node)
        });
    }

    fn visit_item_macro(&mut self, node: &'ast ItemMacro) {
        match &node.ident {
            Some(name) => self.within(node, name, &node.attrs, |walk| walk.visit_macro(&node.mac)),
            None => self.visit_macro(&node.mac),
        }
    }

    fn visit_item(&mut self, node: &'ast Item) {
        let attributes: &[Attribute] = match node {
            Item::Mod(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            _ => &[],
        };
        if !attributes.iter().any(is_for_tests) {
            visit::visit_item(self, node);
        }
    }

    fn visit_use_rename(&mut self, node: &'ast UseRename) {
        self.within(node, &node.rename, &[], |walk| walk.mention(&node.ident));
    }

    fn visit_expr_for_loop(&mut self, node: &'ast ExprForLoop) {
        self.push("a `for` loop", &node.for_token);
        visit::visit_expr_for_loop(self, node);
    }

    fn visit_expr_while(&mut self, node: &'ast ExprWhile) {
        self.push(WHILE, &node.while_token);
        visit::visit_expr_while(self, node);
    }

    fn visit_expr_loop(&mut self, node: &'ast ExprLoop) {
        self.push(LOOP, &node.loop_token);
        visit::visit_expr_loop(self, node);
    }

    fn visit_expr_method_call(&mut self, node: &'ast ExprMethodCall) {
        let method = node.method.to_string();
        if METHODS.contains(&method.as_str()) && !is_harmless(&node.receiver) {
            self.push(&format!("`.{method}()`, which walks the elements one by one"), &node.method);
        }
        self.mention(&node.method);
        visit::visit_expr_method_call(self, node);
    }

    fn visit_path(&mut self, node: &'ast syn::Path) {
        for segment in &node.segments {
            self.mention(&segment.ident);
            if PATHS.iter().any(|name| segment.ident == name) {
                let what = format!("`{}`, which walks the elements one by one", segment.ident);
                self.push(&what, &segment.ident);
            }
        }
        visit::visit_path(self, node);
    }

    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        if self.mentions_a_loop(node.tokens.clone()) {
            self.push("a loop inside a macro", &node.path);
        }
        self.visit_path(&node.path);
    }
}

impl Walk<'_> {
    /// A macro's tokens have no grammar yet: words have to do.
    fn mentions_a_loop(&mut self, tokens: TokenStream) -> bool {
        let (mut found, mut after_for) = (false, false);
        for token in tokens {
            match token {
                TokenTree::Group(group) => found |= self.mentions_a_loop(group.stream()),
                TokenTree::Ident(ident) => {
                    self.mention(&ident);
                    // `for` without `in` is that of `impl Trait for Type`.
                    found |= ident == "while" || ident == "loop" || (ident == "in" && after_for);
                    after_for |= ident == "for";
                }
                _ => (),
            }
        }
        found
    }
}

/// The numbers of a shape, or the element-wise walk over several arrays at once.
fn is_harmless(receiver: &Expr) -> bool {
    match receiver {
        Expr::MethodCall(call) => {
            SHAPES.iter().any(|name| call.method == name) || is_harmless(&call.receiver)
        }
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) => function.path.segments.iter().any(|it| it.ident == "Zip"),
            _ => false,
        },
        _ => false,
    }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("test")
        || (attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many loops `f` has, with all it leads to.
    fn loops(text: &str) -> usize {
        let functions = functions(&syn::parse_file(text).unwrap(), "src/lib.rs");
        let reached = first_loop(&functions, &["f"]).is_some();
        let all = functions.iter().map(|function| function.loops.len()).sum();
        if reached { all } else { 0 }
    }

    #[test]
    fn loops_are_found_under_every_name() {
        assert_eq!(loops("fn f() { for i in 0..3 { while true { loop {} } } }"), 3);
        assert_eq!(loops("fn f(a: A) { a.iter().sum() }"), 1);
        assert_eq!(loops("fn f() { (0..3).for_each(|i| g(i)) }"), 1);
        assert_eq!(loops("fn f() { Array2::from_shape_fn((2, 2), |(i, j)| i * j) }"), 1);
        assert_eq!(loops("fn f(a: A) { Zip::indexed(a).for_each(|i, x| x) }"), 1);
        assert_eq!(loops("fn f(a: A, b: B) -> A { a.dot(&b).mapv(f64::tanh) }"), 0);
    }

    #[test]
    fn element_wise_walks_and_shapes_are_no_loops() {
        assert_eq!(
            loops("use ndarray::Zip; fn f(a: A) { Zip::from(a).and(b).for_each(|x| x) }"),
            0
        );
        assert_eq!(loops("fn f(a: A) { azip!((a in &mut a, &b in &b) *a += b) }"), 0);
        assert_eq!(loops("fn f(a: A) -> usize { a.shape().iter().product() }"), 0);
        assert_eq!(loops("fn f(a: A) { Zip::from(a.rows()).for_each(|row| row) }"), 1);
    }

    #[test]
    fn loops_in_what_is_called_count_and_others_do_not() {
        assert_eq!(loops("fn f() { g() } fn g() { h() } fn h() { loop {} }"), 1);
        assert_eq!(loops("fn f(s: S) { s.g() } impl S { fn g(&self) { loop {} } }"), 1);
        assert_eq!(loops("macro_rules! m { () => { for i in 0..3 {} } } fn f() { m!() }"), 1);
        assert_eq!(loops("fn f() {} fn train() { loop { f() } }"), 0);
        assert_eq!(loops("fn f() {} #[cfg(test)] mod tests { fn f() { loop {} } }"), 0);
        assert_eq!(loops("fn f() {} #[cfg(test)] impl S { fn f() { loop {} } }"), 0);
        assert_eq!(loops("macro_rules! m { () => { impl X for Y {} } } fn f() { m!() }"), 0);
    }
}
