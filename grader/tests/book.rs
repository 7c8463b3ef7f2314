//! The book of the course: it is made, it opens in a browser as it should, and the one for learners tells
//! nothing of the solutions.

#[path = "../engine/tests/support/aloud.rs"]
mod aloud;
#[path = "../engine/tests/support/browser.rs"]
#[allow(dead_code)]
mod browser;
#[path = "../engine/tests/support/fragments.rs"]
#[allow(dead_code)]
mod fragments;
mod support {
    pub use crate::aloud::aloud;
}

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use browser::{Browser, Look};
use fragments::{Fragments, files};
use tempfile::TempDir;

/// What is asked of every page of the book beside what is asked of every page.
const QUESTIONS: &str = include_str!("book.js");

const LOOKS: [Look; 4] = [
    Look { width: 1280, scheme: "light", media: "screen" },
    Look { width: 400, scheme: "dark", media: "screen" },
    Look { width: 1280, scheme: "dark", media: "screen" },
    Look { width: 400, scheme: "light", media: "screen" },
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

fn grader(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_grader")).args(arguments).output().unwrap()
}

/// A book in a folder of its own.
struct Made {
    folder: TempDir,
}

impl Made {
    fn new(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Self { folder };
        let out = made.out();
        let output = grader(&[&["book", "--out", out.to_str().unwrap()], options].concat());
        assert!(output.status.success(), "{}", said(&output));
        made
    }

    fn out(&self) -> PathBuf {
        fs::canonicalize(self.folder.path()).unwrap().join("book")
    }

    fn page(&self, name: &str) -> PathBuf {
        self.out().join(format!("{name}.html"))
    }

    /// The pages that people read; the table of contents without scripts is none.
    fn pages(&self) -> Vec<PathBuf> {
        let pages = files(&self.out()).into_iter();
        pages
            .filter(|it| it.extension().is_some_and(|it| it == "html") && !it.ends_with("toc.html"))
            .collect()
    }
}

/// What is wrong with a page of the book.
fn examined(browser: &mut Browser, home: &Path, page: &Path, look: Look) -> Vec<String> {
    let mut found = browser.examine_in(home, page, look);
    found.extend(browser.list(&format!("({QUESTIONS})({})", look.width)));
    let foreign = browser.foreign_fonts("#probe p");
    found.extend(
        foreign.iter().map(|font| format!("a glyph comes from {font}, which others may lack")),
    );
    found
}

#[test]
fn every_page_opens_as_it_should() {
    let Some(mut browser) = Browser::start() else { return };
    let made = Made::new(&[]);
    let pages = made.pages();
    assert!(pages.len() > 20, "{pages:?}");
    let mut wrong = Vec::new();
    for page in &pages {
        let name = page.file_stem().unwrap().to_str().unwrap();
        for look in LOOKS {
            let found = examined(&mut browser, &made.out(), page, look);
            browser.picture(&format!("book-{name}-{}-{}", look.width, look.scheme));
            wrong.extend(
                found.iter().map(|it| format!("{name}, {} {}: {it}", look.width, look.scheme)),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The test of the test above: each fault is found.
#[test]
fn what_is_wrong_with_a_page_is_found() {
    let Some(mut browser) = Browser::start() else { return };
    let made = Made::new(&["--handout"]);
    let page = made.page("index");
    let right = fs::read_to_string(&page).unwrap();
    let phone = LOOKS[1];
    assert_eq!(examined(&mut browser, &made.out(), &page, phone), [""; 0]);
    for (fault, told) in [
        ("<p>costs $x$</p>", "a raw $"),
        ("<p>\u{378}</p>", "no glyph for U+378"),
        ("<p style='font-family: serif'>of this machine</p>", "a glyph comes from"),
        ("<p style='width: 500px'>wide</p>", "<p> is wider than the page"),
        ("<img alt='' src='http://127.0.0.1:9/x'>", "request: \"http://127.0.0.1:9/x\""),
        ("<script src='../elsewhere.js'></script>", "request: "),
        ("<script>console.error('no')</script>", "console: "),
    ] {
        let wrong = right.replacen("<main>", &format!("<main>{fault}"), 1);
        assert_ne!(wrong, right);
        fs::write(&page, wrong).unwrap();
        let found = examined(&mut browser, &made.out(), &page, phone).join("\n");
        assert!(found.contains(told), "{told}: {found}");
    }
}

#[test]
fn one_finds_ones_way_through_the_book() {
    let Some(mut browser) = Browser::start() else { return };
    let made = Made::new(&[]);
    for look in LOOKS {
        browser.examine_in(&made.out(), &made.page("index"), look);
        // The next page, and from there the contents.
        let follow = |selector: &str| format!("document.querySelector('{selector}').click()");
        browser.arrive(&follow(".turn .next"));
        assert_eq!(
            browser.ask("document.querySelector('h1').innerText"),
            "1.1 · The mathematical neuron"
        );
        let shown =
            "document.getElementById('mdbook-sidebar').checkVisibility({visibilityProperty: true})";
        if look.width < 600 {
            assert_eq!(browser.ask(shown), false, "{look:?}");
            browser.ask(&follow("#mdbook-sidebar-toggle"));
        }
        assert_eq!(browser.ask(shown), true, "{look:?}");
        browser.arrive(&follow("#mdbook-sidebar a[href$=\"ex_3_4.html\"]"));
        assert_eq!(browser.ask("document.querySelector('h1').innerText"), "3.4 · Training");
        // A search, and what it found.
        let found = browser.list(SEARCH);
        assert!(found.iter().any(|it| it.contains("ex_2_4.html")), "{look:?}: {found:#?}");
        browser.arrive("document.querySelector('#mdbook-searchresults a').click()");
        assert!(browser.ask("document.querySelectorAll('main mark').length").as_u64() > Some(0));
    }
}

/// Types a word into the search and waits for the pages that it finds.
const SEARCH: &str = "(async () => {
  document.getElementById('mdbook-search-toggle').click();
  const bar = document.getElementById('mdbook-searchbar');
  for (let turn = 0; turn < 200; turn += 1) {
    bar.value = 'truncation';
    bar.dispatchEvent(new KeyboardEvent('keyup', { key: 'n' }));
    const found = [...document.querySelectorAll('#mdbook-searchresults a')].map((it) => it.href);
    if (found.length) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return [];
})()";

/// Derivations, walk-throughs, solutions, checks, wrong variants, in the words of a page and of the search.
#[test]
fn the_book_for_learners_tells_nothing_of_the_solutions() {
    let secrets = Fragments::of(&root().join("solutions"), &[root().join("exercises")]);
    let told = |made: &Made| {
        let texts = made
            .pages()
            .into_iter()
            .map(|page| (text_of(&fs::read_to_string(&page).unwrap()), page));
        let index = made.out().join("searchindex.js");
        let texts = texts.chain([(fs::read_to_string(&index).unwrap(), index)]);
        let found =
            texts.filter_map(|(text, page)| Some((page, secrets.in_text(&text)?.to_owned())));
        found.collect::<Vec<_>>()
    };
    let made = Made::new(&["--handout"]);
    assert_eq!(told(&made), []);
    assert!(made.page("ex_1_1").is_file() && !made.page("gallery").exists());
    // The whole book would be found, page by page.
    let whole = Made::new(&[]);
    let lessons = whole.pages().iter().filter(|it| it.to_string_lossy().contains("/ex_")).count();
    let found = told(&whole);
    let in_lessons =
        found.iter().filter(|(page, _)| page.to_string_lossy().contains("/ex_")).count();
    assert_eq!(in_lessons, lessons, "{found:#?}");
    assert!(found.iter().any(|(page, _)| page.ends_with("searchindex.js")));
}

/// The words of a page, without tags.
fn text_of(page: &str) -> String {
    let (_, main) = page.split_once("<main>").unwrap();
    let (main, _) = main.split_once("</main>").unwrap();
    let pieces = main.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    let text = pieces.collect::<Vec<_>>().join(" ");
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text, |text, (code, sign)| text.replace(code, sign))
}

#[test]
fn a_book_takes_the_place_of_a_book_and_of_nothing_else() {
    let made = Made::new(&["--handout"]);
    fs::write(made.page("left_over"), "").unwrap();
    let out = made.out();
    let out = out.to_str().unwrap();
    let output = grader(&["book", "--handout", "--out", out]);
    assert!(output.status.success() && !made.page("left_over").exists(), "{}", said(&output));
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("thesis.tex"), "").unwrap();
    let output = grader(&["book", "--out", home.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("something else is there"), "{}", said(&output));
    assert_eq!(files(home.path()).len(), 1);
}
