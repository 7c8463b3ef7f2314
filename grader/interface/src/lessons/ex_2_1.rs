//! Backprop by hand.

crate::choice! {
    /// The two worked examples.
    pub enum Example {
        /// b = 1.
        First,
        /// b ≠ 1.
        Second,
    }
}

crate::functions! {
    /// The pre-activation.
    z(Example) -> f64;
    /// The activation.
    a(Example) -> f64;
    /// The loss.
    loss(Example) -> f64;
    /// dL/da.
    da(Example) -> f64;
    /// dL/dz.
    dz(Example) -> f64;
    /// dL/dw.
    dw(Example) -> f64;
    /// dL/db.
    db(Example) -> f64;
}

/// The adapter of this lesson for the crate or module at `$learner`.
#[macro_export]
macro_rules! ex_2_1 {
    ($learner:path) => {{
        use $crate::ex_2_1 as lesson;
        use $learner as learner;
        fn of(example: lesson::Example) -> learner::Example {
            match example {
                lesson::Example::First => learner::Example::First,
                lesson::Example::Second => learner::Example::Second,
            }
        }
        $crate::Adapter::new()
            .on(lesson::z, |(example,)| learner::z(of(example)))
            .on(lesson::a, |(example,)| learner::a(of(example)))
            .on(lesson::loss, |(example,)| learner::loss(of(example)))
            .on(lesson::da, |(example,)| learner::da(of(example)))
            .on(lesson::dz, |(example,)| learner::dz(of(example)))
            .on(lesson::dw, |(example,)| learner::dw(of(example)))
            .on(lesson::db, |(example,)| learner::db(of(example)))
    }};
}
