use std::fmt;

use crate::spans::attribute_ref::AttributeRef;

/// Takes the attributes of a span in [`describe`](crate::describe).
pub struct SpanAttributes<'a> {
    take: &'a mut dyn FnMut(&str, AttributeRef<'_>),
}

impl<'a> SpanAttributes<'a> {
    /// Passes each attribute to `take`. For bridges; see [`ControlSpans`](crate::bridging::ControlSpans).
    pub fn new(take: &'a mut dyn FnMut(&str, AttributeRef<'_>)) -> Self {
        Self { take }
    }

    /// Sets an attribute. The last value of a key wins.
    #[inline]
    pub fn set<'v>(&mut self, key: &str, value: impl Into<AttributeRef<'v>>) {
        (self.take)(key, value.into());
    }
}

impl fmt::Debug for SpanAttributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanAttributes").finish_non_exhaustive()
    }
}
