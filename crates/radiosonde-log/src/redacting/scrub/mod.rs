use std::ops::Range;

use crate::redacting::detector::Detector;
use crate::redacting::key::KeyInText;
use crate::redacting::neighbour::{escape_ends, is_of_escape, word_ends};
use crate::redacting::redaction::Redaction;
use crate::redacting::tokens::{self, Jwt};
use crate::redacting::{card, key_value};

impl Redaction {
    /// Whether [`scrub`](Self::scrub) does anything.
    pub(crate) fn scrubs(&self) -> bool {
        !self.detectors().is_empty()
    }

    /// Replaces what the detectors match in the JSON value that starts at byte `from` and ends `json`; returns the number of matches.
    ///
    /// The value must be rendered by this crate: valid, with only the required escapes. It stays valid, and everything else is unchanged.
    ///
    /// # Cost
    /// One pass, and a second one if something matches.
    pub(crate) fn scrub(&self, json: &mut String, from: usize) -> u64 {
        if !self.scrubs() {
            return 0;
        }
        self.replace(json, Scanner::new(self, from))
    }

    // Out of line, for values without a match.
    #[inline(never)]
    fn replace(&self, json: &mut String, mut scanner: Scanner<'_>) -> u64 {
        let (from, end) = (scanner.at, json.len());
        let mut copied = from;
        let mut hits = 0;
        // The result is appended after the value, which is then removed: each byte moves twice, however many matches there are.
        while let Some(found) = scanner.next(&json.as_bytes()[..end]) {
            hits += 1;
            json.extend_from_within(copied..found.bytes.start);
            let quote = if found.is_bare { "\"" } else { "" };
            for part in [quote, self.replacement_json(), quote] {
                json.push_str(part);
            }
            copied = found.bytes.end;
        }
        if hits > 0 {
            json.extend_from_within(copied..end);
            json.drain(from..end);
        }
        hits
    }
}

#[derive(Debug)]
struct Detection {
    bytes: Range<usize>,
    /// It is not part of a string.
    is_bare: bool,
}

/// Scans a JSON value once.
#[derive(Debug)]
struct Scanner<'a> {
    redaction: &'a Redaction,
    bearer: bool,
    jwt: bool,
    card: bool,
    url: bool,
    key_value: bool,
    at: usize,
    in_string: bool,
    /// The character before is certainly not part of a word; see [`begins`](Self::begins).
    begins: bool,
    /// No JSON Web Token starts before this.
    no_jwt_before: usize,
    /// The last word that may be a key.
    word: Range<usize>,
}

impl<'a> Scanner<'a> {
    fn new(redaction: &'a Redaction, at: usize) -> Self {
        let has = |detector| redaction.detectors().contains(&detector);
        Self {
            redaction,
            bearer: has(Detector::Bearer),
            jwt: has(Detector::Jwt),
            card: has(Detector::CardNumber),
            url: has(Detector::UrlPassword),
            key_value: has(Detector::KeyValue),
            at,
            in_string: false,
            begins: true,
            no_jwt_before: 0,
            word: at..at,
        }
    }

    fn next(&mut self, text: &[u8]) -> Option<Detection> {
        while let Some(&byte) = text.get(self.at) {
            let found = if self.in_string { self.in_string(text, byte) } else { self.outside(text, byte) };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn outside(&mut self, text: &[u8], byte: u8) -> Option<Detection> {
        let start = self.at;
        if !(byte.is_ascii_digit() || byte == b'-') {
            self.in_string = byte == b'"';
            self.begins = true;
            self.at += 1;
            return None;
        }
        let is_of_number =
            |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        let number = &text[start..start + text[start..].iter().take_while(is_of_number).count()];
        self.at += number.len();
        let is_card =
            self.card && number.iter().all(u8::is_ascii_digit) && card::end(number) == Some(number.len());
        is_card.then_some(Detection { bytes: start..self.at, is_bare: true })
    }

    fn in_string(&mut self, text: &[u8], byte: u8) -> Option<Detection> {
        let found = match byte {
            b'"' => {
                self.in_string = false;
                None
            }
            b'\\' => {
                self.at += if text.get(self.at + 1) == Some(&b'u') { 6 } else { 2 };
                self.begins = true;
                return None;
            }
            b':' if self.url && text[self.at..].starts_with(b"://") => self.url_password(text),
            b':' | b'=' if self.key_value => self.value_of_key(text),
            b'b' | b'B' if self.bearer && self.begins(text) => {
                tokens::credentials(&text[self.at..]).map(|range| self.later(range))
            }
            b'e' if self.jwt && self.at >= self.no_jwt_before => self.jwt(text),
            b'0'..=b'9' if self.card && self.begins(text) && !self.is_behind_a_point(text) => {
                card::end(&text[self.at..]).map(|end| self.later(0..end))
            }
            _ => None,
        };
        match &found {
            Some(bytes) => {
                self.at = bytes.end;
                self.begins = true;
            }
            None => {
                if self.key_value && (byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')) {
                    let start = if self.word.end == self.at { self.word.start } else { self.at };
                    self.word = start..self.at + 1;
                }
                self.at += 1;
                // Characters beyond ASCII are classified only when needed.
                self.begins = !(byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii());
            }
        }
        found.map(|bytes| Detection { bytes, is_bare: false })
    }

    /// Whether no word that started before continues here.
    fn begins(&self, text: &[u8]) -> bool {
        // Escapes of ours are skipped as a whole, so the letter after a backslash found here belongs to an escape in the text.
        let before = text.get(..self.at).unwrap_or_default();
        self.begins || escape_ends(before) || !word_ends(before)
    }

    fn later(&self, range: Range<usize>) -> Range<usize> {
        range.start + self.at..range.end + self.at
    }

    fn url_password(&self, text: &[u8]) -> Option<Range<usize>> {
        let behind = text[self.at..].strip_prefix(b"://")?;
        let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        text.get(self.at.checked_sub(1)?).filter(|byte| is_scheme(byte))?;
        let range = tokens::url_password(behind)?;
        Some(self.later(range.start + 3..range.end + 3))
    }

    fn value_of_key(&self, text: &[u8]) -> Option<Range<usize>> {
        if self.word.is_empty() || !key_value::joins(text.get(self.word.end..self.at)?) {
            return None;
        }
        let key = std::str::from_utf8(text.get(self.word.clone())?).ok()?;
        let is_secret = |key| self.redaction.is_secret_in_text(KeyInText::new(key).as_str());
        // Its first letter may belong to an escape in the text.
        let letter = self.word.start.checked_sub(1).is_some_and(|at| text.get(at) == Some(&b'\\'));
        let behind = key.get(1..).filter(|_| letter && key.bytes().next().is_some_and(is_of_escape));
        if !is_secret(key) && !behind.is_some_and(is_secret) {
            return None;
        }
        let range = key_value::value(&text[self.at + 1..])?;
        Some(self.later(range.start + 1..range.end + 1))
    }

    fn jwt(&mut self, text: &[u8]) -> Option<Range<usize>> {
        match tokens::jwt(&text[self.at..]) {
            Jwt::Token(end) => Some(self.later(0..end)),
            Jwt::NoneBefore(end) => {
                self.no_jwt_before = self.at + end;
                None
            }
        }
    }

    /// Whether this digit follows a decimal point.
    fn is_behind_a_point(&self, text: &[u8]) -> bool {
        let before = |bytes: usize| self.at.checked_sub(bytes).and_then(|at| text.get(at));
        before(1) == Some(&b'.') && before(2).is_some_and(u8::is_ascii_digit)
    }
}

#[cfg(test)]
mod tests;
