//! [`patiently`]: trying until it works, as one does with a neighbour that may still be starting.

use std::fmt::Display;
use std::time::Duration;

use crate::Shutdown;

const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Calls `attempt` until it succeeds or fails in a way that `is_transient` denies, waiting longer and longer in
/// between and saying so in the log. `None` where a stop was requested meanwhile.
///
/// # Errors
/// The first failure that is not transient.
pub async fn patiently<T, E: Display, F: Future<Output = Result<T, E>>>(
    what: &str,
    shutdown: &Shutdown,
    is_transient: impl Fn(&E) -> bool,
    mut attempt: impl FnMut() -> F,
) -> Result<Option<T>, E> {
    let mut wait = FIRST_WAIT;
    loop {
        let tried = tokio::select! {
            tried = attempt() => tried,
            () = shutdown.requested() => return Ok(None),
        };
        match tried {
            Ok(value) => return Ok(Some(value)),
            Err(error) if is_transient(&error) => {
                tracing::warn!(%error, retry_in = ?wait, "cannot reach {what} yet");
            }
            Err(error) => return Err(error),
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shutdown.requested() => return Ok(None),
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::ready;

    #[tokio::test(start_paused = true)]
    async fn transient_failures_are_tried_again_and_others_are_not() {
        let mut answers = vec![Err("permanent"), Ok(7), Err("away"), Err("away")];
        let shutdown = Shutdown::new();
        let is_away = |error: &&str| *error == "away";
        let started = tokio::time::Instant::now();
        let found = patiently("it", &shutdown, is_away, || ready(answers.pop().unwrap())).await;
        assert_eq!(found, Ok(Some(7)));
        assert_eq!(started.elapsed(), Duration::from_millis(250 + 500));
        let found = patiently("it", &shutdown, is_away, || ready(answers.pop().unwrap())).await;
        assert_eq!(found, Err("permanent"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_the_waiting() {
        let shutdown = Shutdown::new();
        shutdown.request();
        let found = patiently("it", &shutdown, |_: &&str| true, || ready(Err::<(), _>("away"))).await;
        assert_eq!(found, Ok(None));
    }
}
