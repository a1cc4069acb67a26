use std::fmt;

use crate::exposition::text;
use crate::{Format, Visitor};

/// A format and how it is spoken: what one scrape is answered with.
///
/// A [`Format`] is a dialect with the defaults of the rest.
///
/// ```
/// use radiosonde_metrics::{Dialect, Format, Registry};
///
/// let registry = Registry::new();
/// let dialect = Dialect::negotiate("application/openmetrics-text;version=1.0.0");
/// assert_eq!(dialect, Dialect::from(Format::OpenMetrics));
/// let body = registry.encode_bytes(dialect);
/// assert!(body.ends_with(b"# EOF\n"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Dialect {
    /// The format.
    pub format: Format,
}

impl Dialect {
    /// What an `Accept` header likes best, as [`Format::negotiate`] says.
    #[must_use]
    pub fn negotiate(accept: &str) -> Self {
        Format::negotiate(accept).into()
    }

    /// The `Content-Type` of an answer.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        self.format.content_type()
    }

    /// What `show` shows a visitor, with room for about `expected` bytes from the start.
    pub(crate) fn encode(self, expected: usize, show: impl FnOnce(&mut dyn Visitor)) -> Vec<u8> {
        let mut encoder = text::Encoder::new(self.format, expected);
        show(&mut encoder);
        encoder.finish().into_bytes()
    }
}

impl From<Format> for Dialect {
    fn from(format: Format) -> Self {
        Self { format }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.content_type())
    }
}
