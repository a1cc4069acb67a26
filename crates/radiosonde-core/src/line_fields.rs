//! Fields that log lines take from the current trace context, such as trusted entries of its baggage.
//!
//! The crate that keeps the contexts sets the function that reads them, and layers that write lines call it for each event:
//! neither depends on the other.
//!
//! ```
//! use radiosonde_core::line_fields;
//!
//! assert!(line_fields::get().is_none(), "lines have no such fields");
//! line_fields::set(|field| field("tenant.id", "acme"));
//!
//! let mut line = String::new();
//! if let Some(read) = line_fields::get() {
//!     read(&mut |name, value| line.push_str(&format!("{name}={value}")));
//! }
//! assert_eq!(line, "tenant.id=acme");
//! ```

use std::sync::{Arc, OnceLock};

static READ: OnceLock<ReadLineFields> = OnceLock::new();

/// Passes the name and the value of each field of this thread's current context to a closure.
///
/// It is called while a line is rendered: it must emit no events, and hold no lock or borrow while it calls the closure.
pub type ReadLineFields = fn(&mut dyn FnMut(&str, &str));

/// Sets the function that reads the fields, in the whole process. The first call wins.
pub fn set(read: ReadLineFields) {
    let _ = READ.set(read);
}

/// The function that reads the fields of the current thread, if one is set.
///
/// # Cost
/// One atomic load, and a second one once a function is set.
#[inline]
#[must_use]
pub fn get() -> Option<ReadLineFields> {
    READ.get().copied()
}

/// The fields of one span's context.
///
/// A layer that keeps contexts stores them in the span's extensions, beside its [`SpanContext`](crate::SpanContext), before
/// another layer sees an event that names the span as its parent.
///
/// # Cost
/// A clone counts one reference.
#[derive(Debug, Clone)]
pub struct SpanLineFields(Arc<[(Box<str>, Box<str>)]>);

impl SpanLineFields {
    /// Passes each name and value to a closure.
    pub fn read(&self, field: &mut dyn FnMut(&str, &str)) {
        self.0.iter().for_each(|(name, value)| field(name, value));
    }
}

impl<N: Into<Box<str>>, V: Into<Box<str>>> FromIterator<(N, V)> for SpanLineFields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_function_set_is_the_one_that_lines_read() {
        assert!(get().is_none());
        set(|field| field("first", "1"));
        set(|field| field("second", "2"));
        let mut seen = Vec::new();
        get().unwrap()(&mut |name, value| seen.push(format!("{name}={value}")));
        assert_eq!(seen, ["first=1"]);

        seen.clear();
        let of_span = SpanLineFields::from_iter([("a", "1".to_owned()), ("b", "2".to_owned())]);
        of_span.clone().read(&mut |name, value| seen.push(format!("{name}={value}")));
        assert_eq!(seen, ["a=1", "b=2"]);
    }
}
