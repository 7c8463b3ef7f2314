//! Words by which code could leave the rules that the compiler enforces.

use std::path::Path;

use proc_macro2::{Group, Spacing, TokenStream, TokenTree};

use super::{Finding, modules};

/// Words through which code could leave the rules that the compiler enforces.
const FORBIDDEN: [&str; 6] =
    ["unsafe", "no_mangle", "export_name", "link_section", "global_asm", "naked_asm"];

/// Macros that would read files or the environment while the compiler runs.
const READING_MACROS: [&str; 5] = ["include", "include_str", "include_bytes", "env", "option_env"];

/// Crates that what the grader adds has to find under their names.
const STANDARD: [&str; 3] = ["alloc", "core", "std"];

/// What is not allowed in the tokens of the file at `path`.
pub fn forbidden(tokens: TokenStream, path: &str) -> Vec<Finding> {
    let mut forbidden = Forbidden { path, found: Vec::new() };
    forbidden.read(tokens, Place::Code);
    forbidden.found
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
    found: Vec<Finding>,
}

impl Forbidden<'_> {
    fn read(&mut self, tokens: TokenStream, place: Place) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let word = |at: usize| match &tokens[at.min(tokens.len())..] {
            // No mark of a macro, and no macro takes the two apart.
            [TokenTree::Punct(mark), TokenTree::Punct(equals), ..]
                if mark.as_char() == '!'
                    && mark.spacing() == Spacing::Joint
                    && equals.as_char() == '=' =>
            {
                "!=".to_owned()
            }
            [token, ..] => word(token),
            [] => String::new(),
        };
        let mut innocent = 0..0;
        for (at, token) in tokens.iter().enumerate() {
            if self.shows_readme(&tokens[at.saturating_sub(2)..], place) {
                innocent = at..at + 3;
            }
            if innocent.contains(&at) {
                continue;
            }
            if let TokenTree::Group(group) = token {
                let [second, last] = [2, 1].map(|back| at.checked_sub(back).map(word));
                let inside = inside(place, [second, last].map(Option::unwrap_or_default));
                // Where the path of a module leads is known from its syntax.
                if !(place == Place::Code && inside == Place::Attribute && is_path(group)) {
                    self.read(group.stream(), inside);
                }
            } else if let Some(what) = offence([0, 1, 2, 3, 4].map(|ahead| word(at + ahead)), place)
            {
                let line = token.span().start().line;
                self.found.push(Finding { path: self.path.to_owned(), line, what });
            }
        }
    }

    /// True where the tokens say `doc = include_str!(…)`, with the README of the lesson.
    fn shows_readme(&self, tokens: &[TokenTree], place: Place) -> bool {
        let [doc, equals, include, mark, TokenTree::Group(group), ..] = tokens else {
            return false;
        };
        let words = [doc, equals, include, mark].map(word);
        if place != Place::Attribute || words != ["doc", "=", "include_str", "!"] {
            return false;
        }
        let text = group.stream().to_string().replace(' ', "");
        if text == r#"concat!(env!("CARGO_MANIFEST_DIR"),"/README.md")"# {
            return true;
        }
        let Ok(named) = syn::parse2::<syn::LitStr>(group.stream()) else { return false };
        let path = Path::new(self.path).with_file_name("").join(named.value());
        modules::direct(&path).is_some_and(|path| path == Path::new("README.md"))
    }
}

/// `#[path = "…"]`, spelled as such.
fn is_path(group: &Group) -> bool {
    let tokens: Vec<_> = group.stream().into_iter().collect();
    matches!(tokens.as_slice(), [path, equals, TokenTree::Literal(_)]
        if path.to_string() == "path" && word(equals) == "=")
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

fn offence([word, next, third, fourth, fifth]: [String; 5], place: Place) -> Option<String> {
    let is_reading = READING_MACROS.contains(&word.as_str());
    // A macro could give a module the file that its caller names.
    let is_module = word == "mod" && (third == ";" || (next == "$" && fourth == ";"));
    let forbidden = FORBIDDEN.contains(&word.as_str())
        || (word == "unsafe_code" && place != Place::Denial)
        || (is_reading && (next == "!" || next == "as"))
        || (word == "extern" && next != "crate")
        || (word == "extern" && fourth == "as" && STANDARD.contains(&fifth.as_str()))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn offences(text: &str) -> Vec<usize> {
        let tokens = text.parse().unwrap();
        forbidden(tokens, "src/lib.rs").into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn back_doors_are_found_with_their_line() {
        assert_eq!(offences("fn f() {}\nunsafe fn g() {}"), [2]);
        assert_eq!(offences("macro_rules! m { () => {\n unsafe { f() } }; }"), [2]);
        assert_eq!(offences("#![allow(unsafe_code)]"), [1]);
        assert_eq!(offences("#[unsafe(no_mangle)] fn f() {}"), [1, 1]);
        assert_eq!(offences("extern \"C\" {}"), [1]);
        assert_eq!(offences("const S: &str = include_str!(\"secret\");"), [1]);
        assert_eq!(offences("#[cfg_attr(all(), path = \"../other.rs\")] mod other;"), [1]);
        assert_eq!(offences("use std::include_str as read; const S: &str = read!(\"s\");"), [1]);
    }

    #[test]
    fn a_comparison_is_no_macro() {
        assert!(
            offences("fn f(env: f64, include: f64) -> bool { env != 0.0 && include != 1. }")
                .is_empty()
        );
        assert_eq!(offences("fn f() { m!(env! = 0.0) }"), [1]);
        assert_eq!(offences("fn f() { m!(env!- 0.0) }"), [1]);
    }

    #[test]
    fn back_doors_have_no_other_spelling() {
        assert_eq!(offences("m! { #[path = \"/other.rs\"] }"), [1]);
        assert_eq!(offences("#[r#path = \"../other.rs\"] mod other;"), [1]);
        assert_eq!(offences("#[cfg_attr(all(), r#path = \"../other.rs\")] mod other;"), [1]);
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
    fn nothing_takes_the_place_of_the_standard_library() {
        assert_eq!(offences("extern crate self as std;"), [1]);
        assert_eq!(offences("extern crate ndarray as r#core;"), [1]);
        assert!(offences("extern crate ndarray as nd; extern crate self as ex_2_2;").is_empty());
    }

    #[test]
    fn a_byte_order_mark_hides_nothing() {
        assert_eq!(offences("\u{feff}unsafe fn f() {}"), [1]);
    }

    #[test]
    fn documentation_may_show_the_readme_and_nothing_else() {
        for path in [r#""../README.md""#, r##"r#"./../README.md"#"##] {
            assert!(offences(&format!("#![doc = include_str!({path})]")).is_empty(), "{path}");
        }
        let by_variable = r#"concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")"#;
        assert!(offences(&format!("#[doc = include_str!({by_variable})] fn f() {{}}")).is_empty());
        assert!(offences(r#"#![cfg_attr(doc, doc = include_str!("../README.md"))]"#).is_empty());
        for path in
            [r#""../../README.md""#, r#""../Cargo.toml""#, r#""/README.md""#, r#"env!("A")"#]
        {
            assert_eq!(offences(&format!("#![doc = include_str!({path})]"))[0], 1, "{path}");
        }
        assert_eq!(offences(r#"const S: &str = include_str!("../README.md");"#), [1]);
        assert_eq!(offences(r#"#[other = include_str!("../README.md")] fn f() {}"#), [1]);
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
}
