use std::fmt;
use std::io::Write as _;

use bytes::Bytes;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{Method, Request};
use radiosonde_delivery::{EncodeError, Endpoint, HttpOptions, InvalidEndpoint, SinkOptions};

use crate::Compression;
use crate::builder::BuildError;
use crate::signal::Signal;

/// The specification's default.
const LOCAL: &str = "http://localhost:4318";

/// What the builders of all signals collect.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionSettings {
    pub(crate) endpoint: Target,
    pub(crate) http: HttpOptions,
    pub(crate) compression: Compression,
    pub(crate) options: SinkOptions,
}

impl ConnectionSettings {
    pub(crate) fn new(signal: Signal, name: &'static str) -> Self {
        Self {
            endpoint: Target::Base(LOCAL.into(), signal),
            http: HttpOptions::new(),
            compression: Compression::default(),
            options: SinkOptions::new(name),
        }
    }

    pub(crate) fn check(&self) -> Result<Connection, BuildError> {
        let endpoint = self.endpoint.resolve().map_err(BuildError::Endpoint)?;
        Ok(Connection { endpoint, compression: self.compression })
    }
}

/// A URL, of one signal or of all.
#[derive(Clone)]
pub(crate) enum Target {
    Base(Box<str>, Signal),
    Whole(Box<str>),
}

impl Target {
    fn resolve(&self) -> Result<Endpoint, InvalidEndpoint> {
        match self {
            Self::Base(url, signal) => Endpoint::parse(url)?.ending_in(signal.path),
            Self::Whole(url) => Endpoint::parse(url),
        }
    }
}

impl fmt::Debug for Target {
    /// As it will be used; neither side prints a password or a query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.resolve() {
            Ok(endpoint) => write!(f, "{endpoint}"),
            Err(error) => write!(f, "{error:?}"),
        }
    }
}

/// Where requests go, and what they have in common.
#[derive(Debug)]
pub(crate) struct Connection {
    endpoint: Endpoint,
    compression: Compression,
}

impl Connection {
    pub(crate) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A request with this message.
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
