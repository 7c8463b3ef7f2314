//! The pages: mdBook makes them of the chapters, in the course's own looks, and what mdBook does not look at is
//! checked.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use mdbook_driver::{MDBook, config::Config};

use crate::{
    contents::{Contents, Part},
    fault::{BookError, Fault},
    markdown::Reference,
};

/// Tells a folder that holds a book.
const MARK: &str = ".gradlings-book";

/// How the pages look, and what they are set in.
const THEME: [(&str, &[u8]); 13] = [
    ("index.hbs", include_bytes!("../theme/index.hbs")),
    ("book.css", include_bytes!("../theme/book.css")),
    (
        "fonts/RAISED-LETTERS-LICENSE.txt",
        include_bytes!("../theme/fonts/RAISED-LETTERS-LICENSE.txt"),
    ),
    ("fonts/RaisedLetters.woff2", include_bytes!("../theme/fonts/RaisedLetters.woff2")),
    ("fonts/fonts.css", include_bytes!("../theme/fonts/fonts.css")),
    ("fonts/STIX2-LICENSE.txt", include_bytes!("../theme/fonts/STIX2-LICENSE.txt")),
    ("fonts/STIX2Math.woff2", include_bytes!("../theme/fonts/STIX2Math.woff2")),
    ("fonts/STIX2Text-Bold.woff2", include_bytes!("../theme/fonts/STIX2Text-Bold.woff2")),
    (
        "fonts/STIX2Text-BoldItalic.woff2",
        include_bytes!("../theme/fonts/STIX2Text-BoldItalic.woff2"),
    ),
    ("fonts/STIX2Text-Italic.woff2", include_bytes!("../theme/fonts/STIX2Text-Italic.woff2")),
    ("fonts/STIX2Text-Regular.woff2", include_bytes!("../theme/fonts/STIX2Text-Regular.woff2")),
    (
        "fonts/SOURCE-CODE-PRO-LICENSE.txt",
        include_bytes!("../theme/fonts/SOURCE-CODE-PRO-LICENSE.txt"),
    ),
    (
        "fonts/source-code-pro-v11-all-charsets-500.woff2",
        include_bytes!("../theme/fonts/source-code-pro-v11-all-charsets-500.woff2"),
    ),
];

/// mdBook's settings that differ from its own.
const SETTINGS: [(&str, &str); 5] = [
    ("output.html.theme", "theme"),
    ("output.html.default-theme", "light"),
    ("output.html.preferred-dark-theme", "coal"),
    ("output.html.input-404", ""),
    ("book.language", "en"),
];
const SWITCHES: [(&str, bool); 7] = [
    ("build.create-missing", false),
    ("build.use-default-preprocessors", false),
    ("output.html.hash-files", false),
    ("output.html.no-section-label", true),
    ("output.html.print.enable", false),
    ("output.html.playground.runnable", false),
    ("output.html.search.use-boolean-and", true),
];

/// A page as mdBook takes it.
pub struct Chapter<'a> {
    /// The name of its file without the ending.
    pub name: &'a str,
    pub title: String,
    pub text: String,
}

/// All of the book.
pub struct Site<'a> {
    pub contents: &'a Contents,
    pub chapters: &'a [Chapter<'a>],
    pub references: &'a [Reference],
}

impl Site<'_> {
    /// Makes the pages, all or nothing, in the place of an earlier book.
    pub fn write(&self, out: &Path) -> Result<(), BookError> {
        require_free(out)?;
        let parent = out.parent().filter(|it| *it != Path::new("")).unwrap_or(Path::new("."));
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| BookError::Write { path, source }
        };
        fs::create_dir_all(parent).map_err(failed(parent))?;
        let draft =
            tempfile::Builder::new().prefix(".book-").tempdir_in(parent).map_err(failed(parent))?;
        self.write_sources(draft.path()).map_err(failed(draft.path()))?;
        self.make(draft.path())?;
        let made = draft.path().join("book");
        finish(&made).map_err(failed(&made))?;
        self.check_references(&made)?;
        let earlier = draft.path().join("earlier");
        if out.exists() {
            fs::rename(out, &earlier).map_err(failed(out))?;
        }
        fs::rename(made, out).map_err(failed(out))
    }

    fn write_sources(&self, root: &Path) -> io::Result<()> {
        put(root, "src/SUMMARY.md", self.summary().as_bytes())?;
        for Chapter { name, text, .. } in self.chapters {
            put(root, &format!("src/{name}.md"), text.as_bytes())?;
        }
        THEME.iter().try_for_each(|(name, bytes)| put(root, &format!("theme/{name}"), bytes))
    }

    /// The table of contents, as mdBook reads it.
    fn summary(&self) -> String {
        let line = |name: &str| {
            let chapter = self.chapters.iter().find(|it| it.name == name);
            let title = chapter.map_or("", |it| &it.title).replace(['[', ']'], "");
            format!("[{title}]({name}.md)\n")
        };
        let part = |part: &Part| {
            let lines = part.pages.iter().map(|page| format!("- {}", line(&page.name)));
            format!("\n# {}\n\n{}", part.title, lines.collect::<String>())
        };
        let parts: String = self.contents.parts.iter().map(part).collect();
        format!("{}{parts}", line(&self.contents.start.name))
    }

    fn make(&self, root: &Path) -> Result<(), BookError> {
        let failed = |error: mdbook_driver::errors::Error| BookError::Pages(format!("{error:#}"));
        let mut config = Config::default();
        config.book.title = Some(self.contents.title.clone());
        config.book.description = Some(self.contents.description.clone());
        for (key, value) in SETTINGS {
            config.set(key, value).map_err(failed)?;
        }
        for (key, value) in SWITCHES {
            config.set(key, value).map_err(failed)?;
        }
        config.set("output.html.additional-css", ["theme/book.css"]).map_err(failed)?;
        MDBook::load_with_config(root, config).and_then(|book| book.build()).map_err(failed)
    }

    /// Headings that links name have to be there.
    fn check_references(&self, made: &Path) -> Result<(), BookError> {
        let mut faults = Vec::new();
        for Reference { fault, page, fragment } in self.references {
            let path = made.join(format!("{page}.html"));
            let text =
                fs::read_to_string(&path).map_err(|source| BookError::Read { path, source })?;
            if !text.contains(&format!("id=\"{fragment}\"")) {
                faults.push(Fault::clone(fault));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(BookError::Faults(faults)) }
    }
}

/// Nothing but a book is overwritten.
fn require_free(out: &Path) -> Result<(), BookError> {
    let is_free = match fs::read_dir(out) {
        Ok(mut entries) => entries.next().is_none() || out.join(MARK).exists(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if is_free { Ok(()) } else { Err(BookError::NotABook { out: out.to_owned() }) }
}

/// Writes the mark, and says of the headers of tables that they are those of columns.
fn finish(made: &Path) -> io::Result<()> {
    fs::write(made.join(MARK), "")?;
    for entry in fs::read_dir(made)? {
        let path: PathBuf = entry?.path();
        if path.extension().is_some_and(|it| it == "html") {
            let text = fs::read_to_string(&path)?;
            let text = text
                .replace("<th>", "<th scope=\"col\">")
                .replace("<th style", "<th scope=\"col\" style");
            fs::write(path, text)?;
        }
    }
    Ok(())
}

fn put(root: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap_or(root))?;
    fs::write(path, bytes)
}
