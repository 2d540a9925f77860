//! How far a consumer is, as a local store keeps it: any row is taken up or refused, and what is kept again can be taken up.

use bus::decoding::progress;

/// Holds what must be true of any row against one.
pub fn check(data: &[u8]) {
    if let Ok(kept) = progress(data) {
        progress(&kept).unwrap();
    }
}
