/// The files that this crate is built from: what is built from others is not built from these.
pub const SOURCES: [&str; FILES.len()] = {
    let mut texts = [""; FILES.len()];
    let mut at = 0;
    while at < FILES.len() {
        texts[at] = FILES[at].1;
        at += 1;
    }
    texts
};

macro_rules! files {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!($name))),*] };
}

const FILES: [(&str, &str); 22] = files![
    "../Cargo.toml",
    "../build.rs",
    "array.rs",
    "bytes.rs",
    "callback.rs",
    "element.rs",
    "frame.rs",
    "functions.rs",
    "guard.rs",
    "lib.rs",
    "line.rs",
    "list.rs",
    "mismatch.rs",
    "raw_array.rs",
    "record.rs",
    "scalar.rs",
    "sources.rs",
    "tuple.rs",
    "value.rs",
    "variant.rs",
    "wire.rs",
    "worker.rs",
];

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_source_file_is_named() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        let beside = ["../Cargo.toml", "../build.rs"].map(str::to_owned);
        assert_eq!(FILES.map(|(name, _)| name).to_vec(), [&beside[..], &names].concat());
    }
}
