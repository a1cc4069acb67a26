use std::io::{Read, Write};

use super::*;

const DEADLINE: Duration = Duration::from_secs(10);

fn exchange(addr: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    // A refusing fake may already have closed the connection.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

fn get(fake: &HttpFake) -> String {
    exchange(fake.addr(), "GET /x?y=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
}

#[test]
fn the_script_is_followed_and_its_last_reaction_repeats() {
    let fake = HttpFake::start([
        Reaction::status(429).header("Retry-After", "7").body("slow down"),
        Reaction::status(204),
    ]);
    assert_eq!(
        get(&fake),
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\ncontent-length: 9\r\n\r\nslow down"
    );
    assert_eq!(get(&fake), "HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(get(&fake), "HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(fake.requests().len(), 3);
    assert_eq!(fake.requests()[0].path(), "/x?y=1");
}

#[test]
fn an_empty_script_answers_204() {
    assert!(get(&HttpFake::start([])).starts_with("HTTP/1.1 204"));
}

#[test]
fn chunks_are_put_together_and_a_connection_is_kept() {
    let fake = HttpFake::start([]);
    let two = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nt: 1\r\n\r\n\
               POST /b HTTP/1.1\r\nX-A: 1\r\nconnection: close\r\ncontent-length: 3\r\n\r\nfgh";
    assert_eq!(exchange(fake.addr(), two).matches("204").count(), 2);
    let seen = fake.requests();
    assert_eq!((seen[0].method(), seen[0].path(), seen[0].body()), ("POST", "/a", b"abcde".as_slice()));
    assert_eq!((seen[1].path(), seen[1].body(), seen[1].header("x-a")), ("/b", b"fgh".as_slice(), Some("1")));
    assert_eq!(seen[1].headers()[0], ("x-a".to_owned(), "1".to_owned()));
}

#[test]
fn close_and_refuse_end_without_an_answer_and_only_close_records() {
    let fake = HttpFake::start([Reaction::refuse(), Reaction::close(), Reaction::status(200)]);
    assert_eq!(get(&fake), "");
    assert_eq!(fake.requests().len(), 0);
    assert_eq!(get(&fake), "");
    assert_eq!(fake.requests().len(), 1);
    assert!(get(&fake).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_given_content_length_makes_an_answer_that_is_cut_off() {
    let fake = HttpFake::start([Reaction::status(200).header("content-length", "100").body("short")]);
    let kept_alive = exchange(fake.addr(), "GET / HTTP/1.1\r\n\r\n");
    assert!(kept_alive.ends_with("content-length: 100\r\n\r\nshort"), "{kept_alive}");
}

#[test]
fn stopping_ends_a_hanging_exchange_and_frees_the_port() {
    let mut fake = HttpFake::start([Reaction::hang()]);
    let addr = fake.addr();
    let client = thread::spawn(move || exchange(addr, "GET / HTTP/1.1\r\n\r\n"));
    fake.wait_for(1, DEADLINE).unwrap();
    fake.stop();
    assert_eq!(client.join().unwrap(), "");
    assert!(TcpStream::connect(addr).is_err());
    let back = HttpFake::start_on(addr, []).unwrap();
    assert!(get(&back).starts_with("HTTP/1.1 204"));
}

#[test]
fn a_function_may_answer() {
    let fake = HttpFake::answering(|request| {
        Reaction::status(200).body(format!("{} {}", request.method(), request.path()))
    });
    assert!(get(&fake).ends_with("GET /x?y=1"));
}

#[test]
fn waiting_for_more_than_comes_is_an_error_that_says_how_many_came() {
    let fake = HttpFake::start([]);
    get(&fake);
    let error = fake.wait_for(2, Duration::from_millis(10)).unwrap_err();
    assert_eq!(error.to_string(), "waited 10ms for 2 requests and saw 1");
}

#[test]
fn nobody_listens_at_nobody() {
    let url = HttpFake::nobody();
    assert!(TcpStream::connect(url.strip_prefix("http://").unwrap()).is_err());
}
