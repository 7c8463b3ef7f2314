//! Correct variants of lesson 2.2. Each module replaces functions of the solution; its documentation
//! names the style. The files in `correct` are whole crates.

/// tanh from that of half the angle, a fused multiply-add, and 1 − a² as a product.
pub mod half_angle {
    pub use ex_2_2::*;

    /// tanh(z) = 2t/(1 + t²) with t = tanh(z/2).
    fn tanh(z: f64) -> f64 {
        let t = (0.5 * z).tanh();
        2.0 * t / t.mul_add(t, 1.0)
    }

    /// With that tanh.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let z = w.mul_add(x, b);
        let a = tanh(z);
        let residual = y - a;
        Forward { z, a, loss: residual * residual * 0.5 }
    }

    /// 1 − a² as (1 − a)(1 + a).
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let a = forward(x, w, b, y).a;
        let da = a - y;
        let db = (1.0 - a) * (1.0 + a) * da;
        Gradients { da, dz: db, dw: db * x, db }
    }
}

/// The derivative of tanh as 1/cosh², and the square of the loss multiplied out.
pub mod hyperbolic {
    pub use ex_2_2::*;

    /// The square multiplied out.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let z = b + w * x;
        let a = z.tanh();
        let loss = (a * a - 2.0 * a * y + y * y) / 2.0;
        Forward { z, a, loss }
    }

    /// Without the forward pass: from z alone.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let z = b + w * x;
        let sech = z.cosh().recip();
        let da = z.tanh() - y;
        let dz = da * sech * sech;
        Gradients { da, dz, dw: dz * x, db: dz }
    }
}

/// One accumulator for each gradient, which starts at zero and is updated in place.
pub mod in_place {
    pub use ex_2_2::*;

    /// Updates the fields of what it returns.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let mut forward = Forward { z: b, a: 0.0, loss: 0.0 };
        forward.z += w * x;
        forward.a += forward.z.tanh();
        forward.loss += forward.a - y;
        forward.loss *= forward.loss;
        forward.loss /= 2.0;
        forward
    }

    /// Adds to gradients of zero.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let Forward { a, .. } = forward(x, w, b, y);
        let mut gradients = Gradients { da: 0.0, dz: 0.0, dw: 0.0, db: 0.0 };
        gradients.da += a;
        gradients.da -= y;
        gradients.dz += gradients.da;
        gradients.dz -= gradients.da * a * a;
        gradients.dw += gradients.dz * x;
        gradients.db += gradients.dz;
        gradients
    }
}

/// The chain rule as the running product of a list of local derivatives.
pub mod running_product {
    pub use ex_2_2::*;

    /// Sums a list.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let z: f64 = [w * x, b].iter().sum();
        let a = z.tanh();
        Forward { z, a, loss: 0.5 * (a - y).abs().powf(2.0) }
    }

    /// Scans the local derivatives.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let a = forward(x, w, b, y).a;
        let local = [a - y, 1.0 - a.powi(2), x];
        let mut upstream = local.iter().scan(1.0, |product, factor| {
            *product *= factor;
            Some(*product)
        });
        let [da, dz, dw] = std::array::from_fn(|_| upstream.next().unwrap_or_default());
        Gradients { da, dz, dw, db: dz }
    }
}

/// tanh and its derivative by way of the sigmoid: 2σ(2z) − 1, and 4σ(1 − σ).
pub mod sigmoid {
    pub use ex_2_2::*;

    fn sigmoid(z: f64) -> f64 {
        1.0 / (1.0 + (-z).exp())
    }

    /// tanh(z) = 2σ(2z) − 1.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let z = x * w + b;
        let a = 2.0 * sigmoid(2.0 * z) - 1.0;
        let loss = (a - y) * (a - y) / 2.0;
        Forward { z, a, loss }
    }

    /// ∂a/∂z = 4σ(1 − σ).
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let Forward { z, a, .. } = forward(x, w, b, y);
        let s = sigmoid(2.0 * z);
        let da = a - y;
        let dz = da * 4.0 * s * (1.0 - s);
        Gradients { da, dz, dw: x * dz, db: dz }
    }
}

/// tanh by `exp_m1` of the negative magnitude, which never overflows, and its derivative from there.
pub mod by_exp_m1 {
    pub use ex_2_2::*;

    /// tanh(z) = −m/(2 + m) with m = e^(−2|z|) − 1, and its derivative 4(m + 1)/(2 + m)².
    fn tanh(z: f64) -> (f64, f64) {
        let m = (-2.0 * z.abs()).exp_m1();
        ((-m / (2.0 + m)).copysign(z), 4.0 * (m + 1.0) / (2.0 + m).powi(2))
    }

    /// With that tanh.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let z = w * x + b;
        let (a, _) = tanh(z);
        Forward { z, a, loss: (y - a).powi(2) / 2.0 }
    }

    /// With that derivative.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let (a, slope) = tanh(w * x + b);
        let (da, dz) = (a - y, (a - y) * slope);
        Gradients { da, dz, dw: dz * x, db: dz }
    }
}

/// A tape: each step forward leaves a closure that takes its gradient back.
pub mod tape {
    pub use ex_2_2::*;

    type Back = Box<dyn Fn(f64) -> f64>;

    /// The value of each step, and the way back through it.
    fn record(x: f64, w: f64, b: f64, y: f64) -> ([f64; 3], [Back; 2]) {
        let z = w * x + b;
        let a = z.tanh();
        let residual = a - y;
        let of_loss: Back = Box::new(move |upstream| upstream * residual);
        let of_tanh: Back = Box::new(move |upstream| upstream - upstream * a * a);
        ([z, a, residual * residual * 0.5], [of_tanh, of_loss])
    }

    /// The values of the tape.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let ([z, a, loss], _) = record(x, w, b, y);
        Forward { z, a, loss }
    }

    /// Plays the tape backwards.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let (_, mut steps) = record(x, w, b, y);
        steps.reverse();
        let [da, dz] = steps
            .iter()
            .scan(1.0, |upstream, step| {
                *upstream = step(*upstream);
                Some(*upstream)
            })
            .collect::<Vec<_>>()
            .try_into()
            .unwrap_or_default();
        Gradients { da, dz, dw: dz * x, db: dz }
    }
}
