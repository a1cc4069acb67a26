/// The host and the port of `host`, `host:port` or `[address]:port`; `None` for anything else.
pub(crate) fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    let end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, rest) = authority.split_at_checked(end)?;
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&byte);
    if host.is_empty() || host.len() > MAX_LENGTH || !host.bytes().all(is_host) {
        return None;
    }
    match rest.strip_prefix(':') {
        Some("") => Some((host, None)),
        Some(port) => Some((host, Some(port.parse().ok()?))),
        None if rest.is_empty() => Some((host, None)),
        None => None,
    }
}

/// The longest name in the DNS, with room for an address.
const MAX_LENGTH: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_split_from_its_port() {
        assert_eq!(split("example.com"), Some(("example.com", None)));
        assert_eq!(split("example.com:8443"), Some(("example.com", Some(8443))));
        assert_eq!(split("[::1]:80"), Some(("[::1]", Some(80))));
        assert_eq!(split("[::1]"), Some(("[::1]", None)));
        assert_eq!(split("example.com:"), Some(("example.com", None)));
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in ["", ":80", "a b", "ann@example.com", "example.com:http", "[::1", "[::1]x", "a/b", "ä"] {
            assert_eq!(split(bad), None, "{bad:?}");
        }
    }
}
