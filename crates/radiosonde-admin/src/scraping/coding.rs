use http::header::HeaderValue;

use crate::scraping::{gzip, zstd};
use radiosonde_metrics::exposition::read_weight;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Zstd,
    Gzip,
    Identity,
}

/// Bodies up to this size fit into the first packet, so that compressing them saves no time.
const SMALL: usize = 1024;

impl Coding {
    /// By preference between equal weights: zstd is faster and smaller than gzip.
    const ALL: [Self; 3] = [Self::Zstd, Self::Gzip, Self::Identity];

    const fn is_available(self) -> bool {
        match self {
            Self::Zstd => zstd::AVAILABLE,
            Self::Gzip => gzip::AVAILABLE,
            Self::Identity => true,
        }
    }

    fn is_named(self, name: &str) -> bool {
        let is = |of: &str| name.eq_ignore_ascii_case(of);
        match self {
            Self::Zstd => is("zstd"),
            Self::Gzip => is("gzip") || is("x-gzip"),
            Self::Identity => is("identity"),
        }
    }

    /// The value of `Content-Encoding`.
    pub(crate) const fn header(self) -> Option<HeaderValue> {
        match self {
            Self::Zstd => Some(HeaderValue::from_static("zstd")),
            Self::Gzip => Some(HeaderValue::from_static("gzip")),
            Self::Identity => None,
        }
    }
}

/// The codings that a request accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AcceptedCodings {
    best: Coding,
    /// Whether a body may be sent as it is.
    plain: bool,
}

impl AcceptedCodings {
    /// `None` if the header refuses every coding that is supported, the plain body included.
    ///
    /// Without a header every coding is acceptable, and the body is sent as it is.
    ///
    /// Source: RFC 9110 section 12.5.3, <https://www.rfc-editor.org/rfc/rfc9110#field.accept-encoding>
    pub(crate) fn negotiate(header: Option<&str>) -> Option<Self> {
        let Some(header) = header else { return Some(Self { best: Coding::Identity, plain: true }) };
        let weight = |coding: Coding| weight(header, |name| coding.is_named(name));
        let others = self::weight(header, |name| name == "*");
        let mut best = None;
        for coding in Coding::ALL.into_iter().filter(|coding| coding.is_available()) {
            let otherwise = if coding == Coding::Identity { LEAST } else { 0 };
            let weight = weight(coding).or(others).unwrap_or(otherwise);
            if weight > 0 && best.is_none_or(|(best, _)| weight > best) {
                best = Some((weight, coding));
            }
        }
        let plain = weight(Coding::Identity).or(others) != Some(0);
        best.map(|(_, best)| Self { best, plain })
    }

    /// The body as it is sent, and how it is coded.
    pub(crate) fn encode(self, body: Vec<u8>) -> (Vec<u8>, Coding) {
        if self.plain && body.len() <= SMALL {
            return (body, Coding::Identity);
        }
        let compressed = match self.best {
            Coding::Zstd => zstd::compress(&body),
            Coding::Gzip => gzip::compress(&body),
            Coding::Identity => None,
        };
        // Writing to memory does not fail.
        compressed.map_or((body, Coding::Identity), |compressed| (compressed, self.best))
    }
}

/// Less than any weight that a header can give, and more than a refusal.
const LEAST: u32 = 1;

/// The weight of the first coding with such a name; elements that cannot be parsed are ignored.
fn weight(header: &str, is_meant: impl Fn(&str) -> bool) -> Option<u32> {
    header.split(',').find_map(|element| {
        let (name, weight) = element.split_once(';').unwrap_or((element, "q=1"));
        let (q, weight) = weight.split_once('=')?;
        let weight = read_weight(weight.trim()).filter(|_| q.trim().eq_ignore_ascii_case("q"))?;
        // Above `LEAST`, unless it is a refusal.
        is_meant(name.trim()).then_some(u32::from(weight) * (LEAST + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GZIP: Coding = if gzip::AVAILABLE { Coding::Gzip } else { Coding::Identity };
    const ZSTD: Coding = if zstd::AVAILABLE { Coding::Zstd } else { GZIP };

    #[test]
    fn the_coding_that_the_header_likes_best_is_taken() {
        let cases = [
            (None, Some(Coding::Identity)),
            (Some(""), Some(Coding::Identity)),
            (Some("gzip"), Some(GZIP)),
            (Some("X-GZIP"), Some(GZIP)),
            (Some("deflate, br"), Some(Coding::Identity)),
            (Some("gzip, zstd"), Some(ZSTD)),
            (Some("gzip;q=1.0, zstd ; q=0.5"), Some(GZIP)),
            (Some("gzip;q=0"), Some(Coding::Identity)),
            (Some("gzip;q=0.001"), Some(GZIP)),
            (Some("gzip;q=0.5, identity"), Some(Coding::Identity)),
            (Some("*"), Some(ZSTD)),
            (Some("*;q=0.5, zstd;q=0"), Some(GZIP)),
            (Some("gzip;q=nonsense"), Some(Coding::Identity)),
            (Some("gzip;level=1"), Some(Coding::Identity)),
            (Some("identity;q=0"), None),
            (Some("*;q=0"), None),
            (Some("br, *;q=0"), None),
            (Some("identity, *;q=0"), Some(Coding::Identity)),
        ];
        for (header, best) in cases {
            let accepted = AcceptedCodings::negotiate(header).map(|accepted| accepted.best);
            assert_eq!(accepted, best, "{header:?}");
        }
    }

    #[test]
    fn a_small_body_is_compressed_only_where_it_cannot_be_plain() {
        let (small, large) = (vec![b'a'; SMALL], vec![b'a'; SMALL + 1]);
        let encode = |header: &str, body: &[u8]| {
            AcceptedCodings::negotiate(Some(header)).map(|accepted| accepted.encode(body.to_vec()).1)
        };
        assert_eq!(encode("gzip", &small), Some(Coding::Identity));
        assert_eq!(encode("gzip", &large), Some(GZIP));
        let forced = gzip::AVAILABLE.then_some(Coding::Gzip);
        assert_eq!(encode("gzip, identity;q=0", &small), forced);
    }
}
