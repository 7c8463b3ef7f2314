//! What the command for the book does.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command as Process, Stdio},
};

use engine::{Course, Ending, Plan, Workspace};

use crate::{
    cli::{Book, Cli, Command},
    contents::{Contents, Matter, Page},
    fault::{BookError, Source},
    lesson, map,
    markdown::{Style, Translator},
    site::{Chapter, Site},
};

pub fn run(course: &'static Course, cli: &Cli) -> miette::Result<Ending> {
    match &cli.command {
        Command::Grader(command) => engine::run(course, command, &cli.common),
        Command::Book(command) => {
            let workspace = cli.common.workspace(course)?;
            let index = make(course, &workspace, command)?;
            anstream::println!("The book is made: {}", index.display());
            if command.open {
                open(index)?;
            }
            Ok(Ending::Complete)
        }
    }
}

/// Makes the book; gives its first page.
fn make(course: &Course, workspace: &Workspace, command: &Book) -> Result<PathBuf, BookError> {
    let contents = Contents::of(course, workspace, command.handout)?;
    let inserts = inserts(&contents, workspace)?;
    let root = workspace.root();
    let mut translator = Translator::new(root, contents.chapters(), inserts, command.handout);
    let chapters: Result<Vec<_>, _> =
        contents.pages().map(|page| chapter(&contents, page, root, &mut translator)).collect();
    let chapters = chapters?;
    if !translator.faults.is_empty() {
        return Err(BookError::Faults(translator.faults));
    }
    let site =
        Site { contents: &contents, chapters: &chapters, references: &translator.references };
    let default = if command.handout { "book-for-learners" } else { "book" };
    let out = command.out.clone().unwrap_or_else(|| workspace.cache().with_file_name(default));
    site.write(&out)?;
    Ok(out.join("index.html"))
}

/// What `{{…}}` stands for, beside plots.
fn inserts(
    contents: &Contents,
    workspace: &Workspace,
) -> Result<BTreeMap<&'static str, String>, BookError> {
    let path = workspace.root().join("docs/course.toml");
    let plan = Plan::read(workspace).map_err(|reason| BookError::Malformed { path, reason })?;
    let lessons: Vec<_> = contents.lessons().collect();
    let (map, tables) = (map::drawn(&lessons), map::tables(&lessons, &plan));
    Ok(BTreeMap::from([("lessons", tables), ("map", map)]))
}

fn chapter<'a>(
    contents: &Contents,
    page: &'a Page,
    root: &Path,
    translator: &mut Translator<'_>,
) -> Result<Chapter<'a>, BookError> {
    match &page.matter {
        Matter::Lesson(found) => {
            let lessons: Vec<_> = contents.lessons().collect();
            let text = lesson::page(root, found, &lessons, translator, contents.handout)?;
            let title = format!("{} {}", lesson::number(found.id), found.title);
            Ok(Chapter { name: &page.name, title, text })
        }
        Matter::File(file) => {
            let (source, title) = Source::read(root, file)?.without_title();
            let title = title.unwrap_or_else(|| page.name.clone());
            let style = Style { formulas: true, deeper: 0 };
            let text = format!("# {title}\n{}", translator.translated(&source, style));
            Ok(Chapter { name: &page.name, title, text })
        }
    }
}

fn open(page: PathBuf) -> Result<(), BookError> {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut process = Process::new(program);
    process.arg(&page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    process.spawn().map(drop).map_err(|source| BookError::Open { page, source })
}
