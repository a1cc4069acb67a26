use std::borrow::Cow;
use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request, Response};
use radiosonde_delivery::{Disposition, EncodeError, Endpoint};

use crate::export::compression::Compression;
use crate::export::grpc::frame;
use crate::export::grpc::status::Status;
use crate::export::signal::Signal;

/// Never: this program is built with gRPC.
pub(crate) type NoGrpc = Infallible;

/// Creates the calls of one signal's method.
#[derive(Debug)]
pub(crate) struct GrpcExporter {
    endpoint: Endpoint,
    compression: Compression,
    /// The value of `grpc-timeout`.
    timeout: HeaderValue,
}

impl GrpcExporter {
    pub(crate) fn new(
        endpoint: Endpoint,
        compression: Compression,
        timeout: Duration,
    ) -> Result<Self, NoGrpc> {
        // At most eight digits, which the longest timeout of a sink has room in.
        let millis = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX).clamp(1, 99_999_999);
        let timeout = HeaderValue::from_str(&format!("{millis}m"));
        let timeout = timeout.unwrap_or_else(|_| HeaderValue::from_static("10S"));
        Ok(Self { endpoint, compression, timeout })
    }

    pub(crate) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) fn buffer(&self, len: usize) -> Vec<u8> {
        frame::buffer(len)
    }

    pub(crate) fn request(&self, buffer: Vec<u8>) -> Result<Request<Bytes>, EncodeError> {
        let mut request = Request::new(Bytes::new());
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(HeaderName::from_static("grpc-timeout"), self.timeout.clone());
        if self.compression == Compression::Gzip {
            headers.insert(HeaderName::from_static("grpc-encoding"), HeaderValue::from_static("gzip"));
        }
        *request.body_mut() = frame::complete(buffer, self.compression)?.into();
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.uri().clone();
        Ok(request)
    }

    pub(crate) fn classify(&self, response: &Response<Bytes>, signal: Signal) -> Disposition {
        Status::of(response).disposition(response, signal)
    }

    pub(crate) fn error_text<'r>(&self, response: &'r Response<Bytes>) -> Cow<'r, str> {
        Cow::Owned(Status::of(response).to_string())
    }
}
