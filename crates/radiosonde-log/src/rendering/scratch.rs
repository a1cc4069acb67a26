use std::cell::Cell;

use crate::rendering::fields::Fields;
use crate::rendering::timestamp::Stamp;
use crate::schemas::envelope::Envelope;

/// Larger buffers are freed instead of kept by each thread.
const KEEP_BYTES: usize = 64 * 1024;

/// The buffers that a thread reuses for each line.
#[derive(Debug)]
pub(crate) struct Scratch {
    pub(crate) fields: Fields,
    pub(crate) line: String,
    pub(crate) pretty: String,
    /// The envelope, if it is not the callsite's own.
    pub(crate) envelope: Envelope,
    /// The target of a bridged `log` record.
    pub(crate) target: String,
    pub(crate) stamp: Stamp,
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

impl Scratch {
    fn new() -> Self {
        Self {
            fields: Fields::default(),
            line: String::new(),
            pretty: String::new(),
            envelope: Envelope::default(),
            target: String::new(),
            stamp: Stamp::new(),
        }
    }

    fn capacity(&self) -> usize {
        let texts = [&self.line, &self.pretty, &self.target];
        self.fields.capacity()
            + self.envelope.capacity()
            + texts.map(String::capacity).into_iter().sum::<usize>()
    }

    /// Lends this thread's buffers, cleared.
    ///
    /// They are taken out while in use: an event emitted while a value of another is formatted gets new ones, and so does an
    /// event emitted while the thread's locals are destroyed.
    pub(crate) fn lend<R>(work: impl FnOnce(&mut Self) -> R) -> R {
        let mut scratch =
            SCRATCH.try_with(Cell::take).ok().flatten().unwrap_or_else(|| Box::new(Self::new()));
        scratch.fields.clear();
        scratch.line.clear();
        scratch.envelope.clear();
        scratch.target.clear();
        let result = work(&mut scratch);
        if scratch.capacity() <= KEEP_BYTES {
            // While the thread exits they cannot be put back, and are dropped.
            let _ = SCRATCH.try_with(|place| place.set(Some(scratch)));
        }
        result
    }
}
