use std::pin::pin;
use std::sync::Arc;

use radiosonde_core::SharedClock;
use tokio::sync::watch;

use crate::batching::buffer::{AnyBuffer, Buffer};
use crate::protocol::Protocol;
use crate::transport::http_transport::HttpTransport;
use crate::worker::exchange::Exchange;
use crate::worker::in_flight::InFlight;

/// Sends the batches of one sink's queue: oldest first, and as many at the same time as its options permit.
pub(crate) struct SinkTask<P: Protocol> {
    buffer: Arc<Buffer<P::Item>>,
    exchange: Exchange<P>,
}

impl<P: Protocol> SinkTask<P> {
    pub(crate) fn new(
        buffer: Arc<Buffer<P::Item>>,
        protocol: P,
        transport: HttpTransport,
        clock: SharedClock,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let exchange = Exchange::new(Arc::clone(&buffer), protocol, transport, clock, stopping);
        Self { buffer, exchange }
    }

    /// Runs until the queue is closed and empty.
    pub(crate) async fn run(self) {
        let mut in_flight = InFlight::new(self.buffer.options().max_in_flight);
        loop {
            let next = pin!(self.buffer.next_batch());
            match in_flight.while_waiting_for(next).await {
                Some(batch) => in_flight.push(self.exchange.deliver(batch)),
                None => break,
            }
        }
        in_flight.finish().await;
        self.exchange.report_refusals();
    }
}

impl<P: Protocol> Drop for SinkTask<P> {
    /// However the task ends, no item may be accepted that would not be sent.
    fn drop(&mut self) {
        self.buffer.close();
    }
}
