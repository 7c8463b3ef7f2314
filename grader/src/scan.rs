//! Reads the tokens of a learner's source: what is not allowed, and what lessons ask of its form.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, ExprForLoop, ExprLoop, ExprMethodCall, ExprWhile, Field, FnArg, Item, Visibility,
    spanned::Spanned,
    visit::{self, Visit},
};

use crate::intake::Sources;

/// Words through which code could leave the rules that the compiler enforces.
const FORBIDDEN: [&str; 8] = [
    "unsafe",
    "unsafe_code",
    "no_mangle",
    "export_name",
    "link_section",
    "global_asm",
    "asm",
    "naked_asm",
];

/// Macros that would read files or the environment while the compiler runs.
const READING_MACROS: [&str; 5] = ["include", "include_str", "include_bytes", "env", "option_env"];

/// Methods that walk an array element by element: loops by another name.
const LOOPING_METHODS: [&str; 14] = [
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

/// Functions and macros that do the same.
const LOOPING_PATHS: [&str; 3] = ["from_shape_fn", "Zip", "azip"];

/// Something found at a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Relative to the lesson's folder.
    pub path: String,
    pub line: usize,
    pub what: String,
}

/// What one can know of the sources without compiling them.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// What gets the whole lesson rejected.
    pub forbidden: Vec<Finding>,
    /// Loops, whether written as such or as a walk over elements.
    pub loops: Vec<Finding>,
    /// False where a file is not Rust that this scan can read.
    pub readable: bool,
}

impl Scan {
    pub fn of(sources: &Sources) -> Self {
        let mut scan = Self { readable: true, ..Self::default() };
        for file in sources.files() {
            let path = file.path.display().to_string();
            let Ok(syntax) = syn::parse_file(&file.text) else {
                scan.readable = false;
                continue;
            };
            Loops { path: &path, found: &mut scan.loops }.visit_file(&syntax);
            forbidden(syntax.into_token_stream(), &path, &mut scan.forbidden);
        }
        scan
    }
}

fn forbidden(tokens: TokenStream, path: &str, found: &mut Vec<Finding>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => forbidden(group.stream(), path, found),
            TokenTree::Ident(ident) => {
                let word = ident.to_string();
                let next = tokens.get(at + 1).map(ToString::to_string).unwrap_or_default();
                if let Some(what) = offence(&word, &next) {
                    found.push(Finding {
                        path: path.to_owned(),
                        line: ident.span().start().line,
                        what,
                    });
                }
            }
            _ => (),
        }
    }
}

fn offence(word: &str, next: &str) -> Option<String> {
    let forbidden = FORBIDDEN.contains(&word)
        || (READING_MACROS.contains(&word) && next == "!")
        || (word == "extern" && next != "crate")
        || (word == "path" && next == "=");
    forbidden.then(|| format!("`{word}` is not part of any lesson; please solve it without"))
}

struct Loops<'a> {
    path: &'a str,
    found: &'a mut Vec<Finding>,
}

impl Loops<'_> {
    fn push(&mut self, what: &str, node: &impl Spanned) {
        let line = node.span().start().line;
        self.found.push(Finding { path: self.path.to_owned(), line, what: what.to_owned() });
    }
}

impl<'ast> Visit<'ast> for Loops<'_> {
    fn visit_expr_for_loop(&mut self, node: &'ast ExprForLoop) {
        self.push("a `for` loop", &node.for_token);
        visit::visit_expr_for_loop(self, node);
    }

    fn visit_expr_while(&mut self, node: &'ast ExprWhile) {
        self.push("a `while` loop", &node.while_token);
        visit::visit_expr_while(self, node);
    }

    fn visit_expr_loop(&mut self, node: &'ast ExprLoop) {
        self.push("a `loop`", &node.loop_token);
        visit::visit_expr_loop(self, node);
    }

    fn visit_expr_method_call(&mut self, node: &'ast ExprMethodCall) {
        let method = node.method.to_string();
        if LOOPING_METHODS.contains(&method.as_str()) {
            self.push(&format!("`.{method}()`, which walks the elements one by one"), &node.method);
        }
        visit::visit_expr_method_call(self, node);
    }

    fn visit_path(&mut self, node: &'ast syn::Path) {
        for segment in &node.segments {
            if LOOPING_PATHS.iter().any(|name| segment.ident == name) {
                let what = format!("`{}`, which walks the elements one by one", segment.ident);
                self.push(&what, &segment.ident);
            }
        }
        visit::visit_path(self, node);
    }

    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        if mentions_a_loop(node.tokens.clone()) {
            self.push("a loop inside a macro", &node.path);
        }
        self.visit_path(&node.path);
    }

    fn visit_item(&mut self, node: &'ast Item) {
        let attributes: &[Attribute] = match node {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            _ => &[],
        };
        if !attributes.iter().any(is_for_tests) {
            visit::visit_item(self, node);
        }
    }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("test")
        || (attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test")))
}

fn mentions_a_loop(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions_a_loop(group.stream()),
        TokenTree::Ident(ident) => ["for", "while", "loop"].iter().any(|word| ident == word),
        _ => false,
    })
}

/// A public function, struct or enum at the root of a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicItem {
    pub name: String,
    /// As written, without documentation and without a function's body.
    pub text: String,
    /// The types alone, so that two ways to write one signature compare equal.
    pub types: String,
}

/// The public functions, structs and enums at the root of `text`; none when it is not Rust.
pub fn public_items(text: &str) -> Vec<PublicItem> {
    let items = syn::parse_file(text).map(|file| file.items).unwrap_or_default();
    items.iter().filter_map(|item| public_item(item, text)).collect()
}

fn public_item(item: &Item, text: &str) -> Option<PublicItem> {
    let (visibility, name, last) = match item {
        Item::Fn(item) => (&item.vis, &item.sig.ident, item.sig.span()),
        Item::Struct(item) => (&item.vis, &item.ident, item.span()),
        Item::Enum(item) => (&item.vis, &item.ident, item.span()),
        _ => return None,
    };
    let Visibility::Public(public) = visibility else { return None };
    let shown = text.get(public.span().byte_range().start..last.byte_range().end)?;
    let undocumented = shown.lines().filter(|line| !line.trim_start().starts_with("///"));
    Some(PublicItem {
        name: name.to_string(),
        text: undocumented.collect::<Vec<_>>().join("\n"),
        types: types(item),
    })
}

fn types(item: &Item) -> String {
    let parts: Vec<String> = match item {
        Item::Fn(item) => {
            let inputs = item.sig.inputs.iter().map(|input| match input {
                FnArg::Typed(typed) => tokens(&typed.ty),
                FnArg::Receiver(receiver) => tokens(receiver),
            });
            inputs.chain([tokens(&item.sig.output)]).collect()
        }
        Item::Struct(item) => {
            let field = |field: &Field| {
                format!("{} {}: {}", tokens(&field.vis), tokens(&field.ident), tokens(&field.ty))
            };
            item.fields.iter().map(field).collect()
        }
        Item::Enum(item) => item.variants.iter().map(|variant| tokens(&variant.ident)).collect(),
        _ => Vec::new(),
    };
    parts.join(", ")
}

fn tokens(node: &impl ToTokens) -> String {
    node.to_token_stream().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Scan {
        Scan::of(&Sources::of_text(text))
    }

    fn offences(text: &str) -> Vec<usize> {
        scan(text).forbidden.into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn back_doors_are_found_with_their_line() {
        assert_eq!(offences("fn f() {}\nunsafe fn g() {}"), [2]);
        assert_eq!(offences("macro_rules! m { () => {\n unsafe { f() } }; }"), [2]);
        assert_eq!(offences("#![allow(unsafe_code)]"), [1]);
        assert_eq!(offences("#[unsafe(no_mangle)] fn f() {}"), [1, 1]);
        assert_eq!(offences("extern \"C\" {}"), [1]);
        assert_eq!(offences("const S: &str = include_str!(\"secret\");"), [1]);
        assert_eq!(offences("#[path = \"../other.rs\"] mod other;"), [1]);
    }

    #[test]
    fn a_byte_order_mark_hides_nothing() {
        assert_eq!(offences("\u{feff}unsafe fn f() {}"), [1]);
    }

    #[test]
    fn innocent_words_pass() {
        let innocent = "// unsafe\n/// unsafe\nfn include(path: f64) { let _ = \"unsafe\"; }";
        assert!(offences(innocent).is_empty());
        assert!(offences("extern crate alloc;").is_empty());
    }

    #[test]
    fn loops_are_found_under_every_name() {
        let loops = |text: &str| scan(text).loops.len();
        assert_eq!(loops("fn f() { for i in 0..3 { while true { loop {} } } }"), 3);
        assert_eq!(loops("fn f(a: A) { a.iter().sum() }"), 1);
        assert_eq!(loops("macro_rules! m { () => { for i in 0..3 {} } }"), 1);
        assert_eq!(loops("use ndarray::Zip; fn f(a: A) { Zip::from(a).for_each(|x| x) }"), 2);
        assert_eq!(loops("fn f() { Array2::from_shape_fn((2, 2), |(i, j)| i * j) }"), 1);
        assert_eq!(loops("fn f(a: A, b: B) -> A { a.dot(&b).mapv(f64::tanh) }"), 0);
        assert_eq!(loops("#[cfg(test)] mod tests { fn f() { loop {} } }"), 0);
    }

    #[test]
    fn what_is_not_rust_is_unreadable() {
        assert!(!scan("fn f( {").readable);
    }

    #[test]
    fn spelling_does_not_change_a_signature() {
        let types = |text| public_items(text).remove(0).types;
        assert_eq!(
            types("pub fn f(x: f64) -> f64 { x }"),
            types("pub fn f( y : f64 )->f64 { 1.0 }")
        );
        assert_ne!(types("pub fn f(x: f64) -> f64 { x }"), types("pub fn f(x: f32) -> f64 { x }"));
        assert_eq!(types("pub enum E { A, B }"), types("pub enum E { /** doc */ A, B, }"));
        assert_ne!(types("pub struct S { pub a: f64 }"), types("pub struct S { a: f64 }"));
    }

    #[test]
    fn an_item_is_shown_as_written_without_its_body() {
        let items = public_items("/// Doc.\npub fn f(x: f64) -> f64 {\n    x\n}\nfn private() {}");
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].text, "pub fn f(x: f64) -> f64");
    }
}
