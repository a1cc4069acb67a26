/// A query with its values replaced, because any of them may be a secret.
pub(crate) fn redacted(query: &str) -> String {
    let mut out = String::with_capacity(query.len().min(MAX_LENGTH));
    for pair in query.split('&') {
        let key = pair.split_once('=').map_or(pair, |(key, _)| key);
        if out.len() + key.len() > MAX_LENGTH {
            break;
        }
        if !out.is_empty() {
            out.push('&');
        }
        // A key without a value may be a secret itself, such as one in base64 with its padding.
        match pair.split_once('=').is_some_and(|(_, value)| !value.trim_matches('=').is_empty()) {
            true => out.extend([key, "=REDACTED"]),
            false => out.push_str("REDACTED"),
        }
    }
    out
}

const MAX_LENGTH: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_stays() {
        assert_eq!(redacted("page=2&token=secret&secret"), "page=REDACTED&token=REDACTED&REDACTED");
        assert_eq!(redacted("page"), "REDACTED");
        assert_eq!(redacted("c2VjcmV0dG9rZW4="), "REDACTED");
        assert!(redacted(&"k=v&".repeat(10_000)).len() < 2 * MAX_LENGTH);
    }
}
