use std::io::{self, ErrorKind};
use std::task::Poll;

use crate::connections::tracked::OpenConnection;

impl OpenConnection {
    /// Passes on what the stream returned, and remembers the first error of the connection.
    pub(crate) fn noting<T>(&mut self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &polled {
            self.note(error.kind());
        }
        polled
    }

    #[cold]
    fn note(&mut self, kind: ErrorKind) {
        // A client that disconnects is not a failure of the service, however it does it.
        let is_gone = matches!(
            kind,
            ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted
                | ErrorKind::ConnectionReset
                | ErrorKind::NotConnected
                | ErrorKind::UnexpectedEof
        );
        if !is_gone && self.failed.is_none() {
            self.failed = Some(kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Waker};

    use radiosonde_metrics::Registry;
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::*;
    use crate::connections::connection_metrics::ConnectionMetrics;
    use crate::connections::tracked::Tracked;

    /// Fails every time, with the next of these kinds.
    struct Fails(Vec<ErrorKind>);

    impl Fails {
        fn next<T>(&mut self) -> Poll<io::Result<T>> {
            Poll::Ready(Err(self.0.remove(0).into()))
        }
    }

    impl AsyncRead for Fails {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            self.next()
        }
    }

    impl AsyncWrite for Fails {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            self.next()
        }

        fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.next()
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.next()
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[io::IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.next()
        }
    }

    impl hyper::rt::Read for Fails {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: hyper::rt::ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            self.next()
        }
    }

    impl hyper::rt::Write for Fails {
        fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            AsyncWrite::poll_write(self, cx, buf)
        }

        fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            AsyncWrite::poll_flush(self, cx)
        }

        fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            AsyncWrite::poll_shutdown(self, cx)
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bufs: &[io::IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            AsyncWrite::poll_write_vectored(self, cx, bufs)
        }
    }

    /// The reason for which a connection is closed after these errors, each of them returned by `poll`.
    #[track_caller]
    fn reason(
        kinds: &[ErrorKind],
        poll: impl Fn(Pin<&mut Tracked<Fails>>, &mut Context<'_>) -> bool,
    ) -> String {
        let registry = Registry::new();
        let connections = ConnectionMetrics::builder("public").registry(&registry).build().unwrap();
        let mut stream = connections.track(Fails(kinds.to_vec()), None);
        for _ in kinds {
            assert!(poll(Pin::new(&mut stream), &mut Context::from_waker(Waker::noop())));
        }
        drop(stream);
        let snapshot = registry.snapshot();
        let closed = snapshot.family("http_connections_closed_total").unwrap();
        let reasons = closed.series().iter().filter(|series| series.number() > 0.0);
        let reasons: Vec<_> = reasons.map(|series| series.label("reason").unwrap().into_owned()).collect();
        reasons.join(", ")
    }

    fn is_error<T>(polled: &Poll<io::Result<T>>) -> bool {
        matches!(polled, Poll::Ready(Err(_)))
    }

    #[test]
    fn an_error_of_any_operation_of_the_stream_is_the_reason() {
        let of = |poll: &dyn Fn(Pin<&mut Tracked<Fails>>, &mut Context<'_>) -> bool| {
            assert_eq!(reason(&[ErrorKind::InvalidData], poll), "error");
        };
        of(&|io, cx| is_error(&AsyncRead::poll_read(io, cx, &mut ReadBuf::new(&mut [0]))));
        of(&|io, cx| is_error(&AsyncWrite::poll_write(io, cx, &[])));
        of(&|io, cx| is_error(&AsyncWrite::poll_flush(io, cx)));
        of(&|io, cx| is_error(&AsyncWrite::poll_shutdown(io, cx)));
        of(&|io, cx| is_error(&AsyncWrite::poll_write_vectored(io, cx, &[])));
        of(&|io, cx| {
            let mut buffer = [0];
            let mut buffer = hyper::rt::ReadBuf::new(&mut buffer);
            is_error(&hyper::rt::Read::poll_read(io, cx, buffer.unfilled()))
        });
        of(&|io, cx| is_error(&hyper::rt::Write::poll_write(io, cx, &[])));
        of(&|io, cx| is_error(&hyper::rt::Write::poll_flush(io, cx)));
        of(&|io, cx| is_error(&hyper::rt::Write::poll_shutdown(io, cx)));
        of(&|io, cx| is_error(&hyper::rt::Write::poll_write_vectored(io, cx, &[])));
    }

    #[test]
    fn a_client_that_disconnects_is_no_error_and_the_first_error_counts() {
        let after = |kinds: &[ErrorKind]| reason(kinds, |io, cx| is_error(&AsyncWrite::poll_flush(io, cx)));
        for gone in [
            ErrorKind::BrokenPipe,
            ErrorKind::ConnectionAborted,
            ErrorKind::ConnectionReset,
            ErrorKind::NotConnected,
            ErrorKind::UnexpectedEof,
        ] {
            assert_eq!(after(&[gone]), "closed", "{gone}");
        }
        assert_eq!(after(&[ErrorKind::TimedOut]), "timeout");
        assert_eq!(after(&[ErrorKind::ConnectionReset, ErrorKind::TimedOut]), "timeout");
        assert_eq!(after(&[ErrorKind::TimedOut, ErrorKind::InvalidData]), "timeout");
        assert_eq!(after(&[ErrorKind::InvalidData, ErrorKind::TimedOut]), "error");
    }
}
