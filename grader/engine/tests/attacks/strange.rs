//! Submissions that are strange as folders.

use std::{
    ffi::OsStr,
    fs::{self, Permissions},
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    },
    path::Path,
};

use rstest::rstest;
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use crate::{
    ALONE,
    grading::{Grading, HONEST, honest_problems},
    support::{Submission, messages, solution},
};

/// Makes the root of the lesson's crate something else than a file.
fn special(lesson: &Path, kind: FileType, device: (u32, u32)) {
    let file = lesson.join("src/lib.rs");
    fs::remove_file(&file).unwrap();
    let made = mknodat(CWD, &file, kind, Mode::RUSR, makedev(device.0, device.1));
    if made.is_err() {
        eprintln!("UNTRIED: only root makes devices");
        symlink("/dev/zero", file).unwrap();
    }
}

fn fifo(lesson: &Path) {
    special(lesson, FileType::Fifo, (0, 0));
}

fn device(lesson: &Path) {
    // /dev/zero, which never ends.
    special(lesson, FileType::CharacterDevice, (1, 5));
}

fn socket(lesson: &Path) {
    fs::remove_file(lesson.join("src/lib.rs")).unwrap();
    // The listener may go: its file stays.
    drop(UnixListener::bind(lesson.join("src/lib.rs")).unwrap());
}

fn folder(lesson: &Path) {
    fs::remove_file(lesson.join("src/lib.rs")).unwrap();
    fs::create_dir(lesson.join("src/lib.rs")).unwrap();
}

/// The solution, with a module in the file `src/{name}.rs`.
fn declare(lesson: &Path, name: &str) {
    fs::write(lesson.join("src/lib.rs"), solution("ex_90_1") + "mod " + name + ";").unwrap();
}

/// Puts a link in the place of a part of the lesson; the part moves aside.
fn linked(part: &Path) {
    let aside = part.with_extension("aside");
    fs::rename(part, &aside).unwrap();
    symlink(aside, part).unwrap();
}

fn linked_file(lesson: &Path) {
    linked(&lesson.join("src/lib.rs"));
}

fn linked_src(lesson: &Path) {
    linked(&lesson.join("src"));
}

fn linked_lesson(lesson: &Path) {
    linked(lesson);
}

fn link_to_itself(lesson: &Path) {
    declare(lesson, "round");
    symlink("round.rs", lesson.join("src/round.rs")).unwrap();
}

fn linked_module_folder(lesson: &Path) {
    declare(lesson, "inner");
    fs::create_dir(lesson.join("elsewhere")).unwrap();
    fs::write(lesson.join("elsewhere/mod.rs"), "").unwrap();
    symlink("../elsewhere", lesson.join("src/inner")).unwrap();
}

fn link_beside(lesson: &Path) {
    symlink("/etc/passwd", lesson.join("src/notes.rs")).unwrap();
}

fn linked_hard(lesson: &Path) {
    fs::hard_link(lesson.join("src/lib.rs"), lesson.join("notes.rs")).unwrap();
    fs::hard_link(lesson.join("src/lib.rs"), lesson.join("src/same.rs")).unwrap();
}

fn fifo_for_src(lesson: &Path) {
    fs::remove_dir_all(lesson.join("src")).unwrap();
    mknodat(CWD, lesson.join("src"), FileType::Fifo, Mode::RUSR, 0).unwrap();
}

fn fifo_beside(lesson: &Path) {
    mknodat(CWD, lesson.join("src/notes"), FileType::Fifo, Mode::RUSR, 0).unwrap();
}

fn file_for_lesson(lesson: &Path) {
    fs::remove_dir_all(lesson).unwrap();
    fs::write(lesson, solution("ex_90_1")).unwrap();
}

fn unreadable(lesson: &Path) {
    let file = lesson.join("src/lib.rs");
    fs::set_permissions(&file, Permissions::from_mode(0o0)).unwrap();
    if fs::read(&file).is_ok() {
        eprintln!("UNTRIED: nothing is unreadable for root");
        linked(&file);
    }
}

fn nothing(lesson: &Path) {
    fs::remove_dir_all(lesson).unwrap();
}

fn ten_megabytes(lesson: &Path) {
    fs::write(lesson.join("src/lib.rs"), vec![b' '; 10 << 20]).unwrap();
}

fn sparse_terabyte(lesson: &Path) {
    declare(lesson, "big");
    fs::File::create(lesson.join("src/big.rs")).unwrap().set_len(1 << 40).unwrap();
}

fn many_files(lesson: &Path) {
    for at in 0..1_000 {
        fs::write(lesson.join(format!("src/file_{at}.rs")), "").unwrap();
    }
}

/// A crate of so many files.
fn modules(lesson: &Path, count: usize) {
    let mut text = solution("ex_90_1");
    for at in 1..count {
        text += &format!("mod file_{at};");
        fs::write(lesson.join(format!("src/file_{at}.rs")), "").unwrap();
    }
    fs::write(lesson.join("src/lib.rs"), text).unwrap();
}

fn as_many_files_as_may_be(lesson: &Path) {
    modules(lesson, 64);
}

fn a_file_too_many(lesson: &Path) {
    modules(lesson, 65);
}

/// Each module declares one in the folder of its own.
fn deep_modules(lesson: &Path) {
    let mut text = solution("ex_90_1") + "mod deep;";
    let mut file = lesson.join("src/lib.rs");
    for depth in 1..8 {
        fs::write(file, text).unwrap();
        text = "mod deep;".to_owned();
        fs::create_dir_all(lesson.join(format!("src/{}", "deep/".repeat(depth)))).unwrap();
        file = lesson.join(format!("src/{}.rs", ["deep"].repeat(depth).join("/")));
    }
    fs::write(file, "").unwrap();
}

fn deep_folders(lesson: &Path) {
    fs::create_dir_all(lesson.join(format!("src/{}", "deep/".repeat(500)))).unwrap();
}

fn deeper_modules(lesson: &Path) {
    let deep = "deep/".repeat(8);
    fs::create_dir_all(lesson.join(format!("src/{deep}"))).unwrap();
    fs::write(lesson.join(format!("src/{deep}x.rs")), "").unwrap();
    let text = solution("ex_90_1") + &format!("#[path = \"{deep}x.rs\"] mod x;");
    fs::write(lesson.join("src/lib.rs"), text).unwrap();
}

fn names_alike(lesson: &Path) {
    declare(lesson, "LIB");
    fs::write(lesson.join("src/LIB.rs"), "").unwrap();
}

fn name_that_is_not_utf8(lesson: &Path) {
    fs::write(lesson.join("src").join(OsStr::from_bytes(b"caf\xe9.rs")), "").unwrap();
}

fn long_name(lesson: &Path) {
    fs::write(lesson.join(format!("src/{}.rs", "long".repeat(50))), "").unwrap();
}

/// What editors and systems leave beside a file.
fn leftovers(lesson: &Path) {
    for name in ["._lib.rs", ".DS_Store", "lib.rs~", "#lib.rs#", ".lib.rs.swp", "lib (copy).rs"] {
        fs::write(lesson.join("src").join(name), b"\0\xff unsafe").unwrap();
    }
    symlink("me@here.1", lesson.join("src/.#lib.rs")).unwrap();
    fs::write(lesson.join("src/draft.rs"), "unsafe fn broken( {").unwrap();
}

fn name_with_escapes(lesson: &Path) {
    fs::write(lesson.join("src/\u{1b}[2J\n::error::\u{202e}.rs"), "fn f() { unsafe {} }").unwrap();
}

fn other_files(lesson: &Path) {
    let write = |file: &str, text: &str| {
        fs::create_dir_all(lesson.join(file).parent().unwrap()).unwrap();
        fs::write(lesson.join(file), text).unwrap();
    };
    write("build.rs", "fn main() { panic!(\"built\") }");
    write(
        "Cargo.toml",
        "[package]\nname = \"ex_90_1\"\nbuild = \"build.rs\"\n[dependencies]\nno = \"9\"",
    );
    write(".cargo/config.toml", "[build]\nrustc-wrapper = \"/bin/false\"");
    write("rust-toolchain.toml", "[toolchain]\nchannel = \"none\"");
    write("rustfmt.toml", "no");
    write("macros/Cargo.toml", "[package]\nname = \"macros\"\n[lib]\nproc-macro = true");
    write("macros/src/lib.rs", "extern crate proc_macro; compile_error!(\"compiled\");");
    write("src/main.rs", "fn main() { panic!(\"ran\") }");
    write("src/bin/other.rs", "compile_error!(\"compiled\");");
    write("../Cargo.toml", "[workspace]\nmembers = [\"none\"]");
    write("../.cargo/config.toml", "[build]\nrustc = \"/bin/false\"");
    write("target/debug/ex_90_1", "");
}

#[rstest]
#[case::fifo(fifo, "rejected", "not a regular file")]
#[case::device(device, "rejected", "")]
#[case::socket(socket, "rejected", "")]
#[case::folder(folder, "not_implemented", "nothing was handed in")]
#[case::linked_file(linked_file, "rejected", "it is a link")]
#[case::linked_src(linked_src, "rejected", "it is a link")]
#[case::linked_lesson(linked_lesson, "rejected", "it is a link")]
#[case::link_to_itself(link_to_itself, "rejected", "it is a link")]
#[case::linked_module_folder(
    linked_module_folder,
    "rejected",
    "src/inner/mod.rs was not accepted: it is a link"
)]
#[case::link_beside(link_beside, "passed", "")]
#[case::linked_hard(linked_hard, "passed", "")]
#[case::fifo_for_src(fifo_for_src, "rejected", "not a folder")]
#[case::fifo_beside(fifo_beside, "passed", "")]
#[case::file_for_lesson(file_for_lesson, "rejected", "not a folder")]
#[case::unreadable(unreadable, "rejected", "")]
#[case::nothing(nothing, "not_implemented", "nothing was handed in")]
#[case::ten_megabytes(ten_megabytes, "rejected", "larger than 256 KiB")]
#[case::sparse_terabyte(sparse_terabyte, "rejected", "larger than 256 KiB")]
#[case::many_files(many_files, "passed", "")]
#[case::a_file_too_many(a_file_too_many, "rejected", "more than 64 source files")]
#[case::leftovers(leftovers, "passed", "")]
#[case::as_many_files_as_may_be(as_many_files_as_may_be, "passed", "")]
#[case::deep_modules(deep_modules, "passed", "")]
#[case::deep_folders(deep_folders, "passed", "")]
#[case::deeper_modules(deeper_modules, "rejected", "nested too deep")]
#[case::names_alike(names_alike, "rejected", "only in upper and lower case")]
#[case::name_that_is_not_utf8(name_that_is_not_utf8, "passed", "")]
#[case::long_name(long_name, "passed", "")]
#[case::name_with_escapes(name_with_escapes, "passed", "")]
#[case::other_files(other_files, "passed", "")]
fn a_strange_folder_gets_its_verdict_and_nothing_else(
    #[case] estrange: fn(&Path),
    #[case] verdict: &str,
    #[case] says: &str,
) {
    let _alone = ALONE.lock();
    // What is taken does not depend on what confines.
    let grading = Grading::new(&[]);
    let submission = Submission::empty().with("ex_90_1", solution("ex_90_1")).with_solution(HONEST);
    estrange(&Path::new(submission.path()).join("ex_90_1"));
    let graded = grading.grade(&submission, &["ex_90_1", HONEST]).unwrap();
    let lesson = graded.lesson("ex_90_1");
    assert_eq!(lesson["verdict"], verdict, "{lesson:#}");
    assert!(messages(lesson).contains(says), "{lesson:#}");
    let mut problems = grading.problems(&submission, &graded);
    problems.extend(honest_problems("beside it", &graded));
    assert!(problems.is_empty(), "{problems:?}");
}
