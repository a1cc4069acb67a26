use std::fmt;

use crate::survive::survive;

/// Appends the text of `value` to `out` until `out` has `limit` bytes, never splitting a character.
///
/// For a user's `Debug` or `Display`, which may fail, panic or be endless. `None` if it fails or panics, with `out` unchanged.
///
/// ```
/// use radiosonde_core::{Formatted, format_within};
///
/// let mut out = String::from("> ");
/// assert_eq!(format_within(&mut out, format_args!("{} of {}", 3, 10), 6), Some(Formatted::Cut));
/// assert_eq!(out, "> 3 of");
/// ```
#[inline]
pub fn format_within(out: &mut String, value: fmt::Arguments<'_>, limit: usize) -> Option<Formatted> {
    let start = out.len();
    let mut writer = Bounded { out, limit, is_cut: false };
    match survive(|| fmt::write(&mut writer, value)) {
        _ if writer.is_cut => Some(Formatted::Cut),
        Some(Ok(())) => Some(Formatted::Whole),
        _ => {
            out.truncate(start);
            None
        }
    }
}

/// At most the first `limit` bytes of `text`, never splitting a character.
pub(crate) fn beginning(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// How much of a text [`format_within`] appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formatted {
    /// All of it.
    Whole,
    /// Its beginning.
    Cut,
}

struct Bounded<'a> {
    out: &'a mut String,
    limit: usize,
    is_cut: bool,
}

impl fmt::Write for Bounded<'_> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.out.len().saturating_add(text.len()) <= self.limit {
            self.out.push_str(text);
            return Ok(());
        }
        // Nothing is missing of an empty text, even where `out` is beyond the limit already.
        if text.is_empty() && !self.is_cut {
            return Ok(());
        }
        // The error stops the formatting of a long or endless value. If it continues anyway, nothing more is appended.
        let left = self.limit.saturating_sub(self.out.len());
        self.out.push_str(beginning(text, left));
        (self.is_cut, self.limit) = (true, 0);
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Display;

    use super::*;

    struct Endless;

    impl Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("\u{e4}b")?;
            }
        }
    }

    struct Fails;

    impl Display for Fails {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            Err(fmt::Error)
        }
    }

    #[test]
    fn an_endless_text_is_cut_between_characters_and_a_failed_one_is_removed() {
        for (limit, expected) in [(0, ""), (1, ""), (2, "\u{e4}"), (4, "\u{e4}b"), (5, "\u{e4}b\u{e4}")] {
            let mut out = String::new();
            assert_eq!(format_within(&mut out, format_args!("{Endless}"), limit), Some(Formatted::Cut));
            assert_eq!(out, expected, "{limit}");
        }
        let (mut out, empty) = (String::from("before"), String::new());
        assert_eq!(format_within(&mut out, format_args!("{empty}"), 3), Some(Formatted::Whole));
        assert_eq!(format_within(&mut out, format_args!("{Fails}"), 100), None);
        assert_eq!(out, "before");
        assert_eq!(format_within(&mut out, format_args!("!"), 7), Some(Formatted::Whole));
    }
}
