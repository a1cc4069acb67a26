//! A writer that blocks until it is released.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex};

use radiosonde_testkit::SharedBuffer;

/// Opens and closes [`Gated`] writers. Clones are the same gate.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<Position>, Condvar)>);

#[derive(Default)]
struct Position {
    is_open: bool,
    entered: usize,
}

impl Gate {
    pub(crate) fn open(&self) {
        self.0.0.lock().unwrap().is_open = true;
        self.0.1.notify_all();
    }

    /// Waits until this many writes have reached the gate.
    pub(crate) fn wait_for(&self, entered: usize) {
        let position = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(position, |position| position.entered < entered).unwrap());
    }

    fn enter(&self) {
        let mut position = self.0.0.lock().unwrap();
        position.entered += 1;
        self.0.1.notify_all();
        drop(self.0.1.wait_while(position, |position| !position.is_open).unwrap());
    }

    /// A writer behind the gate, and the buffer it writes to.
    pub(crate) fn writer(&self) -> (Gated, SharedBuffer) {
        let buffer = SharedBuffer::new();
        (Gated { gate: self.clone(), buffer: buffer.clone() }, buffer)
    }
}

pub(crate) struct Gated {
    gate: Gate,
    buffer: SharedBuffer,
}

impl Write for Gated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gate.enter();
        self.buffer.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
