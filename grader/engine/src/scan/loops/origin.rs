//! What an expression stands for, as far as its form tells.

use std::collections::BTreeMap;

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

/// Methods whose results are sizes, whatever they are asked of.
const SIZES: [&str; 11] = [
    "axes", "dim", "is_empty", "len", "len_of", "ncols", "ndim", "nrows", "raw_dim", "shape",
    "strides",
];

/// No array has more axes: whoever counts so far walks over no samples.
const MAX_AXES: usize = 4;

/// What the items of a file say of names: of types, of fields, and of what functions give.
#[derive(Debug, Default)]
pub struct Names {
    types: BTreeMap<String, Origin>,
    fields: BTreeMap<String, Origin>,
    results: BTreeMap<String, Origin>,
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
            Expr::Range(it) => of_range(it),
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

    /// What the names in a pattern are bound to, where the whole is `origin`.
    pub fn bind(&self, pattern: &Pat, origin: Origin, bound: &mut BTreeMap<String, Origin>) {
        match pattern {
            Pat::Ident(it) => {
                bound.insert(it.ident.unraw().to_string(), origin);
            }
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

fn of_range(range: &ExprRange) -> Origin {
    let Some(Expr::Lit(end)) = range.end.as_deref() else { return Origin::Range };
    let Lit::Int(end) = &end.lit else { return Origin::Range };
    let is_short = end.base10_parse::<usize>().is_ok_and(|end| end <= MAX_AXES);
    if is_short { Origin::Sizes } else { Origin::Range }
}
