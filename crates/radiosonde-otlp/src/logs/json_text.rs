use std::borrow::Cow;

/// Reads the text of a JSON value piece by piece, without a copy where nothing is escaped. `None` is text that is no JSON.
#[derive(Debug)]
pub(super) struct JsonText<'a> {
    rest: &'a str,
}

impl<'a> JsonText<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The next character that is no space, without taking it.
    pub(super) fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.rest.as_bytes().first().copied()
    }

    /// Takes this character if it is next.
    pub(super) fn take(&mut self, character: u8) -> bool {
        let there = self.peek() == Some(character);
        if there {
            // JSON's marks are one byte each.
            self.rest = &self.rest[1..];
        }
        there
    }

    /// Whether nothing is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// A word or number: everything up to the next mark.
    pub(super) fn word(&mut self) -> &'a str {
        let end = self.rest.find([',', ']', '}', ':', '"', ' ', '\t', '\n', '\r']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// A string, unescaped.
    pub(super) fn string(&mut self) -> Option<Cow<'a, str>> {
        if !self.take(b'"') {
            return None;
        }
        let plain = self.rest.find(['"', '\\'])?;
        if self.rest.as_bytes().get(plain) == Some(&b'"') {
            let text = &self.rest[..plain];
            self.rest = &self.rest[plain + 1..];
            return Some(Cow::Borrowed(text));
        }
        let mut text = String::with_capacity(self.rest.len().min(256));
        loop {
            let plain = self.rest.find(['"', '\\'])?;
            text.push_str(&self.rest[..plain]);
            let mark = self.rest.as_bytes().get(plain).copied();
            self.rest = &self.rest[plain + 1..];
            if mark == Some(b'"') {
                return Some(Cow::Owned(text));
            }
            text.push(self.escaped()?);
        }
    }

    /// What stands for a character, after its backslash.
    fn escaped(&mut self) -> Option<char> {
        let mut rest = self.rest.chars();
        let mark = rest.next()?;
        self.rest = rest.as_str();
        Some(match mark {
            '"' | '\\' | '/' => mark,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.code_point(),
            _ => return None,
        })
    }

    /// Four digits after `\u`, or eight in two halves.
    fn code_point(&mut self) -> Option<char> {
        let high = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high);
        }
        self.rest = self.rest.strip_prefix("\\u")?;
        let low = self.four_digits()?;
        let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)
    }

    fn four_digits(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        self.rest = rest;
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Option<Cow<'_, str>> {
        let mut json = JsonText::new(text);
        json.string().filter(|_| json.is_at_end())
    }

    #[test]
    fn strings_are_unescaped_and_lent_where_nothing_is_escaped() {
        assert!(matches!(string(r#""aü b""#), Some(Cow::Borrowed("aü b"))));
        assert_eq!(
            string(r#""\"\\\/\b\f\n\r\tü\u00fc\ud83d\ude00.""#).unwrap(),
            "\"\\/\u{8}\u{c}\n\r\tüü😀."
        );
        assert_eq!(string(r#" "" "#).unwrap(), "");
    }

    #[test]
    fn what_is_no_string_is_none_and_nothing_panics() {
        let wrong = [
            "",
            "\"",
            "\"a",
            "a",
            r#""\"#,
            r#""\x""#,
            r#""\u12""#,
            r#""\u12ü4""#,
            r#""\u+123""#,
            r#""\ud83d""#,
            r#""\ud83d\u0041""#,
            r#""\udc00""#,
            r#""\ud83d\ude0""#,
        ];
        for text in wrong {
            assert_eq!(string(text), None, "{text}");
        }
    }
}
