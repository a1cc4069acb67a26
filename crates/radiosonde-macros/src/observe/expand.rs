use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::token::Brace;
use syn::{Block, Expr, ExprAsync, ItemFn, Path, Result, Stmt, Type, parse_quote};

use crate::observe::ended::ended;
use crate::observe::options::{Options, function};
use crate::observe::shape::Shape;
use crate::observe::{begin, returned};

pub(crate) fn observe(attribute: TokenStream, item: TokenStream, path: &Path) -> Result<TokenStream> {
    let options = Options::parse(attribute)?;
    let mut function = function(item)?;
    let expansion = Expansion { options: &options, function: &function, path };
    let body = match Shape::of(&function) {
        Shape::Sync => expansion.sync(),
        Shape::Async => expansion.asynchronous(),
        Shape::Future(output, work) => expansion.future(&output, work.as_ref()),
        Shape::Boxed(work) => expansion.boxed(work.as_ref()),
        Shape::Stream(item) => expansion.stream(&item),
        Shape::BoxedStream => expansion.boxed_stream(),
    };
    *function.block = syn::parse2(quote! { { #body } })?;
    Ok(quote! { #function })
}

struct Expansion<'a> {
    options: &'a Options,
    function: &'a ItemFn,
    path: &'a Path,
}

impl Expansion<'_> {
    fn block(&self) -> &Block {
        &self.function.block
    }

    fn ended(&self, ty: Option<&Type>) -> TokenStream {
        ended(self.options, self.path, ty)
    }

    fn begin_now(&self, returned: Option<&Type>) -> TokenStream {
        begin::now(&self.begins(returned))
    }

    fn begin_later(&self, returned: &Type) -> (TokenStream, TokenStream) {
        begin::later(&self.begins(Some(returned)))
    }

    fn begins<'a>(&'a self, returned: Option<&'a Type>) -> begin::Function<'a> {
        begin::Function { options: self.options, ident: &self.function.sig.ident, returned, path: self.path }
    }

    fn sync(&self) -> TokenStream {
        let (path, block) = (self.path, self.block());
        let output = &self.function.sig.output;
        if returned::is_never(output) {
            let (begin, ended) = (self.begin_now(None), self.ended(None));
            return quote! { #path::__private::observe_sync(#begin, move || -> ! #block, #ended) };
        }
        let ty = returned::in_body(output);
        let (begin, ended) = (self.begin_now(Some(&ty)), self.ended(Some(&ty)));
        quote! { #path::__private::observe_sync(#begin, move || -> #ty #block, #ended) }
    }

    fn asynchronous(&self) -> TokenStream {
        let (path, block) = (self.path, &generated(self.block()));
        let output = &self.function.sig.output;
        if returned::is_never(output) {
            // `!` is not yet a type that a future can return.
            let (never, begin) = (quote! { ::core::convert::Infallible }, self.begin_now(None));
            let ended = self.ended(None);
            return quote! {
                match #path::__private::observe_async(#begin, async move {
                    #[allow(unreachable_code, reason = "the body never ends")]
                    { let never: #never = #block; never }
                }, #ended).await {}
            };
        }
        let ty = returned::in_body(output);
        let (begin, edge, ended) = (self.begin_now(Some(&ty)), edge(&ty), self.ended(Some(&ty)));
        quote! { #path::__private::observe_async(#begin, async move { #edge #block }, #ended).await }
    }

    fn future(&self, output: &Type, work: Option<&Expr>) -> TokenStream {
        let (path, block, ended) = (self.path, self.block(), self.ended(Some(output)));
        let (keep, begin) = self.begin_later(output);
        match work {
            Some(Expr::Async(work)) if self.is_instrumented() => {
                let (others, observed) = (others(block), as_block(path, &begin, work, &ended));
                quote! { #keep #(#others)* #observed }
            }
            _ => {
                let work = quote! { #path::__private::call_once(move || #block) };
                quote! { #keep #path::__private::observe_async(#begin, #work, #ended) }
            }
        }
    }

    fn boxed(&self, work: Option<&Expr>) -> TokenStream {
        let (path, block) = (self.path, self.block());
        let ty = returned::in_body(&self.function.sig.output);
        let output = parse_quote! { <#ty as ::core::future::Future>::Output };
        let (ended, (keep, begin)) = (self.ended(Some(&output)), self.begin_later(&output));
        let Some(work) = work else {
            let work = quote! { #path::__private::call_once(move || -> #ty #block) };
            return quote! {
                #keep
                ::std::boxed::Box::pin(#path::__private::observe_async(#begin, #work, #ended))
            };
        };
        let others = others(block);
        let observed = match work {
            Expr::Async(work) if self.is_instrumented() => as_block(path, &begin, work, &ended),
            work => quote! { #path::__private::observe_async(#begin, #work, #ended) },
        };
        quote! { #keep #(#others)* ::std::boxed::Box::pin(#observed) }
    }

    fn stream(&self, item: &Type) -> TokenStream {
        let (path, block, ended) = (self.path, self.block(), self.ended(Some(item)));
        let (keep, begin) = self.begin_later(item);
        let work = quote! { #path::__private::call_once(move || #block) };
        quote! { #keep #path::__private::observe_stream(#begin, #work, #ended) }
    }

    fn boxed_stream(&self) -> TokenStream {
        let (path, block) = (self.path, self.block());
        let ty = returned::in_body(&self.function.sig.output);
        let item = parse_quote! { <#ty as #path::__private::Stream>::Item };
        let (ended, (keep, begin)) = (self.ended(Some(&item)), self.begin_later(&item));
        let work = quote! { #path::__private::call_once(move || -> #ty #block) };
        quote! {
            #keep
            ::std::boxed::Box::pin(#path::__private::observe_stream(#begin, #work, #ended))
        }
    }

    /// Whether `#[instrument]` follows. It enters its span for the polls of an async block only if it sees that block.
    fn is_instrumented(&self) -> bool {
        let mut attributes = self.function.attrs.iter();
        attributes.any(|attribute| {
            attribute.path().segments.last().is_some_and(|segment| segment.ident == "instrument")
        })
    }
}

/// The block with braces of the macro's: rustc would warn of a user's as unused, where all of it is one expression.
fn generated(block: &Block) -> Block {
    let braces = block.brace_token.span.join().resolved_at(Span::mixed_site());
    Block { brace_token: Brace(braces), ..block.clone() }
}

/// Observed work as an async block.
fn as_block(path: &Path, begin: &TokenStream, work: &ExprAsync, ended: &TokenStream) -> TokenStream {
    quote! { async move { #path::__private::observe_async(#begin, #work, #ended).await } }
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
