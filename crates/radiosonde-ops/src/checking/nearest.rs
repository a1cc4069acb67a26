/// The name that is most like another, if it is close enough to be a slip.
pub(crate) fn nearest<'a>(name: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 100;
    if name.len() > LONGEST {
        return None;
    }
    let most = (name.len() / 5).clamp(1, 3);
    let close =
        among.into_iter().filter(|other| other.len() <= LONGEST && other.len().abs_diff(name.len()) <= most);
    let distances = close.map(|other| (distance(name.as_bytes(), other.as_bytes()), other));
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, other)| other)
}

/// The number of bytes to insert, remove or replace.
fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, byte) in from.iter().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(to) {
            let replaced = diagonal + usize::from(byte != other);
            diagonal = *cell;
            left = replaced.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found_and_another_word_is_not() {
        let names = ["http_requests_total", "http_request_duration_seconds_bucket"];
        assert_eq!(nearest("http_request_total", names), Some("http_requests_total"));
        assert_eq!(nearest("queue_depth", names), None);
        assert_eq!(distance(b"kitten", b"sitting"), 3);
    }
}
