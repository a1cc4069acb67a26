use http::Extensions;

/// The stub without the `axum` feature: there is no route template.
pub(crate) const fn of(_: &Extensions) -> Option<&str> {
    None
}
