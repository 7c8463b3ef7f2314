//! What a lesson's solution and its adapter declare: the types that cross, and the functions that can
//! be called.

use std::collections::BTreeMap;

use syn::{Fields, Item as Syntax, Visibility};

use crate::{
    Item, items,
    scope::{Declared, Scope, Why},
    types::{Owner, Parameter, Type},
};

/// Why there is no contract.
#[derive(Debug, thiserror::Error)]
#[error("failed to read {file}, line {line}: {message}")]
pub struct ContractError {
    file: &'static str,
    line: usize,
    message: String,
}

/// The types and functions of a lesson, as generated code needs them.
#[derive(Debug)]
pub struct Surface {
    pub(crate) types: Vec<Declaration>,
    pub(crate) functions: Vec<Function>,
    /// The public items of the solution.
    pub items: Vec<Item>,
    /// The text of the adapter; empty where there is none.
    pub adapter: String,
    uncrossable: Vec<(String, Why)>,
}

/// A struct or an enum that crosses.
#[derive(Debug, Clone)]
pub(crate) struct Declaration {
    pub owner: Owner,
    pub name: String,
    pub shape: Shape,
}

/// What a type is made of.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Struct(Parts),
    Enum(Vec<(String, Parts)>),
}

/// The fields of a struct or a variant.
#[derive(Debug, Clone)]
pub(crate) enum Parts {
    Unit,
    Tuple(Vec<Type>),
    Named(Vec<(String, Type)>),
}

/// A function that can be called.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub owner: Owner,
    pub name: String,
    pub parameters: Vec<Parameter>,
    pub output: Type,
}

/// A file, and whose it is.
struct Source {
    owner: Owner,
    file: syn::File,
}

impl Surface {
    /// Reads the solution's `lib.rs`, and the adapter where there is one.
    ///
    /// # Errors
    /// When a file does not parse.
    pub fn read(solution: &str, adapter: Option<&str>) -> Result<Self, ContractError> {
        let mut sources = vec![parsed(Owner::Lesson, "src/lib.rs", solution)?];
        if let Some(adapter) = adapter {
            sources.push(parsed(Owner::Adapter, "adapter.rs", adapter)?);
        }
        let (declared, types) = declarations(&sources);
        let mut surface = Self {
            types,
            functions: Vec::new(),
            items: items(&sources[0].file, solution),
            adapter: adapter.unwrap_or_default().to_owned(),
            uncrossable: Vec::new(),
        };
        // The adapter's functions last: one of the same name replaces the solution's.
        for source in &sources {
            surface.add_functions(source, &declared);
        }
        Ok(surface)
    }

    /// Public functions that cannot be called, and why; an adapter can offer others in their place.
    #[must_use]
    pub fn uncrossable(&self) -> &[(String, String)] {
        &self.uncrossable
    }

    /// The names of the functions that can be called.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(|function| function.name.as_str())
    }

    fn add_functions(&mut self, source: &Source, declared: &Declared) {
        let scope = Scope::new(source.owner, &source.file, declared);
        for item in &source.file.items {
            let Syntax::Fn(item) = item else { continue };
            if !matches!(item.vis, Visibility::Public(_)) {
                continue;
            }
            let name = item.sig.ident.to_string();
            self.functions.retain(|function| function.name != name);
            self.uncrossable.retain(|(other, _)| *other != name);
            match function(source.owner, &scope, &item.sig) {
                Ok(function) => self.functions.push(function),
                Err(why) => self.uncrossable.push((name, why)),
            }
        }
    }
}

fn parsed(owner: Owner, name: &'static str, text: &str) -> Result<Source, ContractError> {
    let file = syn::parse_file(text).map_err(|error| ContractError {
        file: name,
        line: error.span().start().line,
        message: error.to_string(),
    })?;
    Ok(Source { owner, file })
}

fn function(owner: Owner, scope: &Scope, signature: &syn::Signature) -> Result<Function, Why> {
    let scope = scope.of_signature(signature)?;
    let parameters = signature.inputs.iter().map(|input| match input {
        syn::FnArg::Typed(typed) => scope.parameter(&typed.ty),
        syn::FnArg::Receiver(_) => Err("it is a method".to_owned()),
    });
    let parameters = parameters.collect::<Result<Vec<_>, _>>()?;
    let output = scope.output(&signature.output)?;
    Ok(Function { owner, name: signature.ident.to_string(), parameters, output })
}

/// The public structs and enums that cross. One crosses when all that it is made of does: those that
/// do not are taken out until nothing changes.
fn declarations(sources: &[Source]) -> (Declared, Vec<Declaration>) {
    let mut declared = Declared::default();
    for source in sources {
        for (name, _) in public_types(source) {
            declared.crossing.insert((source.owner, name));
        }
    }
    loop {
        let (found, refused) = crossing(sources, &declared);
        if refused.is_empty() {
            return (declared, found);
        }
        for (key, why) in refused {
            declared.crossing.remove(&key);
            declared.refused.insert(key, why);
        }
    }
}

type Refused = BTreeMap<(Owner, String), Why>;

fn crossing(sources: &[Source], declared: &Declared) -> (Vec<Declaration>, Refused) {
    let (mut found, mut refused) = (Vec::new(), Refused::new());
    for source in sources {
        let scope = Scope::new(source.owner, &source.file, declared);
        for (name, item) in public_types(source) {
            let key = (source.owner, name);
            if !declared.crossing.contains(&key) {
                continue;
            }
            match shape(&scope, item) {
                Ok(shape) => found.push(Declaration { owner: key.0, name: key.1, shape }),
                Err(why) => drop(refused.insert(key, why)),
            }
        }
    }
    (found, refused)
}

fn public_types(source: &Source) -> impl Iterator<Item = (String, &Syntax)> {
    source.file.items.iter().filter_map(|item| match item {
        Syntax::Struct(it) if matches!(it.vis, Visibility::Public(_)) => {
            Some((it.ident.to_string(), item))
        }
        Syntax::Enum(it) if matches!(it.vis, Visibility::Public(_)) => {
            Some((it.ident.to_string(), item))
        }
        _ => None,
    })
}

fn shape(scope: &Scope, item: &Syntax) -> Result<Shape, Why> {
    let generic = |generics: &syn::Generics| match generics.params.is_empty() {
        true => Ok(()),
        false => Err("it is generic".to_owned()),
    };
    match item {
        Syntax::Struct(it) => {
            generic(&it.generics)?;
            Ok(Shape::Struct(parts(scope, &it.fields, true)?))
        }
        Syntax::Enum(it) => {
            generic(&it.generics)?;
            let variants = it.variants.iter().map(|variant| {
                Ok((variant.ident.to_string(), parts(scope, &variant.fields, false)?))
            });
            Ok(Shape::Enum(variants.collect::<Result<_, Why>>()?))
        }
        _ => Err("it is neither a struct nor an enum".to_owned()),
    }
}

/// The fields, which have to be public where they are a struct's.
fn parts(scope: &Scope, fields: &Fields, of_struct: bool) -> Result<Parts, Why> {
    let mut types = Vec::new();
    for field in fields {
        if of_struct && !matches!(field.vis, Visibility::Public(_)) {
            return Err("a field is private".to_owned());
        }
        let name = field.ident.as_ref().map(ToString::to_string);
        types.push((name.unwrap_or_default(), scope.data(&field.ty)?));
    }
    Ok(match fields {
        Fields::Unit => Parts::Unit,
        Fields::Unnamed(_) => Parts::Tuple(types.into_iter().map(|(_, found)| found).collect()),
        Fields::Named(_) => Parts::Named(types),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why_not(solution: &str) -> String {
        let surface = Surface::read(solution, None).unwrap();
        assert_eq!(surface.functions().count(), 0, "{solution}");
        surface.uncrossable()[0].1.clone()
    }

    #[test]
    fn what_does_not_cross_says_why() {
        for (solution, why) in [
            ("pub fn f<F: num::Float>(x: F) -> F { x }", "it is generic over `F`"),
            ("pub fn f(layer: &dyn Layer) {}", "a value that is `Layer` does not cross"),
            ("pub struct C { z: f64 } pub fn f(c: &C) {}", "a field is private"),
            ("pub struct G<T> { pub z: T } pub fn f(c: G<f64>) {}", "it is generic"),
            ("pub fn f(x: ndarray::Array<f64, ndarray::Ix5>) {}", "more than 4 axes"),
            ("pub fn f(x: &other::Thing) {}", "does not cross"),
        ] {
            assert!(why_not(solution).contains(why), "{solution}: {}", why_not(solution));
        }
    }

    #[test]
    fn a_type_crosses_only_when_all_that_it_is_made_of_does() {
        let solution = "pub struct A { pub b: B } pub struct B { c: f64 } pub struct D { pub e: f64 }";
        let surface = Surface::read(solution, None).unwrap();
        let names: Vec<_> = surface.types.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["D"]);
    }

    #[test]
    fn an_adapter_replaces_functions_of_the_same_name() {
        let solution = "pub fn f<T>(x: T) {} pub fn g() -> usize { 1 }";
        let adapter = "pub fn f(x: f64) { learner::f(x) } pub fn g() -> f64 { 1.0 }";
        let surface = Surface::read(solution, Some(adapter)).unwrap();
        assert_eq!(surface.functions().collect::<Vec<_>>(), ["f", "g"]);
        assert!(surface.functions.iter().all(|it| it.owner == Owner::Adapter));
        assert!(surface.uncrossable().is_empty());
    }

    #[test]
    fn private_functions_are_no_part_of_the_contract() {
        let surface = Surface::read("fn f() {} pub(crate) fn g() {}", None).unwrap();
        assert_eq!(surface.functions().count() + surface.uncrossable().len(), 0);
    }

    #[test]
    fn a_file_that_does_not_parse_names_its_line() {
        let error = Surface::read("fn f() {}\npub fn (", None).unwrap_err().to_string();
        assert!(error.starts_with("failed to read src/lib.rs, line 2"), "{error}");
    }
}
