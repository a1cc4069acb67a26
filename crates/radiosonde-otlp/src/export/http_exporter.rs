use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{Method, Request};
use radiosonde_delivery::{EncodeError, Endpoint};

use crate::export::compression::{Compression, gzip};

/// Creates the HTTP/1.1 requests of one signal.
#[derive(Debug)]
pub(super) struct HttpExporter {
    endpoint: Endpoint,
    compression: Compression,
}

impl HttpExporter {
    pub(super) const fn new(endpoint: Endpoint, compression: Compression) -> Self {
        Self { endpoint, compression }
    }

    pub(super) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Creates a request with an encoded message.
    pub(super) fn request(&self, message: Vec<u8>) -> Result<Request<Bytes>, EncodeError> {
        let mut request = Request::new(Bytes::new());
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        let body = match self.compression {
            Compression::None => message,
            Compression::Gzip => {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                gzip(&message, Vec::with_capacity(message.len() / 4))?
            }
        };
        *request.body_mut() = body.into();
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.uri().clone();
        Ok(request)
    }
}
