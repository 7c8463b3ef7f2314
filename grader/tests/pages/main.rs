//! The pages of the book beside the lessons.

mod notation;

use std::{fs, path::Path};

/// A page of `docs/`.
struct Page(String);

impl Page {
    fn of(name: &str) -> Self {
        Self(read(&format!("docs/{name}")))
    }
}

/// A file of the course.
fn read(file: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join(file)).unwrap()
}
