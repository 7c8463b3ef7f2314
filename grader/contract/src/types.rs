//! Types of signatures: what they are, and as what they cross.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens as _, quote};

use crate::in_any_precision;

/// The module that declares a type of the contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The learner's crate.
    Lesson,
    /// `adapter.rs`.
    Adapter,
    /// The crate of an earlier lesson, by its id.
    Earlier(String),
}

impl Owner {
    /// Whether the lesson only uses what is declared there.
    pub fn is_earlier(&self) -> bool {
        matches!(self, Self::Earlier(_))
    }
}

/// What something of the contract is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// In the module that checks see: an identifier.
    pub in_checks: String,
    /// In the learner's crate, on the wire and in messages: `Cache<f32>` for an instance.
    pub written: String,
}

/// A type that crosses. It owns what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `bool`, a float or a whole number.
    Primitive(&'static str),
    /// `Vec`, `String`, `Option` or `Result`, with its module in the standard library.
    Standard(&'static str, &'static str, Vec<Type>),
    /// An array of ndarray, with its rank.
    Array(usize, Box<Type>),
    /// `[T; N]`.
    Fixed(Box<Type>, usize),
    /// A tuple; the empty one is the result of a function without one.
    Tuple(Vec<Type>),
    /// A function that the grader evaluates, with the tuple of its arguments and its result.
    Callback(Box<Type>, Box<Type>),
    /// A struct or an enum of the contract, or of an earlier lesson's.
    Own(Owner, Name),
}

impl Name {
    /// A type, in the learner's crate.
    fn of_type(&self) -> TokenStream {
        let Some((name, number)) = self.written.split_once('<') else {
            return ident(&self.written).into_token_stream();
        };
        // A learner may have given another meaning to `f32`.
        let (name, number) = (ident(name), primitive(number.trim_end_matches('>')));
        quote!(#name<#number>)
    }

    /// True for an instance in single precision of a function.
    pub fn is_single(&self) -> bool {
        in_any_precision(&self.written) != self.written
    }

    /// A function, in the learner's crate. Its arguments tell which instance is meant; a learner's function
    /// may have further parameters.
    pub fn of_function(&self) -> Ident {
        ident(in_any_precision(&self.written))
    }
}

impl Type {
    pub const UNIT: Self = Self::Tuple(Vec::new());

    pub fn vec(element: Self) -> Self {
        Self::Standard("vec", "Vec", vec![element])
    }

    pub fn string() -> Self {
        Self::Standard("string", "String", Vec::new())
    }

    /// Whether a callback is part of it.
    pub fn holds_callback(&self) -> bool {
        match self {
            Self::Callback(..) => true,
            Self::Standard(_, _, parts) | Self::Tuple(parts) => {
                parts.iter().any(Self::holds_callback)
            }
            Self::Array(_, part) | Self::Fixed(part, _) => part.holds_callback(),
            Self::Primitive(_) | Self::Own(..) => false,
        }
    }

    /// The declared types that are part of it.
    pub fn declared(&self) -> Vec<(&Owner, &Name)> {
        match self {
            Self::Own(owner, name) => vec![(owner, name)],
            Self::Standard(_, _, parts) | Self::Tuple(parts) => {
                parts.iter().flat_map(Self::declared).collect()
            }
            Self::Array(_, part) | Self::Fixed(part, _) => part.declared(),
            Self::Callback(arguments, output) => {
                [arguments, output].into_iter().flat_map(|part| part.declared()).collect()
            }
            Self::Primitive(_) => Vec::new(),
        }
    }
}

/// How a function takes an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    Owned,
    Borrowed,
    /// By `&mut`: the changed value comes back.
    Changed,
    /// As a view, by reference or not.
    View {
        borrowed: bool,
    },
    /// As a view through which it is changed, by reference or not.
    ViewMut {
        borrowed: bool,
    },
    /// A closure over a callback, by value, by `&` or by `&mut`.
    Closure(Reference),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    None,
    Shared,
    Mutable,
}

impl Passing {
    /// Whether the value that was passed comes back.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Changed | Self::ViewMut { .. })
    }
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// As what it crosses.
    pub crossing: Type,
    pub passing: Passing,
    /// Of a closure: how it takes its own arguments.
    pub taken: Vec<Taken>,
}

/// How a closure takes an argument, which a callback must own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    Owned(Type),
    /// `&T`.
    Reference(Type),
    /// `&[T]`, by the type of its elements.
    Slice(Type),
    /// `&str`.
    Text,
    /// A view, with rank and type of its elements.
    View(usize, Type),
    /// `&ArrayRef`, with rank and type of its elements.
    ArrayRef(usize, Type),
}

impl Taken {
    /// The type of what a callback gets instead.
    pub fn owned(&self) -> Type {
        match self {
            Self::Owned(inner) | Self::Reference(inner) => inner.clone(),
            Self::Slice(element) => Type::vec(element.clone()),
            Self::Text => Type::string(),
            Self::View(rank, element) | Self::ArrayRef(rank, element) => {
                Type::Array(*rank, Box::new(element.clone()))
            }
        }
    }
}

/// The paths by which generated code reaches what it names, where it stands.
pub struct Paths {
    pub std: TokenStream,
    pub ndarray: TokenStream,
    pub wire: TokenStream,
    /// Before the name of a type of the lesson's, with its `::`.
    pub lesson: TokenStream,
    /// Before the name of a type of the adapter's, with its `::`.
    pub adapter: TokenStream,
    /// Before the id of an earlier lesson.
    pub earlier: TokenStream,
    /// Whether types have the names that checks know.
    pub in_checks: bool,
}

impl Paths {
    /// In the module that checks see.
    pub fn of_checks() -> Self {
        Self {
            std: quote!(::std),
            ndarray: quote!(::engine::ndarray),
            wire: quote!(::engine::wire),
            lesson: quote!(self::),
            adapter: quote!(self::),
            earlier: quote!(self::),
            in_checks: true,
        }
    }

    /// In a module of that module, which has the types of an earlier lesson.
    pub fn of_earlier() -> Self {
        Self { earlier: quote!(super::), ..Self::of_checks() }
    }

    /// At the root of a worker, whose crate may have given any name without `::` another meaning.
    pub fn of_root() -> Self {
        Self {
            std: quote!(::gradlings_wire::std),
            ndarray: quote!(::gradlings_wire::ndarray),
            wire: quote!(::gradlings_wire),
            lesson: quote!(crate::),
            adapter: quote!(adapter::),
            earlier: quote!(::),
            in_checks: false,
        }
    }

    /// Where a worker calls functions of its crate.
    pub fn of_calls() -> Self {
        Self { lesson: quote!(learner::), ..Self::of_root() }
    }

    /// In the module of the adapter.
    pub fn of_adapter() -> Self {
        Self { adapter: quote!(self::), ..Self::of_calls() }
    }

    /// `found`, as it is written there.
    pub fn owned(&self, found: &Type) -> TokenStream {
        let Self { std, ndarray, wire, .. } = self;
        match found {
            Type::Primitive(name) => primitive(name),
            Type::Standard(module, name, parts) => {
                let (module, name) = (ident(module), ident(name));
                let parts = Some(self.all(parts)).filter(|it| !it.is_empty());
                let parts = parts.map(|parts| quote!(<#(#parts),*>));
                quote!(#std::#module::#name #parts)
            }
            Type::Array(rank, element) => {
                let (name, element) = (ident(&format!("Array{rank}")), self.owned(element));
                quote!(#ndarray::#name<#element>)
            }
            Type::Fixed(element, length) => {
                let (element, length) = (self.owned(element), Literal::usize_unsuffixed(*length));
                quote!([#element; #length])
            }
            Type::Tuple(parts) => {
                let parts = self.all(parts);
                quote!((#(#parts,)*))
            }
            Type::Callback(arguments, output) => {
                let (arguments, output) = (self.owned(arguments), self.owned(output));
                quote!(#wire::Callback<#arguments, #output>)
            }
            Type::Own(owner, name) => self.own(owner, name),
        }
    }

    /// A declared type.
    pub fn own(&self, owner: &Owner, name: &Name) -> TokenStream {
        let module = match owner {
            Owner::Lesson => self.lesson.clone(),
            Owner::Adapter => self.adapter.clone(),
            Owner::Earlier(id) => {
                let (before, id) = (&self.earlier, ident(id));
                quote!(#before #id::)
            }
        };
        let name = if self.in_checks {
            ident(&name.in_checks).into_token_stream()
        } else {
            name.of_type()
        };
        quote!(#module #name)
    }

    fn all(&self, types: &[Type]) -> Vec<TokenStream> {
        types.iter().map(|it| self.owned(it)).collect()
    }

    /// The type of an argument as a closure takes it.
    pub fn taken(&self, taken: &Taken) -> TokenStream {
        let ndarray = &self.ndarray;
        match taken {
            Taken::Owned(inner) => self.owned(inner),
            Taken::Reference(inner) => {
                let inner = self.owned(inner);
                quote!(&#inner)
            }
            Taken::Slice(element) => {
                let element = self.owned(element);
                quote!(&[#element])
            }
            Taken::Text => quote!(&::core::primitive::str),
            Taken::View(rank, element) => {
                let (name, element) = (ident(&format!("ArrayView{rank}")), self.owned(element));
                quote!(#ndarray::#name<'_, #element>)
            }
            Taken::ArrayRef(rank, element) => {
                let (name, element) = (ident(&format!("ArrayRef{rank}")), self.owned(element));
                quote!(&#ndarray::#name<#element>)
            }
        }
    }
}

pub fn primitive(name: &str) -> TokenStream {
    let name = ident(name);
    quote!(::core::primitive::#name)
}

/// An identifier, raw or not.
pub fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}
