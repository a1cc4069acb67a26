use bytes::Bytes;
use http::{Request, Response};
use prost::Message;
use radiosonde_delivery::{Disposition, EncodeError, Endpoint, Protocol};
use radiosonde_trace::FinishedSpan;

use crate::connection::Connection;
use crate::proto::{ExportRequest, Resource, ResourceSpans};
use crate::signal::TRACES;
use crate::{encode, policy};

/// Makes export requests of batches of spans.
pub(crate) struct ExportSpans {
    connection: Connection,
    resource: Resource,
}

impl ExportSpans {
    pub(crate) const fn new(connection: Connection, resource: Resource) -> Self {
        Self { connection, resource }
    }
}

impl Protocol for ExportSpans {
    type Item = FinishedSpan;

    fn endpoint(&self) -> &Endpoint {
        self.connection.endpoint()
    }

    fn encode(&mut self, batch: &[FinishedSpan]) -> Result<Request<Bytes>, EncodeError> {
        let spans = ResourceSpans { resource: self.resource.clone(), scope_spans: encode::scopes(batch) };
        self.connection.request(ExportRequest { resource_spans: vec![spans] }.encode_to_vec())
    }

    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition {
        policy::classify(response, items, TRACES)
    }
}
