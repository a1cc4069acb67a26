//! The rules on this workspace.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use house::{Rule, Workspace, judge};

#[track_caller]
fn holds(rule: Rule) {
    let workspace = Workspace::this();
    assert!(workspace.crates().count() > 5, "there is something to look at: {workspace:?}");
    let verdict = judge(rule, rule.findings(&workspace));
    let refused: Vec<_> = verdict.refused.iter().map(ToString::to_string).collect();
    assert!(refused.is_empty(), "rule `{rule}`:\n{}", refused.join("\n"));
    assert!(
        verdict.stale.is_empty(),
        "rule `{rule}`, exceptions no longer needed:\n{}",
        verdict.stale.join("\n")
    );
}

#[test]
fn arrows_between_crates_are_drawn_in_the_design() {
    holds(Rule::Arrow);
}

#[test]
fn crates_are_called_like_their_folders_inherit_from_the_workspace_and_have_an_example() {
    holds(Rule::Manifest);
}

#[test]
fn every_version_stands_once_in_the_root() {
    holds(Rule::Dependency);
}

#[test]
fn a_crates_root_is_its_index() {
    holds(Rule::CrateRoot);
}

#[test]
fn no_file_is_longer_than_a_concept() {
    holds(Rule::FileSize);
}

#[test]
fn no_file_is_called_after_nothing() {
    holds(Rule::FileName);
}

#[test]
fn features_switch_modules_not_lines() {
    holds(Rule::Feature);
}

#[test]
fn every_weak_ordering_says_what_it_relies_on() {
    holds(Rule::Ordering);
}

#[test]
fn the_readme_lists_what_is_there_and_the_changelog_nothing_twice() {
    holds(Rule::Document);
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    holds(Rule::MachinePath);
}

#[test]
fn imports_within_a_crate_point_down_its_list_of_rooms() {
    holds(Rule::Room);
}

#[test]
fn kernels_know_no_foreign_name_that_is_not_granted() {
    holds(Rule::Kernel);
}

#[test]
fn the_facade_reaches_everything_and_readmes_list_the_features() {
    holds(Rule::Surface);
}

#[test]
fn no_word_is_used_that_the_guide_refuses() {
    holds(Rule::Wording);
}

#[test]
fn no_rule_is_left_out_here() {
    let here = include_str!("house.rs");
    for rule in Rule::ALL {
        assert!(here.contains(&format!("holds(Rule::{rule:?});")), "{rule:?}");
    }
}
