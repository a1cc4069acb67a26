use std::fmt;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use radiosonde_delivery::{Endpoint, HttpClient};

use super::answer::read_list;
use super::parameters::{Parameters, encode};
use super::{InstantQuery, Labels, LogQueryBuilder, Pending, QueryError, RangeQuery, TimeRange};

/// Longer parameters are posted as a form: proxies bound the length of a URL.
const URL_BYTES: usize = 4096;

/// Asks a Loki for lines, for numbers made of lines, and for what labels there are.
///
/// # Shape
/// Cheap to clone; all clones are the same client, which has a thread of its own: what it returns is awaited on any runtime or
/// [waited for](Pending::wait) without one. Nothing is repeated: a question that failed for a reason that passes
/// ([`QueryError::is_transient`]) may be asked again. Redirects are not followed.
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
///     assert_eq!(entry.structured_metadata().get("user_id"), Some("u-1"));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// <https://grafana.com/docs/loki/latest/reference/loki-http-api/>
#[derive(Clone)]
pub struct LogQuery {
    pub(super) client: HttpClient,
    endpoint: Endpoint,
    max_response_bytes: usize,
}

impl LogQuery {
    /// A client for the Loki at this URL: its base, such as `http://127.0.0.1:3100`, or the address that lines are pushed to.
    pub fn builder(url: &str) -> LogQueryBuilder {
        LogQueryBuilder::new(url)
    }

    pub(super) const fn new(client: HttpClient, endpoint: Endpoint, max_response_bytes: usize) -> Self {
        Self { client, endpoint, max_response_bytes }
    }

    /// Asks what an expression finds in a time range: lines, or numbers over time.
    pub fn query_range(&self, logql: &str, range: TimeRange) -> RangeQuery {
        RangeQuery::new(self, logql, range)
    }

    /// Asks what an expression over numbers, such as `sum(count_over_time({level="ERROR"}[5m]))`, gives at a time.
    pub fn query(&self, logql: &str) -> InstantQuery {
        InstantQuery::new(self, logql)
    }

    /// Asks for the names of labels that streams had in a time range.
    pub fn labels(&self, range: TimeRange) -> Pending<Vec<Box<str>>> {
        self.list("/loki/api/v1/labels", in_range(range))
    }

    /// Asks for the values that a label had in a time range; none for a label that is not there.
    pub fn label_values(&self, label: &str, range: TimeRange) -> Pending<Vec<Box<str>>> {
        let mut path = String::from("/loki/api/v1/label/");
        encode(label, &mut path);
        path.push_str("/values");
        self.list(&path, in_range(range))
    }

    /// Asks for the streams that had lines in a time range and that one of the selectors, such as `{env="prod"}`, finds.
    pub fn streams(&self, selectors: &[&str], range: TimeRange) -> Pending<Vec<Labels>> {
        let of = |parameters: Parameters, selector: &&str| parameters.with("match[]", selector);
        self.list("/loki/api/v1/series", selectors.iter().fold(in_range(range), of))
    }

    fn list<T: serde::de::DeserializeOwned + 'static>(
        &self,
        path: &str,
        parameters: Parameters,
    ) -> Pending<Vec<T>> {
        self.ask(path, &parameters, read_list)
    }

    /// Sends a question whose answer is read like this.
    pub(super) fn ask<T>(
        &self,
        path: &str,
        parameters: &Parameters,
        read: impl FnOnce(&http::Response<Bytes>, usize) -> Result<T, QueryError> + Send + 'static,
    ) -> Pending<T> {
        let limit = self.max_response_bytes;
        match self.request(path, parameters) {
            Ok(request) => Pending::new(self.client.send(request), move |response| read(response, limit)),
            Err(error) => Pending::failed(error),
        }
    }

    fn request(&self, path: &str, parameters: &Parameters) -> Result<Request<Bytes>, QueryError> {
        if parameters.encoded().len() <= URL_BYTES {
            return self.get(path, parameters);
        }
        let form = Bytes::copy_from_slice(parameters.encoded().as_bytes());
        let mut request = self.get(path, &Parameters::default())?.map(|_| form);
        *request.method_mut() = Method::POST;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        Ok(request)
    }

    pub(super) fn get(&self, path: &str, parameters: &Parameters) -> Result<Request<Bytes>, QueryError> {
        let too_long = || QueryError::TooLong { bytes: parameters.encoded().len() + path.len() };
        let endpoint = self.endpoint.join(path).map_err(|_| too_long())?;
        let uri = endpoint.uri();
        let uri: Uri = match (uri.query(), parameters.encoded()) {
            (_, "") => uri.clone(),
            (None, ours) => format!("{uri}?{ours}").parse().map_err(|_| too_long())?,
            (Some(_), ours) => format!("{uri}&{ours}").parse().map_err(|_| too_long())?,
        };
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        // Else Loki answers as if structured metadata and parsed fields were labels of the stream.
        let flags = HeaderName::from_static("x-loki-response-encoding-flags");
        headers.insert(flags, HeaderValue::from_static("categorize-labels"));
        Ok(request)
    }
}

pub(super) fn in_range(range: TimeRange) -> Parameters {
    Parameters::default()
        .with("start", &range.start_unix_nanos().to_string())
        .with("end", &range.end_unix_nanos().to_string())
}

impl fmt::Debug for LogQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogQuery").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}
