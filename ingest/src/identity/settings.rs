//! What an operator may set about the identities of clients, and what cannot be about it.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::CertificateName;
use crate::cluster::Cluster;

/// `ingest.identities.NAME:` a client that is known by what it presents, and the cluster that it speaks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentitySettings {
    /// The cluster whose events it sends; its own name where none is set.
    pub cluster: Option<String>,
    /// File with its bearer tokens, one a line.
    pub token_file: Option<PathBuf>,
    /// Names of its client certificates. One that bears any of them is taken for it.
    pub certificate_names: Vec<CertificateName>,
}

/// Identities by name.
pub type Identities = BTreeMap<String, IdentitySettings>;

impl IdentitySettings {
    /// The name of the cluster that it speaks for, where its own name is this.
    pub fn cluster_or<'s>(&'s self, name: &'s str) -> &'s str {
        self.cluster.as_deref().unwrap_or(name)
    }

    /// The cluster that it speaks for; `None` where that is no name of one.
    pub(crate) fn cluster(&self, name: &str) -> Option<Cluster> {
        self.cluster_or(name).parse().ok()
    }
}

/// What cannot be as it is set: each the key, beginning with `identities`, and what to do.
pub(crate) fn problems(identities: &Identities) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    for (name, settings) in identities {
        let key = format!("identities.{name}");
        match (settings.cluster(name), &settings.cluster) {
            (Some(_), _) => {}
            (None, Some(_)) => {
                problems.push((format!("{key}.cluster"), format!("is no name of a cluster: {RULE}")))
            }
            (None, None) => problems.push((
                key.clone(),
                format!(
                    "its name stands for its cluster and is no name of one: {RULE}; or set its `cluster`"
                ),
            )),
        }
        if settings.token_file.is_none() && settings.certificate_names.is_empty() {
            let text = "nothing would be known of it: set its token_file, its certificate_names, or both";
            problems.push((key, text.to_owned()));
        }
    }
    problems.extend(shared_names(identities));
    problems.extend(shared_files(identities));
    problems
}

const RULE: &str = "it has letters, digits, `.`, `_` and `-`, and begins and ends with a letter or digit";

fn shared_names(identities: &Identities) -> Vec<(String, String)> {
    let names = identities
        .iter()
        .flat_map(|(name, settings)| settings.certificate_names.iter().map(move |known| (name, known)));
    shared(names, |name, other, known| {
        let text =
            format!("{known} belongs to identities.{other} as well; a certificate must tell who it is");
        (format!("identities.{name}.certificate_names"), text)
    })
}

fn shared_files(identities: &Identities) -> Vec<(String, String)> {
    let files = identities.iter().filter_map(|(name, settings)| Some((name, settings.token_file.as_ref()?)));
    shared(files, |name, other, file| {
        let text = format!(
            "{} is that of identities.{other} as well; give each identity tokens of its own",
            file.display()
        );
        (format!("identities.{name}.token_file"), text)
    })
}

/// Tells of each thing that two identities have: the later one, the earlier one, the thing.
fn shared<'s, T: Eq + std::hash::Hash + 's>(
    things: impl Iterator<Item = (&'s String, &'s T)>,
    tell: impl Fn(&str, &str, &T) -> (String, String),
) -> Vec<(String, String)> {
    let mut owners: HashMap<&T, &String> = HashMap::new();
    let mut problems = Vec::new();
    for (name, thing) in things {
        match owners.get(thing) {
            Some(other) if *other != name => problems.push(tell(name, other, thing)),
            _ => drop(owners.insert(thing, name)),
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_name_their_keys_and_both_identities() {
        let identities = serde_json::json!({
            "a": {"token_file": "/t", "certificate_names": ["CN=x", "CN=x", "DNS:y"]},
            "b": {"cluster": "no good", "token_file": "/t"},
            "c": {},
            "d e": {"certificate_names": ["DNS:Y"]},
            "f": {"cluster": "a", "certificate_names": ["CN=y"]},
        });
        let problems = problems(&serde_json::from_value(identities).unwrap());
        let told: Vec<String> = problems.into_iter().map(|(key, text)| format!("{key}: {text}")).collect();
        insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(told.join("\n")) });
    }
}
