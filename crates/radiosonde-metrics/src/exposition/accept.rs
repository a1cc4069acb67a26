/// One of the things that an `Accept` header, or another of its kind, would take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range<'a> {
    /// A media type or a wildcard, as it was written.
    pub(crate) name: &'a str,
    /// Thousandths.
    pub(crate) weight: u16,
    parameters: &'a str,
}

impl<'a> Range<'a> {
    /// The ranges of a header, in its order; without those whose weight cannot be read.
    ///
    /// Source: RFC 9110, sections 5.6.6 and 12.4.2
    pub(crate) fn all(header: &'a str) -> impl Iterator<Item = Self> {
        split(header, ',').filter_map(|range| {
            let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
            let range = Self { name: name.trim(), weight: 1000, parameters };
            let weight = range.parameter("q").map_or(Some(1000), read_weight)?;
            Some(Self { weight, ..range })
        })
    }

    /// The value of a parameter, without the quotes around it.
    pub(crate) fn parameter(&self, name: &str) -> Option<&'a str> {
        split(self.parameters, ';').find_map(|parameter| {
            let (own, value) = parameter.split_once('=')?;
            own.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
        })
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// The parts between separators that do not stand between quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c| {
        let separates = c == separator && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        separates
    })
}

/// The weight of a range in thousandths: `0`, `1` or a decimal in between with at most three places.
///
/// Source: RFC 9110, section 12.4.2
#[must_use]
pub fn read_weight(text: &str) -> Option<u16> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    if places.len() > 3 || !places.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{places:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn commas_and_semicolons_between_quotes_separate_nothing() {
        let ranges: Vec<_> = Range::all(r#"a/b; x="1,2;q=0\"," ;q=0.5 , c/d;Q=1.000"#).collect();
        let read: Vec<_> = ranges.iter().map(|range| (range.name, range.weight)).collect();
        assert_eq!(read, [("a/b", 500), ("c/d", 1000)]);
        assert_eq!(ranges[0].parameter("X"), Some(r#"1,2;q=0\","#));
        assert_eq!(ranges[1].parameter("x"), None);
    }

    #[test]
    fn a_weight_is_at_most_one_and_has_three_places() {
        for (text, weight) in [("0", Some(0)), ("1", Some(1000)), ("0.25", Some(250)), ("0.001", Some(1))] {
            assert_eq!(read_weight(text), weight, "{text}");
        }
        for text in ["", "2", "1.001", "0.1234", "-1", ".5", "0.٣", "0,5", "NaN"] {
            assert_eq!(read_weight(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read(header in r#"[a-z*/;,="\\ q0-9.]{0,60}|.{0,60}"#) {
            prop_assert!(Range::all(&header).all(|range| range.weight <= 1000));
        }
    }
}
