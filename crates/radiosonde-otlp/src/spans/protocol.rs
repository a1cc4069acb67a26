use std::borrow::Cow;

use bytes::Bytes;
use http::{Request, Response};
use prost::Message;
use radiosonde_delivery::{Disposition, EncodeError, Endpoint, HttpVersion, Protocol};
use radiosonde_trace::EncodedSpan;

use crate::export::exporter::Exporter;
use crate::proto::Resource;
use crate::spans::encode;

/// Sends spans.
pub(crate) struct SpansProtocol {
    exporter: Exporter,
    /// The message, encoded once.
    resource: Vec<u8>,
}

impl SpansProtocol {
    pub(crate) fn new(exporter: Exporter, resource: &Resource) -> Self {
        Self { exporter, resource: resource.encode_to_vec() }
    }
}

impl Protocol for SpansProtocol {
    type Item = EncodedSpan;

    fn endpoint(&self) -> &Endpoint {
        self.exporter.endpoint()
    }

    fn http_version(&self) -> HttpVersion {
        self.exporter.http_version()
    }

    fn encode(&mut self, batch: &[EncodedSpan]) -> Result<Request<Bytes>, EncodeError> {
        let request = encode::request(&self.resource, batch, |len| self.exporter.buffer(len));
        self.exporter.request(request)
    }

    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition {
        self.exporter.classify(response, items)
    }

    fn error_text<'r>(&self, response: &'r Response<Bytes>) -> Cow<'r, str> {
        self.exporter.error_text(response)
    }
}
