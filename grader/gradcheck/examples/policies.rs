//! How often this crate and three published policies fail right gradients, and pass wrong ones.
//!
//! ```sh
//! cargo run --release -p gradcheck --example policies
//! ```
//!
//! The cases are random, from fixed seeds: every run prints the same tables.

#[path = "../tests/classes/mod.rs"]
mod classes;

use classes::{CLASSES, Case};

/// Random cases of each class, and of those with a hundred coordinates.
const CASES: usize = 16_000;
const LARGE: usize = 10_000;

/// Whether a gradient passes.
type Policy = fn(&Case, &[f64]) -> bool;

/// The others beside this crate's.
const RIVALS: [(&str, Policy); 4] = [
    ("torch", |case, gradient| {
        agree(gradient, &central(case, 1e-6), |a, n| (a - n).abs() <= 1e-5 + 1e-3 * n.abs())
    }),
    ("CS231n, 1e-4", |case, gradient| {
        agree(gradient, &central(case, 1e-5), |a, n| relative(a, n) <= 1e-4)
    }),
    ("CS231n, 1e-7", |case, gradient| {
        agree(gradient, &central(case, 1e-5), |a, n| relative(a, n) <= 1e-7)
    }),
    ("fixed 1e-6", |case, gradient| {
        agree(gradient, &central(case, 1e-5), |a, n| (a - n).abs() <= 1e-6)
    }),
];

fn central(case: &Case, h: f64) -> Vec<f64> {
    let mut x = case.x.clone();
    (0..x.len())
        .map(|at| {
            let [below, above] = [-h, h].map(|by| {
                x[at] = case.x[at] + by;
                (case.loss)(&x)
            });
            x[at] = case.x[at];
            (above - below) / (2.0 * h)
        })
        .collect()
}

fn agree(analytic: &[f64], numeric: &[f64], agree: fn(f64, f64) -> bool) -> bool {
    analytic.iter().zip(numeric).all(|(a, n)| agree(*a, *n))
}

/// |a − n| / max(|a|, |n|), zero where both are.
fn relative(a: f64, n: f64) -> f64 {
    if a == n { 0.0 } else { (a - n).abs() / a.abs().max(n.abs()) }
}

/// How often each of several things happened in how many cases.
#[derive(Default)]
struct Counts {
    cases: usize,
    happened: Vec<usize>,
}

impl Counts {
    fn add(&mut self, happened: impl IntoIterator<Item = bool>) {
        self.cases += 1;
        for (at, happened) in happened.into_iter().enumerate() {
            if at == self.happened.len() {
                self.happened.push(0);
            }
            self.happened[at] += usize::from(happened);
        }
    }

    fn print(&self, name: &str) {
        let cells = self.happened.iter().map(|count| percent(*count, self.cases));
        println!("| {name} | {} | {} |", self.cases, cells.collect::<Vec<_>>().join(" | "));
    }
}

fn percent(count: usize, of: usize) -> String {
    match (count, 100.0 * count as f64 / of as f64) {
        (0, _) => "0".to_owned(),
        (_, share) if share < 0.1 => format!("{share:.3} %"),
        (_, share) => format!("{share:.1} %"),
    }
}

fn print_head(title: &str, own: &[&str]) {
    let names = own.iter().copied().chain(RIVALS.map(|(name, _)| name)).collect::<Vec<_>>();
    println!("\n| {title} | cases | {} |", names.join(" | "));
    println!("|---|---|{}", "---|".repeat(names.len()));
}

fn main() {
    print_head("right gradients that are failed", &["gradcheck", "(undecided)"]);
    for class in &CLASSES {
        let mut counts = Counts::default();
        for case in class.cases(1, CASES, LARGE) {
            let own = case.report(&case.right);
            let rivals = RIVALS.map(|(_, policy)| !policy(&case, &case.right));
            counts.add([own.failed(), !own.failed() && !own.passed()].into_iter().chain(rivals));
        }
        counts.print(class.name);
    }
    print_head("wrong gradients that pass", &["gradcheck"]);
    for class in &CLASSES {
        let mut mistakes: Vec<(&str, Counts)> = Vec::new();
        for case in class.cases(1, CASES, LARGE) {
            for (mistake, wrong) in &case.wrong {
                let rivals = RIVALS.map(|(_, policy)| policy(&case, wrong));
                let passed = [case.report(wrong).passed()].into_iter().chain(rivals);
                match mistakes.iter_mut().find(|(name, _)| name == mistake) {
                    Some((_, counts)) => counts.add(passed),
                    None => {
                        let mut counts = Counts::default();
                        counts.add(passed);
                        mistakes.push((mistake, counts));
                    }
                }
            }
        }
        mistakes
            .iter()
            .for_each(|(mistake, counts)| counts.print(&format!("{}, {mistake}", class.name)));
    }
}
