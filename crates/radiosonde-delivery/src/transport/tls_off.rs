use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Builder, ResponseFuture};

use crate::transport::http_version::HttpVersion;
use crate::transport::tls_options::{TlsError, TlsOptions};

/// Uninhabited without the feature `tls`.
#[derive(Debug, Clone)]
pub(crate) enum EncryptedPool {}

impl EncryptedPool {
    pub(crate) fn new(
        _: &Builder,
        _: HttpConnector,
        _: &TlsOptions,
        _: HttpVersion,
    ) -> Result<Self, TlsError> {
        Err(TlsError::new(
            "the endpoint is https and this program is built without TLS: expected an http endpoint or the feature \"tls\"",
        ))
    }

    pub(crate) fn request(&self, _: Request<Full<Bytes>>) -> ResponseFuture {
        match *self {}
    }
}
