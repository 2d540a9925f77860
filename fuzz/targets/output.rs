//! What must hold is said in `checks/output.rs`.
#![no_main]

#[path = "../checks/output.rs"]
mod output;

libfuzzer_sys::fuzz_target!(|data: &[u8]| output::check(data));
