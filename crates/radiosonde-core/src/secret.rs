use std::fmt;

/// A value that is never printed: its `Debug` and `Display` are `[redacted]`.
///
/// # Shape
/// A type with such a field can derive `Debug` and be logged with `?` without revealing it. [`expose`](Self::expose) is the
/// only access to the value, and easy to search for. A secret is neither compared nor serialised, and `tracing` accepts it
/// with `?` or `%` only.
///
/// The memory is not wiped on drop. Where that is needed, wrap a type that does it, such as those of the crate `zeroize`.
///
/// ```
/// use radiosonde_core::Secret;
///
/// #[derive(Debug)]
/// struct Login {
///     user: String,
///     password: Secret<String>,
/// }
///
/// let login = Login { user: "ada".into(), password: Secret::new("hunter2".into()) };
/// assert_eq!(format!("{login:?}"), r#"Login { user: "ada", password: [redacted] }"#);
/// assert_eq!(login.password.to_string(), "[redacted]");
/// assert_eq!(login.password.expose(), "hunter2");
/// ```
#[derive(Clone, Copy, Default)]
pub struct Secret<T: ?Sized>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Unwraps the value, which from now on is as visible as any other.
    #[must_use]
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T: ?Sized> Secret<T> {
    /// The value, for code that uses it without revealing it.
    #[must_use]
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: ?Sized> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: ?Sized> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_of_formatting_shows_it() {
        let secret = Secret::new("hunter2");
        let shown = [
            format!("{secret}"),
            format!("{secret:?}"),
            format!("{secret:#?}"),
            format!("{secret:3}"),
            format!("{:?}", Some(secret)),
            format!("{:#?}", [secret]),
            format!("{:?}", Secret::<&str>::from("hunter2")),
            format!("{secret:.3}"),
        ];
        for text in shown {
            assert!(text.contains("[re") && !text.contains("hunter2"), "{text}");
        }
        let slice: &Secret<[u8]> = &Secret::new([1, 2, 3]);
        assert_eq!(format!("{slice:?} {}", slice.expose().len()), "[redacted] 3");
        assert_eq!(Secret::new(String::from("hunter2")).into_exposed(), "hunter2");
    }
}
