use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

/// Serves metrics on a free port of this machine, until the process is stopped.
///
/// `metrics` receives the request's `Accept` header, and returns a `Content-Type` and a body.
///
/// # Errors
/// If there is no port to listen on.
pub fn serve(metrics: impl Fn(&str) -> (String, Vec<u8>)) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("metrics  http://{}/metrics", listener.local_addr()?);
    for connection in listener.incoming() {
        // A client that disconnects must not end the server.
        let _ = connection.and_then(|connection| answer(connection, &metrics));
    }
    Ok(())
}

fn answer(mut connection: TcpStream, metrics: impl Fn(&str) -> (String, Vec<u8>)) -> io::Result<()> {
    let mut accept = String::new();
    for line in BufReader::new(&connection).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((_, value)) = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("accept"))
        {
            value.trim().clone_into(&mut accept);
        }
    }
    let (content_type, body) = metrics(&accept);
    let length = body.len();
    write!(
        connection,
        "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    connection.write_all(&body)
}
