//! A typical standard output: a pipe.

use std::io::{self, Read as _};

use radiosonde_log::Writer;

/// The pipe has a reader.
pub(crate) fn read() -> io::Result<Writer> {
    let (mut reader, writer) = io::pipe()?;
    std::thread::spawn(move || {
        let mut buffer = [0; 64 * 1024];
        while reader.read(&mut buffer).is_ok_and(|bytes| bytes > 0) {}
    });
    Ok(Writer::new("pipe", writer))
}

/// The pipe has a reader that reads nothing.
pub(crate) fn stalled() -> io::Result<Writer> {
    let (reader, writer) = io::pipe()?;
    Box::leak(Box::new(reader));
    Ok(Writer::new("pipe", writer))
}

/// The reader has closed the pipe.
pub(crate) fn gone() -> io::Result<Writer> {
    let (_, writer) = io::pipe()?;
    Ok(Writer::new("pipe", writer))
}
