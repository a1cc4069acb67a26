use std::backtrace::{Backtrace, BacktraceStatus};

/// Whether the line of a panic has a backtrace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum PanicBacktrace {
    /// According to `RUST_LIB_BACKTRACE`, or else `RUST_BACKTRACE`: if it is set and not `0`.
    #[default]
    FromEnvironment,
    /// Always. Resolving names in a program with debug information takes some milliseconds, and memory that is kept.
    Always,
    /// Never.
    Never,
}

impl PanicBacktrace {
    /// Captures the stack without resolving names.
    pub(crate) fn capture(self) -> Option<Backtrace> {
        let backtrace = match self {
            Self::FromEnvironment => Backtrace::capture(),
            Self::Always => Backtrace::force_capture(),
            Self::Never => return None,
        };
        (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace)
    }
}

/// The program's own part of a backtrace, from the frame that panicked to the start of the thread. Whole frames, of at most
/// about `most` bytes.
pub(crate) fn trimmed(text: &str, most: usize) -> String {
    let frames = frames(text);
    let above = frames.iter().position(|frame| frame.contains("__rust_end_short_backtrace"));
    let start = above.map_or(0, |above| {
        let machinery = |frame: &&&str| {
            ["rust_begin_unwind", "core::panicking::", "std::panicking::"]
                .iter()
                .any(|name| frame.contains(name))
        };
        above + 1 + frames[above + 1..].iter().take_while(machinery).count()
    });
    let below = frames[start..].iter().position(|frame| frame.contains("__rust_begin_short_backtrace"));
    let own = &frames[start..below.map_or(frames.len(), |below| start + below)];
    let mut out = String::new();
    for (at, frame) in own.iter().enumerate() {
        if out.len() + frame.len() > most {
            out.push_str(&format!("  and {} more frames", own.len() - at));
            break;
        }
        out.push_str(frame);
    }
    out.truncate(out.trim_end().len());
    out
}

/// The frames, each with the line of its location, as `std` formats them.
fn frames(text: &str) -> Vec<&str> {
    let mut frames = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if at > start && begins_frame(line) {
            frames.push(&text[start..at]);
            start = at;
        }
        at += line.len();
    }
    frames.push(&text[start..]);
    frames
}

/// Whether the line starts a frame: `  12: name`.
fn begins_frame(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.len() - line.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    digits > 0 && line[digits..].starts_with(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "   0: radiosonde_log::panicking::hook::on_panic
             at ./src/hook.rs:1:2
   1: std::panicking::rust_panic_with_hook
   2: std::sys::backtrace::__rust_end_short_backtrace
   3: __rustc::rust_begin_unwind
   4: core::panicking::panic_fmt
   5: core::option::unwrap_failed
   6: orders::price
             at ./src/main.rs:10:5
   7: std::panicking::catch_unwind::do_call
   8: std::sys::backtrace::__rust_begin_short_backtrace
   9: std::rt::lang_start
";

    #[test]
    fn only_the_programs_own_frames_are_left() {
        let expected = "   5: core::option::unwrap_failed
   6: orders::price
             at ./src/main.rs:10:5
   7: std::panicking::catch_unwind::do_call";
        assert_eq!(trimmed(TEXT, 1000), expected);
    }

    #[test]
    fn a_long_one_is_cut_between_frames() {
        let expected = "   5: core::option::unwrap_failed\n  and 2 more frames";
        assert_eq!(trimmed(TEXT, 60), expected);
    }

    #[test]
    fn one_without_names_is_left_as_it_is() {
        assert_eq!(trimmed("   0: <unknown>\n   1: <unknown>\n", 100), "   0: <unknown>\n   1: <unknown>");
        assert_eq!(trimmed("disabled backtrace", 100), "disabled backtrace");
        assert_eq!(trimmed("", 100), "");
    }
}
