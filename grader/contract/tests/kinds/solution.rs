//! A solution with every kind of parameter and result that crosses, and some that do not.

use std::vec;

use ex_1_1::Scale;
use ndarray::{self as nd, Array1, ArrayRef1, ArrayView1, ArrayView2, ArrayViewMut1, prelude::*};

/// A matrix of this lesson's.
pub type Matrix = nd::Array<f64, Ix2>;

/// Fields with names.
#[derive(Debug, Clone, PartialEq)]
pub struct Forward {
    /// A number.
    pub z: f64,
    /// An array.
    pub a: Array1<f64>,
}

/// Fields without names.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair(pub f64, pub usize);

/// No fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Nothing;

/// Variants without fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// The one.
    Ahead,
    /// The other.
    Central,
}

/// Variants of each kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// No fields.
    Empty,
    /// A field without a name.
    Circle(f64),
    /// Fields with names.
    Rectangle {
        /// The width.
        width: f64,
        /// The height.
        height: f64,
    },
}

/// Values.
pub fn scalars(x: f64, count: usize, double: bool, letter: char) -> f64 {
    let times = if double { 2.0 } else { 1.0 };
    x * count as f64 * times + f64::from(u32::from(letter))
}

/// References.
pub fn borrowed(x: &Matrix, name: &str, numbers: &[f64]) -> String {
    format!("{name}: {} and {}", x.sum(), numbers.len())
}

/// What is changed comes back.
pub fn changed(x: &mut Array1<f64>, numbers: &mut [f64]) {
    *x *= 2.0;
    numbers.reverse();
}

/// After the result.
pub fn added(total: &mut f64, by: f64) -> bool {
    *total += by;
    by > 0.0
}

/// Alone where there is no result.
pub fn filled(mut x: ArrayViewMut1<'_, f64>, by: f64) {
    x.fill(by);
}

/// Views, and arrays of any owner.
pub fn views(
    x: ArrayView2<'_, f64>,
    y: &ArrayView1<f64>,
    z: &mut ArrayViewMut2<f64>,
    w: &ArrayRef1<f32>,
) -> f64 {
    z.assign(&x);
    x.sum() + y.sum() + f64::from(w.sum())
}

/// Closures.
pub fn closures(
    f: &dyn Fn(f64) -> f64,
    g: impl Fn(&Array1<f64>) -> f64,
    h: &mut dyn FnMut(&[f64], &str) -> f64,
    k: &impl Fn() -> Forward,
) -> f64 {
    f(1.0) + g(&nd::array![2.0]) + h(&[3.0], "three") + k().z
}

/// Closures as type parameters.
pub fn generic_closures<F: Fn(ArrayView1<f64>, &ArrayRef1<f64>) -> f64, G>(f: F, mut g: G) -> f64
where
    G: FnMut(Scheme, Pair) -> f64,
{
    let x = nd::array![1.0];
    f(x.view(), &x) + g(Scheme::Ahead, Pair(1.0, 2))
}

/// Types of this lesson's.
pub fn own(forward: &Forward, pair: Pair, scheme: Scheme) -> Result<Shape, std::string::String> {
    match scheme {
        Scheme::Ahead if pair.1 == 0 => Ok(Shape::Empty),
        Scheme::Ahead => Ok(Shape::Rectangle { width: forward.z, height: pair.0 }),
        Scheme::Central => Err(forward.a.to_string()),
    }
}

/// Types of the standard library.
pub fn containers(
    a: Option<f32>,
    b: vec::Vec<(i64, u8)>,
    c: [f64; 3],
    d: Box<[Array2<f32>; 1]>,
) -> (Option<Matrix>, Vec<f32>, Nothing) {
    let sum = c.iter().sum::<f64>() + b.iter().map(|(x, y)| *x as f64 + f64::from(*y)).sum::<f64>();
    (a.map(|a| nd::array![[f64::from(a), sum]]), d.iter().map(|it| it.sum()).collect(), Nothing)
}

/// A name that generated code could use for something else.
pub fn value() -> Shape {
    Shape::Circle(1.0)
}

/// Another.
pub fn fields(variant: Shape) -> usize {
    match variant {
        Shape::Empty => 0,
        Shape::Circle(_) => 1,
        Shape::Rectangle { .. } => 2,
    }
}

/// Generic over the precision of its numbers.
pub struct Cache<F>
where
    F: nd::NdFloat,
{
    /// One number.
    pub rstd: F,
    /// Many.
    pub xhat: Array1<F>,
}

/// A function that is so as well.
pub fn norm<F: nd::NdFloat>(x: &Array1<F>, state: &mut [F]) -> Cache<F> {
    state[0] += F::one();
    Cache { rstd: F::one() / (F::one() + F::one() + F::one()), xhat: x + x }
}

/// It takes what the other one gives.
pub fn norm_backward<F>(cache: &Cache<F>) -> F
where
    F: nd::NdFloat,
{
    cache.rstd + cache.xhat.sum()
}

/// Layers of an earlier lesson.
#[derive(Debug, Clone, PartialEq)]
pub struct Network<F: nd::NdFloat> {
    /// Those in the middle.
    pub layers: Vec<Scale<F>>,
    /// The last one.
    pub last: ex_1_1::Either<F>,
}

/// Doubles the factors of a network, and applies a layer.
pub fn doubled<F: nd::NdFloat>(network: &mut Network<F>, scale: &Scale<F>, x: F) -> F {
    let double = |scale: &mut Scale<F>| scale.factor = scale.factor + scale.factor;
    network.layers.iter_mut().for_each(double);
    if let ex_1_1::Either::Scaled { scale } = &mut network.last {
        double(scale);
    }
    scale.factor * x + scale.shift.as_ref().map_or(F::zero(), |it| it.sum())
}

/// A model, which keeps its state for itself.
pub struct Model {
    weight: f64,
}

impl Model {
    /// A model.
    pub fn new(weight: f64) -> Self {
        Self { weight }
    }

    /// The weight.
    pub fn weight(&self) -> f64 {
        self.weight
    }
}

/// Its field is private.
pub fn private(model: &Model) -> f64 {
    model.weight
}

/// Generic.
pub fn generic<T: Into<f64>>(x: T) -> f64 {
    x.into()
}

/// A trait object.
pub fn object(x: &dyn std::fmt::Display) -> String {
    x.to_string()
}

/// Replaced by the adapter.
pub fn train(model: Model, steps: &mut dyn Iterator<Item = f64>) -> Model {
    Model::new(steps.fold(model.weight, |weight, step| weight - step))
}
