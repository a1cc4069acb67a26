/// Finds secrets by their format, in any value.
///
/// No detector is exact: each describes what it matches and what it misses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Detector {
    /// Credentials of an `Authorization` header, after `Bearer` or `Basic` in any case and spaces or tabs, which are kept.
    ///
    /// After `Bearer`: at least 20 characters of its alphabet, or at least 8 with a digit among them, so that "bearer of
    /// news" does not match. After `Basic`: base64 of printable text with a colon.
    ///
    /// Source: RFC 6750, section 2.1, and RFC 7617, section 2.
    Bearer,
    /// A JSON Web Token, signed or encrypted: at least three parts of base64url separated by dots. The first part has at
    /// least 10 characters and starts with `eyJ`, which encodes `{"`. At the end of a truncated value, two parts are enough.
    ///
    /// Source: RFC 7519, section 3.
    Jwt,
    /// The number of a payment card: 13 to 19 digits, with optional single spaces or dashes between them, a valid check
    /// digit, and a prefix and length of a card network. One in ten random numbers of that form is replaced as well.
    ///
    /// Digits next to a letter, a digit or an underscore, or next to a decimal point with digits, do not match. An integer
    /// field is replaced by a text.
    ///
    /// Source: ISO/IEC 7812-1, annex B.
    CardNumber,
    /// The password in `scheme://user:password@host`; the rest is kept.
    ///
    /// A password with an unescaped `/`, `?`, `#`, quote or space, which are invalid in a URL, is not recognised.
    ///
    /// Source: RFC 3986, section 3.2.1.
    UrlPassword,
    /// The value after a key in a text, if the default list or a pattern would redact a field with that key. It matches in
    /// `Debug` output (`password: "x"`, also in `Some`), in JSON, in query strings and in `key=value`.
    ///
    /// A quoted value ends at its closing quote. Any other value, which may be a word such as `Bearer` and credentials, ends
    /// at the next white space or one of `,;&)]}'`. Lists and structures after a key are kept, and so are `None`, `null`,
    /// `true` and `false`. An allow-list applies to fields and not to texts.
    KeyValue,
}
