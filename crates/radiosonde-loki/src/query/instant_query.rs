use std::time::SystemTime;

use crate::query::client::LokiClient;
use crate::query::parameters::Parameters;
use crate::query::query_future::QueryFuture;
use crate::query::time_range::unix_nanos;
use crate::response::query_error::QueryError;
use crate::response::query_response::{QueryResponse, read_data};
use crate::response::sample::Sample;

/// A query at a point in time; from [`LogQuery::query`](crate::LogQuery::query). It is sent by [`samples`](Self::samples),
/// [`scalar`](Self::scalar) or [`send`](Self::send).
///
/// For expressions over numbers: Loki responds to others with 400.
#[must_use = "no query is sent yet"]
#[derive(Debug, Clone)]
pub struct InstantQuery {
    client: LokiClient,
    logql: Box<str>,
    at: Option<SystemTime>,
}

impl InstantQuery {
    pub(super) fn new(client: &LokiClient, logql: &str) -> Self {
        Self { client: client.clone(), logql: logql.into(), at: None }
    }

    /// The time. Default: now, by Loki's clock.
    pub const fn at(mut self, time: SystemTime) -> Self {
        self.at = Some(time);
        self
    }

    /// Sends the query for numbers, one for each group.
    pub fn samples(&self) -> QueryFuture<Vec<Sample>> {
        self.send_for(|response| response.data.samples())
    }

    /// Sends the query for the one number of an expression without streams, such as `1 + 1`.
    pub fn scalar(&self) -> QueryFuture<f64> {
        self.send_for(|response| response.data.scalar())
    }

    /// Sends the query for a result of any kind, with Loki's warnings.
    pub fn send(&self) -> QueryFuture<QueryResponse> {
        self.send_for(Ok)
    }

    fn send_for<T>(
        &self,
        then: impl FnOnce(QueryResponse) -> Result<T, QueryError> + Send + 'static,
    ) -> QueryFuture<T> {
        let parameters =
            Parameters::default().with("query", &self.logql).with_some("time", self.at.map(unix_nanos));
        self.client.query("/loki/api/v1/query", &parameters, |response, limit_bytes| {
            then(read_data(response, limit_bytes)?)
        })
    }
}
