use std::time::Duration;

use bytes::Buf;
use http::HeaderMap;
use http::response::Parts;
use radiosonde_signals::{Ended, UnitOfWork};
use tracing::Span;

/// A request and its response as a unit of work, which is shown what passes. Its record moves from the service to the future to
/// the body.
pub trait Exchange: UnitOfWork {
    /// Reads the head of the response, and may add headers to it.
    fn head(&mut self, span: &Span, head: &mut Parts) -> Follows;

    /// The head has arrived after this time.
    fn first_byte(&mut self, _took: Duration) {}

    /// Reads a piece of the response's body.
    fn data(&mut self, _data: &impl Buf) {}

    /// Reads the trailers of the response.
    fn trailers(&mut self, _trailers: &HeaderMap) {}

    /// The outcome of a service that returned an error.
    fn service_error(&self) -> Ended;

    /// The outcome of a body that returned an error, or ended before its last byte.
    fn body_error(&self) -> Ended;
}

/// What follows the head of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// A body, whose end is that of the exchange.
    Body,
    /// A body, and trailers after its last byte, with which the exchange ends.
    Trailers,
    /// No byte of a body, whatever the headers announce.
    Nothing,
}
