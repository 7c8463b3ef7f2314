//! What a learner's repository was handed, so that the course's files can be told from their work.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path},
};

use quote::ToTokens;
use serde::{Deserialize, Serialize};

use super::{Entry, Handout};
use crate::hash::hash;

/// Where the record lies in a learner's repository.
pub const PATH: &str = ".gradlings/handout.json";

/// The version of the record's form.
const VERSION: u32 = 1;

/// The files of a handout by their hashes.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    version: u32,
    /// The hash of each file.
    pub files: BTreeMap<String, String>,
    /// What each stub asks for, by the path of the stub and the name of the item.
    pub stubs: BTreeMap<String, Stub>,
    /// The files that learners write in, as they were handed out.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
}

/// The public items of a stub.
pub type Stub = BTreeMap<String, Asked>;

/// A public item of a stub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// As it is written, without documentation and body.
    pub signature: String,
    /// The hash of the whole item.
    pub whole: String,
}

impl Record {
    pub fn of(handout: &Handout) -> Self {
        let files = handout.files.iter();
        let texts = files.clone().filter(|(path, _)| is_work(path));
        let texts: BTreeMap<_, _> = texts
            .filter_map(|(path, entry)| {
                let text = std::str::from_utf8(&entry.bytes).ok()?;
                Some((path.clone(), text.to_owned()))
            })
            .collect();
        let stubs = texts.iter().filter_map(|(path, text)| Some((path.clone(), stub(text)?)));
        let stubs = stubs.collect();
        let hashes = files.map(|(path, entry)| (path.clone(), hash_of(&entry.bytes)));
        Self { version: VERSION, files: hashes.collect(), stubs, texts }
    }

    /// The record of a learner's repository; `None` where it is lost, unreadable, or of another version.
    pub fn read(root: &Path) -> Option<Self> {
        let record: Self = serde_json::from_slice(&fs::read(root.join(PATH)).ok()?).ok()?;
        let is_inside = |path: &String| {
            let mut parts = Path::new(path).components();
            !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
        };
        (record.version == VERSION && record.files.keys().all(is_inside)).then_some(record)
    }

    /// The file that holds it.
    pub fn entry(&self) -> Entry {
        let text = serde_json::to_string_pretty(self).expect("hashes and names are JSON");
        Entry { bytes: (text + "\n").into(), executable: false }
    }
}

/// The hash of a file.
pub fn hash_of(bytes: &[u8]) -> String {
    hash([bytes])
}

/// True for what a learner writes: `exercises/*/src/**`.
pub fn is_work(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next() == Some("exercises") && parts.nth(1) == Some("src")
}

/// The public items of a stub, if it parses.
fn stub(text: &str) -> Option<Stub> {
    let file = syn::parse_file(text).ok()?;
    let asked = |item: contract::Item| {
        let whole = file.items.iter().filter(|it| names(it).as_deref() == Some(&*item.name));
        let whole: Vec<_> = whole.map(|it| it.to_token_stream().to_string()).collect();
        (item.name.into_owned(), Asked { signature: item.text.into_owned(), whole: hash(whole) })
    };
    Some(contract::items(&file, text).into_iter().map(asked).collect())
}

/// What an item is, or is about.
fn names(item: &syn::Item) -> Option<String> {
    Some(match item {
        syn::Item::Fn(item) => item.sig.ident.to_string(),
        syn::Item::Struct(item) => item.ident.to_string(),
        syn::Item::Enum(item) => item.ident.to_string(),
        syn::Item::Trait(item) => item.ident.to_string(),
        syn::Item::Type(item) => item.ident.to_string(),
        syn::Item::Impl(item) => item.self_ty.to_token_stream().to_string(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_of_exercises_are_the_learners_work() {
        assert!(is_work("exercises/ex_1_1/src/lib.rs") && is_work("exercises/ex_1_1/src/a/b.rs"));
        assert!(
            ["exercises/ex_1_1/README.md", "src/lib.rs", "grader/wire/src/lib.rs"]
                .iter()
                .all(|path| !is_work(path))
        );
    }

    #[test]
    fn what_a_stub_asks_for_changes_with_its_signature_and_its_text() {
        let of = |text: &str| stub(text).unwrap()["f"].clone();
        let asked = of("/// One.\npub fn f(x: f64) -> f64 { todo!(\"a\") }");
        assert_eq!(asked.signature, "pub fn f(x: f64) -> f64");
        let told = of("/// Two.\npub fn f(x: f64) -> f64 { todo!(\"a\") }");
        assert_eq!((&told.signature, told.whole == asked.whole), (&asked.signature, false));
        assert_ne!(
            of("/// One.\npub fn f(x: f32) -> f64 { todo!(\"a\") }").signature,
            asked.signature
        );
        assert_eq!(of("/// One.\npub fn f(x: f64)\n -> f64 { todo!(\"a\") }").whole, asked.whole);
    }

    #[test]
    fn a_record_that_leads_out_of_the_repository_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let file = folder.path().join(PATH);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            let text =
                format!("{{\"version\": 1, \"files\": {{{path:?}: \"\"}}, \"stubs\": {{}}}}");
            fs::write(file, text).unwrap();
            Record::read(folder.path()).is_some()
        };
        assert!(write("exercises/ex_1_1/README.md"));
        assert!(!write("../elsewhere") && !write("/etc/passwd"));
    }
}
