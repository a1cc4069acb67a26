use axum::extract::MatchedPath;
use http::Extensions;

/// The route template from axum's router, if a route matched.
pub(crate) fn of(extensions: &Extensions) -> Option<&str> {
    extensions.get::<MatchedPath>().map(MatchedPath::as_str)
}
