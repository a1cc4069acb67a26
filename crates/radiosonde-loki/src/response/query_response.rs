use std::io::Read as _;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use http::Response;
use http::header::CONTENT_ENCODING;
use serde::de::DeserializeOwned;

use crate::response::log_entry::LogEntry;
use crate::response::query_error::{MalformedResponse, QueryError, Refusal};
use crate::response::sample::{Sample, Series};
use crate::response::wire::{Data, Envelope, Matrix, Stream, Vector};

/// The result of a query, and Loki's warnings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct QueryResponse {
    /// The result.
    pub data: QueryData,
    /// Loki's warnings, such as that a result is approximate.
    pub warnings: Vec<Box<str>>,
}

/// The result of a query, by the kind of its expression.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum QueryData {
    /// Lines, stream by stream.
    Lines(Vec<LogEntry>),
    /// Numbers over time, of a range query.
    Series(Vec<Series>),
    /// Numbers at one time, of an instant query.
    Samples(Vec<Sample>),
    /// One number without labels, such as that of `1 + 1`.
    Scalar(f64),
}

impl QueryData {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Lines(_) => "lines",
            Self::Series(_) => "numbers over time",
            Self::Samples(_) => "numbers at one time",
            Self::Scalar(_) => "one number",
        }
    }

    const fn is_not(&self, wanted: &'static str) -> QueryError {
        QueryError::OtherKind { wanted, found: self.kind() }
    }

    pub(crate) fn lines(self) -> Result<Vec<LogEntry>, QueryError> {
        match self {
            Self::Lines(lines) => Ok(lines),
            other => Err(other.is_not("lines")),
        }
    }

    pub(crate) fn series(self) -> Result<Vec<Series>, QueryError> {
        match self {
            Self::Series(series) => Ok(series),
            other => Err(other.is_not("numbers over time")),
        }
    }

    pub(crate) fn samples(self) -> Result<Vec<Sample>, QueryError> {
        match self {
            Self::Samples(samples) => Ok(samples),
            other => Err(other.is_not("numbers at one time")),
        }
    }

    pub(crate) fn scalar(self) -> Result<f64, QueryError> {
        match self {
            Self::Scalar(number) => Ok(number),
            other => Err(other.is_not("one number")),
        }
    }
}

impl From<Data> for QueryData {
    fn from(data: Data) -> Self {
        match data {
            Data::Streams(streams) => {
                Self::Lines(streams.unwrap_or_default().into_iter().flat_map(Stream::into_entries).collect())
            }
            Data::Matrix(series) => {
                Self::Series(series.unwrap_or_default().into_iter().map(Matrix::into_series).collect())
            }
            Data::Vector(samples) => {
                Self::Samples(samples.unwrap_or_default().into_iter().map(Vector::into_sample).collect())
            }
            // The time that Loki 3.7 sends with a scalar is meaningless.
            Data::Scalar((_, value)) => Self::Scalar(value.0),
        }
    }
}

pub(crate) fn read_data(response: &Response<Bytes>, limit_bytes: usize) -> Result<QueryResponse, QueryError> {
    let envelope: Envelope<Data> = read(response, limit_bytes)?;
    let data = envelope.data.ok_or_else(|| MalformedResponse::because("it has no `data`"))?;
    Ok(QueryResponse { data: data.into(), warnings: envelope.warnings.unwrap_or_default() })
}

/// A list of names, values or label sets.
pub(crate) fn read_list<T: DeserializeOwned>(
    response: &Response<Bytes>,
    limit_bytes: usize,
) -> Result<Vec<T>, QueryError> {
    let envelope: Envelope<Vec<T>> = read(response, limit_bytes)?;
    Ok(envelope.data.unwrap_or_default())
}

fn read<T: DeserializeOwned>(response: &Response<Bytes>, limit_bytes: usize) -> Result<T, QueryError> {
    let body = inflated(response, limit_bytes)?;
    if !response.status().is_success() {
        return Err(QueryError::Refused(Refusal::new(response.status(), &body)));
    }
    serde_json::from_slice(&body).map_err(MalformedResponse::because)
}

/// The body, decompressed if a proxy has compressed it. The limit applies to the decompressed body, too.
fn inflated(response: &Response<Bytes>, limit_bytes: usize) -> Result<Bytes, QueryError> {
    let body = response.body();
    if response.headers().get(CONTENT_ENCODING).is_none_or(|encoding| encoding.as_bytes() != b"gzip") {
        return Ok(body.clone());
    }
    let mut plain = Vec::new();
    let limit = u64::try_from(limit_bytes).unwrap_or(u64::MAX);
    let read = GzDecoder::new(&body[..]).take(limit.saturating_add(1)).read_to_end(&mut plain);
    match read.map_err(MalformedResponse::because)? {
        read if read > limit_bytes => {
            let what = format!("it is longer than the limit of {limit_bytes} bytes");
            Err(MalformedResponse::because(what))
        }
        _ => Ok(plain.into()),
    }
}
