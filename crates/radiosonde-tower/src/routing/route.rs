use std::borrow::Cow;

/// The template of a request's path, such as `/orders/{id}`, which the router stores in the request's extensions.
///
/// [`ServerLayer`](crate::ServerLayer) uses it as the `endpoint` label, in preference to axum's `MatchedPath`;
/// [`ClientLayer`](crate::ClientLayer) names its span by it. It must be a template: every path with an id would be a new
/// series, up to the limit of endpoints.
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
    /// Creates a route with this template.
    pub fn new(template: impl Into<Cow<'static, str>>) -> Self {
        Self(template.into())
    }

    /// The template.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
