//! Checks of lesson 1.2: GEMM.

use engine::checks::{
    Case, Check, Filling,
    Kind::{Property, Source, Value},
    Learner, Lesson, Miss, Outcome, all_close, close, same_shape,
};
use ndarray::{Array2, s};

use super::contract::{
    LoopOrder, Operation, Walk, Walks, all_samples_at_once, bytes, contiguous, flops, gemm,
    gemm_naive, gemm_naive_of_parts, gemm_of_parts, intensity, layer_as_gemm, walks,
};

pub const LESSON: Lesson = Lesson::new("GEMM", CHECKS).after(&["ex_1_1"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "naive", "C by three loops", 1.0, naive),
    Check::hidden(Value, "library", "C by the library", 1.0, library),
    Check::hidden(Source, "no_loops", "no loop in `gemm`", 1.0, no_loops).after(&["library"]),
    Check::hidden(Value, "views", "transposed views, and parts of larger matrices", 1.0, views)
        .after(PRODUCTS),
    Check::hidden(Property, "nan", "NaN in C where β is 0, NaN in A and in B", 1.0, nan)
        .after(PRODUCTS),
    Check::hidden(Property, "empty", "sizes of 0", 1.0, empty).after(PRODUCTS),
    Check::hidden(Value, "flops", "FLOPs of real layers", 1.0, count_flops),
    Check::hidden(Value, "bytes", "bytes and intensity of real layers", 1.0, count_bytes)
        .after(&["flops"]),
    Check::hidden(Value, "layout", "contiguous axes, and the walks of the loops", 1.0, layout),
    Check::hidden(Value, "layers", "the two questions on layers", 1.0, layers),
];

const PRODUCTS: &[&str] = &["naive", "library"];

/// α, A, B, β and C of one product.
#[derive(Clone)]
struct Product {
    alpha: f64,
    a: Array2<f64>,
    b: Array2<f64>,
    beta: f64,
    c: Array2<f64>,
}

impl Product {
    fn of(learner: &mut Learner, case: &Case<3, 5>) -> Self {
        Self::sized(learner, case, |sizes| sizes)
    }

    /// Of matrices that are larger than the parts of them that are multiplied.
    fn with_margins(learner: &mut Learner, case: &Case<3, 5>) -> Self {
        Self::sized(learner, case, |[rows, columns]| [(2 * rows).saturating_sub(1), columns + 2])
    }

    fn sized(
        learner: &mut Learner,
        case: &Case<3, 5>,
        size: impl Fn([usize; 2]) -> [usize; 2],
    ) -> Self {
        let ([m, n, k], [alpha, a, b, beta, c]) = (case.sizes, case.fillings);
        let mut number = |filling: Filling| learner.filled([1], filling)[0];
        let [alpha, beta] = [alpha, beta].map(&mut number);
        let mut matrix = |sizes, filling| learner.filled(size(sizes), filling);
        let (a, b, c) = (matrix([m, k], a), matrix([k, n], b), matrix([m, n], c));
        Self { alpha, a, b, beta, c }
    }

    fn ordinary(learner: &mut Learner, sizes: [usize; 3]) -> Self {
        Self::of(learner, &Case::ordinary(sizes))
    }

    fn arguments(&self) -> (f64, Array2<f64>, Array2<f64>, f64, Array2<f64>) {
        (self.alpha, self.a.clone(), self.b.clone(), self.beta, self.c.clone())
    }

    /// The new C.
    fn result(&self) -> Array2<f64> {
        let product = self.alpha * self.a.dot(&self.b);
        if self.beta == 0.0 { product } else { product + self.beta * &self.c }
    }

    /// The sums of the magnitudes of the terms.
    fn scale(&self) -> Array2<f64> {
        let Self { alpha, a, b, beta, c } = self;
        Self { alpha: alpha.abs(), a: a.abs(), b: b.abs(), beta: beta.abs(), c: c.abs() }.result()
    }

    /// The parts that the adapter cuts out, copied element by element.
    fn parts(&self) -> Self {
        let [a, b, c] = [&self.a, &self.b, &self.c].map(part);
        Self { a, b, c, ..*self }
    }
}

fn part(whole: &Array2<f64>) -> Array2<f64> {
    let (rows, columns) = (whole.nrows().div_ceil(2), whole.ncols() - 2);
    Array2::from_shape_fn((rows, columns), |(i, j)| whole[[2 * (rows - 1 - i), j + 1]])
}

/// One of the two ways to ask the learner for C.
#[derive(Clone, Copy)]
struct Form {
    name: &'static str,
    ask: fn(&mut Learner, &Product) -> Result<Array2<f64>, Miss>,
    ask_of_parts: fn(&mut Learner, &Product) -> Result<Array2<f64>, Miss>,
}

const NAIVE: Form = Form {
    name: "`gemm_naive`",
    ask: |learner, of| learner.call(gemm_naive, of.arguments()),
    ask_of_parts: |learner, of| learner.call(gemm_naive_of_parts, of.arguments()),
};

const LIBRARY: Form = Form {
    name: "`gemm`",
    ask: |learner, of| learner.call(gemm, of.arguments()),
    ask_of_parts: |learner, of| learner.call(gemm_of_parts, of.arguments()),
};

impl Form {
    fn check(self, learner: &mut Learner, of: &Product) -> Outcome {
        let got = (self.ask)(learner, of)?;
        self.compare(of, &got)
    }

    fn compare(self, of: &Product, got: &Array2<f64>) -> Outcome {
        let name = format!("new C of {}", self.name);
        all_close(&name, got, &of.result(), &of.scale())
    }

    fn check_all(self, learner: &mut Learner) -> Outcome {
        let cases = learner.cases().into_iter();
        let products: Vec<_> = cases.map(|case| Product::of(learner, &case)).collect();
        learner.ask_all(&products, self.ask, |product, got| self.compare(product, &got))
    }

    /// The part of C changes, and nothing around it.
    fn check_parts(self, learner: &mut Learner, whole: &Product) -> Outcome {
        let got = (self.ask_of_parts)(learner, whole)?;
        let (parts, name) = (whole.parts(), format!("new C of {} as a part", self.name));
        same_shape(&name, got.shape(), whole.c.shape())?;
        all_close(&name, &part(&got), &parts.result(), &parts.scale())?;
        let mut around = got;
        let inner = 1..whole.c.ncols() - 1;
        let old = whole.c.slice(s![..;-2, inner.clone()]);
        around.slice_mut(s![..;-2, inner]).assign(&old);
        all_close(&format!("what lies around {name}"), &around, &whole.c, &whole.c.abs())
    }
}

fn naive(learner: &mut Learner) -> Outcome {
    NAIVE.check_all(learner)
}

fn library(learner: &mut Learner) -> Outcome {
    LIBRARY.check_all(learner)
}

/// The values are compared too: what computes nothing has no loop either.
fn no_loops(learner: &mut Learner) -> Outcome {
    for sizes in [[3, 3, 3], [2, 4, 3]] {
        let product = Product::ordinary(learner, sizes);
        LIBRARY.check(learner, &product)?;
    }
    learner.without_loops()
}

fn views(learner: &mut Learner) -> Outcome {
    for case in learner.cases() {
        let whole = Product::with_margins(learner, &case);
        NAIVE.check_parts(learner, &whole)?;
        LIBRARY.check_parts(learner, &whole)?;
    }
    Ok(())
}

fn nan(learner: &mut Learner) -> Outcome {
    for form in [NAIVE, LIBRARY] {
        for sizes in [[2, 3, 4], [3, 3, 3], [1, 1, 1], [2, 4, 0]] {
            for garbage in [f64::NAN, f64::INFINITY] {
                unread(learner, form, sizes, garbage)?;
            }
        }
        spread(learner, form)?;
    }
    Ok(())
}

/// What lies in C is not read where β is 0, whether C is a part of a matrix or a whole one.
fn unread(learner: &mut Learner, form: Form, sizes: [usize; 3], garbage: f64) -> Outcome {
    let whole = Product::with_margins(learner, &Case::ordinary(sizes));
    let c = Array2::from_elem(whole.c.dim(), garbage);
    let whole = Product { beta: 0.0, c, ..whole };
    let got = (form.ask_of_parts)(learner, &whole)?;
    same_shape(&format!("new C of {} as a part", form.name), got.shape(), whole.c.shape())?;
    if part(&got).iter().any(|element| !element.is_finite()) {
        return Err(Miss::failed(format!(
            "{} carries a NaN or an infinity from the old C into the new one where β is 0. 0·NaN is \
             NaN, and so is 0·∞: with β = 0, C must not be read at all.",
            form.name
        )));
    }
    form.check(learner, &whole.parts())
}

/// A NaN in A spoils its row of C, a NaN in B its column, and a NaN in C its own place.
fn spread(learner: &mut Learner, form: Form) -> Outcome {
    let clean = nonzero(learner, [3, 4, 2]);
    let (mut in_a, mut in_b, mut in_c) = (clean.clone(), clean.clone(), clean);
    (in_a.a[[1, 0]], in_b.b[[1, 2]], in_c.c[[2, 3]]) = (f64::NAN, f64::NAN, f64::NAN);
    for (name, spoilt) in [("A", in_a), ("B", in_b), ("C", in_c)] {
        let got = (form.ask)(learner, &spoilt)?;
        let want = spoilt.result();
        same_shape(&format!("new C of {}", form.name), got.shape(), want.shape())?;
        if got.iter().zip(&want).any(|(got, want)| got.is_nan() != want.is_nan()) {
            return Err(Miss::failed(format!(
                "{}: a NaN in {name} should spoil the elements of C that are computed from it, and no \
                 others. Is a product skipped, or a NaN replaced?",
                form.name
            )));
        }
    }
    Ok(())
}

/// A product in which nothing is 0: then no term may be left out.
fn nonzero(learner: &mut Learner, [m, n, k]: [usize; 3]) -> Product {
    let [a, b, c] = [(m, k), (k, n), (m, n)].map(|sizes| learner.array(sizes, 0.5, 1.5));
    Product { alpha: 0.75, a, b, beta: -1.25, c }
}

fn empty(learner: &mut Learner) -> Outcome {
    for form in [NAIVE, LIBRARY] {
        for sizes in [[2, 3, 0], [1, 1, 0], [0, 3, 2], [2, 0, 3], [0, 0, 0]] {
            for beta in [2.0, 0.0] {
                let whole = Product::with_margins(learner, &Case::ordinary(sizes));
                let whole = Product { beta, ..whole };
                form.check_parts(learner, &whole).map_err(|miss| with_sizes(miss, sizes))?;
                form.check(learner, &whole.parts()).map_err(|miss| with_sizes(miss, sizes))?;
            }
        }
    }
    Ok(())
}

/// Says which size is 0, and what follows.
fn with_sizes(miss: Miss, [m, n, k]: [usize; 3]) -> Miss {
    let question = match () {
        () if m == 0 || n == 0 => "C has no elements, and there is nothing to do",
        () => "a sum of no products is 0. What does the formula leave of C?",
    };
    let message = format!("{}. Here m, n, k = {m}, {n}, {k}: {question}", miss.message);
    miss.saying(message)
}

/// Batch, inputs and outputs of layers that exist: a classifier's last layer, the first of an MLP and
/// its second, and the MLP of a model of seven billion parameters.
const LAYERS: [[usize; 3]; 6] = [
    [32, 768, 10],
    [1024, 768, 3072],
    [1024, 3072, 768],
    [1, 4096, 11008],
    [4096, 4096, 11008],
    [1024, 768, 50257],
];

/// m, n and k of real layers, of their two backward products, and of sizes that single precision cannot
/// hold.
fn sizes(learner: &mut Learner) -> Vec<[usize; 3]> {
    let of_layer = |[batch, d_in, d_out]: [usize; 3]| {
        [[batch, d_out, d_in], [batch, d_in, d_out], [d_out, d_in, batch]]
    };
    let mut sizes: Vec<_> = LAYERS.into_iter().flat_map(of_layer).collect();
    let rng = learner.rng();
    let mut odd = || 2 * rng.usize(100..1000) + 1;
    sizes.extend([[odd(), odd(), odd()], [1, 1, 1], [1, odd(), odd()], [odd(), 1, odd()]]);
    // The other two are large as well: else the intensity hardly depends on the one.
    let (large, other) = ((1 << 24) + 1, 1 << 18);
    sizes.extend([[large, other, other], [other, large, other], [other, other, large]]);
    sizes
}

fn count_flops(learner: &mut Learner) -> Outcome {
    for [m, n, k] in [[2, 3, 0], [0, 3, 2], [2, 0, 3]] {
        if learner.call(flops, (m, n, k))? != 0 {
            return Err(Miss::failed(
                "number of FLOPs: with a size of 0 nothing is multiplied or added, and `flops` gives more \
                 than 0. What does it count there? What α and β cost is left out.",
            )
            .of(&["number of FLOPs"]));
        }
    }
    for [m, n, k] in sizes(learner) {
        let products = m * k * n;
        let got = learner.call(flops, (m, n, k))?;
        if got != products + products {
            return Err(Miss::failed(
                "number of FLOPs: `flops` gives another one. Follow one element of C through the \
                 innermost loop: what is done in each turn, how many turns are there, and how many \
                 elements?",
            )
            .of(&["number of FLOPs"])
            .revealing(format!("m = {m}, n = {n}, k = {k}: got {got}")));
        }
    }
    Ok(())
}

/// β of every size, but no zero.
const NONZERO_BETAS: [f64; 6] = [1.0, -0.5, 1e-3, 2000.0, -1e-300, f64::MIN_POSITIVE];

/// β of every size, and both zeros.
const BETAS: [f64; 8] = [0.0, 1.0, -0.5, 1e-3, -0.0, 2000.0, -1e-300, f64::MIN_POSITIVE];

/// Bytes of an element: of numbers that exist, and of none.
const ELEMENT_SIZES: [usize; 7] = [4, 8, 2, 1, 16, 999, (1 << 24) + 1];

fn count_bytes(learner: &mut Learner) -> Outcome {
    for (at, sizes) in sizes(learner).into_iter().enumerate() {
        let size = ELEMENT_SIZES[at % ELEMENT_SIZES.len()];
        // Every β a few times, and one that is 0 and one that is not with all sizes.
        let nonzero = NONZERO_BETAS[at % NONZERO_BETAS.len()];
        let betas = if at < 2 { &BETAS[..] } else { &[0.0, nonzero] };
        bytes_for_each_beta(learner, sizes, size, betas)?;
        for &beta in betas {
            let [m, n, k] = sizes;
            let got = learner.call(intensity, (m, n, k, size, beta))?;
            let want = 2.0 * m as f64 * n as f64 * k as f64 / moved(sizes, size, beta) as f64;
            close("arithmetic intensity", got, want, want)?;
        }
    }
    Ok(())
}

/// The bytes of what is read, and of C, which is written.
fn moved([m, n, k]: [usize; 3], size: usize, beta: f64) -> usize {
    let read = [m * k, k * n, if beta == 0.0 { 0 } else { m * n }];
    read.into_iter().chain([m * n]).map(|elements| elements * size).sum()
}

/// Says for which β the count is wrong.
fn bytes_for_each_beta(
    learner: &mut Learner,
    sizes: [usize; 3],
    size: usize,
    betas: &[f64],
) -> Outcome {
    let [m, n, k] = sizes;
    let mut wrong = Vec::new();
    for &beta in betas {
        if learner.call(bytes, (m, n, k, size, beta))? != moved(sizes, size, beta) {
            wrong.push(beta);
        }
    }
    let zeros = wrong.iter().filter(|beta| **beta == 0.0).count();
    let nonzero = betas.iter().filter(|beta| **beta != 0.0).count();
    let why = match (wrong.len(), zeros) {
        (0, _) => return Ok(()),
        (all, 0) if all == nonzero => {
            "it is right where β is 0, and wrong where it is not. What has to be known of C there?"
        }
        (_, 0) => {
            "it is right for some β that are not 0, and wrong for others. Does C have to be read for a \
             small or a negative β?"
        }
        (all, zeros) if all == zeros => {
            "it is right where β is not 0, and wrong where it is. Which of the two is still done to C there, \
             reading or writing?"
        }
        _ => {
            "it is wrong with β and without. Which matrices are read, which are written, and \
              how many elements has each?"
        }
    };
    let inputs = format!("m = {m}, n = {n}, k = {k}, size = {size}: wrong for β = {wrong:?}");
    Err(Miss::failed(format!("number of bytes: {why}")).of(&["number of bytes"]).revealing(inputs))
}

fn layout(learner: &mut Learner) -> Outcome {
    contiguous_axes(learner)?;
    for order in [LoopOrder::Ijp, LoopOrder::Ipj, LoopOrder::Jpi] {
        let Walks { a, b, c } = learner.call(walks, (order,))?;
        // The index of the rows and that of the columns.
        for (matrix, [row, column], walk) in
            [("A", ['i', 'p'], a), ("B", ['p', 'j'], b), ("C", ['i', 'j'], c)]
        {
            walked(order, matrix, [row, column], walk)?;
        }
    }
    Ok(())
}

/// An axis of a matrix, as `contiguous` is asked for it.
#[derive(Clone, Copy)]
struct AxisOf {
    shape: [usize; 2],
    strides: [isize; 2],
    axis: usize,
}

impl AxisOf {
    /// Every length and stride that can decide; strides of rows, of columns, of parts, backwards.
    fn all(learner: &mut Learner) -> Vec<Self> {
        let far = learner.rng().usize(100..1000) as isize;
        let strides = [1, 3, -1, 2, 0, far, -3, (1 << 24) + 1];
        let mut all = Vec::new();
        for length in [3, 1, 2, 0, 64] {
            for (at, stride) in strides.into_iter().enumerate() {
                for axis in [0, 1] {
                    // The other axis is shorter or longer, contiguous or not, whichever this one is.
                    let other = strides[(at + length) % strides.len()];
                    let mut it = Self { shape: [1 + at % 3; 2], strides: [other; 2], axis };
                    (it.shape[axis], it.strides[axis]) = (length, stride);
                    all.push(it);
                }
            }
        }
        all
    }

    fn ask(self, learner: &mut Learner) -> Result<bool, Miss> {
        learner.call(contiguous, (self.shape, self.strides, self.axis))
    }

    fn compare(self, got: bool) -> Outcome {
        let Self { shape, strides, axis } = self;
        let (length, stride) = (shape[axis], strides[axis]);
        if got == (length < 2 || stride == 1) {
            return Ok(());
        }
        let message = match (length, stride) {
            (0 | 1, _) => {
                "`contiguous` is false for an axis of one element, or none. Between which two elements \
                 would the gap be?"
            }
            (_, 1) => {
                "`contiguous` is false where the stride of the axis is 1. From one element to the next, \
                 how far is that? Neither the other axis nor the length has a say in it."
            }
            (_, -1) => {
                "`contiguous` is true for stride −1. Which of the elements comes first in memory? They \
                 are to follow each other in their order."
            }
            _ => {
                "`contiguous` is true for an axis whose elements have a distance other than 1 in memory. \
                 Is it the stride of the axis that was asked for which you look at?"
            }
        };
        let inputs = format!("shape = {shape:?}, strides = {strides:?}, axis = {axis}");
        Err(Miss::failed(message).revealing(inputs))
    }
}

fn contiguous_axes(learner: &mut Learner) -> Outcome {
    let all = AxisOf::all(learner);
    learner.ask_all(&all, |learner, axis| axis.ask(learner), |axis, got| axis.compare(got))
}

fn walked(order: LoopOrder, matrix: &str, [row, column]: [char; 2], walk: Walk) -> Outcome {
    let inner = match order {
        LoopOrder::Ijp => 'p',
        LoopOrder::Ipj => 'j',
        LoopOrder::Jpi => 'i',
    };
    let element = format!("{matrix}[{row}, {column}]");
    let why = match (walk, inner) {
        (Walk::Stays, _) if inner != row && inner != column => return Ok(()),
        (Walk::NextElement, _) if inner == column => return Ok(()),
        (Walk::NextRow, _) if inner == row => return Ok(()),
        (Walk::Stays, _) => format!(
            "says that {matrix} stays. The innermost loop changes {inner}, and {element} has it: the \
             next turn needs another element."
        ),
        (Walk::NextElement, _) if inner == row => format!(
            "lets {matrix} go to the next element. The innermost loop changes {inner}, the first index \
             of {element}: does that lead to the neighbour, where rows lie one after the other?"
        ),
        (Walk::NextRow, _) if inner == column => format!(
            "lets {matrix} go to the next row. The innermost loop changes {inner}, the second index of \
             {element}: in which row is the next element?"
        ),
        (Walk::NextElement, _) => format!(
            "lets {matrix} go to the next element. Which index does the innermost loop change, and is \
             it one of those of {element}?"
        ),
        (Walk::NextRow, _) => format!(
            "lets {matrix} go to the next row. Which index does the innermost loop change, and is it \
             one of those of {element}?"
        ),
    };
    Err(Miss::failed(format!("`walks` of LoopOrder::{order:?} {why}")))
}

fn layers(learner: &mut Learner) -> Outcome {
    let why = match learner.call(all_samples_at_once, ())? {
        Operation::MatrixProduct => return layer_sizes(learner),
        Operation::ElementwiseProduct => {
            "multiplies and never adds: X ∘ wᵀ still has d numbers for each sample. What does a neuron \
             do with its d products?"
        }
        Operation::DotProduct => {
            "gives one output for one sample. It would have to be repeated for each row of X: which \
             operation is made of one dot product for each row?"
        }
        Operation::OuterProduct => {
            "pairs each input with each weight, d² numbers for one sample. A neuron pairs each input \
             with its own weight, and adds up."
        }
    };
    Err(Miss::failed(format!("`all_samples_at_once`: the operation that you name {why}")))
}

fn layer_sizes(learner: &mut Learner) -> Outcome {
    let rng = learner.rng();
    // No two sizes of a layer are equal: a wrong answer is never right by chance.
    let own = [rng.usize(200..300), rng.usize(2..10), rng.usize(10..20)];
    let large = [(1 << 24) + 1, (1 << 25) + 3, (1 << 26) + 5];
    for [batch, d_in, d_out] in [[32, 768, 10], [1, 4096, 11008], own, large] {
        let (m, n, k) = learner.call(layer_as_gemm, (batch, d_in, d_out))?;
        let why = match () {
            () if m != batch => "m of the layer is the number of rows of Z. What is in a row of Z?",
            () if n != d_out => {
                "n of the layer is the number of columns of Z. What is in a column?"
            }
            () if k != d_in => "k of the layer is the size along which each sum runs. Which is it?",
            () => continue,
        };
        let inputs = format!("batch = {batch}, d_in = {d_in}, d_out = {d_out}: got {m}, {n}, {k}");
        return Err(Miss::failed(why).of(&[&why[..14]]).revealing(inputs));
    }
    Ok(())
}
