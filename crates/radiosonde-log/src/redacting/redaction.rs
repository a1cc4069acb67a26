use crate::escaping::escape::push_escaped;
use crate::redacting::default_keys::is_secret;
use crate::redacting::detector::Detector;
use crate::redacting::key::normalised;
use crate::redacting::pattern::Pattern;

/// Which values never leave the process: by the keys of their fields, and by what they look like.
///
/// It is applied once, before a line goes anywhere: to writers, to the lines for people, and to every sink alike; to the fields of
/// events, of spans and of the layer.
///
/// # By key
/// The whole value is replaced, whatever its type. A key is read as words in lower case, so that `X-Api-Key`, `x.api.key`, `xApiKey`
/// and `X_API_KEY` are the same. What decides, in this order:
///
/// 1. [`keep`](Self::keep): these stay.
/// 2. [`key`](Self::key): these go.
/// 3. The default list, unless it is [`none`](Self::none): the *last* words of a key say what its value is, so that `access_token`
///    is a token, and `token_count` a count. It has, at the end of a key and also within a word (`dbpassword`): access key, API
///    key, cookie, credential, passphrase, passwd, password, private key, secret, secret key, and their plurals, and token, whose
///    plural is usually a count; and as words of their own: account key, auth header, auth key, authorization, basic auth, bearer, card
///    number, connection string, csrf, cvc, cvv, encryption key, jwt, master key, otp, passcode, pwd, session id, session key, shared
///    key, signing key, subscription key, totp, xsrf; and pass, if another word stands before it (`smtp_pass`). Passed over at the end
///    are numbers and: b64, base64, bytes, confirm, confirmation, current, der, encoded, hash, header, hex, json, jwk, new, old, pem,
///    plain, plaintext, raw, str, string, text, utf8, value (`password_hash`, `private_key_pem`, `secrets.0`). Keys that begin with had,
///    has or is tell whether, and not what (`has_password`).
/// 4. [`allow_only`](Self::allow_only): what is not on the list goes.
///
/// Keys that the layer reserves (`timestamp`, `level`, `message`, `request_id`, `method`, `path`, `status` and the others) stay, unless a
/// [`key`](Self::key) without `*` names them.
///
/// Keys within a value are not seen: of `?request`, the text that its `Debug` makes is one value. Give its secret fields the type
/// [`Secret`](radiosonde_core::Secret), or ask for [`Detector::KeyValue`].
///
/// # By what a value looks like
/// Only the part that a [`Detector`] finds is replaced, in whatever texts, messages and chains of errors it is. Detectors are off
/// unless asked for: each reads every value. Of a value that is too long for a line and was cut, they drop what stands behind its last
/// white space or quote, up to 4 KiB, as that may be half a secret.
///
/// # Cost
/// Keys cost nothing per line: they are looked up when a callsite is first met. A detector costs one pass over each value, whatever
/// is in it, and no allocation.
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
    /// The same as contents of a JSON string.
    replacement_json: Box<str>,
}

/// What becomes of the values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    Keep,
    Replace,
}

impl Default for Redaction {
    /// The default list of keys, and no detector.
    fn default() -> Self {
        Self { by_default_list: true, ..Self::none() }
    }
}

impl Redaction {
    /// Nothing is redacted until it is asked for. What [`Secret`](radiosonde_core::Secret) hides stays hidden.
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

    /// Replaces the values of this key, or of many: `*` stands for any text, also none (`*_pin`, `card*`).
    pub fn key(mut self, pattern: &str) -> Self {
        self.keys.push(Pattern::new(pattern));
        self
    }

    /// Keeps the values of this key, or of many, where the default list or a pattern would have replaced them.
    pub fn keep(mut self, pattern: &str) -> Self {
        self.kept.push(Pattern::new(pattern));
        self
    }

    /// Replaces the values of every key but these, which may have `*` in them, and those that the layer reserves.
    ///
    /// Asked a second time, it adds to the list.
    pub fn allow_only<'a>(mut self, patterns: impl IntoIterator<Item = &'a str>) -> Self {
        self.allowed.get_or_insert_default().extend(patterns.into_iter().map(Pattern::new));
        self
    }

    /// Replaces what this detector finds, wherever it is.
    pub fn detect(mut self, detector: Detector) -> Self {
        if !self.detectors.contains(&detector) {
            self.detectors.push(detector);
        }
        self
    }

    /// What stands in the place of what was redacted; by default `[redacted]`.
    pub fn replacement(mut self, replacement: &str) -> Self {
        let mut escaped = String::new();
        push_escaped(&mut escaped, replacement);
        self.replacement = replacement.into();
        self.replacement_json = escaped.into();
        self
    }

    /// Decides about a key, once for each field of a callsite; `reserved` if the line has a place of its own for it.
    pub(crate) fn treatment(&self, key: &str, reserved: bool) -> Treatment {
        let key = normalised(key);
        let is_listed = || self.allowed.as_deref().is_none_or(|list| is_in(list, &key));
        let is_secret =
            self.is_named(&key, reserved) || !reserved && (self.is_of_the_default_list(&key) || !is_listed());
        if is_secret && !is_in(&self.kept, &key) { Treatment::Replace } else { Treatment::Keep }
    }

    /// Whether this normalised key of something in a text says that it is a secret. An allow-list is about fields.
    pub(crate) fn is_secret_in_text(&self, key: &str) -> bool {
        (self.is_named(key, false) || self.is_of_the_default_list(key)) && !is_in(&self.kept, key)
    }

    fn is_named(&self, key: &str, reserved: bool) -> bool {
        self.keys.iter().any(|pattern| (!reserved || pattern.is_exact()) && pattern.is_match(key))
    }

    fn is_of_the_default_list(&self, key: &str) -> bool {
        self.by_default_list && is_secret(key)
    }

    /// What stands for a value.
    pub(crate) fn replacement_text(&self) -> &str {
        &self.replacement
    }

    /// The same as contents of a JSON string.
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
