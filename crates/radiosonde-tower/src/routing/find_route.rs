use std::borrow::Cow;

use crate::routing::request_head::RequestHead;

/// Finds the template of a request's path, for routers that [`ServerLayer`](crate::ServerLayer) does not know.
///
/// Implemented by closures. The result must be a template: every path with an id would be a new series, up to the limit of
/// endpoints.
///
/// ```
/// use std::borrow::Cow;
///
/// use radiosonde_metrics::Registry;
/// use radiosonde_tower::{RequestHead, ServerLayer};
///
/// fn route<'r>(head: &RequestHead<'r>) -> Option<Cow<'r, str>> {
///     let mut parts = head.uri.path().split('/').skip(1);
///     match (parts.next()?, parts.next(), parts.next()) {
///         ("orders", Some(_), None) => Some("/orders/{id}".into()),
///         _ => None,
///     }
/// }
///
/// let layer = ServerLayer::builder().registry(&Registry::new()).route_by(route).build()?;
/// # drop(layer);
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub trait FindRoute: Send + Sync {
    /// The template; `None` if no route matches.
    fn route<'r>(&self, head: &RequestHead<'r>) -> Option<Cow<'r, str>>;
}

impl<F> FindRoute for F
where
    F: for<'r> Fn(&RequestHead<'r>) -> Option<Cow<'r, str>> + Send + Sync,
{
    fn route<'r>(&self, head: &RequestHead<'r>) -> Option<Cow<'r, str>> {
        self(head)
    }
}
