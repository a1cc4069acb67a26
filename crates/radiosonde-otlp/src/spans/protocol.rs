use bytes::Bytes;
use http::{Request, Response};
use prost::Message;
use radiosonde_delivery::{Disposition, EncodeError, Endpoint, Protocol};
use radiosonde_trace::FinishedSpan;

use crate::export::classify::classify;
use crate::export::export_endpoint::ExportEndpoint;
use crate::export::signal::TRACES;
use crate::proto::{ExportRequest, Resource, ResourceSpans};
use crate::spans::encode;

/// Protobuf to `/v1/traces`.
pub(crate) struct SpansProtocol {
    export: ExportEndpoint,
    resource: Resource,
}

impl SpansProtocol {
    pub(crate) const fn new(export: ExportEndpoint, resource: Resource) -> Self {
        Self { export, resource }
    }
}

impl Protocol for SpansProtocol {
    type Item = FinishedSpan;

    fn endpoint(&self) -> &Endpoint {
        self.export.endpoint()
    }

    fn encode(&mut self, batch: &[FinishedSpan]) -> Result<Request<Bytes>, EncodeError> {
        let spans = ResourceSpans { resource: self.resource.clone(), scope_spans: encode::scopes(batch) };
        self.export.request(ExportRequest { resource_spans: vec![spans] }.encode_to_vec())
    }

    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition {
        classify(response, items, TRACES)
    }
}
