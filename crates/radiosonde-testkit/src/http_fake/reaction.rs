use std::time::Duration;

/// The reaction of the fake to one request.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_testkit::Reaction;
///
/// let slow_refusal = Reaction::status(400).body("entry too far behind").after(Duration::from_millis(20));
/// # let _ = slow_refusal;
/// ```
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    pub(super) kind: Kind,
    pub(super) delay: Duration,
}

/// Names and values.
pub(super) type Fields = Vec<(String, String)>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Answer { status: u16, headers: Fields, body: Vec<u8>, trailers: Fields },
    Hang,
    Close,
    Refuse,
}

impl Reaction {
    /// Responds with this status and an empty body.
    pub const fn status(status: u16) -> Self {
        Self::of(Kind::Answer { status, headers: Vec::new(), body: Vec::new(), trailers: Vec::new() })
    }

    /// Reads the request and never responds; the connection stays open until the fake stops.
    pub const fn hang() -> Self {
        Self::of(Kind::Hang)
    }

    /// Reads the request and closes the connection without a response.
    pub const fn close() -> Self {
        Self::of(Kind::Close)
    }

    /// Closes the connection as soon as it is accepted, without reading; nothing is recorded. On a kept-alive connection it
    /// is the same as [`close`](Self::close), but unrecorded.
    pub const fn refuse() -> Self {
        Self::of(Kind::Refuse)
    }

    /// Adds a header to a response. A `content-length` is sent as given instead of the true one, and the connection is
    /// closed afterwards: a truncated response.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Kind::Answer { headers, .. } = &mut self.kind {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Sets a response's body.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        if let Kind::Answer { body, .. } = &mut self.kind {
            *body = bytes.into();
        }
        self
    }

    /// Adds a field after the body of a response. HTTP/2 only: ignored over HTTP/1.1.
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        if let Kind::Answer { trailers, .. } = &mut self.kind {
            trailers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Waits this long before responding or closing; cut short when the fake stops.
    pub const fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    const fn of(kind: Kind) -> Self {
        Self { kind, delay: Duration::ZERO }
    }
}
