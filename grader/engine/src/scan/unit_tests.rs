//! Unit tests are no part of what is graded: the compiler never sees them.

use syn::{
    Attribute, Block, File, ImplItem, Item, ItemImpl, ItemMod, ItemTrait, Local, Path, Stmt,
    TraitItem,
    visit_mut::{self, VisitMut},
};

/// Leaves out what is there for tests alone.
pub fn leave_out(file: &mut File) {
    if file.attrs.iter().any(is_for_tests) {
        file.items.clear();
    }
    LeaveOut.visit_file_mut(file);
}

struct LeaveOut;

impl VisitMut for LeaveOut {
    fn visit_file_mut(&mut self, file: &mut File) {
        file.items.retain(|item| !item_attributes(item).iter().any(is_for_tests));
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        if let Some((_, items)) = &mut module.content {
            items.retain(|item| !item_attributes(item).iter().any(is_for_tests));
        }
        visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_impl_mut(&mut self, item: &mut ItemImpl) {
        item.items.retain(|member| match member {
            ImplItem::Fn(function) => !function.attrs.iter().any(is_for_tests),
            _ => true,
        });
        visit_mut::visit_item_impl_mut(self, item);
    }

    fn visit_item_trait_mut(&mut self, item: &mut ItemTrait) {
        item.items.retain(|member| match member {
            TraitItem::Fn(function) => !function.attrs.iter().any(is_for_tests),
            _ => true,
        });
        visit_mut::visit_item_trait_mut(self, item);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        block.stmts.retain(|statement| match statement {
            Stmt::Item(item) => !item_attributes(item).iter().any(is_for_tests),
            Stmt::Local(Local { attrs, .. }) => !attrs.iter().any(is_for_tests),
            _ => true,
        });
        visit_mut::visit_block_mut(self, block);
    }
}

fn item_attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::ExternCrate(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

/// `#[test]`, or `#[cfg(test)]` as such: what else a condition may say is the compiler's to judge.
fn is_for_tests(attribute: &Attribute) -> bool {
    let is_condition = attribute.path().is_ident("cfg")
        && attribute.parse_args::<Path>().is_ok_and(|path| path.is_ident("test"));
    attribute.path().is_ident("test") || is_condition
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    fn left(text: &str) -> String {
        let mut file = syn::parse_file(text).unwrap();
        leave_out(&mut file);
        file.into_token_stream().to_string().replace(' ', "")
    }

    #[test]
    fn tests_are_left_out_wherever_they_stand() {
        for text in [
            "#[cfg(test)] mod tests { unsafe fn f() {} }",
            "#[cfg(test)] mod tests;",
            "#[test] fn f() { unsafe {} }",
            "#[cfg(test)] use a::b;",
            "#[cfg(test)] macro_rules! m { () => {} }",
        ] {
            assert_eq!(left(text), "", "{text}");
            assert_eq!(left(&format!("mod a {{ {text} }}")), "moda{}", "{text}");
            assert_eq!(left(&format!("fn f() {{ {text} }}")), "fnf(){}", "{text}");
        }
        assert_eq!(left("impl S { #[cfg(test)] fn f() {} }"), "implS{}");
        assert_eq!(left("#![cfg(test)] fn f() {}"), "#![cfg(test)]");
    }

    #[test]
    fn other_conditions_stay() {
        for text in ["#[cfg(not(test))]fnf(){}", "#[cfg(any(test,unix))]fnf(){}", "fntest(){}"] {
            let spaced = text.replace("fn", "fn ");
            assert_eq!(left(&spaced), text);
        }
    }
}
