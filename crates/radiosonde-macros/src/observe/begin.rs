//! Generates the beginning of a call: its operation, and the span if it has fields of its own.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Ident, LitStr, Path};

use crate::observe::fields::Field;
use crate::observe::options::Options;

/// Generates the operation, built at the first call, in a block of its own so that it shadows no name of the function.
fn operation(options: &Options, ident: &Ident, path: &Path) -> TokenStream {
    let function = LitStr::new(&ident.unraw().to_string(), ident.span());
    let is_chosen = options.name.is_some();
    let name = options.name.as_ref().unwrap_or(&function);
    quote! {
        {
            static OPERATION: ::std::sync::OnceLock<#path::Operation> = ::std::sync::OnceLock::new();
            OPERATION.get().unwrap_or_else(|| {
                let function = ::core::concat!(
                    ::core::module_path!(), "::", #function, " (", ::core::file!(), ":", ::core::line!(), ")"
                );
                #path::__private::operation(&OPERATION, #name, function, #is_chosen)
            })
        }
    }
}

/// A call that begins where the fields' expressions can still read the arguments: a record if there are fields.
pub(crate) fn now(options: &Options, ident: &Ident, path: &Path) -> TokenStream {
    let operation = operation(options, ident, path);
    if options.fields.is_empty() {
        return operation;
    }
    let span = span(path, options.fields.iter().map(Field::recorded));
    quote! { #path::__private::start(#operation, #span) }
}

/// A call that begins at the first poll, when the arguments may be gone: a statement that keeps the fields' values, and the
/// call's beginning.
pub(crate) fn later(options: &Options, ident: &Ident, path: &Path) -> (TokenStream, TokenStream) {
    let operation = operation(options, ident, path);
    if options.fields.is_empty() {
        return (TokenStream::new(), operation);
    }
    // The body, whose names must not be shadowed, may follow.
    let kept = Ident::new("kept", Span::mixed_site());
    let values = options.fields.iter().map(|field| field.value(path));
    let span = span(path, options.fields.iter().enumerate().map(|(at, field)| field.kept(&kept, at)));
    (
        quote! { let #kept = #path::__private::keep([#(#values),*]); },
        quote! { #path::__private::opening(#operation, move #span) },
    )
}

/// Generates a closure that opens the span with these fields besides those of every operation.
fn span(path: &Path, fields: impl Iterator<Item = TokenStream>) -> TokenStream {
    // The fields' expressions may use an argument of this name.
    let operation = Ident::new("operation", Span::mixed_site());
    let tracing = quote! { #path::__private::tracing };
    quote! {
        |#operation: &#path::Operation| #tracing::info_span!(
            target: "radiosonde::operation",
            "operation",
            otel.name = #operation.name(),
            otel.status_code = #tracing::field::Empty,
            otel.status_description = #tracing::field::Empty,
            operation = #operation.name(),
            #(#fields),*
        )
    }
}
