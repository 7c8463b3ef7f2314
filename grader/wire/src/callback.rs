//! Functions among the arguments: the grader evaluates them, the worker asks for their results.

use std::{
    cell::RefCell,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{functions, line::Line, mismatch::Mismatch, value::Value, wire::Wire};

/// A function from `A`, a tuple of arguments, to `R`. Clones share the count of calls.
pub struct Callback<A, R> {
    run: Arc<dyn Fn(A) -> R + Send + Sync>,
    calls: Arc<AtomicUsize>,
}

impl<A, R> Callback<A, R> {
    /// A callback that has not been called.
    pub fn new(run: impl Fn(A) -> R + Send + Sync + 'static) -> Self {
        Self { run: Arc::new(run), calls: Arc::default() }
    }

    /// Calls the function.
    ///
    /// # Panics
    /// In a worker, when the call that it was an argument of is over, or the grader does not answer.
    pub fn call(&self, arguments: A) -> R {
        self.calls.fetch_add(1, Ordering::Relaxed);
        (self.run)(arguments)
    }

    /// How often it was called, by whatever clone and from whatever process that it was sent to.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl<A, R> Clone for Callback<A, R> {
    fn clone(&self) -> Self {
        Self { run: Arc::clone(&self.run), calls: Arc::clone(&self.calls) }
    }
}

impl<A, R> fmt::Debug for Callback<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("calls", &self.calls()).finish_non_exhaustive()
    }
}

impl<A: Wire + 'static, R: Wire + 'static> Wire for Callback<A, R> {
    fn into_value(self) -> Value {
        let answer = move |arguments| functions::call(arguments, |arguments| self.call(arguments));
        Value::Callback(offer(Arc::new(answer)))
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let Value::Callback(index) = value else { return Err(Mismatch::new("a function")) };
        let asking = Line::in_call().ok_or_else(|| Mismatch::new("a function outside of a call"));
        let (line, call) = asking?;
        Ok(Self::new(move |arguments: A| {
            let answer = line.ask(call, index, arguments.into_value());
            let result = answer.and_then(|value| {
                R::from_value(value).map_err(|mismatch| format!("failed to {mismatch}"))
            });
            result.unwrap_or_else(|message| panic!("{message}"))
        }))
    }
}

/// What evaluates a callback.
pub type Evaluate = dyn Fn(Value) -> Result<Value, Mismatch> + Send + Sync;

type Answer = Arc<Evaluate>;

thread_local! {
    /// What `offering` collects; `None` outside of it.
    static OFFERED: RefCell<Option<Vec<Answer>>> = const { RefCell::new(None) };
}

/// Offers a function and gives its number.
fn offer(answer: Answer) -> u32 {
    OFFERED.with_borrow_mut(|offered| {
        let offered = offered.as_mut().expect("a function can be an argument, not a result");
        offered.push(answer);
        u32::try_from(offered.len() - 1).expect("arguments are fewer than 2³²")
    })
}

/// The callbacks among the arguments of a call, by their numbers.
#[derive(Clone, Default)]
pub struct Callbacks(Arc<[Answer]>);

impl Callbacks {
    /// Evaluates the callback `index`. A panic of its function is not caught.
    ///
    /// # Errors
    /// When there is no such callback, or its arguments are of other types.
    pub fn answer(&self, index: u32, arguments: Value) -> Result<Value, Mismatch> {
        let answer = usize::try_from(index).ok().and_then(|index| self.0.get(index));
        answer.ok_or_else(|| Mismatch::new("a function that was passed in"))?(arguments)
    }
}

impl Callbacks {
    /// The same callbacks, each evaluated by `around`, which is given what evaluates it and its arguments.
    #[must_use]
    pub fn wrapped<F>(&self, around: F) -> Self
    where
        F: Fn(&Evaluate, Value) -> Result<Value, Mismatch> + Clone + Send + Sync + 'static,
    {
        let wrap = |answer: &Answer| {
            let (answer, around) = (Arc::clone(answer), around.clone());
            Arc::new(move |arguments| around(&*answer, arguments)) as Answer
        };
        Self(self.0.iter().map(wrap).collect())
    }
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Callbacks").field(&self.0.len()).finish()
    }
}

/// Makes a value, and gives the callbacks in it beside it.
pub fn offering(make: impl FnOnce() -> Value) -> (Value, Callbacks) {
    /// Ends the offer, also when `make` panics.
    struct Offer(Option<Vec<Answer>>);

    impl Drop for Offer {
        fn drop(&mut self) {
            OFFERED.set(self.0.take());
        }
    }

    let _offer = Offer(OFFERED.replace(Some(Vec::new())));
    let value = make();
    (value, Callbacks(OFFERED.take().unwrap_or_default().into()))
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn constant(number: f64) -> Callback<(), f64> {
        Callback::new(move |()| number)
    }

    #[test]
    fn callbacks_are_answered_by_their_numbers_as_often_as_they_are_asked() {
        let (first, second) = (constant(1.0), constant(2.0));
        let offered = (first.clone(), vec![second.clone()]);
        let (value, callbacks) = offering(|| offered.into_value());
        let list = Value::List(vec![Value::Callback(1)]);
        assert_eq!(value, Value::Tuple(vec![Value::Callback(0), list]));
        let answer = |index| callbacks.clone().answer(index, ().into_value());
        assert_eq!(
            [answer(1), answer(0), answer(1)],
            [2.0, 1.0, 2.0].map(|it| Ok(it.into_value()))
        );
        assert_eq!((first.calls(), second.calls()), (1, 2));
        assert!(answer(2).is_err());
        assert!(callbacks.answer(0, 1.0.into_value()).is_err());
        assert_eq!(first.calls(), 1, "arguments of another type are no call");
    }

    #[test]
    fn offers_within_offers_stay_apart() {
        let (_, callbacks) = offering(|| {
            let outer = constant(1.0).into_value();
            let (inner, callbacks) = offering(|| constant(2.0).into_value());
            assert_eq!(inner, Value::Callback(0));
            assert_eq!(callbacks.answer(0, ().into_value()), Ok(2.0.into_value()));
            outer
        });
        assert_eq!(callbacks.answer(0, ().into_value()), Ok(1.0.into_value()));
        assert!(callbacks.answer(1, ().into_value()).is_err());
    }

    #[test]
    fn a_wrapped_callback_is_the_same_function_behind_another() {
        let double = Callback::new(|(x,): (f64,)| 2.0 * x);
        let (_, callbacks) = offering(|| double.clone().into_value());
        let wrapped = callbacks.wrapped(|evaluate, arguments| {
            evaluate(arguments).map(|value| Value::Option(Some(Box::new(value))))
        });
        let answer = wrapped.answer(0, (1.5,).into_value());
        assert_eq!((answer, double.calls()), (Ok(Some(3.0).into_value()), 1));
    }

    #[test]
    fn nothing_is_offered_or_read_outside() {
        let offer = || constant(1.0).into_value();
        assert!(catch_unwind(offer).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| offering(|| panic!("on purpose")))).is_err());
        assert!(catch_unwind(offer).is_err(), "a panic ends the offer");
        assert!(Callback::<(), f64>::from_value(Value::Callback(0)).is_err());
    }
}
