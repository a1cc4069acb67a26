use http::{Extensions, HeaderMap, Method, Request, Uri};

/// A request without its body, as hooks of a layer see it.
#[derive(Debug, Clone, Copy)]
pub struct RequestHead<'r> {
    /// The method.
    pub method: &'r Method,
    /// The URI.
    pub uri: &'r Uri,
    /// The headers.
    pub headers: &'r HeaderMap,
    /// The extensions, in which routers store what they know.
    pub extensions: &'r Extensions,
}

impl<'r> RequestHead<'r> {
    pub(crate) fn of<Q>(request: &'r Request<Q>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }
}
