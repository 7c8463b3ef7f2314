//! The formulas of lesson 6.3.

fn swiglu(
    X: [f64; (N, D)],
    /// W₁
    W1: [f64; (F, D)],
    /// W₂
    W2: [f64; (D, F)],
    /// W₃
    W3: [f64; (F, D)],
) {
    /// a in the cache
    let A = X.dot(W1.t());
    /// c in the cache
    let C = X.dot(W3.t());
    /// Y of SwiGLU
    let Y = (A * sigmoid(A) * C).dot(W2.t());
    /// the cache of SwiGLU
    let cache = A;
}

fn swiglu_backward(
    /// dL/dY
    dY: [f64; (N, D)],
    SwigluCache { X, A, C }: SwigluCache,
    W1: [f64; (F, D)],
    W2: [f64; (D, F)],
    W3: [f64; (F, D)],
) {
    /// dL/dh
    let dH = dY.dot(W2);
    /// dL/da
    let dA = dH * C * (sigmoid(A) * (1 + A * (1 - sigmoid(A))));
    /// dL/dc
    let dC = dH * (A * sigmoid(A));
    let dX = dA.dot(W1) + dC.dot(W3);
    let dW1 = dA.t().dot(X);
    let dW2 = dY.t().dot(A * sigmoid(A) * C);
    let dW3 = dC.t().dot(X);
}
