/// Finds secrets by what they look like, in whatever value they are.
///
/// None of them is certain: each says what it takes, and what it lets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Detector {
    /// The credentials of an `Authorization` header, after the words `Bearer` and `Basic`, in any case, and spaces or tabs, which stay.
    ///
    /// After `Bearer`: 20 characters of its alphabet or more, or 8 or more with a digit among them, so that a "bearer of news" is none.
    /// After `Basic`: what is base64 for printable text with a colon in it.
    ///
    /// Source: RFC 6750, section 2.1, and RFC 7617, section 2.
    Bearer,
    /// A JSON Web Token, signed or encrypted: three parts of base64url or more with dots between them, the first of 10 characters or
    /// more that begin with `eyJ`, which is `{"`. At the end of a value that was cut, two parts are enough.
    ///
    /// Source: RFC 7519, section 3.
    Jwt,
    /// The number of a payment card: 13 to 19 digits, with single spaces or dashes between them or none, whose check digit is right, and
    /// that begin and are as long as those of a network. One in ten numbers that look like it by chance is replaced too.
    ///
    /// Digits that stand next to a letter, a digit or an underscore, or before or after a point with digits, are none. A field that is an integer is replaced by a text.
    ///
    /// Source: ISO/IEC 7812-1, annex B.
    CardNumber,
    /// The password in `scheme://user:password@host`; the rest stays.
    ///
    /// A password with an unescaped `/`, `?`, `#`, quote or space in it, which no URL may have, is not recognised.
    ///
    /// Source: RFC 3986, section 3.2.1.
    UrlPassword,
    /// The value behind a key in a text, if a field of that key would be replaced by the default list or a pattern: in what `Debug`
    /// shows (`password: "x"`, also in `Some`), in JSON, in query strings and `key=value`.
    ///
    /// A value in quotes goes to its closing quote; another one, which may be a word such as `Bearer` and credentials, to the next white
    /// space or one of `,;&)]}'`. Lists and structures behind a key stay, and so do `None`, `null`, `true` and `false`. An allow-list is about fields and not
    /// about texts.
    KeyValue,
}
