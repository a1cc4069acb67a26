//! The binary as people run it.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use tempfile::TempDir;

const METRICS: &str = "\
# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{status=\"200\",endpoint=\"/\"} 1
# HELP cache_kilobytes Size.
# TYPE cache_kilobytes gauge
cache_kilobytes 3
";

const RULES: &str = "\
groups:
  - name: api
    rules:
      - alert: Errors
        expr: rate(requests_total{status=~\"5..\"}[5m]) / rate(requests_total[5m]) > 0.05
";

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs the command in a folder with these files.
fn run(files: &[(&str, &str)], arguments: &[&str]) -> (Ended, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_radiosonde"))
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (Ended { code: output.status.code(), out, err }, folder)
}

/// An address that answers each request with this text, and then ends the connection.
fn serve(answer: &'static [u8], times: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            for _ in 0..times {
                if stream.write_all(answer).is_err() {
                    break;
                }
            }
        }
    });
    format!("http://{address}/metrics")
}

#[test]
fn hand_written_rules_are_checked_against_a_catalogue() {
    let files = [("metrics.txt", METRICS), ("rules/api.yml", RULES)];
    let (ended, _) = run(&files, &["check", "--catalogue", "metrics.txt", "rules"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(
        ended.out.starts_with("rules/api.yml:5: error[divided-by-itself] alert Errors: "),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("\n    fix: sum(rate(requests_total"), "{}", ended.out);
    assert!(ended.out.lines().last().unwrap().starts_with("errors: "), "{}", ended.out);

    let (ended, _) = run(&files, &["check", "--json", "--catalogue", "metrics.txt", "rules/api.yml"]);
    let first: serde_json::Value = serde_json::from_str(ended.out.lines().next().unwrap()).unwrap();
    assert_eq!((&first["code"], &first["line"]), (&"divided-by-itself".into(), &5.into()));

    let good = RULES.replace(
        "rate(requests_total{status=~\"5..\"}[5m]) / rate(requests_total[5m])",
        "sum(rate(requests_total[5m]))",
    );
    let good = good.replace("0.05", "100");
    let files = [("ops/catalogue.json", CATALOGUE), ("rules/api.yml", &good)];
    let (ended, _) = run(&files, &["check", "--strict", "rules"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "errors: 0, warnings: 0\n"), "{}", ended.err);
}

const CATALOGUE: &str = r#"{"metrics": [{"name": "requests_total", "kind": "counter", "help": "Requests.", "labels": ["status"]}]}"#;

#[test]
fn a_live_process_is_linted_and_listed() {
    let answer = concat!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n",
        "# HELP cache_kilobytes Size.\n# TYPE cache_kilobytes gauge\ncache_kilobytes 3\n",
    );
    let url = serve(answer.as_bytes(), 1);
    let (ended, _) = run(&[], &["lint", &url]);
    let expected = "cache_kilobytes: use the base unit `bytes` in place of `kilobytes`\n";
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), expected), "{}", ended.err);
    let (ended, _) = run(&[], &["catalogue", &url, "--markdown"]);
    assert!(ended.out.ends_with("| `cache_kilobytes` | gauge | | | | Size. |\n"), "{}", ended.out);
    assert_eq!(ended.code, Some(0));
}

#[test]
fn files_are_generated_from_a_catalogue() {
    let arguments = ["generate", "--name", "api", "--matching", "job=api", "catalogue.json", "out"];
    let (ended, folder) = run(&[("catalogue.json", CATALOGUE)], &arguments);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains("METRICS.md\n"), "{}", ended.out);
    assert!(folder.path().join("out/METRICS.md").exists());
}

#[test]
fn what_is_not_understood_is_named_with_what_is_expected() {
    let cases: [(&[&str], &str); 10] = [
        (&["chekc"], "radiosonde: unknown command \"chekc\"; expected check, catalogue, generate, lint\n"),
        (
            &["check", "--strct", "rules"],
            "invalid option '--strct'; radiosonde --help shows what is expected\n",
        ),
        (&["check"], "radiosonde: nothing to check; expected files or folders, such as rules/ dashboards/\n"),
        (
            &["check", "rules"],
            "ops/catalogue.json: No such file or directory (os error 2): expected --catalogue FILE, or the address of /metrics\n",
        ),
        (&["check", "--catalogue", "ok.json", "none"], "radiosonde: none: there is no such file or folder\n"),
        (
            &["check", "--catalogue", "ok.json", "empty"],
            "radiosonde: empty: nothing to check; expected rule files, dashboards or queries\n",
        ),
        (&["lint", "page.html"], "radiosonde: page.html: invalid exposition, line 1: expected a value\n"),
        (
            &["lint", "empty"],
            "radiosonde: empty: no metrics; expected a catalogue.json or the text of /metrics\n",
        ),
        (
            &["generate", "--name", "a", "--matching", "job", "ok.json", "out"],
            "radiosonde: invalid --matching \"job\": expected LABEL=VALUE, such as job=orders\n",
        ),
        (&["generate", "ok.json", "out"], "radiosonde: no name; expected --name NAME, that of the service\n"),
    ];
    let files = [("ok.json", CATALOGUE), ("page.html", "<html>\n"), ("empty", ""), ("rules/a.yml", RULES)];
    for (arguments, expected) in cases {
        let (ended, _) = run(&files, arguments);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.err.ends_with(expected), "{arguments:?}: {}", ended.err);
    }
}

#[test]
fn help_and_version_are_printed() {
    for arguments in [&["--help"][..], &["check", "--help"], &[]] {
        let (ended, _) = run(&[], arguments);
        assert!(ended.out.contains("radiosonde check [OPTIONS] PATH..."), "{}", ended.out);
        assert_eq!(ended.code, Some(0));
    }
    let (ended, _) = run(&[], &["--version"]);
    assert_eq!(ended.out, concat!("radiosonde ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_body_that_does_not_end_and_an_answer_that_does_not_come_are_given_up() {
    static CHUNK: [u8; 65_536] = [b'a'; 65_536];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}/metrics", listener.local_addr().unwrap());
    let waits = thread::spawn(move || run(&[], &["lint", &silent]).0);

    let endless = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metrics", endless.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = endless.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        while stream.write_all(&CHUNK).is_ok() {}
    });
    let (ended, _) = run(&[], &["lint", &url]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.starts_with(&format!("radiosonde: {url}: ")), "{}", ended.err);
    let ended = waits.join().unwrap();
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("timeout"), "{}", ended.err);
    drop(listener);
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full_and_an_input_without_an_end_are_failures() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_radiosonde"));
    let output = command.arg("--help").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr).starts_with("radiosonde: the output cannot be written: ")
    );
    let (ended, _) = run(&[], &["lint", "/dev/zero"]);
    assert_eq!(
        (ended.code, ended.err.as_str()),
        (Some(2), "radiosonde: /dev/zero: too long; expected at most 67108864 bytes\n")
    );
}
