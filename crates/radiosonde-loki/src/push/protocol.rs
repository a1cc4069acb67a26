use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response};
use prost::Message;
use radiosonde_core::{Level, diagnostics};
use radiosonde_delivery::{Disposition, EncodeError, Endpoint, Protocol};

use crate::label::StreamLabels;
use crate::push::classify::{classify, refuses_metadata};
use crate::push::entry::Entry;
use crate::push::proto::{Pair, PushRequest, Stream};

pub(crate) const PUSH_PATH: &str = "/loki/api/v1/push";

/// Protobuf with snappy to `/loki/api/v1/push`.
pub(crate) struct PushProtocol {
    endpoint: Endpoint,
    labels: StreamLabels,
    /// The structured metadata that all entries share; `None` if structured metadata is off.
    shared: Option<Vec<Pair>>,
    /// The time of the last entry of each stream, by level.
    last: [Option<i64>; Level::ALL.len()],
    snappy: snap::raw::Encoder,
}

impl PushProtocol {
    pub(crate) fn new(endpoint: Endpoint, labels: StreamLabels, shared: Option<Vec<Pair>>) -> Self {
        let last = [None; Level::ALL.len()];
        Self { endpoint, labels, shared, last, snappy: snap::raw::Encoder::new() }
    }

    fn request(&mut self, batch: &[Entry]) -> PushRequest {
        let mut streams =
            Level::ALL.map(|level| Stream { labels: self.labels.of(level), entries: Vec::new() });
        for entry in batch {
            let at = entry.level as usize;
            let time = entry.time(&mut self.last[at]);
            streams[at].entries.push(entry.to_proto(time, self.shared.as_deref()));
        }
        PushRequest { streams: streams.into_iter().filter(|stream| !stream.entries.is_empty()).collect() }
    }
}

impl Protocol for PushProtocol {
    type Item = Entry;

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn encode(&mut self, batch: &[Entry]) -> Result<Request<Bytes>, EncodeError> {
        let plain = self.request(batch).encode_to_vec();
        // The block format: Loki does not accept frames.
        let body = self
            .snappy
            .compress_vec(&plain)
            .map_err(|error| EncodeError::because("compress the batch", error))?;
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.uri().clone();
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        Ok(request)
    }

    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition {
        if self.shared.is_some() && refuses_metadata(response) {
            diagnostics::report(
                "loki",
                "structured_metadata",
                format_args!(
                    "{} refuses structured metadata: lines are pushed without it from now on, and found by id only after `| json`; \
                     allow_structured_metadata in Loki's limits_config enables it",
                    self.endpoint
                ),
            );
            self.shared = None;
            return Disposition::EncodeAgain;
        }
        classify(response, items)
    }
}
