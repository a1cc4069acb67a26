use std::time::{Duration, SystemTime};

use http::header::{HeaderMap, HeaderName, HeaderValue};
use radiosonde_core::SharedClock;
use radiosonde_metrics::{Counter, RegisterError, Registry};

use crate::debugging::granted::Granted;
use crate::debugging::key::{DebugKey, level};

/// Accepts debug requests: a request whose `x-radiosonde-debug` header is signed with one of these keys is logged at the level it
/// asks for.
///
/// The server span of such a request has the field `radiosonde.log`, a level override: the log filter of `radiosonde-log`
/// (`ReloadFilter`) passes everything up to the header's level in this request. The header grants nothing else.
///
/// # Shape
/// The header is `x-radiosonde-debug` by default; its value is created by [`DebugKey::sign`]. It is valid until it expires,
/// and may be used any number of times until then. By default a header that expires in more than an hour is rejected, so
/// that a leaked one is soon worthless. Several keys are accepted, so that keys can be rotated.
///
/// A rejected header has no effect for the client. `radiosonde_debug_requests_total{outcome}` counts `accepted`,
/// `expired`, `too_long` (it would hold too long), `malformed` (also two headers) and `unsigned`.
///
/// # Cost
/// A look-up in the headers of each request; for those with the header, one signature per key.
#[must_use]
#[derive(Debug, Clone)]
pub struct DebugRequests {
    keys: Vec<DebugKey>,
    header: HeaderName,
    maximum_age: Duration,
}

/// Verifies the headers of requests and counts them.
#[derive(Debug)]
pub(crate) struct DebugVerifier {
    requests: DebugRequests,
    clock: SharedClock,
    metrics: SelfMetrics,
}

#[derive(Debug)]
struct SelfMetrics {
    accepted: Counter,
    refused: [Counter; 4],
}

/// Why a header is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    Expired,
    TooLong,
    Malformed,
    Unsigned,
}

/// Enough for a level, a number and a signature; a longer value is not parsed.
const MAX_LENGTH: usize = 128;

/// Enough digits for 30,000 years.
const MAX_DIGITS: usize = 12;

impl DebugRequests {
    /// Accepts requests signed with one of these keys.
    pub fn new(keys: impl IntoIterator<Item = DebugKey>) -> Self {
        Self {
            keys: keys.into_iter().collect(),
            header: HeaderName::from_static("x-radiosonde-debug"),
            maximum_age: Duration::from_secs(3600),
        }
    }

    /// Sets the header's name; default: `x-radiosonde-debug`.
    pub fn header(mut self, name: HeaderName) -> Self {
        self.header = name;
        self
    }

    /// Sets the longest validity of a header; default: an hour.
    pub const fn maximum_age(mut self, age: Duration) -> Self {
        self.maximum_age = age;
        self
    }
}

impl DebugVerifier {
    pub(crate) fn new(
        requests: DebugRequests,
        registry: &Registry,
        clock: SharedClock,
    ) -> Result<Self, RegisterError> {
        let counter = registry.counter("radiosonde_debug_requests_total", "Debug requests, by outcome.");
        let counter = counter.labels(&["outcome"])?;
        let refused =
            ["expired", "too_long", "malformed", "unsigned"].map(|outcome| counter.handle(&[outcome]));
        let metrics = SelfMetrics { accepted: counter.handle(&["accepted"]), refused };
        Ok(Self { requests, clock, metrics })
    }

    /// Verifies the headers of a request.
    pub(crate) fn granted(&self, headers: &HeaderMap) -> Option<Granted> {
        let mut values = headers.get_all(&self.requests.header).iter();
        let value = values.next()?;
        let read = match values.next() {
            None => self.read(value),
            // With two headers it is unclear which one applies.
            Some(_) => Err(Refused::Malformed),
        };
        match read {
            Ok(level) => {
                self.metrics.accepted.inc();
                // Sensitive: any holder of the header can use it until it expires, so the headers of a call are printed
                // without it.
                let mut value = value.clone();
                value.set_sensitive(true);
                Some(Granted::new(level, self.requests.header.clone(), value))
            }
            Err(refused) => {
                self.metrics.refused[refused as usize].inc();
                None
            }
        }
    }

    fn read(&self, value: &HeaderValue) -> Result<&'static str, Refused> {
        let bytes = value.as_bytes();
        if bytes.len() > MAX_LENGTH {
            return Err(Refused::Malformed);
        }
        let mut parts = bytes.rsplitn(2, |byte| *byte == b';');
        let (Some(signature), Some(signed)) = (parts.next(), parts.next()) else {
            return Err(Refused::Malformed);
        };
        let mut parts = signed.split(|byte| *byte == b';');
        let (Some(name), Some(expires), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Refused::Malformed);
        };
        let level = level(name).ok_or(Refused::Malformed)?;
        let expires = number(expires).ok_or(Refused::Malformed)?;
        let signature = from_hex(signature).ok_or(Refused::Malformed)?;
        // All keys are tried even after a match, so that the time reveals nothing about them.
        let is_signed =
            self.requests.keys.iter().fold(false, |is, key| is | key.has_signed(signed, &signature));
        if !is_signed {
            return Err(Refused::Unsigned);
        }
        let now = self.clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        match expires.checked_sub(now) {
            None | Some(Duration::ZERO) => Err(Refused::Expired),
            Some(rest) if rest > self.requests.maximum_age => Err(Refused::TooLong),
            Some(_) => Ok(level),
        }
    }
}

/// Parses seconds since 1970, without a sign.
fn number(digits: &[u8]) -> Option<Duration> {
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok().map(Duration::from_secs)
}

fn from_hex(text: &[u8]) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair.iter().try_fold(0, |byte, digit| {
            let digit = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            Some(byte << 4 | digit)
        })?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use radiosonde_core::Clock as _;
    use radiosonde_testkit::{ManualClock, assert_metric};
    use tracing::Level;

    use super::*;

    /// Signed by `openssl dgst -sha256 -hmac 'correct horse battery staple'`, valid for five minutes after the clock's
    /// start.
    const SIGNED: &str = "debug;1767225900;a44f8f62ee36fcd3752f8ab7e3d407d6a5a767e2d83e86af68f83a2a9e1f3b80";

    fn key(secret: &str) -> DebugKey {
        DebugKey::new(secret).unwrap()
    }

    struct Debugged {
        verifier: DebugVerifier,
        registry: Registry,
        clock: ManualClock,
    }

    impl Debugged {
        fn new() -> Self {
            let (registry, clock) = (Registry::new(), ManualClock::new());
            let keys = [key("the key that comes next"), key("correct horse battery staple")];
            let requests = DebugRequests::new(keys);
            let verifier = DebugVerifier::new(requests, &registry, Arc::new(clock.clone())).unwrap();
            Self { verifier, registry, clock }
        }

        fn grants(&self, values: &[&str]) -> Option<&'static str> {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("x-radiosonde-debug", value.parse().unwrap());
            }
            self.verifier.granted(&headers).map(|granted| granted.level())
        }
    }

    #[test]
    fn what_a_key_has_signed_is_granted_until_it_expires() {
        let debugged = Debugged::new();
        assert_eq!(debugged.grants(&[SIGNED]), Some("debug"));
        debugged.clock.advance(Duration::from_secs(299));
        assert_eq!(debugged.grants(&[SIGNED]), Some("debug"));
        debugged.clock.advance(Duration::from_secs(1));
        assert_eq!(debugged.grants(&[SIGNED]), None);
        assert_eq!(debugged.grants(&[]), None);
        let text = debugged.registry.text();
        assert_metric!(&text, "radiosonde_debug_requests_total{outcome=\"accepted\"}", == 2);
        assert_metric!(&text, "radiosonde_debug_requests_total{outcome=\"expired\"}", == 1);
    }

    #[test]
    fn a_granted_header_is_not_printed() {
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static("x-radiosonde-debug"),
            HeaderValue::from_static(SIGNED),
        )]);
        let granted = Debugged::new().verifier.granted(&headers).unwrap();
        assert_eq!(granted.value, SIGNED);
        assert!(!format!("{granted:?}").contains("1767225900"), "{granted:?}");
    }

    #[test]
    fn every_key_and_every_level_works() {
        let debugged = Debugged::new();
        let expires = debugged.clock.now() + Duration::from_secs(3600);
        for (secret, level, name) in [
            ("the key that comes next", Level::TRACE, "trace"),
            ("correct horse battery staple", Level::ERROR, "error"),
            ("the key that comes next", Level::INFO, "info"),
        ] {
            let value = key(secret).sign(level, expires);
            assert_eq!(debugged.grants(&[value.to_str().unwrap()]), Some(name));
        }
    }

    #[test]
    fn a_level_may_have_the_name_that_lines_have() {
        let debugged = Debugged::new();
        // Signed by `openssl dgst -sha256 -hmac 'correct horse battery staple'`.
        let signed = [
            ("warning;1767225900;fd2d2f8145efd7f84d80bd81124ece300bde59ee82611f66033edf64babc274f", "warn"),
            ("fatal;1767225900;af000a7cc84fe3a65e45d4e771d5010e028949d937e1d256cde7e9767d061790", "error"),
        ];
        for (value, level) in signed {
            assert_eq!(debugged.grants(&[value]), Some(level));
        }
    }

    #[test]
    fn what_holds_too_long_is_refused() {
        let debugged = Debugged::new();
        let value = key("correct horse battery staple")
            .sign(Level::DEBUG, debugged.clock.now() + Duration::from_secs(3601));
        assert_eq!(debugged.grants(&[value.to_str().unwrap()]), None);
        assert_metric!(debugged.registry.text(), "radiosonde_debug_requests_total{outcome=\"too_long\"}", == 1);
    }

    #[test]
    fn what_nobody_signed_is_refused() {
        let debugged = Debugged::new();
        let other = key("some key that nobody knows")
            .sign(Level::DEBUG, debugged.clock.now() + Duration::from_secs(60));
        let forged = [
            other.to_str().unwrap().to_owned(),
            SIGNED.replacen("debug", "trace", 1),
            SIGNED.replacen("1767225900", "1767225901", 1),
            SIGNED.replace("3b80", "3b81"),
            // Another spelling of the same time is another text.
            SIGNED.replacen("1767225900", "01767225900", 1),
        ];
        for value in &forged {
            assert_eq!(debugged.grants(&[value]), None, "{value}");
        }
        assert_metric!(debugged.registry.text(), "radiosonde_debug_requests_total{outcome=\"unsigned\"}", == 5);
    }

    #[test]
    fn what_is_no_such_header_is_refused() {
        let debugged = Debugged::new();
        let malformed = [
            String::new(),
            ";;".to_owned(),
            "debug".to_owned(),
            SIGNED.replacen("debug", "DEBUG", 1),
            SIGNED.replacen("debug", "loud", 1),
            SIGNED.replacen("1767225900", "+1767225900", 1),
            SIGNED.replacen("1767225900", "", 1),
            SIGNED.replacen("1767225900", "1767225900000", 1),
            SIGNED.to_uppercase(),
            SIGNED.replace("3b80", "3b8"),
            format!("{SIGNED};"),
            format!("x;{SIGNED}"),
            format!("{SIGNED}{}", "0".repeat(64)),
        ];
        for value in &malformed {
            assert_eq!(debugged.grants(&[value]), None, "{value}");
        }
        assert_eq!(debugged.grants(&[SIGNED, SIGNED]), None);
        assert_metric!(debugged.registry.text(), "radiosonde_debug_requests_total{outcome=\"malformed\"}", == 14);
    }

    #[test]
    fn a_secret_is_long_and_not_printed() {
        assert_eq!(
            DebugKey::new("hunter2").unwrap_err().to_string(),
            "invalid debug key of 7 bytes: expected 16 or more"
        );
        assert_eq!(format!("{:?}", key("hunter2 hunter2 hunter2")), "DebugKey { .. }");
    }
}
