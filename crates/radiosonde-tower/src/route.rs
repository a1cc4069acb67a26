use std::borrow::Cow;

/// The template of a request's path, such as `/orders/{id}`, put into the request's extensions by whoever routes it.
///
/// [`ServerLayer`](crate::ServerLayer) takes it for the `endpoint` label before it looks for axum's `MatchedPath`;
/// [`ClientLayer`](crate::ClientLayer) names its span by it. It must be a template: a path with ids in it would be a new series
/// each, until the limit of endpoints.
///
/// ```
/// use radiosonde_tower::Route;
///
/// let mut request = http::Request::new(());
/// *request.uri_mut() = "/orders/42".parse()?;
/// request.extensions_mut().insert(Route::new("/orders/{id}"));
/// # Ok::<(), http::uri::InvalidUri>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route(Cow<'static, str>);

impl Route {
    /// A route with this template.
    pub fn new(template: impl Into<Cow<'static, str>>) -> Self {
        Self(template.into())
    }

    /// The template.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
