use std::error::Error;
use std::fmt::{self, Display, Write as _};

use radiosonde_core::survive;

/// What an error looked like when it ended a call: its texts, for the span and the line.
///
/// # Shape
/// `{}` is the error, `{:#}` the error and its causes, joined by `: `. Formatted once, and under a guard: an error whose `Display`
/// fails or panics must not take the call along, which has its result.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    cause: Option<Box<Self>>,
}

/// As many causes as the JSON layer writes; a chain may be endless.
const MAX_CAUSES: usize = 16;

/// The same text as in lines.
const UNFORMATTED: &str = "<fmt error>";

const TEXT_BYTES: usize = 64 * 1024;

impl Failure {
    /// An error with its causes.
    pub(crate) fn of_error(error: &dyn Error) -> Self {
        let mut texts = vec![text(format_args!("{error}"))];
        let mut next = survive(|| error.source()).flatten();
        while let Some(cause) = next.filter(|_| texts.len() <= MAX_CAUSES) {
            texts.push(text(format_args!("{cause}")));
            next = survive(|| cause.source()).flatten();
        }
        let innermost = None;
        let outermost =
            texts.into_iter().rev().fold(innermost, |cause, message| Some(Box::new(Self { message, cause })));
        outermost.map_or_else(|| Self { message: String::new(), cause: None }, |failure| *failure)
    }

    /// What can only be shown; `{:#}` is how such a value shows its causes, if it has any.
    pub(crate) fn of_display(error: &dyn Display) -> Self {
        Self { message: text(format_args!("{error:#}")), cause: None }
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

fn text(value: fmt::Arguments<'_>) -> String {
    let mut text = Bounded(String::new());
    match survive(|| text.write_fmt(value)) {
        Some(Err(fmt::Error)) | None if text.0.len() < TEXT_BYTES => UNFORMATTED.to_owned(),
        _ => text.0,
    }
}

/// Ends the formatting of an endless value.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = TEXT_BYTES.saturating_sub(self.0.len());
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        // The first whole characters that fill the room.
        let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= room).unwrap_or(text.len());
        self.0.push_str(text.get(..end).unwrap_or_default());
        Err(fmt::Error)
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
    fn endless_texts_and_chains_are_cut() {
        let failure = Failure::of_error(&Endless);
        let chain: Vec<_> =
            std::iter::successors(Some(&failure as &(dyn Error + 'static)), |error| (**error).source())
                .collect();
        assert_eq!(chain.len(), MAX_CAUSES + 1);
        assert!(failure.message.len() >= TEXT_BYTES && failure.message.len() < TEXT_BYTES + 4);
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
