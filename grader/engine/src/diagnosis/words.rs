//! What is said of a step: first the place and the kind of the mistake, and, for who asks, the formula.

use formulas::{Domain, Expression, Formulas, Kind, Length, Point, SymbolId};

use super::{
    inference::Inferred,
    place::Place,
    steps::{State, Taken},
    values::Look,
};

/// A longer formula says less than its place.
const MAX_FORMULA: usize = 100;

/// Two sentences about a wrong step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Where it is wrong and in which way.
    pub hint: String,
    /// What it computes, where that is known.
    pub formula: String,
}

impl Told {
    pub fn unsteady(function: &str) -> Self {
        let hint = format!(
            "`{function}` answers the same call differently after other calls: does it keep something in \
             a `static`?"
        );
        Self { hint, formula: String::new() }
    }
}

/// How a sentence spells a symbol.
pub fn shown(formulas: &Formulas, symbol: SymbolId) -> &str {
    &formulas.symbols[symbol].shown
}

/// A number as people write it, to three digits.
pub fn number(value: f64) -> String {
    // Not −0.
    let value = value + 0.0;
    let text = if value != 0.0 && !(1e-3..1e5).contains(&value.abs()) {
        format!("{value:.2e}")
    } else {
        let digits = (2.0 - value.abs().max(1e-3).log10().floor()).max(0.0) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    };
    text.replace('-', "−")
}

/// `your dL/dw`.
pub fn your(formulas: &Formulas, taken: &Taken) -> String {
    let shown = shown(formulas, taken.symbol);
    format!("your {}", shown.strip_prefix("the ").unwrap_or(shown))
}

pub fn of_formula(formulas: &Formulas, taken: &Taken, inferred: &Inferred) -> Told {
    let name = your(formulas, taken);
    let written = formulas.written(&inferred.formula);
    let kinds = inferred.kinds.iter();
    let mut parts: Vec<_> = kinds.map(|kind| of_kind(formulas, taken, *kind)).collect();
    parts.extend(of_factor(inferred.factor));
    parts.dedup();
    let hint = match (&inferred.formula, parts.as_slice()) {
        (Expression::Symbol(other), _) => {
            format!("{name} equals {}", of_other(formulas, *other))
        }
        (_, [_]) if inferred.kinds.is_empty() && inferred.factor > 0.0 => {
            of_factor_alone(&name, inferred.factor)
        }
        (_, [one]) => format!("in {name}, {one}"),
        (_, parts) => format!("in {name}, {}: two separate mistakes", parts.join(", and ")),
    };
    let is_readable = written.chars().count() <= MAX_FORMULA;
    let formula = format!("What your code computes for {name} is {written}.");
    Told { hint, formula: if is_readable { formula } else { String::new() } }
}

fn of_other(formulas: &Formulas, symbol: SymbolId) -> String {
    let name = shown(formulas, symbol);
    match formulas.steps().any(|step| step.symbol == symbol) {
        true => format!("your {}", name.strip_prefix("the ").unwrap_or(name)),
        false => name.to_owned(),
    }
}

fn of_factor(factor: f64) -> Option<String> {
    let times = |factor: f64| match factor.abs() {
        one if one >= 1.0 => format!("everything is {} times too large", number(one)),
        part => format!("everything is {} times too small", number(1.0 / part)),
    };
    match factor {
        1.0 => None,
        -1.0 => Some("the sign is wrong everywhere".to_owned()),
        factor if factor < 0.0 => Some(format!("the sign is wrong, and {}", times(factor))),
        factor => Some(times(factor)),
    }
}

/// The reason of the check says already how much too large or too small everything is.
fn of_factor_alone(name: &str, factor: f64) -> String {
    let [extra, missing] = ["a factor of", "a division by"];
    let (number, [extra, missing]) = match factor {
        one if one > 1.0 => (number(one), [extra, missing]),
        part => (number(1.0 / part), [missing, extra]),
    };
    format!("is there {extra} {number} too many in {name}, or is {missing} {number} missing?")
}

/// What is said of one change. It never states what the formula should be.
fn of_kind(formulas: &Formulas, taken: &Taken, kind: Kind) -> String {
    let shown = |symbol| shown(formulas, symbol);
    match kind {
        Kind::Sign => "one sign differs: look at each + and −".to_owned(),
        Kind::SignOf(symbol) => format!("{} enters with the other sign", shown(symbol)),
        Kind::Magnitude => "a sign is lost: an absolute value is taken, or as good as".to_owned(),
        Kind::MagnitudeMissing => {
            "a sign is kept that should be lost: look at the absolute values".to_owned()
        }
        Kind::FactorMissing => "a factor is missing".to_owned(),
        Kind::TermMissing => "a term is missing".to_owned(),
        Kind::FunctionMissing => "a function is not applied".to_owned(),
        Kind::FactorExtra(symbol) => {
            format!("there is a factor or divisor too many: {}", shown(symbol))
        }
        Kind::TermExtra(symbol) => format!("there is a term too many: {}", shown(symbol)),
        Kind::Another(symbol) => {
            format!("{} stands in the place of another quantity", shown(symbol))
        }
        Kind::Instead(symbol) => {
            format!("{} stands where something else is to be computed", shown(symbol))
        }
        Kind::Function(function) => {
            format!("a function other than {} is applied", formulas.function_name(function))
        }
        Kind::Operation => "one operation is another than the step asks for".to_owned(),
        Kind::Times(symbol) => {
            format!("{} enters with another factor than the step asks for", shown(symbol))
        }
        Kind::Fixed(symbol) => {
            format!("a fixed number stands in the place of {}", shown(symbol))
        }
        Kind::OffByOne(symbol) => format!("{} is taken one too large or too small", shown(symbol)),
        Kind::DivisorsExtra(one, other) => {
            format!("everything is divided by {} and by {}", shown(one), shown(other))
        }
        Kind::Number => "one number is another than the step asks for".to_owned(),
        Kind::Axis => {
            "a sum or a mean is taken over something else: which axis, and sum or mean?".to_owned()
        }
        Kind::Order => {
            "operands are exchanged or a matrix is turned: look at order, transposes and reshapes"
                .to_owned()
        }
        Kind::Grouping => {
            "something is applied to another part of the formula: look at the brackets and the order"
                .to_owned()
        }
        Kind::Comparison => "a comparison is the other way round".to_owned(),
        Kind::Normalised(symbol) => format!("{} is scaled to length 1", shown(symbol)),
        Kind::Floor => {
            "a small number is added to the divisor, or taken where the divisor is smaller".to_owned()
        }
        Kind::Derivative => "the derivative is that of another function".to_owned(),
        Kind::Case => "the cases are not told apart as the step asks".to_owned(),
        Kind::Single => "a part is computed in single precision: is there an f32?".to_owned(),
        Kind::Whole => "a part is cut to a whole number".to_owned(),
        Kind::Clipped => "a part is kept within bounds".to_owned(),
        Kind::Dropped(symbol) => {
            format!("the first or the last {} is left out", entry(formulas, taken, symbol))
        }
        Kind::OneSided => "the difference is taken to one side alone".to_owned(),
        Kind::Rows => "rows after the first 32 are left out".to_owned(),
    }
}

/// What the first axis of a symbol counts: `B` samples, `d_in` inputs, `d_out` outputs.
fn entry(formulas: &Formulas, taken: &Taken, symbol: SymbolId) -> String {
    match first_dimension(formulas, taken, symbol).map(|id| formulas.symbols[id].name.as_str()) {
        Some("B") => "sample".to_owned(),
        Some("d" | "d_in") => "input".to_owned(),
        Some("d_out") => "output".to_owned(),
        _ => format!("entry of {}", shown(formulas, symbol)),
    }
}

/// The dimension of a symbol's first axis: the declared one, or of a step the only one with its length.
fn first_dimension(formulas: &Formulas, taken: &Taken, symbol: SymbolId) -> Option<SymbolId> {
    if let Domain::Array(lengths) = &formulas.symbols[symbol].domain {
        return lengths.first().and_then(|length| match length {
            Length::Of(dimension) => Some(*dimension),
            Length::Fixed(_) => None,
        });
    }
    let length = |point: &Point| Some(*point.value(symbol)?.value.shape().first()? as f64);
    let fits = |id: &SymbolId| taken.own.iter().all(|it| it.number(*id) == length(it));
    let fitting: Vec<_> = formulas.dimensions().filter(fits).collect();
    if let [only] = fitting.as_slice() { Some(*only) } else { None }
}

pub fn of_look(formulas: &Formulas, taken: &Taken, look: Look) -> Told {
    let name = your(formulas, taken);
    let hint = match look {
        Look::Constant(value) => format!("{name} is always {}", number(value)),
        Look::Single => format!(
            "{name} is right to about 7 digits: is a part of it computed in single precision, f32?"
        ),
        Look::Alike => format!(
            "every entry of {name} is the same number: is a sum taken over too much, or one entry repeated?"
        ),
        Look::Offset(offset) => {
            let more = if offset > 0.0 { "large" } else { "small" };
            format!("{name} is too {more} by the same number everywhere, {}", number(offset.abs()))
        }
        Look::Digits(digits) if calls_back(&taken.formula) => format!(
            "{name} is right to about {digits} digits: is it taken with another step, or is a number rounded?"
        ),
        Look::Digits(digits) => format!(
            "{name} is right to about {digits} digits, where a formula gives 15: is it a difference \
             quotient, or is a number rounded?{}",
            question_of_epsilon(formulas, taken)
        ),
        Look::Decimals(decimals) => format!("{name} is rounded to {decimals} decimals"),
        Look::Between(low, high) => format!(
            "{name} never leaves the range from {} to {}, and is right within it: is it clipped?",
            number(low),
            number(high)
        ),
        Look::Below(high) => {
            format!("{name} is never above {}, and is right below: is it clipped?", number(high))
        }
        Look::Above(low) => {
            format!("{name} is never below {}, and is right above: is it clipped?", number(low))
        }
    };
    Told { hint, formula: String::new() }
}

/// What else a few wrong digits may come from, where a small number is part of the step.
fn question_of_epsilon(formulas: &Formulas, taken: &Taken) -> String {
    let is_epsilon = |id: &SymbolId| formulas.symbols[*id].name == "epsilon";
    let epsilon = taken.formula.symbols().into_iter().find(is_epsilon);
    let question = |id| format!(" Or does {} stand in another place?", shown(formulas, id));
    epsilon.map(question).unwrap_or_default()
}

/// True where the right value is itself a difference of values of a function.
fn calls_back(formula: &Expression) -> bool {
    matches!(formula, Expression::Call(..) | Expression::Along(..))
        || formula.children().into_iter().any(calls_back)
}

/// Where a step is right, and what is known of the rest.
pub fn of_place(formulas: &Formulas, taken: &Taken, place: &Place, beyond: Option<Told>) -> Told {
    let name = your(formulas, taken);
    let Place { right, constant, .. } = place;
    let is_exception = right.starts_with("except");
    let elsewhere = if is_exception { ", where" } else { "; elsewhere" };
    match (constant, beyond) {
        _ if place.other_shape => {
            let hint = format!("{name} is right {right}{elsewhere} it has another shape");
            Told { hint, formula: String::new() }
        }
        (Some(value), _) => {
            let hint = format!("{name} is right {right}{elsewhere} it is {}", number(*value));
            Told { hint, formula: String::new() }
        }
        (None, Some(Told { hint, formula })) => Told {
            hint: format!("{name} is right {right}{elsewhere} {}", without(&hint, &name)),
            formula: formula.replace("What your code computes", "What your code computes there"),
        },
        (None, None) => {
            let rest = if is_exception { "" } else { ", and wrong elsewhere" };
            let hint = format!("{name} is right {right}{rest}");
            Told { hint, formula: String::new() }
        }
    }
}

/// A hint on a step, where the sentence has named the step already.
fn without(hint: &str, name: &str) -> String {
    let inside = hint.strip_prefix("in ").and_then(|rest| rest.strip_prefix(name));
    match (inside, hint.strip_prefix(name)) {
        (Some(rest), _) => rest.trim_start_matches(", ").to_owned(),
        (None, Some(rest)) => format!("it{rest}"),
        (None, None) => hint.to_owned(),
    }
}

/// A step whose values are those of another.
pub fn of_sibling(formulas: &Formulas, taken: &Taken, other: &Taken) -> Told {
    let hint = format!("{} equals {}", your(formulas, taken), your(formulas, other));
    Told { hint, formula: String::new() }
}

/// A step that is right for earlier values that are not.
pub fn of_consequence(formulas: &Formulas, taken: &Taken, all: &[Taken]) -> Told {
    let used = taken.formula.symbols();
    let causes = all.iter().filter(|it| used.contains(&it.symbol) && it.state != State::Right);
    let mut causes: Vec<_> = causes.map(|cause| your(formulas, cause)).collect();
    causes.dedup();
    let hint = format!(
        "{} is right for {}: look there first",
        your(formulas, taken),
        causes.join(" and ")
    );
    Told { hint, formula: String::new() }
}

/// A step whose values belong to other cases.
pub fn of_exchange(formulas: &Formulas, taken: &Taken) -> Told {
    let name = your(formulas, taken);
    let hint = format!(
        "{name} has the right numbers, but they are exchanged: each stands for another case"
    );
    Told { hint, formula: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYER: &str = "fn f(X: [f64; (B, d_in)], W: [f64; (d_out, d_in)], v: [f64; n]) {
        let Z = X.dot(W.t());
        let y = Z.sum();
    }";

    #[test]
    fn what_is_left_out_is_named_by_its_axis() {
        let formulas = Formulas::read(LAYER).unwrap();
        let taken = Taken::last_of(&formulas, |_| 0.0);
        let of = |name: &str| entry(&formulas, &taken, formulas.symbol(name).unwrap());
        assert_eq!(["X", "W", "v", "Z"].map(of), ["sample", "output", "entry of v", "entry of Z"]);
    }

    #[test]
    fn nothing_is_told_of_elsewhere_after_an_exception() {
        let formulas = Formulas::read(LAYER).unwrap();
        let taken = Taken::last_of(&formulas, |_| 0.0);
        let told = |right: &str, constant: Option<f64>| {
            let (right, beyond) = (right.to_owned(), Vec::new());
            let place = Place { right, beyond, other_shape: false, constant };
            of_place(&formulas, &taken, &place, None).hint
        };
        let first = "except in the first column";
        assert_eq!(told(first, Some(0.0)), format!("your y is right {first}, where it is 0"));
        assert_eq!(told(first, None), format!("your y is right {first}"));
        let one = told("where B = 1", Some(0.0));
        assert_eq!(one, "your y is right where B = 1; elsewhere it is 0");
    }
}
