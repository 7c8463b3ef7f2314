//! Finds the lessons of a course, for the build script of its grader.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{Item, surface::Surface};

/// Lessons to leave out, separated by spaces: those whose checks do not compile.
const LEAVE_OUT: &str = "GRADLINGS_LEAVE_OUT";

/// Writes `course.rs` into the build's folder: a module for each lesson, and the static `COURSE`.
///
/// A build script calls it from the grader's package, beside which `exercises/` and `solutions/` lie:
///
/// ```no_run
/// contract::course::generate();
/// ```
///
/// # Panics
/// When the folder of the course cannot be read, or the file not written. A lesson that is not sound
/// is left out instead.
pub fn generate() {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let root = package.parent().expect("a grader lies in the folder of its course");
    println!("cargo::rerun-if-env-changed={LEAVE_OUT}");
    let left_out = env::var(LEAVE_OUT).unwrap_or_default();
    let left_out: Vec<_> = left_out.split_whitespace().collect();
    let course = course(root, &left_out);
    course.read.iter().for_each(|path| println!("cargo::rerun-if-changed={}", path.display()));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("course.rs");
    fs::write(&out, course.text).expect("cargo's folder for generated files can be written");
}

/// Generated text, and what it was made from.
struct Generated {
    text: String,
    read: Vec<PathBuf>,
}

/// One lesson, ready to be written.
struct Lesson {
    module: String,
    id: String,
}

fn course(root: &Path, leave_out: &[&str]) -> Generated {
    let (mut text, mut entries, mut left_out) = (String::new(), Vec::new(), Vec::new());
    let mut read = vec![root.join("solutions"), root.join("exercises")];
    for id in ids(&root.join("solutions")) {
        read.extend(sources(root, &id));
        let lesson = match leave_out.contains(&id.as_str()) {
            true => Err("its checks do not compile".to_owned()),
            false => lesson(root, &id),
        };
        match lesson {
            Ok(lesson) => {
                text += &lesson.module;
                entries.push(format!("{}::LESSON", lesson.id));
            }
            Err(why) => left_out.push((id, why)),
        }
    }
    let root = root.display().to_string();
    text += &format!(
        "static COURSE: ::engine::Course = ::engine::Course {{ root: {root:?}, lessons: &[{}], \
         left_out: &{left_out:?} }};\n",
        entries.join(", ")
    );
    Generated { text, read }
}

/// The lessons with a solution, in the order of the course.
fn ids(solutions: &Path) -> Vec<String> {
    let entries = fs::read_dir(solutions).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut ids: Vec<_> = folders
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|id| Some((numbers(&id)?, id)))
        .collect();
    ids.sort();
    ids.into_iter().map(|(_, id)| id).collect()
}

/// The chapter and the number of `ex_<chapter>_<number>`.
fn numbers(id: &str) -> Option<(u32, u32)> {
    let (chapter, number) = id.strip_prefix("ex_")?.split_once('_')?;
    Some((chapter.parse().ok()?, number.parse().ok()?))
}

/// What a lesson is read from.
fn sources(root: &Path, id: &str) -> Vec<PathBuf> {
    let solution = root.join("solutions").join(id);
    let mut files = ["", "src/lib.rs", "checks.rs"].map(|name| solution.join(name)).to_vec();
    // A file that is not there would count as changed each time; the folder tells when it comes.
    files.extend(Some(solution.join("adapter.rs")).filter(|file| file.exists()));
    files.push(root.join("exercises").join(id).join("Cargo.toml"));
    files
}

/// Reads one lesson, or says why it cannot be graded.
fn lesson(root: &Path, id: &str) -> Result<Lesson, String> {
    let shown = |name: &str| format!("solutions/{id}/{name}");
    let folder = root.join("solutions").join(id);
    let solution = text(&folder, "src/lib.rs").map_err(|why| format!("{}: {why}", shown("src/lib.rs")))?;
    let checks = text(&folder, "checks.rs").map_err(|why| format!("{}: {why}", shown("checks.rs")))?;
    if let Err(error) = syn::parse_file(&checks) {
        let line = error.span().start().line;
        return Err(format!("{}, line {line}: {error}", shown("checks.rs")));
    }
    let adapter = match folder.join("adapter.rs").exists() {
        true => Some(text(&folder, "adapter.rs").map_err(|why| format!("{}: {why}", shown("adapter.rs")))?),
        false => None,
    };
    let surface = Surface::read(&solution, adapter.as_deref());
    let surface = surface.map_err(|error| format!("{error} (in solutions/{id})"))?;
    let manifest = root.join("exercises").join(id).join("Cargo.toml");
    let dependencies = Dependencies::read(&manifest)
        .map_err(|why| format!("exercises/{id}/Cargo.toml: {why}"))?;
    let checks = folder.join("checks.rs").display().to_string();
    let module = format!(
        "#[allow(missing_docs)] mod {id} {{ #[allow(dead_code, clippy::all)] pub mod contract {{ {} }} \
         #[path = {checks:?}] mod checks; pub const LESSON: ::engine::checks::Lesson = \
         ::engine::checks::Lesson {{ id: {id:?}, contract: {}, ..checks::LESSON }}; }}\n",
        surface.typed(),
        contract(&surface, &dependencies),
    );
    Ok(Lesson { module, id: id.to_owned() })
}

fn text(folder: &Path, name: &str) -> Result<String, String> {
    fs::read_to_string(folder.join(name)).map_err(|error| error.to_string())
}

/// The expression of a [`Contract`](crate::Contract).
fn contract(surface: &Surface, dependencies: &Dependencies) -> String {
    let items: Vec<_> = surface.items.iter().map(item).collect();
    let functions: Vec<_> = surface.functions().collect();
    let adapter = match surface.adapter.is_empty() {
        true => String::new(),
        false => surface.adapter_module(),
    };
    format!(
        "::engine::Contract {{ items: &[{}], functions: &{functions:?}, impls: {:?}, glue: {:?}, \
         adapter: {adapter:?}, crates: &{:?}, lessons: &{:?} }}",
        items.join(", "),
        surface.impls(),
        surface.glue(),
        dependencies.crates,
        dependencies.lessons,
    )
}

fn item(item: &Item) -> String {
    let borrowed = |text: &str| format!("::std::borrow::Cow::Borrowed({text:?})");
    let [name, text, types] = [&item.name, &item.text, &item.types].map(|it| borrowed(it));
    format!("::engine::Item {{ name: {name}, text: {text}, types: {types} }}")
}

/// What an exercise's crate depends on.
struct Dependencies {
    crates: Vec<String>,
    lessons: Vec<String>,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    dependencies: std::collections::BTreeMap<String, serde::de::IgnoredAny>,
}

impl Dependencies {
    fn read(manifest: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(manifest).map_err(|error| error.to_string())?;
        let manifest: Manifest = basic_toml::from_str(&text).map_err(|error| error.to_string())?;
        let names = manifest.dependencies.into_keys().filter(|name| name != "ndarray");
        let (lessons, crates) = names.partition(|name| numbers(name).is_some());
        Ok(Self { crates, lessons })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A course in a folder of its own, removed with the value.
    struct Root(PathBuf);

    impl Root {
        fn new(name: &str) -> Self {
            let root = env::temp_dir().join(format!("contract-{name}-{}", std::process::id()));
            fs::create_dir_all(&root).unwrap();
            Self(root)
        }

        fn with(self, path: &str, text: &str) -> Self {
            let file = self.0.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
            self
        }

        fn with_lesson(self, id: &str, checks: &str) -> Self {
            let dependencies = "[dependencies]\nndarray.workspace = true\nfastrand = \"2\"\n\
                                ex_1_1 = { path = \"../ex_1_1\" }\n";
            self.with(&format!("solutions/{id}/src/lib.rs"), "pub fn f(x: f64) -> f64 { x }")
                .with(&format!("solutions/{id}/checks.rs"), checks)
                .with(&format!("exercises/{id}/Cargo.toml"), dependencies)
        }
    }

    impl Drop for Root {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn lessons_are_found_by_folder_and_ordered_by_number() {
        let root = Root::new("order").with_lesson("ex_10_1", "").with_lesson("ex_9_2", "");
        let root = root.with_lesson("ex_9_10", "").with("solutions/notes/src/lib.rs", "");
        let text = course(&root.0, &[]).text;
        let order = "lessons: &[ex_9_2::LESSON, ex_9_10::LESSON, ex_10_1::LESSON]";
        assert!(text.contains(order), "{text}");
        assert!(text.contains("crates: &[\"fastrand\"], lessons: &[\"ex_1_1\"]"), "{text}");
        syn::parse_file(&text).unwrap();
    }

    #[test]
    fn a_lesson_that_cannot_be_read_is_left_out_by_name() {
        let root = Root::new("left-out").with_lesson("ex_9_1", "fn f() {}\nfn (");
        let root = root.with_lesson("ex_9_2", "").with_lesson("ex_9_3", "");
        fs::remove_file(root.0.join("exercises/ex_9_3/Cargo.toml")).unwrap();
        let text = course(&root.0, &["ex_9_2"]).text;
        assert!(text.contains("lessons: &[]"), "{text}");
        for why in [
            "(\"ex_9_1\", \"solutions/ex_9_1/checks.rs, line 2: ",
            "(\"ex_9_2\", \"its checks do not compile\")",
            "(\"ex_9_3\", \"exercises/ex_9_3/Cargo.toml: ",
        ] {
            assert!(text.contains(why), "{why}: {text}");
        }
    }
}
