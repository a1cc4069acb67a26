//! Keys whose values let a reader impersonate a user or pay with a user's card.

/// Key endings of secrets, also within a word: `dbpassword`, `accessToken`.
const ENDINGS: [&str; 19] = [
    "accesskey", "accesskeys", "apikey", "apikeys", "cookie", "cookies", "credential", "credentials",
    "passphrase", "passwd", "password", "passwords", "privatekey", "privatekeys", "secret", "secretkey",
    "secretkeys", "secrets", "token",
];

/// Last words of secret keys. Within other words they mean something else (`possession_id`).
const LAST_WORDS: [&str; 24] = [
    "accountkey", "authheader", "authkey", "authorization", "basicauth", "bearer", "cardnumber",
    "connectionstring", "csrf", "cvc", "cvv", "encryptionkey", "jwt", "masterkey", "otp", "passcode", "pwd",
    "sessionid", "sessionkey", "sharedkey", "signingkey", "subscriptionkey", "totp", "xsrf",
];

/// Last words that mean a secret only after another word: `smtp_pass`, but not `pass`.
const LAST_OF_SEVERAL: [&str; 1] = ["pass"];

/// Last words that do not change the meaning of the words before them.
const CARRIERS: [&str; 24] = [
    "b64", "base64", "bytes", "confirm", "confirmation", "current", "der", "encoded", "hash", "header",
    "hex", "json", "jwk", "new", "old", "pem", "plain", "plaintext", "raw", "str", "string", "text", "utf8",
    "value",
];

/// First words of keys that ask whether something exists.
const QUESTIONS: [&str; 3] = ["had", "has", "is"];

/// Whether the value of this normalised key is a secret.
///
/// The last words of a key determine what its value is: `token_count` is a count and `access_token` a token. Carriers and
/// numbers at the end are skipped, and the end of the rest is looked up, whether it is one word or several.
pub(crate) fn is_secret(key: &str) -> bool {
    if key.split('_').next().is_some_and(|first| QUESTIONS.contains(&first)) {
        return false;
    }
    let mut key = key;
    loop {
        if names_a_secret(key) {
            return true;
        }
        let Some((before, last)) = key.rsplit_once('_') else { return false };
        if !last.bytes().all(|byte| byte.is_ascii_digit()) && !CARRIERS.contains(&last) {
            return false;
        }
        key = before;
    }
}

fn names_a_secret(key: &str) -> bool {
    let key = key.trim_end_matches(|character: char| character.is_ascii_digit() || character == '_');
    let is_word = |before: &str| before.is_empty() || before.ends_with('_');
    ENDINGS.iter().any(|term| before(key, term).is_some())
        || LAST_WORDS.iter().any(|term| before(key, term).is_some_and(is_word))
        || LAST_OF_SEVERAL.iter().any(|term| before(key, term).is_some_and(|before| before.ends_with('_')))
}

/// The part of a key before a term at its end. A term may be several words.
fn before<'a>(key: &'a str, term: &str) -> Option<&'a str> {
    let mut before = key;
    for letter in term.chars().rev() {
        before = before.trim_end_matches('_').strip_suffix(letter)?;
    }
    Some(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redacting::key::normalised;

    const SECRETS: &str = "
        authorization Authorization proxy-authorization http.request.header.authorization authorization_header
        auth_header cookie Cookie set-cookie http.response.header.set-cookie cookies password Password passwd
        pwd mysql_pwd user.password dbpassword new_password password_confirmation password2 password_2
        password_hash passphrase passcode token access_token accessToken refresh_token idToken csrf-token
        x-amz-security-token authtoken token_value bearer jwt session_token secret client_secret clientSecret
        CLIENT_SECRET secrets secret_key aws_secret_access_key api_key apiKey apikey X-Api-Key x_api_key APIKey
        api_key_1 private_key privateKey signing_key encryption_key credential credentials aws.credentials
        session_id sessionId sessionid _csrf otp basic_auth connection_string card_number cardNumber cvv cvc
        secrets.0 ocp-apim-subscription-key private_key_pem privateKeyDer credentials_json password_text secret_b64
        token_str tokenString jwt_utf8 secret_bytes private_key_jwk smtp_pass dbPass DB_PASS_2 smtp_pass_raw";

    #[test]
    fn secrets_are_known_however_their_keys_are_spelled() {
        for key in SECRETS.split_whitespace() {
            assert!(is_secret(&normalised(key)), "{key}");
        }
    }

    const OTHERS: &str = "
        token_count tokens tokens_used max_tokens prompt_tokens token_type token_id tokenizer broken author
        authority authorized authorizations auth auth_method cookie_banner cookie_count cookies_enabled
        password_length password_policy password_changed_at passwordless has_password is_secret hasPassword
        secret_name secretary key key_id access_key_id primary_key partition_key cache_key idempotency_key
        public_key public_key_pem body_json query_string pass_2 pass_text is_pass keyboard monkey passed pass bypass compass passenger session session_count possession_id
        obsession_id credential_type pin spin spinner card card_type account_number phone_number user_id
        request_id correlation_id trace_id span_id timestamp level service module message method path status
        duration_ms http.route url.path url.query error value hash header raw 0 _ cwd jwt_issuer laptop";

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        for key in OTHERS.split_whitespace() {
            assert!(!is_secret(&normalised(key)), "{key}");
        }
    }

    #[test]
    fn the_lists_are_sorted_normalised_and_without_what_another_entry_covers() {
        for list in [&ENDINGS[..], &LAST_WORDS, &LAST_OF_SEVERAL, &CARRIERS, &QUESTIONS] {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
            assert!(
                list.iter().all(|entry| entry
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
            );
        }
        for word in LAST_WORDS {
            assert!(!ENDINGS.iter().any(|ending| word.ends_with(ending)), "{word}");
        }
    }
}
