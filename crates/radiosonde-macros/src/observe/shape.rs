use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Expr, ExprCall, ItemFn, Stmt, Type};

use crate::observe::returned;

/// How a function does its work, and so what is to be observed.
pub(crate) enum Shape {
    /// It does it before it returns.
    Sync,
    /// An `async fn`.
    Async,
    /// It returns `impl Future`, which gives this.
    Opaque(Type),
    /// It returns a future in a box. With what is put into the box where the function ends in `Box::pin(...)` and nowhere else.
    Boxed(Option<Expr>),
}

impl Shape {
    /// Of a function that is not async, the return type tells what it is; and the body, where the type is an alias, as
    /// `#[tracing::instrument]` has it.
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

/// The argument of the `Box::pin(...)` that a function ends in; `async_trait` makes methods so.
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
