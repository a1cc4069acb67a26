use std::fmt;

/// A short text on the stack.
pub(crate) struct ShortText {
    bytes: [u8; 128],
    length: usize,
    /// A longer one.
    long: String,
}

impl Default for ShortText {
    fn default() -> Self {
        Self { bytes: [0; 128], length: 0, long: String::new() }
    }
}

impl ShortText {
    pub(crate) fn as_str(&self) -> &str {
        if self.long.is_empty() {
            std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
        } else {
            &self.long
        }
    }
}

impl fmt::Write for ShortText {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = self.length + part.len();
        match self.bytes.get_mut(self.length..end) {
            Some(room) if self.long.is_empty() => {
                room.copy_from_slice(part.as_bytes());
                self.length = end;
            }
            _ => {
                if self.long.is_empty() {
                    self.long = self.as_str().to_owned();
                }
                self.long.push_str(part);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn a_text_may_be_longer_than_the_stack_holds() {
        let (mut text, mut expected) = (ShortText::default(), String::new());
        for part in ["GET", " ", &"/orders".repeat(30), "/{id}"] {
            text.write_str(part).unwrap();
            expected.push_str(part);
            assert_eq!(text.as_str(), expected);
        }
    }
}
