/// Normalises a key to lower-case words joined by `_`: `X-Api-Key`, `x.api.key`, `xApiKey` and `X_API_KEY` all become `x_api_key`.
///
/// Words are separated by every character other than letters, digits and `*`. A word also starts at a capital after a small
/// letter or a digit, and at the last of several capitals if a small letter follows (`HTTPCookie` is `http_cookie`).
pub(crate) fn normalised(key: &str) -> String {
    let mut words = String::with_capacity(key.len() + 4);
    normalise(key, |character| words.push(character));
    words
}

fn normalise(key: &str, mut push: impl FnMut(char)) {
    let mut characters = key.chars().peekable();
    let (mut before, mut is_first, mut ended) = (None::<char>, true, false);
    while let Some(character) = characters.next() {
        if !is_of_a_word(character) {
            ended = true;
            before = None;
            continue;
        }
        let begins = character.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_numeric()
                    || before.is_uppercase() && characters.peek().is_some_and(|after| after.is_lowercase())
            });
        if (ended || begins) && !is_first {
            push('_');
        }
        character.to_lowercase().for_each(&mut push);
        (before, is_first, ended) = (Some(character), false, false);
    }
}

fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || character == '*'
}

/// The normalised key found in a text, without a heap allocation.
#[derive(Debug)]
pub(crate) struct KeyInText {
    bytes: [u8; Self::MAX],
    length: usize,
}

impl KeyInText {
    /// Only the end of a longer key is used.
    const MAX: usize = 96;

    /// `key` must be ASCII.
    pub(crate) fn new(key: &str) -> Self {
        // Each byte may be preceded by a `_`.
        let from = key.len().saturating_sub(Self::MAX / 2);
        let mut words = Self { bytes: [0; Self::MAX], length: 0 };
        normalise(key.get(from..).unwrap_or_default(), |character| {
            if let (Some(byte), Ok(letter)) = (words.bytes.get_mut(words.length), u8::try_from(character)) {
                *byte = letter;
                words.length += 1;
            }
        });
        words
    }

    pub(crate) fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_has_one_form_however_it_is_spelled() {
        for key in [
            "api_key", "apiKey", "ApiKey", "API_KEY", "api-key", "api.key", "api key", "_api__key_", "APIKey",
        ] {
            assert_eq!(normalised(key), "api_key", "{key}");
        }
        let cases = [
            ("http.request.header.set-cookie", "http_request_header_set_cookie"),
            ("HTTPCookie", "http_cookie"),
            ("oauth2Token", "oauth2_token"),
            ("userPASSWORD", "user_password"),
            ("*_pass", "*_pass"),
            ("Größe", "größe"),
            ("", ""),
            ("__", ""),
        ];
        for (key, expected) in cases {
            assert_eq!(normalised(key), expected, "{key}");
        }
    }

    #[test]
    fn a_key_in_a_text_is_read_alike_and_of_a_long_one_the_end() {
        for key in ["apiKey", "http.request.header.set-cookie", "HTTPCookie", "", "__"] {
            assert_eq!(KeyInText::new(key).as_str(), normalised(key), "{key}");
        }
        let long = format!("{}ApiKey", "Ab".repeat(500));
        assert!(KeyInText::new(&long).as_str().ends_with("ab_api_key"));
    }
}
