//! Reads the tokens of a learner's source: what is not allowed, and what lessons ask of its form.

pub mod loops;

use contract::Item;
use loops::Function;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

use crate::intake::Sources;

/// Words through which code could leave the rules that the compiler enforces.
const FORBIDDEN: [&str; 6] =
    ["unsafe", "no_mangle", "export_name", "link_section", "global_asm", "naked_asm"];

/// Macros that would read files or the environment while the compiler runs.
const READING_MACROS: [&str; 5] = ["include", "include_str", "include_bytes", "env", "option_env"];

/// Crates that what the grader adds has to find under their names.
const STANDARD: [&str; 3] = ["alloc", "core", "std"];

/// How deep an expression, a type or a block may be nested: far beyond what a person reads.
const MAX_DEPTH: usize = 1_000;

/// Room for that, at 64 KiB a level where nothing is optimised, and for counting the delimiters of
/// the longest file.
const STACK_BYTES: usize = 256 << 20;

/// Something found at a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Relative to the lesson's folder.
    pub path: String,
    /// Its line, from 1.
    pub line: usize,
    /// What it is, for people.
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
    /// Reads the sources.
    pub fn of(sources: &Sources) -> Self {
        with_room(|| Self::read(sources))
    }

    /// Why the sources are not graded, line by line; none where nothing is forbidden.
    pub fn rejection(&self, display_path: &str) -> Option<String> {
        let line = |it: &Finding| format!("{display_path}/{}:{}: {}", it.path, it.line, it.what);
        let lines: Vec<_> = self.forbidden.iter().map(line).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// The function that holds this line of a file, which may be named from anywhere: the innermost.
    pub fn function_at(&self, file: &str, line: usize) -> Option<&Function> {
        let holds =
            |it: &&Function| file.ends_with(&it.path) && it.lines.0 <= line && line <= it.lines.1;
        self.functions.iter().filter(holds).min_by_key(|it| it.lines.1 - it.lines.0)
    }

    /// The function of this name, the first of several.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|it| it.name == name)
    }

    fn read(sources: &Sources) -> Self {
        let mut scan = Self { readable: true, ..Self::default() };
        for file in sources.files() {
            let path = file.path.display().to_string();
            let Some(syntax) = parsed(&file.text) else {
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

/// The syntax of a file; none when it is not Rust, or nested so deep that reading it would need more
/// stack than there is.
fn parsed(text: &str) -> Option<syn::File> {
    let tokens = text.trim_start_matches('\u{feff}').parse().ok()?;
    if depth(tokens) > MAX_DEPTH { None } else { syn::parse_file(text).ok() }
}

/// How deep the syntax of the tokens may be nested, at most. Between two separators, each token may
/// open a level: `!!!a`, `a = b = c`, `A<B<C>>`.
fn depth(tokens: TokenStream) -> usize {
    let (mut open, mut deepest, mut after_block) = (0, 0, false);
    for token in tokens {
        if after_block && !matches!(&token, TokenTree::Ident(word) if word == "else") {
            open = 0;
        }
        open += 1;
        after_block = false;
        match token {
            TokenTree::Group(group) => {
                after_block = group.delimiter() == Delimiter::Brace;
                deepest = deepest.max(open + depth(group.stream()));
            }
            TokenTree::Punct(mark) if matches!(mark.as_char(), ';' | ',') => open = 0,
            _ => deepest = deepest.max(open),
        }
    }
    deepest
}

/// Reads source text on a stack of its own: what is nested is read, walked and freed by functions
/// that call themselves. The pages are taken as they are needed.
fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        let reader = reader.expect("the system gives address space for a thread");
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
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
            } else if let Some(what) = offence([0, 1, 2, 3, 4].map(|ahead| word(at + ahead)), place)
            {
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

/// The public items at the root of `text`; none when it is not Rust.
pub fn public_items(text: &str) -> Vec<Item> {
    with_room(|| parsed(text).map(|file| contract::items(&file, text)).unwrap_or_default())
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
    fn innocent_words_pass() {
        let innocent = "// unsafe\n/// unsafe\nfn include(path: f64) { let _ = \"unsafe\"; }";
        assert!(offences(innocent).is_empty());
        assert!(offences("extern crate alloc;").is_empty());
        assert!(offences("#![forbid(unsafe_code)] #![deny(unsafe_code)] mod other;").is_empty());
        assert!(offences("fn f(asm: f64) { let path = 1.0; let b = path == 2.0; }").is_empty());
        assert!(offences("fn f() { vec![1]; m!({ mod inside { fn g() {} } }); }").is_empty());
    }

    #[test]
    fn what_is_nested_without_measure_is_unreadable() {
        let many = 100_000;
        for (open, close) in
            [("(", ")"), ("{", "}"), ("!", ""), ("1+", ""), ("a=", ""), ("a.b().", "")]
        {
            let text = |times: usize| {
                let (open, close) = (open.repeat(times), close.repeat(times));
                format!("fn f() {{ let _ = {open}a{close}; }}")
            };
            assert!(scan(&text(50)).readable && !scan(&text(many)).readable, "{open}");
        }
        assert!(!scan(&format!("type T = {}u8;", "&".repeat(many))).readable);
        assert!(!scan(&format!("fn f() {{ {} {{}} }}", "if a {} else".repeat(many))).readable);
        // Much of it, side by side, is fine.
        assert!(scan(&"fn f(a: f64) -> f64 { let b = a; b + 1.0 }\n".repeat(3_000)).readable);
    }

    #[test]
    fn a_line_belongs_to_the_innermost_function_around_it() {
        let scan = scan("fn f() {\n    fn g() {\n        h()\n    }\n    g()\n}\n");
        let name = |line| scan.function_at("mine/src/lib.rs", line).map(|it| &*it.name);
        assert_eq!([3, 5, 7].map(name), [Some("g"), Some("f"), None]);
        assert!(scan.function_at("mine/src/other.rs", 3).is_none());
    }

    #[test]
    fn what_is_not_rust_is_unreadable() {
        assert!(!scan("fn f( {").readable);
    }
}
