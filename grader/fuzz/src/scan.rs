use std::{fs, sync::LazyLock};

use engine::{
    intake::Files,
    scan::{Reader, Scan},
};
use proc_macro2::{TokenStream, TokenTree};
use tempfile::TempDir;

static LESSON: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("src")).expect("room for it");
    folder
});

/// Source text: whatever it is, it is read or said to be unreadable, and nothing that the words give
/// away stays unseen.
///
/// # Panics
/// When something does.
pub fn scan(bytes: &[u8]) {
    fs::write(LESSON.path().join("src/lib.rs"), bytes).expect("room for it");
    let files = Files::of_folder(LESSON.path(), "ex_1_1");
    let taken = Scan::take(&files, Reader::Here).expect("no process is needed");
    let Ok((sources, scan)) = taken else { return };
    let text = sources.file("src/lib.rs").expect("it was written");
    // Lines are not known here: under a fuzzer, `proc_macro2` leaves them out.
    if scan.readable
        && says_unsafe(text.trim_start_matches('\u{feff}').parse().expect("it was read"))
    {
        assert!(!scan.forbidden.is_empty(), "`unsafe` was not seen");
    }
}

fn says_unsafe(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "unsafe",
        TokenTree::Group(group) => says_unsafe(group.stream()),
        _ => false,
    })
}
