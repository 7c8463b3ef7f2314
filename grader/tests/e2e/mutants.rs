//! Mutation testing of the hidden checks: small changes to the solutions, which must lose points.
//!
//! `cargo test` grades a sample. The table in `docs/diagnosis.md` comes from all of them:
//!
//! ```text
//! GRADLINGS_MUTANTS=all cargo test -p grader --test e2e mutants -- --nocapture
//! ```

use std::{
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use quote::{ToTokens, quote};
use syn::{
    BinOp, Block, Expr, ExprPath, FieldValue, File, Ident, ItemEnum, ItemFn, Lit, Pat, Stmt, UnOp,
    parse_quote,
    visit::{self, Visit},
    visit_mut::{self, VisitMut},
};

use crate::submission::{Submission, lessons, solution};

/// Mutants that compute the same as the solution: two parts of the description, and why. Each line
/// excuses one mutant.
const EQUIVALENT: [(&str, &str, &str); 27] = [
    ("ex_2_2 backward: `forward (x", "→ `forward (w", "w·x + b is symmetric in w and x"),
    ("ex_2_2 backward: `y` → `x`", "let Forward", BACKWARD_WITHOUT_LOSS),
    ("ex_2_2 backward: `y` → `w`", "let Forward", BACKWARD_WITHOUT_LOSS),
    ("ex_2_2 backward: `y` → `b`", "let Forward", BACKWARD_WITHOUT_LOSS),
    ("ex_2_2 backward: `dz` → `db`", "`Gradients {", "dL/db is dL/dz"),
    ("ex_2_2 backward: `db` → `dz`", "`Gradients {", "dL/db is dL/dz"),
    ("ex_2_4 gradient: `theta` → `point`", "Array1 :: from_shape_fn", "they have one length"),
    ("ex_2_4 gradient: `theta` → `point`", "theta [at] + epsilon", "they are equal at that moment"),
    ("ex_2_4 has_kink: `right . abs", "→ `(right . abs ())`", SAME_SIDES),
    ("ex_2_4 has_kink: `right . abs", "→ `(left . abs ())`", SAME_SIDES),
    ("ex_2_4 has_kink: `right` → `left`", "right . abs () + left", SAME_SIDES),
    ("ex_2_4 has_kink: `left` → `right`", "right . abs () + left", SAME_SIDES),
    ("ex_2_4 has_kink: `2.0` → `(2.0 + 1.0)`", "gap_of_half", "a third of the step tells the same"),
    ("ex_2_4 has_kink: `2.0` → `(2.0 * - 1.0)`", "gap_of_half", "a gap has no direction"),
    ("ex_2_4 has_kink: `gap > 1e-4", ">= (1e-4", "equal only when both are 0: no gap is left"),
    (
        "ex_2_4 has_kink: `gap` → `gap_of_half`",
        "gap > 1e-4",
        "a kink has the same gap for both steps",
    ),
    (
        "ex_2_4 has_kink: `gap_of_half > 0.75",
        ">= (0.75",
        "equal only when both are 0: no gap at all",
    ),
    ("ex_3_1 forward: `x` → `y`", "let mut z", ONE_BATCH),
    ("ex_3_1 forward: `x` → `y`", "let loss", ONE_BATCH),
    ("ex_3_1 forward: `x` → `z`", "let loss", ONE_BATCH),
    ("ex_3_1 forward: `x` → `a`", "let loss", ONE_BATCH),
    ("ex_3_1 backward: `x` → `y`", "let da", ONE_BATCH),
    ("ex_3_1 backward: `dz` → `y`", "let mut dw", "both have one column"),
    ("ex_3_1 backward: `dz` → `da`", "let mut dw", "both have one column"),
    ("ex_3_1 backward: `0.0` → `1.0`", "& mut dw", ADDED_TO_ZEROS),
    ("ex_3_2 backward_input: `0.0` → `1.0`", "& mut dx", ADDED_TO_ZEROS),
    ("ex_3_2 backward_weight: `0.0` → `1.0`", "& mut dw", ADDED_TO_ZEROS),
];

const BACKWARD_WITHOUT_LOSS: &str = "there only a is used, and a does not depend on the target";
const SAME_SIDES: &str =
    "where the gap is small both sides are alike, elsewhere it is no close call";
const ONE_BATCH: &str = "all have one row for each sample";
const ADDED_TO_ZEROS: &str = "the product is added to zeros";

/// Of the mutants of a lesson, `cargo test` grades one in this many.
const SAMPLE: usize = 12;

/// One change to one solution.
struct Mutant {
    lesson: String,
    description: String,
    text: String,
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.lesson, self.description)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// Does not compile.
    Unviable,
    Failed,
    Survived,
}

#[test]
fn mutants_of_the_solutions_lose_points() {
    let all = std::env::var("GRADLINGS_MUTANTS").is_ok_and(|value| value == "all");
    let mutants: Vec<Mutant> = lessons().iter().flat_map(|lesson| mutants(lesson)).collect();
    let step = if all { 1 } else { SAMPLE };
    let mutants: Vec<Mutant> = mutants.into_iter().step_by(step).collect();
    let fates = fates(&mutants);
    println!("| lesson | mutants | viable | failed | survived |\n|---|---|---|---|---|");
    for lesson in lessons() {
        let count = |fate: Fate| {
            let of_lesson =
                mutants.iter().zip(&fates).filter(|(mutant, _)| mutant.lesson == lesson);
            of_lesson.filter(|(_, found)| **found == fate).count()
        };
        let (unviable, failed, survived) =
            (count(Fate::Unviable), count(Fate::Failed), count(Fate::Survived));
        let viable = failed + survived;
        println!("| {lesson} | {} | {viable} | {failed} | {survived} |", viable + unviable);
    }
    let survivors = mutants.iter().zip(&fates).filter(|(_, fate)| **fate == Fate::Survived);
    let mut excuses = EQUIVALENT.to_vec();
    let mut unexplained = Vec::new();
    for text in survivors.map(|(mutant, _)| mutant.to_string()) {
        let fits =
            |(one, other, _): &(&str, &str, &str)| text.contains(one) && text.contains(other);
        match excuses.iter().position(fits) {
            Some(at) => println!("equivalent: {text}\n    {}", excuses.remove(at).2),
            None => unexplained.push(text),
        }
    }
    assert!(fates.contains(&Fate::Failed));
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
}

/// Grades every mutant, on two threads.
fn fates(mutants: &[Mutant]) -> Vec<Fate> {
    let next = AtomicUsize::new(0);
    let fates = Mutex::new(vec![Fate::Unviable; mutants.len()]);
    let work = || {
        let submission = Submission::empty();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(mutant) = mutants.get(at) else { return };
            let fate = fate(&submission, mutant);
            fates.lock().unwrap()[at] = fate;
        }
    };
    std::thread::scope(|scope| [scope.spawn(work), scope.spawn(work)].map(|it| it.join().unwrap()));
    fates.into_inner().unwrap()
}

fn fate(submission: &Submission, mutant: &Mutant) -> Fate {
    submission.put(&mutant.lesson, &mutant.text);
    let lesson = submission.grade_one(&mutant.lesson);
    match lesson["verdict"].as_str() {
        Some("passed") => Fate::Survived,
        Some("compile_error") => Fate::Unviable,
        _ => Fate::Failed,
    }
}

/// Every mutant of a solution.
fn mutants(lesson: &str) -> Vec<Mutant> {
    let original = syn::parse_file(&solution(lesson)).unwrap();
    let mut enums = Enums::default();
    enums.visit_file(&original);
    let mut found = Vec::new();
    loop {
        let mut file: File = original.clone();
        let mut mutation = Mutation { enums: &enums.0, ..Mutation::at(found.len()) };
        mutation.visit_file_mut(&mut file);
        let Some(description) = mutation.description else { return found };
        let text = file.into_token_stream().to_string();
        found.push(Mutant { lesson: lesson.to_owned(), description, text });
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
    description: Option<String>,
}

impl Mutation<'_> {
    fn at(wanted: usize) -> Self {
        let (function, statement, names) = (String::new(), String::new(), Vec::new());
        Self { wanted, seen: 0, function, statement, names, enums: &[], description: None }
    }

    /// True for the change that is wanted.
    fn is_here(&mut self, from: &dyn ToTokens, to: &dyn ToTokens) -> bool {
        self.seen += 1;
        let here = self.seen == self.wanted + 1;
        if here {
            let (from, to) = (from.to_token_stream(), to.to_token_stream());
            let Self { function, statement, .. } = self;
            self.description = Some(format!("{function}: `{from}` → `{to}` in `{statement}`"));
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
        Expr::Call(call) if call.args.len() > 1 => {
            let function = &call.func;
            let mut arguments: Vec<_> = call.args.iter().cloned().collect();
            arguments.swap(0, 1);
            vec![parse_quote!(#function(#(#arguments),*))]
        }
        Expr::Path(path) => other_paths(path, names, enums),
        Expr::If(branch) => {
            let (condition, then) = (&branch.cond, &branch.then_branch);
            let otherwise = branch.else_branch.as_ref().map(|(_, otherwise)| otherwise);
            vec![parse_quote!(if !(#condition) #then else #otherwise)]
        }
        _ => Vec::new(),
    }
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
