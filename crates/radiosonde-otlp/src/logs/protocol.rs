use std::borrow::Cow;

use bytes::Bytes;
use http::{Request, Response};
use prost::Message;
use radiosonde_delivery::{Disposition, EncodeError, Endpoint, HttpVersion, Protocol};

use crate::export::exporter::Exporter;
use crate::logs::distinct_times::DistinctTimes;
use crate::logs::record::Record;
use crate::proto::{ExportLogsRequest, Resource, ResourceLogs, Scope, ScopeLogs};

/// Sends log records.
pub(crate) struct LogsProtocol {
    exporter: Exporter,
    resource: Resource,
    times: DistinctTimes,
}

impl LogsProtocol {
    pub(crate) fn new(exporter: Exporter, resource: Resource) -> Self {
        Self { exporter, resource, times: DistinctTimes::default() }
    }
}

impl Protocol for LogsProtocol {
    type Item = Record;

    fn endpoint(&self) -> &Endpoint {
        self.exporter.endpoint()
    }

    fn http_version(&self) -> HttpVersion {
        self.exporter.http_version()
    }

    fn encode(&mut self, batch: &[Record]) -> Result<Request<Bytes>, EncodeError> {
        let logs =
            ResourceLogs { resource: self.resource.clone(), scope_logs: scopes(batch, &mut self.times) };
        let message = ExportLogsRequest { resource_logs: vec![logs] };
        let mut buffer = self.exporter.buffer(message.encoded_len());
        message.encode_raw(&mut buffer);
        self.exporter.request(buffer)
    }

    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition {
        self.exporter.classify(response, items)
    }

    fn error_text<'r>(&self, response: &'r Response<Bytes>) -> Cow<'r, str> {
        self.exporter.error_text(response)
    }
}

/// The records grouped by the module that created them, in order.
fn scopes(records: &[Record], times: &mut DistinctTimes) -> Vec<ScopeLogs> {
    let mut scopes: Vec<ScopeLogs> = Vec::new();
    for record in records {
        let (name, message) = (record.scope(), record.message(times));
        match scopes.iter_mut().find(|scope| scope.scope.name == name) {
            Some(scope) => scope.log_records.push(message),
            None => scopes
                .push(ScopeLogs { scope: Scope { name, version: Bytes::new() }, log_records: vec![message] }),
        }
    }
    scopes
}
