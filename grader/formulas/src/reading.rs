//! Formulas from their text: functions in the syntax of Rust, which nobody compiles.
//!
//! ```text
//! fn forward(X: [f64; (B, d_in)], w: [f64; d_in], b: f64) {
//!     let z = X.dot(w) + b;
//!     /// the loss
//!     let loss = z.pow2().sum() / B;
//! }
//! ```

use std::f64::consts::PI;

use syn::{
    Attribute, BinOp, Block, Expr, ExprLit, FnArg, GenericArgument, Item, ItemConst, ItemFn, Lit,
    Local, Meta, Pat, PathArguments, Stmt, Type, UnOp, spanned::Spanned,
};

use crate::{
    Argument, Domain, Expression, Formulas, Function, Length, Operation, Step, Symbol, SymbolId,
};

/// Formulas that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read line {line}: {what}")]
pub struct ReadError {
    line: usize,
    what: String,
}

impl ReadError {
    fn at(place: &impl Spanned, what: impl Into<String>) -> Self {
        Self { line: place.span().start().line, what: what.into() }
    }
}

impl Formulas {
    /// Reads formulas.
    ///
    /// # Errors
    /// When the text is not Rust, or says something that formulas do not know.
    pub fn read(text: &str) -> Result<Self, ReadError> {
        let file = syn::parse_file(text).map_err(|error| ReadError {
            line: error.span().start().line,
            what: error.to_string(),
        })?;
        let mut formulas = Self::default();
        for item in &file.items {
            match item {
                Item::Const(item) => formulas.read_known(item)?,
                Item::Fn(item) => formulas.read_function(item)?,
                _ => return Err(ReadError::at(item, "neither a function nor a constant")),
            }
        }
        Ok(formulas)
    }

    fn read_known(&mut self, item: &ItemConst) -> Result<(), ReadError> {
        if let Expr::Match(choice) = &*item.expr {
            let variants = variants(choice)?;
            self.named(&choice.expr, Domain::Choice(variants))?;
        }
        let formula = self.expression(&item.expr)?;
        let symbol = self.declare(&item.ident.to_string(), &item.attrs, Domain::Step);
        self.known.push(Step { symbol, formula });
        Ok(())
    }

    fn read_function(&mut self, item: &ItemFn) -> Result<(), ReadError> {
        let inputs = item.sig.inputs.iter();
        let arguments = inputs.map(|input| self.argument(input, &item.block));
        let arguments = arguments.collect::<Result<_, _>>()?;
        let steps = item.block.stmts.iter().map(|statement| match statement {
            Stmt::Local(local) => self.step(local),
            _ => Err(ReadError::at(statement, "a step is `let name = formula;`")),
        });
        let steps = steps.collect::<Result<_, _>>()?;
        self.functions.push(Function { name: item.sig.ident.to_string(), arguments, steps });
        Ok(())
    }

    fn argument(&mut self, input: &FnArg, body: &Block) -> Result<Argument, ReadError> {
        let FnArg::Typed(input) = input else { return Err(ReadError::at(input, "no `self` here")) };
        match &*input.pat {
            Pat::Ident(name) => {
                let name = name.ident.to_string();
                if let Some(known) = self.symbol(&name) {
                    return Ok(Argument::Symbol(known));
                }
                let domain = self.domain(&input.ty, body)?;
                Ok(Argument::Symbol(self.declare(&name, &input.attrs, domain)))
            }
            Pat::Struct(record) => {
                let fields = record.fields.iter().map(|field| match &field.member {
                    syn::Member::Named(name) => self.known_symbol(&name.to_string(), field),
                    syn::Member::Unnamed(_) => Err(ReadError::at(field, "a field has a name")),
                });
                Ok(Argument::Record(fields.collect::<Result<_, _>>()?))
            }
            pattern => Err(ReadError::at(pattern, "an argument is a name or a struct")),
        }
    }

    fn step(&mut self, local: &Local) -> Result<Step, ReadError> {
        let Pat::Ident(name) = &local.pat else {
            return Err(ReadError::at(local, "a step has one name"));
        };
        let Some(init) = &local.init else { return Err(ReadError::at(local, "no formula")) };
        let formula = self.expression(&init.expr)?;
        Ok(Step {
            symbol: self.declare(&name.ident.to_string(), &local.attrs, Domain::Step),
            formula,
        })
    }

    /// What an argument's type says of its values.
    fn domain(&mut self, ty: &Type, body: &Block) -> Result<Domain, ReadError> {
        match ty {
            Type::Array(array) => Ok(Domain::Array(self.lengths(&array.len)?)),
            Type::FnPtr(function) => match function.inputs.first().map(|input| &input.ty) {
                Some(Type::Array(_)) => Ok(Domain::FunctionOfVector),
                _ => Ok(Domain::FunctionOfNumber),
            },
            Type::Path(path) => {
                let last = path.path.segments.last().expect("a path has a segment");
                let bounds = bounds(&last.arguments);
                match (last.ident.to_string().as_str(), bounds) {
                    ("f64", _) => Ok(Domain::Real),
                    ("Positive", Some((low, high))) => Ok(Domain::Positive(low, high)),
                    ("Whole", Some((low, high))) => Ok(Domain::Whole(low, high)),
                    _ => chosen(body).map(Domain::Choice).ok_or_else(|| {
                        ReadError::at(ty, "neither a number, an array nor an enum that is matched")
                    }),
                }
            }
            _ => Err(ReadError::at(ty, "neither a number, an array nor a function")),
        }
    }

    fn lengths(&mut self, length: &Expr) -> Result<Vec<Length>, ReadError> {
        match length {
            Expr::Tuple(tuple) => tuple.elems.iter().map(|it| self.length(it)).collect(),
            one => Ok(vec![self.length(one)?]),
        }
    }

    fn length(&mut self, length: &Expr) -> Result<Length, ReadError> {
        match (number(length), length) {
            (Some(fixed), _) => Ok(Length::Fixed(fixed as usize)),
            (None, name) => self.named(name, Domain::Dimension).map(Length::Of),
        }
    }

    /// The symbol of a path, which is declared where it is new.
    fn named(&mut self, name: &Expr, domain: Domain) -> Result<SymbolId, ReadError> {
        let name = ident(name).ok_or_else(|| ReadError::at(name, "a name is expected"))?;
        Ok(self.declare(&name, &[], domain))
    }

    fn declare(&mut self, name: &str, attributes: &[Attribute], domain: Domain) -> SymbolId {
        self.symbol(name).unwrap_or_else(|| {
            let shown = documentation(attributes).unwrap_or_else(|| self.shown(name));
            self.symbols.push(Symbol { name: name.to_owned(), shown, domain });
            self.symbols.len() - 1
        })
    }

    /// How a name is shown: `dX` is the gradient dL/dX where there is an X.
    fn shown(&self, name: &str) -> String {
        let of = name.strip_prefix('d').and_then(|of| self.symbol(of));
        match (of, name) {
            (Some(of), _) => format!("dL/d{}", self.symbols[of].shown),
            (None, "theta") => "θ".to_owned(),
            (None, "epsilon") => "ε".to_owned(),
            (None, name) => name.to_owned(),
        }
    }

    fn known_symbol(&self, name: &str, place: &impl Spanned) -> Result<SymbolId, ReadError> {
        self.symbol(name).ok_or_else(|| ReadError::at(place, format!("{name} is not known here")))
    }

    fn expression(&self, expression: &Expr) -> Result<Expression, ReadError> {
        match expression {
            Expr::Paren(inner) => self.expression(&inner.expr),
            Expr::Lit(_) => {
                let number = number(expression);
                number
                    .map(Expression::Constant)
                    .ok_or_else(|| ReadError::at(expression, "no number"))
            }
            Expr::Path(_) => {
                let name = ident(expression).ok_or_else(|| ReadError::at(expression, "no name"))?;
                match name.as_str() {
                    "PI" => Ok(Expression::Constant(PI)),
                    _ => self.known_symbol(&name, expression).map(Expression::Symbol),
                }
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
                Ok(Expression::Apply(Operation::Negate, vec![self.expression(&unary.expr)?]))
            }
            Expr::Binary(binary) => {
                let operation = operator(&binary.op);
                let operation =
                    operation.ok_or_else(|| ReadError::at(binary, "another operator"))?;
                let sides = [&binary.left, &binary.right].map(|side| self.expression(side));
                Ok(Expression::Apply(operation, sides.into_iter().collect::<Result<_, _>>()?))
            }
            Expr::MethodCall(call) => {
                let arguments = std::iter::once(&*call.receiver).chain(&call.args);
                self.applied(&call.method.to_string(), &arguments.collect::<Vec<_>>(), call)
            }
            Expr::Call(call) => {
                let name = ident(&call.func).ok_or_else(|| ReadError::at(call, "no function"))?;
                self.applied(&name, &call.args.iter().collect::<Vec<_>>(), call)
            }
            Expr::Match(choice) => {
                let name = ident(&choice.expr).ok_or_else(|| ReadError::at(choice, "no name"))?;
                let branches = choice.arms.iter().map(|arm| self.expression(&arm.body));
                let symbol = self.known_symbol(&name, choice)?;
                Ok(Expression::Choice(symbol, branches.collect::<Result<_, _>>()?))
            }
            other => Err(ReadError::at(other, "formulas do not know this")),
        }
    }

    /// `name(arguments)` or `first.name(others)`.
    fn applied(
        &self,
        name: &str,
        arguments: &[&Expr],
        place: &impl Spanned,
    ) -> Result<Expression, ReadError> {
        if let (Some(function), [argument]) = (self.function_symbol(name), arguments) {
            return Ok(Expression::Call(function, Box::new(self.expression(argument)?)));
        }
        if let ("along", [function, vector, step]) = (name, arguments) {
            let function = ident(function).and_then(|name| self.function_symbol(&name));
            let function = function.ok_or_else(|| ReadError::at(place, "along a function"))?;
            let [vector, step] = [vector, step].map(|it| self.expression(it));
            return Ok(Expression::Along(function, Box::new(vector?), Box::new(step?)));
        }
        let axis = match (name, arguments) {
            ("sum_axis" | "mean_axis" | "max_axis", [_, axis]) => {
                number(axis).map(|axis| axis as usize)
            }
            _ => None,
        };
        let values = if axis.is_some() { &arguments[..1] } else { arguments };
        let operation = Operation::named(name, axis).filter(|it| it.arity() == values.len());
        let operation = operation.ok_or_else(|| {
            ReadError::at(place, format!("no operation `{name}` of {} values", values.len()))
        })?;
        let values = values.iter().map(|value| self.expression(value));
        Ok(Expression::Apply(operation, values.collect::<Result<_, _>>()?))
    }

    fn function_symbol(&self, name: &str) -> Option<SymbolId> {
        self.symbol(name).filter(|symbol| self.symbols[*symbol].domain.is_function())
    }
}

fn operator(operator: &BinOp) -> Option<Operation> {
    Some(match operator {
        BinOp::Add(_) => Operation::Add,
        BinOp::Sub(_) => Operation::Subtract,
        BinOp::Mul(_) => Operation::Multiply,
        BinOp::Div(_) => Operation::Divide,
        BinOp::Gt(_) => Operation::Above,
        BinOp::And(_) => Operation::Both,
        _ => return None,
    })
}

fn ident(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

fn number(expression: &Expr) -> Option<f64> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => number.base10_parse().ok(),
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => number(&unary.expr).map(|it| -it),
        _ => None,
    }
}

/// The two numbers of `<low, high>`.
fn bounds(arguments: &PathArguments) -> Option<(f64, f64)> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return None };
    let mut numbers = arguments.args.iter().map(|argument| match argument {
        GenericArgument::Const(expression) => number(expression),
        _ => None,
    });
    Some((numbers.next()??, numbers.next()??))
}

/// The variants that a match names, in their order.
fn variants(choice: &syn::ExprMatch) -> Result<Vec<String>, ReadError> {
    let variant = |arm: &syn::Arm| match &arm.pat {
        Pat::Path(path) => Ok(path.path.segments.last().expect("not empty").ident.to_string()),
        pattern => Err(ReadError::at(pattern, "a variant, `Enum::Variant`, is expected")),
    };
    choice.arms.iter().map(variant).collect()
}

/// The variants that the first match of a function names.
fn chosen(body: &Block) -> Option<Vec<String>> {
    body.stmts.iter().find_map(|statement| match statement {
        Stmt::Local(Local { init: Some(init), .. }) => match &*init.expr {
            Expr::Match(choice) => variants(choice).ok(),
            _ => None,
        },
        _ => None,
    })
}

fn documentation(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else { return None };
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
        pair.path.is_ident("doc").then(|| text.value().trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYER: &str = "\
fn forward(X: [f64; (B, d)], w: [f64; d], b: f64) {
    let Z = X.dot(w) + b;
    /// the loss
    let loss = 0.5 * Z.pow2().sum() / B;
}
fn backward(X: [f64; (B, d)], Forward { Z, loss }: Forward) {
    let dZ = Z / B;
    let dw = X.t().dot(dZ);
}";

    fn problem(text: &str) -> String {
        Formulas::read(text).unwrap_err().to_string()
    }

    #[test]
    fn functions_steps_and_symbols_are_read() {
        let formulas = Formulas::read(LAYER).unwrap();
        let names: Vec<_> = formulas.symbols.iter().map(|it| it.shown.as_str()).collect();
        assert_eq!(names, ["B", "d", "X", "w", "b", "Z", "the loss", "dL/dZ", "dL/dw"]);
        let lengths = vec![Length::Of(0), Length::Of(1)];
        assert_eq!(formulas.symbols[2].domain, Domain::Array(lengths));
        let backward = &formulas.functions[1];
        assert_eq!(backward.arguments, [Argument::Symbol(2), Argument::Record(vec![5, 6])]);
        assert_eq!(backward.steps.len(), 2);
    }

    #[test]
    fn cases_and_functions_among_the_arguments_are_read() {
        let text = "\
fn passes(scheme: Scheme, n: Whole<1, 100>) {
    let passes = match scheme { Scheme::Forward => n + 1.0, Scheme::Central => 2.0 * n };
}
fn difference(f: fn(f64) -> f64, theta: f64, epsilon: Positive<1e-8, 0.1>) {
    let difference = (f(theta + epsilon) - f(theta)) / epsilon;
}";
        let formulas = Formulas::read(text).unwrap();
        let domain = |name| &formulas.symbols[formulas.symbol(name).unwrap()].domain;
        let variants = ["Forward", "Central"].map(str::to_owned).to_vec();
        assert_eq!(*domain("scheme"), Domain::Choice(variants));
        assert_eq!(*domain("n"), Domain::Whole(1.0, 100.0));
        assert_eq!(*domain("epsilon"), Domain::Positive(1e-8, 0.1));
        assert_eq!(*domain("f"), Domain::FunctionOfNumber);
    }

    #[test]
    fn an_axis_and_pi_are_numbers_of_the_formula() {
        let text = "fn f(Z: [f64; (B, d)]) { let M = PI * Z.max_axis(1); }";
        let formulas = Formulas::read(text).unwrap();
        let z = Expression::Symbol(formulas.symbol("Z").unwrap());
        let largest = Expression::Apply(Operation::MaxAxis(1), vec![z]);
        let expected =
            Expression::Apply(Operation::Multiply, vec![Expression::Constant(PI), largest]);
        assert_eq!(formulas.functions[0].steps[0].formula, expected);
    }

    #[test]
    fn what_formulas_do_not_know_is_refused_with_its_line() {
        assert_eq!(
            problem("fn f(x: f64) {\n    let y = x + z;\n}"),
            "failed to read line 2: z is not known here"
        );
        assert_eq!(
            problem("fn f(x: f64) {\n    let y = sort(x);\n}"),
            "failed to read line 2: no operation `sort` of 1 values"
        );
        assert!(problem("struct A;").starts_with("failed to read line 1: neither a function"));
        assert!(problem("fn f(").starts_with("failed to read line 1: "));
    }
}
