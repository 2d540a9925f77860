//! [`Rulesets`]: the rules to try, and those to compare them with.

use bus::{Bus, BusError, Start, Stream};
use evaluator::{Ruleset, Settings, Trial};
use proto::alerts::v1::Alert;

use super::{ReplayError, say};
use crate::command::table::one_line;

/// The rules to try, and those to compare them with.
pub(super) struct Rulesets {
    /// Those to try.
    pub(super) tried: Named,
    /// Those to compare them with, if any.
    pub(super) compared: Option<Named>,
}

/// A ruleset, and where it comes from.
pub(super) struct Named {
    /// As the settings name them: `builtin mine.yaml`.
    pub(super) sources: String,
    /// The rules.
    pub(super) ruleset: Ruleset,
}

impl Rulesets {
    /// Loads them, with what was pushed onto the bus where it is among them.
    pub(super) async fn load(
        bus: &Bus,
        tried: &Settings,
        compared: Option<&Settings>,
    ) -> Result<Self, ReplayError> {
        let compared = match compared {
            Some(settings) => Some(
                Named::load(bus, settings)
                    .await
                    .map_err(|error| ReplayError::Against(error, sources(settings)))?,
            ),
            None => None,
        };
        Ok(Self { tried: Named::load(bus, tried).await?, compared })
    }

    /// Whether there are two.
    pub(super) fn is_pair(&self) -> bool {
        self.compared.is_some()
    }

    /// Each as it judges, those to try first.
    pub(super) fn trials(&self, hostname: &str) -> Vec<Trial> {
        let both = std::iter::once(&self.tried).chain(&self.compared);
        both.map(|named| Trial::new(named.ruleset.clone(), hostname)).collect()
    }

    /// Says what is doubtful about the rules to try, and where there is nothing to compare.
    pub(super) fn warn(&self) {
        self.tried.ruleset.warnings().iter().for_each(|warning| say(warning));
        if let Some(compared) = &self.compared
            && compared.ruleset.digest() == self.tried.ruleset.digest()
        {
            say(
                "note: both rulesets are the same, so nothing can change; name the rules to try with --rules",
            );
        }
    }

    /// Says so where the settings may not be those of the evaluators: the newest alert is of other rules.
    pub(super) async fn doubt(&self, bus: &Bus) -> Result<(), BusError> {
        let Some(compared) = &self.compared else { return Ok(()) };
        let last = bus.status(Stream::Alerts).await?.last_sequence;
        let mut reader = bus.read::<Alert>(Start::Sequence(last.max(1))).await?;
        let newest = match reader.next().await {
            Ok(newest) => newest.map(|stored| stored.message),
            Err(BusError::Corrupt(_)) => None,
            Err(error) => return Err(error),
        };
        let raised_by = newest.filter(|alert| alert.summary.is_none()).map(|alert| alert.ruleset);
        let digest = compared.ruleset.digest();
        if let Some(other) = raised_by.filter(|other| !other.is_empty() && other != digest) {
            say(&format!(
                "note: the newest alert on the bus was raised by ruleset {}, and the settings name {} ({digest}): if \
                 evaluators run with other settings, give theirs with --config, or their rules with --against",
                one_line(&other),
                compared.sources
            ));
        }
        Ok(())
    }
}

impl Named {
    async fn load(bus: &Bus, settings: &Settings) -> Result<Self, evaluator::RulesetError> {
        Ok(Self { sources: sources(settings), ruleset: Ruleset::load_with(bus, settings).await? })
    }
}

fn sources(settings: &Settings) -> String {
    one_line(&settings.rules.join(" "))
}
