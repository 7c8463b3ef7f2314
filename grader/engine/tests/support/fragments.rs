//! Looks for what must not be handed out: stretches of the solutions, however they are laid out.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

/// How many words and signs in a row count as taken from a solution. Fewer are idioms: 16 in a row are
/// shared by lessons and libraries that know nothing of each other.
const LENGTH: usize = 24;

/// Rulers of tables and rows of digits are nobody's secret.
const MIN_WORDS: usize = 6;

/// What stands in secret files, and in none that learners need for their work.
pub struct Fragments {
    of: HashMap<String, PathBuf>,
}

impl Fragments {
    pub fn of(secret: &Path, allowed: &[PathBuf]) -> Self {
        // The pages of the book are written beside the solutions, and must not repeat them.
        let allowed = allowed.iter().flat_map(|folder| files(folder));
        let allowed = allowed.filter(|file| !file.ends_with("page.md"));
        let allowed: HashSet<_> = allowed.flat_map(|file| stretches(&read(&file))).collect();
        let mut of = HashMap::new();
        // A manifest tells nothing, and `brief.rs` repeats what brief and page show.
        let tells = |file: &PathBuf| !file.ends_with("Cargo.toml") && !file.ends_with("brief.rs");
        for file in files(secret).into_iter().filter(tells) {
            let own = stretches(&read(&file)).into_iter().filter(|it| !allowed.contains(it));
            of.extend(own.map(|stretch| (stretch, file.clone())));
        }
        Self { of }
    }

    /// Where a text holds something of a secret file.
    pub fn in_text(&self, text: &str) -> Option<&Path> {
        stretches(text).iter().find_map(|stretch| self.of.get(stretch)).map(PathBuf::as_path)
    }

    /// The files below a folder that hold something of a secret file, each with that file.
    pub fn in_folder(&self, folder: &Path) -> Vec<(PathBuf, PathBuf)> {
        let found = |file: PathBuf| {
            let source = self.in_text(&read(&file))?.to_owned();
            Some((file, source))
        };
        files(folder).into_iter().filter_map(found).collect()
    }
}

/// Every file below a folder, hidden ones too.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn read(file: &Path) -> String {
    String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned()
}

fn stretches(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let is_telling = |stretch: &&[&str]| {
        stretch.iter().filter(|it| it.starts_with(char::is_alphabetic)).count() >= MIN_WORDS
    };
    tokens.windows(LENGTH).filter(is_telling).map(|stretch| stretch.join(" ")).collect()
}

/// The words and signs of a text, without those that lay it out, which a page does not show.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let end =
            if is_word(first) { rest.find(|it| !is_word(it)) } else { Some(first.len_utf8()) };
        let (token, after) = rest.split_at(end.unwrap_or(rest.len()));
        if !["`", "*", "|", "$"].contains(&token) {
            tokens.push(token);
        }
        rest = after.trim_start();
    }
    tokens
}
