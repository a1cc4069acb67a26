use std::fmt::Write as _;

/// The parameters of a request, encoded as `application/x-www-form-urlencoded`.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    encoded: String,
}

impl Parameters {
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        if !self.encoded.is_empty() {
            self.encoded.push('&');
        }
        encode(name, &mut self.encoded);
        self.encoded.push('=');
        encode(value, &mut self.encoded);
        self
    }

    pub(super) fn with_some(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, &value.to_string()),
            None => self,
        }
    }

    pub(super) fn encoded(&self) -> &str {
        &self.encoded
    }
}

/// Escapes every byte that is not unreserved as `%XX`, which is valid in paths, queries and forms.
pub(super) fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_unreserved_characters_are_escaped() {
        let parameters = Parameters::default()
            .with("query", r#"{a="ü b"} |= "x&y=z+%""#)
            .with_some("limit", Some(7))
            .with_some("step", None::<u8>)
            .with("match[]", "-._~");
        assert_eq!(
            parameters.encoded(),
            "query=%7Ba%3D%22%C3%BC%20b%22%7D%20%7C%3D%20%22x%26y%3Dz%2B%25%22&limit=7&match%5B%5D=-._~"
        );
    }
}
