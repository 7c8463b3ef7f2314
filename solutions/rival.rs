//! For benchmarks: a rival in a process of its own, most often in Python, so that both can take turns.
#![allow(dead_code, reason = "a benchmark needs a part of it")]

use std::{
    env,
    ffi::OsStr,
    hint::black_box,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Instant,
};

/// A program that answers each line that it is given with one of its own, once it has done the task.
pub struct Rival {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Rival {
    /// Starts the script by the interpreter that `PYTHON` names; `None` where it names none.
    pub fn start(script: &str, arguments: &[impl AsRef<OsStr>], threads: i32) -> Option<Self> {
        let mut python = Command::new(env::var_os("PYTHON")?);
        for variable in ["OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"] {
            python.env(variable, threads.to_string());
        }
        python.args(["-c", script]).args(arguments);
        Some(Self::spawn(&mut python))
    }

    /// Starts any program.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap_or_else(|error| {
                panic!("failed to start {:?}: {error}", command.get_program())
            });
        let asks = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, asks, answers }
    }

    /// Has a task done, and gives the answer.
    pub fn ask(&mut self, task: &str) -> String {
        writeln!(self.asks, "{task}").expect("the rival runs, and has what it imports");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("a rival answers in text");
        line
    }

    /// Has a task done that is answered by the seconds that it took.
    pub fn seconds(&mut self, task: &str) -> f64 {
        self.ask(task).trim().parse().expect("what the script imports is installed there")
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The seconds of the fastest of so many rounds, here and of the rival's task, in turns.
pub fn fastest<T>(
    rounds: usize,
    run: impl Fn() -> T,
    rival: &mut Option<Rival>,
    task: &str,
) -> [f64; 2] {
    let (mut own, mut theirs) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..rounds {
        let start = Instant::now();
        let result = black_box(run());
        own = own.min(start.elapsed().as_secs_f64());
        drop(result);
        theirs = rival.as_mut().map_or(f64::NAN, |it| it.seconds(task)).min(theirs);
    }
    [own, theirs]
}

/// Prints a row of a table: the time here, there, and how many times as long it takes there.
pub fn print_row(task: &str, [own, theirs]: [f64; 2]) {
    let told = |number: f64, unit| match number.is_finite() {
        true => format!("{number:.2}{unit}"),
        false => "–".to_owned(),
    };
    let times = [own, theirs].map(|seconds| told(1e3 * seconds, " ms"));
    println!("| {task} | {} | {} |", times.join(" | "), told(theirs / own, ""));
}

/// Lets glibc keep the memory of arrays that are dropped. By default it gives large ones back to the system, which then
/// clears them for the next round; that can take longer than what is measured. It keeps what is smaller than the largest
/// array that it has seen freed, up to this size. A script does the same by `torch.ones(31 << 20, dtype=torch.uint8)`.
pub fn keep_memory() {
    drop(black_box(vec![1_u8; 31 << 20]));
}

/// The middle one of times; NaN where there are none.
pub fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
