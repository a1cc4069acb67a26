//! Runs an entry point: parses, expands with the paths of one crate, and converts an error into a compile error.

use proc_macro::TokenStream;
use syn::{DeriveInput, Path, Result};

type Derive = fn(&DeriveInput, &Path) -> Result<proc_macro2::TokenStream>;
type Attribute =
    fn(proc_macro2::TokenStream, proc_macro2::TokenStream, &Path) -> Result<proc_macro2::TokenStream>;

pub(crate) fn derive(derive: Derive, input: TokenStream, path: &str) -> TokenStream {
    syn::parse(input)
        .and_then(|input| derive(&input, &syn::parse_str(path)?))
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

pub(crate) fn attribute(
    expand: Attribute,
    attribute: TokenStream,
    item: TokenStream,
    path: &str,
) -> TokenStream {
    let expanded = syn::parse_str(path).and_then(|path| expand(attribute.into(), item.into(), &path));
    expanded.unwrap_or_else(|error| error.to_compile_error()).into()
}
