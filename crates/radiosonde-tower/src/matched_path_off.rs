use http::Extensions;

/// Without the `axum` feature there is no router to ask.
pub(crate) const fn of(_: &Extensions) -> Option<&str> {
    None
}
