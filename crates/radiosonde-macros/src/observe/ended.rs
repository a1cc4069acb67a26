//! Generates the closure that reads the outcome from a return value, or from an item of a stream.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Ident, Path, Type};

use crate::observe::options::Options;

/// Method resolution decides from the value's type whether the call failed: it prefers the most specific trait.
pub(crate) fn ended(options: &Options, path: &Path, ty: Option<&Type>) -> TokenStream {
    let ty = ty.map(|ty| quote! { : &#ty });
    // A hook's path may be a name of the function's.
    let [returned, span, inner] =
        ["returned", "span", "inner"].map(|name| Ident::new(name, Span::mixed_site()));
    let ended = quote! {
        #path::__private::named(
            (&&&&&&#path::__private::Returned(#returned)).ended(),
            (&&#path::__private::Returned(#returned)).error_kind(),
        )
    };
    let err = options.err.as_ref().map(|hook| {
        let error_of = quote_spanned! { hook.span() => #path::__private::error_of };
        quote! {
            #path::__private::named(#ended, match #error_of(#returned) {
                ::core::option::Option::Some(#inner) => #path::__private::on_error(#span, || #hook(#inner)),
                ::core::option::Option::None => ::core::option::Option::None,
            })
        }
    });
    let ok = options.ok.as_ref().map(|hook| {
        quote! {
            if let ::core::option::Option::Some(#inner) = {
                #[allow(unused_imports, reason = "which of them is used depends on the type")]
                use #path::__private::{OkOfResult as _, OkOfReturn as _};
                (&&#path::__private::Returned(#returned)).ok_value()
            } {
                #path::__private::on_ok(#span, || { #hook(#inner); });
            }
        }
    });
    let ended = err.unwrap_or(ended);
    quote! {
        |#returned #ty, #span: &#path::Record<#path::Operation>| {
            #[allow(unused_imports, reason = "which of them is used depends on the type")]
            use #path::__private::{
                EndsByBoxedError as _, EndsByError as _, EndsByResult as _, EndsByReturn as _, EndsBySentError as _,
                EndsByText as _, HasErrorKind as _, HasNoErrorKind as _,
            };
            let #span = #span.span();
            let _ = #span;
            #ok
            #ended
        }
    }
}
