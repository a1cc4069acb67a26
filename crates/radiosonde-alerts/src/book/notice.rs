use crate::alert::Alert;

/// What handlers are to get.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Notice {
    /// The alert fires from now on, or is resolved.
    Changed(Alert),
    /// It still is.
    Repeated(Alert),
}
