use std::borrow::Cow;

use crate::routing::request_head::RequestHead;

/// Finds the value of a further label of a request's metrics. Implemented by closures.
pub trait FindLabel: Send + Sync {
    /// The value; `None` leaves the label empty.
    fn label<'r>(&self, head: &RequestHead<'r>) -> Option<Cow<'r, str>>;
}

impl<F> FindLabel for F
where
    F: for<'r> Fn(&RequestHead<'r>) -> Option<Cow<'r, str>> + Send + Sync,
{
    fn label<'r>(&self, head: &RequestHead<'r>) -> Option<Cow<'r, str>> {
        self(head)
    }
}
