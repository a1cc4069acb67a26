use std::fmt;
use std::io::Write as _;
use std::str::FromStr;

use flate2::write::GzEncoder;
use radiosonde_delivery::EncodeError;

/// How requests are compressed.
///
/// ```
/// use radiosonde_otlp::Compression;
///
/// assert_eq!("GZIP".parse(), Ok(Compression::Gzip));
/// let error = "zip".parse::<Compression>().unwrap_err();
/// assert_eq!(error.to_string(), r#"invalid compression "zip": expected gzip or none"#);
/// ```
///
/// # Source
/// `OTEL_EXPORTER_OTLP_COMPRESSION`: <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Compression {
    /// No compression, the specification's default.
    #[default]
    None,
    /// Gzip at its fastest level.
    Gzip,
}

impl FromStr for Compression {
    type Err = InvalidCompression;

    /// Parses the values of `OTEL_EXPORTER_OTLP_COMPRESSION`, ignoring case.
    fn from_str(text: &str) -> Result<Self, InvalidCompression> {
        match text {
            _ if text.eq_ignore_ascii_case("none") => Ok(Self::None),
            _ if text.eq_ignore_ascii_case("gzip") => Ok(Self::Gzip),
            _ => Err(InvalidCompression { text: text.into() }),
        }
    }
}

/// A text that is not a compression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidCompression {
    text: Box<str>,
}

impl fmt::Display for InvalidCompression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid compression {:?}: expected gzip or none", self.text)
    }
}

impl std::error::Error for InvalidCompression {}

/// Appends the compressed message.
pub(super) fn gzip(message: &[u8], to: Vec<u8>) -> Result<Vec<u8>, EncodeError> {
    let mut gzip = GzEncoder::new(to, flate2::Compression::fast());
    let written = gzip.write_all(message).and_then(|()| gzip.finish());
    written.map_err(|error| EncodeError::because("compress the batch", error))
}
