use crate::{mismatch::Mismatch, value::Value, wire::Wire};

type Run = Box<dyn Fn(Value) -> Result<Value, Mismatch>>;

/// The functions of a crate (learner, stub or solution) and of its variants that a worker answers calls
/// with.
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

    /// Answers calls of a variant's functions as well, by the names that [`of_variant`] gives them.
    #[must_use]
    pub fn variant(mut self, variant: &str, Self { functions }: Self) -> Self {
        let named = functions.into_iter().map(|(name, run)| (of_variant(variant, &name), run));
        self.functions.extend(named);
        self
    }

    /// Calls `name`; `None` when there is no such function.
    #[must_use]
    pub fn call(&self, name: &str, arguments: Value) -> Option<Result<Value, Mismatch>> {
        let (_, run) = self.functions.iter().find(|(known, _)| known == name)?;
        Some(run(arguments))
    }
}

/// The name of a variant's function: `half/forward` is `forward` of the variant `half`.
#[must_use]
pub fn of_variant(variant: &str, function: &str) -> String {
    format!("{variant}/{function}")
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
    fn a_crate_and_its_variants_answer_by_different_names() {
        let adding =
            |step: f64| Functions::new().on("f", move |it| call(it, move |(x,): (f64,)| x + step));
        let all = adding(1.0).variant("half", adding(0.5));
        let answer = |name: &str| all.call(name, (1.0,).into_value());
        assert_eq!(answer("f"), Some(Ok(Value::Float(2.0))));
        assert_eq!(answer(&of_variant("half", "f")), Some(Ok(Value::Float(1.5))));
        assert_eq!(answer(&of_variant("third", "f")), None);
    }
}
