//! Random work: nested, concurrent, and with every end.

use proptest::collection::vec;
use proptest::prelude::*;

/// One call, with the calls within it.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) work: Work,
    pub(crate) door: Door,
    pub(crate) end: End,
    /// How often an asynchronous call is pending before its end.
    pub(crate) yields: u8,
    /// After how many polls it is dropped, if it has not ended by then.
    pub(crate) polls: Option<u8>,
    /// Whether its panic is also that of the call around it.
    pub(crate) bubbles: bool,
    pub(crate) within: Vec<Plan>,
    /// Whether the calls within it run at the same time, if it is asynchronous.
    pub(crate) concurrent: bool,
}

/// The operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    /// It knows the kinds of its errors.
    Price,
    /// It does not.
    Plain,
    /// Its metrics are its own.
    Index,
    /// It has a label.
    Charge(&'static str),
    /// A function under `#[observe]`.
    Observed,
    /// An `async fn` under `#[observe]`.
    ObservedLater,
    /// A function under `#[observe]` that returns a stream.
    Streamed,
}

impl Work {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Plain => "plain",
            Self::Index => "index",
            Self::Charge(_) => "charge",
            Self::Observed => "observed",
            Self::ObservedLater => "observed_later",
            Self::Streamed => "streamed",
        }
    }
}

/// How an operation is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Run,
    RunAsync,
    RunInfallible,
    RunInfallibleAsync,
    /// A guard, which is ended by a result, or by itself.
    Guard {
        by_result: bool,
    },
    /// A guard that is ended on another thread.
    GuardElsewhere,
    /// A guard whose span continues a trace from elsewhere.
    GuardContinued,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Ok,
    Refused,
    Broken,
    /// An error of the kind `other`.
    Unforeseen,
    Panic,
    /// A guard is dropped without an end. Any other work completes.
    Abandoned,
}

/// Where a call that is within no other one runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Here,
    Thread,
    Task,
}

fn plan(within: impl Strategy<Value = Vec<Plan>> + 'static) -> impl Strategy<Value = Plan> {
    let work = prop_oneof![
        Just(Work::Price),
        Just(Work::Plain),
        Just(Work::Index),
        Just(Work::Charge("acme")),
        Just(Work::Charge("zeta")),
        Just(Work::Observed),
        Just(Work::ObservedLater),
        Just(Work::Streamed),
    ];
    let door = prop_oneof![
        1 => Just(Door::Run),
        3 => Just(Door::RunAsync),
        1 => Just(Door::RunInfallible),
        1 => Just(Door::RunInfallibleAsync),
        1 => any::<bool>().prop_map(|by_result| Door::Guard { by_result }),
        1 => Just(Door::GuardElsewhere),
        1 => Just(Door::GuardContinued),
    ];
    let end = prop_oneof![
        3 => Just(End::Ok),
        1 => Just(End::Refused),
        1 => Just(End::Broken),
        1 => Just(End::Unforeseen),
        1 => Just(End::Panic),
        1 => Just(End::Abandoned),
    ];
    let polls = proptest::option::weighted(0.3, 0..5_u8);
    (work, door, end, 0..4_u8, polls, any::<bool>(), within, any::<bool>()).prop_map(
        |(work, door, end, yields, polls, bubbles, within, concurrent)| Plan {
            work,
            door,
            end,
            yields,
            polls,
            bubbles,
            within,
            concurrent,
        },
    )
}

/// Calls of up to three levels, each of the outermost with its place.
pub(crate) fn plans() -> impl Strategy<Value = Vec<(Place, Plan)>> {
    let innermost = plan(Just(Vec::new())).boxed();
    let inner = plan(vec(innermost, 0..3)).boxed();
    let place = prop_oneof![Just(Place::Here), Just(Place::Thread), Just(Place::Task)];
    vec((place, plan(vec(inner, 0..3))), 1..6)
}
