//! Finds the lessons of a course, for the build script of its grader.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    Item,
    surface::{Surface, parse},
};

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

fn course(root: &Path, leave_out: &[&str]) -> Generated {
    let (mut modules, mut entries, mut left_out) = (String::new(), Vec::new(), Vec::new());
    // Not `exercises`: cargo would build the grader again whenever a learner has changed a file.
    let mut read = vec![root.join("solutions")];
    for id in ids(root) {
        read.extend([root.join("exercises").join(&id).join("Cargo.toml")]);
        match lesson(root, &id, leave_out) {
            Ok(module) => {
                modules += &module;
                entries.push(format!("{id}::LESSON"));
            }
            Err(why) => left_out.push((id, why)),
        }
    }
    left_out.extend(misnamed(root));
    let (root, entries) = (root.display().to_string(), entries.join(", "));
    let text = format!(
        "{modules}static COURSE: ::engine::Course = ::engine::Course {{ root: {root:?}, \
         package: ::core::env!(\"CARGO_PKG_NAME\"), lessons: &[{entries}], left_out: &{left_out:?} }};\n"
    );
    Generated { text, read }
}

/// The lessons in the order of the course: what is called so in one of the two folders.
fn ids(root: &Path) -> Vec<String> {
    let named = ["solutions", "exercises"].into_iter().flat_map(|folder| folders(root, folder));
    let numbered: BTreeSet<_> = named.filter_map(|id| Some((numbers(&id)?, id))).collect();
    numbered.into_iter().map(|(_, id)| id).collect()
}

/// Folders that look like a lesson's, and are none.
fn misnamed(root: &Path) -> impl Iterator<Item = (String, String)> {
    let misnamed = |id: &String| id.starts_with("ex_") && numbers(id).is_none();
    folders(root, "solutions").into_iter().filter(misnamed).map(|id| {
        let why = format!("solutions/{id} is not called ex_<chapter>_<number>");
        (id, why)
    })
}

fn folders(root: &Path, name: &str) -> Vec<String> {
    let entries = fs::read_dir(root.join(name)).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = folders.filter_map(|it| it.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// The chapter and the number of `ex_<chapter>_<number>`.
fn numbers(id: &str) -> Option<(u32, u32)> {
    let (chapter, number) = id.strip_prefix("ex_")?.split_once('_')?;
    let (chapter, number) = (chapter.parse().ok()?, number.parse().ok()?);
    // Not `ex_+1_01`.
    (id == format!("ex_{chapter}_{number}")).then_some((chapter, number))
}

/// True when the checks have what their module is asked for. Without it the compiler would print every
/// static of its surroundings.
fn has_lesson(checks: &syn::File) -> bool {
    checks.items.iter().any(|item| match item {
        syn::Item::Const(item) => {
            item.ident == "LESSON" && matches!(item.vis, syn::Visibility::Public(_))
        }
        _ => false,
    })
}

/// The module of one lesson, or why it cannot be graded.
fn lesson(root: &Path, id: &str, leave_out: &[&str]) -> Result<String, String> {
    let file = |name: &str| format!("solutions/{id}/{name}");
    if leave_out.contains(&id) {
        return Err(format!("{} does not compile", file("checks.rs")));
    }
    let read = |name: &str| text(root, &file(name));
    let solution = read("src/lib.rs")?.ok_or_else(|| missing(&file("src/lib.rs")))?;
    let checks = read("checks.rs")?.ok_or_else(|| missing(&file("checks.rs")))?;
    let parsed = parse(&checks)
        .map_err(|(line, message)| format!("{}, line {line}: {message}", file("checks.rs")))?;
    if !has_lesson(&parsed) {
        return Err(format!("{} has no `pub const LESSON`", file("checks.rs")));
    }
    let dependencies = Dependencies::of(root, id)?;
    let earlier = earlier(root, &dependencies.lessons)?;
    let surface = Surface::building_on(&earlier, &solution, read("adapter.rs")?.as_deref());
    let surface = surface.map_err(|error| file(&error.to_string()))?;
    let formulas = read("formulas.rs")?.unwrap_or_default();
    let checks = Checks { path: &root.join(file("checks.rs")), text: &checks };
    Ok(module(id, checks, &surface, &dependencies, &formulas))
}

/// The solutions of these lessons, and of those that they build on in turn, by their ids.
fn earlier(root: &Path, lessons: &[String]) -> Result<Vec<(String, syn::File)>, String> {
    let (mut found, mut open) = (BTreeMap::new(), lessons.to_vec());
    while let Some(id) = open.pop() {
        if found.contains_key(&id) {
            continue;
        }
        let file = format!("solutions/{id}/src/lib.rs");
        let solution = text(root, &file)?.ok_or_else(|| missing(&file))?;
        let solution = parse(&solution)
            .map_err(|(line, message)| format!("{file}, line {line}: {message}"))?;
        open.extend(Dependencies::of(root, &id)?.lessons);
        found.insert(id, solution);
    }
    Ok(found.into_iter().collect())
}

/// The text of a file, if there is one.
fn text(root: &Path, file: &str) -> Result<Option<String>, String> {
    match fs::read_to_string(root.join(file)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{file}: {error}")),
    }
}

fn missing(file: &str) -> String {
    format!("{file} is missing")
}

/// The file of a lesson's checks.
struct Checks<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Checks<'_> {
    /// True where this name stands.
    fn name(&self, name: &str) -> bool {
        let is_part = |it: char| it.is_alphanumeric() || it == '_';
        self.text.split(|it| !is_part(it)).any(|word| word == name)
    }
}

fn module(
    id: &str,
    checks: Checks,
    surface: &Surface,
    dependencies: &Dependencies,
    formulas: &str,
) -> String {
    format!(
        "#[allow(missing_docs)] mod {id} {{ #[allow(dead_code, clippy::all)] \
         pub mod contract {{ {} }} #[path = {:?}] mod checks; \
         pub const LESSON: ::engine::checks::Lesson = ::engine::checks::Lesson {{ id: {id:?}, \
         contract: {}, formulas: {formulas:?}, ..checks::LESSON }}; }}\n",
        surface.typed(),
        checks.path.display().to_string(),
        contract(surface, &checks, dependencies),
    )
}

/// The expression of a [`Contract`](crate::Contract).
fn contract(surface: &Surface, checks: &Checks, dependencies: &Dependencies) -> String {
    let items: Vec<_> = surface.items.iter().map(item).collect();
    format!(
        "::engine::Contract {{ items: &[{}], impls: {:?}, instances: {:?}, glue: {:?}, \
         adapter: {:?}, crates: &{:?}, lessons: &{:?} }}",
        items.join(", "),
        surface.impls(),
        surface.instances,
        surface.glue(|name| checks.name(name)),
        surface.adapter_module(),
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
    dependencies: BTreeMap<String, IgnoredAny>,
}

impl Dependencies {
    fn of(root: &Path, id: &str) -> Result<Self, String> {
        let file = format!("exercises/{id}/Cargo.toml");
        let text = text(root, &file)?.ok_or_else(|| missing(&file))?;
        let manifest: Manifest =
            basic_toml::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
        let names = manifest.dependencies.into_keys().filter(|name| name != "ndarray");
        let (mut lessons, crates): (Vec<_>, _) = names.partition(|it| numbers(it).is_some());
        lessons.sort_by_key(|id| numbers(id));
        Ok(Self { crates, lessons })
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// A course of lessons that are each one function, whose files can then be changed.
    struct Course(TempDir);

    impl Course {
        fn of(ids: &[impl std::fmt::Display]) -> Self {
            let course = Self(tempfile::tempdir().unwrap());
            for id in ids {
                course.write(&format!("solutions/{id}/src/lib.rs"), "pub fn f(x: f64) {}");
                course.write(
                    &format!("solutions/{id}/checks.rs"),
                    "//! Checks.\npub const LESSON: u8 = 1;",
                );
                course.write(&format!("exercises/{id}/Cargo.toml"), "[dependencies]\n");
            }
            course
        }

        fn write(&self, file: &str, text: &str) {
            let file = self.0.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }

        fn remove(&self, file: &str) {
            fs::remove_file(self.0.path().join(file)).unwrap();
        }

        fn text(&self, leave_out: &[&str]) -> String {
            let text = course(self.0.path(), leave_out).text;
            syn::parse_file(&text).unwrap();
            text
        }

        /// The line that states the course.
        fn stated(&self) -> String {
            self.text(&[]).rsplit_once("lessons: &[").unwrap().1.to_owned()
        }
    }

    #[test]
    fn lessons_are_found_in_the_order_of_the_course() {
        let course = Course::of(&["ex_10_1", "ex_2_10", "ex_2_9"]);
        let expected = "ex_2_9::LESSON, ex_2_10::LESSON, ex_10_1::LESSON], left_out: &[] };\n";
        assert_eq!(course.stated(), expected);
    }

    #[test]
    fn each_broken_lesson_is_left_out_with_its_reason() {
        let course =
            Course::of(&[1, 2, 3, 4, 5, 6, 7, 8, 10].map(|number| format!("ex_1_{number}")));
        course.write("solutions/ex_1_1/src/lib.rs", "\npub fn ()");
        course.write("solutions/ex_1_2/checks.rs", "\n\nconst");
        course.write("solutions/ex_1_3/adapter.rs", "pub fn f(x: &dyn Layer) {}");
        course.write("exercises/ex_1_4/Cargo.toml", "dependencies = 1");
        course.remove("solutions/ex_1_5/checks.rs");
        course.remove("exercises/ex_1_6/Cargo.toml");
        course.write("exercises/ex_1_9/Cargo.toml", "");
        course.write("solutions/ex_1_10/checks.rs", "const LESSON: u8 = 1;");
        course.write("solutions/ex_1_x/src/lib.rs", "");
        let text = course.text(&["ex_1_7"]);
        for expected in [
            "lessons: &[ex_1_8::LESSON]",
            "(\"ex_1_1\", \"solutions/ex_1_1/src/lib.rs, line 2: does not parse: expected",
            "(\"ex_1_2\", \"solutions/ex_1_2/checks.rs, line 3: does not parse: ",
            "(\"ex_1_3\", \"solutions/ex_1_3/adapter.rs, line 1: `f` cannot be called: a value",
            "(\"ex_1_4\", \"exercises/ex_1_4/Cargo.toml: ",
            "(\"ex_1_5\", \"solutions/ex_1_5/checks.rs is missing\")",
            "(\"ex_1_6\", \"exercises/ex_1_6/Cargo.toml is missing\")",
            "(\"ex_1_7\", \"solutions/ex_1_7/checks.rs does not compile\")",
            "(\"ex_1_9\", \"solutions/ex_1_9/src/lib.rs is missing\")",
            "(\"ex_1_10\", \"solutions/ex_1_10/checks.rs has no `pub const LESSON`\")",
            "(\"ex_1_x\", \"solutions/ex_1_x is not called ex_<chapter>_<number>\")",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }

    #[test]
    fn a_lesson_names_its_crates_and_the_lessons_that_it_builds_on() {
        let course = Course::of(&["ex_2_1", "ex_3_1", "ex_10_1"]);
        let manifest = "[dependencies]\nndarray.workspace = true\nfastrand = \"2\"\n\
                        ex_10_1.path = \"../ex_10_1\"\nex_2_1 = { path = \"../ex_2_1\" }\n\
                        [dev-dependencies]\napprox = \"0.5\"\n";
        course.write("exercises/ex_3_1/Cargo.toml", manifest);
        let expected = "crates: &[\"fastrand\"], lessons: &[\"ex_2_1\", \"ex_10_1\"] }";
        assert!(course.text(&[]).contains(expected), "{}", course.text(&[]));
    }

    #[test]
    fn a_lesson_is_left_out_where_one_that_it_builds_on_cannot_be_read() {
        let course = Course::of(&["ex_1_1", "ex_1_2", "ex_1_3"]);
        for (id, earlier) in [("ex_1_3", "ex_1_2"), ("ex_1_2", "ex_1_1")] {
            let manifest = format!("[dependencies]\n{earlier}.path = \"../{earlier}\"\n");
            course.write(&format!("exercises/{id}/Cargo.toml"), &manifest);
        }
        assert!(course.stated().ends_with("left_out: &[] };\n"));
        course.write("solutions/ex_1_1/src/lib.rs", "\npub fn ()");
        let why = "solutions/ex_1_1/src/lib.rs, line 2: does not parse: expected";
        for id in ["ex_1_1", "ex_1_2", "ex_1_3"] {
            assert!(
                course.stated().contains(&format!("(\"{id}\", \"{why}")),
                "{}",
                course.stated()
            );
        }
    }

    #[test]
    fn cargo_watches_what_was_read_and_nothing_that_a_learner_edits() {
        let course = Course::of(&["ex_1_1"]);
        let root = course.0.path();
        let expected = [root.join("solutions"), root.join("exercises/ex_1_1/Cargo.toml")];
        assert_eq!(super::course(root, &[]).read, expected);
    }

    #[test]
    fn every_function_of_the_courses_of_this_repository_can_be_called() {
        let grader = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for root in [grader.parent().unwrap(), &grader.join("engine/tests/course")] {
            let generated = super::course(root, &[]);
            syn::parse_file(&generated.text).unwrap();
            assert!(generated.text.contains("left_out: &[] }"), "{}", root.display());
            for id in ids(root) {
                let read = |name| text(root, &format!("solutions/{id}/{name}")).unwrap();
                let (solution, adapter) = (read("src/lib.rs").unwrap(), read("adapter.rs"));
                let earlier = earlier(root, &Dependencies::of(root, &id).unwrap().lessons).unwrap();
                let surface =
                    Surface::building_on(&earlier, &solution, adapter.as_deref()).unwrap();
                assert!(adapter.is_some() || surface.uncrossable().is_empty(), "{surface:?}");
            }
        }
    }
}
