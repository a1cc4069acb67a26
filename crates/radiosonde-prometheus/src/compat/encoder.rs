use std::io::Write;

use crate::compat::error::Result;
use crate::compat::metric_family::MetricFamily;
use radiosonde_metrics::exposition::{Dialect, Format};

/// The `Content-Type` of [`TextEncoder`]'s output.
pub const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Encodes families in some format.
pub trait Encoder {
    /// Writes `families` to `writer`.
    ///
    /// # Errors
    /// An error of the writer.
    fn encode<W: Write>(&self, families: &[MetricFamily], writer: &mut W) -> Result<()>;

    /// The `Content-Type`.
    fn format_type(&self) -> &str;
}

/// Writes Prometheus text 0.0.4.
#[derive(Debug, Default, Clone, Copy)]
pub struct TextEncoder;

impl TextEncoder {
    /// An encoder.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    /// Appends `families` to `out`.
    ///
    /// # Errors
    /// None; the signature is the original's.
    pub fn encode_utf8(&self, families: &[MetricFamily], out: &mut String) -> Result<()> {
        out.push_str(&String::from_utf8_lossy(&text(families)));
        Ok(())
    }

    /// Returns `families` as text.
    ///
    /// # Errors
    /// None; the signature is the original's.
    pub fn encode_to_string(&self, families: &[MetricFamily]) -> Result<String> {
        Ok(String::from_utf8(text(families)).unwrap_or_default())
    }
}

impl Encoder for TextEncoder {
    fn encode<W: Write>(&self, families: &[MetricFamily], writer: &mut W) -> Result<()> {
        Ok(writer.write_all(&text(families))?)
    }

    fn format_type(&self) -> &str {
        TEXT_FORMAT
    }
}

fn text(families: &[MetricFamily]) -> Vec<u8> {
    let mut text = Vec::new();
    Dialect::from(Format::Text)
        .encode_into(&mut text, |out| families.iter().for_each(|family| family.show(out)));
    text
}
