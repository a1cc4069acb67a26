use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request, Response};
use prost::Message as _;
use radiosonde_delivery::{Disposition, EncodeError, Endpoint, Protocol};

use crate::classify::classify_remote_write;
use crate::remote_write::proto::WriteRequest;

/// Remote write 1.0: protobuf with snappy.
pub(super) struct RemoteWriteProtocol {
    endpoint: Endpoint,
    snappy: snap::raw::Encoder,
}

impl RemoteWriteProtocol {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, snappy: snap::raw::Encoder::new() }
    }
}

impl Protocol for RemoteWriteProtocol {
    type Item = Bytes;

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn encode(&mut self, batch: &[Bytes]) -> Result<Request<Bytes>, EncodeError> {
        let plain = WriteRequest { timeseries: batch.to_vec() }.encode_to_vec();
        // The block format, as the specification requires.
        let body = self
            .snappy
            .compress_vec(&plain)
            .map_err(|error| EncodeError::because("compress the batch", error))?;
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.uri().clone();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("snappy"));
        let version = HeaderName::from_static("x-prometheus-remote-write-version");
        headers.insert(version, HeaderValue::from_static("0.1.0"));
        Ok(request)
    }

    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition {
        classify_remote_write(response, items)
    }
}
