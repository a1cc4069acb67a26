//! The ids of a request for its handler. They are in the extension that layers share, so that they cost none of their own.

use http::Extensions;

use crate::ids::request_id::{CorrelationId, RequestId};
use crate::server::served::Served;

impl RequestId {
    /// The request id, from the extensions of a request that a [`ServerLayer`](crate::ServerLayer) has recorded.
    ///
    /// With the feature `axum`, it is an extractor as well.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<Self> {
        Self::among(extensions.get::<Served>()?.ids())
    }
}

impl CorrelationId {
    /// The correlation id, from the extensions of a request that a [`ServerLayer`](crate::ServerLayer) has recorded.
    ///
    /// With the feature `axum`, it is an extractor as well.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<Self> {
        Self::among(extensions.get::<Served>()?.ids())
    }
}
