use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use radiosonde_delivery::{Disposition, EncodeError, Endpoint, HttpVersion};

use crate::export::compression::Compression;
use crate::export::grpc::{GrpcExporter, NoGrpc};
use crate::export::http_exporter::HttpExporter;
use crate::export::http_response;
use crate::export::otlp_protocol::OtlpProtocol;
use crate::export::signal::Signal;

/// Creates the requests of one signal, and classifies their responses.
#[derive(Debug)]
pub(crate) struct Exporter {
    signal: Signal,
    wire: Wire,
}

#[derive(Debug)]
enum Wire {
    Http(HttpExporter),
    Grpc(GrpcExporter),
}

impl Exporter {
    /// `timeout` is the bound of one request, which a gRPC server is told.
    pub(crate) fn new(
        protocol: OtlpProtocol,
        signal: Signal,
        endpoint: Endpoint,
        compression: Compression,
        timeout: Duration,
    ) -> Result<Self, NoGrpc> {
        let wire = match protocol {
            OtlpProtocol::HttpProtobuf => Wire::Http(HttpExporter::new(endpoint, compression)),
            OtlpProtocol::Grpc => Wire::Grpc(GrpcExporter::new(endpoint, compression, timeout)?),
        };
        Ok(Self { signal, wire })
    }

    pub(crate) const fn endpoint(&self) -> &Endpoint {
        match &self.wire {
            Wire::Http(http) => http.endpoint(),
            Wire::Grpc(grpc) => grpc.endpoint(),
        }
    }

    pub(crate) const fn http_version(&self) -> HttpVersion {
        match &self.wire {
            Wire::Http(_) => HttpVersion::Http1,
            Wire::Grpc(_) => HttpVersion::Http2,
        }
    }

    /// A buffer with room for a message of this length, which is to be appended to what it holds.
    pub(crate) fn buffer(&self, len: usize) -> Vec<u8> {
        match &self.wire {
            Wire::Http(_) => Vec::with_capacity(len),
            Wire::Grpc(grpc) => grpc.buffer(len),
        }
    }

    /// Creates a request of a filled [`buffer`](Self::buffer).
    pub(crate) fn request(&self, buffer: Vec<u8>) -> Result<Request<Bytes>, EncodeError> {
        match &self.wire {
            Wire::Http(http) => http.request(buffer),
            Wire::Grpc(grpc) => grpc.request(buffer),
        }
    }

    pub(crate) fn classify(&self, response: &Response<Bytes>, items: usize) -> Disposition {
        match &self.wire {
            Wire::Http(_) => http_response::classify(response, items, self.signal),
            Wire::Grpc(grpc) => grpc.classify(response, self.signal),
        }
    }

    pub(crate) fn error_text<'r>(&self, response: &'r Response<Bytes>) -> Cow<'r, str> {
        match &self.wire {
            Wire::Http(_) => String::from_utf8_lossy(response.body()),
            Wire::Grpc(grpc) => grpc.error_text(response),
        }
    }
}
