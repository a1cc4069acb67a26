/// The lines of samples by the samples' names, in the order in which the names first come.
pub(crate) fn group_by_name(lines: &[u8]) -> Vec<(&str, Vec<u8>)> {
    let mut groups: Vec<(&str, Vec<u8>)> = Vec::new();
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let end = line.iter().position(|byte| matches!(byte, b'{' | b' ')).unwrap_or(line.len());
        // A name is ASCII, or text that was escaped.
        let name = line.get(..end).and_then(|name| str::from_utf8(name).ok()).unwrap_or_default();
        match groups.iter_mut().find(|(there, _)| *there == name) {
            Some((_, group)) => group.extend_from_slice(line),
            None => groups.push((name, line.to_vec())),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_name_come_together() {
        let lines = b"a_bucket{le=\"+Inf\",x=\" {\"} 1\na_sum 2\na_bucket{le=\"+Inf\"} 3\n";
        let groups = group_by_name(lines);
        let texts: Vec<_> =
            groups.iter().map(|(name, lines)| (*name, str::from_utf8(lines).unwrap())).collect();
        let buckets = "a_bucket{le=\"+Inf\",x=\" {\"} 1\na_bucket{le=\"+Inf\"} 3\n";
        assert_eq!(texts, [("a_bucket", buckets), ("a_sum", "a_sum 2\n")]);
    }
}
