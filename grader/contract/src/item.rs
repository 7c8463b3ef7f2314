//! The public items of a lesson, as a learner's file must have them.

use std::{borrow::Cow, ops::Range};

use quote::ToTokens;
use serde::{Deserialize, Serialize};
use syn::{
    Attribute, Field, FnArg, ItemTrait, TraitItem, Variant, Visibility, spanned::Spanned, token,
};

/// A public function, struct, enum, trait or type alias at the root of a crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The name, as in `pub fn name`.
    pub name: Cow<'static, str>,
    /// As written, without documentation and without a function's body.
    pub text: Cow<'static, str>,
    /// What must be equal in two crates for the items to be the same: the types of a function, the
    /// fields of a struct, the variants of an enum, the whole of a trait. Two ways to write one
    /// signature compare equal.
    pub types: Cow<'static, str>,
}

impl Item {
    /// True for the same struct with fields that others may not use.
    #[must_use]
    pub fn hides_fields_of(&self, expected: &Self) -> bool {
        self.types != expected.types && without_pub(&self.types).eq(without_pub(&expected.types))
    }
}

/// The words of types, without those that say who may use a field.
fn without_pub(types: &str) -> impl Iterator<Item = &str> {
    let says_who = |word: &&str| *word == "pub" || ["(crate)", "(super)", "(self)"].contains(word);
    types.split_whitespace().filter(move |word| !says_who(word))
}

/// The public items at the root of `file`, which was parsed from `text`.
#[must_use]
pub fn items(file: &syn::File, text: &str) -> Vec<Item> {
    file.items.iter().filter_map(|item| public_item(item, text)).collect()
}

fn public_item(item: &syn::Item, text: &str) -> Option<Item> {
    let (visibility, name, last) = match item {
        syn::Item::Fn(item) => (&item.vis, &item.sig.ident, item.sig.span()),
        syn::Item::Struct(item) => (&item.vis, &item.ident, item.span()),
        syn::Item::Enum(item) => (&item.vis, &item.ident, item.span()),
        syn::Item::Trait(item) => (&item.vis, &item.ident, item.span()),
        syn::Item::Type(item) => (&item.vis, &item.ident, item.span()),
        _ => return None,
    };
    let Visibility::Public(public) = visibility else { return None };
    let shown = shown(item, text, public.span().byte_range().start, last.byte_range().end)?;
    let undocumented = shown.lines().filter(|line| !line.trim_start().starts_with("///"));
    Some(Item {
        name: name.to_string().into(),
        text: undocumented.collect::<Vec<_>>().join("\n").into(),
        types: types(item).into(),
    })
}

/// The text from `start` to `end`, with a semicolon for each body of a trait's method.
fn shown(item: &syn::Item, text: &str, mut start: usize, end: usize) -> Option<String> {
    let mut shown = String::new();
    for body in bodies(item) {
        shown += text.get(start..body.start)?.trim_end();
        shown.push(';');
        start = body.end;
    }
    Some(shown + text.get(start..end)?)
}

fn bodies(item: &syn::Item) -> Vec<Range<usize>> {
    let syn::Item::Trait(item) = item else { return Vec::new() };
    let body = |member: &TraitItem| match member {
        TraitItem::Fn(method) => Some(method.default.as_ref()?.span().byte_range()),
        _ => None,
    };
    item.items.iter().filter_map(body).collect()
}

fn types(item: &syn::Item) -> String {
    let parts: Vec<String> = match item {
        syn::Item::Fn(item) => {
            let inputs = item.sig.inputs.iter().map(|input| match input {
                FnArg::Typed(typed) => tokens(&typed.ty),
                FnArg::Receiver(receiver) => tokens(receiver),
            });
            inputs.chain([tokens(&item.sig.output)]).collect()
        }
        syn::Item::Struct(item) => item.fields.iter().map(field).collect(),
        syn::Item::Enum(item) => item.variants.iter().map(variant).collect(),
        syn::Item::Trait(item) => vec![tokens(&without_documentation(item))],
        syn::Item::Type(item) => vec![tokens(&item.generics), tokens(&item.ty)],
        _ => Vec::new(),
    };
    parts.join(", ")
}

fn field(field: &Field) -> String {
    format!("{} {}: {}", tokens(&field.vis), tokens(&field.ident), tokens(&field.ty))
}

fn variant(variant: &Variant) -> String {
    let fields: Vec<_> = variant.fields.iter().map(field).collect();
    format!("{} {{{}}}", variant.ident, fields.join(", "))
}

/// The trait as it is compared: its methods count, with or without a body, and comments do not.
fn without_documentation(item: &ItemTrait) -> ItemTrait {
    let mut item = item.clone();
    item.attrs.retain(is_no_documentation);
    for member in &mut item.items {
        match member {
            TraitItem::Fn(method) => {
                method.attrs.retain(is_no_documentation);
                method.default = None;
                method.semi_token = Some(token::Semi::default());
            }
            TraitItem::Type(it) => it.attrs.retain(is_no_documentation),
            TraitItem::Const(it) => it.attrs.retain(is_no_documentation),
            _ => (),
        }
    }
    item
}

fn is_no_documentation(attribute: &Attribute) -> bool {
    !attribute.path().is_ident("doc")
}

fn tokens(node: &impl ToTokens) -> String {
    node.to_token_stream().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Item> {
        items(&syn::parse_file(text).unwrap(), text)
    }

    fn types(text: &str) -> String {
        of(text).remove(0).types.into_owned()
    }

    #[test]
    fn spelling_does_not_change_a_signature() {
        assert_eq!(
            types("pub fn f(x: f64) -> f64 { x }"),
            types("pub fn f( y : f64 )->f64 { 1.0 }")
        );
        assert_ne!(types("pub fn f(x: f64) -> f64 { x }"), types("pub fn f(x: f32) -> f64 { x }"));
        assert_eq!(types("pub enum E { A, B }"), types("pub enum E { /** doc */ A, B, }"));
        assert_ne!(types("pub enum E { A(f64) }"), types("pub enum E { A(f32) }"));
        assert_ne!(types("pub struct S { pub a: f64 }"), types("pub struct S { a: f64 }"));
        assert_ne!(types("pub type T = f64;"), types("pub type T = f32;"));
    }

    #[test]
    fn fields_that_others_may_not_use_are_noticed() {
        let item = |text| of(text).remove(0);
        let expected = item("pub struct S { pub a: f64, pub b: Vec<f64> }");
        let hides = |text| item(text).hides_fields_of(&expected);
        assert!(hides("pub struct S { a: f64, pub b: Vec<f64> }"));
        assert!(hides("pub struct S { pub(crate) a: f64, pub(super) b: Vec<f64> }"));
        assert!(!hides("pub struct S { pub a: f64, pub b: Vec<f64> }"));
        assert!(!hides("pub struct S { pub a: f64, pub b: Vec<f32> }"));
        assert!(item("pub struct S(f64);").hides_fields_of(&item("pub struct S(pub f64);")));
    }

    #[test]
    fn a_trait_is_what_its_members_are() {
        let written = "pub trait Layer { type Cache; fn forward(&self, x: f64) -> Self::Cache; }";
        let documented = "/// A layer.\npub trait Layer {\n    /// Kept.\n    type Cache;\n    \
                          /// Goes.\n    fn forward(&self, x: f64) -> Self::Cache { todo!() }\n}";
        assert_eq!(types(written), types(documented));
        assert_ne!(types(written), types(&written.replace("f64", "f32")));
    }

    #[test]
    fn an_item_is_shown_as_written_without_its_body() {
        let items = of("/// Doc.\npub fn f(x: f64) -> f64 {\n    x\n}\nfn private() {}");
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].text, "pub fn f(x: f64) -> f64");
        let items = of("pub trait T {\n    fn f() -> f64 {\n        1.0\n    }\n    fn g();\n}");
        assert_eq!(items[0].text, "pub trait T {\n    fn f() -> f64;\n    fn g();\n}");
    }
}
