use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::http::Http;

/// How to detect that a program is ready.
#[derive(Debug)]
pub(crate) enum Ready {
    /// A URL that responds with 200.
    Http(String),
    /// A socket on which PostgreSQL accepts a connection of the user `postgres`.
    Postgres(PathBuf),
}

impl Ready {
    pub(crate) fn answers(&self, limit: Duration) -> bool {
        match self {
            Self::Http(url) => Http::new(url.clone()).answers("", limit),
            Self::Postgres(socket) => is_accepted(socket, limit).unwrap_or(false),
        }
    }
}

/// The start of a connection: its length, the version 3.0 of the protocol, and pairs of names and values.
const STARTUP: &[u8] = b"\0\0\0\x29\0\x03\0\0user\0postgres\0database\0postgres\0\0";

/// PostgreSQL answers with an error while it starts.
fn is_accepted(socket: &Path, limit: Duration) -> io::Result<bool> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(limit))?;
    stream.write_all(STARTUP)?;
    let mut kind = [0];
    stream.read_exact(&mut kind)?;
    Ok(kind == *b"R")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_connection_has_its_own_length() {
        let (length, _) = STARTUP.split_first_chunk().unwrap();
        assert_eq!(u32::from_be_bytes(*length) as usize, STARTUP.len());
    }
}
