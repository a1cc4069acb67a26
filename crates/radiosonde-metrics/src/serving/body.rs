use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::serving::in_flight::InFlight;

/// The body of a scrape: one piece of known length.
#[derive(Debug, Clone)]
pub struct MetricsBody {
    bytes: Option<Bytes>,
    /// The scrape is in flight until its body is dropped.
    _in_flight: Option<Arc<InFlight>>,
}

impl MetricsBody {
    /// `None` where only the head is asked for.
    pub(crate) fn new(bytes: Option<Bytes>, in_flight: Option<InFlight>) -> Self {
        Self { bytes, _in_flight: in_flight.map(Arc::new) }
    }

    #[cfg(test)]
    pub(crate) const fn bytes(&self) -> Option<&Bytes> {
        self.bytes.as_ref()
    }
}

impl http_body::Body for MetricsBody {
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
