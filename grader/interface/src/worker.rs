//! The worker's main loop: it runs in the process of the learner's code and knows no expected value.

use std::{
    cell::RefCell,
    io,
    os::{fd::FromRawFd, unix::net::UnixStream},
    panic::{self, AssertUnwindSafe, PanicHookInfo},
};

use crate::{
    frame::{self, Answer, Panic, Request, Response},
    function::Adapter,
};

thread_local! {
    static LAST_PANIC: RefCell<Panic> = RefCell::default();
}

/// Answers requests until the grader closes the socket, whose descriptor is the first argument of
/// the process. Standard input is empty; standard output and error are the learner's own.
pub fn serve(adapter: &Adapter) {
    panic::set_hook(Box::new(remember));
    if let Err(error) = socket().and_then(|socket| answer_all(adapter, socket)) {
        eprintln!("the worker stopped: {error}");
        std::process::exit(1);
    }
}

fn socket() -> io::Result<UnixStream> {
    let descriptor = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let descriptor = descriptor.ok_or_else(|| io::Error::other("failed to find its socket"))?;
    // SAFETY: the launcher hands over this descriptor, and nothing else in the process takes it.
    #[allow(unsafe_code)]
    Ok(unsafe { UnixStream::from_raw_fd(descriptor) })
}

fn answer_all(adapter: &Adapter, mut socket: UnixStream) -> io::Result<()> {
    while let Some(Request { id, function, arguments }) = frame::read(&mut socket)? {
        let call = AssertUnwindSafe(|| adapter.call(&function, arguments));
        let answer = match panic::catch_unwind(call) {
            Ok(Some(Ok(value))) => Answer::Returned(value),
            Ok(Some(Err(mismatch))) => Answer::Refused(mismatch.to_string()),
            Ok(None) => Answer::Refused(format!("failed to find the function {function}")),
            Err(payload) => {
                // A payload may panic again when it is dropped.
                std::mem::forget(payload);
                Answer::Panicked(LAST_PANIC.take())
            }
        };
        frame::write(&mut socket, &Response { id, answer })?;
    }
    Ok(())
}

fn remember(info: &PanicHookInfo<'_>) {
    let location = info.location();
    let panic = Panic {
        message: info.payload_as_str().unwrap_or("no message").to_owned(),
        file: location.map(|at| at.file().to_owned()).unwrap_or_default(),
        line: location.map(panic::Location::line).unwrap_or_default(),
    };
    LAST_PANIC.set(panic);
}
