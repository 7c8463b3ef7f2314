//! Reads the contract of each lesson of a course when its grader is built: the public functions and
//! types of the solution, which stub, solution and submissions share.
//!
//! From the contract come the typed names that checks call ([`Surface::typed`]), the conversions of the
//! lesson's own types ([`Surface::impls`]), the text that turns a crate into a worker
//! ([`Contract::worker`]), and what a missing or changed function is compared with ([`Item`]).

mod adapter;
mod conversion;
pub mod course;
mod glue;
mod item;
mod precision;
mod scope;
mod surface;
mod typed;
mod types;

pub use item::{Item, items};
pub use surface::{ContractError, Surface};

/// How every name begins that a worker's text adds to a crate.
pub const NAMES: &str = "gradlings_";

/// The name of a function, without the precision that one of its instances has: `gelu` of `gelu::<f32>`.
#[must_use]
pub fn in_any_precision(name: &str) -> &str {
    name.split_once("::").map_or(name, |(name, _)| name)
}

/// The contract of a lesson, as generated code states it.
#[derive(Debug, Clone, Copy)]
pub struct Contract {
    /// The public items of the solution.
    pub items: &'static [Item],
    /// The conversions of the lesson's own types.
    pub impls: &'static str,
    /// What a library for later lessons holds besides: the instances of its generic functions, which their
    /// workers then share.
    pub instances: &'static str,
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
        impls: "",
        instances: "",
        glue: "",
        adapter: "",
        crates: &[],
        lessons: &[],
    };

    /// The text that makes a crate a worker, after its last line: a function `gradlings_main`. A
    /// solution has `variants`, each a name and a path.
    ///
    /// Every name that the text adds to the crate, and the name by which it finds the wire, begins with
    /// [`NAMES`]: whoever compiles it can put names in their place that no crate has.
    #[must_use]
    pub fn worker(&self, variants: &[(&str, &str)]) -> String {
        let functions = self.functions("crate");
        let variant =
            |(name, path): &(&str, &str)| format!(".variant({name:?}, {})", self.functions(path));
        let variants: String = variants.iter().map(variant).collect();
        format!(
            "{}{} pub fn gradlings_main() {{ ::gradlings_wire::serve(&{functions}{variants}, ::core::file!()); }}",
            self.exports(),
            self.impls
        )
    }

    /// Each item once more, for others: what is not `pub` does not compile, as it does not in a test or in
    /// a later lesson.
    fn exports(&self) -> String {
        let export = |(at, item): (usize, &Item)| {
            format!("pub use crate::{} as gradlings_item_{at};\n", item.name)
        };
        self.items.iter().enumerate().map(export).collect()
    }

    /// An expression: the functions of the crate or variant at `path`.
    fn functions(&self, path: &str) -> String {
        let adapter = match self.adapter {
            "" => String::new(),
            text => format!("mod adapter {{ {text} use {path} as learner; }}"),
        };
        format!("{{ {adapter} use {path} as learner; {} }}", self.glue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract(solution: &str, adapter: Option<&str>) -> Contract {
        let surface = Surface::read(solution, adapter).unwrap();
        Contract {
            impls: surface.impls().leak(),
            glue: surface.glue(|_| true).leak(),
            adapter: surface.adapter_module().leak(),
            ..Contract::EMPTY
        }
    }

    /// Without the spaces and lines that differ only in how text was put together.
    fn dense(text: &str) -> String {
        text.split_whitespace().collect()
    }

    #[test]
    fn a_worker_serves_the_functions_of_the_crate() {
        let worker = contract("pub fn f(x: &mut [f64]) -> u8 { 1 }", None).worker(&[]);
        let expected = "const _: () = {};
            pub fn gradlings_main() {
                ::gradlings_wire::serve(&{
                use crate as learner;
                ::gradlings_wire::Functions::new().on(\"f\", |gradlings_value|
                    ::gradlings_wire::call(gradlings_value,
                        |(mut gradlings_0,): (::gradlings_wire::std::vec::Vec<::core::primitive::f64>,)|
                        -> (::core::primitive::u8, ::gradlings_wire::std::vec::Vec<::core::primitive::f64>,) {
                            let gradlings_result = learner::f(&mut gradlings_0);
                            (gradlings_result, gradlings_0,)
                        }))}, ::core::file!());
            }";
        assert_eq!(dense(&worker), dense(expected));
    }

    #[test]
    fn a_worker_hands_on_every_item_of_the_contract() {
        let file = syn::parse_file("pub fn r#gen() {} pub struct S;").unwrap();
        let items = items(&file, "pub fn r#gen() {} pub struct S;").leak();
        let worker = Contract { items, ..Contract::EMPTY }.worker(&[]);
        for expected in
            ["pub use crate::r#gen as gradlings_item_0;", "pub use crate::S as gradlings_item_1;"]
        {
            assert!(worker.contains(expected), "{worker}");
        }
    }

    #[test]
    fn a_worker_serves_each_variant_by_its_name() {
        let contract = contract("", Some("//! Documented.\npub fn g() {}"));
        let worker = contract.worker(&[("half", "crate::wrong::half")]);
        let file = syn::parse_file(&worker).unwrap();
        assert_eq!(file.items.len(), 2);
        for expected in [
            ".variant(\"half\", { mod adapter { //! Documented.",
            "use crate::wrong::half as learner; }",
        ] {
            assert!(worker.contains(expected), "{worker}");
        }
    }
}
