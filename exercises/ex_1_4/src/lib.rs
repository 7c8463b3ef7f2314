//! Lesson 1.4: a layer is many neurons. The brief is in this folder's `README.md`.

use ndarray::{Array1, Array2};

/// Z (B, d_out) of a layer, element by element, with three nested loops: inputs `x` (B, d_in), weights
/// `w` (d_out, d_in), bias `b` (d_out).
#[allow(unused_variables)]
pub fn layer_elementwise(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
    todo!(
        "make room for Z, then let a loop over i and one over j pick an element and a third fill it"
    )
}

/// Z (B, d_out) of a layer, one dot product for each element: inputs `x` (B, d_in), weights `w`
/// (d_out, d_in), bias `b` (d_out).
#[allow(unused_variables)]
pub fn layer_einsum(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
    todo!("let a dot product of two rows do what the innermost loop did")
}

/// Z (B, d_out) of a layer, by one GEMM that adds the bias as well, without a loop: inputs `x`
/// (B, d_in), weights `w` (d_out, d_in), bias `b` (d_out).
#[allow(unused_variables)]
pub fn layer_gemm(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
    todo!("find the product of two matrices, and what C has to hold before β·C is added to it")
}

/// The weights (d_in) and the bias of neuron `j` of a layer with weights `w` (d_out, d_in) and bias
/// `b` (d_out). The first neuron is neuron 0.
#[allow(unused_variables)]
pub fn neuron_of(w: &Array2<f64>, b: &Array1<f64>, j: usize) -> (Array1<f64>, f64) {
    todo!("take the numbers out of the layer that one of its neurons has for itself")
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
    todo!("answer with a variant of Index: z_ij has two of the three")
}

/// Question: what does one row of Z come from?
pub fn row_of_z() -> Part {
    todo!("answer with a variant of Part: along a row i is fixed")
}

/// Question: what does one column of Z come from?
pub fn column_of_z() -> Part {
    todo!("answer with a variant of Part: along a column j is fixed")
}

/// Question: how many neurons has a layer whose W has so many `rows` and `columns`, and how many
/// parameters (numbers that training changes) does it have in all?
#[allow(unused_variables)]
pub fn layer_size(rows: usize, columns: usize) -> (usize, usize) {
    todo!("answer with (neurons, parameters): count those of one neuron first")
}
