//! What the values of all formats have in common.

/// Trims the optional white space of RFC 9110: spaces and tabs.
#[inline]
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// The start of a value from outside the process: sufficient to recognise it in a message.
pub(crate) fn shown(value: &[u8]) -> Box<str> {
    const SHOWN: usize = 80;

    String::from_utf8_lossy(&value[..value.len().min(SHOWN)]).into()
}

/// The valid values of a rule as text.
pub(crate) fn valid(bytes: &[u8], rule: impl FnOnce(&[u8]) -> bool) -> Option<&str> {
    if rule(bytes) { std::str::from_utf8(bytes).ok() } else { None }
}
