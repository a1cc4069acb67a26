use std::io::Write as _;

use bytes::Bytes;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{Method, Request};
use radiosonde_delivery::{EncodeError, Endpoint};

use crate::export::compression::Compression;

/// Creates the requests of one signal.
#[derive(Debug)]
pub(crate) struct ExportEndpoint {
    endpoint: Endpoint,
    compression: Compression,
}

impl ExportEndpoint {
    pub(crate) const fn new(endpoint: Endpoint, compression: Compression) -> Self {
        Self { endpoint, compression }
    }

    pub(crate) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Creates a request with an encoded message.
    pub(crate) fn request(&self, plain: Vec<u8>) -> Result<Request<Bytes>, EncodeError> {
        let mut request = Request::new(Bytes::new());
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        let body = match self.compression {
            Compression::None => plain,
            Compression::Gzip => {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                gzip(&plain).map_err(|error| EncodeError::because("compress the batch", error))?
            }
        };
        *request.body_mut() = body.into();
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.uri().clone();
        Ok(request)
    }
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::with_capacity(plain.len() / 4), flate2::Compression::fast());
    gzip.write_all(plain)?;
    gzip.finish()
}
