use bytes::Bytes;
use http::{Request, Response};
use prost::Message;
use radiosonde_delivery::{Disposition, EncodeError, Endpoint, Protocol};
use radiosonde_trace::EncodedSpan;

use crate::export::classify::classify;
use crate::export::export_endpoint::ExportEndpoint;
use crate::export::signal::TRACES;
use crate::proto::Resource;
use crate::spans::encode;

/// Protobuf to `/v1/traces`.
pub(crate) struct SpansProtocol {
    export: ExportEndpoint,
    /// The message, encoded once.
    resource: Vec<u8>,
}

impl SpansProtocol {
    pub(crate) fn new(export: ExportEndpoint, resource: &Resource) -> Self {
        Self { export, resource: resource.encode_to_vec() }
    }
}

impl Protocol for SpansProtocol {
    type Item = EncodedSpan;

    fn endpoint(&self) -> &Endpoint {
        self.export.endpoint()
    }

    fn encode(&mut self, batch: &[EncodedSpan]) -> Result<Request<Bytes>, EncodeError> {
        self.export.request(encode::request(&self.resource, batch))
    }

    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition {
        classify(response, items, TRACES)
    }
}
