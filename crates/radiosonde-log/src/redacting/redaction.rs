use crate::escaping::escape::push_escaped;
use crate::redacting::default_keys::is_secret;
use crate::redacting::detector::Detector;
use crate::redacting::key::normalised;
use crate::redacting::pattern::Pattern;

/// Which values are redacted, by the keys of their fields and by their format.
///
/// Redaction is applied once, before a line goes to any output: writers, lines for people, and every sink. It covers fields
/// of events, of spans and of the layer.
///
/// # By key
/// The whole value is replaced, whatever its type. A key is read as words in lower case, so that `X-Api-Key`, `x.api.key`,
/// `xApiKey` and `X_API_KEY` are the same. The first of these rules that matches decides:
///
/// 1. [`keep`](Self::keep): the value is kept.
/// 2. [`key`](Self::key): the value is redacted.
/// 3. The default list, unless it is [`none`](Self::none). The *last* words of a key determine what its value is, so that
///    `access_token` is a token, and `token_count` a count. At the end of a key and also within a word (`dbpassword`): access
///    key, API key, cookie, credential, passphrase, passwd, password, private key, secret, secret key, and their plurals, and
///    token, whose plural is usually a count. As separate words: account key, auth header, auth key, authorization, basic auth,
///    bearer, card number, connection string, csrf, cvc, cvv, encryption key, jwt, master key, otp, passcode, pwd, session id,
///    session key, shared key, signing key, subscription key, totp, xsrf; and pass, if another word precedes it (`smtp_pass`).
///    These are skipped at the end: numbers, b64, base64, bytes, confirm, confirmation, current, der, encoded, hash, header,
///    hex, json, jwk, new, old, pem, plain, plaintext, raw, str, string, text, utf8, value (`password_hash`, `private_key_pem`,
///    `secrets.0`). Keys that start with had, has or is are not secret (`has_password`).
/// 4. [`allow_only`](Self::allow_only): values of all other keys are redacted.
///
/// Reserved keys (`timestamp`, `level`, `message`, `request_id`, `method`, `path`, `status` and the others) are kept, unless
/// a [`key`](Self::key) without `*` names them.
///
/// Keys within a value are not seen: for `?request`, the whole `Debug` text is one value. Give secret fields of such types
/// the type [`Secret`](radiosonde_core::Secret), or enable [`Detector::KeyValue`].
///
/// # By format
/// Only the part that a [`Detector`] matches is replaced, in all texts, messages and error chains. Detectors are off by
/// default: each reads every value. When a value was truncated to fit the line, they also drop the text after its last white
/// space or quote, up to 4 KiB, since it may be part of a secret.
///
/// # Cost
/// Keys cost nothing per line: they are looked up when a callsite is first used. A detector costs one pass over each value,
/// whatever its contents, and no allocation.
///
/// ```
/// use radiosonde_core::Resource;
/// use radiosonde_log::{Detector, JsonLayer, Redaction};
///
/// let redaction = Redaction::default().key("*_pin").keep("page_token").detect(Detector::Jwt);
/// let layer = JsonLayer::builder(&Resource::new("orders")).redaction(redaction).build()?;
/// # let _ = layer;
/// # Ok::<(), radiosonde_log::JsonLayerBuildError>(())
/// ```
#[must_use]
#[derive(Debug, Clone)]
pub struct Redaction {
    by_default_list: bool,
    keys: Vec<Pattern>,
    kept: Vec<Pattern>,
    allowed: Option<Vec<Pattern>>,
    detectors: Vec<Detector>,
    replacement: Box<str>,
    /// The replacement as contents of a JSON string.
    replacement_json: Box<str>,
}

/// How the values of a field are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    Keep,
    Replace,
}

impl Default for Redaction {
    /// The default list of keys, and no detectors.
    fn default() -> Self {
        Self { by_default_list: true, ..Self::none() }
    }
}

impl Redaction {
    /// Redacts nothing by default. A [`Secret`](radiosonde_core::Secret) stays hidden.
    pub fn none() -> Self {
        Self {
            by_default_list: false,
            keys: Vec::new(),
            kept: Vec::new(),
            allowed: None,
            detectors: Vec::new(),
            replacement: "[redacted]".into(),
            replacement_json: "[redacted]".into(),
        }
    }

    /// Redacts the values of this key, or of many: `*` matches any text, including none (`*_pin`, `card*`).
    pub fn key(mut self, pattern: &str) -> Self {
        self.keys.push(Pattern::new(pattern));
        self
    }

    /// Keeps the values of this key, or of many, that the default list or a pattern would redact.
    pub fn keep(mut self, pattern: &str) -> Self {
        self.kept.push(Pattern::new(pattern));
        self
    }

    /// Redacts the values of every key except these, which may contain `*`, and the reserved keys.
    ///
    /// Further calls add to the list.
    pub fn allow_only<'a>(mut self, patterns: impl IntoIterator<Item = &'a str>) -> Self {
        self.allowed.get_or_insert_default().extend(patterns.into_iter().map(Pattern::new));
        self
    }

    /// Replaces what this detector matches, in any value.
    pub fn detect(mut self, detector: Detector) -> Self {
        if !self.detectors.contains(&detector) {
            self.detectors.push(detector);
        }
        self
    }

    /// Sets the text that replaces redacted values; default: `[redacted]`.
    pub fn replacement(mut self, replacement: impl Into<String>) -> Self {
        let (replacement, mut escaped) = (replacement.into(), String::new());
        push_escaped(&mut escaped, &replacement);
        self.replacement = replacement.into();
        self.replacement_json = escaped.into();
        self
    }

    /// The treatment of a key, decided once for each field of a callsite; `reserved` if it fills a reserved key.
    pub(crate) fn treatment(&self, key: &str, reserved: bool) -> Treatment {
        let key = normalised(key);
        let is_listed = || self.allowed.as_deref().is_none_or(|list| is_in(list, &key));
        let is_secret =
            self.is_named(&key, reserved) || !reserved && (self.is_of_the_default_list(&key) || !is_listed());
        if is_secret && !is_in(&self.kept, &key) { Treatment::Replace } else { Treatment::Keep }
    }

    /// Whether a normalised key within a text is secret. An allow-list applies only to fields.
    pub(crate) fn is_secret_in_text(&self, key: &str) -> bool {
        (self.is_named(key, false) || self.is_of_the_default_list(key)) && !is_in(&self.kept, key)
    }

    fn is_named(&self, key: &str, reserved: bool) -> bool {
        self.keys.iter().any(|pattern| (!reserved || pattern.is_exact()) && pattern.is_match(key))
    }

    fn is_of_the_default_list(&self, key: &str) -> bool {
        self.by_default_list && is_secret(key)
    }

    /// The replacement for a value.
    pub(crate) fn replacement_text(&self) -> &str {
        &self.replacement
    }

    /// The replacement as contents of a JSON string.
    pub(crate) fn replacement_json(&self) -> &str {
        &self.replacement_json
    }

    pub(crate) fn detectors(&self) -> &[Detector] {
        &self.detectors
    }
}

fn is_in(list: &[Pattern], key: &str) -> bool {
    list.iter().any(|pattern| pattern.is_match(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced<'a>(redaction: &Redaction, keys: &[&'a str]) -> Vec<&'a str> {
        keys.iter()
            .copied()
            .filter(|key| redaction.treatment(key, RESERVED.contains(key)) == Treatment::Replace)
            .collect()
    }

    const RESERVED: [&str; 2] = ["message", "path"];
    const KEYS: [&str; 6] = ["password", "db_pass", "tenant", "page_token", "message", "path"];

    #[test]
    fn the_default_list_is_on_until_it_is_none() {
        assert_eq!(replaced(&Redaction::default(), &KEYS), ["password", "db_pass", "page_token"]);
        assert!(replaced(&Redaction::none(), &KEYS).is_empty());
    }

    #[test]
    fn patterns_add_and_exceptions_win() {
        let redaction = Redaction::default().key("TEN*").keep("pageToken");
        assert_eq!(replaced(&redaction, &KEYS), ["password", "db_pass", "tenant"]);
        assert_eq!(
            replaced(&Redaction::none().key("*").keep("db*"), &KEYS),
            ["password", "tenant", "page_token"]
        );
    }

    #[test]
    fn an_allow_list_replaces_the_rest_and_secrets_on_it_too() {
        let redaction = Redaction::default().allow_only(["tenant", "pass*"]).allow_only(["db.*"]);
        assert_eq!(replaced(&redaction, &KEYS), ["password", "db_pass", "page_token"]);
        let redaction = Redaction::none().allow_only(["tenant", "pass*"]);
        assert_eq!(replaced(&redaction, &KEYS), ["db_pass", "page_token"]);
        assert_eq!(
            replaced(&Redaction::none().allow_only([]), &KEYS),
            ["password", "db_pass", "tenant", "page_token"]
        );
    }

    #[test]
    fn reserved_keys_stay_unless_they_are_named() {
        for redaction in [Redaction::default(), Redaction::none().key("*"), Redaction::none().allow_only([])]
        {
            assert!(replaced(&redaction, &RESERVED).is_empty());
        }
        assert_eq!(replaced(&Redaction::none().key("message").key("path"), &RESERVED), ["message", "path"]);
    }

    #[test]
    fn a_replacement_is_escaped() {
        assert_eq!(Redaction::default().replacement("\"gone\"\n").replacement_json(), r#"\"gone\"\n"#);
    }
}
