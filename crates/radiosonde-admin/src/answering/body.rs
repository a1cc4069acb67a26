use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http_body::{Frame, SizeHint};

use crate::answering::in_flight::InFlight;

/// The body of every response of this crate: one piece of known length.
#[derive(Debug, Clone)]
pub struct AdminBody {
    bytes: Option<Bytes>,
    /// The request is in flight until its body is dropped.
    in_flight: Option<Arc<InFlight>>,
}

impl AdminBody {
    /// The response 200 with these bytes, or with their length alone.
    pub(crate) fn response(bytes: Bytes, content_type: &'static str, is_head: bool) -> Response<Self> {
        let length = bytes.len();
        let mut response = Response::new(Self { bytes: (!is_head).then_some(bytes), in_flight: None });
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if is_head {
            // Servers send the length of the body that they are given, which is 0 here.
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        response
    }

    pub(crate) fn keep_in_flight(&mut self, in_flight: InFlight) {
        self.in_flight = Some(Arc::new(in_flight));
    }

    #[cfg(test)]
    pub(crate) const fn bytes(&self) -> Option<&Bytes> {
        self.bytes.as_ref()
    }
}

impl http_body::Body for AdminBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
