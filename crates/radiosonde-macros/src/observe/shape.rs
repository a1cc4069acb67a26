use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Expr, ExprCall, ItemFn, Stmt, Type};

use crate::observe::returned;

/// How a function does its work, which decides what is observed.
///
/// The work of a function that returns a future is the expression that the function ends in, if it has no other exit.
pub(crate) enum Shape {
    /// It works before it returns.
    Sync,
    /// An `async fn`.
    Async,
    /// It returns `impl Future` with this output.
    Future(Type, Option<Expr>),
    /// It returns a boxed future. The work is the expression that `Box::pin` boxes at the end.
    Boxed(Option<Expr>),
    /// It returns `impl Stream` with this item.
    Stream(Type),
    /// It returns a boxed stream.
    BoxedStream,
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
            return Self::Future(output, at_end(function).filter(|_| !returns_early(function)).cloned());
        }
        if let Some(item) = returned::of_impl_stream(output) {
            return Self::Stream(item);
        }
        if returned::is_boxed_stream(output) {
            return Self::BoxedStream;
        }
        let pinned = at_end(function).and_then(pinned);
        if !returned::is_boxed_future(output) && !matches!(pinned, Some(Expr::Async(_))) {
            return Self::Sync;
        }
        Self::Boxed(pinned.filter(|_| !returns_early(function)).cloned())
    }
}

/// The expression that a function ends in.
fn at_end(function: &ItemFn) -> Option<&Expr> {
    match function.block.stmts.last() {
        Some(Stmt::Expr(expression, None)) => Some(expression),
        _ => None,
    }
}

fn returns_early(function: &ItemFn) -> bool {
    let others = function.block.stmts.split_last().map(|(_, others)| others).unwrap_or_default();
    others.iter().any(|statement| has_return(statement.to_token_stream()))
}

/// The argument of `Box::pin(...)`; `async_trait` generates methods that end in it.
fn pinned(expression: &Expr) -> Option<&Expr> {
    let Expr::Call(ExprCall { func, args, .. }) = expression else { return None };
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
