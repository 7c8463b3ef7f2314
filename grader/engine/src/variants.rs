//! Variants of a solution: modules over it that replace some of its functions.
//!
//! `wrong.rs` holds wrong ones, which must be failed and named; `correct.rs` holds correct ones in
//! another style, which must keep their points. Both are compiled into one worker each, beside the
//! solution itself.

use syn::{Expr, ExprLit, Item, Lit, Meta};

/// One variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The name of its module.
    pub name: String,
    /// The documentation of its module: of a wrong variant, what a good tutor would say.
    pub explanation: String,
}

/// The variants that a file declares: its public modules and their documentation.
pub fn variants(text: &str) -> Vec<Variant> {
    let items = syn::parse_file(text).map(|file| file.items).unwrap_or_default();
    let modules = items.into_iter().filter_map(|item| match item {
        Item::Mod(module) if matches!(module.vis, syn::Visibility::Public(_)) => Some(module),
        _ => None,
    });
    let variant = |module: syn::ItemMod| {
        let lines: Vec<_> = module.attrs.iter().filter_map(|it| documentation(&it.meta)).collect();
        Variant { name: module.ident.to_string(), explanation: lines.join(" ") }
    };
    modules.map(variant).collect()
}

fn documentation(meta: &Meta) -> Option<String> {
    let Meta::NameValue(pair) = meta else { return None };
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
    pair.path.is_ident("doc").then(|| text.value().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_is_a_public_module_with_its_documentation() {
        let found =
            variants("//! File.\n/// Your sign\n/// is wrong.\npub mod flipped {}\nmod helper {}");
        let flipped =
            Variant { name: "flipped".to_owned(), explanation: "Your sign is wrong.".to_owned() };
        assert_eq!(found, [flipped]);
    }
}
