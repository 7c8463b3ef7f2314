//! Checks of lesson 1.1: the mathematical neuron.

use engine::checks::{
    Check,
    Kind::{Gradient, Property, Source, Value},
    Learner, Lesson, Miss, Outcome, all_close, close,
};
use ndarray::{Array1, Array2, Axis, Ix2, ShapeBuilder};

use super::contract::{
    Node, cost, evaluation_order, local_derivatives, neuron, neuron_loop, neurons,
};

pub const LESSON: Lesson = Lesson::new("The mathematical neuron", CHECKS);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "loop_form", "z of one sample by a loop", 1.0, loop_form),
    Check::hidden(Value, "dot_form", "z of one sample by a dot product", 1.0, dot_form),
    Check::hidden(Value, "many_samples", "z of many samples by one product", 1.0, many_samples),
    Check::hidden(Source, "no_loops", "no loop in `neuron` and `neurons`", 1.0, no_loops)
        .after(&["dot_form", "many_samples"]),
    Check::hidden(
        Property,
        "one_function",
        "the three forms agree, are linear, and take inputs in any order",
        1.0,
        one_function,
    )
    .after(FORMS),
    Check::hidden(Property, "edges", "no inputs, no samples, NaN", 1.0, edges).after(FORMS),
    Check::hidden(Gradient, "local", "the three local derivatives", 2.0, local),
    Check::hidden(Value, "order", "the order of evaluation", 1.0, order),
    Check::hidden(Value, "cost", "multiplications and additions", 1.0, count),
];

const FORMS: &[&str] = &["loop_form", "dot_form", "many_samples"];

/// Numbers of inputs. The first is no special case, so that a first answer tells one mistake from
/// another; at 1 and at 0 several are right or alike.
const INPUTS: [usize; 7] = [3, 1, 2, 5, 8, 33, 47];

/// Samples and inputs. The square one comes first: there a product along the wrong axis has the right
/// shape, so the values show it.
const SHAPES: [(usize, usize); 8] =
    [(3, 3), (1, 4), (5, 2), (2, 6), (4, 1), (1, 1), (2, 47), (36, 3)];

/// The largest magnitudes of x, w and b.
const MAGNITUDES: [[f64; 3]; 8] = [
    PLAIN,
    [1e3, 1e-3, 1.0],
    [1e-3, 1e3, 1e-3],
    [1e3, 1e3, 1e3],
    [1e-3, 1e-3, 1e-3],
    [0.0, 1.0, 1.0],
    [1.0, 0.0, 1.0],
    [1.0, 1.0, 0.0],
];

const PLAIN: [f64; 3] = [1.0, 1.0, 1.0];

/// A neuron and one sample.
#[derive(Clone)]
struct Neuron {
    x: Array1<f64>,
    w: Array1<f64>,
    b: f64,
}

impl Neuron {
    fn random(learner: &mut Learner, inputs: usize, [x, w, b]: [f64; 3]) -> Self {
        let mut neuron = Self {
            x: learner.array(inputs, -x, x),
            w: learner.array(inputs, -w, w),
            b: learner.uniform(-b, b),
        };
        // Single zeros, at different places, where enough other numbers are left.
        if inputs > 4 {
            (neuron.x[inputs / 2], neuron.w[inputs / 3]) = (0.0, 0.0);
        }
        neuron
    }

    fn arguments(&self) -> (Array1<f64>, Array1<f64>, f64) {
        (self.x.clone(), self.w.clone(), self.b)
    }

    /// z, with the rounding errors of the additions collected and added back (Neumaier's sum): the
    /// error that is left does not grow with the number of inputs.
    fn z(&self) -> f64 {
        let products = self.x.iter().zip(&self.w).map(|(x, w)| x * w);
        let (sum, lost) = products.fold((self.b, 0.0), |(sum, lost), term: f64| {
            let next = sum + term;
            let (large, small) = if sum.abs() > term.abs() { (sum, term) } else { (term, sum) };
            (next, lost + ((large - next) + small))
        });
        sum + lost
    }

    /// The sum of the magnitudes of the terms of z.
    fn scale(&self) -> f64 {
        Self { x: self.x.abs(), w: self.w.abs(), b: self.b.abs() }.z()
    }
}

/// A neuron and many samples, one in each row.
#[derive(Clone)]
struct Batch {
    x: Array2<f64>,
    w: Array1<f64>,
    b: f64,
}

impl Batch {
    fn random(
        learner: &mut Learner,
        shape: impl ShapeBuilder<Dim = Ix2>,
        [x, w, b]: [f64; 3],
    ) -> Self {
        let x = learner.array(shape, -x, x);
        Self { w: learner.array(x.ncols(), -w, w), b: learner.uniform(-b, b), x }
    }

    fn rows(&self) -> impl Iterator<Item = Neuron> {
        let row = |x: ndarray::ArrayView1<f64>| Neuron { x: x.to_owned(), w: self.w.clone(), b: self.b };
        self.x.outer_iter().map(row)
    }

    fn z(&self) -> Array1<f64> {
        self.rows().map(|row| row.z()).collect()
    }

    fn scale(&self) -> Array1<f64> {
        self.rows().map(|row| row.scale()).collect()
    }

    fn call(&self, learner: &mut Learner) -> Result<Array1<f64>, Miss> {
        learner.call(neurons, (self.x.clone(), self.w.clone(), self.b))
    }
}

/// One of the three ways to ask the learner for z.
type Form = fn(&mut Learner, &Neuron) -> Result<f64, Miss>;

fn by_loop(learner: &mut Learner, neuron: &Neuron) -> Result<f64, Miss> {
    learner.call(neuron_loop, neuron.arguments())
}

fn by_dot(learner: &mut Learner, at: &Neuron) -> Result<f64, Miss> {
    learner.call(neuron, at.arguments())
}

/// As the middle one of three equal samples.
fn by_product(learner: &mut Learner, neuron: &Neuron) -> Result<f64, Miss> {
    let Neuron { x, w, b } = neuron.clone();
    let x = ndarray::stack![Axis(0), x, x, x];
    let z = Batch { x, w, b }.call(learner)?;
    engine::checks::same_shape("z of `neurons`", z.shape(), &[3])?;
    Ok(z[1])
}

fn loop_form(learner: &mut Learner) -> Outcome {
    single(learner, "z of `neuron_loop`", by_loop)
}

fn dot_form(learner: &mut Learner) -> Outcome {
    single(learner, "z of `neuron`", by_dot)
}

fn single(learner: &mut Learner, name: &str, form: Form) -> Outcome {
    let first = Neuron::random(learner, INPUTS[0], PLAIN);
    for inputs in INPUTS {
        for magnitudes in MAGNITUDES {
            let neuron = Neuron::random(learner, inputs, magnitudes);
            close(name, form(learner, &neuron)?, neuron.z(), neuron.scale())?;
        }
        // The same call after others: nothing may be left of them.
        close(name, form(learner, &first)?, first.z(), first.scale())?;
    }
    Ok(())
}
