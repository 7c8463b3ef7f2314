//! The page of a lesson, made of its two folders.

use std::path::Path;

use engine::{checks::Lesson, variants};

use crate::{
    fault::{BookError, Source},
    markdown::{Style, Translator},
};

/// The sections of every `page.md`, in this order.
const SECTIONS: [&str; 6] = [
    "As a graph",
    "Beside …",
    "On the hardware",
    "A worked example",
    "Check your understanding",
    "Further reading",
];

const FORMULAS: Style = Style { formulas: true, deeper: 0 };

/// `ex_2_1` as `2.1`.
pub fn number(id: &str) -> String {
    id.trim_start_matches("ex_").replace('_', ".")
}

/// The lesson's page: what comes before it, the brief, what the book adds, and in the whole book, folded away,
/// the derivation and the common mistakes.
pub fn page(
    root: &Path,
    lesson: &'static Lesson,
    lessons: &[&'static Lesson],
    translator: &mut Translator<'_>,
    handout: bool,
) -> Result<String, BookError> {
    let exercise = Path::new("exercises").join(lesson.id);
    let (brief, title) = Source::read(root, exercise.join("README.md"))?.without_title();
    let title = title.unwrap_or_else(|| format!("{} · {}", number(lesson.id), lesson.title));
    let mut page = format!("# {title}\n\n{}\n", before(lesson, lessons));
    page += &translator.translated(&brief, Style::default());
    if root.join(&exercise).join("page.md").exists() {
        let more = Source::read(root, exercise.join("page.md"))?;
        check_sections(&more, translator);
        page += "\n";
        page += &translator.translated(&more, FORMULAS);
    }
    if !handout {
        page += &after(root, lesson, translator)?;
    }
    Ok(page)
}

/// What a learner should know first, and what the lesson is worth.
fn before(lesson: &Lesson, lessons: &[&'static Lesson]) -> String {
    let link = |id: &&str| match lessons.iter().find(|it| it.id == *id) {
        Some(it) => format!("[{} {}]({id}.md)", number(id), it.title),
        None => number(id),
    };
    let first: Vec<_> = lesson.prerequisites.iter().map(link).collect();
    let points = lesson.max_score();
    match first.is_empty() {
        true => format!("*{points} points.*\n"),
        false => format!("*Builds on {}. {points} points.*\n", first.join(", ")),
    }
}

/// The headings of a `page.md` are those of every other.
fn check_sections(page: &Source, translator: &mut Translator<'_>) {
    let mut at = 0;
    let mut in_code = false;
    let mut found = Vec::new();
    for line in page.text.split_inclusive('\n') {
        in_code ^= line.starts_with("```");
        let heading = line.strip_prefix("## ").filter(|_| !in_code);
        found.extend(heading.map(|heading| (at, heading.trim())));
        if !in_code && line.starts_with("# ") {
            let what = "a first-level heading, which the page has already";
            translator.faults.push(page.fault(at, what));
        }
        at += line.len();
    }
    let is_as = |is: &str, should_be: &str| match should_be.strip_suffix('…') {
        Some(beginning) => is.starts_with(beginning),
        None => is == should_be,
    };
    let mut pairs = found.iter().zip(SECTIONS);
    let wrong = pairs.find(|((_, is), should_be)| !is_as(is, should_be));
    if wrong.is_some() || found.len() != SECTIONS.len() {
        let at = wrong.map_or(page.text.len(), |((at, _), _)| *at);
        let what = format!("the sections are, in this order: {}", SECTIONS.join(", "));
        translator.faults.push(page.fault(at, what));
    }
}

/// What is for those who have passed.
fn after(
    root: &Path,
    lesson: &Lesson,
    translator: &mut Translator<'_>,
) -> Result<String, BookError> {
    let solution = Path::new("solutions").join(lesson.id);
    let (derivation, _) = Source::read(root, solution.join("derivation.md"))?.without_title();
    let wrong = Source::read(root, solution.join("wrong.rs"))?;
    let derivation = translator.translated(&derivation, Style { formulas: true, deeper: 1 });
    let mistakes = translator.translated(&mistakes(&wrong), Style::default());
    let derivation = folded("The derivation, and a walk through the solution", &derivation);
    let mistakes = folded("What common mistakes look like", &mistakes);
    Ok(format!("\n## After you passed\n\n{derivation}{mistakes}"))
}

fn folded(title: &str, text: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{}\n\n</details>\n\n", text.trim())
}

/// The wrong variants by name, and what a learner reads who made that mistake.
fn mistakes(wrong: &Source) -> Source {
    let variants = variants(&wrong.text);
    let told = variants.iter().map(|it| format!("- **`{}`**: {}\n", it.name, it.explanation));
    let preface = "The grader knows these mistakes by name, and says of each what stands here. Every one of \
                   them is a program that its tests run.\n\n";
    Source { text: preface.to_owned() + &told.collect::<String>(), ..wrong.clone() }
}
