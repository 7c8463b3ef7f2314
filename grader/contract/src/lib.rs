//! Reads the contract of each lesson of a course when its grader is built: the public functions and
//! types of the solution, which stub, solution and submissions share.
//!
//! From the contract come the typed names that checks call ([`Surface::typed`]), the conversions of the
//! lesson's own types ([`Surface::impls`]), the text that turns a learner's crate into a worker
//! ([`Contract::learner_worker`]), and what a missing or changed function is compared with ([`Item`]).

mod conversion;
pub mod course;
mod glue;
mod item;
mod scope;
mod surface;
mod typed;
mod types;

pub use item::{Item, items};
pub use surface::{ContractError, Surface};

/// The contract of a lesson, as generated code states it.
#[derive(Debug, Clone, Copy)]
pub struct Contract {
    /// The public items of the solution.
    pub items: &'static [Item],
    /// The functions that checks can call.
    pub functions: &'static [&'static str],
    /// The conversions of the lesson's own types.
    pub impls: &'static str,
    /// The functions of a worker, in which `learner` names the crate or variant.
    pub glue: &'static str,
    /// The contents of the module `adapter`; empty where there is none.
    pub adapter: &'static str,
    /// The crates beside std and ndarray that a submission may use.
    pub crates: &'static [&'static str],
    /// The earlier lessons that it builds on.
    pub lessons: &'static [&'static str],
}

impl Contract {
    /// The contract of a lesson that was not read.
    pub const EMPTY: Self = Self {
        items: &[],
        functions: &[],
        impls: "",
        glue: "",
        adapter: "",
        crates: &[],
        lessons: &[],
    };

    /// The text that makes a learner's crate a worker, after its last line.
    #[must_use]
    pub fn learner_worker(&self) -> String {
        format!("{} fn main() {{ {} }}", self.impls, self.serve("crate"))
    }

    /// The text that makes a solution's crate the worker of its variants, each a name and a path. The
    /// second argument of the process names one.
    #[must_use]
    pub fn worker_of(&self, variants: &[(&str, &str)]) -> String {
        let arm = |(name, path): &(&str, &str)| format!("Some({name:?}) => {{ {} }}", self.serve(path));
        let arms: String = variants.iter().map(arm).collect();
        format!(
            "{} fn main() {{ match ::std::env::args().nth(2).as_deref() {{ {arms} _ => () }} }}",
            self.impls
        )
    }

    /// Statements that serve the functions of the crate or variant at `path`.
    fn serve(&self, path: &str) -> String {
        let adapter = match self.adapter {
            "" => String::new(),
            // The author's text first: its inner documentation has to come before everything else.
            text => format!(
                "mod adapter {{ {text}\n use ::gradlings_wire as wire; use {path} as learner; }}"
            ),
        };
        let glue = self.glue;
        format!("{adapter} use {path} as learner; ::gradlings_wire::serve(&{glue}, ::core::file!());")
    }
}
