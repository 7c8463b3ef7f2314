//! Why a check did not pass, and what is said of it.

use gradcheck::Structure;
use wire::frame::Panic;

use super::{Probe, Verdict};
use crate::{
    error_map::ErrorMap,
    excerpt::excerpt,
    report::Place,
    scan::{
        Finding, Scan,
        loops::{self, Function},
    },
    worker::Stop,
};

/// How much of what a worker says stands in a message, in bytes.
const MAX_QUOTE_BYTES: usize = 1 << 10;

/// `Ok(())` when every comparison of a check held.
pub type Outcome = Result<(), Miss>;

/// Why a check did not pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Miss {
    /// The way of not passing.
    pub verdict: Verdict,
    /// What a learner may read: never a hidden input, never an expected value.
    pub message: String,
    /// The line that it stopped at, where one is known.
    pub place: Option<Box<Place>>,
    /// Where gradients are wrong, where that is not everywhere.
    pub maps: Box<[ErrorMap]>,
    /// Inputs and expected values, shown only when asked for.
    pub reveal: String,
    /// The simple form of the difference, where there is one.
    pub structure: Option<Box<Structure>>,
    /// What is wrong, as the message names it.
    pub quantities: Vec<String>,
    /// True when the same call, made once more at once, had another answer.
    pub is_unsteady: bool,
    /// True when nothing but a loop was found.
    pub is_loop: bool,
    /// The panic, where there was one.
    pub panic: Option<Box<Raised>>,
}

/// Where learner code panicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// The function that holds the line, or else the one that was called.
    pub function: String,
    /// The file and the line; empty when unknown.
    pub place: String,
}

impl Miss {
    /// A comparison that did not hold.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Verdict::Failed, message)
    }

    /// A comparison that did not hold, of one number or `all` of an array, with a difference that
    /// has a simple form.
    #[must_use]
    pub fn structured(name: &str, structure: Structure, all: bool) -> Self {
        let mut form = if all { format!("{structure:#}") } else { structure.to_string() };
        form += Self::of_one_call(&structure);
        Self { structure: Some(Box::new(structure)), ..Self::failed(format!("{name} {form}")) }
    }

    /// What a form of one call's difference needs beside it where it reads like one of the whole code: a
    /// gradient may be zero at one point, and a matrix transposed where it is square.
    pub fn of_one_call(structure: &Structure) -> &'static str {
        let is_whole = |factor: f64| {
            let factor = if factor.abs() < 1.0 { 1.0 / factor } else { factor };
            (factor - factor.round()).abs() <= 1e-6 * factor.abs()
        };
        match structure {
            Structure::Zero | Structure::Transposed => " in this call",
            Structure::Factor(factor) if !is_whole(*factor) => " in this call",
            _ => "",
        }
    }

    fn new(verdict: Verdict, message: impl Into<String>) -> Self {
        let (message, reveal, quantities) = (message.into(), String::new(), Vec::new());
        let (place, structure, panic) = (None, None, None);
        let (is_unsteady, is_loop, maps) = (false, false, Box::default());
        Self {
            verdict,
            message,
            place,
            maps,
            reveal,
            structure,
            quantities,
            is_unsteady,
            is_loop,
            panic,
        }
    }

    /// Says where it stopped.
    fn at(self, place: Option<Place>) -> Self {
        Self { place: place.map(Box::new), ..self }
    }

    /// A loop where a lesson asks for none.
    #[must_use]
    pub fn a_loop(found: &Finding) -> Self {
        let Finding { path, line, what } = found;
        let message = format!(
            "{path} line {line} has {what}. This lesson wants matrix operations only: write it as a \
             product, a reduction or an element-wise operation on whole arrays."
        );
        Self { is_loop: true, ..Self::failed(message).at(Some(found.place())) }
    }

    /// Names what is wrong.
    #[must_use]
    pub fn of(self, quantities: &[&str]) -> Self {
        let quantities = quantities.iter().map(|name| (*name).to_owned()).collect();
        Self { quantities, ..self }
    }

    /// Says something else, which has no simple form.
    #[must_use]
    pub fn saying(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), structure: None, ..self }
    }

    /// Adds a question where a call took too long.
    #[must_use]
    pub fn asking_if_slow(self, question: &str) -> Self {
        match self.verdict {
            Verdict::TimedOut => Self { message: format!("{} {question}", self.message), ..self },
            _ => self,
        }
    }

    /// Adds what only `--reveal` shows.
    #[must_use]
    pub fn revealing(self, reveal: impl Into<String>) -> Self {
        Self { reveal: reveal.into(), ..self }
    }

    /// A call of one of the functions that are `told`, which panicked; unwritten work, where the panic is that of a `todo!`.
    #[must_use]
    pub fn panicked(told: &[&str], panic: &Panic, scan: &Scan) -> Self {
        let Panic { message, file, line } = panic;
        let holder = scan.function_at(file, *line as usize);
        // A worker may send any path: a place is in a file that was taken.
        let own_line =
            holder.map(|holder| Place { file: holder.path.clone(), line: *line as usize });
        let named = holder.map(|holder| &*holder.name);
        let (called, within) = called(told, named, scan);
        let functions = alternatives(&called);
        let [message, file] = [message, file].map(|text| excerpt(text, MAX_QUOTE_BYTES));
        let is_own = !file.is_empty();
        if let Some(step) = unwritten(&message).filter(|_| is_own) {
            let start = match within {
                Some(other) => format!("{functions} needs `{other}`, which is"),
                None => format!("{functions} is"),
            };
            let begun = holder.is_some_and(|holder| *line as usize > holder.begins);
            let open = match begun {
                true => format!("not finished: it came to the `todo!` at {file}:{line}"),
                false => format!("not written yet ({file}:{line})"),
            };
            let message = format!("{start} {open}{step}");
            return Self::new(Verdict::NotImplemented, message).at(own_line);
        }
        let place = if is_own { format!(" at {file}:{line}") } else { String::new() };
        let function = within.or(called.first().copied()).unwrap_or_default().to_owned();
        let raised = Raised { function, place: place.clone() };
        let within = within.map(|other| format!(" in `{other}`")).unwrap_or_default();
        let hint = if message.contains(REFUSED) { NOT_FOR_GRADED_CODE } else { "" };
        let message = format!("{functions} panicked{within}{place}: {message}{hint}");
        let panic = Some(Box::new(raised));
        Self { panic, ..Self::new(Verdict::Panicked, message).at(own_line) }
    }

    /// A call of one of the functions that are `told`, which was not answered.
    #[must_use]
    pub fn stopped(told: &[&str], stop: &Stop, scan: &Scan) -> Self {
        let defined = told.iter().find_map(|name| scan.function(name));
        let with_line = |name: &&str| match scan.function(name) {
            Some(it) => format!("`{name}` ({}:{})", it.path, it.lines.0),
            None => format!("`{name}`"),
        };
        let called = told.iter().map(with_line).collect::<Vec<_>>().join(" or ");
        let loop_of =
            |name: &&str| loops::endless_loop(&scan.functions, contract::in_any_precision(name));
        let endless = told.iter().find_map(loop_of).filter(|_| matches!(stop, Stop::TimedOut(_)));
        let place = endless.map(Finding::place).or(defined.map(Function::place));
        let (verdict, message) = match stop {
            Stop::TimedOut(how) => {
                let question = question_of_time(endless);
                (Verdict::TimedOut, format!("{called} was stopped: {how}. {question}"))
            }
            Stop::OutOfMemory(how) => {
                (Verdict::OutOfMemory, format!("{called} {how}. Does an array grow without bound?"))
            }
            Stop::Crashed(how) => {
                let question = if how.contains("SIGABRT") { QUESTION_OF_ABORT } else { "" };
                (Verdict::Crashed, format!("{called} ended its process: {how}{question}"))
            }
            Stop::StoppedEarly(how) => {
                (Verdict::StoppedEarly, format!("{called} stopped before it returned: {how}"))
            }
            Stop::Protocol(how) => (
                Verdict::ProtocolError,
                format!("lost contact with your program in {called}: {how}"),
            ),
        };
        Self::new(verdict, message).at(place)
    }

    /// An answer of another type than the contract states.
    #[must_use]
    pub fn wrong_type(told: &[&str]) -> Self {
        let message = format!("{} returned a value of the wrong type", alternatives(told));
        Self::new(Verdict::ProtocolError, message)
    }

    /// A call that the worker did not carry out.
    #[must_use]
    pub fn refused(told: &[&str], why: &str) -> Self {
        let (functions, why) = (alternatives(told), excerpt(why, MAX_QUOTE_BYTES));
        let message = format!("the result of {functions} did not arrive: {why}");
        Self::new(Verdict::ProtocolError, message)
    }

    /// A check that panicked or has no verdict to give, which is a fault of the course.
    #[must_use]
    pub fn of_check(why: &str) -> Self {
        let message = format!(
            "the check itself failed, which is a fault of the course and not of your code. Please \
             report it: {}",
            excerpt(why, MAX_QUOTE_BYTES)
        );
        Self::new(Verdict::NotGraded, message)
    }

    /// Says that an answer depends on more than the arguments.
    #[must_use]
    pub fn unsteady(self) -> Self {
        let message = self.message
            + ". Besides, the same call gives another answer the second time: does it depend on a \
               `static`, the time or a random number?";
        Self { message, is_unsteady: true, ..self }
    }

    /// A call that was answered otherwise when it was made again.
    #[must_use]
    pub fn changed(told: &[&str]) -> Self {
        let functions = alternatives(told);
        let miss = Self::failed(format!(
            "the same call of {functions} gives another answer when other calls come before it. Does it \
             keep something in a `static` from one call to the next? Its answer may depend on its \
             arguments alone"
        ));
        Self { is_unsteady: true, ..miss }
    }

    /// Adds what the last call tells: its arguments to what is revealed, and, where an answer is off
    /// by the batch size, the batch to what is said.
    #[must_use]
    pub fn in_context(mut self, last: &Probe) -> Self {
        self.reveal += &format!("\nlast call: {}{}", last.function, last.arguments);
        if let Some(Structure::Factor(factor)) = self.structure.as_deref() {
            self.message += &question_of_mean(*factor, last).unwrap_or_default();
        }
        self
    }
}

/// What to ask where an answer is off by this factor, if that is the batch size or its inverse.
fn question_of_mean(factor: f64, last: &Probe) -> Option<String> {
    let batch = last.batch().filter(|batch| *batch > 1)?;
    let is = |other: f64| (factor / other - 1.0).abs() < 1e-6;
    let question = match () {
        () if is(batch as f64) => "is a mean missing",
        () if is(1.0 / batch as f64) => "is a mean taken that does not belong",
        () => return None,
    };
    let what = match last.has_other_axis(batch) {
        true => format!("{batch} is the number of samples here, and another size as well"),
        false => format!("The batch has {batch} samples"),
    };
    Some(format!(". {what}: {question}?"))
}

/// What the standard library says of a thread, a file or a connection that the sandbox refuses.
const REFUSED: &str = "kind: PermissionDenied";
const NOT_FOR_GRADED_CODE: &str =
    ". Graded functions start no threads, open no files and use no network.";

const QUESTION_OF_ABORT: &str =
    ". Does it call `abort`, or panic while another panic is under way?";

/// What the panic of a `todo!` says of the step to take; `None` for any other panic.
fn unwritten(message: &str) -> Option<String> {
    let starts = ["not yet implemented", "not implemented"];
    let rest = starts.iter().find_map(|start| message.strip_prefix(start))?;
    let step = rest.trim_start_matches(": ");
    Some(if step.is_empty() { String::new() } else { format!(". The next step: {step}") })
}

fn question_of_time(endless: Option<&Finding>) -> String {
    match endless {
        Some(Finding { path, line, what }) => {
            format!("Does {} at {path}:{line} end?", what.replacen("a ", "the ", 1))
        }
        None => "Is there a loop that does not end, or far more work than needed?".to_owned(),
    }
}

/// Which functions may have been called, of those that are told: the one that holds the line of a panic, or else those
/// that lead to the holder, which is then given as well. What the learner did not write gives way to the holder.
fn called<'a>(
    told: &[&'a str],
    holder: Option<&'a str>,
    scan: &Scan,
) -> (Vec<&'a str>, Option<&'a str>) {
    let Some(name) = holder else { return (told.to_vec(), None) };
    let plain = contract::in_any_precision;
    if let Some(own) = told.iter().find(|it| plain(it) == name) {
        return (vec![own], None);
    }
    let leads = |it: &&str| loops::leads_to(&scan.functions, plain(it), name);
    let leading: Vec<_> = told.iter().copied().filter(leads).collect();
    if !leading.is_empty() {
        return (leading, holder);
    }
    let is_written = |it: &&str| scan.function(it).is_some();
    if told.iter().any(is_written) { (told.to_vec(), holder) } else { (vec![name], None) }
}

/// Names in code, one of which is meant.
fn alternatives(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(" or ")
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2};
    use wire::{Callbacks, Value, Wire, frame::Answer};

    use super::*;

    const TEXT: &str = "\
pub fn forward() {
    helper()
}
fn helper() {
    while true {}
}
pub fn signed(negative: bool) -> f64 {
    if negative {
        todo!()
    }
    1.0
}
pub fn wide(
    negative: bool,
) -> f64 {
    let _ = negative;
    todo!()
}";

    fn scan() -> Scan {
        Scan::of_text(TEXT)
    }

    fn panicked(message: &str, line: u32) -> Miss {
        let panic = Panic { message: message.to_owned(), file: "me/src/lib.rs".to_owned(), line };
        Miss::panicked(&["forward"], &panic, &scan())
    }

    #[test]
    fn a_panic_that_says_todo_is_unwritten_work() {
        let own = panicked("not yet implemented: add b", 2);
        assert_eq!(own.verdict, Verdict::NotImplemented);
        assert_eq!(
            own.message,
            "`forward` is not written yet (me/src/lib.rs:2). The next step: add b"
        );
        let other = panicked("not implemented", 5);
        assert_eq!(other.verdict, Verdict::NotImplemented);
        assert_eq!(
            other.message,
            "`forward` needs `helper`, which is not written yet (me/src/lib.rs:5)"
        );
        let open = |function, line| {
            let message = "not yet implemented: take the other sign".to_owned();
            let panic = Panic { message, file: "me/src/lib.rs".to_owned(), line };
            Miss::panicked(&[function], &panic, &scan()).message
        };
        assert!(open("wide", 17).starts_with("`wide` is not written yet (me/src/lib.rs:17)"));
        assert_eq!(
            open("signed", 9),
            "`signed` is not finished: it came to the `todo!` at me/src/lib.rs:9. The next step: take the \
             other sign"
        );
        let of_a_crate =
            Panic { message: "not implemented".to_owned(), file: String::new(), line: 0 };
        let of_a_crate = Miss::panicked(&["forward"], &of_a_crate, &scan());
        assert_eq!(of_a_crate.verdict, Verdict::Panicked);
    }

    #[test]
    fn a_panic_names_the_function_that_holds_its_line() {
        let own = panicked("index out of bounds", 2);
        assert_eq!(own.verdict, Verdict::Panicked);
        assert_eq!(own.message, "`forward` panicked at me/src/lib.rs:2: index out of bounds");
        let Miss { message: other, place, .. } = panicked("index out of bounds", 5);
        assert_eq!(place.map(|it| (it.file, it.line)), Some(("src/lib.rs".to_owned(), 5)));
        assert_eq!(other, "`forward` panicked in `helper` at me/src/lib.rs:5: index out of bounds");
    }

    #[test]
    fn a_function_that_the_learner_did_not_write_is_not_named() {
        let told = |function, message: &str| {
            let (message, file) = (message.to_owned(), "me/src/lib.rs".to_owned());
            let panic = Panic { message, file, line: 5 };
            Miss::panicked(&[function], &panic, &scan()).message
        };
        assert_eq!(told("of_the_course", "no"), "`helper` panicked at me/src/lib.rs:5: no");
        let unwritten = "`helper` is not written yet (me/src/lib.rs:5)";
        assert_eq!(told("of_the_course", "not yet implemented"), unwritten);
        let single = "`helper::<f32>` is not written yet (me/src/lib.rs:5)";
        assert_eq!(told("helper::<f32>", "not yet implemented"), single);
    }

    #[test]
    fn of_several_functions_the_one_that_holds_the_line_is_named() {
        let told = |line| {
            let panic = Panic { message: "no".to_owned(), file: "me/src/lib.rs".to_owned(), line };
            Miss::panicked(&["forward", "signed"], &panic, &scan()).message
        };
        assert_eq!(told(2), "`forward` panicked at me/src/lib.rs:2: no");
        assert_eq!(told(9), "`signed` panicked at me/src/lib.rs:9: no");
        let leads = "`forward` panicked in `helper` at me/src/lib.rs:5: no";
        assert_eq!(told(5), leads, "`signed` does not lead to `helper`");
        let stopped =
            Miss::stopped(&["signed", "forward"], &Stop::OutOfMemory("is full".into()), &scan());
        assert!(
            stopped
                .message
                .starts_with("`signed` (src/lib.rs:7) or `forward` (src/lib.rs:1) is full.")
        );
    }

    #[test]
    fn a_place_is_in_a_file_that_was_taken() {
        for (file, line) in [("../../etc/passwd", 1), ("me/src/lib.rs", 900), ("", 0)] {
            let panic = Panic { message: "no".to_owned(), file: file.to_owned(), line };
            assert_eq!(Miss::panicked(&["forward"], &panic, &scan()).place, None, "{file}:{line}");
        }
    }

    /// A call with a matrix of three samples and this second argument.
    fn called_with(other: Value) -> Probe {
        Probe {
            function: "backward",
            told: &["backward"],
            arguments: Value::Tuple(vec![Array2::<f64>::zeros((3, 2)).into_value(), other]),
            callbacks: Callbacks::default(),
            answer: Answer::Returned(Value::Float(0.0)),
        }
    }

    #[test]
    fn a_factor_that_is_the_batch_size_is_asked_about() {
        let vector = |length: usize| Array1::<f64>::zeros(length).into_value();
        let question = |factor, other| question_of_mean(factor, &called_with(other));
        let third = question(1.0 / 3.0, vector(2)).unwrap();
        assert_eq!(third, ". The batch has 3 samples: is a mean taken that does not belong?");
        let thrice = question(3.0, vector(3)).unwrap();
        assert!(thrice.contains("and another size as well: is a mean missing?"), "{thrice}");
        assert_eq!(question(2.0, vector(2)), None);
    }

    #[test]
    fn what_the_sandbox_refuses_is_explained() {
        let refused = panicked("failed to spawn: Os { code: 1, kind: PermissionDenied }", 2);
        assert!(
            refused
                .message
                .ends_with("Graded functions start no threads, open no files and use no network.")
        );
    }

    #[test]
    fn a_call_that_was_stopped_names_its_lines() {
        let stop = Stop::TimedOut("it used more than 2 s of processor time".to_owned());
        let line = |stop| Miss::stopped(&["forward"], &stop, &scan()).place.unwrap().line;
        assert_eq!(line(stop.clone()), 5, "of the loop");
        assert_eq!(line(Stop::Crashed("SIGSEGV".to_owned())), 1, "of the function");
        assert_eq!(
            Miss::stopped(&["forward"], &stop, &scan()).message,
            "`forward` (src/lib.rs:1) was stopped: it used more than 2 s of processor time. Does \
             the `while` loop at src/lib.rs:5 end?"
        );
    }
}
