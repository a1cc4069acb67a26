use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::propagation::field_value::{shown, trim, valid};

/// The data of other tracing systems in a trace: the value of the `tracestate` header.
///
/// # Shape
/// Up to 32 members `key=value`, the most recent first, kept as one text without white space and empty members, at most
/// [`MAX_BYTES`](Self::MAX_BYTES) long. A longer list loses whole members: first those of more than 128 bytes, then others,
/// each from the end. Among members with the same key the first is kept. One invalid member or a 33rd makes the whole list
/// invalid.
///
/// A key is `[a-z0-9][a-z0-9_\-*/@]{0,255}`, which includes the older form `tenant@system`. A value is up to 256 characters
/// of printable ASCII without `,` and `=`, and does not end in a space.
///
/// # Cost
/// Cloning counts one reference; an empty one costs nothing.
///
/// # Source
/// W3C Trace Context Level 2: <https://www.w3.org/TR/trace-context-2/#tracestate-header>
///
/// ```
/// use radiosonde_trace::TraceState;
///
/// let state: TraceState = "rojo=00f067aa0ba902b7, congo=t61rcWkgMzE,".parse()?;
/// assert_eq!(state.get("congo"), Some("t61rcWkgMzE"));
/// assert_eq!(state.as_str(), "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
/// # Ok::<(), radiosonde_trace::InvalidTraceState>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TraceState(Option<Arc<str>>);

impl TraceState {
    /// The most members of a list.
    pub const MAX_MEMBERS: usize = 32;
    /// The most bytes propagated: the minimum that the specification requires.
    pub const MAX_BYTES: usize = 512;
    /// Members longer than this are removed first when a list is too long.
    const LONG_MEMBER: usize = 128;
    const MAX_KEY: usize = 256;
    const MAX_VALUE: usize = 256;

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

    /// The members as keys and values, the most recent first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.as_str().split(',').filter_map(|member| member.split_once('='))
    }

    /// The value of a member.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find_map(|(found, value)| (found == key).then_some(value))
    }

    /// Reads the headers of one message, in order.
    pub(crate) fn from_values<'a>(values: impl Iterator<Item = &'a [u8]>) -> Result<Self, InvalidTraceState> {
        let mut members: Vec<(&str, &str)> = Vec::new();
        let mut count = 0;
        for member in values.flat_map(|value| value.split(|&byte| byte == b',')) {
            let member = trim(member);
            if member.is_empty() {
                continue;
            }
            count += 1;
            if count > Self::MAX_MEMBERS {
                return Err(InvalidTraceState::new(member, InvalidTraceStateKind::TooManyMembers));
            }
            let (key, value) = member_of(member).map_err(|kind| InvalidTraceState::new(member, kind))?;
            if !members.iter().any(|(known, _)| *known == key) {
                members.push((key, value));
            }
        }
        Ok(Self::of(members, 0))
    }

    /// Sets a member, and moves it to the front: the most recent one is the first. Beyond the limits, others are removed as
    /// when a list is read.
    ///
    /// ```
    /// use radiosonde_trace::TraceState;
    ///
    /// let received: TraceState = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE".parse()?;
    /// let sent = received.with("congo", "ucfJifl5GOE")?;
    /// assert_eq!(sent.as_str(), "congo=ucfJifl5GOE,rojo=00f067aa0ba902b7");
    /// # Ok::<(), radiosonde_trace::InvalidTraceState>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidTraceState`] for an invalid key or value, and for a member that is longer than the list may be.
    ///
    /// # Source
    /// <https://www.w3.org/TR/trace-context-2/#mutating-the-tracestate-field>
    pub fn with(&self, key: &str, value: &str) -> Result<Self, InvalidTraceState> {
        let refuse = |kind| InvalidTraceState::new(format!("{key}={value}").as_bytes(), kind);
        if !is_key(key.as_bytes()) {
            return Err(refuse(InvalidTraceStateKind::Key));
        }
        let is_invalid = !is_value(value.as_bytes()) || value.contains(',') || value.ends_with(' ');
        if is_invalid || member_bytes((key, value)) > Self::MAX_BYTES {
            return Err(refuse(InvalidTraceStateKind::Value));
        }
        let others = self.iter().filter(|(known, _)| *known != key);
        Ok(Self::of(std::iter::once((key, value)).chain(others).take(Self::MAX_MEMBERS).collect(), 1))
    }

    /// Removes a member.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        if self.get(key).is_none() {
            return self.clone();
        }
        Self::of(self.iter().filter(|(known, _)| *known != key).collect(), 0)
    }

    /// Joins valid members with unique keys, and shortens the list, except for the first `kept`.
    fn of(mut members: Vec<(&str, &str)>, kept: usize) -> Self {
        shorten(&mut members, kept);
        if members.is_empty() {
            return Self(None);
        }
        let mut text = String::with_capacity(joined_bytes(&members));
        for (key, value) in members {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        Self(Some(text.into()))
    }
}

impl FromStr for TraceState {
    type Err = InvalidTraceState;

    fn from_str(text: &str) -> Result<Self, InvalidTraceState> {
        Self::from_values(std::iter::once(text.as_bytes()))
    }
}

impl fmt::Display for TraceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn member_of(member: &[u8]) -> Result<(&str, &str), InvalidTraceStateKind> {
    let equals = member.iter().position(|&byte| byte == b'=').ok_or(InvalidTraceStateKind::NoEquals)?;
    let (key, value) = (&member[..equals], &member[equals + 1..]);
    let key = valid(key, is_key).ok_or(InvalidTraceStateKind::Key)?;
    let value = valid(value, is_value).ok_or(InvalidTraceStateKind::Value)?;
    Ok((key, value))
}

fn is_key(key: &[u8]) -> bool {
    matches!(key, [b'a'..=b'z' | b'0'..=b'9', ..])
        && key.len() <= TraceState::MAX_KEY
        && key.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/' | b'@'))
}

fn is_value(value: &[u8]) -> bool {
    // A space at the end is trimmed with the white space around the member. Commas separate members and do not occur here.
    !value.is_empty()
        && value.len() <= TraceState::MAX_VALUE
        && value.iter().all(|byte| matches!(byte, 0x20..=0x7e) && *byte != b'=')
}

fn shorten(members: &mut Vec<(&str, &str)>, kept: usize) {
    while joined_bytes(members) > TraceState::MAX_BYTES {
        let others = members.iter().skip(kept).map(|member| member_bytes(*member) > TraceState::LONG_MEMBER);
        let long = others.enumerate().rfind(|(_, is_long)| *is_long);
        members.remove(long.map_or(members.len() - 1, |(at, _)| at + kept));
    }
}

fn joined_bytes(members: &[(&str, &str)]) -> usize {
    members.iter().map(|member| member_bytes(*member) + 1).sum::<usize>().saturating_sub(1)
}

const fn member_bytes((key, value): (&str, &str)) -> usize {
    key.len() + 1 + value.len()
}

/// A `tracestate` that must be ignored; its `traceparent` remains valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTraceState {
    member: Box<str>,
    kind: InvalidTraceStateKind,
}

/// Why a `tracestate` must be ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidTraceStateKind {
    /// A member without `=`.
    NoEquals,
    /// A key with an invalid character, empty, or longer than 256 bytes.
    Key,
    /// A value with an invalid character, empty, or longer than 256 bytes.
    Value,
    /// More than 32 members.
    TooManyMembers,
}

impl InvalidTraceState {
    fn new(member: &[u8], kind: InvalidTraceStateKind) -> Self {
        Self { member: shown(member), kind }
    }

    /// Why the list was rejected.
    #[must_use]
    pub const fn kind(&self) -> InvalidTraceStateKind {
        self.kind
    }
}

impl fmt::Display for InvalidTraceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let member = &self.member;
        match self.kind {
            InvalidTraceStateKind::NoEquals => write!(f, "tracestate member {member:?} has no `=`"),
            InvalidTraceStateKind::Key => write!(
                f,
                "tracestate member {member:?} has an invalid key: expected `[a-z0-9][a-z0-9_-*/@]`, up to 256 bytes"
            ),
            InvalidTraceStateKind::Value => write!(
                f,
                "tracestate member {member:?} has an invalid value: expected 1 to 256 bytes of printable ASCII without `,` and `=`"
            ),
            InvalidTraceStateKind::TooManyMembers => {
                write!(
                    f,
                    "tracestate member {member:?} is one too many: expected at most {}",
                    TraceState::MAX_MEMBERS
                )
            }
        }
    }
}

impl std::error::Error for InvalidTraceState {}
