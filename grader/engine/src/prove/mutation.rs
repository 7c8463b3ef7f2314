//! Small changes to a solution, one at a time.

use std::ops::Range;

use quote::{ToTokens, quote};
use syn::{
    BinOp, Block, Expr, ExprCall, ExprPath, FieldValue, File, Ident, ItemEnum, ItemFn, Lit, Pat,
    Stmt, UnOp, parse_quote,
    visit::{self, Visit},
    visit_mut::{self, VisitMut},
};

/// One change to a solution.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// The function, what was changed into what, and in which statement.
    pub description: String,
    pub text: String,
}

/// The mutants of a solution, by their number in the order of a walk through its file. Making one takes a
/// walk, so that a sample costs no more than its size.
pub struct Mutants {
    original: File,
    enums: Vec<(Ident, Vec<Ident>)>,
    count: usize,
}

impl Mutants {
    /// None at all where the solution is not Rust.
    pub fn of(solution: &str) -> Self {
        let original = syn::parse_file(solution).unwrap_or_else(|_| parse_quote!());
        let mut enums = Enums::default();
        enums.visit_file(&original);
        let mut mutants = Self { original, enums: enums.0, count: 0 };
        mutants.count = mutants.walk(usize::MAX).1.seen;
        mutants
    }

    pub fn numbers(&self) -> Range<usize> {
        0..self.count
    }

    /// The mutant of a number below the count.
    pub fn mutant(&self, number: usize) -> Mutant {
        let (file, mutation) = self.walk(number);
        Mutant { description: mutation.description, text: file.into_token_stream().to_string() }
    }

    /// The file with the change of this number, and what the walk saw up to there.
    fn walk(&self, wanted: usize) -> (File, Mutation<'_>) {
        let mut file = self.original.clone();
        let mut mutation = Mutation::at(wanted, &self.enums);
        mutation.visit_file_mut(&mut file);
        (file, mutation)
    }
}

/// The enums of a file with their variants: the answers to questions.
#[derive(Default)]
struct Enums(Vec<(Ident, Vec<Ident>)>);

impl<'ast> Visit<'ast> for Enums {
    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        let variants = item.variants.iter().map(|variant| variant.ident.clone()).collect();
        self.0.push((item.ident.clone(), variants));
    }
}

/// The parameters and local variables of a function.
#[derive(Default)]
struct Names(Vec<Ident>);

impl<'ast> Visit<'ast> for Names {
    fn visit_pat(&mut self, pattern: &'ast Pat) {
        if let Pat::Ident(pattern) = pattern {
            self.0.push(pattern.ident.clone());
        }
        visit::visit_pat(self, pattern);
    }
}

/// Makes one change: the one at the position `wanted`, in the order of the walk.
struct Mutation<'a> {
    wanted: usize,
    seen: usize,
    function: String,
    statement: String,
    names: Vec<Ident>,
    enums: &'a [(Ident, Vec<Ident>)],
    description: String,
}

impl<'a> Mutation<'a> {
    fn at(wanted: usize, enums: &'a [(Ident, Vec<Ident>)]) -> Self {
        let (function, statement, description) = Default::default();
        Self { wanted, seen: 0, function, statement, names: Vec::new(), enums, description }
    }

    /// True for the change that is wanted.
    fn is_here(&mut self, from: &dyn ToTokens, to: &dyn ToTokens) -> bool {
        self.seen += 1;
        let here = self.seen - 1 == self.wanted;
        if here {
            let (from, to) = (from.to_token_stream(), to.to_token_stream());
            let Self { function, statement, .. } = self;
            self.description = format!("{function}: `{from}` → `{to}` in `{statement}`");
        }
        here
    }
}

impl VisitMut for Mutation<'_> {
    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        let mut names = Names::default();
        names.visit_item_fn(item);
        self.names = names.0;
        self.function = item.sig.ident.to_string();
        visit_mut::visit_block_mut(self, &mut item.block);
    }

    fn visit_stmt_mut(&mut self, statement: &mut Stmt) {
        let outer = std::mem::replace(&mut self.statement, statement.to_token_stream().to_string());
        visit_mut::visit_stmt_mut(self, statement);
        self.statement = outer;
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        for at in 0..block.stmts.len() {
            let removable = matches!(&block.stmts[at], Stmt::Expr(_, Some(_)));
            if removable && self.is_here(&block.stmts[at].clone(), &quote!()) {
                block.stmts.remove(at);
                return;
            }
        }
        visit_mut::visit_block_mut(self, block);
    }

    fn visit_field_value_mut(&mut self, field: &mut FieldValue) {
        // `Point { x }` is written out, or its value could not change.
        field.colon_token.get_or_insert_default();
        visit_mut::visit_field_value_mut(self, field);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if self.seen > self.wanted {
            return;
        }
        for changed in changes(expr, &self.names, self.enums) {
            if self.is_here(&expr.clone(), &changed) {
                *expr = changed;
                return;
            }
        }
        visit_mut::visit_expr_mut(self, expr);
    }
}

/// What else could stand in the place of an expression.
fn changes(expr: &Expr, names: &[Ident], enums: &[(Ident, Vec<Ident>)]) -> Vec<Expr> {
    match expr {
        Expr::Binary(binary) => {
            let (left, right) = (&binary.left, &binary.right);
            let others = other_operators(&binary.op);
            let mut changed: Vec<Expr> =
                others.into_iter().map(|op| parse_quote!((#left) #op (#right))).collect();
            if matches!(binary.op, BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Div(_)) {
                changed.push(parse_quote!((#left)));
                changed.push(parse_quote!((#right)));
            }
            changed
        }
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_) | UnOp::Not(_)) => {
            vec![(*unary.expr).clone()]
        }
        Expr::Lit(literal) => match &literal.lit {
            Lit::Float(zero) if zero.base10_digits() == "0.0" => vec![parse_quote!(1.0)],
            Lit::Float(_) => vec![parse_quote!((#literal + 1.0)), parse_quote!((#literal * -1.0))],
            Lit::Int(_) => vec![parse_quote!((#literal + 1))],
            Lit::Bool(_) => vec![parse_quote!(!#literal)],
            _ => Vec::new(),
        },
        Expr::MethodCall(call) => {
            let receiver = &call.receiver;
            let arguments = &call.args;
            let mut changed: Vec<Expr> = vec![parse_quote!((#receiver))];
            let other = match call.method.to_string().as_str() {
                "max" => "min",
                "sqrt" => "cbrt",
                "cbrt" => "sqrt",
                "nrows" => "ncols",
                "ncols" => "nrows",
                "tanh" => "sin",
                "sum" => "product",
                _ => return changed,
            };
            let other = Ident::new(other, call.method.span());
            changed.push(parse_quote!((#receiver).#other(#arguments)));
            changed
        }
        Expr::Call(call) if call.args.len() > 1 => exchanged_arguments(call).into_iter().collect(),
        Expr::Path(path) => other_paths(path, names, enums),
        Expr::If(branch) if !matches!(*branch.cond, Expr::Let(_)) => {
            let condition = &branch.cond;
            let cond = Box::new(parse_quote!(!(#condition)));
            vec![Expr::If(syn::ExprIf { cond, ..branch.clone() })]
        }
        _ => Vec::new(),
    }
}

/// The call with its first two arguments in each other's place, unless they are the same.
fn exchanged_arguments(ExprCall { func, args, .. }: &ExprCall) -> Option<Expr> {
    let [first, second] = [&args[0], &args[1]].map(|it| it.to_token_stream().to_string());
    let mut arguments: Vec<_> = args.iter().collect();
    arguments.swap(0, 1);
    (first != second).then(|| parse_quote!(#func(#(#arguments),*)))
}

fn other_operators(operator: &BinOp) -> Vec<BinOp> {
    match operator {
        BinOp::Add(_) => vec![parse_quote!(-), parse_quote!(*)],
        BinOp::Sub(_) => vec![parse_quote!(+)],
        BinOp::Mul(_) => vec![parse_quote!(/), parse_quote!(+)],
        BinOp::Div(_) => vec![parse_quote!(*)],
        BinOp::Gt(_) => vec![parse_quote!(<), parse_quote!(>=)],
        BinOp::Eq(_) => vec![parse_quote!(!=)],
        BinOp::And(_) => vec![parse_quote!(||)],
        BinOp::AddAssign(_) => vec![parse_quote!(-=)],
        _ => Vec::new(),
    }
}

/// Another variable for a variable, another variant for a variant.
fn other_paths(path: &ExprPath, names: &[Ident], enums: &[(Ident, Vec<Ident>)]) -> Vec<Expr> {
    let segments: Vec<_> = path.path.segments.iter().map(|segment| &segment.ident).collect();
    match segments.as_slice() {
        [name] if names.contains(name) => {
            names.iter().filter(|other| other != name).map(|other| parse_quote!(#other)).collect()
        }
        [name, variant] => {
            let variants = enums.iter().find(|(known, _)| known == *name).map(|(_, known)| known);
            let others = variants.into_iter().flatten().filter(|other| other != variant);
            others.map(|other| parse_quote!(#name::#other)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutants(solution: &str) -> Vec<Mutant> {
        let mutants = Mutants::of(solution);
        mutants.numbers().map(|number| mutants.mutant(number)).collect()
    }

    #[test]
    fn each_mutant_is_one_change() {
        let found = mutants("pub fn f(x: f64, w: f64) -> f64 { x + w }");
        let described: Vec<_> = found.iter().map(|mutant| mutant.description.as_str()).collect();
        assert!(described.contains(&"f: `x + w` → `(x) - (w)` in `x + w`"), "{described:?}");
        assert!(described.contains(&"f: `x` → `w` in `x + w`"), "{described:?}");
        assert!(
            found.iter().all(|mutant| mutant.text != "pub fn f(x: f64, w: f64) -> f64 { x + w }")
        );
    }

    #[test]
    fn a_condition_is_negated_with_and_without_an_else() {
        for text in
            ["fn f(a: bool) { if a { g() } }", "fn f(a: bool) { if a { g() } else { h() } }"]
        {
            let negated = |mutant: &Mutant| mutant.text.contains("! (a)");
            assert_eq!(mutants(text).iter().filter(|it| negated(it)).count(), 1, "{text}");
        }
        assert!(mutants("fn f(a: Option<f64>) { if let Some(b) = a { g(b) } }").len() < 5);
    }

    #[test]
    fn arguments_are_exchanged_where_they_differ() {
        let same = "fn f () { g (1 , 1) }";
        assert!(mutants(same).iter().all(|it| it.text != same));
        let of_two = mutants("fn f () { g (1 , 2) }");
        assert!(of_two.iter().any(|it| it.text == "fn f () { g (2 , 1) }"), "{of_two:?}");
    }

    #[test]
    fn what_is_not_rust_has_no_mutants() {
        assert!(mutants("fn f( {").is_empty());
    }
}
