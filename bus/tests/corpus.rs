//! What the fuzzers have found worth keeping, held against what they hold everything against: see fuzz/README.md.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "checks of the fuzzers: whatever fails here fails the test"
)]

#[path = "../../fuzz/checks/message.rs"]
mod message;
#[path = "../../fuzz/checks/progress.rs"]
mod progress;
#[path = "../../fuzz/checks/replay.rs"]
mod replay;

#[test]
fn messages() {
    replay::each("message", message::check);
}

#[test]
fn rows() {
    replay::each("progress", progress::check);
}

/// Each kept input with each of its first bytes flipped, and cut there.
#[test]
fn neighbours_of_messages() {
    replay::each("message", |data| neighbours(data, message::check));
}

#[test]
fn neighbours_of_rows() {
    replay::each("progress", |data| neighbours(data, progress::check));
}

fn neighbours(data: &[u8], check: fn(&[u8])) {
    for place in 0..data.len().min(300) {
        let (head, _) = data.split_at(place);
        check(head);
        for bit in [1, 0x80] {
            let mut flipped = data.to_vec();
            flipped.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= bit);
            check(&flipped);
        }
    }
}
