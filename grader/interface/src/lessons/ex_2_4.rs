//! Finite differences.
//!
//! A function cannot cross the process boundary, so the interface names the ones that are
//! differentiated.

use ndarray::Array1;

crate::choice! {
    /// How a derivative is approximated.
    pub enum Scheme {
        /// From f(θ + ε) and f(θ).
        Forward,
        /// From f(θ + ε) and f(θ − ε).
        Central,
    }

    /// A function g of one variable u.
    pub enum Curve {
        /// u².
        Square,
        /// u³.
        Cube,
        /// eᵘ.
        Exp,
        /// sin u.
        Sin,
        /// tanh u.
        Tanh,
        /// |u|.
        Magnitude,
        /// max(0, u).
        Relu,
        /// max(0.01·u, u).
        LeakyRelu,
        /// min(u, 2u).
        Bend,
        /// ½(tanh u − target)².
        SquaredError,
    }

    /// A function of several variables.
    pub enum Surface {
        /// Σ i·θᵢ², i from 1.
        Bowl,
        /// Σ sin(θᵢ)·θᵢ₊₁, with the first variable after the last.
        Ring,
        /// (Σ θᵢ)³.
        CubedSum,
    }
}

crate::record! {
    /// f(θ) = g(slope·θ + shift).
    pub struct Line {
        /// g.
        pub curve: Curve,
        /// The factor of θ.
        pub slope: f64,
        /// What is added.
        pub shift: f64,
        /// The target of a squared error; unused elsewhere.
        pub target: f64,
    }

    /// A gradient and its cost.
    pub struct Gradient {
        /// The gradient, of the shape of θ.
        pub value: Array1<f64>,
        /// How often f was called.
        pub calls: usize,
    }
}

crate::functions! {
    /// The forward difference of a line at (θ, ε).
    forward_difference(Line, f64, f64) -> f64;
    /// The central difference of a line at (θ, ε).
    central_difference(Line, f64, f64) -> f64;
    /// The gradient of a surface at (θ, ε).
    gradient(Surface, Array1<f64>, f64) -> Gradient;
    /// The relative error of (analytic, numeric).
    relative_error(f64, f64) -> f64;
    /// The forward passes of a scheme for so many parameters.
    forward_passes(Scheme, usize) -> usize;
    /// The best step of a scheme.
    best_epsilon(Scheme) -> f64;
    /// Whether a line has a kink at θ, seen with the step ε.
    has_kink(Line, f64, f64) -> bool;
}

impl Line {
    /// f(θ).
    pub fn at(&self, theta: f64) -> f64 {
        let u = self.slope * theta + self.shift;
        match self.curve {
            Curve::Square => u * u,
            Curve::Cube => u * u * u,
            Curve::Exp => u.exp(),
            Curve::Sin => u.sin(),
            Curve::Tanh => u.tanh(),
            Curve::Magnitude => u.abs(),
            Curve::Relu => u.max(0.0),
            Curve::LeakyRelu => u.max(0.01 * u),
            Curve::Bend => u.min(2.0 * u),
            Curve::SquaredError => 0.5 * (u.tanh() - self.target).powi(2),
        }
    }
}

impl Surface {
    /// f(θ).
    pub fn at(self, theta: &Array1<f64>) -> f64 {
        let next = theta.iter().cycle().skip(1);
        match self {
            Self::Bowl => (1..).zip(theta).map(|(i, t)| f64::from(i) * t * t).sum(),
            Self::Ring => theta.iter().zip(next).map(|(t, next)| t.sin() * next).sum(),
            Self::CubedSum => theta.sum().powi(3),
        }
    }
}

/// The adapter of this lesson for the crate or module at `$learner`.
#[macro_export]
macro_rules! ex_2_4 {
    ($learner:path) => {{
        use $crate::ex_2_4 as lesson;
        use $learner as learner;
        fn of(scheme: lesson::Scheme) -> learner::Scheme {
            match scheme {
                lesson::Scheme::Forward => learner::Scheme::Forward,
                lesson::Scheme::Central => learner::Scheme::Central,
            }
        }
        $crate::Adapter::new()
            .on(lesson::forward_difference, |(f, theta, epsilon)| {
                learner::forward_difference(&|t| f.at(t), theta, epsilon)
            })
            .on(lesson::central_difference, |(f, theta, epsilon)| {
                learner::central_difference(&|t| f.at(t), theta, epsilon)
            })
            .on(lesson::gradient, |(f, theta, epsilon)| {
                let calls = ::std::cell::Cell::new(0);
                let counted = |point: &_| {
                    calls.set(calls.get() + 1);
                    f.at(point)
                };
                let value = learner::gradient(&counted, &theta, epsilon);
                lesson::Gradient { value, calls: calls.get() }
            })
            .on(lesson::relative_error, |(analytic, numeric)| {
                learner::relative_error(analytic, numeric)
            })
            .on(lesson::forward_passes, |(scheme, parameters)| {
                learner::forward_passes(of(scheme), parameters)
            })
            .on(lesson::best_epsilon, |(scheme,)| learner::best_epsilon(of(scheme)))
            .on(lesson::has_kink, |(f, theta, epsilon)| {
                learner::has_kink(&|t| f.at(t), theta, epsilon)
            })
    }};
}
