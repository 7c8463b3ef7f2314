use std::{
    io::{self, PipeReader, Read},
    os::unix::process::ExitStatusExt,
    process::{ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    time::Duration,
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
    /// It was still running when the time was up.
    pub late: bool,
}

impl Finished {
    /// Runs the command for at most `timeout`, and keeps at most `max_kept` bytes of its output.
    pub fn run(confined: Confined, timeout: Duration, max_kept: usize) -> io::Result<Self> {
        let Confined { mut command, sandbox, group: _group } = confined;
        let (pipe, writer) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let mut child = command.spawn()?;
        // Our copies of the writing end: there is an end to read when nobody holds one.
        drop(command);
        let pid = Pid::from_child(&child);
        let reader = std::thread::spawn(move || read(pipe, max_kept));
        let (ended, end) = mpsc::channel::<()>();
        let clock = std::thread::spawn(move || {
            let late = end.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout);
            if late {
                end_group(pid);
            }
            late
        });
        // Not freed yet: its number, which names the group, stays its own.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(pid), options).is_err_and(|errno| errno == Errno::INTR) {}
        drop(ended);
        let late = clock.join().unwrap_or(true);
        // Whoever it started and did not wait for.
        end_group(pid);
        let status = sandbox.ending(child.wait()?);
        let text = reader.join().unwrap_or_default();
        // Of the compiler's words, the first are never a learner's.
        match FAILURES.iter().any(|start| !status.success() && text.starts_with(start)) {
            true => Err(io::Error::other(text)),
            false => Ok(Self { status, text, late }),
        }
    }

    pub fn succeeded(&self) -> bool {
        self.status.success() && !self.late
    }

    /// It did not end by itself.
    pub fn was_stopped(&self) -> bool {
        self.late || self.status.code().is_none()
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
