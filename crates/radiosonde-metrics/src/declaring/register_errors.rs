use std::error::Error as _;
use std::fmt;

use crate::families::register_error::RegisterError;

/// Metrics of a module that could not be registered, by the `register` function that [`macro@crate::metrics`] makes.
///
/// `Debug` shows the same sentence as `Display`, as a `main` that returns the errors prints it.
#[derive(Clone, PartialEq)]
pub struct RegisterErrors {
    errors: Box<[RegisterError]>,
}

impl RegisterErrors {
    /// All errors as one, if there are any.
    ///
    /// # Errors
    /// Those that are given.
    pub fn check(errors: Vec<RegisterError>) -> Result<(), Self> {
        if errors.is_empty() { Ok(()) } else { Err(Self { errors: errors.into() }) }
    }

    /// Each error, in the order of the declarations; one at least.
    pub fn iter(&self) -> std::slice::Iter<'_, RegisterError> {
        self.errors.iter()
    }
}

impl<'a> IntoIterator for &'a RegisterErrors {
    type Item = &'a RegisterError;
    type IntoIter = std::slice::Iter<'a, RegisterError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for RegisterErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for RegisterErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.errors.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{error}")?;
            // There is no one cause to give as the source.
            if let Some(cause) = error.source() {
                write!(f, ": {cause}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for RegisterErrors {}
