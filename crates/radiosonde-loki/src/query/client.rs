use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request, Response, Uri};
use radiosonde_delivery::{Endpoint, HttpClient};

use crate::query::parameters::Parameters;
use crate::query::query_future::QueryFuture;
use crate::query::time_range::TimeRange;
use crate::response::query_error::QueryError;

/// Longer parameters are posted as a form, because proxies limit the length of a URL.
const URL_BYTES: usize = 4096;

/// Sends queries to one Loki.
#[derive(Debug, Clone)]
pub(super) struct LokiClient {
    pub(super) http: HttpClient,
    pub(super) endpoint: Endpoint,
    pub(super) max_response_bytes: usize,
}

impl LokiClient {
    /// Sends a query whose response `read` decodes.
    pub(super) fn query<T>(
        &self,
        path: &str,
        parameters: &Parameters,
        read: impl FnOnce(&Response<Bytes>, usize) -> Result<T, QueryError> + Send + 'static,
    ) -> QueryFuture<T> {
        let limit = self.max_response_bytes;
        match self.request(path, parameters) {
            Ok(request) => QueryFuture::new(self.http.send(request), move |response| read(response, limit)),
            Err(error) => QueryFuture::failed(error),
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
        // Without this, Loki returns structured metadata and parsed fields as labels of the stream.
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
