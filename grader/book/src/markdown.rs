//! Markdown of the course as mdBook takes it: formulas, graphs and plots drawn, links led to where the book
//! has what they name.

use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Component, Path, PathBuf},
};

use math_core::MathDisplay;
use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

use crate::{
    fault::{Fault, Source},
    formula::Formulas,
    graph, plots,
};

/// How a file is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Whether `$` begins a formula. Briefs are read in terminals, and have none.
    pub formulas: bool,
    /// How many levels deeper its headings stand in the page.
    pub deeper: usize,
}

/// A link into another place of the book, to be looked up when its pages are made.
#[derive(Debug)]
pub struct Reference {
    /// Where the link is, and what to say if it leads nowhere.
    pub fault: Fault,
    /// The page, without its ending.
    pub page: String,
    pub fragment: String,
}

/// What turns files into chapters, and keeps what is wrong with them.
pub struct Translator<'a> {
    root: &'a Path,
    /// The pages that hold files of the course, without their ending.
    chapters: BTreeMap<PathBuf, String>,
    /// What `{{NAME}}` stands for.
    inserts: BTreeMap<&'static str, String>,
    handout: bool,
    formulas: Formulas,
    pub faults: Vec<Fault>,
    pub references: Vec<Reference>,
}

/// A change of a text.
struct Edit {
    at: Range<usize>,
    text: String,
}

impl<'a> Translator<'a> {
    pub fn new(
        root: &'a Path,
        chapters: BTreeMap<PathBuf, String>,
        inserts: BTreeMap<&'static str, String>,
        handout: bool,
    ) -> Self {
        let (formulas, faults, references) = (Formulas::new(), vec![], vec![]);
        Self { root, chapters, inserts, handout, formulas, faults, references }
    }

    /// The chapter's text for a source.
    pub fn translated(&mut self, source: &Source, style: Style) -> String {
        let mut options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
        if style.formulas {
            options |= Options::ENABLE_MATH;
        }
        let parser = Parser::new_ext(&source.text, options).into_offset_iter();
        let events: Vec<_> = parser.collect();
        let mut edits = Vec::new();
        let mut at = 0;
        while let Some((event, range)) = events.get(at) {
            at += self.edit(source, style, event, range, &events[at + 1..], &mut edits) + 1;
        }
        // Both signs of a stray `$$` are found.
        self.faults.dedup();
        applied(&source.text, edits)
    }

    /// Collects the edits for one event, and says how many of those that follow are done with it.
    fn edit(
        &mut self,
        source: &Source,
        style: Style,
        event: &Event<'_>,
        range: &Range<usize>,
        following: &[(Event<'_>, Range<usize>)],
        edits: &mut Vec<Edit>,
    ) -> usize {
        let replaced = match event {
            Event::InlineMath(latex) => {
                self.inline(source, latex, range, edits);
                return 0;
            }
            Event::DisplayMath(latex) => self.formulas.mathml(latex, MathDisplay::Block),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if &**info == "pikchr" => {
                graph::drawn(&code(following))
            }
            // What is quoted is not looked at.
            Event::Start(Tag::CodeBlock(_)) => return block(following).count(),
            Event::Start(Tag::Paragraph) => match command(&source.text[range.clone()]) {
                Some(command) => self.inserted(command),
                None => return 0,
            },
            Event::Start(Tag::Heading { .. }) => {
                let at = range.start..range.start;
                edits.push(Edit { at, text: "#".repeat(style.deeper) });
                return 0;
            }
            Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                let inner = inner(following, range);
                self.link(source, *link_type, dest_url, range, inner, edits);
                return 0;
            }
            Event::Start(Tag::Image { .. }) => {
                Err("images are plots (`{{plot NAME}}`) or graphs (```pikchr)".to_owned())
            }
            Event::Start(Tag::HtmlBlock) if style.formulas => {
                self.summaries(source, range, edits);
                return 0;
            }
            Event::Text(_) => {
                self.faults.extend(stray(source, style, range));
                return 0;
            }
            _ => return 0,
        };
        match replaced {
            Ok(text) => {
                // The line's end, and what else ends a block, stays.
                let length = source.text[range.clone()].trim_end().len();
                edits.push(Edit { at: range.start..range.start + length, text });
            }
            Err(what) => self.faults.push(source.fault(range.start, what)),
        }
        // What stands in the range is replaced as a whole.
        following
            .iter()
            .take_while(|(_, inner)| inner.end <= range.end && inner.start >= range.start)
            .count()
    }

    /// Sets a formula of a line together with the signs at its side, which may not begin or end a line.
    fn inline(
        &mut self,
        source: &Source,
        latex: &str,
        range: &Range<usize>,
        edits: &mut Vec<Edit>,
    ) {
        let formula = match self.formulas.mathml(latex, MathDisplay::Inline) {
            Ok(formula) => formula,
            Err(what) => return self.faults.push(source.fault(range.start, what)),
        };
        let (before, after) = source.text.split_at(range.start);
        let before = &before[before.trim_end_matches(['(', '“']).len()..];
        let after = &after[range.len()..];
        let rest = after.trim_start_matches([',', '.', ':', ';', '!', '?', ')', '”', '’', '-']);
        let after = &after[..after.len() - rest.len()];
        let text = match before.is_empty() && after.is_empty() {
            true => formula,
            false => format!("<span class=\"whole\">{before}{formula}{after}</span>"),
        };
        edits.push(Edit { at: range.start - before.len()..range.end + after.len(), text });
    }

    /// What `{{…}}` on a line of its own stands for.
    fn inserted(&self, command: &str) -> Result<String, String> {
        match command.strip_prefix("plot ") {
            Some(name) => plots::drawn(name.trim(), self.root),
            None => self.inserts.get(command).cloned().ok_or_else(|| {
                let known: Vec<_> = self.inserts.keys().copied().collect();
                format!(
                    "unknown {{{{{command}}}}}: there are {}, and `plot NAME`",
                    known.join(", ")
                )
            }),
        }
    }

    /// Leads a link to the page that has what it names, or takes it away where the book has no such page.
    fn link(
        &mut self,
        source: &Source,
        kind: LinkType,
        target: &str,
        range: &Range<usize>,
        inner: Range<usize>,
        edits: &mut Vec<Edit>,
    ) {
        if target.contains("://") || target.starts_with("mailto:") {
            return;
        }
        if kind != LinkType::Inline {
            let what = "a link within the course is written as [text](path)";
            return self.faults.push(source.fault(range.start, what));
        }
        let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
        let from = source.file.parent().unwrap_or(Path::new(""));
        let file = if path.is_empty() { source.file.clone() } else { resolved(&from.join(path)) };
        let tail = inner.end..range.end;
        if let Some(page) = self.chapters.get(&file) {
            let hash = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
            edits.push(Edit { at: tail, text: format!("]({page}.md{hash})") });
            if !fragment.is_empty() {
                let fault =
                    source.fault(range.start, format!("{target} names no heading of that page"));
                let (page, fragment) = (page.clone(), fragment.to_owned());
                self.references.push(Reference { fault, page, fragment });
            }
        } else if self.root.join(&file).exists() && !file.starts_with("..") {
            edits.push(Edit { at: range.start..inner.start, text: String::new() });
            let text = self.without_link(&source.text[inner], &file);
            edits.push(Edit { at: tail, text });
        } else {
            let what = format!("the link {target} leads to no file of the course");
            self.faults.push(source.fault(range.start, what));
        }
    }

    /// What follows the text of a link whose file is not in the book.
    fn without_link(&self, text: &str, file: &Path) -> String {
        let told = file.ends_with(text.trim_matches('`'));
        // Learners have the exercises, and nothing else that is not in their book.
        let theirs = !self.handout || file.starts_with("exercises");
        if told || !theirs { String::new() } else { format!(" (`{}`)", file.display()) }
    }

    /// Sets what stands between `<summary>` tags, which is not Markdown for a parser.
    fn summaries(&mut self, source: &Source, range: &Range<usize>, edits: &mut Vec<Edit>) {
        let html = &source.text[range.clone()];
        let Some((before, rest)) = html.split_once("<summary>") else { return };
        let start = range.start + before.len() + "<summary>".len();
        let Some((summary, _)) = rest.split_once("</summary>") else {
            let what = "a <summary> without </summary>";
            return self.faults.push(source.fault(start, what));
        };
        let own = Source {
            file: source.file.clone(),
            text: summary.to_owned(),
            line: source.fault(start, "").line,
        };
        let text = self.translated(&own, Style { formulas: true, deeper: 0 });
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, Parser::new(&text));
        let html = html.trim().trim_start_matches("<p>").trim_end_matches("</p>").to_owned();
        edits.push(Edit { at: start..start + summary.len(), text: html });
    }
}

/// The events of a code block up to its end.
fn block<'a, 'b>(
    following: &'a [(Event<'b>, Range<usize>)],
) -> impl Iterator<Item = &'a (Event<'b>, Range<usize>)> {
    following.iter().take_while(|(it, _)| *it != Event::End(TagEnd::CodeBlock))
}

/// The text of a code block.
fn code(following: &[(Event<'_>, Range<usize>)]) -> String {
    let texts = block(following).filter_map(|(event, _)| match event {
        Event::Text(text) => Some(&**text),
        _ => None,
    });
    texts.collect()
}

/// Where the text of a link stands.
fn inner(following: &[(Event<'_>, Range<usize>)], link: &Range<usize>) -> Range<usize> {
    let inside = following.iter().take_while(|(it, _)| *it != Event::End(TagEnd::Link));
    let start = link.start + 1;
    inside.fold(start..start, |all, (_, range)| all.start..range.end)
}

/// The command of a paragraph that is `{{…}}`.
fn command(paragraph: &str) -> Option<&str> {
    Some(paragraph.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim())
}

/// What stands in a text as if it were more than text.
fn stray(source: &Source, style: Style, range: &Range<usize>) -> Option<Fault> {
    let text = &source.text[range.clone()];
    let dollar = text
        .find('$')
        .filter(|at| style.formulas && !source.text[..range.start + at].ends_with('\\'));
    let dollar = dollar.map(|at| {
        source.fault(range.start + at, "a $ that begins no formula: a line that begins with + or - makes a list of it, and \\$ is a dollar sign")
    });
    let braces = text
        .find("{{")
        .map(|at| source.fault(range.start + at, "{{…}} stands on a line of its own"));
    dollar.or(braces)
}

/// A path within the course without `.` and `..`; what leads out of it keeps its `..`.
fn resolved(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if whole.file_name().is_some() => drop(whole.pop()),
            Component::CurDir => (),
            part => whole.push(part),
        }
    }
    whole
}

fn applied(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.at.start);
    let mut whole = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        whole += &text[done..edit.at.start];
        whole += &edit.text;
        done = edit.at.end;
    }
    whole + &text[done..]
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMULAS: Style = Style { formulas: true, deeper: 0 };

    fn translator(root: &Path, handout: bool) -> Translator<'_> {
        let chapters = [("exercises/ex_1/README.md", "ex_1"), ("docs/a.md", "a")];
        let chapters = chapters.map(|(file, page)| (file.into(), page.to_owned()));
        let inserts = BTreeMap::from([("map", "<figure>the map</figure>".to_owned())]);
        Translator::new(root, chapters.into(), inserts, handout)
    }

    fn source(text: &str) -> Source {
        Source { file: "exercises/ex_1/page.md".into(), text: text.to_owned(), line: 1 }
    }

    /// What becomes of a text in a course with the file `exercises/ex_1/src/lib.rs`, and what is wrong with it.
    fn translated(text: &str, style: Style) -> (String, Vec<String>) {
        let root = tempfile::tempdir().unwrap();
        let src = root.path().join("exercises/ex_1/src");
        std::fs::create_dir_all(&src).unwrap();
        std::fs::write(src.join("lib.rs"), "").unwrap();
        std::fs::write(root.path().join("Cargo.toml"), "").unwrap();
        let mut translator = translator(root.path(), false);
        let text = translator.translated(&source(text), style);
        (text, translator.faults.iter().map(Fault::to_string).collect())
    }

    #[track_caller]
    fn faultless(text: &str) -> String {
        let (text, faults) = translated(text, FORMULAS);
        assert_eq!(faults, [""; 0]);
        text
    }

    #[test]
    fn formulas_are_drawn_in_paragraphs_tables_and_summaries_and_not_in_code() {
        let text = faultless(
            "a $x_1$ and `$y$`\n\n```sh\n{{a}} $b\n```\n\n| a | b |\n|---|---|\n| $z$ | c |\n\n$$\na\nb\n$$\n\n\
             <details><summary>Why $w$\nand `f`?</summary>\n\n$v$\n\n</details>\n",
        );
        assert_eq!(text.matches("<math").count(), 5, "{text}");
        assert!(text.contains("`$y$`") && text.contains("<code>f</code>?</summary>"), "{text}");
        assert_eq!(text.matches('$').count(), 3, "{text}");
    }

    #[test]
    fn no_line_begins_with_the_sign_behind_a_formula() {
        let text = faultless("a ($x$, $y$): $z$ and $w$-th\n");
        assert_eq!(text.matches("<span class=\"whole\">").count(), 3, "{text}");
        assert!(text.starts_with("a <span class=\"whole\">(<math"), "{text}");
        for end in ["</math>,</span> ", "</math>):</span> ", "</math> and ", "</math>-</span>th\n"]
        {
            assert!(text.contains(end), "{end}: {text}");
        }
    }

    #[test]
    fn a_brief_has_no_formulas() {
        let (text, faults) = translated("costs $1 or $2\n", Style::default());
        assert_eq!((text.as_str(), faults.len()), ("costs $1 or $2\n", 0));
    }

    #[test]
    fn graphs_plots_and_the_map_are_drawn() {
        let text = faultless("```pikchr\nbox \"tanh\"\n```\n\n{{plot tanh}}\n\n{{map}}\n\nend\n");
        assert!(text.starts_with("<figure class=\"graph\"><svg"), "{text}");
        assert_eq!(text.matches("<figure").count(), 3, "{text}");
        assert!(text.ends_with("the map</figure>\n\nend\n"), "{text}");
    }

    #[test]
    fn links_lead_into_the_book_or_become_text() {
        let text = faultless(
            "[a](../../docs/a.md#part), [the $x$](README.md), [`src/lib.rs`](src/lib.rs), \
             [settings](../../Cargo.toml), [out](https://example.org/a)\n",
        );
        assert!(text.starts_with("[a](a.md#part), [the <math"), "{text}");
        let end =
            "](ex_1.md), `src/lib.rs`, settings (`Cargo.toml`), [out](https://example.org/a)\n";
        assert!(text.ends_with(end), "{text}");
    }

    #[test]
    fn in_a_handout_a_file_of_the_course_is_not_named() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("Cargo.toml"), "").unwrap();
        let mut translator = translator(root.path(), true);
        let text = translator.translated(&source("[settings](../../Cargo.toml)"), FORMULAS);
        assert_eq!((text.as_str(), translator.faults.len()), ("settings", 0));
    }

    #[test]
    fn headings_go_deeper() {
        let (text, _) = translated("## A\n\ntext\n\n### B\n", Style { formulas: true, deeper: 1 });
        assert_eq!(text, "### A\n\ntext\n\n#### B\n");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, fault) in [
            ("a\n\n$\\nonsense$\n", "page.md:3: the formula"),
            ("a $ b\n", "page.md:1: a $ that begins no formula"),
            ("\n{{plot nonsense}}\n", "page.md:2: unknown plot nonsense: there are activations"),
            ("{{nonsense}}\n", "page.md:1: unknown {{nonsense}}: there are map"),
            ("a {{plot tanh}}\n", "page.md:1: {{…}} stands on a line of its own"),
            ("```pikchr\nbox \"\n```\n", "page.md:1: the graph does not draw"),
            ("a\n[b](nonsense.md)\n", "page.md:2: the link nonsense.md leads to no file"),
            ("[b](../../../../../etc/passwd)\n", "leads to no file"),
            ("![b](a.png)\n", "page.md:1: images are plots"),
            ("[b][c]\n\n[c]: src/lib.rs\n", "page.md:1: a link within the course is written"),
            (
                "<details><summary>a $\\nonsense$</summary>\n\nb\n\n</details>\n",
                "page.md:1: the formula",
            ),
        ] {
            let (_, faults) = translated(text, FORMULAS);
            assert!(faults.len() == 1 && faults[0].contains(fault), "{fault}: {faults:#?}");
        }
    }

    #[test]
    fn a_formula_that_became_a_list_is_told() {
        let (_, faults) = translated("so\n\n$$\na\n+ b\n$$\n", FORMULAS);
        let told =
            faults.iter().map(|it| it.split_once(": a line that begins with + or -").unwrap().0);
        let stray = |line| format!("exercises/ex_1/page.md:{line}: a $ that begins no formula");
        assert_eq!(told.collect::<Vec<_>>(), [stray(3), stray(6)]);
    }

    #[test]
    fn a_heading_that_is_named_is_looked_up_later() {
        let root = tempfile::tempdir().unwrap();
        let mut translator = translator(root.path(), false);
        translator.translated(&source("[a](../../docs/a.md#part)"), FORMULAS);
        let [reference] = &translator.references[..] else { panic!() };
        assert_eq!((reference.page.as_str(), reference.fragment.as_str()), ("a", "part"));
    }
}
