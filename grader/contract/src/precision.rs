//! What is generic over the precision of its numbers crosses twice: in `f64`, and in `f32`.

use std::collections::BTreeMap;

use syn::{
    FnArg, GenericParam, Generics, Ident, Item, PathArguments, TypeParam, TypeParamBound, TypePath,
    UseTree, Visibility, WherePredicate, parse_quote,
    visit::Visit,
    visit_mut::{self, VisitMut},
};

use crate::NAMES;

/// A trait that floats of both precisions have.
const BOUND: &str = "NdFloat";

/// A type of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Precision {
    F64,
    F32,
}

impl Precision {
    const ALL: [Self; 2] = [Self::F64, Self::F32];

    fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
        }
    }
}

/// A file whose items are generic over no precision any more.
pub struct Instances {
    pub file: syn::File,
    /// How an instance is written in Rust, where that is not its name.
    pub written: BTreeMap<String, String>,
}

impl Instances {
    /// Puts two instances in the place of each item that is generic over one precision. `generic` are the
    /// types that are so.
    pub fn of(file: &syn::File, generic: &[Ident]) -> Self {
        let mut instances = Self {
            file: syn::File { items: Vec::new(), ..file.clone() },
            written: BTreeMap::new(),
        };
        for item in &file.items {
            instances.add(item, generic);
        }
        instances
    }

    fn add(&mut self, item: &Item, generic: &[Ident]) {
        let Some(parameter) = parameter_of(item) else {
            let mut item = item.clone();
            Names { generic }.visit_item_mut(&mut item);
            return self.file.items.push(item);
        };
        for precision in Precision::ALL {
            let mut item = item.clone();
            Substitution { parameter: &parameter, precision }.visit_item_mut(&mut item);
            Names { generic }.visit_item_mut(&mut item);
            if let Some((name, written)) = rename(&mut item, &parameter, precision) {
                self.written.insert(name, written);
            }
            self.file.items.push(item);
        }
    }
}

/// The structs and enums of a file that are generic over one precision.
pub fn generic_types(file: &syn::File) -> Vec<Ident> {
    let name = |item: &Item| match item {
        Item::Struct(it) => Some(it.ident.clone()),
        Item::Enum(it) => Some(it.ident.clone()),
        _ => None,
    };
    let generic = file.items.iter().filter(|item| parameter_of(item).is_some());
    generic.filter_map(name).collect()
}

/// The text of a function that names both instances of each public function which is generic over one precision,
/// so that the compiler makes them where it stands; empty where there is none.
pub fn instances(file: &syn::File) -> String {
    let is_generic = |item: &&syn::ItemFn| {
        let generics = &item.sig.generics;
        let is_alone = generics.type_params().count() == 1 && generics.const_params().count() == 0;
        is_alone && !item.sig.inputs.iter().any(takes_any_type)
    };
    let public = file.items.iter().filter_map(|item| match item {
        Item::Fn(it) if matches!(it.vis, Visibility::Public(_)) => parameter_of(item).map(|_| it),
        _ => None,
    });
    let names: Vec<_> = public.filter(is_generic).map(|it| &it.sig.ident).collect();
    if names.is_empty() {
        return String::new();
    }
    let both = names.iter().flat_map(|name| Precision::ALL.map(|it| (name, it.name())));
    let instances = both.map(|(name, precision)| {
        format!("crate::{name}::<::core::primitive::{precision}> as *const () as usize,")
    });
    // What is inlined is made where it is called.
    format!(
        "#[inline(never)] pub fn {NAMES}instances() -> [usize; {}] {{ [{}] }}\n",
        2 * names.len(),
        instances.collect::<String>()
    )
}

/// True for an argument of a type without a name.
fn takes_any_type(argument: &FnArg) -> bool {
    struct AnyType(bool);
    impl Visit<'_> for AnyType {
        fn visit_type_impl_trait(&mut self, _: &syn::TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut found = AnyType(false);
    found.visit_fn_arg(argument);
    found.0
}

/// The type parameter that stands for the precision.
fn parameter_of(item: &Item) -> Option<Ident> {
    let generics = match item {
        Item::Fn(it) => &it.sig.generics,
        Item::Struct(it) => &it.generics,
        Item::Enum(it) => &it.generics,
        _ => return None,
    };
    let mut found = generics.type_params().filter(|it| is_precision(it, generics));
    found.next().filter(|_| found.next().is_none()).map(|it| it.ident.clone())
}

fn is_precision(parameter: &TypeParam, generics: &Generics) -> bool {
    let is_bound = |bound: &TypeParamBound| match bound {
        TypeParamBound::Trait(it) => it.path.segments.last().is_some_and(|it| it.ident == BOUND),
        _ => false,
    };
    let clause = generics.where_clause.iter().flat_map(|it| &it.predicates);
    let mut further = clause.filter_map(|it| bounds_of(it, &parameter.ident)).flatten();
    parameter.bounds.iter().any(is_bound) || further.any(is_bound)
}

fn bounds_of<'a>(
    predicate: &'a WherePredicate,
    parameter: &Ident,
) -> Option<impl Iterator<Item = &'a TypeParamBound> + use<'a>> {
    match predicate {
        WherePredicate::Type(it) if is_path(&it.bounded_ty, parameter) => Some(it.bounds.iter()),
        _ => None,
    }
}

fn is_path(found: &syn::Type, name: &Ident) -> bool {
    matches!(found, syn::Type::Path(it) if it.path.is_ident(name))
}

/// Takes the parameter away, and names the instance; gives name and spelling where they are two.
fn rename(item: &mut Item, parameter: &Ident, precision: Precision) -> Option<(String, String)> {
    let (generics, name, is_type) = match item {
        Item::Fn(it) => (&mut it.sig.generics, &mut it.sig.ident, false),
        Item::Struct(it) => (&mut it.generics, &mut it.ident, true),
        Item::Enum(it) => (&mut it.generics, &mut it.ident, true),
        _ => return None,
    };
    remove(generics, parameter);
    let (own, number) = (name.to_string(), precision.name());
    if is_type {
        *name = instance(name, precision);
        return Some((name.to_string(), format!("{own}<{number}>")));
    }
    if precision == Precision::F64 {
        return None;
    }
    *name = Ident::new(&format!("{own}_{number}"), name.span());
    Some((name.to_string(), format!("{own}::<{number}>")))
}

fn remove(generics: &mut Generics, parameter: &Ident) {
    let kept = |it: &GenericParam| !matches!(it, GenericParam::Type(it) if it.ident == *parameter);
    generics.params = generics.params.iter().filter(|it| kept(it)).cloned().collect();
    if let Some(clause) = &mut generics.where_clause {
        let kept = clause.predicates.iter().filter(|it| bounds_of(it, parameter).is_none());
        clause.predicates = kept.cloned().collect();
    }
}

/// The name of a type's instance.
fn instance(name: &Ident, precision: Precision) -> Ident {
    match precision {
        Precision::F64 => name.clone(),
        Precision::F32 => Ident::new(&format!("{name}F32"), name.span()),
    }
}

/// Puts a type of numbers in the place of the parameter.
struct Substitution<'a> {
    parameter: &'a Ident,
    precision: Precision,
}

impl VisitMut for Substitution<'_> {
    fn visit_type_path_mut(&mut self, path: &mut TypePath) {
        visit_mut::visit_type_path_mut(self, path);
        if path.path.is_ident(self.parameter) {
            let number = Ident::new(self.precision.name(), self.parameter.span());
            *path = parse_quote!(::core::primitive::#number);
        }
    }
}

/// Names instances of types by what they are called.
struct Names<'a> {
    generic: &'a [Ident],
}

impl VisitMut for Names<'_> {
    fn visit_type_path_mut(&mut self, path: &mut TypePath) {
        visit_mut::visit_type_path_mut(self, path);
        let Some(last) = path.path.segments.last_mut() else { return };
        if !self.generic.contains(&last.ident) {
            return;
        }
        if let Some(precision) = precision_of(&last.arguments) {
            last.ident = instance(&last.ident, precision);
            last.arguments = PathArguments::None;
        }
    }

    /// Who imports a type imports its instances.
    fn visit_use_tree_mut(&mut self, tree: &mut UseTree) {
        visit_mut::visit_use_tree_mut(self, tree);
        let UseTree::Name(it) = &*tree else { return };
        if self.generic.contains(&it.ident) {
            let instances = Precision::ALL.map(|precision| instance(&it.ident, precision));
            let [double, single] = instances;
            *tree = parse_quote!({ #double, #single });
        }
    }
}

/// The type of numbers that is the only argument.
fn precision_of(arguments: &PathArguments) -> Option<Precision> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return None };
    let syn::GenericArgument::Type(syn::Type::Path(path)) = arguments.args.first()? else {
        return None;
    };
    let last = path.path.segments.last().filter(|_| arguments.args.len() == 1)?;
    Precision::ALL.into_iter().find(|it| last.ident == it.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        instances(&syn::parse_file(text).unwrap())
    }

    #[test]
    fn what_later_lessons_can_name_has_both_instances() {
        let text = of("pub fn f<F: NdFloat>(x: F) {} fn own<F: NdFloat>(x: F) {}
            pub fn plain(x: f64) {} pub fn closure<F: NdFloat>(g: impl Fn(F) -> F) {}");
        let function = |precision: &str| {
            format!("crate::f::<::core::primitive::{precision}> as *const () as usize,")
        };
        let expected = format!(
            "#[inline(never)] pub fn gradlings_instances() -> [usize; 2] {{ [{}{}] }}\n",
            function("f64"),
            function("f32"),
        );
        assert_eq!(text, expected);
        assert_eq!(of("pub fn plain(x: f64) {}"), "");
    }
}
