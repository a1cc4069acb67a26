use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the user's code; `None` if it panics.
///
/// The panic hook has already reported the panic. The payload is dropped here, or leaked if its destructor panics: the
/// payload's type belongs to the panicking code, and a second panic would end the caller, which survived the first. The
/// caller must check any state that `work` left half changed.
///
/// ```
/// use radiosonde_core::survive;
///
/// assert_eq!(survive(|| 1), Some(1));
/// assert_eq!(survive(|| std::panic::resume_unwind(Box::new("out of order"))), None::<()>);
/// ```
pub fn survive<R>(work: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Some(result),
        Err(payload) => {
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                // The destructor of the second payload may panic as well, and so on.
                let _leaked: &'static mut _ = Box::leak(again);
            }
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    struct PanicsWhenDropped(u8);

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            if let Some(left) = self.0.checked_sub(1) {
                panic_any(Self(left));
            }
        }
    }

    #[test]
    fn a_payload_that_panics_when_dropped_ends_here() {
        for again in 0..3 {
            assert_eq!(survive(|| panic_any(PanicsWhenDropped(again))), None::<()>);
        }
    }
}
