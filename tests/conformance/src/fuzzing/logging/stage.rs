use std::io;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Writer};
use tracing::dispatcher::Dispatch;
use tracing_subscriber::layer::SubscriberExt as _;

/// A subscriber that stays, what it writes to, and what its lines must keep to.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) dispatch: Dispatch,
    pub(super) max_line_bytes: usize,
    written: Buffer,
    /// What is written belongs to one scene at a time.
    turn: Mutex<()>,
}

/// A static field of every stage, and its value.
pub(super) const STATIC: (&str, &str) = ("zone", "eu-1\u{85}");

static STAGES: LazyLock<[Stage; 4]> = LazyLock::new(|| {
    [(250_000, 256), (20_000, 256), (4_000, 256), (4_000, 6)].map(|(bytes, fields)| Stage::new(bytes, fields))
});

impl Stage {
    /// One of the stages, and the turn on it.
    pub(super) fn of(choice: u8) -> (&'static Self, MutexGuard<'static, ()>) {
        let stage = &STAGES[usize::from(choice) % STAGES.len()];
        let turn = stage.turn.lock().unwrap_or_else(PoisonError::into_inner);
        stage.take();
        (stage, turn)
    }

    #[allow(clippy::panic, reason = "a fuzz target fails by panicking")]
    fn new(max_line_bytes: usize, max_fields: usize) -> Self {
        let written = Buffer::default();
        let layer = JsonLayer::builder(&Resource::new("a \"service\"\u{2029}"))
            .format(Format::Json)
            .max_line_bytes(max_line_bytes)
            .max_fields(max_fields)
            .static_field(STATIC.0, STATIC.1)
            .writer(Writer::new("buffer", written.clone()))
            .build()
            .unwrap_or_else(|error| panic!("{error}"));
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
        Self { dispatch, max_line_bytes, written, turn: Mutex::default() }
    }

    /// What was written since the last time.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.written.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug, Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
