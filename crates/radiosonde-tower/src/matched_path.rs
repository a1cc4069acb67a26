use axum::extract::MatchedPath;
use http::Extensions;

/// The route template that axum's router left, if it matched one.
pub(crate) fn of(extensions: &Extensions) -> Option<&str> {
    extensions.get::<MatchedPath>().map(MatchedPath::as_str)
}
