//! Links OpenBLAS where matrix products run on it.

fn main() {
    println!("cargo::rerun-if-env-changed=LIBRARY_PATH");
    if std::env::var_os("CARGO_FEATURE_OPENBLAS").is_some() {
        // An argument stands behind the crates that call the library, where every linker finds it.
        println!("cargo::rustc-link-arg=-lopenblas");
    }
}
