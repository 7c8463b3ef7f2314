//! Lesson 1.4, solved: a layer is many neurons.

use ndarray::{Array1, Array2, linalg::general_mat_mul};

/// Z (B, d_out) of a layer, element by element, with three nested loops: inputs `x` (B, d_in), weights
/// `w` (d_out, d_in), bias `b` (d_out).
pub fn layer_elementwise(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
    let (samples, neurons, inputs) = (x.nrows(), w.nrows(), x.ncols());
    let mut z = Array2::zeros((samples, neurons));
    for i in 0..samples {
        for j in 0..neurons {
            let mut sum = b[j];
            for k in 0..inputs {
                sum += x[[i, k]] * w[[j, k]];
            }
            z[[i, j]] = sum;
        }
    }
    z
}

/// Z (B, d_out) of a layer, one dot product for each element: inputs `x` (B, d_in), weights `w`
/// (d_out, d_in), bias `b` (d_out).
pub fn layer_einsum(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
    let shape = (x.nrows(), w.nrows());
    Array2::from_shape_fn(shape, |(i, j)| x.row(i).dot(&w.row(j)) + b[j])
}

/// Z (B, d_out) of a layer, by one GEMM that adds the bias as well, without a loop: inputs `x`
/// (B, d_in), weights `w` (d_out, d_in), bias `b` (d_out).
pub fn layer_gemm(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
    // Z starts with the bias: β = 1 then adds the product in the same pass.
    let mut z = Array2::zeros((x.nrows(), w.nrows())) + b;
    general_mat_mul(1.0, x, &w.t(), 1.0, &mut z);
    z
}

/// The weights (d_in) and the bias of neuron `j` of a layer with weights `w` (d_out, d_in) and bias
/// `b` (d_out). The first neuron is neuron 0.
pub fn neuron_of(w: &Array2<f64>, b: &Array1<f64>, j: usize) -> (Array1<f64>, f64) {
    (w.row(j).to_owned(), b[j])
}

/// What an index of the layer's formula counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// i, from 0 to B − 1.
    Sample,
    /// j, from 0 to d_out − 1.
    Neuron,
    /// k, from 0 to d_in − 1.
    Input,
}

/// What some elements of Z come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// One neuron, which is given one sample.
    OneNeuronOnOneSample,
    /// One neuron, which is given all samples.
    OneNeuronOnAllSamples,
    /// All neurons, which are given one sample.
    AllNeuronsOnOneSample,
    /// All neurons, which are given all samples.
    AllNeuronsOnAllSamples,
}

/// Question: over which index does each element of Z sum?
pub fn summed_index() -> Index {
    Index::Input
}

/// Question: what does one row of Z come from?
pub fn row_of_z() -> Part {
    Part::AllNeuronsOnOneSample
}

/// Question: what does one column of Z come from?
pub fn column_of_z() -> Part {
    Part::OneNeuronOnAllSamples
}

/// Question: how many neurons has a layer whose W has so many `rows` and `columns`, and how many
/// parameters (numbers that training changes) does it have in all?
pub fn layer_size(rows: usize, columns: usize) -> (usize, usize) {
    // Each neuron has one weight for each input, and one bias.
    (rows, rows * (columns + 1))
}
