//! The stub without the `levels` feature: there are no log levels to serve.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Response, request};

use crate::answering::body::AdminBody;

/// Has no values.
#[derive(Debug, Clone)]
pub(crate) enum LevelsPart {}

impl LevelsPart {
    pub(crate) const fn has_credentials(&self) -> bool {
        match *self {}
    }

    pub(crate) fn answer<B>(&self, _: &request::Parts, _: B, _: bool) -> LevelsPartFuture<B> {
        match *self {}
    }
}

/// Has no values.
#[allow(dead_code, reason = "it cannot be made")]
#[derive(Debug)]
pub(crate) struct LevelsPartFuture<B>(Infallible, PhantomData<B>);

impl<B> Future for LevelsPartFuture<B> {
    type Output = Result<Response<AdminBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0 {}
    }
}
