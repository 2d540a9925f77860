//! Dead letters are kept for a while; then they go.

use std::time::Duration;

use bus::{Bus, Stream};
use service::Shutdown;
use service::units::Span;

/// How often dead letters that are no longer kept are removed.
const TRIM_EVERY: Duration = Duration::from_secs(60 * 60);

/// Removes dead letters that are older than they are kept, now and then, until a stop is requested.
pub(super) async fn dead_letters(bus: Bus, keep: Span, shutdown: Shutdown) {
    while !shutdown.is_requested() {
        match bus.trim(Stream::DeadLetters, keep.get()).await {
            Ok(removed) => tracing::debug!(removed, "dead letters that are no longer kept were removed"),
            Err(error) => tracing::warn!(%error, "dead letters that are no longer kept could not be removed"),
        }
        tokio::select! {
            () = shutdown.requested() => {}
            () = tokio::time::sleep(TRIM_EVERY) => {}
        }
    }
}
