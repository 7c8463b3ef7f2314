//! Which functions hold loops, whether written as such or as a walk over samples or elements, and which
//! functions lead to which.
//!
//! Types are not known here. A call by a path is resolved by its name and module, a call of a method by
//! its name and by the types that the code around it mentions; where neither tells, nothing is found.

mod origin;
mod reach;
mod walk;
mod words;

use std::collections::BTreeSet;

use reach::Reach;
use serde::{Deserialize, Serialize};
use walk::Walk;

use super::Finding;
use crate::report::Place;

/// A function of the learner's, or what can lead to functions as well: a macro, a constant, a type.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Function {
    /// Its name; empty for what stands outside of all.
    pub name: String,
    /// Its file, relative to the lesson's folder.
    pub path: String,
    /// The line of its name, and its last one, from 1.
    pub lines: (usize, usize),
    /// Where its block begins and ends in its file, in bytes, where it has one.
    pub body: Option<(usize, usize)>,
    /// The line of the first statement of its block that does something.
    pub begins: usize,
    /// The last name of its module's path; empty at the root.
    module: String,
    role: Role,
    mentions: BTreeSet<Mention>,
    loops: Vec<Finding>,
    /// Functions that it calls for each element of a result.
    per_element: Vec<(Mention, Finding)>,
    /// True when it gives what comes of many elements.
    reduces: bool,
}

/// How others come to a function.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
enum Role {
    /// By its path. Constants are come to in the same way.
    #[default]
    Free,
    /// As a member of an implementation or a trait.
    Member {
        /// The types in its head.
        owners: BTreeSet<String>,
        of_trait: Option<String>,
    },
    Macro,
    /// By its name in a type or a path: a struct, an enum, an alias.
    Type,
    /// In no way: what stands outside of all.
    Outside,
}

/// A name of others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Mention {
    /// `name`, `module::name`.
    Function {
        module: Option<String>,
        name: String,
    },
    /// `.name()`, or the member that an operator stands for.
    Member(String),
    /// `Type::name`, `Trait::name`, and `self.name()` in an implementation.
    MemberOf(String, String),
    Macro(String),
    Type(String),
}

impl Function {
    /// True when checks call it by this name: it stands at the root of the crate.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name && self.module.is_empty() && matches!(self.role, Role::Free)
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        Place { file: self.path.clone(), line: self.lines.0 }
    }

    /// Forgets what it does.
    pub fn empty(&mut self) {
        self.loops.clear();
        self.mentions.clear();
        self.per_element.clear();
    }
}

/// The functions of a file.
pub fn functions(syntax: &syn::File, path: &str) -> Vec<Function> {
    Walk::functions(syntax, path)
}

/// The first loop in the `named` functions, or in any that they lead to, after the place of its function
/// among `functions`. A function that comes back to itself is a loop as well.
pub fn first_loop(functions: &[Function], named: &[&str]) -> Option<(usize, Finding)> {
    let reach = Reach::new(functions, named);
    let of = |at: usize| functions[at].loops.iter().map(move |found| (at, found.clone()));
    let mut found: Vec<_> = reach.functions().flat_map(of).collect();
    found.extend(reach.recursion().map(|at| {
        let Function { path, lines, name, .. } = &functions[at];
        let what = format!("`{name}`, which calls itself");
        (at, Finding { path: path.clone(), line: lines.0, what })
    }));
    found.extend(reach.per_element());
    found.into_iter().min_by_key(|(_, it)| (it.path.clone(), it.line))
}

/// The first loop that may have no end, in the `named` function or in any that it leads to.
pub fn endless_loop<'a>(functions: &'a [Function], named: &str) -> Option<&'a Finding> {
    let reach = Reach::new(functions, &[named]);
    let mut loops = reach.functions().flat_map(|at| &functions[at].loops);
    loops.find(|found| [WHILE, LOOP].contains(&&*found.what))
}

/// True when the function `from` is the one named `to`, or leads to it.
pub fn leads_to(functions: &[Function], from: &str, to: &str) -> bool {
    Reach::new(functions, &[from]).functions().any(|at| functions[at].name == to)
}

const WHILE: &str = "a `while` loop";
const LOOP: &str = "a `loop`";

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `f` has a loop, or leads to one.
    fn loops(text: &str) -> bool {
        let functions = functions(&syn::parse_file(text).unwrap(), "src/lib.rs");
        first_loop(&functions, &["f"]).is_some()
    }

    #[track_caller]
    fn has_loops(texts: &[&str]) {
        texts.iter().for_each(|text| assert!(loops(text), "{text}"));
    }

    #[track_caller]
    fn has_none(texts: &[&str]) {
        texts.iter().for_each(|text| assert!(!loops(text), "{text}"));
    }

    #[test]
    fn loops_are_found_as_such() {
        has_loops(&[
            "fn f() { for i in 0..n { } }",
            "fn f() { while g() { } }",
            "fn f() { loop { } }",
            "fn f() { let g = || { loop { } }; g() }",
            "fn f() { vec![{ loop {} }]; }",
        ]);
    }

    #[test]
    fn walks_over_elements_are_loops() {
        has_loops(&[
            "fn f(a: &Array2<f64>) { a.iter().sum() }",
            "fn f(a: ArrayView1<f64>) { a.view().into_iter().sum() }",
            "fn f(s: &Forward) { s.a.iter().sum() } struct Forward { a: Array2<f64> }",
            "fn f(s: &Forward) { let Forward { a, .. } = s; a.rows() } struct Forward { a: Array2<f64> }",
            "fn f(x: &Array2<f64>) { x.map_axis(Axis(1), |row| row.iter().sum()) }",
            "fn f(x: &Matrix) { x.outer_iter() } type Matrix = Array2<f64>;",
            "fn f(a: &Array2<f64>) { for x in a { } }",
            "fn f(a: &Array2<f64>) { (a - 1.0).iter() }",
            "fn f(a: &Array2<f64>) { array![a.iter().sum()] }",
            "fn f(a: &Array2<f64>) { a.axis_chunks_iter(Axis(0), 1) }",
            "fn f(a: &Array2<f64>) { std::iter::zip(a, a) }",
            "use std::iter::zip; fn f(a: &Array2<f64>) { zip(a, a) }",
            "fn f(a: &Array2<f64>) { IntoIterator::into_iter(a) }",
            "fn f(a: &Array2<f64>) { Zip::from(a.rows()).for_each(|row| row) }",
            "fn f(n: usize) { (0..n).map(|i| g(i)).sum() }",
            "fn f(n: usize) { let all = 0..n; all.for_each(|i| g(i)) }",
            "fn f(a: &[f64]) { a.iter() }",
            "fn f(a: Vec<f64>) { a.chunks_mut(2) }",
            "fn f(a: Vec<f64>) { a.drain(..) }",
            "fn f(n: usize) { Iterator::map(0..n, |i| i) }",
            "fn f(n: usize) { std::ops::Range { start: 0, end: n }.map(|i| i) }",
            "fn f(s: S) { s.all.map(|i| i) } struct S { all: Range<usize> }",
            "fn f(n: usize) { let all: Vec<usize> = (0..n).collect(); all.iter().map(|i| g(i)) }",
        ]);
    }

    #[test]
    fn whole_arrays_and_sizes_are_no_loops() {
        has_none(&[
            "fn f(a: &Array2<f64>, b: &Array2<f64>) { a.dot(b).mapv(f64::tanh).sum() }",
            "fn f(a: &Array2<f64>) { a.shape().iter().product() }",
            "fn f(a: &Array2<f64>) { [a.nrows(), 1].iter().product() }",
            "fn f(a: &Array2<f64>) { let (n, m) = a.dim(); [n, m].into_iter().max() }",
            "fn f(a: &Array2<f64>) { let sizes = [a.nrows(), 1]; for size in sizes { } }",
            "fn f(sizes: &[usize]) { sizes.iter().product() }",
            "fn f() { g(&[1]) } fn g(sizes: &[usize]) { sizes.iter().product() }",
            "fn f() { for axis in 0..2 { } }",
            "const AXES: usize = 2; fn f() { for axis in 0..AXES { } }",
            "fn f(n: usize) { (0..n).len() }",
            "fn f(n: usize) { let order: Vec<_> = (0..n).rev().collect(); x.select(Axis(1), &order) }",
            "fn f(b: &Array1<f64>) { b.first().into_iter() }",
            "fn f(n: usize) { (0..n).contains(&1) }",
            "fn f(x: &Array2<f64>, n: usize) { x.slice(s![0..n, ..]) }",
            "fn f(a: A) { a.map_axis(Axis(1), |row| row.dot(&row)).fold(0.0, |s, x| s + x) }",
        ]);
    }

    #[test]
    fn element_wise_walks_over_several_arrays_are_no_loops() {
        has_none(&[
            "fn f(a: &Array2<f64>) { Zip::from(a).and(a).for_each(|x, y| x) }",
            "fn f(a: &Array2<f64>) { let z = ndarray::Zip::from(a); z.for_each(|x| x) }",
            "fn f(a: A) { azip!((a in &mut a, &b in &b) *a += b) }",
        ]);
    }

    #[test]
    fn what_is_filled_by_position_is_no_loop_and_what_is_computed_is() {
        has_none(&[
            "fn f(b: B) { Array2::from_shape_fn((2, 2), |(_, j)| b[j]) }",
            "fn f(b: B) { Array2::from_shape_fn((2, 2), |(i, j)| if i == j { 1.0 } else { 0.0 }) }",
            "fn f(a: A) { Zip::indexed(a).for_each(|(i, j), x| *x += b[j]) }",
        ]);
        has_loops(&[
            "fn f(x: X) { Array2::from_shape_fn((2, 2), |(i, j)| x.row(i).dot(&w.row(j))) }",
            "fn f(x: X) { let mut s = 0.0; Array1::from_shape_fn(2, |i| { s += x[i]; s }) }",
            "fn f(x: X) { Zip::indexed(x).for_each(|(i, k), x| z[[i, 0]] += x * w[[0, k]]) }",
            "fn f(x: X) { z.mapv(|_| { i += 1; x.row(i - 1).dot(&w) }) }",
            "fn f(x: X) { let z_of = |(i, _)| x.row(i).dot(&w); Array2::from_shape_fn((2, 1), z_of) }",
            "fn f(x: X) { Array2::from_shape_fn((2, 1), |(i, _)| z_of(x, i)) } fn z_of() { x.row(i).dot(&w) }",
            "fn f(x: X) { Array2::from_shape_fn((2, 1), z_of) } fn z_of() { g() } fn g() { x.row(i).dot(&w) }",
        ]);
        has_none(&[
            "fn f(z: A) { z.mapv(slope) } fn slope(z: f64) { 1.0 - z.tanh().powi(2) }",
            "fn f(x: X) { Array2::from_shape_fn((2, 1), |(i, _)| at(b, i)) } fn at() { b[i] }",
        ]);
    }

    #[test]
    fn loops_in_what_is_reached_count() {
        has_loops(&[
            "fn f() { g() } fn g() { h() } fn h() { loop {} }",
            "fn f() { helpers::g() } mod helpers { pub fn g() { loop {} } }",
            "pub use deep::f; mod deep { pub fn f() { loop {} } }",
            "pub use deep::g as f; mod deep { pub fn g() { loop {} } }",
            "use deep as d; fn f() { d::g() } mod deep { pub fn g() { loop {} } }",
            "fn f(x: X) { x.map(g) } fn g() { loop {} }",
            "fn f() { let loss = loss(); } fn loss() { loop {} }",
            "fn f(s: S) { s.g() } struct S; impl S { fn g(&self) { loop {} } }",
            "fn f() { S::g() } struct S; impl S { fn g() { loop {} } }",
            "fn f(x: &Array2<f64>) { x.matmul(x) } impl Ext for Array2<f64> { fn matmul() { loop {} } }",
            "fn f<T: Layer>(x: T) { T::g(x) } struct S; trait Layer { fn g() { loop {} } }",
            "macro_rules! m { () => { for i in 0..3 {} } } fn f() { m!() }",
            "macro_rules! m { ($x:expr) => { $x.iter().sum() } } fn f() { m!(x) }",
            "macro_rules! m { () => { g() } } fn f() { m!() } fn g() { loop {} }",
            "macro_rules! m { ($n:ident) => { fn $n() { loop {} } } } m!(f);",
            "const G: fn() = || { loop {} }; fn f() { G() }",
        ]);
    }

    #[test]
    fn loops_behind_operators_and_conversions_count() {
        has_loops(&[
            "fn f() { M(x) * M(y) } struct M(A); impl Mul for M { fn mul() { loop {} } }",
            "fn f() { wrap(x) * y } fn wrap(x: A) -> M { M(x) } struct M(A); impl Mul for M { fn mul() { loop {} } }",
            "fn f() { -M(x) } struct M(A); impl std::ops::Neg for M { fn neg() { loop {} } }",
            "fn f() { let m: M = x.into(); } struct M(A); impl From<A> for M { fn from() { loop {} } }",
            "fn f() { A::from(M(x)) } struct M(A); impl From<M> for A { fn from() { loop {} } }",
            "fn f() { M(x)[0] } struct M(A); impl Index<usize> for M { fn index() { loop {} } }",
            "fn f() { M(x); } struct M(A); impl Drop for M { fn drop() { loop {} } }",
        ]);
    }

    #[test]
    fn recursion_is_a_loop() {
        has_loops(&[
            "fn f(n: usize) { if n > 0 { f(n - 1) } }",
            "fn f() { g(1) } fn g(n: usize) { h(n) } fn h(n: usize) { g(n) }",
            "fn f() { S.g(1) } struct S; impl S { fn g(&self, n: usize) { self.g(n) } }",
            "fn f() { S::g(1) } struct S; impl S { fn g(n: usize) { Self::g(n) } }",
        ]);
        has_none(&[
            "fn f() { S::from(x) } impl From<A> for S { fn from() { S::from(x.view()) } } impl From<V> for S { fn from() {} }",
            "fn f() { T::g(x) } impl T for A { fn g() { T::g(self.0) } } impl T for B { fn g() {} }",
            "fn f() { deep::f() } mod deep { pub fn f() {} }",
            "mod deep { fn f() { super::f() } } fn f() { }",
            "fn f() { nd::f() }",
            "fn f() { S(x).dot(y) } struct S(A); impl S { fn dot(&self, y: A) { self.0.dot(y) } }",
        ]);
    }

    #[test]
    fn what_is_not_reached_does_not_count() {
        has_none(&[
            "fn f() {} fn train() { loop { f() } }",
            "fn f(x: &Array2<f64>) { x.mean() } fn mean(x: &[f64]) { for x in x {} }",
            "fn f(x: &Array2<f64>) { x.mean() } struct S; impl S { fn mean(&self) { loop {} } }",
            "fn f(x: &Array2<f64>) { x.mean() } impl Ext for [f64] { fn mean(&self) { loop {} } }",
            "fn f(x: A) { let mean = x.sum(); mean * 2.0 } fn mean() { loop {} }",
            "fn f(mean: f64) { mean * 2.0 } fn mean() { loop {} }",
            "fn f() { g() } fn g() {} mod old { fn f() { loop {} } fn g() { loop {} } }",
            "fn f() { deep::g() } mod deep { pub fn g() {} } fn g() { loop {} }",
            "fn f(x: f64) { f64::max(x, 1.0) } fn max(x: &[f64]) { loop {} }",
            "fn f() { x * y } struct M(A); impl Mul for M { fn mul() { loop {} } }",
            "fn f() { M(x) } struct M(A); impl Display for M { fn fmt() { loop {} } }",
            "macro_rules! m { () => { impl X for Y {} } } fn f() { m!() }",
            "fn f(x: &Array2<f64>) { debug_assert!(x.iter().all(|x| x.is_finite())) }",
            "macro_rules! same { ($x:expr) => { assert!($x.iter().eq([1].iter())) } } fn f() { same!(x) }",
            "fn f(x: A) { if let Some(mean) = x.mean() { mean * 2.0 } } fn mean() { loop {} }",
        ]);
        has_loops(&[
            "fn f(x: A) { let z = dbg!({ for i in 0..n { z[i] = x[i] } z }); }",
            "fn f(x: A) { println!(\"{}\", { for i in 0..n { z[i] = x[i] } 1 }) }",
            "fn f(x: &Array2<f64>) { assert!(x.iter().all(|x| { z += x; true })) }",
            "fn f(x: &Array2<f64>) { assert!(x.iter_mut().all(|x| g(x))) }",
        ]);
    }
}
