use std::io::Read as _;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use http::Response;
use http::header::CONTENT_ENCODING;
use serde::de::DeserializeOwned;

use super::wire::{Data, Envelope};
use super::{LogEntry, MalformedAnswer, QueryError, Refusal, Sample, Series};

/// What a query found, and what Loki remarked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// What it found.
    pub found: Found,
    /// Loki's remarks, such as that a result is approximate.
    pub warnings: Vec<Box<str>>,
}

/// What a query found, by the kind of its expression.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Found {
    /// Lines, stream by stream.
    Lines(Vec<LogEntry>),
    /// Numbers over time, of a range query.
    Series(Vec<Series>),
    /// Numbers at a time, of an instant query.
    Samples(Vec<Sample>),
    /// One number without labels, such as that of `1 + 1`.
    Scalar(f64),
}

impl Found {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Lines(_) => "lines",
            Self::Series(_) => "numbers over time",
            Self::Samples(_) => "numbers at a time",
            Self::Scalar(_) => "one number",
        }
    }

    const fn is_not(&self, wanted: &'static str) -> QueryError {
        QueryError::OtherKind { wanted, found: self.kind() }
    }

    pub(super) fn lines(self) -> Result<Vec<LogEntry>, QueryError> {
        match self {
            Self::Lines(lines) => Ok(lines),
            other => Err(other.is_not("lines")),
        }
    }

    pub(super) fn series(self) -> Result<Vec<Series>, QueryError> {
        match self {
            Self::Series(series) => Ok(series),
            other => Err(other.is_not("numbers over time")),
        }
    }

    pub(super) fn samples(self) -> Result<Vec<Sample>, QueryError> {
        match self {
            Self::Samples(samples) => Ok(samples),
            other => Err(other.is_not("numbers at a time")),
        }
    }

    pub(super) fn scalar(self) -> Result<f64, QueryError> {
        match self {
            Self::Scalar(number) => Ok(number),
            other => Err(other.is_not("one number")),
        }
    }
}

pub(super) fn read_found(response: &Response<Bytes>, limit_bytes: usize) -> Result<Answer, QueryError> {
    let envelope: Envelope<Data> = read(response, limit_bytes)?;
    let data = envelope.data.ok_or_else(|| MalformedAnswer::because("there is no `data` in it"))?;
    Ok(Answer { found: data.into(), warnings: envelope.warnings.unwrap_or_default() })
}

/// A list of names, values or label sets.
pub(super) fn read_list<T: DeserializeOwned>(
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
    serde_json::from_slice(&body).map_err(MalformedAnswer::because)
}

/// The body, which proxies may have compressed. The limit holds for what comes out, too.
fn inflated(response: &Response<Bytes>, limit_bytes: usize) -> Result<Bytes, QueryError> {
    let body = response.body();
    if response.headers().get(CONTENT_ENCODING).is_none_or(|encoding| encoding.as_bytes() != b"gzip") {
        return Ok(body.clone());
    }
    let mut plain = Vec::new();
    let limit = u64::try_from(limit_bytes).unwrap_or(u64::MAX);
    let read = GzDecoder::new(&body[..]).take(limit.saturating_add(1)).read_to_end(&mut plain);
    match read.map_err(MalformedAnswer::because)? {
        read if read > limit_bytes => {
            let what = format!("it is longer than {limit_bytes} bytes, which is what the client reads");
            Err(MalformedAnswer::because(what))
        }
        _ => Ok(plain.into()),
    }
}
