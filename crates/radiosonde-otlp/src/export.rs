use std::io::Write as _;

use bytes::Bytes;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method, Request, Response};
use prost::Message;
use radiosonde_delivery::{Backend, EncodeError, Endpoint, Verdict};
use radiosonde_trace::FinishedSpan;

use crate::proto::{ExportRequest, Resource, ResourceSpans};
use crate::{Compression, encode, policy};

/// Makes export requests of batches of spans.
pub(crate) struct ExportSpans {
    endpoint: Endpoint,
    headers: HeaderMap,
    compression: Compression,
    resource: Resource,
}

impl ExportSpans {
    pub(crate) fn new(
        endpoint: Endpoint,
        mut headers: HeaderMap,
        compression: Compression,
        resource: Resource,
    ) -> Self {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        if compression == Compression::Gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Self { endpoint, headers, compression, resource }
    }
}

impl Backend for ExportSpans {
    type Item = FinishedSpan;

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn encode(&mut self, batch: &[FinishedSpan]) -> Result<Request<Bytes>, EncodeError> {
        let spans = ResourceSpans { resource: self.resource.clone(), scope_spans: encode::scopes(batch) };
        let plain = ExportRequest { resource_spans: vec![spans] }.encode_to_vec();
        let body = match self.compression {
            Compression::None => plain,
            Compression::Gzip => {
                gzip(&plain).map_err(|error| EncodeError::because("compress the batch", error))?
            }
        };
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.uri().clone();
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }

    fn judge(&mut self, response: &Response<Bytes>, _items: usize) -> Verdict {
        policy::judge(response)
    }
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::with_capacity(plain.len() / 4), flate2::Compression::fast());
    gzip.write_all(plain)?;
    gzip.finish()
}
