//! What the names in the signatures of one file mean.

use std::collections::BTreeMap;

use syn::{
    Expr, ExprLit, GenericArgument, GenericParam, ItemType, Lit, ParenthesizedGenericArguments,
    PathArguments, ReturnType, Signature, TypeParamBound, TypeReference, UseTree, WherePredicate,
    spanned::Spanned,
};

use crate::types::{Name, Owner, Parameter, Passing, Reference, Taken, Type};

/// The highest rank of an array that crosses.
const MAX_RANK: usize = 4;

/// The longest tuple that crosses, and so the most arguments of a function.
pub const MAX_TUPLE: usize = 8;

const PRIMITIVES: [&str; 16] = [
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32",
    "u64", "u128", "usize",
];

/// What an array may hold.
const ELEMENTS: [&str; 12] =
    ["f32", "f64", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize"];

/// The types of the standard library that cross: module, name, how many types they are made of.
const STANDARD: [(&str, &str, usize); 5] = [
    ("boxed", "Box", 1),
    ("option", "Option", 1),
    ("result", "Result", 2),
    ("string", "String", 0),
    ("vec", "Vec", 1),
];

/// The types that a lesson, its adapter and the lessons before it declare: those that cross, and why the
/// others do not.
#[derive(Debug, Default, Clone)]
pub struct Declared {
    pub crossing: BTreeMap<(Owner, String), Name>,
    pub refused: BTreeMap<(Owner, String), String>,
}

impl Declared {
    fn has(&self, owner: Owner, name: &str) -> bool {
        let key = (owner, name.to_owned());
        self.crossing.contains_key(&key) || self.refused.contains_key(&key)
    }
}

/// The names that a file knows.
#[derive(Clone)]
pub struct Scope<'a> {
    owner: Owner,
    declared: &'a Declared,
    /// What `use` items name, by the name that they give it.
    imports: BTreeMap<String, Vec<String>>,
    /// What `use` items name all of.
    globs: Vec<Vec<String>>,
    aliases: BTreeMap<String, &'a ItemType>,
    /// The type parameters of one signature that are functions.
    callables: BTreeMap<String, &'a ParenthesizedGenericArguments>,
}

/// What one path of a signature means.
enum Meaning<'a> {
    Primitive(&'static str),
    Str,
    Standard(&'static str, &'static str, usize),
    Ndarray(Family, usize, &'a syn::Type),
    Callback,
    Own(Owner, String),
    Alias(&'a ItemType),
    Callable(&'a ParenthesizedGenericArguments),
}

/// The types of ndarray that an array can be passed as.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    Array,
    Ref,
    View,
    ViewMut,
}

const FAMILIES: [(&str, Family); 4] = [
    ("Array", Family::Array),
    ("ArrayRef", Family::Ref),
    ("ArrayView", Family::View),
    ("ArrayViewMut", Family::ViewMut),
];

/// Why something does not cross, as the end of a sentence.
pub type Why = String;

impl<'a> Scope<'a> {
    pub fn new(owner: Owner, file: &'a syn::File, declared: &'a Declared) -> Self {
        let (imports, callables) = (BTreeMap::new(), BTreeMap::new());
        let (globs, aliases) = (Vec::new(), BTreeMap::new());
        let mut scope = Self { owner, declared, imports, globs, aliases, callables };
        for item in &file.items {
            match item {
                syn::Item::Use(item) => scope.import(&item.tree, &[]),
                syn::Item::Type(item) => drop(scope.aliases.insert(item.ident.to_string(), item)),
                _ => (),
            }
        }
        scope
    }

    fn import(&mut self, tree: &UseTree, before: &[String]) {
        let joined = |last: &syn::Ident| match last.to_string() {
            // `use a::{self}` names `a`.
            last if last == "self" => before.to_vec(),
            last => [before, &[last]].concat(),
        };
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &joined(&path.ident)),
            UseTree::Group(group) => group.items.iter().for_each(|it| self.import(it, before)),
            UseTree::Glob(_) => self.globs.push(before.to_vec()),
            UseTree::Rename(it) => {
                self.imports.insert(it.rename.to_string(), joined(&it.ident));
            }
            UseTree::Name(it) => {
                let path = joined(&it.ident);
                if let Some(name) = path.last().cloned() {
                    self.imports.insert(name, path);
                }
            }
        }
    }

    /// The scope of a function's signature.
    pub fn of_signature(&self, signature: &'a Signature) -> Result<Self, Why> {
        let mut scope = self.clone();
        for parameter in &signature.generics.params {
            match parameter {
                GenericParam::Lifetime(_) => (),
                GenericParam::Type(it) => {
                    let bounds = it.bounds.iter().chain(further_bounds(signature, &it.ident));
                    let callable = callable(bounds)
                        .map_err(|_| format!("it is generic over `{}`", it.ident))?;
                    scope.callables.insert(it.ident.to_string(), callable);
                }
                _ => return Err("it is generic over a constant".to_owned()),
            }
        }
        Ok(scope)
    }

    /// What a function gives: an owned type without callbacks.
    pub fn output(&self, output: &'a ReturnType) -> Result<Type, Why> {
        match output {
            ReturnType::Default => Ok(Type::UNIT),
            ReturnType::Type(_, output) => self.data(output),
        }
    }

    /// An owned type without callbacks.
    pub fn data(&self, found: &'a syn::Type) -> Result<Type, Why> {
        let owned = self.owned(found)?;
        if owned.holds_callback() { Err(foreign(found)) } else { Ok(owned) }
    }

    fn owned(&self, found: &'a syn::Type) -> Result<Type, Why> {
        match found {
            syn::Type::Paren(it) => self.owned(&it.elem),
            syn::Type::Group(it) => self.owned(&it.elem),
            syn::Type::Tuple(it) if it.elems.len() <= MAX_TUPLE => {
                Ok(Type::Tuple(it.elems.iter().map(|it| self.owned(it)).collect::<Result<_, _>>()?))
            }
            syn::Type::Array(it) => {
                let length = length(&it.len).ok_or_else(|| foreign(found))?;
                Ok(Type::Fixed(Box::new(self.owned(&it.elem)?), length))
            }
            syn::Type::Path(it) => self.owned_path(it, found),
            _ => Err(foreign(found)),
        }
    }

    fn owned_path(&self, path: &'a syn::TypePath, found: &'a syn::Type) -> Result<Type, Why> {
        let parts = || type_arguments(&path.path).into_iter().map(|it| self.owned(it));
        match self.meaning(path) {
            Some(Meaning::Primitive(name)) => Ok(Type::Primitive(name)),
            Some(Meaning::Standard(module, name, count)) => {
                let parts = parts().collect::<Result<Vec<_>, _>>()?;
                if parts.len() != count {
                    return Err(foreign(found));
                }
                Ok(Type::Standard(module, name, parts))
            }
            Some(Meaning::Ndarray(Family::Array, rank, element)) => self.array(rank, element),
            Some(Meaning::Callback) => {
                let [arguments, output] =
                    <[Type; 2]>::try_from(parts().collect::<Result<Vec<_>, _>>()?)
                        .map_err(|_| foreign(found))?;
                Ok(Type::Callback(Box::new(arguments), Box::new(output)))
            }
            Some(Meaning::Own(owner, name)) => self.own(owner, name),
            Some(Meaning::Alias(alias)) => self.within(alias)?.owned(&alias.ty),
            _ => Err(foreign(found)),
        }
    }

    fn own(&self, owner: Owner, name: String) -> Result<Type, Why> {
        let key = (owner, name);
        if let Some(name) = self.declared.crossing.get(&key) {
            return Ok(Type::Own(key.0, name.clone()));
        }
        let why = self.declared.refused.get(&key).map(|why| format!(": {why}"));
        Err(format!("`{}` does not cross{}", key.1, why.unwrap_or_default()))
    }

    fn array(&self, rank: usize, element: &'a syn::Type) -> Result<Type, Why> {
        match self.owned(element)? {
            Type::Primitive(name) if rank <= MAX_RANK && ELEMENTS.contains(&name) => {
                Ok(Type::Array(rank, Box::new(Type::Primitive(name))))
            }
            Type::Primitive(_) if rank > MAX_RANK => {
                Err(format!("no array of more than {MAX_RANK} axes crosses"))
            }
            _ => Err(format!("no array of `{}` crosses", written(element))),
        }
    }

    /// The scope of what an alias stands for. The alias is not in it: one that names itself would
    /// never end.
    fn within(&self, alias: &ItemType) -> Result<Self, Why> {
        let mut scope = self.clone();
        scope.aliases.remove(&alias.ident.to_string());
        match alias.generics.type_params().next() {
            None => Ok(scope),
            Some(_) => Err(format!("the alias `{}` is generic", alias.ident)),
        }
    }

    /// What a function takes.
    pub fn parameter(&self, found: &'a syn::Type) -> Result<Parameter, Why> {
        match found {
            syn::Type::Paren(it) => self.parameter(&it.elem),
            syn::Type::Group(it) => self.parameter(&it.elem),
            syn::Type::Reference(it) => self.referenced(it, &it.elem),
            syn::Type::ImplTrait(it) => self.closure(callable(&it.bounds)?, Reference::None),
            syn::Type::Path(it) => match self.meaning(it) {
                Some(Meaning::Alias(alias)) => self.within(alias)?.parameter(&alias.ty),
                Some(Meaning::Callable(callable)) => self.closure(callable, Reference::None),
                Some(Meaning::Ndarray(Family::View, rank, element)) => {
                    let passing = Passing::View { borrowed: false };
                    Ok(plain(self.array(rank, element)?, passing))
                }
                Some(Meaning::Ndarray(Family::ViewMut, rank, element)) => {
                    let passing = Passing::ViewMut { borrowed: false };
                    Ok(plain(self.array(rank, element)?, passing))
                }
                _ => Ok(plain(self.owned(found)?, Passing::Owned)),
            },
            _ => Ok(plain(self.owned(found)?, Passing::Owned)),
        }
    }

    /// What a function takes by reference.
    fn referenced(&self, by: &'a TypeReference, found: &'a syn::Type) -> Result<Parameter, Why> {
        let mutable = by.mutability.is_some();
        let passing = if mutable { Passing::Changed } else { Passing::Borrowed };
        let reference = if mutable { Reference::Mutable } else { Reference::Shared };
        match found {
            syn::Type::Paren(it) => self.referenced(by, &it.elem),
            syn::Type::Group(it) => self.referenced(by, &it.elem),
            syn::Type::Slice(it) => Ok(plain(Type::vec(self.data(&it.elem)?), passing)),
            syn::Type::TraitObject(it) => self.closure(callable(&it.bounds)?, reference),
            syn::Type::ImplTrait(it) => self.closure(callable(&it.bounds)?, reference),
            syn::Type::Path(it) => match self.meaning(it) {
                Some(Meaning::Str) if !mutable => Ok(plain(Type::string(), passing)),
                Some(Meaning::Alias(alias)) => self.within(alias)?.referenced(by, &alias.ty),
                Some(Meaning::Callable(callable)) => self.closure(callable, reference),
                Some(Meaning::Ndarray(family, rank, element)) => {
                    let passing = match family {
                        Family::Array | Family::Ref => passing,
                        Family::View if !mutable => Passing::View { borrowed: true },
                        Family::ViewMut if mutable => Passing::ViewMut { borrowed: true },
                        _ => return Err(foreign(found)),
                    };
                    Ok(plain(self.array(rank, element)?, passing))
                }
                _ if mutable => Ok(plain(self.data(found)?, passing)),
                _ => Ok(plain(self.owned(found)?, passing)),
            },
            _ => Ok(plain(self.data(found)?, passing)),
        }
    }

    fn closure(
        &self,
        signature: &'a ParenthesizedGenericArguments,
        reference: Reference,
    ) -> Result<Parameter, Why> {
        let taken = signature.inputs.iter().map(|it| self.taken(&it.ty));
        let taken = taken.collect::<Result<Vec<_>, _>>()?;
        if taken.len() > MAX_TUPLE {
            return Err(format!("a closure of more than {MAX_TUPLE} arguments does not cross"));
        }
        let arguments = Box::new(Type::Tuple(taken.iter().map(Taken::owned).collect()));
        let crossing = Type::Callback(arguments, Box::new(self.output(&signature.output)?));
        Ok(Parameter { crossing, passing: Passing::Closure(reference), taken })
    }

    /// What a closure takes.
    fn taken(&self, found: &'a syn::Type) -> Result<Taken, Why> {
        match found {
            syn::Type::Reference(it) if it.mutability.is_some() => Err(foreign(found)),
            syn::Type::Reference(it) => match (&*it.elem, self.meaning_of(&it.elem)) {
                (syn::Type::Slice(slice), _) => Ok(Taken::Slice(self.data(&slice.elem)?)),
                (_, Some(Meaning::Str)) => Ok(Taken::Text),
                (_, Some(Meaning::Ndarray(Family::Ref, rank, element))) => {
                    self.array(rank, element)?;
                    Ok(Taken::ArrayRef(rank, self.owned(element)?))
                }
                (inner, _) => Ok(Taken::Reference(self.data(inner)?)),
            },
            found => match self.meaning_of(found) {
                Some(Meaning::Ndarray(Family::View, rank, element)) => {
                    self.array(rank, element)?;
                    Ok(Taken::View(rank, self.owned(element)?))
                }
                _ => Ok(Taken::Owned(self.data(found)?)),
            },
        }
    }

    fn meaning_of(&self, found: &'a syn::Type) -> Option<Meaning<'a>> {
        match found {
            syn::Type::Path(path) => self.meaning(path),
            _ => None,
        }
    }

    fn meaning(&self, found: &'a syn::TypePath) -> Option<Meaning<'a>> {
        if found.qself.is_some() {
            return None;
        }
        let path = self.full(&found.path);
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["crate", name] => match self.aliases.get(*name) {
                Some(alias) => Some(Meaning::Alias(alias)),
                None => Some(Meaning::Own(self.owner.clone(), (*name).to_owned())),
            },
            ["learner", name] if self.owner == Owner::Adapter => {
                Some(Meaning::Own(Owner::Lesson, (*name).to_owned()))
            }
            ["wire", "Callback"] if self.owner == Owner::Adapter => Some(Meaning::Callback),
            [lesson, name] if self.declared.has(earlier(lesson), name) => {
                Some(Meaning::Own(earlier(lesson), (*name).to_owned()))
            }
            ["ndarray", name] => self.of_ndarray(name, type_arguments(&found.path)),
            ["std", module, name] => standard(|it| (it.0, it.1) == (*module, *name)),
            ["str"] => Some(Meaning::Str),
            [name] => match self.callables.get(*name) {
                Some(callable) => Some(Meaning::Callable(callable)),
                None => primitive(name).or_else(|| standard(|it| it.1 == *name)),
            },
            _ => None,
        }
    }

    fn of_ndarray(&self, name: &str, arguments: Vec<&'a syn::Type>) -> Option<Meaning<'a>> {
        let stem = name.trim_end_matches(|it: char| it.is_ascii_digit());
        let (_, family) = FAMILIES.into_iter().find(|(name, _)| *name == stem)?;
        let (rank, element) = match arguments.as_slice() {
            [element] => (name.strip_prefix(stem)?.parse().ok()?, element),
            [element, dimension] if name == stem => (self.rank(dimension)?, element),
            _ => return None,
        };
        Some(Meaning::Ndarray(family, rank, element))
    }

    /// The rank that a type of ndarray stands for: `Ix2` for 2.
    fn rank(&self, dimension: &syn::Type) -> Option<usize> {
        let syn::Type::Path(path) = dimension else { return None };
        let path = self.full(&path.path);
        let [_, name] = path.as_slice() else { return None };
        name.strip_prefix("Ix")?.parse().ok()
    }

    /// The path from a crate's root. `crate` is the file's own.
    fn full(&self, path: &syn::Path) -> Vec<String> {
        let mut names: Vec<_> = path.segments.iter().map(|it| it.ident.to_string()).collect();
        if path.leading_colon.is_none() {
            // One import may build on another, or on itself.
            for _ in 0..MAX_IMPORTS {
                match self.step(&names) {
                    Some(next) => names = next,
                    None => break,
                }
            }
        }
        usual(names)
    }

    fn step(&self, names: &[String]) -> Option<Vec<String>> {
        let (first, rest) = names.split_first()?;
        let is_own = |name: &String| {
            self.aliases.contains_key(name) || self.declared.has(self.owner.clone(), name)
        };
        if first == "self" {
            return Some([&["crate".to_owned()], rest].concat());
        }
        if first == "crate" {
            let imported = self.imports.get(rest.first()?).filter(|_| !is_own(&rest[0]))?;
            return Some([imported, &rest[1..]].concat());
        }
        if is_own(first) {
            return Some([&["crate".to_owned()], names].concat());
        }
        if let Some(import) = self.imports.get(first) {
            return Some([import, rest].concat());
        }
        let globs = self.globs.iter().map(|glob| usual([&glob[..], names].concat()));
        globs.rev().find(|path| self.is_known(path))
    }

    /// Whether there is something at the path that a glob import may have brought.
    fn is_known(&self, path: &[String]) -> bool {
        let [module, name] = path else { return false };
        match module.as_str() {
            "ndarray" => name.starts_with("Array") || name.starts_with("Ix"),
            "wire" => name == "Callback",
            "learner" => self.declared.has(Owner::Lesson, name),
            lesson => self.declared.has(earlier(lesson), name),
        }
    }
}

fn earlier(lesson: &str) -> Owner {
    Owner::Earlier(lesson.to_owned())
}

/// How many imports a name may lead through.
const MAX_IMPORTS: usize = 16;

/// A path by its best-known name.
fn usual(names: Vec<String>) -> Vec<String> {
    let path: Vec<_> = names.iter().map(String::as_str).collect();
    let usual = match path.as_slice() {
        ["ndarray", "prelude", rest @ ..] => [&["ndarray"], rest].concat(),
        ["std" | "core", "primitive", name] => vec![*name],
        ["core" | "alloc", rest @ ..] => [&["std"], rest].concat(),
        path => path.to_vec(),
    };
    usual.into_iter().map(str::to_owned).collect()
}

fn standard<'a>(is_meant: impl Fn(&(&str, &str, usize)) -> bool) -> Option<Meaning<'a>> {
    let (module, name, count) = STANDARD.into_iter().find(is_meant)?;
    Some(Meaning::Standard(module, name, count))
}

fn primitive<'a>(name: &str) -> Option<Meaning<'a>> {
    PRIMITIVES.into_iter().find(|it| *it == name).map(Meaning::Primitive)
}

fn plain(crossing: Type, passing: Passing) -> Parameter {
    Parameter { crossing, passing, taken: Vec::new() }
}

/// What a `where` clause asks of a type parameter.
fn further_bounds<'a>(
    signature: &'a Signature,
    parameter: &syn::Ident,
) -> impl Iterator<Item = &'a TypeParamBound> {
    let clause = signature.generics.where_clause.iter().flat_map(|it| &it.predicates);
    let of_parameter = move |predicate: &'a WherePredicate| match predicate {
        WherePredicate::Type(it) => match &it.bounded_ty {
            syn::Type::Path(path) if path.path.is_ident(parameter) => Some(&it.bounds),
            _ => None,
        },
        _ => None,
    };
    clause.filter_map(of_parameter).flatten()
}

/// The signature of what is bounded by one of the traits of functions, and by nothing that a closure
/// over a callback is not.
fn callable<'a>(
    bounds: impl IntoIterator<Item = &'a TypeParamBound>,
) -> Result<&'a ParenthesizedGenericArguments, Why> {
    let mut found = None;
    for bound in bounds {
        match bound {
            TypeParamBound::Lifetime(it) if it.ident != "static" => (),
            TypeParamBound::Trait(it) if it.maybe.is_some() => (),
            TypeParamBound::Trait(it) => {
                let last = it.path.segments.last();
                let name = last.map(|it| it.ident.to_string()).unwrap_or_default();
                match (name.as_str(), last.map(|it| &it.arguments)) {
                    ("Fn" | "FnMut" | "FnOnce", Some(PathArguments::Parenthesized(it))) => {
                        found = Some(it);
                    }
                    ("Copy" | "Clone", _) => (),
                    _ => return Err(format!("a value that is `{name}` does not cross")),
                }
            }
            bound => return Err(format!("a value that is `{}` does not cross", written(bound))),
        }
    }
    found.ok_or_else(|| "a value of any type does not cross".to_owned())
}

fn type_arguments(path: &syn::Path) -> Vec<&syn::Type> {
    let Some(PathArguments::AngleBracketed(arguments)) =
        path.segments.last().map(|it| &it.arguments)
    else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|it| match it {
        GenericArgument::Type(it) => Some(it),
        _ => None,
    });
    types.collect()
}

fn length(expression: &Expr) -> Option<usize> {
    let Expr::Lit(ExprLit { lit: Lit::Int(length), .. }) = expression else { return None };
    length.base10_parse().ok()
}

fn foreign(found: &syn::Type) -> Why {
    format!("`{}` does not cross", written(found))
}

/// As in the source.
fn written(node: &(impl Spanned + quote::ToTokens)) -> String {
    node.span().source_text().unwrap_or_else(|| node.to_token_stream().to_string())
}
