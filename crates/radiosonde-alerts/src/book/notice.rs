use crate::alert::Alert;

/// A change or a repetition of an alert, for handlers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Notice {
    /// The alert fires from now on, or is resolved.
    Changed(Alert),
    /// The alert still fires, or was resolved a short time ago.
    Repeated(Alert),
}
