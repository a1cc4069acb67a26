use crate::families::labels::LabelValue;

/// The class of an HTTP status as a label: `1xx` to `5xx`, five values where the status itself has hundreds.
///
/// ```
/// use radiosonde_metrics::{Labels, Registry, StatusClass};
///
/// #[derive(Labels)]
/// struct Reply {
///     status: StatusClass,
/// }
///
/// let registry = Registry::new();
/// let replies = registry.counter("replies_total", "Replies.").family::<Reply>()?;
/// replies.with(&Reply { status: StatusClass::from(404) }).inc();
/// assert!(registry.text().contains("replies_total{status=\"4xx\"} 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusClass {
    /// 100 to 199: `1xx`.
    Informational,
    /// 200 to 299: `2xx`.
    Successful,
    /// 300 to 399: `3xx`.
    Redirection,
    /// 400 to 499: `4xx`.
    ClientError,
    /// 500 to 599, and whatever is no status: `5xx`.
    ServerError,
}

const SHOWN: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

impl From<u16> for StatusClass {
    /// A number outside 100 to 599 is taken for a server's error.
    ///
    /// Source: RFC 9110, section 15: <https://www.rfc-editor.org/rfc/rfc9110#section-15>
    fn from(status: u16) -> Self {
        match status {
            100..=199 => Self::Informational,
            200..=299 => Self::Successful,
            300..=399 => Self::Redirection,
            400..=499 => Self::ClientError,
            _ => Self::ServerError,
        }
    }
}

impl LabelValue for StatusClass {
    const CARDINALITY: Option<usize> = Some(5);

    fn show(&self, see: impl FnOnce(&str)) {
        see(SHOWN[self.index()]);
    }

    fn index(&self) -> usize {
        *self as usize
    }

    fn show_nth(index: usize, see: impl FnOnce(&str)) -> bool {
        SHOWN.get(index).map(|shown| see(shown)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_status_is_a_servers_error() {
        for (status, shown) in [
            (0, "5xx"),
            (99, "5xx"),
            (100, "1xx"),
            (199, "1xx"),
            (200, "2xx"),
            (308, "3xx"),
            (499, "4xx"),
            (599, "5xx"),
            (600, "5xx"),
            (u16::MAX, "5xx"),
        ] {
            let mut seen = String::new();
            StatusClass::from(status).show(|text| seen.push_str(text));
            assert_eq!(seen, shown, "{status}");
        }
    }
}
