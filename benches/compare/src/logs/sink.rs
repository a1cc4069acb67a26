//! A sink that drops all lines.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

static SHOWN: AtomicBool = AtomicBool::new(false);

/// Prints lines from now on.
pub fn show() {
    // Relaxed: set before the first line, by the thread that logs.
    SHOWN.store(true, Ordering::Relaxed);
}

/// Accepts every line.
#[derive(Debug, Clone, Copy)]
pub struct Null;

pub fn null() -> Null {
    Null
}

impl Write for Null {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Relaxed: as above.
        if SHOWN.load(Ordering::Relaxed) {
            io::stdout().write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Queue capacity in lines, enough for a round.
pub const QUEUED_LINES: usize = 1 << 18;

/// Counts lines sent to a queue and lines taken from it.
#[derive(Debug, Clone, Default)]
pub struct Drained(Arc<Lines>);

#[derive(Debug, Default)]
struct Lines {
    sent: AtomicU64,
    written: AtomicU64,
}

impl Drained {
    pub fn sent(&self, lines: u64) {
        // Relaxed: a total that guards no other data.
        self.0.sent.fetch_add(lines, Ordering::Relaxed);
    }

    /// Waits until the queue is empty, so that its thread does not run in the turn of others; reports lost lines.
    pub fn settle(&self) {
        let start = Instant::now();
        loop {
            // Relaxed: a total.
            let missing =
                self.0.sent.load(Ordering::Relaxed).saturating_sub(self.0.written.load(Ordering::Relaxed));
            if missing == 0 {
                return;
            }
            if start.elapsed() > Duration::from_secs(3) {
                println!("  {missing} lines were lost in a queue: the figure is invalid");
                // Relaxed: a total.
                self.0.written.fetch_add(missing, Ordering::Relaxed);
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Write for Drained {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
        // Relaxed: a total.
        self.0.written.fetch_add(lines as u64, Ordering::Relaxed);
        Null.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
