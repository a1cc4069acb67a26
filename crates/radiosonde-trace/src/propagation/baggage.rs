use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::propagation::field_value::{shown, trim, valid};

/// Data of the application that travels with a trace: the members of the `baggage` header.
///
/// # Shape
/// Up to 64 members `key=value`, at most [`MAX_BYTES`](Self::MAX_BYTES) long as a header, in their order and with their
/// properties. Kept percent-encoded, as sent; [`get`](Self::get) and [`iter`](Self::iter) decode. A malformed received member
/// is dropped and the others are kept; so is a member beyond a limit. Among members with the same key, the last is kept.
///
/// The sender of a request controls its baggage: only entries that [`BaggageRules`](crate::BaggageRules) name are copied to
/// spans and log lines. All are propagated.
///
/// # Cost
/// Cloning counts one reference; an empty one costs nothing.
///
/// # Source
/// W3C Baggage: <https://www.w3.org/TR/baggage/>
///
/// ```
/// use radiosonde_trace::Baggage;
///
/// let baggage = Baggage::default().with("tenant.id", "Möbel & Co")?;
/// assert_eq!(baggage.get("tenant.id").as_deref(), Some("Möbel & Co"));
/// assert_eq!(baggage.as_str(), "tenant.id=M%C3%B6bel%20&%20Co");
/// assert!(baggage.without("tenant.id").is_empty());
/// # Ok::<(), radiosonde_trace::InvalidBaggage>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Baggage(Option<Arc<str>>);

/// A member as it is sent.
#[derive(Clone, Copy)]
struct Member<'a> {
    key: &'a str,
    value: &'a str,
    /// With the `;` before each; normalized.
    properties: &'a str,
}

impl Baggage {
    /// The most members.
    pub const MAX_MEMBERS: usize = 64;
    /// The most bytes propagated.
    pub const MAX_BYTES: usize = 8192;
    pub(crate) const EMPTY: Self = Self(None);

    /// Whether there are no members.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The header's value; empty if there is nothing to propagate.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// The members as keys and decoded values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.members().map(|member| (member.key, decoded(member.value)))
    }

    /// The decoded value of a member. Bytes that are not UTF-8 are replaced by U+FFFD.
    ///
    /// # Cost
    /// Allocates only for a value with encoded characters.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        self.members().find_map(|member| (member.key == key).then(|| decoded(member.value)))
    }

    /// Sets a member, at its place or at the end. Its properties are removed.
    ///
    /// # Errors
    /// [`InvalidBaggage`] for a key that is not a token of HTTP, and beyond a limit.
    pub fn with(&self, key: &str, value: &str) -> Result<Self, InvalidBaggage> {
        let refuse = |kind| InvalidBaggage { key: shown(key.as_bytes()), kind };
        if !is_token(key.as_bytes()) {
            return Err(refuse(InvalidBaggageKind::Key));
        }
        let value = encoded(value);
        let set = Member { key, value: &value, properties: "" };
        let mut is_new = true;
        let mut members: Vec<Member<'_>> = Vec::new();
        for member in self.members() {
            let is_same = member.key == key;
            is_new &= !is_same;
            members.push(if is_same { set } else { member });
        }
        members.extend(is_new.then_some(set));
        if members.len() > Self::MAX_MEMBERS {
            return Err(refuse(InvalidBaggageKind::TooManyMembers));
        }
        if joined_bytes(&members) > Self::MAX_BYTES {
            return Err(refuse(InvalidBaggageKind::TooLong));
        }
        Ok(Self::of(&members))
    }

    /// Removes a member.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        let members: Vec<_> = self.members().filter(|member| member.key != key).collect();
        Self::of(&members)
    }

    /// Reads the value of a `baggage` header, without members that are invalid or beyond the limits.
    #[must_use]
    pub fn from_header(value: &str) -> Self {
        Self::from_values(std::iter::once(value.as_bytes()))
    }

    /// All members of both. Of a key that both have, the value in `newer`.
    #[must_use]
    pub fn merged(&self, newer: &Self) -> Self {
        match (self.is_empty(), newer.is_empty()) {
            (_, true) => self.clone(),
            (true, false) => newer.clone(),
            (false, false) => {
                Self::from_values([self, newer].into_iter().map(|baggage| baggage.as_str().as_bytes()))
            }
        }
    }

    pub(crate) fn from_values<'a>(values: impl Iterator<Item = &'a [u8]>) -> Self {
        // Without an allocation if there are no headers.
        let mut texts: Vec<String> = Vec::new();
        let mut bytes = 0;
        for member in values.flat_map(|value| value.split(|&byte| byte == b',')) {
            let Some(member) = normalized(trim(member)) else { continue };
            let known = texts.iter().position(|text| key_of(text) == key_of(&member));
            let freed = known.and_then(|at| texts.get(at)).map_or(0, |text| text.len() + 1);
            let needed = bytes - freed + member.len() + 1;
            // The first member has no comma before it.
            if needed > Self::MAX_BYTES + 1 || known.is_none() && texts.len() == Self::MAX_MEMBERS {
                continue;
            }
            bytes = needed;
            match known.and_then(|at| texts.get_mut(at)) {
                Some(text) => *text = member,
                None => texts.push(member),
            }
        }
        if texts.is_empty() { Self(None) } else { Self(Some(texts.join(",").into())) }
    }

    fn members(&self) -> impl Iterator<Item = Member<'_>> {
        self.as_str().split(',').filter_map(|member| {
            let (key, rest) = member.split_once('=')?;
            let end = rest.find(';').unwrap_or(rest.len());
            let (value, properties) = rest.split_at_checked(end)?;
            Some(Member { key, value, properties })
        })
    }

    fn of(members: &[Member<'_>]) -> Self {
        if members.is_empty() {
            return Self(None);
        }
        let mut text = String::with_capacity(joined_bytes(members));
        for Member { key, value, properties } in members {
            if !text.is_empty() {
                text.push(',');
            }
            for part in [key, "=", value, properties] {
                text.push_str(part);
            }
        }
        Self(Some(text.into()))
    }
}

impl fmt::Display for Baggage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn joined_bytes(members: &[Member<'_>]) -> usize {
    let bytes =
        members.iter().map(|member| member.key.len() + member.value.len() + member.properties.len() + 2);
    bytes.sum::<usize>().saturating_sub(1)
}

fn key_of(member: &str) -> &str {
    member.split_once('=').map_or(member, |(key, _)| key)
}

/// A received member without optional white space; `None` if it is malformed.
fn normalized(member: &[u8]) -> Option<String> {
    let mut parts = member.split(|&byte| byte == b';');
    let (key, value) = pair(parts.next()?)?;
    let mut text = String::with_capacity(member.len());
    text.push_str(key);
    text.push('=');
    text.push_str(value?);
    for property in parts {
        if trim(property).is_empty() {
            continue;
        }
        let (key, value) = pair(property)?;
        text.push(';');
        text.push_str(key);
        if let Some(value) = value {
            text.push('=');
            text.push_str(value);
        }
    }
    Some(text)
}

/// A key and what follows its `=`, if there is one; `None` if either is malformed.
fn pair(text: &[u8]) -> Option<(&str, Option<&str>)> {
    match text.iter().position(|&byte| byte == b'=') {
        Some(at) => {
            let (key, value) = (trim(text.get(..at)?), trim(text.get(at + 1..)?));
            Some((valid(key, is_token)?, Some(valid(value, is_value)?)))
        }
        None => Some((valid(trim(text), is_token)?, None)),
    }
}

/// A token of RFC 9110, section 5.6.2.
fn is_token(key: &[u8]) -> bool {
    !key.is_empty()
        && key.iter().all(|byte| {
            matches!(
                byte,
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~'
            )
        })
}

fn is_value(value: &[u8]) -> bool {
    let mut bytes = value.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'%' => {
                let is_encoded = bytes.next().is_some_and(u8::is_ascii_hexdigit)
                    && bytes.next().is_some_and(u8::is_ascii_hexdigit);
                if !is_encoded {
                    return false;
                }
            }
            _ if is_octet(byte) => {}
            _ => return false,
        }
    }
    true
}

/// Printable ASCII without space, `"`, `,`, `;` and `\`.
const fn is_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e)
}

fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if is_octet(byte) && byte != b'%' {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

fn decoded(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    let mut bytes = value.bytes();
    let mut out = Vec::with_capacity(value.len());
    while let Some(byte) = bytes.next() {
        let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16)).unwrap_or_default();
        let byte = match byte {
            b'%' => u8::try_from(digit() << 4 | digit()).unwrap_or_default(),
            byte => byte,
        };
        out.push(byte);
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// A member of baggage that could not be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidBaggage {
    key: Box<str>,
    kind: InvalidBaggageKind,
}

/// Why a member of baggage could not be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidBaggageKind {
    /// A key that is empty or has a character outside of HTTP's tokens.
    Key,
    /// More than [`Baggage::MAX_MEMBERS`] members.
    TooManyMembers,
    /// More than [`Baggage::MAX_BYTES`] bytes.
    TooLong,
}

impl InvalidBaggage {
    /// Why the member was rejected.
    #[must_use]
    pub const fn kind(&self) -> InvalidBaggageKind {
        self.kind
    }
}

impl fmt::Display for InvalidBaggage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match self.kind {
            InvalidBaggageKind::Key => {
                write!(f, "invalid baggage key {key:?}: expected letters, digits and !#$%&'*+-.^_`|~")
            }
            InvalidBaggageKind::TooManyMembers => {
                write!(f, "baggage member {key:?} is one too many: expected at most {}", Baggage::MAX_MEMBERS)
            }
            InvalidBaggageKind::TooLong => {
                write!(
                    f,
                    "baggage member {key:?} is too long: expected at most {} bytes in all",
                    Baggage::MAX_BYTES
                )
            }
        }
    }
}

impl std::error::Error for InvalidBaggage {}
