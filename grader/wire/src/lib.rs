//! What crosses the process boundary between the grader and a worker.
//!
//! Types that are [`Wire`] become [`Value`]s, which travel in length-prefixed [`frame`]s. In the
//! worker, [`serve`] answers the calls with [`Functions`]. A [`Callback`] is a function among the
//! arguments: it stays in the grader, and the worker asks for its results.
//!
//! This crate is linked into every worker, beside learner code: no expected value belongs here.

mod array;
mod bytes;
mod callback;
mod element;
pub mod frame;
mod functions;
mod guard;
mod line;
mod list;
mod mismatch;
mod raw_array;
mod record;
mod scalar;
mod sources;
mod tuple;
mod value;
mod variant;
mod wire;
mod worker;

/// For generated text, whose crate may have another meaning for these names.
#[doc(hidden)]
pub use ::{ndarray, std};
pub use callback::{Callback, Callbacks, Evaluate, offering};
pub use element::Element;
pub use functions::{Functions, call, of_variant};
pub use guard::{MAX_DEPTH, MAX_VALUES};
pub use mismatch::Mismatch;
pub use raw_array::{MAX_AXES, RawArray};
pub use record::{Fields, field, into_record, record};
pub use sources::SOURCES;
pub use value::Value;
pub use variant::{into_variant, variant};
pub use wire::Wire;
pub use worker::serve;

/// The GEMM that ndarray calls in this build.
pub const GEMM_BACKEND: &str = if cfg!(feature = "openblas") { "openblas" } else { "ndarray" };
