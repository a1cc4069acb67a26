/// Decodes percent-encoding as OpenTelemetry's environment variables use it: `%20` is a space, `+` a plus.
///
/// `None` if a `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8. Lenient decoders pass both
/// through, and then a wrong token is sent unnoticed.
///
/// ```
/// use radiosonde_core::decode_percent;
///
/// assert_eq!(decode_percent("Basic%20dXNlcg=="), Some("Basic dXNlcg==".to_owned()));
/// assert_eq!(decode_percent("100%"), None);
/// assert_eq!(decode_percent("%ff"), None);
/// ```
///
/// # Source
/// RFC 3986, section 2.1: <https://www.rfc-editor.org/rfc/rfc3986#section-2.1>
#[must_use]
pub fn decode_percent(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let value = digit()? * 16 + digit()?;
        out.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(out).ok()
}

/// Whether a text is enclosed in these quotes. A shell removes them, but Docker's `--env-file` does not.
#[must_use]
pub fn is_quoted(text: &str, quote: char) -> bool {
    text.len() > 1 && text.starts_with(quote) && text.ends_with(quote)
}
