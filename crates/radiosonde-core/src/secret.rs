use std::fmt;

/// A value that is never shown: its `Debug` and `Display` are `[redacted]`.
///
/// # Shape
/// Whatever it is a field of can derive `Debug`, and be logged with `?`, without showing it. [`expose`](Self::expose) is the one way to the
/// value, and easy to search for. It is neither compared nor serialised, and `tracing` takes it with `?` or `%` only.
///
/// The memory is not wiped when it is dropped; what needs that keeps a type of its own that does, such as those of the crate
/// `zeroize`, in here.
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
    /// Hides a value.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, which from now on is as visible as any other.
    #[must_use]
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T: ?Sized> Secret<T> {
    /// The value, for whoever uses it and shows it to nobody.
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
