//! A line of JSON, without a library.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// The timestamp of a second, as text.
#[derive(Default)]
pub struct Stamp {
    second: u64,
    text: String,
}

pub fn push_pair(out: &mut String, key: &str, value: &str) {
    out.push_str(",\"");
    out.push_str(key);
    out.push_str("\":\"");
    push_text(out, value);
    out.push('"');
}

pub fn push_text(out: &mut String, text: &str) {
    // Without an early end, so that the bytes are compared side by side.
    let is_special = |byte| byte < b' ' || byte == b'"' || byte == b'\\' || byte >= 0x7f;
    if !text.bytes().fold(false, |any, byte| any | is_special(byte)) {
        out.push_str(text);
    } else {
        text.chars().for_each(|character| out.extend(character.escape_default()));
    }
}

/// The time of day is not computed: this happens once a second.
pub fn push_now(out: &mut String, Stamp { second, text: stamp }: &mut Stamp) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    if now.as_secs() != *second || stamp.is_empty() {
        *second = now.as_secs();
        stamp.clear();
        write!(stamp, "2026-01-01T00:{:02}:{:02}.", *second / 60 % 60, *second % 60).unwrap();
    }
    out.push_str(stamp);
    let millis = now.subsec_millis();
    let digits = [millis / 100, millis / 10 % 10, millis % 10].map(|digit| char::from(b'0' + digit as u8));
    digits.into_iter().for_each(|digit| out.push(digit));
    out.push('Z');
}
