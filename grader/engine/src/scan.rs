//! Reads a learner's sources without compiling them: which files the crate has, what is not allowed in
//! them, and what lessons ask of their form.
//!
//! Rust nested deep enough overflows the stack of whoever parses it. What learners wrote is therefore
//! parsed in a process of its own, and what comes back is data.

pub mod loops;
mod modules;
mod reader;
mod tokens;
mod unit_tests;

use std::{io, ops::Range};

use contract::Item;
use loops::Function;
use modules::{ModuleFile, Modules};
use quote::ToTokens;
pub use reader::{READ, Reader, serve};
use serde::{Deserialize, Serialize};

use crate::{
    intake::{Files, Rejection, Sources},
    report::Place,
};

/// Something found at a line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Relative to the lesson's folder.
    pub path: String,
    /// Its line, from 1.
    pub line: usize,
    /// What it is, for people.
    pub what: String,
}

impl Finding {
    /// Where it stands.
    pub fn place(&self) -> Place {
        Place { file: self.path.clone(), line: self.line }
    }
}

/// What one can know of the sources without compiling them.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// What gets the whole lesson rejected.
    pub forbidden: Vec<Finding>,
    /// The functions, with their loops.
    pub functions: Vec<Function>,
    /// The public items at the root of the crate.
    pub items: Vec<Item>,
    /// False where a file is not Rust that can be read.
    pub readable: bool,
}

/// The block of a function.
pub struct Body {
    /// Its file, relative to the lesson's folder.
    pub path: String,
    /// Where it stands in its file.
    pub bytes: Range<usize>,
}

impl Body {
    /// True when another block stands within this one.
    pub fn holds(&self, other: &Self) -> bool {
        let Range { start, end } = other.bytes;
        self.path == other.path && self.bytes.start <= start && end <= self.bytes.end
    }
}

/// What a single file says.
#[derive(Debug, Serialize, Deserialize)]
struct Reading {
    forbidden: Vec<Finding>,
    functions: Vec<Function>,
    items: Vec<Item>,
    modules: Modules,
}

impl Scan {
    /// Takes the root of a lesson's crate and the files that its modules lead to, and reads them. Tests
    /// and other files are not part of what is graded.
    ///
    /// # Errors
    /// When the system starts no process. What is wrong with the files is the inner error.
    pub fn take(files: &Files, reader: Reader) -> io::Result<Result<(Sources, Self), Rejection>> {
        let mut taken = Sources::default();
        let mut scan = Self { readable: true, ..Self::default() };
        let mut wanted = vec![vec![ModuleFile::root()]];
        loop {
            let new = match taken_of(&wanted, files, &mut taken) {
                Ok(new) => new,
                Err(rejection) => return Ok(Err(rejection)),
            };
            if new.is_empty() {
                break;
            }
            wanted = reader.read(&new)?.into_iter().flat_map(|it| scan.add(it)).collect();
        }
        let is_there = taken.file("src/lib.rs").is_some();
        Ok(if is_there { Ok((taken, scan)) } else { Err(files.missing()) })
    }

    /// Adds what a file says; gives the files that its modules may lie in. Of what is not Rust the
    /// compiler says more.
    fn add(&mut self, reading: Option<Reading>) -> Vec<Vec<ModuleFile>> {
        let Some(reading) = reading else {
            self.readable = false;
            return Vec::new();
        };
        self.forbidden.extend(reading.forbidden);
        self.forbidden.extend(reading.modules.astray);
        self.functions.extend(reading.functions);
        self.items.extend(reading.items);
        reading.modules.files
    }

    /// Reads one text as the root of a crate.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let mut scan = Self { readable: true, ..Self::default() };
        scan.add(Reading::of(text, &ModuleFile::root()));
        scan
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

    /// Forgets what the function at this place among all does; gives its block.
    pub fn forget(&mut self, at: usize) -> Option<Body> {
        let function = &mut self.functions[at];
        let (start, end) = function.body?;
        function.empty();
        Some(Body { path: function.path.clone(), bytes: start..end })
    }

    /// The function of this name, the first of several; `f::<f32>` is `f` in one precision.
    pub fn function(&self, name: &str) -> Option<&Function> {
        let name = contract::in_any_precision(name);
        self.functions.iter().find(|it| it.name == name)
    }
}

/// Takes of each module the first of its files that is there, and none twice; gives what is new.
fn taken_of(
    wanted: &[Vec<ModuleFile>],
    files: &Files,
    taken: &mut Sources,
) -> Result<Vec<(ModuleFile, String)>, Rejection> {
    let mut new = Vec::new();
    for candidates in wanted {
        for file in candidates {
            let path = file.path.to_string_lossy();
            if taken.file(&path).is_some() {
                break;
            }
            if taken.take(files, &file.path)? {
                let text = taken.file(&path).unwrap_or_default().to_owned();
                new.push((file.clone(), text));
                break;
            }
        }
    }
    Ok(new)
}

impl Reading {
    /// Reads the text of a file; none where it is not Rust.
    fn of(text: &str, at: &ModuleFile) -> Option<Self> {
        let mut syntax = syn::parse_file(text).ok()?;
        unit_tests::leave_out(&mut syntax);
        let path = at.path.display().to_string();
        let is_root = *at == ModuleFile::root();
        Some(Self {
            functions: loops::functions(&syntax, &path),
            items: if is_root { contract::items(&syntax, text) } else { Vec::new() },
            modules: Modules::of(&syntax, at),
            forbidden: tokens::forbidden(syntax.into_token_stream(), &path),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// What is taken of a lesson with these files in `src`.
    fn taken(files: &[(&str, &str)]) -> Result<(Vec<String>, Scan), String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let file = folder.path().join("src").join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let files = Files::of_folder(folder.path(), "ex");
        let (sources, scan) =
            Scan::take(&files, Reader::Here).unwrap().map_err(|it| it.to_string())?;
        let path = |path: &Path| path.strip_prefix("src").unwrap().display().to_string();
        Ok((sources.files().iter().map(|file| path(&file.path)).collect(), scan))
    }

    #[test]
    fn what_the_modules_lead_to_is_taken_and_nothing_else() {
        let files = [
            ("lib.rs", "mod a; mod b; #[path = \"c.d/e.rs\"] mod f; #[cfg(test)] mod g; mod gone;"),
            ("a.rs", "mod h;"),
            ("a/h.rs", ""),
            ("b/mod.rs", "mod i;"),
            ("b/i.rs", ""),
            ("c.d/e.rs", "mod j;"),
            ("c.d/j.rs", ""),
            ("g.rs", "unsafe"),
            ("draft.rs", "unsafe fn ("),
            ("a/draft.rs", "unsafe fn ("),
        ];
        let (paths, scan) = taken(&files).unwrap();
        assert_eq!(
            paths,
            ["a/h.rs", "a.rs", "b/i.rs", "b/mod.rs", "c.d/e.rs", "c.d/j.rs", "lib.rs"]
        );
        assert!(scan.readable && scan.forbidden.is_empty(), "{scan:?}");
    }

    #[test]
    fn files_of_modules_are_read_like_the_root() {
        let (_, scan) =
            taken(&[("lib.rs", "mod a;"), ("a.rs", "\nunsafe fn f() { loop {} }")]).unwrap();
        assert_eq!(scan.rejection("ex").unwrap().split(": ").next(), Some("ex/src/a.rs:2"));
        let (_, scan) = taken(&[("lib.rs", "mod a;"), ("a.rs", "fn (")]).unwrap();
        assert!(!scan.readable);
        let (paths, _) = taken(&[("lib.rs", "#[path = \"lib.rs\"] mod a;")]).unwrap();
        assert_eq!(paths, ["lib.rs"]);
    }

    #[test]
    fn a_crate_without_a_root_is_missing() {
        let missing = taken(&[("main.rs", "")]).unwrap_err();
        let told = "ex/src/lib.rs is not in the submission: there is ex/src/main.rs in its place.";
        assert!(missing.starts_with(told), "{missing}");
        assert!(taken(&[("a/b.rs", "")]).unwrap_err().contains("nothing was handed in"));
    }

    #[test]
    fn a_byte_order_mark_hides_nothing() {
        assert_eq!(Scan::of_text("\u{feff}unsafe fn f() {}").forbidden.len(), 1);
    }

    #[test]
    fn a_line_belongs_to_the_innermost_function_around_it() {
        let scan = Scan::of_text("fn f() {\n    fn g() {\n        h()\n    }\n    g()\n}\n");
        let name = |line| scan.function_at("mine/src/lib.rs", line).map(|it| &*it.name);
        assert_eq!([3, 5, 7].map(name), [Some("g"), Some("f"), None]);
        assert!(scan.function_at("mine/src/other.rs", 3).is_none());
    }

    #[test]
    fn what_is_not_rust_is_unreadable() {
        assert!(!Scan::of_text("fn f( {").readable);
        assert!(
            Scan::of_text(&"fn f(a: f64) -> f64 { let b = a; b + 1.0 }\n".repeat(3_000)).readable
        );
    }
}
