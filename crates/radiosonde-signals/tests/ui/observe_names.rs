use radiosonde_signals::observe;

#[observe(namespace = "a-b")]
fn no_namespace() {}

#[observe(namespace = "a", namespace = "b")]
fn two_namespaces() {}

#[observe(name = "price order", per_operation)]
fn no_name_of_a_metric() {}

#[observe(per_operation = true)]
fn no_value() {}

#[observe(per_operation, per_operation)]
fn twice() {}

#[observe(buckets = [0.1, 1.0])]
fn shared_buckets() {}

#[observe(per_operation, buckets = 7)]
fn no_buckets() {}

fn main() {}
