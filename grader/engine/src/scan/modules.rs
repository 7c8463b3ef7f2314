//! The files that a crate's modules lie in, as the compiler finds them.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use syn::{Attribute, Expr, ExprLit, Item, ItemMod, Lit, Meta, ext::IdentExt, spanned::Spanned};

use super::Finding;

/// The folder that all files of a crate lie in.
const SRC: &str = "src";

/// A file of a crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleFile {
    /// Relative to the lesson's folder.
    pub path: PathBuf,
    /// The folder for the files of its own modules.
    folder: PathBuf,
}

impl ModuleFile {
    /// The root of the crate.
    pub fn root() -> Self {
        Self { path: Path::new(SRC).join("lib.rs"), folder: SRC.into() }
    }

    /// The folder that the file itself lies in.
    fn own_folder(&self) -> PathBuf {
        self.path.parent().unwrap_or(Path::new(SRC)).to_owned()
    }
}

/// What a file says of other files.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modules {
    /// For each module that lies in a file of its own: where it may lie.
    pub files: Vec<Vec<ModuleFile>>,
    /// Paths that lead out of the folder.
    pub astray: Vec<Finding>,
}

impl Modules {
    /// The modules that the file `at` declares, with those of the modules written in it.
    pub fn of(syntax: &syn::File, at: &ModuleFile) -> Self {
        let mut modules = Self::default();
        // A path in a module that is written here begins where the files of its modules lie.
        modules.read(&syntax.items, at, &at.folder, &at.own_folder());
        modules
    }

    fn read(&mut self, items: &[Item], at: &ModuleFile, folder: &Path, base: &Path) {
        for item in items {
            let Item::Mod(module) = item else { continue };
            let path = module.attrs.iter().find_map(path_attribute);
            match &module.content {
                Some((_, items)) => {
                    let name = module.ident.unraw().to_string();
                    let inner = path.map_or(folder.join(name), |path| base.join(path));
                    self.read(items, at, &inner, &inner);
                }
                None => self.declared(module, at, folder, path.map(|path| base.join(path))),
            }
        }
    }

    fn declared(
        &mut self,
        module: &ItemMod,
        at: &ModuleFile,
        folder: &Path,
        path: Option<PathBuf>,
    ) {
        let Some(path) = path else {
            let own = folder.join(module.ident.unraw().to_string());
            let files = [own.with_extension("rs"), own.join("mod.rs")];
            let file = |path| ModuleFile { path, folder: own.clone() };
            return self.files.push(files.map(file).into());
        };
        match inside(&path) {
            Some(path) => {
                let folder = path.parent().unwrap_or(Path::new(SRC)).to_owned();
                self.files.push(vec![ModuleFile { path, folder }]);
            }
            None => self.astray.push(Finding {
                path: at.path.display().to_string(),
                line: module.span().start().line,
                what: "`path` leads out of the folder `src`; please move the file there".to_owned(),
            }),
        }
    }
}

/// The file that an attribute `path` names.
fn path_attribute(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let Expr::Lit(ExprLit { lit: Lit::Str(path), .. }) = &pair.value else { return None };
    pair.path.is_ident("path").then(|| path.value())
}

fn inside(path: &Path) -> Option<PathBuf> {
    direct(path).filter(|path| path.starts_with(SRC) && path != Path::new(SRC))
}

/// The path without its detours, where it does not leave the lesson's folder.
pub fn direct(path: &Path) -> Option<PathBuf> {
    let mut inside = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => inside.push(name),
            Component::CurDir => (),
            Component::ParentDir => inside.pop().then_some(())?,
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the modules of the file at `path` may lie, which looks for them in `folder`.
    fn files(text: &str, path: &str, folder: &str) -> Vec<Vec<String>> {
        let at = ModuleFile { path: path.into(), folder: folder.into() };
        let modules = Modules::of(&syn::parse_file(text).unwrap(), &at);
        assert_eq!(modules.astray, []);
        let shown = |file: &ModuleFile| file.path.display().to_string();
        modules.files.iter().map(|files| files.iter().map(shown).collect()).collect()
    }

    #[test]
    fn a_module_lies_in_one_of_two_files() {
        let root = |text| files(text, "src/lib.rs", "src");
        assert_eq!(root("mod a;"), [["src/a.rs", "src/a/mod.rs"]]);
        assert_eq!(root("mod r#try;"), [["src/try.rs", "src/try/mod.rs"]]);
        assert_eq!(root("mod a { mod b; }"), [["src/a/b.rs", "src/a/b/mod.rs"]]);
        assert_eq!(files("mod b;", "src/a.rs", "src/a"), [["src/a/b.rs", "src/a/b/mod.rs"]]);
        assert!(root("mod a {} fn f() {}").is_empty());
    }

    #[test]
    fn a_path_begins_where_the_file_lies() {
        let root = |text| files(text, "src/lib.rs", "src");
        assert_eq!(root("#[path = \"x/y.rs\"] mod a;"), [["src/x/y.rs"]]);
        assert_eq!(root("#[path = \"./x/../y.rs\"] mod a;"), [["src/y.rs"]]);
        assert_eq!(root("mod a { #[path = \"y.rs\"] mod b; }"), [["src/a/y.rs"]]);
        assert_eq!(root("#[path = \"x\"] mod a { mod b; }"), [["src/x/b.rs", "src/x/b/mod.rs"]]);
        let nested = "#[path = \"y.rs\"] mod b; mod c { #[path = \"y.rs\"] mod d; }";
        assert_eq!(files(nested, "src/a.rs", "src/a"), [["src/y.rs"], ["src/a/c/y.rs"]]);
    }

    #[test]
    fn a_path_out_of_the_folder_is_found_with_its_line() {
        for path in ["/etc/passwd", "../lib.rs", "../../ex_2_1/src/lib.rs", "x/../.."] {
            let text = format!("\n#[path = {path:?}] mod a;");
            let modules = Modules::of(&syn::parse_file(&text).unwrap(), &ModuleFile::root());
            assert_eq!((modules.astray[0].line, modules.files.len()), (2, 0), "{path}");
        }
    }
}
