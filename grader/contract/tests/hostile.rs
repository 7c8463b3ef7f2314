//! A learner's crate that has no prelude and gives names another meaning wherever it can: what makes a
//! worker of it compiles all the same.

#![no_implicit_prelude]
#![allow(
    missing_docs,
    dead_code,
    non_camel_case_types,
    non_upper_case_globals,
    unused,
    clippy::all
)]

// The lesson that this one builds on.
extern crate self as ex_1_1;

use ::gradlings_wire::ndarray as nd;
use ::std::{
    clone::Clone,
    cmp::PartialEq,
    convert::{From, Into},
    fmt::Debug,
    iter::Iterator,
    marker::Copy,
    ops::{Fn, FnMut},
    option::Option::{self, Some},
    result::Result::{self, Err, Ok},
    string::{String, ToString},
};

macro_rules! assert { ($($any:tt)*) => { !!! }; }
macro_rules! concat { ($($any:tt)*) => { !!! }; }
macro_rules! file { ($($any:tt)*) => { !!! }; }
macro_rules! format { ($($any:tt)*) => { !!! }; }
macro_rules! stringify { ($($any:tt)*) => { !!! }; }
macro_rules! vec { ($($any:tt)*) => { !!! }; }

// Names that generated text uses, as modules, types, values, and methods of everything.
mod std {}
mod core {}
mod alloc {}
mod ndarray {}
mod gradlings_wire {}
mod wire {}
mod learner {}
mod adapter {}
struct Vec;
struct Box;
struct Array1;
struct Array2;
struct Callback;
struct Functions;
struct Value;
struct Mismatch;
struct Wire;
type str = u8;
type bool = u8;
type usize = u8;
type f32 = u8;
static gradlings_wire_value: () = ();
const name: u8 = 1;
const variant: u8 = 1;
static payload: u8 = 1;
static arguments: u8 = 1;
static result: u8 = 1;
struct a0;

trait Everything: ::core::marker::Sized {
    fn on(self) {}
    fn call(self) {}
    fn view(&self) {}
    fn view_mut(&mut self) {}
    fn to_vec(self) {}
    fn to_owned(self) {}
    fn as_str(self) {}
    fn into_value(self) {}
    fn from_value(self) {}
}

impl<T> Everything for T {}

type f64 = ::core::primitive::f64;
type A1 = nd::Array1<f64>;
type A2 = nd::Array2<f64>;

#[derive(Debug, Clone, PartialEq)]
pub struct Forward {
    pub z: f64,
    pub a: A1,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Pair(pub f64, pub ::core::primitive::usize);

#[derive(Debug, Clone, PartialEq)]
pub struct Nothing;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scheme {
    Ahead,
    Central,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Empty,
    Circle(f64),
    Rectangle { width: f64, height: f64 },
}

type Size = ::core::primitive::usize;

pub fn scalars(x: f64, _: Size, _: ::core::primitive::bool, _: char) -> f64 {
    x
}

pub fn borrowed(_: &A2, text: &::core::primitive::str, _: &[f64]) -> String {
    String::from(text)
}

pub fn changed(x: &mut A1, numbers: &mut [f64]) {
    numbers[0] = x[0];
}

pub fn added(total: &mut f64, by: f64) -> ::core::primitive::bool {
    *total += by;
    true
}

pub fn filled(mut x: nd::ArrayViewMut1<'_, f64>, by: f64) {
    x.fill(by);
}

pub fn views(
    x: nd::ArrayView2<'_, f64>,
    _: &nd::ArrayView1<f64>,
    z: &mut nd::ArrayViewMut2<f64>,
    _: &nd::ArrayRef1<::core::primitive::f32>,
) -> f64 {
    z.fill(5.0);
    x.sum()
}

pub fn closures(
    f: &dyn Fn(f64) -> f64,
    _: impl Fn(&A1) -> f64,
    _: &mut dyn FnMut(&[f64], &::core::primitive::str) -> f64,
    _: &impl Fn() -> Forward,
) -> f64 {
    f(1.0)
}

pub fn generic_closures<F, G>(_: F, mut g: G) -> f64
where
    F: Fn(nd::ArrayView1<f64>, &nd::ArrayRef1<f64>) -> f64,
    G: FnMut(Scheme, Pair) -> f64,
{
    g(Scheme::Ahead, Pair(1.0, 2))
}

pub fn own(forward: &Forward, _: Pair, _: Scheme) -> Result<Shape, String> {
    Ok(Shape::Circle(forward.z))
}

pub fn containers(
    _: Option<::core::primitive::f32>,
    _: ::std::vec::Vec<(i64, u8)>,
    _: [f64; 3],
    _: ::std::boxed::Box<[nd::Array2<::core::primitive::f32>; 1]>,
) -> (Option<A2>, ::std::vec::Vec<::core::primitive::f32>, Nothing) {
    (Option::None, ::std::vec::Vec::new(), Nothing)
}

pub fn value() -> Shape {
    Shape::Empty
}

pub fn fields(_: Shape) -> Size {
    3
}

pub struct Cache<F> {
    pub rstd: F,
    pub xhat: nd::Array1<F>,
}

pub fn norm<F: nd::NdFloat>(x: &nd::Array1<F>, _: &mut [F]) -> Cache<F> {
    Cache { rstd: F::one(), xhat: Clone::clone(x) }
}

pub fn norm_backward<F: nd::NdFloat>(cache: &Cache<F>) -> F {
    cache.rstd
}

pub struct Scale<F> {
    pub factor: F,
    pub shift: Option<nd::Array1<F>>,
}

pub enum Either<F> {
    Nothing,
    Scaled { scale: Scale<F> },
}

pub struct Unused {
    pub x: f64,
}

pub struct Network<F> {
    pub layers: ::std::vec::Vec<Scale<F>>,
    pub last: Either<F>,
}

pub fn doubled<F: nd::NdFloat>(_: &mut Network<F>, scale: &Scale<F>, _: F) -> F {
    scale.factor
}

pub struct Model(f64);

impl Model {
    pub fn new(weight: f64) -> Self {
        Self(weight)
    }

    pub fn weight(&self) -> f64 {
        self.0
    }
}

pub fn train(model: Model, steps: &mut dyn Iterator<Item = f64>) -> Model {
    Model(Iterator::fold(steps, model.0, |sum, step| sum - step))
}

::core::include!("kinds/impls.txt");
::core::include!("kinds/earlier.txt");

fn functions() -> ::gradlings_wire::Functions {
    mod adapter {
        ::core::include!("kinds/adapter.txt");
        use crate as learner;
    }
    use crate as learner;
    ::core::include!("kinds/glue.txt")
}

#[::core::prelude::v1::test]
fn calls_go_to_the_learners_functions() {
    let call = |function: &::core::primitive::str, given: ::gradlings_wire::Value| {
        ::gradlings_wire::Functions::call(&functions(), function, given).unwrap().unwrap()
    };
    let forward = Forward { z: 2.0, a: nd::Array1::from_elem(1, 3.0) };
    let given = ::gradlings_wire::Wire::into_value((forward, Pair(1.0, 2), Scheme::Central));
    let answer: Result<Shape, String> =
        ::gradlings_wire::Wire::from_value(call("own", given)).unwrap();
    ::core::assert_eq!(answer, Ok(Shape::Circle(2.0)));

    let given = ::gradlings_wire::Wire::into_value((1.0, ::std::vec![0.25]));
    ::core::assert!(::std::format!("{:?}", call("train", given)).contains("0.75"));
}
