//! A log store in each possible state, on a port of this machine. Each function returns its address.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// Accepts every push and responds with this status.
pub(crate) fn answering(status: &'static str) -> io::Result<String> {
    listen(move |connection| {
        // A client that disconnects will connect again.
        let _ = answer(&connection, status);
    })
}

/// Accepts connections and never responds.
pub(crate) fn stalled() -> io::Result<String> {
    listen(|connection| {
        Box::leak(Box::new(connection));
    })
}

/// Refuses connections.
pub(crate) fn gone() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    Ok(format!("http://{}", listener.local_addr()?))
}

fn listen(serve: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(connection));
        }
    });
    Ok(address)
}

fn answer(mut connection: &TcpStream, status: &str) -> io::Result<()> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    loop {
        let mut length = 0_u64;
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().unwrap_or(0);
                }
                Some(_) => {}
                None if line.trim_end().is_empty() => break,
                None => {}
            }
        }
        io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
        write!(connection, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n")?;
    }
}
