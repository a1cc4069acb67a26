//! Replays the inputs of the fuzz targets, so that old findings are checked without nightly and without a fuzzer.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its input"
)]

use std::path::Path;

use conformance::fuzzing::TARGETS;

/// Runs the target on its inputs; returns their number.
fn replay(name: &str) -> usize {
    let (_, target) = TARGETS.iter().find(|(target, _)| *target == name).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name);
    let mut inputs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let input = std::fs::read(&path).unwrap();
        // Printed only if the target panics.
        println!("{}", path.display());
        target(&input);
        inputs += 1;
    }
    inputs
}

macro_rules! corpora {
    ($($name:ident $test:ident)*) => {
        $(#[test]
        fn $test() {
            assert!(replay(stringify!($name)) >= 5);
        })*

        #[test]
        fn every_target_has_a_corpus_and_a_program() {
            let names = [$(stringify!($name)),*];
            assert_eq!(TARGETS.map(|(name, _)| name).to_vec(), names.to_vec());
            let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/fuzz_targets");
            for name in names {
                let program = std::fs::read_to_string(programs.join(format!("{name}.rs"))).unwrap();
                assert!(program.contains(&format!("conformance::fuzzing::{name}(bytes)")), "{program}");
            }
        }
    };
}

corpora! {
    accept any_accept_header_gets_a_format
    fields any_fields_make_one_line
    help any_help_reads_back
    labels any_label_reads_back
    names any_name_is_refused_or_legal
    promql any_query_is_checked
    propagation any_context_that_is_read_is_written_back
    request any_request_gets_an_answer_that_reads_back
    schema any_schema_is_refused_or_makes_lines
    spans any_spans_and_events_make_lines
}
