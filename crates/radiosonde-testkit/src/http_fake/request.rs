use std::io::{self, BufRead, Read};

/// A request as the fake received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl RecordedRequest {
    /// `POST`.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The request target as sent: the path, with the query if there is one.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Every header in the order sent, names in lower case.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first header with this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body with its chunks joined, not decompressed.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Reads the next request; `None` if the other side closed the connection before one began.
    pub(super) fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let Some(first) = read_line(from)? else { return Ok(None) };
        let mut words = first.split(' ');
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return Err(malformed("request line"));
        };
        let (method, path) = (method.to_owned(), path.to_owned());
        let mut headers = Vec::new();
        loop {
            let line = read_line(from)?.ok_or_else(|| malformed("headers"))?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| malformed("header"))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self { method, path, headers, body: Vec::new() };
        request.body = request.read_body(from)?;
        Ok(Some(request))
    }

    fn read_body(&self, from: &mut impl BufRead) -> io::Result<Vec<u8>> {
        if self.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            return read_chunks(from);
        }
        let length = match self.header("content-length") {
            Some(text) => text.parse().map_err(|_| malformed("content-length"))?,
            None => 0,
        };
        let mut body = vec![0; length];
        from.read_exact(&mut body)?;
        Ok(body)
    }
}

fn read_chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(from)?.ok_or_else(|| malformed("chunk"))?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let length = u64::from_str_radix(digits, 16).map_err(|_| malformed("chunk length"))?;
        if length == 0 {
            // Trailers, up to the empty line.
            while read_line(from)?.is_some_and(|line| !line.is_empty()) {}
            return Ok(body);
        }
        from.by_ref().take(length).read_to_end(&mut body)?;
        if read_line(from)?.is_none_or(|line| !line.is_empty()) {
            return Err(malformed("end of chunk"));
        }
    }
}

/// Reads a line without its line end; `None` at the end of the stream.
fn read_line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(Some(line))
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed {what}"))
}
