/// The words of a key, in lower case and joined by `_`: `X-Api-Key`, `x.api.key`, `xApiKey` and `X_API_KEY` are all `x_api_key`.
///
/// A word ends before and after whatever is neither letter nor digit nor `*`, where a capital follows a small letter or a digit, and before
/// the last of several capitals that a small letter follows (`HTTPCookie` is `http_cookie`).
pub(crate) fn normalised(key: &str) -> String {
    let characters: Vec<char> = key.chars().collect();
    let mut words = String::with_capacity(key.len() + 4);
    for (at, &character) in characters.iter().enumerate() {
        if !is_of_a_word(character) {
            end_word(&mut words);
            continue;
        }
        let before = at.checked_sub(1).and_then(|before| characters.get(before));
        let after = characters.get(at + 1);
        let begins = character.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_numeric()
                    || before.is_uppercase() && after.is_some_and(|after| after.is_lowercase())
            });
        if begins {
            end_word(&mut words);
        }
        words.extend(character.to_lowercase());
    }
    if words.ends_with('_') {
        words.pop();
    }
    words
}

fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || character == '*'
}

fn end_word(words: &mut String) {
    if !words.is_empty() && !words.ends_with('_') {
        words.push('_');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_has_one_form_however_it_is_spelled() {
        for key in [
            "api_key",
            "apiKey",
            "ApiKey",
            "API_KEY",
            "api-key",
            "api.key",
            "api key",
            "_api__key_",
            "APIKey",
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
}
