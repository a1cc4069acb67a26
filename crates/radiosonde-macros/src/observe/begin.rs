//! Generates the beginning of a call: its operation, and the span if it has fields of its own.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::visit_mut::{VisitMut, visit_type_mut};
use syn::{Expr, Ident, LitStr, Path, Type};

use crate::observe::fields::Field;
use crate::observe::options::Options;

/// A function under the attribute, as far as its operation is concerned.
pub(crate) struct Function<'a> {
    pub(crate) options: &'a Options,
    pub(crate) ident: &'a Ident,
    /// What a call returns, or an item of a stream; `None` for `!`.
    pub(crate) returned: Option<&'a Type>,
    pub(crate) path: &'a Path,
}

/// Generates the operation, built at the first call, in a block of its own so that it shadows no name of the function.
fn operation(&Function { options, ident, returned, path }: &Function<'_>) -> TokenStream {
    let function = LitStr::new(&ident.unraw().to_string(), ident.span());
    let (is_chosen, is_per_operation) = (options.name.is_some(), options.per_operation.is_some());
    let name = options.name.as_ref().unwrap_or(&function);
    let namespace = options.namespace.as_ref().map_or_else(String::new, LitStr::value);
    let private = quote! { #path::__private };
    let buckets = match &options.buckets {
        Some(Expr::Array(bounds)) => {
            quote! { ::core::option::Option::Some(const { #private::Buckets::from_static(&#bounds) }) }
        }
        Some(buckets) => quote! { ::core::option::Option::Some(#buckets) },
        None => quote! { ::core::option::Option::None },
    };
    let kinds = match returned.filter(|returned| has_name(returned)) {
        Some(returned) => quote! {
            {
                #[allow(unused_imports, reason = "which of them is used depends on the type")]
                use #private::{KindsOfError as _, KindsOfReturn as _};
                (&&#private::ReturnType::<#returned>::NEW).error_kinds()
            }
        },
        None => quote! { &[] },
    };
    quote! {
        {
            static OPERATION: ::std::sync::OnceLock<#path::Operation> = ::std::sync::OnceLock::new();
            OPERATION.get().unwrap_or_else(|| {
                let function = ::core::concat!(
                    ::core::module_path!(), "::", #function, " (", ::core::file!(), ":", ::core::line!(), ")"
                );
                let observed = #private::Observed {
                    name: #name,
                    function,
                    is_chosen: #is_chosen,
                    namespace: #namespace,
                    is_per_operation: #is_per_operation,
                    buckets: #buckets,
                    kinds: #kinds,
                };
                #private::operation(&OPERATION, observed)
            })
        }
    }
}

/// Whether the type can be written where nothing infers it.
fn has_name(ty: &Type) -> bool {
    struct Inferred(bool);

    impl VisitMut for Inferred {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            self.0 |= matches!(ty, Type::Infer(_));
            visit_type_mut(self, ty);
        }
    }

    let mut inferred = Inferred(false);
    inferred.visit_type_mut(&mut ty.clone());
    !inferred.0
}

/// A call that begins where the fields' expressions can still read the arguments: a record if there are fields.
pub(crate) fn now(function: &Function<'_>) -> TokenStream {
    let (&Function { options, path, .. }, operation) = (function, operation(function));
    if options.fields.is_empty() {
        return operation;
    }
    let span = span(path, options.fields.iter().map(Field::recorded));
    quote! { #path::__private::start(#operation, #span) }
}

/// A call that begins at the first poll, when the arguments may be gone: a statement that keeps the fields' values, and the
/// call's beginning.
pub(crate) fn later(function: &Function<'_>) -> (TokenStream, TokenStream) {
    let (&Function { options, path, .. }, operation) = (function, operation(function));
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
