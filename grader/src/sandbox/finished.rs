use std::{
    io::{self, PipeReader, Read},
    os::unix::process::ExitStatusExt,
    process::{ExitStatus, Stdio},
    sync::mpsc,
    time::Duration,
};

use rustix::process::{Pid, Signal};

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
        let (sender, receiver) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            let text = read(pipe, kept);
            // Nobody listens any more when it was late.
            let _ = sender.send(());
            text
        });
        let late = receiver.recv_timeout(patience).is_err();
        if late {
            // Before the process is waited for: then its number may be another's.
            let _ = rustix::process::kill_process_group(Pid::from_child(&child), Signal::KILL);
        }
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
