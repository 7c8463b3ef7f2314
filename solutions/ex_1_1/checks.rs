//! Checks of lesson 1.1: the mathematical neuron.

use engine::checks::{
    Case, Check,
    Kind::{Gradient, Property, Source, Value},
    Learner, Lesson, Miss, Outcome, all_close, close, same_shape,
};
use ndarray::{Array1, Array2, Axis, stack};

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

/// How many inputs the neuron has that properties are tried on.
const INPUTS: usize = 3;

/// A neuron and one sample.
#[derive(Clone)]
struct Neuron {
    x: Array1<f64>,
    w: Array1<f64>,
    b: f64,
}

impl Neuron {
    fn of(learner: &mut Learner, case: &Case<1, 3>) -> Self {
        let [x, w, b] = case.fillings;
        let [x, w] = [x, w].map(|it| learner.filled(case.sizes, it));
        Self { x, w, b: learner.filled([1], b)[0] }
    }

    /// Of ordinary size, with a positive b: one call with a negative b cannot tell −b from |b|.
    fn ordinary(learner: &mut Learner, inputs: usize) -> Self {
        let at = Self::of(learner, &Case::ordinary([inputs]));
        Self { b: at.b.abs(), ..at }
    }

    /// An ordinary one, with b and with −b; then every argument over its range.
    fn swept(learner: &mut Learner) -> Vec<Self> {
        let first = Self::ordinary(learner, INPUTS);
        let mirrored = Self { b: -first.b, ..first.clone() };
        let cases = learner.cases().into_iter();
        [first, mirrored].into_iter().chain(cases.map(|case| Self::of(learner, &case))).collect()
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
    fn of(learner: &mut Learner, case: &Case<2, 3>) -> Self {
        let ([samples, inputs], [x, w, b]) = (case.sizes, case.fillings);
        Self {
            x: learner.filled([samples, inputs], x),
            w: learner.filled([inputs], w),
            b: learner.filled([1], b)[0],
        }
    }

    /// As [`Neuron::ordinary`].
    fn ordinary(learner: &mut Learner, sizes: [usize; 2]) -> Self {
        let batch = Self::of(learner, &Case::ordinary(sizes));
        Self { b: batch.b.abs(), ..batch }
    }

    /// As [`Neuron::swept`].
    fn swept(learner: &mut Learner) -> Vec<Self> {
        let first = Self::ordinary(learner, [3, INPUTS]);
        let mirrored = Self { b: -first.b, ..first.clone() };
        let cases = learner.cases().into_iter();
        [first, mirrored].into_iter().chain(cases.map(|case| Self::of(learner, &case))).collect()
    }

    fn rows(&self) -> impl Iterator<Item = Neuron> {
        self.x.outer_iter().map(|x| Neuron { x: x.to_owned(), w: self.w.clone(), b: self.b })
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

    fn check(&self, learner: &mut Learner) -> Outcome {
        all_close("z of `neurons`", &self.call(learner)?, &self.z(), &self.scale())
    }
}

/// One of the three ways to ask the learner for z.
type Form = fn(&mut Learner, &Neuron) -> Result<f64, Miss>;

fn by_loop(learner: &mut Learner, at: &Neuron) -> Result<f64, Miss> {
    learner.call(neuron_loop, at.arguments())
}

fn by_dot(learner: &mut Learner, at: &Neuron) -> Result<f64, Miss> {
    learner.call(neuron, at.arguments())
}

/// As the middle one of three equal samples: a square batch, where no wrong product panics.
fn by_product(learner: &mut Learner, at: &Neuron) -> Result<f64, Miss> {
    let Neuron { x, w, b } = at.clone();
    let z = Batch { x: stack![Axis(0), x, x, x], w, b }.call(learner)?;
    same_shape("z of `neurons`", z.shape(), &[3])?;
    Ok(z[1])
}

fn loop_form(learner: &mut Learner) -> Outcome {
    one_sample(learner, "z of `neuron_loop`", by_loop)
}

fn dot_form(learner: &mut Learner) -> Outcome {
    one_sample(learner, "z of `neuron`", by_dot)
}

/// Each call is made twice: first without a look at the answers, so that a diagnosis has all of them to
/// go by, then to be compared, after other calls.
fn one_sample(learner: &mut Learner, name: &str, form: Form) -> Outcome {
    let points = Neuron::swept(learner);
    for at in &points {
        form(learner, at)?;
    }
    for at in &points {
        close(name, form(learner, at)?, at.z(), at.scale())?;
    }
    Ok(())
}

fn many_samples(learner: &mut Learner) -> Outcome {
    let batches = Batch::swept(learner);
    for batch in &batches {
        batch.call(learner)?;
    }
    for batch in &batches {
        batch.check(learner)?;
    }
    Ok(())
}

/// The answers are compared too: what computes nothing has no loop either.
fn no_loops(learner: &mut Learner) -> Outcome {
    let batch = Batch::ordinary(learner, [3, INPUTS]);
    for at in batch.rows() {
        close("z of `neuron`", by_dot(learner, &at)?, at.z(), at.scale())?;
    }
    batch.check(learner)?;
    learner.without_loops()
}

fn one_function(learner: &mut Learner) -> Outcome {
    for sizes in [[3, INPUTS], [1, 4], [5, 2], [2, 20]] {
        let batch = Batch::ordinary(learner, sizes);
        agreement(learner, &batch)?;
    }
    for form in [by_loop, by_dot, by_product] {
        linearity(learner, form)?;
        symmetry(learner, form)?;
    }
    Ok(())
}

fn agreement(learner: &mut Learner, batch: &Batch) -> Outcome {
    batch.check(learner)?;
    let z = batch.call(learner)?;
    same_shape("z of `neurons`", z.shape(), &[batch.x.nrows()])?;
    for (at, z) in batch.rows().zip(z) {
        close("z of `neuron` beside that of `neurons`", by_dot(learner, &at)?, z, at.scale())?;
        close(
            "z of `neuron_loop` beside that of `neurons`",
            by_loop(learner, &at)?,
            z,
            at.scale(),
        )?;
    }
    Ok(())
}

/// Without b, z of a sum is the sum of the z, and a factor of x or of w is one of z.
fn linearity(learner: &mut Learner, form: Form) -> Outcome {
    let one = Neuron { b: 0.0, ..Neuron::ordinary(learner, INPUTS) };
    let other = Neuron { x: learner.array(INPUTS, -1.0, 1.0), ..one.clone() };
    let sum = Neuron { x: &one.x + &other.x, ..one.clone() };
    let (z, scale) = (form(learner, &one)?, one.scale());
    let want = z + form(learner, &other)?;
    close("z of x + x′ without b", form(learner, &sum)?, want, scale + other.scale())?;
    let factor = learner.uniform(-3.0, -2.0);
    let (want, scale) = (factor * z, factor * scale);
    let longer = Neuron { x: factor * &one.x, ..one.clone() };
    close("z of c·x without b", form(learner, &longer)?, want, scale)?;
    let heavier = Neuron { w: factor * &one.w, ..one };
    close("z of c·w without b", form(learner, &heavier)?, want, scale)
}

/// Inputs may come in any order, if their weights do; and x and w may change places.
fn symmetry(learner: &mut Learner, form: Form) -> Outcome {
    let Neuron { x, w, b } = Neuron::ordinary(learner, INPUTS);
    let at = Neuron { x: x.clone(), w: w.clone(), b };
    let z = form(learner, &at)?;
    let [reordered_x, reordered_w] = [&x, &w].map(|it| it.select(Axis(0), &[2, 0, 1]));
    let reordered = Neuron { x: reordered_x, w: reordered_w, b };
    close("z of reordered inputs", form(learner, &reordered)?, z, at.scale())?;
    let exchanged = Neuron { x: w, w: x, b };
    close("z with x and w exchanged", form(learner, &exchanged)?, z, at.scale())
}

fn edges(learner: &mut Learner) -> Outcome {
    nan_in_one_sample(learner, "z of `neuron_loop`", by_loop)?;
    nan_in_one_sample(learner, "z of `neuron`", by_dot)?;
    nan_in_a_batch(learner)?;
    nothing_to_add(learner)
}

fn nan_in_one_sample(learner: &mut Learner, name: &str, form: Form) -> Outcome {
    let clean = Neuron::ordinary(learner, INPUTS);
    close(name, form(learner, &clean)?, clean.z(), clean.scale())?;
    for k in 0..INPUTS {
        let (mut in_x, mut in_w) = (clean.clone(), clean.clone());
        (in_x.x[k], in_w.w[k]) = (f64::NAN, f64::NAN);
        is_nan(name, "an input", form(learner, &in_x)?)?;
        is_nan(name, "a weight", form(learner, &in_w)?)?;
    }
    is_nan(name, "b", form(learner, &Neuron { b: f64::NAN, ..clean })?)
}

/// A NaN in one sample spoils its z and no other.
fn nan_in_a_batch(learner: &mut Learner) -> Outcome {
    for sizes in [[3, INPUTS], [2, 4]] {
        let clean = Batch::ordinary(learner, sizes);
        clean.check(learner)?;
        let mut spoilt = clean.clone();
        spoilt.x[[1, 2]] = f64::NAN;
        let mut z = spoilt.call(learner)?;
        same_shape("z of `neurons`", z.shape(), &[sizes[0]])?;
        is_nan("z of `neurons`", "an input of its sample", z[1])?;
        z[1] = clean.z()[1];
        all_close("z of the samples without NaN", &z, &clean.z(), &clean.scale())?;
    }
    Ok(())
}

fn is_nan(name: &str, what: &str, z: f64) -> Outcome {
    if z.is_nan() {
        return Ok(());
    }
    Err(Miss::failed(format!("{name} is a number although {what} is NaN: something hides the NaN")))
}

/// Without inputs z is b; without samples there is no z.
fn nothing_to_add(learner: &mut Learner) -> Outcome {
    let at = Neuron::ordinary(learner, 0);
    close("z of `neuron_loop` without inputs", by_loop(learner, &at)?, at.b, at.b)?;
    close("z of `neuron` without inputs", by_dot(learner, &at)?, at.b, at.b)?;
    for sizes in [[4, 0], [0, 3], [0, 0]] {
        let batch = Batch::ordinary(learner, sizes);
        let name = format!("z of {} samples with {} inputs", sizes[0], sizes[1]);
        all_close(&name, &batch.call(learner)?, &batch.z(), &batch.scale())?;
    }
    Ok(())
}

/// z is linear in each of its numbers: its derivatives are known exactly, without differences. Each call
/// is made twice, as in [`one_sample`].
fn local(learner: &mut Learner) -> Outcome {
    let mut points = Neuron::swept(learner);
    points.push(Neuron::ordinary(learner, 0));
    for at in &points {
        learner.call(local_derivatives, at.arguments())?;
    }
    for at in &points {
        let got = learner.call(local_derivatives, at.arguments())?;
        all_close("∂z/∂x", &got.dx, &at.w, &at.w.abs())?;
        all_close("∂z/∂w", &got.dw, &at.x, &at.x.abs())?;
        close("∂z/∂b", got.db, 1.0, 1.0).map_err(without_factor)?;
    }
    Ok(())
}

/// In a lesson without a mean, d times too large has nothing to do with the size of a batch.
fn without_factor(miss: Miss) -> Miss {
    let message = "∂z/∂b is wrong. Move b and hold the rest: how far does z move for each unit?";
    miss.saying(message)
}

fn order(learner: &mut Learner) -> Outcome {
    let answer = learner.call(evaluation_order, ())?;
    let place = |node| answer.iter().position(|it| *it == node);
    let (Some(mul), Some(sum), Some(bias)) =
        (place(Node::Mul), place(Node::Sum), place(Node::AddBias))
    else {
        return Err(Miss::failed(
            "`evaluation_order` names a kind of node twice and leaves one out: each of the three \
             has one place.",
        ));
    };
    if sum < mul {
        return Err(Miss::failed(
            "`evaluation_order` sums before it multiplies. What are the d numbers that `Sum` adds \
             up, and which node makes them?",
        ));
    }
    if bias < sum {
        return Err(Miss::failed(
            "`evaluation_order` adds b before there is one number to add it to. How many b does z \
             have?",
        ));
    }
    Ok(())
}

fn count(learner: &mut Learner) -> Outcome {
    for d in [3, 1, 768, learner.rng().usize(2..5000), (1 << 24) + 1, 0] {
        let (multiplications, additions) = learner.call(cost, (d,))?;
        let wrong = match () {
            () if multiplications != d => "multiplications. How many products does z have?",
            () if additions != d => {
                "additions. Write z out for three inputs and for none: how many + are there?"
            }
            () => continue,
        };
        let miss = Miss::failed(format!("`cost` gives another number of {wrong}"));
        return Err(miss.revealing(format!("d = {d}: got {multiplications} and {additions}")));
    }
    Ok(())
}
