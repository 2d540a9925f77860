//! Compiles the `.proto` files, without protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = protox::compile(
        [
            "saker/events/v1/events.proto",
            "saker/alerts/v1/alerts.proto",
            "saker/notifier/v1/state.proto",
            "saker/bus/v1/dead_letters.proto",
            "saker/bus/v1/rules.proto",
            "saker/bus/v1/store.proto",
        ],
        ["proto"],
    )?;
    tonic_prost_build::configure().bytes(".saker").compile_fds(files)?;
    Ok(())
}
