use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::support::{check, course, messages, root, solution, target};

/// A hostile file, and what must come of it.
pub struct Attack {
    pub name: String,
    /// `passed`, or two that may come of a limit: `passed or compile_error`.
    pub verdict: String,
    /// The row of `docs/attacks.md` that it belongs to, or `own`.
    pub row: String,
    /// What some of its messages have to say.
    says: String,
    /// The lesson whose solution attacks.
    pub lesson: String,
    /// The check that has the verdict, if not the first.
    check: Option<String>,
    /// What keeps the compiler busy, if it does.
    busy: Option<String>,
    /// What else changes in the solution.
    replacements: Vec<(String, String)>,
    text: String,
}

/// All attacks, by name.
pub fn attacks() -> Vec<Attack> {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/attacks/fixtures");
    let entries = fs::read_dir(fixtures).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| Attack::read(file)).collect()
}

impl Attack {
    fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        let headers = |name: &str| {
            let start = format!("// {name}: ");
            let values = text.lines().filter_map(|line| line.strip_prefix(&*start));
            values.map(str::to_owned).collect::<Vec<_>>()
        };
        let header = |name: &str| headers(name).into_iter().next();
        let owed = |name: &str| header(name).unwrap_or_else(|| panic!("{file:?} has no {name}"));
        let replacement = |line: String| {
            let (from, to) = line.split_once(" => ").expect("`from => to`");
            (from.to_owned(), to.to_owned())
        };
        Self {
            name: file.file_stem().unwrap().to_string_lossy().into_owned(),
            verdict: owed("verdict"),
            row: owed("row"),
            says: header("says").unwrap_or_default(),
            lesson: header("lesson").unwrap_or_else(|| "ex_90_1".to_owned()),
            check: header("check"),
            busy: header("busy"),
            replacements: headers("replace").into_iter().map(replacement).collect(),
            text,
        }
    }

    /// The solution of the lesson, whose forward pass attacks first.
    pub fn text(&self, canary: &Path) -> String {
        let home = std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned());
        let places = [
            ("{CANARY}", canary.to_str().unwrap()),
            ("{HOME}", &home),
            ("{ROOT}", root().to_str().unwrap()),
            ("{COURSE}", course().to_str().unwrap()),
            ("{TARGET}", target().to_str().unwrap()),
        ];
        let attack =
            places.iter().fold(self.text.clone(), |text, (name, path)| text.replace(name, path));
        expanded(&attack) + &self.victim()
    }

    fn victim(&self) -> String {
        let mut victim = solution(&self.lesson);
        for (from, to) in &self.replacements {
            assert!(victim.contains(from), "{}: the text to replace is gone: {from}", self.name);
            victim = victim.replace(from, to);
        }
        if self.text.contains("fn attack()") {
            victim = victim.replacen("    let z =", "    attack();\n    let z =", 1);
        }
        // An inner attribute has to come first.
        victim.lines().filter(|line| !line.starts_with("//!")).collect::<Vec<_>>().join("\n")
    }

    pub fn keeps_compiler_busy(&self) -> bool {
        self.says.contains("stopped after") || self.busy.is_some()
    }

    /// True when it goes on until it is stopped, or keeps the compiler busy.
    pub fn takes_long(&self) -> bool {
        self.verdict.contains("timed_out") || self.keeps_compiler_busy()
    }

    /// What is wrong with what the grader made of it.
    pub fn verdict_problems(&self, lesson: &Value) -> Vec<String> {
        let meant = self.check.as_ref().map_or(&lesson["checks"][0], |id| check(lesson, id));
        let verdict = &meant["verdict"];
        let is_expected = self.verdict.split(" or ").any(|expected| verdict == expected);
        let mut problems = Vec::new();
        // Other checks may be skipped because of it.
        if !is_expected || (verdict == "passed") != (lesson["verdict"] == "passed") {
            problems.push(format!("{verdict}, not {}: {}", self.verdict, messages(lesson)));
        }
        if !messages(lesson).contains(&self.says) {
            problems.push(format!("nothing says “{}”: {}", self.says, messages(lesson)));
        }
        problems
    }
}

/// The text with every `{1000 × words}` written out.
fn expanded(text: &str) -> String {
    let Some((before, rest)) = text.split_once(" × ") else { return text.to_owned() };
    let (before, times) = before.rsplit_once('{').expect("`{times × words}`");
    let (words, after) = rest.split_once('}').expect("`{times × words}`");
    before.to_owned() + &words.repeat(times.parse().expect("a number")) + &expanded(after)
}
