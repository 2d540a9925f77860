//! Compiles the `.proto` files, without protoc.

use std::path::Path;

use prost::Message;

/// What programs of others speak; its descriptors are kept, for reflection.
const PUBLIC: [&str; 6] = [
    "saker/alerts/v1/alerts.proto",
    "saker/alerts/v1/service.proto",
    "falco/schema.proto",
    "falco/outputs.proto",
    "falco/output.proto",
    "falco/version.proto",
];

/// What only Saker's processes speak.
const OWN: [&str; 5] = [
    "saker/notifier/v1/state.proto",
    "saker/events/v1/events.proto",
    "saker/bus/v1/dead_letters.proto",
    "saker/bus/v1/rules.proto",
    "saker/bus/v1/store.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let out = std::env::var("OUT_DIR")?;
    let public = protox::compile(PUBLIC, ["proto"])?;
    std::fs::write(Path::new(&out).join("public.descriptors"), public.encode_to_vec())?;
    let all = protox::compile(PUBLIC.iter().chain(&OWN), ["proto"])?;
    let configured = tonic_prost_build::configure().bytes(".saker");
    // Alerts are much larger than what else is streamed.
    let configured = configured
        .boxed(".saker.alerts.v1.SubscribeResponse.event.alert")
        .boxed(".saker.alerts.v1.ConsumeResponse.event.alert");
    configured.compile_fds(all)?;
    Ok(())
}
