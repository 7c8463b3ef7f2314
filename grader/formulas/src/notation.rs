//! Formulas written as mathematics.

use std::f64::consts::PI;

use crate::{Domain, Expression, Formulas, Operation, SymbolId};

/// How tightly a formula holds together: what holds less tightly than its surroundings needs brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tightness {
    Comparison,
    Sum,
    Product,
    Factor,
    Atom,
}

use Tightness::{Atom, Comparison, Factor, Product, Sum};

impl Formulas {
    /// A formula as mathematics: `dL/dA ⊙ (1 − A²)`.
    #[must_use]
    pub fn written(&self, formula: &Expression) -> String {
        self.held(formula).0
    }

    /// The name of a function of one number.
    #[must_use]
    pub fn function_name(&self, function: Operation) -> String {
        match function {
            Operation::Square => "the square".to_owned(),
            other => name(other),
        }
    }

    fn held(&self, formula: &Expression) -> (String, Tightness) {
        match formula {
            Expression::Constant(number) => (constant(*number), Atom),
            Expression::Symbol(symbol) => self.symbol_held(*symbol),
            Expression::Apply(operation, arguments) => match arguments.as_slice() {
                [a] => self.of_one(*operation, a),
                [a, b] => self.of_two(*operation, a, b),
                _ => (String::new(), Atom),
            },
            Expression::Choice(symbol, branches) => {
                let name = &self.symbols[*symbol].shown;
                let branches: Vec<_> = branches.iter().map(|it| self.written(it)).collect();
                (format!("({} by {name})", branches.join(" or ")), Atom)
            }
            Expression::Call(function, argument) => {
                (format!("{}({})", self.symbols[*function].shown, self.written(argument)), Atom)
            }
            Expression::Along(function, vector, step) => {
                let function = &self.symbols[*function].shown;
                let vector = self.written(vector);
                let moved = match &**step {
                    Expression::Apply(Operation::Negate, step) => {
                        format!(" − {}·eₖ", self.at_least(&step[0], Factor))
                    }
                    Expression::Constant(0.0) => String::new(),
                    step => format!(" + {}·eₖ", self.at_least(step, Factor)),
                };
                (format!("{function}({vector}{moved})"), Atom)
            }
        }
    }

    fn symbol_held(&self, symbol: SymbolId) -> (String, Tightness) {
        let letter = self.symbols[symbol].letter();
        // dL/dW is one name, but a square or a transpose of it needs brackets.
        (letter.to_owned(), if letter.contains('/') { Factor } else { Atom })
    }

    /// In brackets where it does not hold that tightly.
    fn at_least(&self, formula: &Expression, tightness: Tightness) -> String {
        match self.held(formula) {
            (text, held) if held >= tightness => text,
            (text, _) => format!("({text})"),
        }
    }

    fn of_two(&self, operation: Operation, a: &Expression, b: &Expression) -> (String, Tightness) {
        let infix = |sign: &str, tightness: Tightness, right: Tightness| {
            let (a, b) = (self.at_least(a, tightness), self.at_least(b, right));
            (format!("{a}{sign}{b}"), tightness)
        };
        let function =
            |name: &str| (format!("{name}({}, {})", self.written(a), self.written(b)), Atom);
        match operation {
            // θ + (−ε) is θ − ε.
            Operation::Add if negated(b).is_some() => {
                let b = negated(b).map(|b| self.at_least(b, Product)).unwrap_or_default();
                (format!("{} − {b}", self.at_least(a, Sum)), Sum)
            }
            Operation::Add => infix(" + ", Sum, Sum),
            Operation::Subtract => infix(" − ", Sum, Product),
            Operation::Multiply if self.is_number(a) || self.is_number(b) => {
                infix("·", Product, Factor)
            }
            Operation::Multiply => infix(" ⊙ ", Product, Factor),
            Operation::Dot => infix("·", Product, Factor),
            Operation::Outer => infix(" ⊗ ", Product, Factor),
            Operation::Divide | Operation::Ratio => {
                let a = self.at_least(a, Product);
                let b = self.held(b);
                let b = if b.0.contains('/') || b.1 < Factor { format!("({})", b.0) } else { b.0 };
                (format!("{a} / {b}"), Product)
            }
            Operation::Above => infix(" > ", Comparison, Sum),
            Operation::Both => infix(" and ", Comparison, Comparison),
            Operation::Larger => function("max"),
            _ => function("min"),
        }
    }

    fn of_one(&self, operation: Operation, a: &Expression) -> (String, Tightness) {
        let after = |mark: &str| (format!("{}{mark}", self.at_least(a, Atom)), Factor);
        let function = |name: &str| (format!("{name}({})", self.written(a)), Atom);
        let first = |name: &str| (format!("the {name} of {}", self.at_least(a, Atom)), Comparison);
        match operation {
            Operation::Negate => (format!("−{}", self.at_least(a, Product)), Product),
            Operation::Absolute => (format!("|{}|", self.written(a)), Atom),
            Operation::Square => after("²"),
            Operation::Cube => after("³"),
            Operation::Transpose => after("ᵀ"),
            Operation::Half => (format!("{} / 2", self.at_least(a, Product)), Product),
            Operation::Twice => (format!("2·{}", self.at_least(a, Factor)), Product),
            Operation::Complement => (format!("1 − {}", self.at_least(a, Product)), Sum),
            Operation::Clip(bound) => {
                (format!("clip({}, ±{})", self.written(a), constant(bound)), Atom)
            }
            Operation::Decimals(decimals) => {
                (format!("round({}, {decimals} decimals)", self.written(a)), Atom)
            }
            Operation::Rows(rows) => (format!("the first {rows} rows of {}", self.written(a)), Sum),
            Operation::WithoutFirst => self.without(a, "first"),
            Operation::WithoutLast => self.without(a, "last"),
            Operation::First(0) => first("first row"),
            Operation::First(_) => first("first column"),
            Operation::Last(0) => first("last row"),
            Operation::Last(_) => first("last column"),
            other => function(&name(other)),
        }
    }

    /// A matrix, or a vector, with zeros in one place.
    fn without(&self, a: &Expression, place: &str) -> (String, Tightness) {
        let entry = if self.is_vector(a) { "entry" } else { "row" };
        (format!("{} with its {place} {entry} 0", self.at_least(a, Atom)), Comparison)
    }

    fn is_vector(&self, formula: &Expression) -> bool {
        let Expression::Symbol(symbol) = formula else { return false };
        matches!(&self.symbols[*symbol].domain, Domain::Array(lengths) if lengths.len() == 1)
    }

    fn is_number(&self, formula: &Expression) -> bool {
        match formula {
            Expression::Constant(_) | Expression::Call(..) => true,
            Expression::Symbol(symbol) => match &self.symbols[*symbol].domain {
                Domain::Array(_) => false,
                Domain::Step => self
                    .steps()
                    .find(|it| it.symbol == *symbol)
                    .is_none_or(|it| self.is_number(&it.formula)),
                _ => true,
            },
            Expression::Apply(Operation::Sum | Operation::Mean, _) => true,
            Expression::Apply(Operation::Dot, _) | Expression::Along(..) => false,
            other => other.children().into_iter().all(|child| self.is_number(child)),
        }
    }
}

fn negated(formula: &Expression) -> Option<&Expression> {
    match formula {
        Expression::Apply(Operation::Negate, of) => of.first(),
        _ => None,
    }
}

fn name(operation: Operation) -> String {
    let name = match operation {
        Operation::Root => "√",
        Operation::Exponential => "exp",
        Operation::Logarithm => "ln",
        Operation::Tanh => "tanh",
        Operation::Logistic => "σ",
        Operation::Erfc => "erfc",
        Operation::Relu => "relu",
        Operation::Sine => "sin",
        Operation::Arctangent => "arctan",
        Operation::Softsign => "softsign",
        Operation::Sign => "sign",
        Operation::Step => "step",
        Operation::Reshape => "reshape",
        Operation::Sum => "Σ",
        Operation::Mean => "mean",
        Operation::SumAxis(axis) => return format!("Σ over axis {axis} "),
        Operation::MeanAxis(axis) => return format!("mean over axis {axis} "),
        Operation::MaxAxis(axis) => return format!("max over axis {axis} "),
        Operation::Single => "f32",
        Operation::Truncated => "truncated",
        _ => "",
    };
    name.to_owned()
}

fn constant(number: f64) -> String {
    let magnitude = number.abs();
    match number {
        0.5 => "½".to_owned(),
        0.75 => "¾".to_owned(),
        PI => "π".to_owned(),
        _ if magnitude != 0.0 && !(1e-3..1e6).contains(&magnitude) => {
            format!("{number:e}").replace('-', "−")
        }
        _ => number.to_string().replace('-', "−"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last step's formula, as it is written.
    fn written(text: &str) -> String {
        let formulas = Formulas::read(text).unwrap();
        formulas.written(&formulas.functions[0].steps.last().unwrap().formula)
    }

    #[test]
    fn formulas_are_written_as_mathematics() {
        let scalars = |formula: &str| {
            written(&format!("fn f(x: f64, w: f64, dx: f64) {{ let y = {formula}; }}"))
        };
        assert_eq!(scalars("w * x + 0.5"), "w·x + ½");
        assert_eq!(scalars("(w + x) * x"), "(w + x)·x");
        assert_eq!(scalars("dx * (1.0 - x.pow2())"), "dL/dx·(1 − x²)");
        assert_eq!(scalars("dx.pow2()"), "(dL/dx)²");
        assert_eq!(scalars("w - (x - w)"), "w − (x − w)");
        assert_eq!(scalars("w / (2.0 * x)"), "w / (2·x)");
        assert_eq!(scalars("w + -x"), "w − x");
        assert_eq!(scalars("tanh(abs(x)) / 1e-8"), "tanh(|x|) / 1e−8");
        assert_eq!(scalars("erfc(-x / sqrt(2 * PI))"), "erfc(−x / √(2·π))");
    }

    #[test]
    fn matrices_are_told_from_numbers() {
        let text = "fn f(X: [f64; (B, d)], dZ: [f64; (B, 3)]) { let W = dZ.t().dot(X) * B; }";
        assert_eq!(written(text), "dZᵀ·X·B");
        let text = "fn f(A: [f64; (B, d)]) { let W = A * (1.0 - A.pow2()); }";
        assert_eq!(written(text), "A ⊙ (1 − A²)");
    }

    #[test]
    fn calls_show_where_a_function_is_evaluated() {
        let text = "fn g(f: fn([f64; p]) -> f64, theta: [f64; p], epsilon: Positive<1e-8, 0.1>) {
            let y = (along(f, theta, epsilon) - along(f, theta, -epsilon)) / (2.0 * epsilon); }";
        assert_eq!(written(text), "(f(θ + ε·eₖ) − f(θ − ε·eₖ)) / (2·ε)");
    }
}
