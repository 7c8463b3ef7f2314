//! A worker seen from the grader: a process of its own that answers calls, within limits.

mod budget;
mod connection;
mod output;

use std::{
    fmt, io,
    os::{
        fd::OwnedFd,
        unix::{net::UnixStream, process::ExitStatusExt},
    },
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    process::{Child, ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

pub use budget::Budget;
use connection::{Break, Connection};
use output::CapturedOutput;
use rustix::{
    event::{PollFd, PollFlags, Timespec},
    process::{Pid, Signal, WaitId, WaitIdOptions},
};
use wire::{
    Callbacks, Value,
    frame::{self, Answer, Reply, Request, Response},
};

use crate::{
    checks::Limits,
    sandbox::{self, Confined, Group, Paths, Profile, Sandbox},
};

/// How many files a worker may have open.
const MAX_OPEN_FILES: u64 = 16;

/// How long a process may take to end after it closed its connection.
const EXIT_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a worker gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It used up its processor time, or the call took too long.
    TimedOut(String),
    /// An allocation failed.
    OutOfMemory(String),
    /// A signal ended it.
    Crashed(String),
    /// It exited, or was stopped, before it answered.
    StoppedEarly(String),
    /// It answered with something that is not the frame it owed.
    Protocol(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(how)
            | Self::OutOfMemory(how)
            | Self::Crashed(how)
            | Self::StoppedEarly(how)
            | Self::Protocol(how) => f.write_str(how),
        }
    }
}

/// A built worker, and what confines it.
#[derive(Debug, Clone)]
pub struct Program {
    pub path: PathBuf,
    /// The shared libraries that it is linked against.
    pub libraries: Vec<PathBuf>,
    pub sandbox: Sandbox,
    /// What its workers use together.
    pub budget: Arc<Budget>,
}

/// A running worker. Dropping it ends the process and everything it started.
pub struct Worker {
    child: Child,
    sandbox: Sandbox,
    /// Removed once the process is gone.
    _group: Group,
    connection: Connection,
    output: CapturedOutput,
    calls: u64,
    limits: Limits,
    budget: Arc<Budget>,
    /// How long its answers may take, by the clock, and how long they took.
    timeout: Duration,
    waited: Duration,
    ended: bool,
}

/// How often is looked whether anybody still waits for an answer.
const LOOKS: Duration = Duration::from_millis(20);

/// Up to which size arrays lie in memory that is kept: 32 MiB, the most that glibc takes.
const KEPT_BYTES: &str = "33554432";

impl Worker {
    /// Starts the worker.
    pub fn start(program: &Program, limits: Limits) -> io::Result<Self> {
        let Program { path, libraries, sandbox, budget } = program;
        let paths = Paths { read: libraries.clone(), ..Paths::default() };
        let mut confined = sandbox.command(path, Profile::Worker, confined_to(limits), paths)?;
        let command = &mut confined.command;
        // One thread: more would cost start-up time, and sums would depend on the core count.
        command.env("OPENBLAS_NUM_THREADS", "1");
        // glibc keeps the memory of arrays that were dropped: fresh pages cost as much as large products.
        command.env("MALLOC_MMAP_THRESHOLD_", KEPT_BYTES).env("MALLOC_TRIM_THRESHOLD_", KEPT_BYTES);
        Self::spawn(confined, limits, budget.clone())
    }

    fn spawn(confined: Confined, limits: Limits, budget: Arc<Budget>) -> io::Result<Self> {
        let Confined { mut command, sandbox, group } = confined;
        let (socket, theirs) = UnixStream::pair()?;
        let (pipe, writer) = io::pipe()?;
        command.stdin(Stdio::from(OwnedFd::from(theirs)));
        command.stdout(writer.try_clone()?).stderr(writer);
        let child = command.spawn()?;
        rustix::io::ioctl_fionbio(&pipe, true)?;
        Ok(Self {
            child,
            sandbox,
            _group: group,
            connection: Connection::new(socket, budget.clone())?,
            output: CapturedOutput::new(pipe),
            calls: 0,
            limits,
            timeout: budget.timeout(limits.seconds),
            budget,
            waited: Duration::ZERO,
            ended: false,
        })
    }

    /// Calls one function of the contract, as the named variant has it, and waits for the answer;
    /// meanwhile the worker may ask for values of the closures that it was given.
    pub fn call(
        &mut self,
        variant: Option<&str>,
        function: &str,
        arguments: &Value,
        callbacks: &Callbacks,
    ) -> Result<Answer, Stop> {
        self.calls += 1;
        let own = || function.to_owned();
        let function = variant.map_or_else(own, |variant| wire::of_variant(variant, function));
        let arguments = arguments.clone();
        let mut frame = encoded(&Request { id: self.calls, function, arguments })?;
        loop {
            let Response { id, answer } = self.timed_exchange(&frame)?;
            if id != self.calls {
                return Err(Stop::Protocol("it answered a call that was not made".to_owned()));
            }
            let Answer::Asks { callback, arguments } = answer else { return Ok(answer) };
            frame = encoded(&Reply { id, outcome: evaluated(callbacks, callback, arguments) })?;
        }
    }

    fn timed_exchange(&mut self, frame: &[u8]) -> Result<Response, Stop> {
        let start = Instant::now();
        let exchanged = self.exchange(frame, start + self.timeout.saturating_sub(self.waited));
        self.waited += start.elapsed();
        self.budget.wait(start.elapsed());
        exchanged
    }

    /// Ends the worker and gives what it printed.
    pub fn captured_output(mut self) -> String {
        self.end();
        // Whatever had been written before the end is still in the pipe.
        self.output.drain();
        self.output.text()
    }

    fn exchange(&mut self, mut outgoing: &[u8], deadline: Instant) -> Result<Response, Stop> {
        self.connection.expect_silence().map_err(|broken| self.stop(broken))?;
        // Nearly always all of it at once: a short call takes four calls of the system.
        outgoing = self.connection.send(outgoing);
        loop {
            if self.wait(!outgoing.is_empty(), deadline)? {
                self.take_output()?;
            }
            if !outgoing.is_empty() {
                outgoing = self.connection.send(outgoing);
            }
            let response = self.connection.receive().and_then(|()| self.connection.response());
            if let Some(response) = response.map_err(|broken| self.stop(broken))? {
                return Ok(response);
            }
        }
    }

    /// Takes in what the worker printed.
    fn take_output(&mut self) -> Result<(), Stop> {
        self.output.drain();
        if self.output.is_too_long() {
            let printed = format!("it printed more than {} MiB", output::MAX_PRINTED_BYTES >> 20);
            return Err(Stop::StoppedEarly(printed));
        }
        Ok(())
    }

    /// Waits until the worker answers, prints, or can take more of a request; true when it printed.
    fn wait(&self, sending: bool, deadline: Instant) -> Result<bool, Stop> {
        let remaining = deadline.saturating_duration_since(Instant::now());
        let late = || {
            let limit = self.timeout.as_secs();
            Stop::TimedOut(format!("the calls of this check took more than {limit} s by the clock"))
        };
        if remaining.is_zero() {
            return Err(late());
        }
        if self.budget.is_overtaken() {
            return Err(Stop::StoppedEarly("its grading was given up for a newer one".to_owned()));
        }
        let out = if sending { PollFlags::OUT } else { PollFlags::empty() };
        let mut watched = vec![PollFd::new(&self.connection.socket, PollFlags::IN | out)];
        if !self.output.ended {
            watched.push(PollFd::new(&self.output.pipe, PollFlags::IN));
        }
        let timeout = Timespec::try_from(remaining.min(LOOKS)).map_err(|_| late())?;
        match rustix::event::poll(&mut watched, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {
                Ok(watched.get(1).is_some_and(|pipe| !pipe.revents().is_empty()))
            }
            Err(error) => Err(Stop::Protocol(error.to_string())),
        }
    }

    fn stop(&mut self, broken: Break) -> Stop {
        match broken {
            Break::Closed => self.cause_of_end(),
            Break::Breach(what) => Stop::Protocol(what),
        }
    }

    /// Why the process ended, from its status and the end of its output.
    fn cause_of_end(&mut self) -> Stop {
        let Some(status) = self.status() else {
            return Stop::Protocol("it closed its connection and went on running".to_owned());
        };
        self.output.drain();
        let ending = self.output.ending();
        match (status.code(), status.signal().and_then(Signal::from_named_raw)) {
            (_, Some(Signal::XCPU)) => Stop::TimedOut(format!(
                "it used more than {} s of processor time",
                self.limits.seconds
            )),
            (_, Some(Signal::ABORT)) if ending.contains(ALLOCATION) => {
                Stop::OutOfMemory(allocation(&ending, self.limits))
            }
            (_, Some(_)) if ending.contains("has overflowed its stack") => Stop::Crashed(
                "its stack overflowed; is there a recursion without an end?".to_owned(),
            ),
            (Some(code), _) => Stop::StoppedEarly(format!("it exited with code {code}")),
            (None, _) => Stop::Crashed(format!("{status}")),
        }
    }

    /// The exit status of a process that closed its connection: a moment may pass in between.
    fn status(&mut self) -> Option<ExitStatus> {
        let deadline = Instant::now() + EXIT_TIMEOUT;
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
            sandbox::end_group(Pid::from_child(&self.child));
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

/// The value of a closure that a check gave. Learner code may call it where it has none, with an
/// empty array for instance: then it is the call that panics, in the learner's process.
fn evaluated(callbacks: &Callbacks, callback: u32, arguments: Value) -> Result<Value, String> {
    let value = catch_unwind(AssertUnwindSafe(|| callbacks.answer(callback, arguments)));
    match value {
        Ok(value) => value.map_err(|mismatch| format!("failed to {mismatch}")),
        Err(_) => Err("the function that was passed has no value at these arguments".to_owned()),
    }
}

/// What the standard library says of an allocation that failed, before its size in bytes.
const ALLOCATION: &str = "memory allocation of ";

/// How much was asked for, beside how much there is.
fn allocation(ending: &str, limits: Limits) -> String {
    let limit = format!("went over the memory limit ({} MiB)", limits.memory_mib);
    let size = ending.split(ALLOCATION).last().and_then(|rest| rest.split(' ').next());
    match size.and_then(|digits| digits.parse::<u64>().ok()) {
        Some(bytes) => format!("{limit}: it asked for {} MiB more", bytes >> 20),
        None => limit,
    }
}

/// What OpenBLAS sets aside for itself as soon as it is loaded, in MiB: no use of the learner's.
const OF_OPENBLAS_MIB: u64 = 160;

fn confined_to(limits: Limits) -> sandbox::Limits {
    let of_backend = if wire::GEMM_BACKEND == "openblas" { OF_OPENBLAS_MIB } else { 0 };
    sandbox::Limits {
        cpu_seconds: limits.seconds,
        memory_bytes: (limits.memory_mib + of_backend) << 20,
        file_bytes: 0,
        open_files: MAX_OPEN_FILES,
    }
}

fn encoded<T: serde::Serialize>(message: &T) -> Result<Vec<u8>, Stop> {
    frame::encode(message).map_err(|error| Stop::Protocol(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::{process::Command, thread};

    use super::*;
    use crate::requests::Requests;

    /// Takes in what it is sent, and never answers. By the clock it has five minutes.
    fn silent(budget: Budget) -> Worker {
        let (command, sandbox, group) = (Command::new("cat"), Sandbox::NONE, Group::default());
        let limits = Limits { seconds: 60, memory_mib: 512 };
        Worker::spawn(Confined { command, sandbox, group }, limits, Arc::new(budget)).unwrap()
    }

    #[test]
    fn a_call_is_given_up_when_something_newer_is_asked_for() {
        let requests = Requests::default();
        requests.serve(requests.make());
        let mut worker = silent(Budget::of(requests.clone()));
        let newer = thread::spawn(move || {
            // Long enough that the call is usually under way.
            thread::sleep(5 * LOOKS);
            requests.make()
        });
        let stopped = worker.call(None, "forward", &Value::Bool(true), &Callbacks::default());
        newer.join().unwrap();
        let Err(Stop::StoppedEarly(why)) = stopped else { panic!("{stopped:?}") };
        assert_eq!(why, "its grading was given up for a newer one");
    }
}
