use tracing::{field, info_span};

pub(crate) fn types() {
    let text = String::from("owned");
    let span = info_span!(
        "types",
        truth = true,
        small = 3_i8,
        number = -5_i64,
        float = 1.5,
        text = "borrowed",
        owned = text,
        display = %"shown",
        debug = ?Some(1),
        nothing = field::Empty,
        none = Option::<i64>::None,
        some = Some(7_i64),
    );
    span.in_scope(|| ());
}

pub(crate) fn large_numbers() {
    info_span!(
        "large",
        unsigned = 3_u64,
        size = 4_usize,
        byte = 5_u8,
        unsigned_max = u64::MAX,
        signed_min = i64::MIN,
        wide = 6_u128,
        wide_max = u128::MAX,
        wide_signed = -6_i128,
        not_a_number = f64::NAN,
        infinity = f64::INFINITY,
    )
    .in_scope(|| ());
}

pub(crate) fn formatted() {
    let multiline = "a\nb\"c\"";
    info_span!("formatted", multiline, quoted = ?multiline, shown = %multiline, list = ?[1, 2])
        .in_scope(|| ());
    // The macro's shorthand for names that are no identifiers.
    info_span!("dotted", http.route = "/orders", "quoted.key" = 1).in_scope(|| ());
}

pub(crate) fn recorded() {
    let span =
        info_span!("recorded", before = field::Empty, within = field::Empty, twice = 1, never = field::Empty);
    span.record("before", 1);
    span.in_scope(|| {
        span.record("within", "text");
        span.record("twice", 2);
        span.record("unknown", 3);
    });
    span.record("twice", 3);
}

pub(crate) fn repeated() {
    let span = info_span!("repeated", count = field::Empty, last = field::Empty);
    for count in 0..300 {
        span.record("count", count);
    }
    span.record("last", true);
    span.in_scope(|| ());
}

pub(crate) fn kinds() {
    info_span!("server", otel.kind = "server").in_scope(|| ());
    info_span!("client", otel.kind = "CLIENT").in_scope(|| ());
    info_span!("producer", otel.kind = ?"producer").in_scope(|| ());
    info_span!("consumer", otel.kind = %"Consumer").in_scope(|| ());
    info_span!("unknown", otel.kind = "else").in_scope(|| ());
    let late = info_span!("late", otel.kind = field::Empty);
    late.record("otel.kind", "server");
    late.in_scope(|| ());
}

pub(crate) fn names() {
    info_span!("before", case = "at creation", otel.name = "named at creation").in_scope(|| ());
    info_span!("before", case = "by display", otel.name = %"named by display").in_scope(|| ());
    let early = info_span!("before", case = "before its start", otel.name = field::Empty);
    early.record("otel.name", "named before its start");
    early.in_scope(|| ());
    let late = info_span!("before", case = "after its start", otel.name = field::Empty);
    late.in_scope(|| late.record("otel.name", "named after its start"));
}

pub(crate) fn statuses() {
    info_span!("ok", otel.status_code = "ok").in_scope(|| ());
    info_span!("error", otel.status_code = "ERROR").in_scope(|| ());
    info_span!("neither", otel.status_code = "else").in_scope(|| ());
    info_span!("description", otel.status_description = "why").in_scope(|| ());
    info_span!("both", otel.status_code = "error", otel.status_description = "why").in_scope(|| ());
    info_span!("both turned", otel.status_description = "why", otel.status_code = "error").in_scope(|| ());
    info_span!("formatted", otel.status_code = %"error", otel.status_description = %"why").in_scope(|| ());
    info_span!("described ok", otel.status_code = "ok", otel.status_description = "why").in_scope(|| ());
}

pub(crate) fn late_statuses() {
    let span = || {
        info_span!(
            "late",
            otel.name = field::Empty,
            otel.status_code = field::Empty,
            otel.status_description = field::Empty
        )
    };
    let described = span();
    described.record("otel.name", "described");
    described.in_scope(|| described.record("otel.status_description", "why"));
    let failed = span();
    failed.record("otel.name", "failed");
    failed.in_scope(|| {
        failed.record("otel.status_code", "error");
        failed.record("otel.status_description", "why");
    });
    let recovered = span();
    recovered.record("otel.name", "recovered");
    recovered.in_scope(|| {
        tracing::error!("a first attempt failed");
        recovered.record("otel.status_code", "ok");
    });
    let well = span();
    well.record("otel.name", "well");
    well.in_scope(|| {
        well.record("otel.status_code", "ok");
        tracing::error!("not counted");
    });
}
