//! The worker's main loop: it runs in the process of the learner's code and knows no expected value.

use std::{
    backtrace::Backtrace,
    cell::RefCell,
    io,
    os::{fd::FromRawFd, unix::net::UnixStream},
    panic::{self, AssertUnwindSafe, PanicHookInfo},
};

use crate::{
    frame::{self, Answer, Panic, Request, Response},
    functions::Functions,
    line::Line,
};

/// How much of a panic's message is passed on, in bytes.
const MAX_MESSAGE_BYTES: usize = 4 << 10;

thread_local! {
    static LAST_PANIC: RefCell<Panic> = RefCell::default();
}

/// Answers requests until the grader closes the socket, whose descriptor is the first argument of
/// the process. Standard input is empty; standard output and error are the learner's own.
///
/// `root` is the file of the crate's root, as `file!()` names it: panics are placed in its folder.
pub fn serve(functions: &Functions, root: &'static str) {
    let folder = root.trim_end_matches("lib.rs");
    panic::set_hook(Box::new(move |info| remember(info, folder)));
    if let Err(error) = socket().and_then(|socket| answer_all(functions, socket)) {
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

fn answer_all(functions: &Functions, socket: UnixStream) -> io::Result<()> {
    let line = Line::open(socket);
    while let Some(Request { id, function, arguments }) = frame::read(&mut &line.socket)? {
        line.set_call(Some(id));
        let call = AssertUnwindSafe(|| functions.call(&function, arguments));
        let answer = match panic::catch_unwind(call) {
            Ok(Some(Ok(value))) => Answer::Returned(value),
            Ok(Some(Err(mismatch))) => Answer::Refused(format!("failed to {mismatch}")),
            Ok(None) => Answer::Refused(format!("failed to find the function {function}")),
            Err(payload) => {
                // A payload may panic again when it is dropped.
                std::mem::forget(payload);
                Answer::Panicked(LAST_PANIC.take())
            }
        };
        line.set_call(None);
        frame::write(&mut &line.socket, &Response { id, answer }).or_else(|error| {
            // Nothing was written: an answer that is too long becomes a word of why.
            let answer = Answer::Refused(error.to_string());
            frame::write(&mut &line.socket, &Response { id, answer })
        })?;
    }
    Ok(())
}

fn remember(info: &PanicHookInfo<'_>, folder: &str) {
    let (file, line) = place(info, folder).unwrap_or_default();
    let mut message = info.payload_as_str().unwrap_or("no message").to_owned();
    message.truncate(message.floor_char_boundary(MAX_MESSAGE_BYTES));
    LAST_PANIC.set(Panic { message, file, line });
}

/// The line of the learner's code that panicked, or called what did. The second is known where the
/// program was built with its lines.
fn place(info: &PanicHookInfo<'_>, folder: &str) -> Option<(String, u32)> {
    let location = info.location()?;
    if location.file().starts_with(folder) {
        return Some((location.file().to_owned(), location.line()));
    }
    first_line_in(folder, &format!("{:#}", Backtrace::force_capture()))
}

/// The innermost place of a backtrace that lies in the folder. A place stands on a line of its own,
/// as `at file:line:column`.
fn first_line_in(folder: &str, backtrace: &str) -> Option<(String, u32)> {
    let places = backtrace.lines().filter_map(|line| line.trim_start().strip_prefix("at "));
    let own = places.filter_map(|place| Some(&place[place.find(folder)?..]));
    own.into_iter().find_map(|place| {
        let mut parts = place.rsplitn(3, ':').skip(1);
        let line = parts.next()?.parse().ok()?;
        Some((parts.next()?.to_owned(), line))
    })
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::{
        callback::{Callback, Callbacks, offering},
        frame::Reply,
        functions,
        value::Value,
        wire::Wire,
    };

    /// What a worker answers that integrates a function by two points.
    fn answered(callbacks: &Callbacks, arguments: Value) -> Answer {
        let (mut socket, theirs) = UnixStream::pair().unwrap();
        let worker = thread::spawn(move || {
            let sum = |(f, x): (Callback<(f64,), f64>, f64)| f.call((x,)) + f.call((-x,));
            let functions = Functions::new().on("sum", move |it| functions::call(it, sum));
            answer_all(&functions, theirs).unwrap();
        });
        let request = Request { id: 1, function: "sum".to_owned(), arguments };
        frame::write(&mut socket, &request).unwrap();
        let answer = loop {
            let Response { answer, .. } = frame::read(&mut socket).unwrap().unwrap();
            let Answer::Asks { callback, arguments } = answer else { break answer };
            let outcome = callbacks.answer(callback, arguments).map_err(|it| it.to_string());
            frame::write(&mut socket, &Reply { id: 1, outcome }).unwrap();
        };
        drop(socket);
        worker.join().unwrap();
        answer
    }

    #[test]
    fn a_worker_asks_the_grader_for_the_values_of_a_function() {
        let square = Callback::new(|(x,): (f64,)| x * x);
        let (arguments, callbacks) = offering(|| (square.clone(), 3.0).into_value());
        assert_eq!(answered(&callbacks, arguments), Answer::Returned(Value::Float(18.0)));
        assert_eq!(square.calls(), 2);
    }

    #[test]
    fn a_function_that_was_not_passed_has_no_values() {
        let forged = Value::Tuple(vec![Value::Callback(5), Value::Float(3.0)]);
        assert!(matches!(answered(&Callbacks::default(), forged), Answer::Panicked(_)));
    }

    #[test]
    fn arguments_of_another_type_are_refused() {
        let (arguments, callbacks) = offering(|| (1.0, 2.0).into_value());
        assert!(matches!(answered(&callbacks, arguments), Answer::Refused(_)));
    }

    #[test]
    fn the_innermost_place_of_the_learner_is_found() {
        let backtrace = "\
   2: ndarray::linalg::impl_linalg::dot_shape_error
             at /crates/ndarray/src/linalg/impl_linalg.rs:343:9
   3: ex_3_2::forward
             at /mine/ex_3_2/src/layer.rs:12:15
   4: core::ops::function::FnOnce::call_once
             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/ops/function.rs:253:5
   5: ex_3_2::main
             at /mine/ex_3_2/src/lib.rs:80:13
";
        let place = |folder| first_line_in(folder, backtrace);
        assert_eq!(place("/mine/ex_3_2/src/"), Some(("/mine/ex_3_2/src/layer.rs".to_owned(), 12)));
        assert_eq!(place("/other/src/"), None);
    }
}
