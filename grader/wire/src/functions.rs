use crate::{mismatch::Mismatch, value::Value, wire::Wire};

type Run = Box<dyn Fn(Value) -> Result<Value, Mismatch>>;

/// The functions of one crate (learner, stub, solution or variant) that a worker answers calls with.
#[derive(Default)]
pub struct Functions {
    functions: Vec<(String, Run)>,
}

impl Functions {
    /// No functions. Crates without a prelude know no `Default`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers calls of `name` with `run`, which is given the arguments. Of two functions with one
    /// name the first answers.
    #[must_use]
    pub fn on(
        mut self,
        name: &str,
        run: impl Fn(Value) -> Result<Value, Mismatch> + 'static,
    ) -> Self {
        self.functions.push((name.to_owned(), Box::new(run)));
        self
    }

    /// The functions of all variants: `half/forward` is `forward` of the variant `half`.
    pub(crate) fn of_variants(variants: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        let named = |(variant, Self { functions }): (&'static str, Self)| {
            functions.into_iter().map(move |(name, run)| (format!("{variant}/{name}"), run))
        };
        Self { functions: variants.into_iter().flat_map(named).collect() }
    }

    /// Calls `name`; `None` when there is no such function.
    #[must_use]
    pub fn call(&self, name: &str, arguments: Value) -> Option<Result<Value, Mismatch>> {
        let (_, run) = self.functions.iter().find(|(known, _)| known == name)?;
        Some(run(arguments))
    }
}

/// Reads the arguments, runs a function on them, and gives its result as a value.
///
/// # Errors
/// When the arguments are of other types.
pub fn call<A: Wire, R: Wire>(
    arguments: Value,
    run: impl FnOnce(A) -> R,
) -> Result<Value, Mismatch> {
    Ok(run(A::from_value(arguments)?).into_value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variant_answers_under_its_own_name() {
        let adding =
            |step: f64| Functions::new().on("f", move |it| call(it, move |(x,): (f64,)| x + step));
        let all = Functions::of_variants([("solution", adding(1.0)), ("half", adding(0.5))]);
        let answer = |name: &str| all.call(name, (1.0,).into_value());
        assert_eq!(answer("solution/f"), Some(Ok(Value::Float(2.0))));
        assert_eq!(answer("half/f"), Some(Ok(Value::Float(1.5))));
        assert_eq!(answer("f"), None);
    }
}
