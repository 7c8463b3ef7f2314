//! What the parameters of functions are called.

/// The names of the parameters of a file's functions.
pub struct ParameterNames(Vec<syn::Signature>);

impl ParameterNames {
    pub fn of(text: &str) -> Self {
        let items = syn::parse_file(text).map(|file| file.items).unwrap_or_default();
        let signature = |item| match item {
            syn::Item::Fn(function) => Some(function.sig),
            _ => None,
        };
        Self(items.into_iter().filter_map(signature).collect())
    }

    pub fn of_function(&self, function: &str) -> Vec<String> {
        let function = contract::in_any_precision(function);
        let signature = self.0.iter().find(|signature| signature.ident == function);
        let name = |argument: &syn::FnArg| match argument {
            syn::FnArg::Typed(typed) => {
                use quote::ToTokens as _;
                typed.pat.to_token_stream().to_string()
            }
            syn::FnArg::Receiver(_) => String::new(),
        };
        signature.into_iter().flat_map(|it| it.inputs.iter().map(name)).collect()
    }
}
