use std::fmt;

use radiosonde_core::WorkIds;

/// The id of a request, for its handler.
///
/// # Shape
/// Received or generated, as [`IdOptions`](crate::IdOptions) say; 1 to 128 characters out of `A-Z a-z 0-9 . _ : / + = @ -`, so
/// that it is valid in log lines, labels and URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(WorkIds);

/// The id of the business transaction that a request is part of, for its handler.
///
/// # Shape
/// As [`RequestId`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrelationId(WorkIds);

impl RequestId {
    /// `None` if these ids have no request id.
    pub(crate) fn among(ids: &WorkIds) -> Option<Self> {
        ids.request_id().map(|_| Self(ids.clone()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.request_id().unwrap_or_default()
    }
}

impl CorrelationId {
    /// `None` if these ids have no correlation id.
    pub(crate) fn among(ids: &WorkIds) -> Option<Self> {
        ids.correlation_id().map(|_| Self(ids.clone()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.correlation_id().unwrap_or_default()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
