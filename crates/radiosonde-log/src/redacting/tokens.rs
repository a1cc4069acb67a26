//! Finds tokens and passwords in texts. Positions are within the contents of a rendered JSON string, in which the characters
//! of tokens are not escaped.

use std::ops::Range;

use crate::redacting::neighbour::spaces;

/// The range of the credentials, if `Bearer` or `Basic` starts here and credentials follow.
pub(crate) fn credentials(text: &[u8]) -> Option<Range<usize>> {
    let is_word = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let (word, is_right): (usize, fn(&[u8]) -> bool) = if is_word(b"bearer") {
        (6, is_bearer_token)
    } else if is_word(b"basic") {
        (5, is_user_and_password)
    } else {
        return None;
    };
    let start = word + spaces(&text[word..]);
    if start == word {
        return None;
    }
    let end = start + text[start..].iter().take_while(|byte| is_of_token68(**byte)).count();
    is_right(&text[start..end]).then_some(start..end)
}

/// Source: RFC 9110, section 11.2.
const fn is_of_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

/// Whether these are not words of a sentence.
fn is_bearer_token(token: &[u8]) -> bool {
    token.len() >= 20 || token.len() >= 8 && token.iter().any(u8::is_ascii_digit)
}

/// Whether this is base64, in either alphabet, of printable text with a colon.
fn is_user_and_password(token: &[u8]) -> bool {
    let digits = token.trim_ascii_end();
    let padding = digits.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = &digits[..digits.len() - padding];
    if padding > 2 || digits.len() % 4 == 1 {
        return false;
    }
    let (mut bits, mut count, mut colons) = (0_u32, 0, 0);
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return false,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            let byte = (bits >> count) & 0xff;
            if byte < 0x20 || byte == 0x7f {
                return false;
            }
            colons += u32::from(byte == u32::from(b':'));
        }
    }
    colons > 0
}

/// The result of looking for a JSON Web Token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Jwt {
    /// A token that ends here.
    Token(usize),
    /// No token starts before here.
    NoneBefore(usize),
}

/// Looks for a token that starts here.
pub(crate) fn jwt(text: &[u8]) -> Jwt {
    const LEAST_HEADER: usize = 10;
    if !text.starts_with(b"eyJ") {
        return Jwt::NoneBefore(1);
    }
    let is_of_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let header = text.iter().take_while(|byte| is_of_part(byte)).count();
    if header < LEAST_HEADER && text.get(header) == Some(&b'.') {
        return Jwt::NoneBefore(1);
    }
    let mut dots = 0;
    let mut end = header;
    while text.get(end) == Some(&b'.') {
        let part = text[end + 1..].iter().take_while(|byte| is_of_part(byte)).count();
        // A dot after a complete token ends a sentence.
        if part == 0 && dots >= 2 {
            break;
        }
        dots += 1;
        end += 1 + part;
    }
    let is_cut = matches!(text.get(end), None | Some(b'"'));
    if header >= LEAST_HEADER && (dots >= 2 || dots == 1 && is_cut) {
        Jwt::Token(end)
    } else {
        // A token that starts later among these characters has no more parts than this one.
        Jwt::NoneBefore(end)
    }
}

/// The range of the password, in the text after `://`.
pub(crate) fn url_password(text: &[u8]) -> Option<Range<usize>> {
    let ends = |byte: &u8| {
        matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\\' | b'\'' | b'<' | b'>') || byte.is_ascii_whitespace()
    };
    let authority = text.split(ends).next()?;
    // A password with an `@` is invalid, but common.
    let at = authority.iter().rposition(|byte| *byte == b'@')?;
    let colon = authority[..at].iter().position(|byte| *byte == b':')?;
    (colon + 1 < at).then_some(colon + 1..at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, find: impl Fn(&[u8]) -> Option<Range<usize>>) -> Option<&str> {
        find(text.as_bytes()).map(|range| &text[range])
    }

    #[test]
    fn credentials_are_known_from_words() {
        let cases = [
            ("Bearer mF_9.B5f-4.1JqM", Some("mF_9.B5f-4.1JqM")),
            ("bearer   abcdefg1, then", Some("abcdefg1")),
            ("BEARER abcdefghijklmnopqrst", Some("abcdefghijklmnopqrst")),
            ("Bearer\\tabcdefg1", Some("abcdefg1")),
            ("Bearer \\\\tabcdefg1", Some("abcdefg1")),
            ("Bearerabcdefg1", None),
            ("Bearer abcdefg", None),
            ("Bearer authentication", None),
            ("Bearer realm=\\\"shop\\\"", None),
            ("bearer of bad news", None),
            ("Bearer", None),
            ("Bearer ", None),
            // `Aladdin:open sesame`, from the RFC.
            ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", Some("QWxhZGRpbjpvcGVuIHNlc2FtZQ==")),
            ("basic QWxhZGRpbjpvcGVuIHNlc2FtZQ", Some("QWxhZGRpbjpvcGVuIHNlc2FtZQ")),
            ("Basic authentication failed", None),
            ("Basic understanding", None),
            ("Basic realm", None),
            ("basic ", None),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text, credentials), expected, "{text}");
        }
    }

    #[test]
    fn tokens_of_json_have_three_parts() {
        // From RFC 7519, section 3.1, and RFC 7516, appendix A.1, shortened.
        let signed = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODB9.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let encrypted =
            "eyJhbGciOiJSU0EtT0FFUCJ9.OKOawDo13gRp.48V1_ALb6US04U3b.5eym8TW_c8SuK0lt.XFBoMYUZodetZdvTiFvSkQ";
        for token in [signed, encrypted, "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UifQ."] {
            for (behind, end) in
                [("", token.len()), (" and", token.len()), ("\"}", token.len()), (", or", token.len())]
            {
                assert_eq!(jwt(format!("{token}{behind}").as_bytes()), Jwt::Token(end), "{token}{behind}");
            }
        }
        assert_eq!(jwt(format!("{signed}. Then").as_bytes()), Jwt::Token(signed.len()));
        assert_eq!(jwt(b"eyJhbGciOiJIUzI1NiJ9.eyJpc3Mi\""), Jwt::Token(29), "cut");
        assert_eq!(jwt(b"eyJhbGciOiJIUzI1NiJ9.eyJpc3Mi and"), Jwt::NoneBefore(29));
        assert_eq!(jwt(b"eyJhbGciOiJIUzI1NiJ9 "), Jwt::NoneBefore(20));
        assert_eq!(jwt(b"eyJ.eyJ.x"), Jwt::NoneBefore(1));
        assert_eq!(jwt(b"eye"), Jwt::NoneBefore(1));
    }

    #[test]
    fn passwords_in_urls_are_between_the_colon_and_the_last_at() {
        let cases = [
            ("user:hunter2@db:5432/orders", Some("hunter2")),
            ("user:p@ss:w@db/orders?a=b@c:d", Some("p@ss:w")),
            (":only@redis:6379", Some("only")),
            ("user@host", None),
            ("user:@host", None),
            ("host:8080/a:b@c", None),
            ("host:8080 mail a:b@c", None),
            ("host\\\" a:b@c", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text, url_password), expected, "{text}");
        }
    }
}
