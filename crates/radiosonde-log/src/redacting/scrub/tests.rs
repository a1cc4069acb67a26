use proptest::prelude::*;
use radiosonde_core::{Clock as _, SystemClock};

use super::*;
use crate::escaping::escape::push_escaped;

fn all() -> Redaction {
    let detectors =
        [Detector::Bearer, Detector::Jwt, Detector::CardNumber, Detector::UrlPassword, Detector::KeyValue];
    detectors.into_iter().fold(Redaction::none().key("ab*").replacement("#"), Redaction::detect)
}

fn scrubbed(json: &str) -> (String, u64) {
    let mut out = format!("{{\"before\":{json}");
    let hits = all().scrub(&mut out, 10);
    assert!(out.starts_with("{\"before\":"));
    (out.split_off(10), hits)
}

fn string(text: &str) -> String {
    let mut json = String::from("\"");
    push_escaped(&mut json, text);
    json.push('"');
    json
}

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UifQ.dBjftJeZ4CVP-mB9";
const CARD: &str = "4111 1111 1111 1111";

#[test]
fn what_is_found_goes_and_the_rest_stays() {
    let cases = [
        ("sent Bearer mF_9.B5f-4.1JqM, twice", "sent Bearer #, twice", 1),
        ("authorization: \"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\"", "authorization: \"Basic #\"", 1),
        (JWT, "#", 1),
        ("paid with 4111 1111 1111 1111 and 5555555555554444.", "paid with # and #.", 2),
        ("on 2024-01-01 4111-1111-1111-1111", "on 2024-01-01 #", 1),
        ("postgres://app:hunter2@db/orders", "postgres://app:#@db/orders", 1),
        ("\u{1b}4111111111111111\n4242424242424242", "\u{1b}#\n#", 2),
        ("x4111111111111111 3.4111111111111111 _4111111111111111 ä4111111111111111", "", 0),
        ("“4111111111111111” →4242424242424242… 漢4111111111111111", "“#” →#… 漢4111111111111111", 2),
        ("Bearer\tmF_9.B5f-4.1JqM", "Bearer\t#", 1),
        ("xBearer mF_9.B5f-4.1JqM", "", 0),
        ("://a:b@c", "", 0),
        ("nothing here", "", 0),
    ];
    for (text, expected, hits) in cases {
        let expected = if hits == 0 { text } else { expected };
        assert_eq!(scrubbed(&string(text)), (string(expected), hits), "{text}");
    }
}

#[test]
fn escapes_in_a_text_and_signs_before_a_secret_do_not_hide_it() {
    let secrets = [
        (CARD, "#"),
        (JWT, "#"),
        ("Bearer mF_9.B5f-4.1JqM99999", "Bearer #"),
        ("Bearer\tmF_9.B5f-4.1JqM99999", "Bearer\t#"),
    ];
    for (secret, left) in secrets {
        for before in ["card:\n", "x\r", "x\t", "x\0", "x\u{1b}", "→", "“", "🎈", "x\\"] {
            let (text, expected) = (format!("{before}{secret}, z"), format!("{before}{left}, z"));
            for (shown, expected) in [
                (format!("{text:?}"), format!("{expected:?}")),
                (string(&text), string(&expected)),
                (string(&string(&text)), string(&string(&expected))),
                (format!("{:?}", format!("{text:?}")), format!("{:?}", format!("{expected:?}"))),
            ] {
                assert_eq!(scrubbed(&string(&shown)), (string(&expected), 1), "{shown}");
            }
        }
    }
    let text = format!("x{JWT} _{JWT}");
    assert_eq!(scrubbed(&string(&text)), (string("x# _#"), 2), "needs no beginning");
    for text in [r"C:\notes 4111", r"a\s4111111111111111", r"a\nx4111111111111111"] {
        assert_eq!(scrubbed(&string(text)).1, 0, "{text}");
    }
}

#[test]
fn what_stands_behind_a_secret_key_in_a_text_goes() {
    let cases = [
        (
            "Login { user: \"ada\", password: \"hun\\\"ter2\", age: 7 }",
            "Login { user: \"ada\", password: \"#\", age: 7 }",
            1,
        ),
        (
            "{\"user\":\"ada\",\"apiKey\":\"k\",\"token_count\":3}",
            "{\"user\":\"ada\",\"apiKey\":\"#\",\"token_count\":3}",
            1,
        ),
        ("/login?user=ada&access_token=abc&page=2", "/login?user=ada&access_token=#&page=2", 1),
        (
            "{\"authorization\": Bearer xyz, \"cookie\": \"a=b; c=d\"}",
            "{\"authorization\": #, \"cookie\": \"#\"}",
            2,
        ),
        ("password: Some(\"x\"), secret: None", "password: Some(\"#\"), secret: None", 1),
        ("\npwd=x\tpwd = y", "\npwd=#\tpwd = #", 2),
        (r"a\npwd=x\totp=y \token=z", r"a\npwd=#\totp=# \token=#", 3),
        ("tokens: 3, token::new(), author: ada, password, x: [1], db_pin: z", "", 0),
    ];
    for (text, expected, hits) in cases {
        let redaction = Redaction::default().replacement("#").detect(Detector::KeyValue);
        let mut json = string(text);
        let found = redaction.scrub(&mut json, 0);
        assert_eq!((json, found), (string(if hits == 0 { text } else { expected }), hits), "{text}");
    }
    let mut json = string("db_pin: z, page_token: y, password: x");
    let redaction = Redaction::none().detect(Detector::KeyValue).key("*pin").replacement("#");
    assert_eq!(redaction.scrub(&mut json, 0), 1);
    assert_eq!(json, string("db_pin: #, page_token: y, password: x"));
}

#[test]
fn values_of_every_type_stay_json() {
    let cases = [
        ("4111111111111111".to_owned(), "\"#\"".to_owned(), 1),
        ("1732177933123456789".to_owned(), String::new(), 0),
        ("-4111111111111111".to_owned(), String::new(), 0),
        ("4111111111111111.0".to_owned(), String::new(), 0),
        ("4.111111111111111e16".to_owned(), String::new(), 0),
        ("true".to_owned(), String::new(), 0),
        ("[4111111111111111,1,\"4111111111111111\"]".to_owned(), "[\"#\",1,\"#\"]".to_owned(), 2),
        (
            format!("{{\"message\":\"refused {JWT}\",\"chain\":[\"card {CARD}\",\"\"]}}"),
            "{\"message\":\"refused #\",\"chain\":[\"card #\",\"\"]}".to_owned(),
            2,
        ),
    ];
    for (json, expected, hits) in cases {
        let expected = if hits == 0 { json.clone() } else { expected };
        assert_eq!(scrubbed(&json), (expected, hits));
    }
}

#[test]
fn only_what_was_asked_for_is_looked_for() {
    let text = string(&format!("Bearer mF_9.B5f-4.1JqM {JWT} {CARD} a://b:c@d"));
    let only = |detector| {
        let mut json = text.clone();
        let hits = Redaction::default().detect(detector).detect(detector).scrub(&mut json, 0);
        (hits, json.matches("[redacted]").count())
    };
    for detector in [Detector::Bearer, Detector::Jwt, Detector::CardNumber, Detector::UrlPassword] {
        assert_eq!(only(detector), (1, 1), "{detector:?}");
    }
    let mut json = text.clone();
    assert_eq!(Redaction::default().scrub(&mut json, 0), 0);
    assert_eq!(json, text);
}

#[test]
fn long_texts_made_to_be_slow_take_no_time() {
    let pieces = [
        "eyJ-", "eyJhbGciOi.", "eyJhbGciOi-", "1 ", "4-", "a://", "a://a:", "bearer ", "basic Qkk6", "b",
        "\\\"", "4111111111111111 ", "@:", "4",
    ];
    let start = SystemClock.monotonic();
    let long_key = format!("{}{}", "a".repeat(100_000), "=".repeat(100_000));
    for text in pieces.map(|piece| piece.repeat(300_000 / piece.len())).into_iter().chain([long_key]) {
        let mut json = format!("\"{text}\"");
        all().scrub(&mut json, 0);
        serde_json::from_str::<String>(&json).unwrap();
    }
    // A second or two if linear; most of an hour if one of them were quadratic.
    assert!((SystemClock.monotonic() - start).as_secs() < 60);
}

proptest! {
    #[test]
    fn whatever_the_text_it_stays_json_and_nothing_found_is_nothing_changed(text in "(?s)[a-e1-6 :=/@.\\\\\"\n-]{0,60}|.{0,40}") {
        let json = string(&text);
        let (out, hits) = scrubbed(&json);
        serde_json::from_str::<String>(&out).unwrap();
        if hits == 0 {
            prop_assert_eq!(out, json);
        }
    }

    #[test]
    fn each_secret_is_found_between_whatever_words(
        words in prop::collection::vec("[f-z\u{e4}\u{2028}\n\t\"\\\\]{0,5}", 1..6),
        secrets in prop::collection::vec(0_usize..4, 5),
    ) {
        let (mut text, mut expected) = (String::new(), String::new());
        for (word, secret) in words.iter().zip(&secrets) {
            let (found, left) = [
                ("Bearer 0123456789", "Bearer #"),
                (JWT, "#"),
                (CARD, "#"),
                ("amqp://app:hunter2@mq", "amqp://app:#@mq"),
            ][*secret];
            text.push_str(&format!("{word} {found}, "));
            expected.push_str(&format!("{word} {left}, "));
        }
        prop_assert_eq!(scrubbed(&string(&text)), (string(&expected), words.len() as u64));
    }
}
