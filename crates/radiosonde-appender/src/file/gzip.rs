use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::file::file_options::FileOptions;

impl FileOptions {
    /// Compresses rotated files with gzip, on a thread of its own.
    ///
    /// A compressed file replaces the original only once it is complete and on the disk, so a crash at any moment leaves one
    /// of the two; the next start compresses what a crash left uncompressed. While it is written, it takes room beyond
    /// [`keep_total_bytes`](Self::keep_total_bytes).
    pub fn gzip(mut self, gzip: bool) -> Self {
        self.compress = gzip.then_some(compress);
        self
    }
}

/// Copies `input` to `output`, compressed, and returns the number of bytes read.
fn compress(input: &mut File, output: &mut File, pause: &AtomicBool) -> io::Result<u64> {
    let mut encoder = GzEncoder::new(output, Compression::default());
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        // Relaxed: the flag guards no other data.
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
