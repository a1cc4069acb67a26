use std::error::Error;
use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{HeaderValue, USER_AGENT};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use crate::deadline::FOREVER;
use crate::transport::endpoint::Endpoint;
use crate::transport::http_options_error::HttpOptionsError;
use crate::transport::options::{HttpOptions, RequestHeaders};
use crate::transport::pool::Pool;

/// The most read of a response, which holds an error text or a few counts.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("radiosonde/", env!("CARGO_PKG_VERSION")));

/// Sends requests to one endpoint over HTTP/1.1. Redirects are not followed: a redirected push has a wrong address.
#[derive(Clone)]
pub(crate) struct HttpTransport {
    pool: Pool,
    endpoint: Endpoint,
    headers: RequestHeaders,
    pub(crate) timeout: Duration,
}

impl HttpTransport {
    /// Only requests to the endpoint's server carry the headers and credentials of the options.
    pub(crate) fn new(
        endpoint: &Endpoint,
        options: &HttpOptions,
        timeout: Duration,
    ) -> Result<Self, HttpOptionsError> {
        let (headers, pool) = (options.prepare()?, options.pool(endpoint)?);
        Ok(Self { pool, endpoint: endpoint.clone(), headers, timeout: timeout.min(FOREVER) })
    }

    /// Sends a request and reads the response, both within the timeout.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let deadline = self.deadline();
        let response = self.begin(request, deadline).await?;
        let (parts, body) = response.into_parts();
        let mut read = BytesMut::new();
        // The status is known: an incomplete or slow body does not change the disposition of the batch, and sending it again
        // would deliver it twice.
        let _ = timeout_at(deadline, read_some(body, &mut read)).await;
        Ok(Response::from_parts(parts, read.freeze()))
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
            self.pool.request(request).await
        };
        timeout_at(deadline, send)
            .await
            .map_err(|_| SendError::Timeout(self.timeout))?
            .map_err(SendError::Broken)
    }
}

async fn read_some(mut body: Incoming, into: &mut BytesMut) {
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(data) = frame.data_ref() {
            let room = MAX_RESPONSE_BYTES - into.len();
            into.extend_from_slice(&data[..data.len().min(room)]);
        }
        if into.len() == MAX_RESPONSE_BYTES {
            return;
        }
    }
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
