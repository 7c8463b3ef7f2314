//! A worker seen from the grader: a process of its own that answers calls, within limits.

use std::{
    io::{self, ErrorKind, PipeReader, Read, Write},
    os::{
        fd::OwnedFd,
        unix::{net::UnixStream, process::ExitStatusExt},
    },
    path::PathBuf,
    process::{Child, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use interface::{
    Value,
    frame::{self, Answer, LONGEST_FRAME, PREFIX, Request, Response},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec},
    process::{Pid, Signal, WaitId, WaitIdOptions},
};

use crate::sandbox::{Confined, Group, Limits, Paths, Profile, Sandbox};

/// Processor time and memory of one worker. An honest check needs a hundredth of either.
pub const LIMITS: Limits =
    Limits { cpu_seconds: 2, memory_bytes: 2 << 30, file_bytes: 0, open_files: 16 };

/// How long one call may take by the clock: far beyond the processor time, so that a busy machine
/// does not fail an honest submission.
const CALL_LIMIT: Duration = Duration::from_secs(10);

/// How long a process may take to end after it closed its connection.
const FAREWELL: Duration = Duration::from_secs(5);

/// How much of the learner's prints is kept.
const KEPT_PRINTS: usize = 16 << 10;

/// How much a worker may print before it is stopped.
const MOST_PRINTS: usize = 64 << 20;

/// Why a worker gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It used up its processor time, or the call took too long.
    TimedOut(String),
    /// An allocation failed.
    OutOfMemory,
    /// A signal ended it.
    Crashed(String),
    /// It exited, or was stopped, before it answered.
    StoppedEarly(String),
    /// It answered with something that is not the frame it owed.
    Protocol(String),
}

/// A built worker, and what confines it.
#[derive(Debug, Clone)]
pub struct Program {
    pub path: PathBuf,
    /// The shared libraries that it is linked against.
    pub libraries: Vec<PathBuf>,
    pub sandbox: Sandbox,
}

/// A running worker. Dropping it ends the process and everything it started.
pub struct Worker {
    child: Child,
    sandbox: Sandbox,
    /// Removed once the process is gone.
    _group: Group,
    socket: UnixStream,
    inbox: Vec<u8>,
    prints: Prints,
    calls: u64,
    ended: bool,
}

/// The worker's standard output and error, in the order in which they arrived.
struct Prints {
    pipe: PipeReader,
    kept: Vec<u8>,
    total: usize,
    ended: bool,
}

impl Worker {
    /// Starts the worker.
    pub fn start(program: &Program, arguments: &[&str]) -> io::Result<Self> {
        let (socket, theirs) = UnixStream::pair()?;
        let (pipe, writer) = io::pipe()?;
        let Program { path, libraries, sandbox } = program;
        let paths = Paths { read: libraries.clone(), ..Paths::default() };
        let confined = sandbox.command(path, Profile::Worker, LIMITS, paths)?;
        let Confined { mut command, group, .. } = confined;
        // One thread: more would cost start-up time, and sums would depend on the core count.
        command.env("OPENBLAS_NUM_THREADS", "1").args(arguments);
        command.stdin(Stdio::from(OwnedFd::from(theirs)));
        command.stdout(writer.try_clone()?).stderr(writer);
        let child = command.spawn()?;
        socket.set_nonblocking(true)?;
        rustix::io::ioctl_fionbio(&pipe, true)?;
        let prints = Prints { pipe, kept: Vec::new(), total: 0, ended: false };
        Ok(Self {
            child,
            sandbox: *sandbox,
            _group: group,
            socket,
            inbox: Vec::new(),
            prints,
            calls: 0,
            ended: false,
        })
    }

    /// Calls one function of the interface and waits for the answer.
    pub fn call(&mut self, function: &str, arguments: Value) -> Result<Answer, Stop> {
        self.calls += 1;
        let request = Request { id: self.calls, function: function.to_owned(), arguments };
        let frame = frame::encode(&request).map_err(|error| Stop::Protocol(error.to_string()))?;
        match self.exchange(&frame) {
            Ok(Response { id, answer }) if id == request.id => Ok(answer),
            Ok(_) => Err(Stop::Protocol("it answered a call that was not made".to_owned())),
            Err(stop) => Err(stop),
        }
    }

    /// Ends the worker and gives what it printed.
    pub fn prints(mut self) -> String {
        self.end();
        // Whatever had been written before the end is still in the pipe.
        self.prints.drain();
        self.prints.text()
    }

    fn exchange(&mut self, mut outgoing: &[u8]) -> Result<Response, Stop> {
        let deadline = Instant::now() + CALL_LIMIT;
        loop {
            if let Some(response) = self.take_frame()? {
                return Ok(response);
            }
            self.wait(!outgoing.is_empty(), deadline)?;
            self.prints.drain();
            if self.prints.total > MOST_PRINTS {
                let printed = format!("it printed more than {} MiB", MOST_PRINTS >> 20);
                return Err(Stop::StoppedEarly(printed));
            }
            outgoing = self.send(outgoing)?;
            if self.receive()? == Flow::Ended {
                return Err(self.epitaph());
            }
        }
    }

    /// Waits until the worker answers, prints, or can take more of a request.
    fn wait(&self, sending: bool, deadline: Instant) -> Result<(), Stop> {
        let remaining = deadline.saturating_duration_since(Instant::now());
        let late = || Stop::TimedOut(format!("no answer within {} s", CALL_LIMIT.as_secs()));
        if remaining.is_zero() {
            return Err(late());
        }
        let out = if sending { PollFlags::OUT } else { PollFlags::empty() };
        let mut watched = vec![PollFd::new(&self.socket, PollFlags::IN | out)];
        if !self.prints.ended {
            watched.push(PollFd::new(&self.prints.pipe, PollFlags::IN));
        }
        let timeout = Timespec::try_from(remaining).map_err(|_| late())?;
        match rustix::event::poll(&mut watched, Some(&timeout)) {
            Ok(0) => Err(late()),
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(Stop::Protocol(error.to_string())),
        }
    }

    /// Sends as much as the socket takes, and gives what is left.
    fn send<'a>(&mut self, outgoing: &'a [u8]) -> Result<&'a [u8], Stop> {
        match self.socket.write(outgoing) {
            Ok(sent) => Ok(&outgoing[sent..]),
            Err(error) if is_patience(&error) => Ok(outgoing),
            Err(_) => Err(self.epitaph()),
        }
    }

    fn receive(&mut self) -> Result<Flow, Stop> {
        let mut chunk = [0; 64 << 10];
        match self.socket.read(&mut chunk) {
            Ok(0) => Ok(Flow::Ended),
            Ok(length) => {
                self.inbox.extend_from_slice(&chunk[..length]);
                Ok(Flow::Open)
            }
            Err(error) if is_patience(&error) => Ok(Flow::Open),
            Err(_) => Ok(Flow::Ended),
        }
    }

    fn take_frame(&mut self) -> Result<Option<Response>, Stop> {
        let Some(prefix) = self.inbox.first_chunk::<PREFIX>() else { return Ok(None) };
        let length = u32::from_le_bytes(*prefix) as usize;
        if length > LONGEST_FRAME {
            return Err(Stop::Protocol("its answer is too long".to_owned()));
        }
        let Some(body) = self.inbox.get(PREFIX..PREFIX + length) else { return Ok(None) };
        let response = frame::decode(body);
        self.inbox.drain(..PREFIX + length);
        response.map(Some).map_err(|_| Stop::Protocol("its answer is not a frame".to_owned()))
    }

    /// Why the process ended, from its status and its last words.
    fn epitaph(&mut self) -> Stop {
        let Some(status) = self.status() else {
            return Stop::Protocol("it closed its connection and went on running".to_owned());
        };
        self.prints.drain();
        let last_words = self.prints.text();
        match (status.code(), status.signal().and_then(Signal::from_named_raw)) {
            (_, Some(Signal::XCPU)) => Stop::TimedOut(format!(
                "it used more than {} s of processor time",
                LIMITS.cpu_seconds
            )),
            (_, Some(Signal::ABORT)) if last_words.contains("memory allocation of") => {
                Stop::OutOfMemory
            }
            (_, Some(_)) if last_words.contains("has overflowed its stack") => Stop::Crashed(
                "its stack overflowed; is there a recursion without an end?".to_owned(),
            ),
            (Some(code), _) => Stop::StoppedEarly(format!("it exited with code {code}")),
            (None, _) => Stop::Crashed(format!("{status}")),
        }
    }

    /// The exit status of a process that closed its connection: a moment may pass in between.
    fn status(&mut self) -> Option<ExitStatus> {
        let deadline = Instant::now() + FAREWELL;
        while Instant::now() < deadline {
            if self.has_exited() {
                return self.end();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        None
    }

    /// True when the process is done. Leaves its number taken until `end` frees it.
    fn has_exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let status = rustix::process::waitid(WaitId::Pid(Pid::from_child(&self.child)), options);
        matches!(status, Ok(Some(_)))
    }

    /// Ends the process and its group; the launcher made it a session of its own.
    fn end(&mut self) -> Option<ExitStatus> {
        if !self.ended {
            self.ended = true;
            // Before the process is waited for: then its number may be another's. Each may fail
            // because the process is already gone, which is what is wanted.
            let _ = rustix::process::kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            let _ = self.child.kill();
        }
        // Once it was waited for, the child remembers its status.
        self.child.wait().ok().map(|status| self.sandbox.ending(status))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}

#[derive(PartialEq)]
enum Flow {
    Open,
    Ended,
}

fn is_patience(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

impl Prints {
    /// Reads what is there, keeps the beginning, and counts the rest.
    fn drain(&mut self) {
        let mut chunk = [0; 64 << 10];
        while self.total <= MOST_PRINTS {
            let Ok(length) = self.pipe.read(&mut chunk) else { return };
            self.ended = length == 0;
            if self.ended {
                return;
            }
            let room = KEPT_PRINTS.saturating_sub(self.kept.len()).min(length);
            self.kept.extend_from_slice(&chunk[..room]);
            self.total += length;
        }
    }

    fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.kept).into_owned();
        if self.total > self.kept.len() {
            text += &format!("\n… {} more bytes\n", self.total - self.kept.len());
        }
        text
    }
}
