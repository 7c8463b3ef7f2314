//! What a lesson's solution and its adapter declare: the types that cross, and the functions that can
//! be called.

use std::collections::BTreeMap;

use syn::{Field, Fields, Item as Syntax, Safety, Visibility};

use crate::{
    Item,
    adapter::{self, with_paths_of_macros},
    in_any_precision, items,
    precision::{Instances, generic_types, instances},
    scope::{Declared, MAX_TUPLE, Scope, Why},
    types::{Name, Owner, Parameter, Type},
};

/// Why there is no contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {message}")]
pub struct ContractError {
    file: &'static str,
    line: usize,
    message: String,
}

impl ContractError {
    fn new(owner: &Owner, line: usize, message: String) -> Self {
        let file = match owner {
            Owner::Lesson | Owner::Earlier(_) => "src/lib.rs",
            Owner::Adapter => "adapter.rs",
        };
        Self { file, line, message }
    }
}

/// The types and functions of a lesson, as generated code needs them.
#[derive(Debug)]
pub struct Surface {
    /// Those of the lesson and its adapter, and those of earlier lessons that these hold.
    pub(crate) types: Vec<Declaration>,
    pub(crate) functions: Vec<Function>,
    /// The public items of the solution.
    pub items: Vec<Item>,
    /// The text of the adapter, fit for the learner's crate; empty where there is none.
    pub(crate) adapter: String,
    /// What makes the compiler build the generic functions of the solution.
    pub instances: String,
    uncrossable: Vec<(String, Why)>,
}

/// A struct or an enum that crosses.
#[derive(Debug, Clone)]
pub(crate) struct Declaration {
    pub owner: Owner,
    pub name: Name,
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

impl Declaration {
    /// The types of all its fields.
    fn types(&self) -> Vec<&Type> {
        match &self.shape {
            Shape::Struct(parts) => parts.types(),
            Shape::Enum(variants) => variants.iter().flat_map(|(_, parts)| parts.types()).collect(),
        }
    }
}

impl Parts {
    fn types(&self) -> Vec<&Type> {
        match self {
            Self::Unit => Vec::new(),
            Self::Tuple(types) => types.iter().collect(),
            Self::Named(fields) => fields.iter().map(|(_, found)| found).collect(),
        }
    }
}

/// A function that can be called.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub owner: Owner,
    pub name: Name,
    pub parameters: Vec<Parameter>,
    pub output: Type,
    /// How messages name it: of the adapter's, what a learner knows.
    pub told: Vec<String>,
}

impl Function {
    /// The functions of the learner's that one of the adapter's calls, in its own precision.
    fn tell(&mut self, adapter: &syn::File) {
        let written = &self.name.written;
        let (name, precision) = written.split_at(in_any_precision(written).len());
        let calls = adapter::calls(adapter, name);
        if !calls.is_empty() {
            self.told = calls.into_iter().map(|it| it + precision).collect();
        }
    }

    /// As what the arguments cross.
    fn crossing(&self) -> Vec<Type> {
        self.parameters.iter().map(|it| it.crossing.clone()).collect()
    }

    /// The result, unless it is `()`, and the types of what was changed.
    pub fn outputs(&self) -> Vec<Type> {
        let result = Some(&self.output).filter(|output| **output != Type::UNIT);
        let changed = self.parameters.iter().filter(|it| it.passing.is_change());
        result.into_iter().chain(changed.map(|it| &it.crossing)).cloned().collect()
    }

    /// The type of all outputs; one alone is no tuple.
    pub fn whole_output(&self) -> Type {
        let mut outputs = self.outputs();
        if outputs.len() == 1 { outputs.remove(0) } else { Type::Tuple(outputs) }
    }
}

/// A file, and whose it is.
struct Source {
    owner: Owner,
    file: syn::File,
    /// How a name of an instance is written in Rust.
    written: BTreeMap<String, String>,
}

impl Source {
    fn named(&self, name: String) -> Name {
        let written = self.written.get(&name).unwrap_or(&name).clone();
        Name { in_checks: name, written }
    }
}

impl Surface {
    /// Reads the solution's `lib.rs`, and the adapter where there is one.
    ///
    /// # Errors
    /// When a file does not parse, or the adapter has a public function that cannot be called.
    pub fn read(solution: &str, adapter: Option<&str>) -> Result<Self, ContractError> {
        Self::building_on(&[], solution, adapter)
    }

    /// The same for a lesson that builds on others. Of each, directly or not, `earlier` has the id and the
    /// solution's `lib.rs`: their types may be part of this lesson's types and functions.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn building_on(
        earlier: &[(String, syn::File)],
        solution: &str,
        adapter: Option<&str>,
    ) -> Result<Self, ContractError> {
        let lesson = parsed(&Owner::Lesson, solution)?;
        let of_adapter = adapter.map(|text| parsed(&Owner::Adapter, text)).transpose()?;
        let sources = sources(&lesson, of_adapter.as_ref(), earlier);
        let (declared, types) = declarations(&sources);
        let mut surface = Self {
            types,
            functions: Vec::new(),
            items: items(&lesson, solution),
            adapter: adapter_text(adapter, of_adapter.as_ref()),
            instances: instances(&lesson),
            uncrossable: Vec::new(),
        };
        // The adapter's functions last: one of the same name replaces the solution's.
        for source in sources.iter().filter(|it| !it.owner.is_earlier()) {
            surface.add_functions(source, &declared)?;
        }
        if let Some(adapter) = &of_adapter {
            let of_adapter = surface.functions.iter_mut().filter(|it| it.owner == Owner::Adapter);
            of_adapter.for_each(|function| function.tell(adapter));
        }
        surface.leave_out_unused_types();
        Ok(surface)
    }

    /// Public functions that cannot be called, and why; an adapter can offer others in their place.
    #[must_use]
    pub fn uncrossable(&self) -> &[(String, String)] {
        &self.uncrossable
    }

    /// The names of the functions that can be called.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(|function| function.name.written.as_str())
    }

    /// Leaves out the types of earlier lessons that nothing of this one holds.
    fn leave_out_unused_types(&mut self) {
        let of_function = |it: &Function| [it.crossing(), it.outputs()].concat();
        let of_functions: Vec<_> = self.functions.iter().flat_map(of_function).collect();
        let own = self.types.iter().filter(|it| !it.owner.is_earlier());
        let named = of_functions.iter().chain(own.flat_map(Declaration::types));
        let mut used: Vec<_> = named.flat_map(Type::declared).collect();
        let mut looked_at = 0;
        while let Some(&(owner, name)) = used.get(looked_at) {
            let declaration = self.types.iter().find(|it| (&it.owner, &it.name) == (owner, name));
            let held = declaration.into_iter().flat_map(Declaration::types);
            let new = held.flat_map(Type::declared).filter(|key| !used.contains(key));
            let new: Vec<_> = new.collect();
            used.extend(new);
            looked_at += 1;
        }
        let is_used =
            |it: &Declaration| !it.owner.is_earlier() || used.contains(&(&it.owner, &it.name));
        self.types = self.types.iter().filter(|it| is_used(it)).cloned().collect();
    }

    fn add_functions(&mut self, source: &Source, declared: &Declared) -> Result<(), ContractError> {
        let scope = Scope::new(source.owner.clone(), &source.file, declared);
        for item in &source.file.items {
            let Syntax::Fn(item) = item else { continue };
            if !matches!(item.vis, Visibility::Public(_)) {
                continue;
            }
            let name = item.sig.ident.to_string();
            let name = source.named(name);
            self.functions.retain(|function| function.name != name);
            self.uncrossable.retain(|(other, _)| *other != name.written);
            match function(&source.owner, &name, &scope, &item.sig) {
                Ok(function) => self.functions.push(function),
                Err(why) if source.owner == Owner::Lesson => {
                    self.uncrossable.push((name.written, why));
                }
                Err(why) => {
                    let line = item.sig.ident.span().start().line;
                    let message = format!("`{}` cannot be called: {why}", name.written);
                    return Err(ContractError::new(&source.owner, line, message));
                }
            }
        }
        Ok(())
    }
}

fn adapter_text(text: Option<&str>, file: Option<&syn::File>) -> String {
    let both = text.zip(file);
    both.map(|(text, file)| with_paths_of_macros(text, file)).unwrap_or_default()
}

fn parsed(owner: &Owner, text: &str) -> Result<syn::File, ContractError> {
    parse(text).map_err(|(line, message)| ContractError::new(owner, line, message))
}

/// The files, generic over no precision any more.
fn sources(
    lesson: &syn::File,
    adapter: Option<&syn::File>,
    earlier: &[(String, syn::File)],
) -> Vec<Source> {
    let files = [lesson].into_iter().chain(adapter).chain(earlier.iter().map(|(_, file)| file));
    let generic: Vec<_> = files.flat_map(generic_types).collect();
    let source = |owner, file: &syn::File| {
        let Instances { file, written } = Instances::of(file, &generic);
        Source { owner, file, written }
    };
    let of_earlier = |(id, file): &(String, syn::File)| source(Owner::Earlier(id.clone()), file);
    let own = [source(Owner::Lesson, lesson)];
    let adapter = adapter.map(|file| source(Owner::Adapter, file));
    own.into_iter().chain(adapter).chain(earlier.iter().map(of_earlier)).collect()
}

/// The syntax of a file, or the line where it ends to be Rust, and why.
pub(crate) fn parse(text: &str) -> Result<syn::File, (usize, String)> {
    syn::parse_file(text).map_err(|error| {
        let message = error.to_string();
        // What is missing at the end is placed at the start.
        let line = match message.starts_with("unexpected end of input") {
            true => text.lines().count(),
            false => error.span().start().line,
        };
        (line, format!("does not parse: {message}"))
    })
}

fn function(
    owner: &Owner,
    name: &Name,
    scope: &Scope,
    signature: &syn::Signature,
) -> Result<Function, Why> {
    if signature.asyncness.is_some() || !matches!(signature.safety, Safety::Default) {
        return Err("it is `async` or `unsafe`".to_owned());
    }
    let scope = scope.of_signature(signature)?;
    let parameters = signature.inputs.iter().map(|input| match input {
        syn::FnArg::Typed(typed) => scope.parameter(&typed.ty),
        syn::FnArg::Receiver(_) => Err("it is a method".to_owned()),
    });
    let parameters = parameters.collect::<Result<Vec<_>, _>>()?;
    let output = scope.output(&signature.output)?;
    let (owner, name, told) = (owner.clone(), name.clone(), vec![name.written.clone()]);
    let function = Function { owner, name, parameters, output, told };
    match function.parameters.len().max(function.outputs().len()) {
        0..=MAX_TUPLE => Ok(function),
        _ => Err(format!("more than {MAX_TUPLE} arguments or results do not cross")),
    }
}

/// The public structs and enums that cross. One crosses when all that it is made of does: those that
/// do not are taken out until nothing changes.
fn declarations(sources: &[Source]) -> (Declared, Vec<Declaration>) {
    let mut declared = Declared::default();
    for source in sources {
        for (name, _) in public_types(source) {
            declared.crossing.insert((source.owner.clone(), name.clone()), source.named(name));
        }
    }
    refuse_replaced(&mut declared);
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

/// Checks see one module: a type of the adapter's replaces one of the solution's.
fn refuse_replaced(declared: &mut Declared) {
    let crossing = &declared.crossing;
    let of_adapter = crossing.keys().filter(|(owner, _)| *owner == Owner::Adapter);
    let replaced = of_adapter.map(|(_, name)| (Owner::Lesson, name.clone()));
    let replaced: Vec<_> = replaced.filter(|key| crossing.contains_key(key)).collect();
    for key in replaced {
        declared.crossing.remove(&key);
        declared.refused.insert(key, "adapter.rs has a type of this name".to_owned());
    }
}

type Refused = BTreeMap<(Owner, String), Why>;

fn crossing(sources: &[Source], declared: &Declared) -> (Vec<Declaration>, Refused) {
    let (mut found, mut refused) = (Vec::new(), Refused::new());
    for source in sources {
        let scope = Scope::new(source.owner.clone(), &source.file, declared);
        for (name, item) in public_types(source) {
            let key = (source.owner.clone(), name);
            let Some(name) = declared.crossing.get(&key) else { continue };
            match shape(&scope, item) {
                Ok(shape) => found.push(Declaration { owner: key.0, name: name.clone(), shape }),
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
            return Err(private(field));
        }
        let name = field.ident.as_ref().map(ToString::to_string);
        types.push((name.unwrap_or_default(), scope.data(&field.ty)?));
    }
    Ok(match fields {
        Fields::Unnamed(_) if types.len() > MAX_TUPLE => {
            return Err(format!("it has more than {MAX_TUPLE} fields without names"));
        }
        Fields::Unit => Parts::Unit,
        Fields::Unnamed(_) => Parts::Tuple(types.into_iter().map(|(_, found)| found).collect()),
        Fields::Named(_) => Parts::Named(types),
    })
}

fn private(field: &Field) -> Why {
    match &field.ident {
        Some(name) => format!("its field `{name}` is private"),
        None => "a field is private".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surface(solution: &str) -> Surface {
        Surface::read(solution, None).unwrap()
    }

    fn error(solution: &str, adapter: &str) -> String {
        Surface::read(solution, Some(adapter)).unwrap_err().to_string()
    }

    /// Why the only function of a solution cannot be called.
    fn why(solution: &str) -> String {
        let surface = surface(solution);
        let [(_, why)] = surface.uncrossable() else { panic!("{:?}", surface.functions) };
        why.clone()
    }

    /// As what the only parameter of the only function crosses.
    fn crossing(solution: &str) -> Type {
        let mut surface = surface(solution);
        assert_eq!(surface.uncrossable(), []);
        surface.functions.remove(0).parameters.remove(0).crossing
    }

    fn matrix() -> Type {
        Type::Array(2, Box::new(Type::Primitive("f64")))
    }

    /// A type of the lesson's, by its name in checks and in Rust.
    fn own(in_checks: &str, written: &str) -> Type {
        let [in_checks, written] = [in_checks, written].map(str::to_owned);
        Type::Own(Owner::Lesson, Name { in_checks, written })
    }

    #[test]
    fn names_are_resolved_through_imports_and_aliases() {
        let solutions = [
            "pub fn f(x: &ndarray::Array2<f64>) {}",
            "use ndarray::*; pub fn f(x: Array2<f64>) {}",
            "use ndarray::prelude::*; pub fn f(x: Array<f64, Ix2>) {}",
            "use ndarray as nd; pub fn f(x: &mut nd::ArrayViewMut<f64, nd::Ix2>) {}",
            "use ndarray::{self as nd}; use nd::Array2 as Matrix; pub fn f(x: Matrix<f64>) {}",
            "type M = ndarray::Array2<N>; type N = f64; pub fn f(x: &M) {}",
            "type View<'a> = &'a ndarray::ArrayView2<'a, f64>; pub fn f<'a>(x: View<'a>) {}",
            "pub fn f(x: &(ndarray::Array2<::core::primitive::f64>)) {}",
        ];
        for solution in solutions {
            assert_eq!(crossing(solution), matrix(), "{solution}");
        }
    }

    #[test]
    fn a_type_of_the_lesson_comes_before_others_of_its_name() {
        let solution = "use ndarray::*; pub struct Array2 { pub x: f64 } pub fn f(x: &Array2) {}";
        assert_eq!(crossing(solution), own("Array2", "Array2"));
        let solution = "pub struct Layer; pub fn f(x: crate::Layer) {}";
        assert_eq!(crossing(solution), own("Layer", "Layer"));
    }

    #[test]
    fn what_is_generic_over_the_precision_crosses_in_both() {
        let solution = "use ndarray::{Array1, NdFloat}; \
            pub struct Cache<F> where F: NdFloat { pub rstd: Array1<F> } \
            pub fn norm<F: NdFloat, G: Fn(&Cache<F>) -> F>(x: &[F], mut with: G) -> Cache<F> {} \
            pub fn plain(cache: crate::Cache<f32>) {}";
        let surface = surface(solution);
        assert_eq!(surface.uncrossable(), []);
        assert_eq!(surface.functions().collect::<Vec<_>>(), ["norm", "norm::<f32>", "plain"]);
        let of = |at: usize| surface.functions[at].whole_output();
        assert_eq!([of(0), of(1)], [own("Cache", "Cache<f64>"), own("CacheF32", "Cache<f32>")]);
        let taken = |at: usize| &surface.functions[at].parameters[0].crossing;
        assert_eq!(*taken(1), Type::vec(Type::Primitive("f32")));
        assert_eq!(*taken(2), own("CacheF32", "Cache<f32>"));
        let in_checks: Vec<_> = surface.functions.iter().map(|it| &it.name.in_checks).collect();
        assert_eq!(in_checks, ["norm", "norm_f32", "plain"]);
    }

    #[test]
    fn an_adapter_names_instances_of_the_lesson() {
        let solution = "pub struct Cache<F: ndarray::NdFloat>(pub F);";
        let adapter = "pub fn of(cache: learner::Cache<f32>) -> learner::Cache<f64> {}";
        let surface = Surface::read(solution, Some(adapter)).unwrap();
        let function = &surface.functions[0];
        assert_eq!(function.parameters[0].crossing, own("CacheF32", "Cache<f32>"));
        assert_eq!(function.output, own("Cache", "Cache<f64>"));
    }

    #[test]
    fn types_of_an_adapter_cross_in_both_precisions() {
        let adapter = "pub struct Held<F: NdFloat> { pub x: Vec<F> } \
            pub fn of<F: NdFloat>(held: Held<F>) {} pub fn plain(held: &Held<f64>) {}";
        let surface = Surface::read("", Some(adapter)).unwrap();
        let held = |at: usize| match &surface.functions[at].parameters[0].crossing {
            Type::Own(Owner::Adapter, name) => (&*name.in_checks, &*name.written),
            other => panic!("{other:?}"),
        };
        let [double, single] = [("Held", "Held<f64>"), ("HeldF32", "Held<f32>")];
        assert_eq!([held(0), held(1), held(2)], [double, single, double]);
    }

    /// A lesson that builds on one with a layer, which builds on one with a cache.
    fn later(solution: &str) -> Surface {
        let earlier = [
            ("ex_1_1", "pub struct Cache<F: ndarray::NdFloat>(pub F); pub struct Other;"),
            ("ex_1_2", "use ex_1_1::Cache; pub struct Layer<F: NdFloat> { pub cache: Cache<F> }"),
        ];
        let earlier = earlier.map(|(id, text)| (id.to_owned(), syn::parse_file(text).unwrap()));
        Surface::building_on(&earlier, solution, None).unwrap()
    }

    #[test]
    fn types_of_earlier_lessons_cross_however_they_are_named() {
        let earlier = |in_checks: &str, written: &str| {
            let [in_checks, written] = [in_checks, written].map(str::to_owned);
            Type::Own(Owner::Earlier("ex_1_2".to_owned()), Name { in_checks, written })
        };
        for imports in ["use ex_1_2::Layer;", "use ex_1_2::*;", "use ex_1_2::{self, Layer};"] {
            let solution = "pub fn f<F: ndarray::NdFloat>(x: &Layer<F>) -> ex_1_2::Layer<F> {}";
            let surface = later(&format!("{imports} {solution}"));
            assert_eq!(surface.uncrossable(), []);
            let [double, single] = [&surface.functions[0], &surface.functions[1]];
            assert_eq!(double.output, earlier("Layer", "Layer<f64>"));
            assert_eq!(single.output, earlier("LayerF32", "Layer<f32>"));
            assert_eq!(single.parameters[0].crossing, single.output);
        }
    }

    #[test]
    fn types_of_earlier_lessons_are_kept_where_they_are_needed() {
        let names = |surface: Surface| -> Vec<String> {
            surface.types.into_iter().map(|it| it.name.in_checks).collect()
        };
        let held = "pub struct Net { pub layers: Vec<ex_1_2::Layer<f32>> }";
        assert_eq!(names(later(held)), ["Net", "CacheF32", "LayerF32"]);
        assert_eq!(names(later("pub fn f(x: f64) {}")), [""; 0]);
        // Whose a conversion is decides which crate has it.
        let impls = later(held).impls().replace(' ', "");
        assert!(
            impls.contains("forcrate::Net{") && impls.matches("Wirefor").count() == 1,
            "{impls}"
        );
        assert!(impls.contains("Vec<::ex_1_2::Layer<::core::primitive::f32>>"), "{impls}");
    }

    #[test]
    fn two_precisions_at_once_do_not_cross() {
        let solution = "pub fn cast<F: ndarray::NdFloat, G: ndarray::NdFloat>(x: F) -> G {}";
        assert_eq!(why(solution), "it is generic over `F`");
    }

    #[test]
    fn what_names_itself_comes_to_an_end() {
        assert_eq!(why("type T = Vec<T>; pub fn f(x: T) {}"), "`T` does not cross");
        assert_eq!(why("use T as U; use U as T; pub fn f(x: T) {}"), "`T` does not cross");
        assert_eq!(why("use T::T; pub fn f(x: T) {}"), "`T` does not cross");
        let tree = "pub struct Tree { pub below: Vec<Tree> } pub fn f(x: Tree) {}";
        assert_eq!(crossing(tree), own("Tree", "Tree"));
    }

    #[test]
    fn what_does_not_cross_is_told() {
        let expected = [
            ("pub fn f(x: &dyn Layer) {}", "a value that is `Layer` does not cross"),
            ("pub fn f(x: impl Fn(f64) + 'static) {}", "a value that is `'static` does not cross"),
            ("pub fn f<T>(x: T) {}", "it is generic over `T`"),
            ("pub fn f<const N: usize>(x: [f64; N]) {}", "it is generic over a constant"),
            ("pub fn f(x: [f64; N]) {}", "`[f64; N]` does not cross"),
            ("pub fn f(x: &f64) -> &f64 { x }", "`&f64` does not cross"),
            ("pub fn f() -> impl Fn(f64) -> f64 {}", "`impl Fn(f64) -> f64` does not cross"),
            ("pub fn f(x: rand::Rng) {}", "`rand::Rng` does not cross"),
            ("pub fn f(x: &mut str) {}", "`str` does not cross"),
            ("pub fn f(x: &dyn Fn(&mut f64)) {}", "`&mut f64` does not cross"),
            ("pub fn f(x: ndarray::Array5<f64>) {}", "no array of more than 4 axes crosses"),
            ("pub fn f(x: ndarray::Array1<bool>) {}", "no array of `bool` crosses"),
            ("pub async fn f() {}", "it is `async` or `unsafe`"),
            ("type P<T> = (T, T); pub fn f(x: P<f64>) {}", "the alias `P` is generic"),
            (
                "pub struct S<T> { pub x: T } pub fn f(x: S<f64>) {}",
                "`S` does not cross: it is generic",
            ),
            (
                "pub struct S { pub x: Box<dyn Fn()> } pub fn f(x: S) {}",
                "`S` does not cross: `dyn Fn()` does not cross",
            ),
            (
                "pub struct A { pub b: B } pub struct B(f64); pub fn f(x: A) {}",
                "`A` does not cross: `B` does not cross: a field is private",
            ),
            (
                "pub fn f(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8) {}",
                "more than 8 arguments or results do not cross",
            ),
        ];
        for (solution, expected) in expected {
            assert_eq!(why(solution), expected, "{solution}");
        }
    }

    #[test]
    fn the_adapter_replaces_functions_and_types_of_its_names() {
        let solution = "pub struct Model { pub w: f64 } pub fn train(model: &Model) {} \
                        pub fn other(model: &Model) {}";
        let adapter =
            "pub enum Model { A } pub fn train(model: Model, f: &wire::Callback<(), f64>) {}";
        let surface = Surface::read(solution, Some(adapter)).unwrap();
        assert_eq!(surface.functions().collect::<Vec<_>>(), ["train"]);
        assert_eq!(surface.functions[0].owner, Owner::Adapter);
        assert_eq!(surface.types.len(), 1);
        let why = "`Model` does not cross: adapter.rs has a type of this name";
        assert_eq!(surface.uncrossable(), [("other".to_owned(), why.to_owned())]);
    }

    #[test]
    fn the_adapter_may_import_all_of_the_lesson() {
        let solution = "pub struct Forward { pub z: f64 }";
        let adapter = "use learner::*; use wire::*; \
                       pub fn f(x: Forward, y: learner::Forward, z: Callback<(), f64>) {}";
        let surface = Surface::read(solution, Some(adapter)).unwrap();
        let crossing: Vec<_> =
            surface.functions[0].parameters.iter().map(|it| &it.crossing).collect();
        assert_eq!(crossing[0], &own("Forward", "Forward"));
        assert_eq!(crossing[0], crossing[1]);
        assert!(crossing[2].holds_callback());
    }

    #[test]
    fn private_functions_are_no_part_of_the_contract() {
        let surface = surface("fn f() {} pub(crate) fn g() {} mod m { pub fn h() {} }");
        assert_eq!(surface.functions().count() + surface.uncrossable().len(), 0);
    }

    #[test]
    fn errors_name_file_and_line() {
        let expected = "src/lib.rs, line 2: does not parse: expected identifier";
        let found = Surface::read("pub fn f() {}\npub fn ()", None).unwrap_err().to_string();
        assert!(found.starts_with(expected), "{found}");
        let expected = "adapter.rs, line 1: does not parse: ";
        let found = error("", "pub fn f( {");
        assert!(found.starts_with(expected), "{found}");
        let expected = "adapter.rs, line 3: `f` cannot be called: it is generic over `T`";
        assert_eq!(error("", "\n\npub fn f<T>(x: T) {}"), expected);
    }
}
