use std::{
    fs::{self, DirEntry},
    io::{self, PipeReader, Read},
    os::unix::{fs::MetadataExt, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitId, WaitIdOptions, waitid},
};

use super::{Confined, end_group};
use crate::excerpt::Excerpt;

/// How the words begin of those who confine and cannot: nothing was started then.
const FAILURES: [&str; 2] = [super::NOT_STARTED, "bwrap: "];

/// What a confined command left behind, once it and all that it had started are gone.
#[derive(Debug)]
pub struct Finished {
    pub status: ExitStatus,
    /// The beginning of what it wrote, and how much more there was.
    pub text: String,
    /// Why it was stopped, where it was.
    pub exceeded: Option<Exceeded>,
}

/// What a confined command had too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceeded {
    /// It was still running when the time was up.
    Time,
    /// It had written more than it may.
    Disk,
}

/// What a confined command may use besides what its own process is held to.
#[derive(Debug, Clone)]
pub struct Allowance {
    /// By the clock.
    pub time: Duration,
    /// The folder in which it writes, and how many bytes all files there may have together.
    pub disk: (PathBuf, u64),
    /// How much is kept of its output, in bytes.
    pub output: usize,
}

impl Allowance {
    /// Waits for the end of a command, and says when it has to be brought about.
    fn exceeded(&self, end: &Receiver<()>) -> Option<Exceeded> {
        let start = Instant::now();
        let (folder, bytes) = &self.disk;
        while end.recv_timeout(LOOKS) == Err(RecvTimeoutError::Timeout) {
            if start.elapsed() >= self.time {
                return Some(Exceeded::Time);
            } else if size(folder) > *bytes {
                return Some(Exceeded::Disk);
            }
        }
        None
    }
}

/// How often is looked at what was written: within this time a disk takes some 100 MB.
const LOOKS: Duration = Duration::from_millis(50);

/// The bytes that the files below a folder take on the disk. A file that goes while it is counted
/// takes none.
pub fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size_of = |entry: DirEntry| match entry.metadata() {
        Ok(file) if file.is_dir() => size(&entry.path()),
        Ok(file) => file.blocks() * 512,
        Err(_) => 0,
    };
    entries.map(size_of).sum()
}

impl Finished {
    /// Runs the command until it ends, or has used up what it may use.
    pub fn run(confined: Confined, allowance: Allowance) -> io::Result<Self> {
        let Confined { mut command, sandbox, group: _group } = confined;
        let (pipe, writer) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let mut child = command.spawn()?;
        // Our copies of the writing end: there is an end to read when nobody holds one.
        drop(command);
        let pid = Pid::from_child(&child);
        let max_kept = allowance.output;
        let reader = std::thread::spawn(move || read(pipe, max_kept));
        let (ended, end) = mpsc::channel::<()>();
        let clock = std::thread::spawn(move || {
            let exceeded = allowance.exceeded(&end);
            if exceeded.is_some() {
                end_group(pid);
            }
            exceeded
        });
        // Not freed yet: its number, which names the group, stays its own.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(pid), options).is_err_and(|errno| errno == Errno::INTR) {}
        drop(ended);
        let exceeded = clock.join().unwrap_or(Some(Exceeded::Time));
        // Whoever it started and did not wait for.
        end_group(pid);
        let status = sandbox.ending(child.wait()?);
        let text = reader.join().unwrap_or_default();
        // Of the compiler's words, the first are never a learner's.
        match FAILURES.iter().any(|start| !status.success() && text.starts_with(start)) {
            true => Err(io::Error::other(text)),
            false => Ok(Self { status, text, exceeded }),
        }
    }

    pub fn succeeded(&self) -> bool {
        self.status.success() && self.exceeded.is_none()
    }

    /// It did not end by itself.
    pub fn was_stopped(&self) -> bool {
        self.exceeded.is_some() || self.status.code().is_none()
    }

    pub fn signal(&self) -> Option<Signal> {
        self.status.signal().and_then(Signal::from_named_raw)
    }
}

fn read(mut pipe: PipeReader, max_kept: usize) -> String {
    let (mut kept, mut chunk) = (Excerpt::new(max_kept), [0; 16 << 10]);
    while let Ok(length @ 1..) = pipe.read(&mut chunk) {
        kept.push(&chunk[..length]);
    }
    kept.text().trim_end().to_owned()
}
