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

use super::Confined;

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
    /// Runs the command for so long at most, and keeps so many bytes of what it writes.
    pub fn run(confined: Confined, patience: Duration, kept: usize) -> io::Result<Self> {
        let Confined { mut command, sandbox, group: _group } = confined;
        let (pipe, writer) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let mut child = command.spawn()?;
        // Our copies of the writing end: there is an end to read when nobody holds one.
        drop(command);
        let pid = Pid::from_child(&child);
        let reader = std::thread::spawn(move || read(pipe, kept));
        let (ended, end) = mpsc::channel::<()>();
        let clock = std::thread::spawn(move || {
            let late = end.recv_timeout(patience) == Err(RecvTimeoutError::Timeout);
            if late {
                kill(pid);
            }
            late
        });
        // Not freed yet: its number, which names the group, stays its own.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(pid), options).is_err_and(|errno| errno == Errno::INTR) {}
        drop(ended);
        let late = clock.join().unwrap_or(true);
        // Whoever it started and did not wait for.
        kill(pid);
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

/// Ends a process and its group. It may be gone already, which is what is wanted.
fn kill(pid: Pid) {
    let _ = rustix::process::kill_process_group(pid, Signal::KILL);
}

fn read(mut pipe: PipeReader, most: usize) -> String {
    let (mut kept, mut total, mut chunk) = (Vec::new(), 0, [0; 16 << 10]);
    while let Ok(length @ 1..) = pipe.read(&mut chunk) {
        kept.extend_from_slice(&chunk[..length.min(most - kept.len())]);
        total += length;
    }
    let text = String::from_utf8_lossy(&kept).trim_end().to_owned();
    match total - kept.len() {
        0 => text,
        more => format!("{text}\n… {more} more bytes"),
    }
}
