use std::fmt;

use radiosonde_core::{Secret, decode_percent, is_quoted};
use radiosonde_delivery::{InvalidHeader, secret_header};

/// Parses a list of headers in the format of `OTEL_EXPORTER_OTLP_HEADERS`: `key=value,key=value`, with percent-encoded values.
///
/// Empty elements are skipped; the last value of a key wins. For [`HttpOptions::headers`].
///
/// ```
/// use radiosonde_delivery::HttpOptions;
/// use radiosonde_otlp::parse_headers;
///
/// let headers = parse_headers("Authorization=Basic%20dXNlcjpodW50ZXIy,x-tenant=shop")?;
/// assert_eq!(headers[0].1.expose(), "Basic dXNlcjpodW50ZXIy");
/// let http = HttpOptions::new().headers(headers);
///
/// let error = parse_headers("x-tenant=shop,x-key=%zz").unwrap_err();
/// assert_eq!(error.to_string(), r#"invalid value of header "x-key": expected a percent-encoded text"#);
/// # drop(http);
/// # Ok::<(), radiosonde_otlp::InvalidHeaderList>(())
/// ```
///
/// # Errors
/// [`InvalidHeaderList`] names the first malformed or refused element. It never contains values, which may be secrets.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables>
///
/// [`HttpOptions::headers`]: radiosonde_delivery::HttpOptions::headers
pub fn parse_headers(list: &str) -> Result<Vec<(String, Secret<String>)>, InvalidHeaderList> {
    let pairs = list.split(',').map(str::trim).enumerate().filter(|(_, pair)| !pair.is_empty());
    pairs.map(|(at, pair)| read(at, pair)).collect()
}

fn read(at: usize, pair: &str) -> Result<(String, Secret<String>), InvalidHeaderList> {
    let (name, value) = pair.split_once('=').ok_or(InvalidHeaderList::NoEquals { position: at + 1 })?;
    let (name, value) = (name.trim(), value.trim());
    // A quote must be percent-encoded; quotes around a value were meant for a shell.
    let decoded = if is_quoted(value, '"') { None } else { decode_percent(value) };
    let value = decoded.ok_or_else(|| InvalidHeaderList::Encoding { name: name.into() })?;
    secret_header(name, &value).map_err(InvalidHeaderList::Header)?;
    Ok((name.to_owned(), Secret::new(value)))
}

/// A list of headers that could not be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidHeaderList {
    /// An element has no `=`. It is not repeated, because it may be a secret.
    NoEquals {
        /// Its position in the list, from 1.
        position: usize,
    },
    /// A value has a `%` without two hexadecimal digits, is not UTF-8, or is in quotes.
    Encoding {
        /// The header's name.
        name: Box<str>,
    },
    /// The header cannot be sent.
    Header(InvalidHeader),
}

impl fmt::Display for InvalidHeaderList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEquals { position } => {
                write!(f, "invalid element {position} of the headers: expected key=value")
            }
            Self::Encoding { name } => {
                write!(f, "invalid value of header {name:?}: expected a percent-encoded text")
            }
            Self::Header(invalid) => invalid.fmt(f),
        }
    }
}

impl std::error::Error for InvalidHeaderList {}

#[cfg(test)]
mod tests {
    use radiosonde_delivery::InvalidHeaderKind;

    use super::*;

    #[test]
    fn lists_are_parsed_as_specified() {
        let headers = parse_headers(" a = 1 ,, B=2==,c=x%20y%2C,d='3', ").unwrap();
        let pairs: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value.expose())).collect();
        assert_eq!(pairs, [("a", "1"), ("B", "2=="), ("c", "x y,"), ("d", "'3'")]);
        assert!(parse_headers("").unwrap().is_empty());
    }

    #[test]
    fn malformed_lists_are_refused_without_repeating_a_value() {
        let encoding = || Err(InvalidHeaderList::Encoding { name: "a".into() });
        let cases = [
            ("a=1,hunter2", Err(InvalidHeaderList::NoEquals { position: 2 })),
            ("a=hunter2%", encoding()),
            ("a=hunter2%f", encoding()),
            ("a=hunter2%ff", encoding()),
            ("a=\"hunter2\"", encoding()),
        ];
        for (list, expected) in cases {
            assert_eq!(parse_headers(list).map(drop), expected, "{list}");
        }
        let cases = [
            ("=hunter2", InvalidHeaderKind::Name),
            ("a b=hunter2", InvalidHeaderKind::Name),
            ("a=hunter2%0a", InvalidHeaderKind::Value),
            ("a=1,content-length=hunter2", InvalidHeaderKind::Transport),
            ("Transfer-Encoding=hunter2", InvalidHeaderKind::Transport),
            ("content-encoding=hunter2", InvalidHeaderKind::Sink),
        ];
        for (list, kind) in cases {
            let InvalidHeaderList::Header(error) = parse_headers(list).unwrap_err() else {
                panic!("{list} is refused for another reason")
            };
            assert_eq!(error.kind(), kind, "{list}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
