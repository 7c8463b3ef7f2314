//! The formulas of lesson 1.1.

fn neuron_loop(x: [f64; d], w: [f64; d], b: f64) {
    let z = w.dot(x) + b;
}

fn neuron(x: [f64; d], w: [f64; d], b: f64) {
    let z = w.dot(x) + b;
}

fn neurons(X: [f64; (B, d)], w: [f64; d], b: f64) {
    let Z = X.dot(w) + b;
}

fn local_derivatives(x: [f64; d], w: [f64; d], b: f64) {
    /// ∂z/∂x
    let dx = w;
    /// ∂z/∂w
    let dw = x;
    /// ∂z/∂b
    let db = 1;
}

fn cost(n: Whole<0, 100>) {
    /// the number of multiplications
    let multiplications = n;
    /// the number of additions
    let additions = n;
}
