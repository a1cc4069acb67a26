use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::health::board::Board;
use crate::health::check::Probe;
use crate::health::report::HealthReport;

/// Waits for the checks of a probe. From [`Health::ready`](crate::Health::ready) and [`Health::live`](crate::Health::live); needs no
/// runtime.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct HealthFuture {
    board: Arc<Board>,
    probe: Probe,
    /// `None` until it is polled.
    number: Option<u64>,
}

impl HealthFuture {
    pub(crate) const fn new(board: Arc<Board>, probe: Probe) -> Self {
        Self { board, probe, number: None }
    }
}

impl Future for HealthFuture {
    type Output = HealthReport;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<HealthReport> {
        let probe = self.probe;
        let number = match self.number {
            Some(number) => number,
            None => {
                let number = self.board.begin(probe);
                self.number = Some(number);
                number
            }
        };
        self.board.poll(probe, number, context)
    }
}

impl Drop for HealthFuture {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.board.leave(number);
        }
    }
}
