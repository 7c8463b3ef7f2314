use std::{
    cell::RefCell,
    os::unix::net::UnixStream,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    frame::{self, Answer, Reply, Response},
    value::Value,
};

/// The worker's end of the socket, which callbacks share with the main loop.
pub struct Line {
    pub socket: UnixStream,
    /// The id of the call that runs.
    call: Mutex<Option<u64>>,
}

thread_local! {
    static LINE: RefCell<Option<Arc<Line>>> = const { RefCell::new(None) };
}

impl Line {
    /// Opens the line of this thread's worker.
    pub fn open(socket: UnixStream) -> Arc<Self> {
        let line = Arc::new(Self { socket, call: Mutex::new(None) });
        LINE.set(Some(Arc::clone(&line)));
        line
    }

    /// Says which call runs from now on. Waits for the answer that a thread may still be asking for.
    pub fn set_call(&self, call: Option<u64>) {
        *self.call.lock().unwrap_or_else(PoisonError::into_inner) = call;
    }

    /// This thread's line and the call that it runs; `None` outside of a call.
    pub fn in_call() -> Option<(Arc<Self>, u64)> {
        let line = LINE.with_borrow(Option::clone)?;
        let call = *line.call.lock().unwrap_or_else(PoisonError::into_inner);
        Some((line, call?))
    }

    /// Asks the grader for the result of a callback that is an argument of `call`.
    ///
    /// # Errors
    /// A message for the learner, when the call is over or there is no answer.
    pub fn ask(&self, call: u64, callback: u32, arguments: Value) -> Result<Value, String> {
        // Held until the answer is there: several threads may ask.
        let running = self.call.lock().unwrap_or_else(PoisonError::into_inner);
        if *running != Some(call) {
            return Err("a function was called after the call that it was passed to".to_owned());
        }
        let asks = Response { id: call, answer: Answer::Asks { callback, arguments } };
        frame::write(&mut &self.socket, &asks)
            .map_err(|error| format!("failed to pass the arguments of a function: {error}"))?;
        match frame::read(&mut &self.socket) {
            Ok(Some(Reply { id, outcome })) if id == call => outcome,
            _ => Err("failed to get the result of a function: the grader is gone".to_owned()),
        }
    }
}
