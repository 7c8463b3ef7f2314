//! Reading in a process of its own: the grader starts itself, confined, on the sources of one lesson.

use std::{
    io::{self, Read, Write},
    process::{Command, Output, Stdio},
};

use super::{Reading, modules::ModuleFile};
use crate::sandbox::{Limits, Sandbox, own_program};

/// The first argument that makes the grader read sources.
pub const READ: &str = "read";

/// How the reader begins to say that it could not.
const NOT_READ: &str = "failed to read sources";

/// Room for what is nested: a thousand levels, at 64 KiB a level where nothing is optimised. The pages
/// are taken as they are needed.
const STACK_BYTES: usize = 64 << 20;

/// What reading the longest sources may use.
const LIMITS: Limits =
    Limits { cpu_seconds: 5, memory_bytes: 1 << 30, file_bytes: 0, open_files: 16 };

/// How much a reader may say. The longest sources come to a fifth of it.
const MAX_ANSWER_BYTES: u64 = 64 << 20;

/// Who reads.
#[derive(Debug, Clone, Copy)]
pub enum Reader {
    /// This process: the texts are the course's own.
    Here,
    /// A confined process: a stranger wrote the texts.
    Confined(Sandbox),
}

impl Reader {
    /// What each file says; none where it is not Rust, or cannot be read.
    pub(super) fn read(self, files: &[(ModuleFile, String)]) -> io::Result<Vec<Option<Reading>>> {
        match self {
            Self::Here => Ok(on_a_large_stack(|| read(files))),
            Self::Confined(sandbox) => {
                let answer = ask(sandbox, &serde_json::to_vec(files)?)?;
                Ok(answer.unwrap_or_else(|| files.iter().map(|_| None).collect()))
            }
        }
    }
}

fn read(files: &[(ModuleFile, String)]) -> Vec<Option<Reading>> {
    files.iter().map(|(at, text)| Reading::of(text, at)).collect()
}

/// What a confined reader answers; none where the sources got the better of it.
fn ask(sandbox: Sandbox, question: &[u8]) -> io::Result<Option<Vec<Option<Reading>>>> {
    let mut command = Command::new(own_program()?);
    command.env_clear().arg(READ).arg(serde_json::to_string(&sandbox)?);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let asked = child.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(question));
    let mut answer = Vec::new();
    if let Some(pipe) = child.stdout.take() {
        pipe.take(MAX_ANSWER_BYTES).read_to_end(&mut answer)?;
    }
    let Output { status, stderr, .. } = child.wait_with_output()?;
    let words = String::from_utf8_lossy(&stderr);
    if words.starts_with(NOT_READ) {
        return Err(io::Error::other(words.trim_end()));
    }
    Ok(if status.success() && asked.is_ok() { serde_json::from_slice(&answer).ok() } else { None })
}

/// Answers the question on standard input; the arguments name the sandbox.
///
/// # Errors
/// When this process cannot be confined, or is not asked by the grader.
pub fn serve(mut arguments: std::env::ArgsOs) -> io::Result<()> {
    let failed = |error: io::Error| io::Error::other(format!("{NOT_READ}: {error}"));
    let sandbox = arguments.next().unwrap_or_default();
    let sandbox: Sandbox =
        serde_json::from_slice(sandbox.as_encoded_bytes()).map_err(|it| failed(it.into()))?;
    // Confined is the thread that reads: the other waits for it.
    on_a_large_stack(|| {
        sandbox.confine_here(LIMITS).map_err(failed)?;
        let mut question = Vec::new();
        io::stdin().read_to_end(&mut question)?;
        let files: Vec<(ModuleFile, String)> = serde_json::from_slice(&question)?;
        io::stdout().write_all(&serde_json::to_vec(&read(&files))?)
    })
}

fn on_a_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        let reader = reader.expect("the system gives address space for a thread");
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
