use bytes::Bytes;
use http::{Request, Response};
use prost::Message;
use radiosonde_delivery::{Disposition, EncodeError, Endpoint, Protocol};

use crate::export::classify::classify;
use crate::export::export_endpoint::ExportEndpoint;
use crate::export::signal::LOGS;
use crate::logs::distinct_times::DistinctTimes;
use crate::logs::record::Record;
use crate::proto::{ExportLogsRequest, Resource, ResourceLogs, Scope, ScopeLogs};

/// Protobuf to `/v1/logs`.
pub(crate) struct LogsProtocol {
    export: ExportEndpoint,
    resource: Resource,
    times: DistinctTimes,
}

impl LogsProtocol {
    pub(crate) fn new(export: ExportEndpoint, resource: Resource) -> Self {
        Self { export, resource, times: DistinctTimes::default() }
    }
}

impl Protocol for LogsProtocol {
    type Item = Record;

    fn endpoint(&self) -> &Endpoint {
        self.export.endpoint()
    }

    fn encode(&mut self, batch: &[Record]) -> Result<Request<Bytes>, EncodeError> {
        let logs =
            ResourceLogs { resource: self.resource.clone(), scope_logs: scopes(batch, &mut self.times) };
        self.export.request(ExportLogsRequest { resource_logs: vec![logs] }.encode_to_vec())
    }

    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition {
        classify(response, items, LOGS)
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
