use std::error::Error;
use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{HeaderValue, TE, USER_AGENT};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use crate::deadline::FOREVER;
use crate::transport::endpoint::Endpoint;
use crate::transport::http_options_error::HttpOptionsError;
use crate::transport::http_version::HttpVersion;
use crate::transport::options::{HttpOptions, RequestHeaders};
use crate::transport::pool::{Connections, Pool};
use crate::transport::trailers::Trailers;

/// The most read of a response, which holds an error text or a few counts.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("radiosonde/", env!("CARGO_PKG_VERSION")));

/// Sends requests to one endpoint. Redirects are not followed: a redirected push has a wrong address.
#[derive(Clone)]
pub(crate) struct HttpTransport {
    pool: Pool,
    endpoint: Endpoint,
    headers: RequestHeaders,
    version: HttpVersion,
    pub(crate) timeout: Duration,
}

impl HttpTransport {
    /// Only requests to the endpoint's server carry the headers and credentials of the options.
    pub(crate) fn new(
        endpoint: &Endpoint,
        options: &HttpOptions,
        connections: Connections,
    ) -> Result<Self, HttpOptionsError> {
        let Connections { version, timeout, .. } = connections;
        let (headers, pool) = (options.prepare()?, options.pool(endpoint, connections)?);
        Ok(Self { pool, endpoint: endpoint.clone(), headers, version, timeout: timeout.min(FOREVER) })
    }

    /// Sends a request and reads the response, both within the timeout.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let deadline = self.deadline();
        let response = self.begin(request, deadline).await?;
        let (parts, body) = response.into_parts();
        let mut read = BytesMut::new();
        // The status is known: an incomplete or slow body does not change the disposition of the batch, and sending it again
        // would deliver it twice.
        let trailers = timeout_at(deadline, read_some(body, &mut read)).await;
        let mut response = Response::from_parts(parts, read.freeze());
        if let Ok(Some(trailers)) = trailers {
            response.extensions_mut().insert(trailers);
        }
        Ok(response)
    }

    /// The deadline of a request that begins now.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }

    /// Sends a request and reads the response's head.
    pub(crate) async fn begin(
        &self,
        request: Request<Bytes>,
        deadline: Instant,
    ) -> Result<Response<Incoming>, SendError> {
        let mut request = request.map(Full::new);
        let send = async {
            if self.endpoint.is_same_server(request.uri()) {
                self.headers.add_to(request.headers_mut()).await;
            }
            request.headers_mut().entry(USER_AGENT).or_insert(AGENT);
            if self.version == HttpVersion::Http2 {
                // A proxy may drop trailers unless they are asked for, and gRPC requires it.
                request.headers_mut().insert(TE, HeaderValue::from_static("trailers"));
            }
            self.pool.request(request).await
        };
        timeout_at(deadline, send)
            .await
            .map_err(|_| SendError::Timeout(self.timeout))?
            .map_err(SendError::Broken)
    }
}

/// Reads the body up to the limit, and the trailers after it.
async fn read_some(mut body: Incoming, into: &mut BytesMut) -> Option<Trailers> {
    while let Some(Ok(frame)) = body.frame().await {
        match frame.into_data() {
            Ok(data) => {
                let room = MAX_RESPONSE_BYTES - into.len();
                into.extend_from_slice(&data[..data.len().min(room)]);
            }
            Err(frame) => return frame.into_trailers().ok().map(Trailers),
        }
        if into.len() == MAX_RESPONSE_BYTES {
            return None;
        }
    }
    None
}

/// No response.
#[derive(Debug)]
pub(crate) enum SendError {
    Timeout(Duration),
    Broken(hyper_util::client::legacy::Error),
}

impl fmt::Display for SendError {
    /// With its causes, because it is printed and not returned.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout(after) => write!(f, "no response within {after:?}"),
            Self::Broken(error) => {
                write!(f, "{error}")?;
                let mut cause = error.source();
                while let Some(error) = cause {
                    write!(f, ": {error}")?;
                    cause = error.source();
                }
                Ok(())
            }
        }
    }
}
