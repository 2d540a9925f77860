//! What must hold is said in `checks/progress.rs`.
#![no_main]

#[path = "../checks/progress.rs"]
mod progress;

libfuzzer_sys::fuzz_target!(|data: &[u8]| progress::check(data));
