//! Reads the tokens of a learner's source: what is not allowed, and what lessons ask of its form.

pub mod loops;

use loops::Function;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Field, FnArg, Item, Visibility, spanned::Spanned};

use crate::intake::Sources;

/// Words through which code could leave the rules that the compiler enforces.
const FORBIDDEN: [&str; 6] =
    ["unsafe", "no_mangle", "export_name", "link_section", "global_asm", "naked_asm"];

/// Macros that would read files or the environment while the compiler runs.
const READING_MACROS: [&str; 5] = ["include", "include_str", "include_bytes", "env", "option_env"];

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
    /// The functions, with their loops.
    pub functions: Vec<Function>,
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
            scan.functions.extend(loops::functions(&syntax, &path));
            Forbidden { path: &path, found: &mut scan.forbidden }
                .read(syntax.into_token_stream(), Place::Code);
        }
        scan
    }
}

/// Where tokens stand.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Code,
    /// Between the brackets of an attribute.
    Attribute,
    /// In what an attribute says to `deny` or `forbid`.
    Denial,
    /// Between the delimiters of a macro's definition or call.
    Macro,
}

struct Forbidden<'a> {
    path: &'a str,
    found: &'a mut Vec<Finding>,
}

impl Forbidden<'_> {
    fn read(&mut self, tokens: TokenStream, place: Place) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let word = |at: usize| tokens.get(at).map(word).unwrap_or_default();
        for (at, token) in tokens.iter().enumerate() {
            if let TokenTree::Group(group) = token {
                let [second, last] = [2, 1].map(|back| at.checked_sub(back).map(word));
                let inside = inside(place, [second, last].map(Option::unwrap_or_default));
                self.read(group.stream(), inside);
            } else if let Some(what) = offence([0, 1, 2, 3].map(|ahead| word(at + ahead)), place) {
                let line = token.span().start().line;
                self.found.push(Finding { path: self.path.to_owned(), line, what });
            }
        }
    }
}

/// As written, without the mark of a raw identifier. A group is its delimiter.
fn word(token: &TokenTree) -> String {
    match token {
        TokenTree::Group(_) => "(".to_owned(),
        token => token.to_string().trim_start_matches("r#").to_owned(),
    }
}

/// What the tokens of a group are, from where it stands and the two tokens before it.
fn inside(place: Place, [second, last]: [String; 2]) -> Place {
    let is_attribute = last == "#" || (second == "#" && last == "!");
    match place {
        _ if is_attribute => Place::Attribute,
        Place::Attribute if last == "deny" || last == "forbid" => Place::Denial,
        Place::Code if last == "!" || second == "!" => Place::Macro,
        place => place,
    }
}

fn offence([word, next, third, fourth]: [String; 4], place: Place) -> Option<String> {
    let is_reading = READING_MACROS.contains(&word.as_str());
    // A macro could give a module the file that its caller names.
    let is_module = word == "mod" && (third == ";" || (next == "$" && fourth == ";"));
    let forbidden = FORBIDDEN.contains(&word.as_str())
        || (word == "unsafe_code" && place != Place::Denial)
        || (is_reading && (next == "!" || next == "as"))
        || (word == "extern" && next != "crate")
        || (word == "path" && next == "=" && place == Place::Attribute);
    if is_module && place == Place::Macro {
        return Some(
            "a module in a file of its own, declared by a macro, is not part of any \
                     lesson; please declare it outside of the macro"
                .to_owned(),
        );
    }
    forbidden.then(|| format!("`{word}` is not part of any lesson; please solve it without"))
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
        assert_eq!(offences("#[cfg_attr(all(), path = \"../other.rs\")] mod other;"), [1]);
        assert_eq!(offences("use std::include_str as read; const S: &str = read!(\"s\");"), [1]);
    }

    #[test]
    fn back_doors_have_no_other_spelling() {
        assert_eq!(offences("#[r#path = \"../other.rs\"] mod other;"), [1]);
        assert_eq!(offences("const S: &str = r#include_str!(\"secret\");"), [1]);
        let by_macro =
            "macro_rules! m { ($a:ident) => { #[$a = \"/s.rs\"] mod other; } } m!(path);";
        assert_eq!(offences(by_macro), [1]);
        let by_macro = "macro_rules! m { ($a:meta, $n:ident) => { #[$a] mod $n; } }";
        assert_eq!(offences(by_macro), [1]);
        assert_eq!(offences("m! { mod other; }"), [1]);
        assert_eq!(offences("#![expect(unsafe_code)]"), [1]);
        assert_eq!(offences("#![deny(unused)] #![warn(unsafe_code)]"), [1]);
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
        assert!(offences("#![forbid(unsafe_code)] #![deny(unsafe_code)] mod other;").is_empty());
        assert!(offences("fn f(asm: f64) { let path = 1.0; let b = path == 2.0; }").is_empty());
        assert!(offences("fn f() { vec![1]; m!({ mod inside { fn g() {} } }); }").is_empty());
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
