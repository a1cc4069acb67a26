use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::transport::endpoint::Endpoint;
use crate::transport::http_options_error::HttpOptionsError;
use crate::transport::http_version::HttpVersion;
use crate::transport::http2;
use crate::transport::tls::EncryptedPool;
use crate::transport::tls_options::TlsOptions;

/// Idle connections are closed before most servers and load balancers would close them.
const IDLE: Duration = Duration::from_secs(30);

/// The connections to one server.
#[derive(Clone)]
#[allow(
    clippy::large_enum_variant,
    reason = "a sink has one; without the feature `tls` the other variant is empty"
)]
pub(crate) enum Pool {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Encrypted(EncryptedPool),
}

/// How connections are used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connections {
    pub(crate) version: HttpVersion,
    /// The bound of one request.
    pub(crate) timeout: Duration,
    /// How many requests are sent at the same time.
    pub(crate) requests: usize,
}

impl Pool {
    /// Sets up TLS for an `https` endpoint only: loading certificates takes milliseconds.
    pub(crate) fn new(
        endpoint: &Endpoint,
        tls: &TlsOptions,
        connections: Connections,
    ) -> Result<Self, HttpOptionsError> {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        let mut pool = Client::builder(TokioExecutor::new());
        pool.pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(connections.requests)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new());
        if connections.version == HttpVersion::Http2 {
            http2::configure(&mut pool, connections.timeout)?;
        }
        if endpoint.is_https() {
            Ok(Self::Encrypted(EncryptedPool::new(&pool, tcp, tls, connections.version)?))
        } else {
            Ok(Self::Plain(pool.build(tcp)))
        }
    }

    pub(crate) fn request(&self, request: Request<Full<Bytes>>) -> ResponseFuture {
        match self {
            Self::Plain(pool) => pool.request(request),
            Self::Encrypted(pool) => pool.request(request),
        }
    }
}
