use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::file::file_options::FileOptions;

impl FileOptions {
    /// Compresses rotated files with gzip, on a thread of its own.
    ///
    /// A compressed file takes the place of the other only when it is whole and on the disk, so that a crash at any moment
    /// leaves one of the two; what it left uncompressed is compressed after the next start. While it is made, it takes room
    /// beyond [`keep_total_bytes`](Self::keep_total_bytes).
    pub fn gzip(mut self, gzip: bool) -> Self {
        self.compress = gzip.then_some(compress);
        self
    }
}

/// Copies `input` to `output`, compressed, and says how many bytes it read.
fn compress(input: &mut File, output: &mut File, pause: &AtomicBool) -> io::Result<u64> {
    let mut encoder = GzEncoder::new(output, Compression::default());
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        // Relaxed: nothing else is read by it.
        if pause.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                encoder.write_all(&buffer[..read])?;
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    encoder.finish()?;
    Ok(bytes)
}
