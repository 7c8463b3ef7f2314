//! What grading a class costs: a generated class in one batch, against `cargo test` of the same files one
//! after the other in a shared target folder, before and after it in one run.
//!
//! ```text
//! cargo run --package grader --example class_speed -- 200
//! ```
//!
//! The number says how many learners there are, each with eight lessons: solutions, solutions with a remark
//! of the learner's own, other correct styles, wrong ones, stubs, files that do not compile, and hostile ones.
//! It works in `target/class_speed`.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const LESSONS: [&str; 8] =
    ["ex_1_1", "ex_1_4", "ex_2_1", "ex_2_2", "ex_2_4", "ex_3_1", "ex_3_2", "ex_3_3"];

/// How many learners' files the rival tests, before the batch and after it.
const TESTED: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let learners = std::env::args().nth(1).map_or(Ok(200), |text| text.parse())?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no workspace")?;
    let place = Place { root: root.to_owned(), folder: root.join("target/class_speed") };
    place.make(learners)?;
    place.batch("build", 1)?;
    place.rival(&[0])?;
    let before = place.rival(&(1..=TESTED).collect::<Vec<_>>())?;
    let graded = place.batch("graded", learners)?;
    let known = place.batch("graded", learners)?;
    let after = place.rival(&(TESTED + 1..=2 * TESTED).collect::<Vec<_>>())?;
    let rival = (before + after) / (2 * TESTED * LESSONS.len()) as f64;
    let [works, distinct] = graded.counts;
    let compiled = (graded.seconds - known.seconds) / distinct as f64;
    println!("| what | figure |\n|---|---|");
    println!("| learners, lessons handed in, distinct copies | {learners}, {works}, {distinct} |");
    println!("| a copy that is graded | {compiled:.3} s |");
    println!("| `cargo test` of a lesson, shared target folder | {rival:.3} s |");
    println!("| ratio | {:.2} |", compiled / rival);
    println!("| a lesson whose content is known | {:.1} ms |", 1e3 * known.seconds / works as f64);
    println!("| memory of the batch at its peak | {} MiB |", graded.memory_mib);
    println!("| built workers on disk afterwards | {} MiB |", place.workers_mib()?);
    Ok(())
}

/// Where everything is.
struct Place {
    root: PathBuf,
    folder: PathBuf,
}

/// What a batch took.
struct Batch {
    seconds: f64,
    /// The lessons handed in, and the copies that were graded.
    counts: [usize; 2],
    memory_mib: u64,
}

impl Place {
    fn make(&self, learners: usize) -> Result<(), Box<dyn Error>> {
        let _ = fs::remove_dir_all(self.folder.join("class"));
        let class = self.folder.join("class");
        let mut roster = "id,name\n".to_owned();
        for learner in 0..learners {
            roster += &format!("s{learner:05},Learner {learner}\n");
            for (at, lesson) in LESSONS.iter().enumerate() {
                let src = class.join("in").join(format!("s{learner:05}")).join(lesson).join("src");
                fs::create_dir_all(&src)?;
                fs::write(src.join("lib.rs"), self.handed_in(lesson, learner * 31 + at * 7)?)?;
            }
        }
        fs::write(class.join("roster.csv"), roster)?;
        let settings = format!(
            "name = \"Speed\"\nroster = \"roster.csv\"\n[[assignment]]\nid = \"all\"\n\
             lessons = {LESSONS:?}\nseed = 1\n"
        );
        fs::write(class.join("course.toml"), settings)?;
        let rival = self.folder.join("rival");
        fs::create_dir_all(&rival)?;
        for part in ["Cargo.toml", "Cargo.lock", "grader", "exercises", "solutions"] {
            Command::new("cp").arg("-R").arg(self.root.join(part)).arg(&rival).status()?;
        }
        Ok(())
    }

    /// What learner `number` hands in for a lesson.
    fn handed_in(&self, lesson: &str, number: usize) -> Result<String, Box<dyn Error>> {
        let read = |file: &str| fs::read_to_string(self.root.join(file));
        let solution = read(&format!("solutions/{lesson}/src/lib.rs"))?;
        let remark = format!("\n// {number}\n");
        Ok(match number % 20 {
            0..3 => read(&format!("exercises/{lesson}/src/lib.rs"))?,
            3..6 => solution,
            6..12 => solution + &remark,
            12 => solution.replacen("pub fn ", "pub fun ", 1) + &remark,
            13 => {
                solution.replacen("{\n    let ", "{\n    std::process::abort();\n    let ", 1)
                    + &remark
            }
            wrong => {
                let signs: Vec<_> = solution.match_indices(" * ").map(|(at, _)| at).collect();
                let at = signs.get(wrong % signs.len().max(1)).copied().unwrap_or(0);
                let (start, end) = solution.split_at(at);
                start.to_owned() + &end.replacen(" * ", " + ", 1) + &remark
            }
        })
    }

    /// Grades the first learners into a gradebook.
    fn batch(&self, out: &str, learners: usize) -> Result<Batch, Box<dyn Error>> {
        let class = self.folder.join("class");
        let submissions = if learners == 1 { self.only_one()? } else { class.join("in") };
        let mut batch = Command::new(self.root.join("x"));
        batch.arg("batch").arg(submissions).arg("--class").arg(class.join("course.toml"));
        batch.arg("--out").arg(class.join(out)).stdout(Stdio::piped()).stderr(Stdio::null());
        let start = Instant::now();
        let mut running = batch.spawn()?;
        let mut memory_mib = 0;
        while running.try_wait()?.is_none() {
            memory_mib = memory_mib.max(peak_mib(running.id()).unwrap_or(0));
            thread::sleep(Duration::from_millis(20));
        }
        let seconds = start.elapsed().as_secs_f64();
        let said = String::from_utf8(running.wait_with_output()?.stdout)?;
        let numbers = said.split([' ', ';']).filter_map(|word| word.parse().ok());
        let numbers: Vec<usize> = numbers.take(2).collect();
        let counts = numbers.try_into().map_err(|_| format!("no batch: {said}"))?;
        Ok(Batch { seconds, counts, memory_mib })
    }

    /// A folder with the submission of one learner, so that all is built before anything is timed.
    fn only_one(&self) -> Result<PathBuf, Box<dyn Error>> {
        let folder = self.folder.join("class/one");
        fs::create_dir_all(&folder)?;
        let one = self.folder.join("class/in/s00000");
        Command::new("cp").arg("-R").arg(one).arg(&folder).status()?;
        Ok(folder)
    }

    /// The seconds that `cargo test` takes for all lessons of some learners.
    fn rival(&self, learners: &[usize]) -> Result<f64, Box<dyn Error>> {
        let rival = self.folder.join("rival");
        let mut seconds = 0.0;
        for learner in learners {
            for lesson in LESSONS {
                let file = format!("{lesson}/src/lib.rs");
                let handed_in = self.folder.join(format!("class/in/s{learner:05}")).join(&file);
                let text = fs::read(handed_in)?;
                fs::write(rival.join("exercises").join(&file), text)?;
                let mut test = Command::new("cargo");
                test.args(["test", "--quiet", "--package", lesson]).current_dir(&rival);
                test.env("CARGO_TARGET_DIR", self.folder.join("target"));
                let start = Instant::now();
                test.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
                seconds += start.elapsed().as_secs_f64();
            }
        }
        Ok(seconds)
    }

    fn workers_mib(&self) -> Result<u64, Box<dyn Error>> {
        let output = Command::new("du")
            .arg("-sm")
            .arg(self.root.join("target/gradlings/workers"))
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        Ok(text.split_whitespace().next().ok_or("no size")?.parse()?)
    }
}

/// The largest memory that a process has had so far.
fn peak_mib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? >> 10)
}
