use proc_macro2::TokenStream;
use quote::quote;
use syn::{Block, Ident, LitStr, Path, Result, Stmt, Type, ext::IdentExt as _, parse_quote};

use crate::observe::options::{Options, function};
use crate::observe::returned;
use crate::observe::shape::Shape;

pub(crate) fn observe(attribute: TokenStream, item: TokenStream, path: &Path) -> Result<TokenStream> {
    let options = Options::parse(attribute)?;
    let mut function = function(item)?;
    let operation = operation(&options, &function.sig.ident, path);
    let (block, output) = (&function.block, &function.sig.output);
    let ty = returned::in_body(output);
    let body = match Shape::of(&function) {
        Shape::Sync if returned::is_never(output) => {
            let ended = ended(path, None);
            quote! { #path::__private::observe_sync(#operation, move || -> ! #block, #ended) }
        }
        Shape::Sync => {
            let ended = ended(path, Some(&ty));
            quote! { #path::__private::observe_sync(#operation, move || -> #ty #block, #ended) }
        }
        Shape::Async if returned::is_never(output) => {
            // `!` is not yet a type that a future can return.
            let (never, ended) = (quote! { ::core::convert::Infallible }, ended(path, None));
            quote! {
                match #path::__private::observe_async(#operation, async move {
                    #[allow(unreachable_code, reason = "the body never ends")]
                    { let never: #never = #block; never }
                }, #ended).await {}
            }
        }
        Shape::Async => {
            let (edge, ended) = (edge(&ty), ended(path, Some(&ty)));
            quote! { #path::__private::observe_async(#operation, async move { #edge #block }, #ended).await }
        }
        Shape::Opaque(gives) => {
            let ended = ended(path, Some(&gives));
            quote! {
                #path::__private::observe_async(#operation, #path::__private::call_once(move || #block), #ended)
            }
        }
        Shape::Boxed(pinned) => {
            let ended = ended(path, Some(&parse_quote! { <#ty as ::core::future::Future>::Output }));
            let (others, future) = match pinned {
                Some(future) => (others(block), quote! { #future }),
                None => {
                    let future = quote! { #path::__private::call_once(move || -> #ty #block) };
                    (<&[Stmt]>::default(), future)
                }
            };
            quote! {
                #(#others)*
                ::std::boxed::Box::pin(#path::__private::observe_async(#operation, #future, #ended))
            }
        }
    };
    *function.block = syn::parse2(quote! { { #body } })?;
    Ok(quote! { #function })
}

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

/// Method resolution decides from the value's type whether the call failed: it prefers the most specific trait.
fn ended(path: &Path, ty: Option<&Type>) -> TokenStream {
    let ty = ty.map(|ty| quote! { : &#ty });
    quote! {
        |returned #ty| {
            #[allow(unused_imports, reason = "which of them is used depends on the type")]
            use #path::__private::{
                EndsByBoxedError as _, EndsByError as _, EndsByResult as _, EndsByReturn as _, EndsBySentError as _,
                EndsByText as _,
            };
            (&&&&&&#path::__private::Returned(returned)).ended()
        }
    }
}

/// An unreachable `return` that comes first, so that the compiler infers this type and coerces the others to it.
fn edge(ty: &Type) -> TokenStream {
    quote! {
        #[allow(
            unreachable_code,
            clippy::diverging_sub_expression,
            clippy::empty_loop,
            clippy::let_unit_value,
            clippy::let_with_type_underscore,
            clippy::needless_return,
            reason = "it only fixes the type"
        )]
        if false {
            let returned: #ty = loop {};
            return returned;
        }
    }
}

fn others(block: &Block) -> &[Stmt] {
    block.stmts.split_last().map(|(_, others)| others).unwrap_or_default()
}
