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
    use std::{sync::Mutex, thread};

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

    type Curve = Callback<(f64,), f64>;

    /// The grader's end of a worker that answers calls of `run` under the name `f`, in a thread.
    fn worker<R: Wire + 'static>(
        run: fn((Curve, f64)) -> R,
    ) -> (UnixStream, thread::JoinHandle<io::Result<()>>) {
        let (socket, theirs) = UnixStream::pair().unwrap();
        let serving = move || {
            let functions = Functions::new().on("f", move |it| functions::call(it, run));
            answer_all(&functions, theirs)
        };
        (socket, thread::spawn(serving))
    }

    /// Makes a call of `f` and answers what it asks with `reply`.
    fn call(
        socket: &mut UnixStream,
        id: u64,
        arguments: Value,
        reply: impl Fn(u32, Value) -> Result<Value, String>,
    ) -> Answer {
        frame::write(socket, &Request { id, function: "f".to_owned(), arguments }).unwrap();
        loop {
            let response = frame::read::<Response>(socket).unwrap().unwrap();
            assert_eq!(response.id, id);
            let Answer::Asks { callback, arguments } = response.answer else {
                return response.answer;
            };
            frame::write(socket, &Reply { id, outcome: reply(callback, arguments) }).unwrap();
        }
    }

    fn square(_callback: u32, arguments: Value) -> Result<Value, String> {
        let (x,) = <(f64,)>::from_value(arguments).unwrap();
        Ok((x * x).into_value())
    }

    fn passed() -> Value {
        Value::Tuple(vec![Value::Callback(0), Value::Float(3.0)])
    }

    /// What a panic says, also to code that catches it.
    fn caught(run: impl FnOnce() -> f64) -> String {
        let payload = panic::catch_unwind(AssertUnwindSafe(run)).unwrap_err();
        payload.downcast_ref::<String>().unwrap().clone()
    }

    #[test]
    fn several_threads_may_ask_in_one_call() {
        let (mut socket, worker) = worker(|(f, x)| {
            let sum = |f: &Curve| (0..50).map(|at| f.call((x + f64::from(at),))).sum::<f64>();
            thread::scope(|scope| {
                let others = [(); 4].map(|()| scope.spawn(|| sum(&f)));
                others.map(|other| other.join().unwrap())
            })
        });
        let expected: f64 = (3..53).map(|x| f64::from(x * x)).sum();
        let Answer::Returned(sums) = call(&mut socket, 1, passed(), square) else { panic!() };
        assert_eq!(<[f64; 4]>::from_value(sums).unwrap(), [expected; 4]);
        drop(socket);
        worker.join().unwrap().unwrap();
    }

    #[test]
    fn a_refused_evaluation_panics_with_the_message_of_the_reply() {
        let (mut socket, _worker) = worker(|(f, x)| caught(|| f.call((x,))));
        let refused = |_, _| Err("the function takes 2 numbers".to_owned());
        let message = Value::Text("the function takes 2 numbers".to_owned());
        assert_eq!(call(&mut socket, 1, passed(), refused), Answer::Returned(message));
        let another_type = |_, _| Ok(Value::Bool(true));
        let message = Value::Text("failed to read a value as f64".to_owned());
        assert_eq!(call(&mut socket, 2, passed(), another_type), Answer::Returned(message));
    }

    #[test]
    fn a_function_that_was_kept_has_no_values_after_its_call() {
        static KEPT: Mutex<Vec<Curve>> = Mutex::new(Vec::new());
        let (mut socket, worker) = worker(|(f, x)| {
            let mut kept = KEPT.lock().unwrap();
            kept.push(f);
            panic::catch_unwind(AssertUnwindSafe(|| kept[0].call((x,)))).ok()
        });
        let first = call(&mut socket, 1, passed(), square);
        assert_eq!(first, Answer::Returned(Some(9.0).into_value()));
        assert_eq!(call(&mut socket, 2, passed(), square), Answer::Returned(Value::Option(None)));
        drop(socket);
        worker.join().unwrap().unwrap();
        let last = KEPT.lock().unwrap()[1].clone();
        let message = caught(|| last.call((1.0,)));
        assert!(message.contains("after the call"), "{message}");
    }

    #[test]
    fn a_grader_that_is_gone_ends_the_worker() {
        let (mut socket, worker) = worker(|(f, x)| caught(|| f.call((x,))));
        let request = Request { id: 1, function: "f".to_owned(), arguments: passed() };
        frame::write(&mut socket, &request).unwrap();
        assert!(matches!(
            frame::read::<Response>(&mut socket).unwrap().unwrap().answer,
            Answer::Asks { callback: 0, .. }
        ));
        drop(socket);
        assert!(worker.join().unwrap().is_err(), "there is nobody to take the answer");
    }

    #[test]
    fn a_reply_to_another_call_is_no_result() {
        let (mut socket, _worker) = worker(|(f, x)| caught(|| f.call((x,))));
        let request = Request { id: 1, function: "f".to_owned(), arguments: passed() };
        frame::write(&mut socket, &request).unwrap();
        let _asks = frame::read::<Response>(&mut socket).unwrap();
        let reply = Reply { id: 2, outcome: Ok(Value::Float(1.0)) };
        frame::write(&mut socket, &reply).unwrap();
        let answer = frame::read::<Response>(&mut socket).unwrap().unwrap().answer;
        let Answer::Returned(Value::Text(message)) = answer else { panic!("{answer:?}") };
        assert!(message.starts_with("failed to get the result of a function"), "{message}");
    }

    #[test]
    fn a_payload_that_panics_again_ends_nothing() {
        struct Again;

        impl Drop for Again {
            fn drop(&mut self) {
                panic!("again");
            }
        }

        let (mut socket, _worker) = worker(|_| -> f64 { panic::panic_any(Again) });
        for id in 1..=2 {
            assert!(matches!(call(&mut socket, id, passed(), square), Answer::Panicked(_)));
        }
    }

    #[test]
    fn a_result_that_cannot_be_sent_is_told() {
        let (mut socket, _worker) = worker(|_| vec![true; crate::MAX_VALUES]);
        let answer = call(&mut socket, 1, passed(), square);
        let Answer::Refused(message) = &answer else { panic!("{answer:?}") };
        assert!(message.contains("more than 16384 values"), "{message}");
        assert!(matches!(call(&mut socket, 2, passed(), square), Answer::Refused(_)), "it lives");
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
