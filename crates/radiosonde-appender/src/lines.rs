use std::io::{self, Write};

use crate::failure::Failure;

/// Lines to be written, each with its line feed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lines<'a> {
    pub(crate) bytes: &'a [u8],
    /// The bytes begin within a line, where the last call stopped.
    pub(crate) resumes: bool,
}

impl<'a> Lines<'a> {
    /// Lines none of which has been written.
    pub(crate) fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, resumes: false }
    }

    /// Writes everything that the writer accepts. `written` counts the bytes accepted, also if the writer panics.
    ///
    /// `torn` is set while the output ends within a line. A torn line is ended first, unless this call continues it.
    pub(crate) fn write_to(
        self,
        writer: &mut impl Write,
        torn: &mut bool,
        written: &mut usize,
    ) -> Result<(), Failure> {
        // Stays set if the writer panics.
        let was_torn = std::mem::replace(torn, true);
        if was_torn && !self.resumes {
            writer.write_all(b"\n").map_err(Failure::from_write)?;
        }
        let result = self.write_bytes(writer, written);
        *torn = match written.checked_sub(1) {
            Some(last) => self.bytes.get(last) != Some(&b'\n'),
            None => was_torn && self.resumes,
        };
        result.map_err(Failure::from_write)?;
        writer.flush().map_err(|error| match Failure::from_write(error) {
            Failure::Refused(error) => Failure::Unflushed(error),
            busy => busy,
        })
    }

    fn write_bytes(self, writer: &mut impl Write, written: &mut usize) -> io::Result<()> {
        while let Some(rest) = self.bytes.get(*written..).filter(|rest| !rest.is_empty()) {
            match writer.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => *written += count.min(rest.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
