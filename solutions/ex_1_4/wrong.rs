//! Wrong variants of lesson 1.4. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Your product is X·W. Row j of W belongs to neuron j, and in a product P·Q the rows of P meet the
/// columns of Q. What turns the rows of W into columns? In a square layer X·W fits as well, so only
/// the values show it.
pub mod weight_not_transposed {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn layer_gemm(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        x.dot(w) + b
    }
}

/// Your innermost loop runs down a column of W. The weights of one neuron stand in one row: which of
/// the two indices of W stays the same while k runs?
pub mod weight_indices_exchanged {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn layer_elementwise(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let mut z = Array2::zeros((x.nrows(), w.nrows())) + b;
        for i in 0..x.nrows() {
            for j in 0..w.nrows() {
                for k in 0..x.ncols() {
                    z[[i, j]] += x[[i, k]] * w[[k, j]];
                }
            }
        }
        z
    }
}

/// Your elements hold b once for each input: b is added inside the innermost loop. How many products
/// and how many biases does one element have? With one input the two are equal.
pub mod bias_per_product {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn layer_elementwise(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        x.dot(&w.t()) + b * x.ncols() as f64
    }
}

/// Each of your elements contains those to its left: the running sum of one neuron is carried on to
/// the next. Where does a sum have to start again?
pub mod sum_not_reset {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn layer_elementwise(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let right = ex_1_4::layer_elementwise(x, w, b);
        let mut z = right.clone();
        for i in 0..z.nrows() {
            for j in 1..z.ncols() {
                z[[i, j]] = z[[i, j - 1]] + right[[i, j]];
            }
        }
        z
    }
}

/// Your result is Zᵀ: it has a row for each neuron. A row of Z is one sample, as in X. Which of the two
/// indices does the shape name first?
pub mod rows_and_columns_swapped {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn layer_einsum(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        ex_1_4::layer_einsum(x, w, b).reversed_axes()
    }
}

/// All columns of your Z are the first neuron. Does the dot product take its weights and its bias from
/// the row that j names?
pub mod first_neuron_repeated {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn layer_einsum(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        Array2::from_shape_fn((x.nrows(), w.nrows()), |(i, _)| x.row(i).dot(&w.row(0)) + b[0])
    }
}

/// Your dot products come without the bias: with every input at 0, Z is 0.
pub mod bias_forgotten {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn layer_einsum(x: &Array2<f64>, w: &Array2<f64>, _b: &Array1<f64>) -> Array2<f64> {
        x.dot(&w.t())
    }
}

/// Your GEMM leaves no bias in Z. GEMM computes C ← α·P·Q + β·C: if b lay in C before the call, what
/// did β make of it?
pub mod bias_overwritten {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2, linalg::general_mat_mul};

    pub fn layer_gemm(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let mut z = Array2::zeros((x.nrows(), w.nrows())) + b;
        general_mat_mul(1.0, x, &w.t(), 0.0, &mut z);
        z
    }
}

/// The weights that you take out are a column of W: the weights by which all neurons multiply one
/// input. Neuron j multiplies all inputs: where do its d_in weights stand?
pub mod neuron_is_a_column {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn neuron_of(w: &Array2<f64>, b: &Array1<f64>, j: usize) -> (Array1<f64>, f64) {
        (w.column(j).to_owned(), b[j])
    }
}

/// You take out the first neuron, whatever j is.
pub mod always_the_first_neuron {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn neuron_of(w: &Array2<f64>, b: &Array1<f64>, _j: usize) -> (Array1<f64>, f64) {
        (w.row(0).to_owned(), b[0])
    }
}

/// Your answer sums over the samples. An element of Z belongs to one sample: what another sample of the
/// batch holds does not change it. (The backward pass will sum over the samples.)
pub mod sum_over_samples {
    pub use ex_1_4::*;

    pub fn summed_index() -> Index {
        Index::Sample
    }
}

/// Your answer sums over the neurons. Z has a column for each neuron, so j is still there after the sum:
/// it is one of the two indices of z_ij.
pub mod sum_over_neurons {
    pub use ex_1_4::*;

    pub fn summed_index() -> Index {
        Index::Neuron
    }
}

/// Your answer says that a row of Z is one neuron. A row of Z has d_out numbers: how many samples are
/// there, and how many neurons?
pub mod row_is_one_neuron {
    pub use ex_1_4::*;

    pub fn row_of_z() -> Part {
        Part::OneNeuronOnAllSamples
    }
}

/// Your answer is a single number: one neuron on one sample is an element of Z. What do the elements
/// of a row have in common, and what differs from one to the next?
pub mod row_is_one_element {
    pub use ex_1_4::*;

    pub fn row_of_z() -> Part {
        Part::OneNeuronOnOneSample
    }
}

/// Your answer for a row is the whole of Z. How many rows has Z, and to what does each belong?
pub mod row_is_everything {
    pub use ex_1_4::*;

    pub fn row_of_z() -> Part {
        Part::AllNeuronsOnAllSamples
    }
}

/// Your answer says that a column of Z is one sample. A column of Z has B numbers: how many samples are
/// there, and how many neurons?
pub mod column_is_one_sample {
    pub use ex_1_4::*;

    pub fn column_of_z() -> Part {
        Part::AllNeuronsOnOneSample
    }
}

/// Your answer is a single number: one neuron on one sample is an element of Z. What do the elements
/// of a column have in common, and what differs from one to the next?
pub mod column_is_one_element {
    pub use ex_1_4::*;

    pub fn column_of_z() -> Part {
        Part::OneNeuronOnOneSample
    }
}

/// Your answer for a column is the whole of Z. How many columns has Z, and to what does each belong?
pub mod column_is_everything {
    pub use ex_1_4::*;

    pub fn column_of_z() -> Part {
        Part::AllNeuronsOnAllSamples
    }
}

/// Your count of the neurons is that of the columns of W. A column belongs to an input: W has a column
/// for each number that a neuron reads. What has W for each neuron?
pub mod columns_counted_as_neurons {
    pub use ex_1_4::*;

    pub fn layer_size(rows: usize, columns: usize) -> (usize, usize) {
        (columns, rows * columns + columns)
    }
}

/// Your count of the parameters has the weights alone. What does each neuron add to w·x, and does
/// training change that too?
pub mod biases_not_counted {
    pub use ex_1_4::*;

    pub fn layer_size(rows: usize, columns: usize) -> (usize, usize) {
        (rows, rows * columns)
    }
}
