use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Expr, ExprCall, ItemFn, Stmt, Type};

use crate::observe::returned;

/// How a function does its work, which decides what is observed.
pub(crate) enum Shape {
    /// It works before it returns.
    Sync,
    /// An `async fn`.
    Async,
    /// It returns `impl Future` with this output.
    Opaque(Type),
    /// It returns a boxed future. Holds the boxed expression if the function ends in `Box::pin(...)` and has no other exit.
    Boxed(Option<Expr>),
}

impl Shape {
    /// The return type of a function that is not async decides its shape; if the type is an alias, the body does, as in
    /// `#[tracing::instrument]`.
    pub(crate) fn of(function: &ItemFn) -> Self {
        let output = &function.sig.output;
        if function.sig.asyncness.is_some() {
            return Self::Async;
        }
        if let Some(output) = returned::of_impl_future(output) {
            return Self::Opaque(output);
        }
        let pinned = pinned_at_end(function);
        if !returned::is_boxed_future(output) && !matches!(pinned, Some(Expr::Async(_))) {
            return Self::Sync;
        }
        let others = function.block.stmts.split_last().map(|(_, others)| others).unwrap_or_default();
        let returns_early = others.iter().any(|statement| has_return(statement.to_token_stream()));
        Self::Boxed(pinned.filter(|_| !returns_early).cloned())
    }
}

/// The argument of the `Box::pin(...)` that ends a function; `async_trait` generates such methods.
fn pinned_at_end(function: &ItemFn) -> Option<&Expr> {
    let Some(Stmt::Expr(Expr::Call(ExprCall { func, args, .. }), None)) = function.block.stmts.last() else {
        return None;
    };
    let Expr::Path(path) = func.as_ref() else { return None };
    let mut segments = path.path.segments.iter().rev();
    let is_box_pin = segments.next().is_some_and(|segment| segment.ident == "pin")
        && segments.next().is_some_and(|segment| segment.ident == "Box");
    args.first().filter(|_| is_box_pin)
}

fn has_return(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "return",
        TokenTree::Group(group) => has_return(group.stream()),
        _ => false,
    })
}
