use serde::de::DeserializeOwned;

use crate::query::builder::LogQueryBuilder;
use crate::query::client::{LokiClient, in_range};
use crate::query::instant_query::InstantQuery;
use crate::query::parameters::{Parameters, encode};
use crate::query::query_future::QueryFuture;
use crate::query::range_query::RangeQuery;
use crate::query::time_range::TimeRange;
use crate::response::labels::Labels;
use crate::response::query_response::read_list;

/// Client of Loki's query API: lines, numbers made of lines, and labels.
///
/// # Shape
/// Cheap to clone; all clones are the same client with its own thread. Its futures are awaited on any runtime or
/// [waited for](crate::QueryFuture::wait) without one. Nothing is retried: a query that failed for a transient reason
/// ([`QueryError::is_transient`](crate::QueryError::is_transient)) may be sent again. Redirects are not followed.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_loki::{LogQuery, TimeRange};
/// # use radiosonde_testkit::{HttpFake, Reaction};
/// # let answer = r#"{"status":"success","data":{"resultType":"streams","result":[{"stream":{"service_name":"orders"},"values":[
/// #   ["1767225600000000000","{\"level\":\"ERROR\",\"message\":\"card declined\"}",{"structuredMetadata":{"user_id":"u-1"}}]]}]}}"#;
/// # let server = HttpFake::start([Reaction::status(200).body(answer)]);
/// # let url = server.url();
///
/// // let url = "http://127.0.0.1:3100";
/// let loki = LogQuery::builder(&url).tenant("shop").build()?;
/// let hour = TimeRange::last(Duration::from_secs(3600));
/// let entries = loki.query_range(r#"{service_name="orders"} |= "declined""#, hour).limit(100).entries();
/// for entry in entries.wait()? { // or `entries.await?`
///     assert_eq!(entry.fields()?.message(), Some("card declined"));
///     assert_eq!(entry.structured_metadata.get("user_id"), Some("u-1"));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// <https://grafana.com/docs/loki/latest/reference/loki-http-api/>
#[derive(Debug, Clone)]
pub struct LogQuery {
    pub(super) client: LokiClient,
}

impl LogQuery {
    /// A client for the Loki at this URL: its base, such as `http://127.0.0.1:3100`, or the address that lines are pushed to.
    pub fn builder(url: impl Into<String>) -> LogQueryBuilder {
        LogQueryBuilder::new(url)
    }

    pub(super) const fn new(client: LokiClient) -> Self {
        Self { client }
    }

    /// Queries a time range for lines, or for numbers over time.
    pub fn query_range(&self, logql: &str, range: TimeRange) -> RangeQuery {
        RangeQuery::new(&self.client, logql, range)
    }

    /// Queries numbers at one time, such as by `sum(count_over_time({level="ERROR"}[5m]))`.
    pub fn query(&self, logql: &str) -> InstantQuery {
        InstantQuery::new(&self.client, logql)
    }

    /// Queries the label names of a time range.
    pub fn labels(&self, range: TimeRange) -> QueryFuture<Vec<Box<str>>> {
        self.list("/loki/api/v1/labels", in_range(range))
    }

    /// Queries the values of a label in a time range; empty for an unknown label.
    pub fn label_values(&self, label: &str, range: TimeRange) -> QueryFuture<Vec<Box<str>>> {
        let mut path = String::from("/loki/api/v1/label/");
        encode(label, &mut path);
        path.push_str("/values");
        self.list(&path, in_range(range))
    }

    /// Queries the streams of a time range that match one of the selectors, such as `{env="prod"}`.
    pub fn streams(&self, selectors: &[&str], range: TimeRange) -> QueryFuture<Vec<Labels>> {
        let of = |parameters: Parameters, selector: &&str| parameters.with("match[]", selector);
        self.list("/loki/api/v1/series", selectors.iter().fold(in_range(range), of))
    }

    fn list<T: DeserializeOwned + 'static>(&self, path: &str, parameters: Parameters) -> QueryFuture<Vec<T>> {
        self.client.query(path, &parameters, read_list)
    }
}
