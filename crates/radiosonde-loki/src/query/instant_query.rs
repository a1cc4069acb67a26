use std::time::SystemTime;

use crate::query::client::LokiClient;
use crate::query::parameters::Parameters;
use crate::query::query_future::QueryFuture;
use crate::query::time_range::unix_nanos;
use crate::response::query_error::QueryError;
use crate::response::query_response::{QueryResponse, read_data};
use crate::response::sample::Sample;

/// A question about a point in time; from [`LogQuery::query`](crate::LogQuery::query). It is sent by [`samples`](Self::samples),
/// [`scalar`](Self::scalar) or [`send`](Self::send).
///
/// For expressions that give numbers: Loki answers others with 400.
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

    /// For which time; for now, by Loki's clock, unless set.
    pub const fn at(mut self, time: SystemTime) -> Self {
        self.at = Some(time);
        self
    }

    /// Asks for numbers, one for each group.
    pub fn samples(&self) -> QueryFuture<Vec<Sample>> {
        self.send_for(|response| response.data.samples())
    }

    /// Asks for the one number of an expression without streams, such as `1 + 1`.
    pub fn scalar(&self) -> QueryFuture<f64> {
        self.send_for(|response| response.data.scalar())
    }

    /// Asks for whatever the expression gives, with Loki's remarks.
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
