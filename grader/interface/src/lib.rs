//! What crosses the process boundary between the grader and a worker.
//!
//! A lesson's interface is the one contract between stub, solution, mistakes and checks: the
//! functions a lesson exposes, with their types, and the adapter that exposes one crate's functions
//! as them. Each lesson has a module here that holds both. The rest carries calls across:
//! [`Value`]s in length-prefixed [`frame`]s, answered by the worker's main loop, [`serve`].
//!
//! This crate is linked into every worker, beside learner code: no expected value belongs here.

// A build in which any member turns on ndarray's `blas` must link the library into every binary.
#[cfg(feature = "openblas")]
use openblas_src as _;

pub mod frame;
mod function;
mod lessons;
mod value;
mod worker;

pub use function::{Adapter, Function};
pub use lessons::*;
pub use value::{Mismatch, Value, Wire, field};
pub use worker::serve;

/// The GEMM that ndarray calls in this build.
pub const GEMM_BACKEND: &str = if cfg!(feature = "openblas") { "openblas" } else { "ndarray" };
