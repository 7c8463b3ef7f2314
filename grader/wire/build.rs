//! Links OpenBLAS where ndarray's products run on it.
//!
//! Not by openblas-src, as the solutions do: learners wait for this build, and it can download and
//! compile OpenBLAS, for which it needs some fifty crates.

use std::{env, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LIBRARY_PATH");
    if env::var_os("CARGO_FEATURE_OPENBLAS").is_none() {
        return;
    }
    println!("cargo::rustc-link-lib=openblas");
    // Workers are linked with an empty environment: the folder has to be known to cargo.
    let folders = env::var("LIBRARY_PATH").unwrap_or_default();
    let holds_it = |folder: &&str| {
        ["so", "dylib", "a"]
            .iter()
            .any(|it| Path::new(folder).join("libopenblas").with_extension(it).is_file())
    };
    for folder in folders.split(':').filter(holds_it) {
        println!("cargo::rustc-link-search={folder}");
    }
}
