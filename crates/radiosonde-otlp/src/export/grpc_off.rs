use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use radiosonde_delivery::{Disposition, EncodeError, Endpoint};

use crate::export::compression::Compression;
use crate::export::signal::Signal;

/// Whether this program is built with gRPC.
pub(super) const IS_AVAILABLE: bool = false;

/// This program is built without the feature `grpc`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoGrpc;

/// Uninhabited without the feature `grpc`.
#[derive(Debug)]
pub(super) enum GrpcExporter {}

impl GrpcExporter {
    pub(super) fn new(_: Endpoint, _: Compression, _: Duration) -> Result<Self, NoGrpc> {
        Err(NoGrpc)
    }

    pub(super) const fn endpoint(&self) -> &Endpoint {
        match *self {}
    }

    pub(super) fn buffer(&self, _: usize) -> Vec<u8> {
        match *self {}
    }

    pub(super) fn request(&self, _: Vec<u8>) -> Result<Request<Bytes>, EncodeError> {
        match *self {}
    }

    pub(super) fn classify(&self, _: &Response<Bytes>, _: Signal) -> Disposition {
        match *self {}
    }

    pub(super) fn error_text<'r>(&self, _: &'r Response<Bytes>) -> Cow<'r, str> {
        match *self {}
    }
}
