use std::fmt;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use crate::labels::write_label::is_label;

/// The path of a group at the Pushgateway: `/metrics/job/<job>{/<label>/<value>}`.
///
/// Values that are invalid or ambiguous in a path are sent in base64: with a slash, a single dot, or empty.
///
/// Source: <https://github.com/prometheus/pushgateway#url>
pub(crate) fn path(job: &str, labels: &[(String, String)]) -> Result<String, InvalidGrouping> {
    if job.is_empty() {
        return Err(InvalidGrouping { name: "job".into(), kind: InvalidGroupingKind::EmptyJob });
    }
    let mut path = String::from("/metrics");
    segment("job", job, &mut path);
    for (at, (name, value)) in labels.iter().enumerate() {
        let refuse = |kind| Err(InvalidGrouping { name: name.as_str().into(), kind });
        if !is_label(name) {
            return refuse(InvalidGroupingKind::Name);
        }
        if name == "job" || labels[..at].iter().any(|(other, _)| other == name) {
            return refuse(InvalidGroupingKind::Duplicate);
        }
        segment(name, value, &mut path);
    }
    Ok(path)
}

fn segment(name: &str, value: &str, path: &mut String) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    // Writing to a string does not fail.
    let _ = if value.bytes().all(plain) && !value.bytes().all(|byte| byte == b'.') {
        write!(path, "/{name}/{value}")
    } else {
        write!(path, "/{name}@base64/{}", to_base64(value))
    };
}

/// Padded base64: the Pushgateway ignores the padding, except for an empty value, which is a segment of one `=`.
fn to_base64(value: &str) -> String {
    if value.is_empty() { "=".to_owned() } else { URL_SAFE.encode(value) }
}

/// A label of a group that the Pushgateway would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidGrouping {
    name: Box<str>,
    kind: InvalidGroupingKind,
}

/// Why a label of a group is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidGroupingKind {
    /// A job without a name.
    EmptyJob,
    /// A name outside `[a-zA-Z_][a-zA-Z0-9_]*`, or one that starts with two underscores.
    Name,
    /// A name that is already set, or `job`.
    Duplicate,
}

impl InvalidGrouping {
    /// Why it was refused.
    #[must_use]
    pub const fn kind(&self) -> InvalidGroupingKind {
        self.kind
    }
}

impl fmt::Display for InvalidGrouping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.kind {
            InvalidGroupingKind::EmptyJob => f.write_str("the job is empty: expected a non-empty text"),
            InvalidGroupingKind::Name => write!(
                f,
                "invalid grouping label {name:?}: expected [a-zA-Z_][a-zA-Z0-9_]* without a leading `__`"
            ),
            InvalidGroupingKind::Duplicate => {
                write!(f, "grouping label {name:?} is already set: expected each name once, and not `job`")
            }
        }
    }
}

impl std::error::Error for InvalidGrouping {}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(job: &str, labels: &[(&str, &str)]) -> Result<String, InvalidGrouping> {
        let labels: Vec<_> =
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        path(job, &labels)
    }

    #[test]
    fn valid_path_segments_are_plain_and_others_base64() {
        for (job, labels, path) in [
            ("backup", &[][..], "/metrics/job/backup"),
            ("backup", &[("instance", "db-1.example")], "/metrics/job/backup/instance/db-1.example"),
            // As in the Pushgateway's own documentation.
            (
                "directory_cleaner",
                &[("path", "/var/tmp")],
                "/metrics/job/directory_cleaner/path@base64/L3Zhci90bXA=",
            ),
            (
                "example",
                &[("first_label", ""), ("second_label", "foobar")],
                "/metrics/job/example/first_label@base64/=/second_label/foobar",
            ),
            ("titan", &[("name", "Προμηθεύς")], "/metrics/job/titan/name@base64/zqDPgc6_zrzOt864zrXPjc-C"),
            (
                "a b",
                &[("dots", ".."), ("percent", "%2F")],
                "/metrics/job@base64/YSBi/dots@base64/Li4=/percent@base64/JTJG",
            ),
        ] {
            assert_eq!(of(job, labels).as_deref(), Ok(path));
        }
    }

    #[test]
    fn labels_that_the_gateway_would_refuse_are_refused() {
        for (job, labels, kind) in [
            ("", &[][..], InvalidGroupingKind::EmptyJob),
            ("a", &[("", "b")], InvalidGroupingKind::Name),
            ("a", &[("1a", "b")], InvalidGroupingKind::Name),
            ("a", &[("a@base64", "b")], InvalidGroupingKind::Name),
            ("a", &[("__name__", "b")], InvalidGroupingKind::Name),
            ("a", &[("job", "b")], InvalidGroupingKind::Duplicate),
            ("a", &[("b", "c"), ("b", "c")], InvalidGroupingKind::Duplicate),
        ] {
            assert_eq!(of(job, labels).unwrap_err().kind(), kind, "{job} {labels:?}");
        }
    }
}
