use http::Method;

/// A request's method, of which there is a bounded number, because a client may send any text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MethodName(u8);

/// The nine methods of RFC 9110 and RFC 5789, and the value for all others.
const NAMES: [&str; MethodName::COUNT] =
    ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "_OTHER"];

impl MethodName {
    pub(crate) const COUNT: usize = 10;
    const OTHER: Self = Self(9);

    pub(crate) fn of(method: &Method) -> Self {
        Self::parse(method.as_str())
    }

    pub(crate) fn parse(method: &str) -> Self {
        match method {
            "GET" => Self(0),
            "POST" => Self(1),
            "PUT" => Self(2),
            "DELETE" => Self(3),
            "PATCH" => Self(4),
            "HEAD" => Self(5),
            "OPTIONS" => Self(6),
            "CONNECT" => Self(7),
            "TRACE" => Self(8),
            _ => Self::OTHER,
        }
    }

    pub(crate) fn index(self) -> usize {
        self.0.into()
    }

    pub(crate) fn as_str(self) -> &'static str {
        NAMES[self.index()]
    }

    /// The method in the name of a span, where the conventions call an unknown one `HTTP`.
    pub(crate) fn in_span_name(self) -> &'static str {
        if self.is_other() { "HTTP" } else { self.as_str() }
    }

    pub(crate) fn is_other(self) -> bool {
        self == Self::OTHER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_its_own_name() {
        for (at, name) in NAMES.into_iter().enumerate() {
            assert_eq!((MethodName::parse(name).index(), MethodName::parse(name).as_str()), (at, name));
        }
        assert_eq!(MethodName::parse("BREW").in_span_name(), "HTTP");
    }
}
