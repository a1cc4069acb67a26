use std::fmt;

/// The parent of a span could not be set. The span becomes the root of its own trace, or a local child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetParentError {
    /// No layer makes spans, or a wrapper such as `reload::Layer` hides it.
    NoLayer,
    /// The span's ids are used already.
    AlreadyStarted,
    /// The span is disabled: a filter hides it, or there is no subscriber.
    Disabled,
}

impl fmt::Display for SetParentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLayer => "cannot set the parent of a span: the subscriber has no reachable trace layer",
            Self::AlreadyStarted => {
                "cannot set the parent of a span that has started: set it before the span is entered"
            }
            Self::Disabled => {
                "cannot set the parent of a disabled span: a filter hides it, or there is no subscriber"
            }
        })
    }
}

impl std::error::Error for SetParentError {}
