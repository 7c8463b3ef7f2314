//! What an expression stands for, as far as its form tells.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::{Expr, ExprRange, Fields, Item, Lit, Pat, ReturnType, Type, ext::IdentExt};

/// What one could walk over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Numbers of samples or elements, or what is not many.
    Sizes,
    /// An array, or a part of it.
    Elements,
    /// Elements at equal places of several arrays.
    Zip,
    /// The same, with their places.
    Positions,
    Range,
    Unknown,
}

/// Methods whose results are sizes, or one element at most, whatever they are asked of.
const SIZES: [&str; 15] = [
    "axes", "dim", "first", "get", "is_empty", "last", "len", "len_of", "mean", "ncols", "ndim",
    "nrows", "raw_dim", "shape", "strides",
];

/// No array has more axes: whoever counts so far walks over no samples.
const MAX_AXES: usize = 4;

/// What the items of a file say of names: of types, of fields, and of what functions give.
#[derive(Debug, Default)]
pub struct Names {
    types: BTreeMap<String, Origin>,
    fields: BTreeMap<String, Origin>,
    results: BTreeMap<String, Origin>,
    /// Constants that are not more than an array has axes.
    short: BTreeSet<String>,
}

impl Names {
    pub fn of(items: &[Item]) -> Self {
        let mut names = Self::default();
        // Aliases first: fields and results name them.
        names.read_aliases(items);
        names.read(items);
        names
    }

    fn read_aliases(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Type(alias) => {
                    let origin = self.of_type(&alias.ty);
                    self.types.insert(alias.ident.unraw().to_string(), origin);
                }
                Item::Mod(module) => self.read_aliases(inner(module)),
                _ => (),
            }
        }
    }

    fn read(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Struct(it) => self.read_fields(&it.fields),
                Item::Const(it) if is_short(&it.expr) => {
                    self.short.insert(it.ident.to_string());
                }
                Item::Fn(it) => {
                    if let ReturnType::Type(_, result) = &it.sig.output {
                        let origin = self.of_type(result);
                        self.results.insert(it.sig.ident.unraw().to_string(), origin);
                    }
                }
                Item::Mod(module) => self.read(inner(module)),
                _ => (),
            }
        }
    }

    fn read_fields(&mut self, fields: &Fields) {
        for (at, field) in fields.iter().enumerate() {
            let name = field.ident.as_ref().map_or(at.to_string(), |it| it.unraw().to_string());
            let origin = self.of_type(&field.ty);
            let known = self.fields.entry(name).or_insert(origin);
            if *known != origin {
                *known = Origin::Unknown;
            }
        }
    }

    /// What values of a type are.
    pub fn of_type(&self, found: &Type) -> Origin {
        let mut sizes = false;
        for token in found.to_token_stream().to_string().split(|it: char| !it.is_alphanumeric()) {
            match token {
                "f64" | "f32" => return Origin::Elements,
                "usize" | "isize" | "u64" | "i64" | "u32" | "i32" | "bool" | "str" | "String" => {
                    sizes = true;
                }
                array if array.starts_with("Array") => return Origin::Elements,
                "Range" | "RangeInclusive" => return Origin::Range,
                alias => match self.types.get(alias) {
                    Some(Origin::Elements) => return Origin::Elements,
                    other => sizes |= other == Some(&Origin::Sizes),
                },
            }
        }
        if sizes { Origin::Sizes } else { Origin::Unknown }
    }

    pub fn field(&self, name: &str) -> Origin {
        self.fields.get(name).copied().unwrap_or(Origin::Unknown)
    }

    /// What an expression stands for where these names are bound.
    pub fn of_expression(&self, found: &Expr, bound: &BTreeMap<String, Origin>) -> Origin {
        let of = |inner: &Expr| self.of_expression(inner, bound);
        match found {
            Expr::Paren(it) => of(&it.expr),
            Expr::Group(it) => of(&it.expr),
            Expr::Reference(it) => of(&it.expr),
            Expr::Unary(it) => of(&it.expr),
            Expr::Try(it) => of(&it.expr),
            Expr::Index(it) => of(&it.expr),
            Expr::Cast(it) => self.of_type(&it.ty),
            Expr::Array(_) | Expr::Repeat(_) | Expr::Tuple(_) | Expr::Lit(_) => Origin::Sizes,
            Expr::Range(it) => self.of_range(it),
            Expr::Struct(it) if is_range(&it.path) => Origin::Range,
            Expr::Binary(it) => match (of(&it.left), of(&it.right)) {
                (Origin::Elements, _) | (_, Origin::Elements) => Origin::Elements,
                (left, _) => left,
            },
            Expr::MethodCall(it) if SIZES.iter().any(|name| it.method == name) => Origin::Sizes,
            Expr::MethodCall(it) => of(&it.receiver),
            Expr::Field(it) => self.field(&it.member.to_token_stream().to_string()),
            Expr::Call(it) => self.of_call(&it.func),
            Expr::Path(it) => {
                let name = it.path.get_ident().map(|name| name.unraw().to_string());
                name.and_then(|name| bound.get(&name).copied()).unwrap_or(Origin::Unknown)
            }
            Expr::Macro(it) if it.mac.path.is_ident("vec") => Origin::Sizes,
            Expr::Macro(it) if it.mac.path.is_ident("array") => Origin::Elements,
            _ => Origin::Unknown,
        }
    }

    fn of_call(&self, function: &Expr) -> Origin {
        let Expr::Path(function) = function else { return Origin::Unknown };
        let names: Vec<_> =
            function.path.segments.iter().map(|it| it.ident.unraw().to_string()).collect();
        match names.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [.., "Zip", "indexed"] => Origin::Positions,
            [.., "Zip", _] => Origin::Zip,
            [.., owner, _] if owner.starts_with("Array") => Origin::Elements,
            [.., name] => self.results.get(*name).copied().unwrap_or(Origin::Unknown),
            [] => Origin::Unknown,
        }
    }

    fn of_range(&self, range: &ExprRange) -> Origin {
        let is_constant = |end: &Expr| match end {
            Expr::Path(it) => {
                it.path.get_ident().is_some_and(|name| self.short.contains(&name.to_string()))
            }
            _ => false,
        };
        let is_short = range.end.as_deref().is_some_and(|end| is_short(end) || is_constant(end));
        if is_short { Origin::Sizes } else { Origin::Range }
    }

    /// What the names in a pattern are bound to, where the whole is `origin`.
    pub fn bind(&self, pattern: &Pat, origin: Origin, bound: &mut BTreeMap<String, Origin>) {
        match pattern {
            Pat::Ident(it) => {
                bound.insert(it.ident.unraw().to_string(), origin);
            }
            // A list of places is as good as a range.
            Pat::Type(it) if origin == Origin::Range => self.bind(&it.pat, origin, bound),
            Pat::Type(it) => self.bind(&it.pat, self.of_type(&it.ty), bound),
            Pat::Reference(it) => self.bind(&it.pat, origin, bound),
            Pat::Paren(it) => self.bind(&it.pat, origin, bound),
            Pat::Tuple(it) => it.elems.iter().for_each(|it| self.bind(it, origin, bound)),
            Pat::TupleStruct(it) => it.elems.iter().for_each(|it| self.bind(it, origin, bound)),
            Pat::Slice(it) => it.elems.iter().for_each(|it| self.bind(it, origin, bound)),
            Pat::Or(it) => it.cases.iter().for_each(|it| self.bind(it, origin, bound)),
            Pat::Struct(it) => it.fields.iter().for_each(|field| {
                let name = field.member.to_token_stream().to_string();
                self.bind(&field.pat, self.field(&name), bound);
            }),
            _ => (),
        }
    }
}

fn inner(module: &syn::ItemMod) -> &[Item] {
    module.content.as_ref().map_or(&[], |(_, items)| items)
}

/// True for a number of no more than an array has axes.
fn is_short(number: &Expr) -> bool {
    let Expr::Lit(number) = number else { return false };
    let Lit::Int(number) = &number.lit else { return false };
    number.base10_parse::<usize>().is_ok_and(|number| number <= MAX_AXES)
}

fn is_range(path: &syn::Path) -> bool {
    path.segments.last().is_some_and(|it| it.ident == "Range" || it.ident == "RangeInclusive")
}
