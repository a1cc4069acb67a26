use bytes::Bytes;
use http::{Request, Response};
use prost::Message;
use radiosonde_delivery::{Disposition, EncodeError, Endpoint, Protocol};

use super::distinct_times::DistinctTimes;
use super::record::Record;
use crate::connection::Connection;
use crate::policy;
use crate::proto::{ExportLogsRequest, Resource, ResourceLogs, Scope, ScopeLogs};
use crate::signal::LOGS;

/// Makes export requests of batches of records.
pub(crate) struct ExportLogs {
    connection: Connection,
    resource: Resource,
    times: DistinctTimes,
}

impl ExportLogs {
    pub(crate) fn new(connection: Connection, resource: Resource) -> Self {
        Self { connection, resource, times: DistinctTimes::default() }
    }
}

impl Protocol for ExportLogs {
    type Item = Record;

    fn endpoint(&self) -> &Endpoint {
        self.connection.endpoint()
    }

    fn encode(&mut self, batch: &[Record]) -> Result<Request<Bytes>, EncodeError> {
        let logs =
            ResourceLogs { resource: self.resource.clone(), scope_logs: scopes(batch, &mut self.times) };
        self.connection.request(ExportLogsRequest { resource_logs: vec![logs] }.encode_to_vec())
    }

    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition {
        policy::classify(response, items, LOGS)
    }
}

/// The records by the module that made them, each module's in their order.
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
