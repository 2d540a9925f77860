//! `saker sink redrive`: the dead letters of a sink, put back for it.

use bus::{Bus, Start};
use notifier::SinkName;

use super::{SinkError, say};
use crate::command::since::Since;

/// Puts back what the sink could not take.
pub(super) async fn redrive(bus: &Bus, name: &SinkName, since: Option<Since>) -> Result<(), SinkError> {
    let letters = bus.dead_letters();
    let since = since.map_or(0, Since::unix_nanos);
    // All are found before the first is put back: what is put back may become a dead letter again.
    let mut reader = letters.list(Start::Time(since)).await?;
    let mut found = Vec::new();
    while let Some(stored) = reader.next().await? {
        if stored.message.consumer == name.consumer() {
            found.push(stored.id);
        }
    }
    let mut put_back = 0_u64;
    for id in &found {
        put_back += u64::from(letters.replay(*id).await?.is_some());
    }
    match found.len() {
        0 => say(&format!("{name} has no dead letters")),
        _ => say(&format!("{put_back} of {} dead letters are put back for {name}", found.len())),
    }
}
