use std::error::Error;
use std::fmt::{self, Display};

use radiosonde_core::{format_within, survive};

/// The texts of an error that ended a call, for the span and the line.
///
/// # Shape
/// `{}` is the error, `{:#}` the error and its causes, joined by `: `. Formatted once, and guarded: an error whose `Display`
/// fails or panics must not end the call, which has its result.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    cause: Option<Box<Self>>,
}

/// The same limit as in the JSON layer; a chain may be endless.
const MAX_CAUSES: usize = 16;

/// The same text as in log lines.
const UNFORMATTED: &str = "<fmt error>";

/// The largest total size of a failure's texts.
const TEXT_BYTES: usize = 64 * 1024;

impl Failure {
    /// An error with its causes.
    pub(crate) fn of_error(error: &dyn Error) -> Self {
        let message = text(format_args!("{error}"), TEXT_BYTES);
        let mut room = TEXT_BYTES.saturating_sub(message.len());
        let mut texts = vec![message];
        let mut next = survive(|| error.source()).flatten();
        while let Some(cause) = next.filter(|_| texts.len() <= MAX_CAUSES && room > 0) {
            let message = text(format_args!("{cause}"), room);
            room = room.saturating_sub(message.len());
            texts.push(message);
            next = survive(|| cause.source()).flatten();
        }
        let innermost = None;
        let outermost =
            texts.into_iter().rev().fold(innermost, |cause, message| Some(Box::new(Self { message, cause })));
        outermost.map_or_else(|| Self { message: String::new(), cause: None }, |failure| *failure)
    }

    /// A value with only a `Display`; with `{:#}` it shows its causes, if it has any.
    pub(crate) fn of_display(error: &dyn Display) -> Self {
        Self { message: text(format_args!("{error:#}"), TEXT_BYTES), cause: None }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.cause {
            Some(cause) if f.alternate() => write!(f, ": {cause:#}"),
            _ => Ok(()),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

/// The first `bytes` bytes, cut between characters.
fn text(value: fmt::Arguments<'_>, bytes: usize) -> String {
    let mut text = String::new();
    match format_within(&mut text, value, bytes) {
        Some(_) => text,
        None => UNFORMATTED.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Endless;

    impl Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("on and on, ")?;
            }
        }
    }

    impl Error for Endless {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }

    /// An error that is its own cause, with a text of this many bytes.
    #[derive(Debug)]
    struct Long(usize);

    impl Display for Long {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}", "x".repeat(self.0))
        }
    }

    impl Error for Long {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }

    #[derive(Debug)]
    struct Fails;

    impl Display for Fails {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half of")?;
            Err(fmt::Error)
        }
    }

    impl Error for Fails {
        #[allow(clippy::panic, reason = "an error of a user's may")]
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            panic!("no source")
        }
    }

    #[test]
    fn endless_texts_are_cut() {
        let failure = Failure::of_error(&Endless);
        assert!(failure.message.len() >= TEXT_BYTES && failure.message.len() < TEXT_BYTES + 4);
        assert!(failure.cause.is_none());
    }

    #[test]
    fn endless_chains_are_cut() {
        let failure = Failure::of_error(&Long(1));
        let chain: Vec<_> =
            std::iter::successors(Some(&failure as &(dyn Error + 'static)), |error| (**error).source())
                .collect();
        assert_eq!(chain.len(), MAX_CAUSES + 1);
    }

    #[test]
    fn one_bound_holds_for_the_whole_chain() {
        let failure = Failure::of_error(&Long(TEXT_BYTES / 2 - 1));
        // Two bytes are left for the third text.
        assert_eq!(format!("{failure:#}").len(), TEXT_BYTES + 2 * ": ".len());
    }

    #[test]
    fn an_error_that_cannot_be_formatted_has_a_text_all_the_same() {
        assert_eq!(Failure::of_error(&Fails).to_string(), UNFORMATTED);
        assert_eq!(Failure::of_display(&Fails).to_string(), UNFORMATTED);
    }

    #[test]
    fn the_alternate_form_has_the_causes() {
        let error = std::io::Error::other("x".parse::<u8>().unwrap_err());
        let failure = Failure::of_error(&error);
        assert_eq!(format!("{failure}"), "invalid digit found in string");
        let nested = Failure { message: "not stored".to_owned(), cause: Some(Box::new(failure)) };
        assert_eq!(format!("{nested:#}"), "not stored: invalid digit found in string");
    }
}
