//! What an operator may set about the clients that are known: how, and what each may see.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use service::credentials::CertificateName;

use super::consumers::is_name;
use super::pattern::Pattern;

/// `notifier.grpc.identities.NAME:` a client that is known by what it presents, and what it may see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GrpcIdentitySettings {
    /// File with its bearer tokens, one a line.
    pub token_file: Option<PathBuf>,
    /// Names of its client certificates. One that bears any of them is taken for it.
    pub certificate_names: Vec<CertificateName>,
    /// The clusters whose alerts it may see; `*` stands for any text. All where there is none.
    pub clusters: Vec<Pattern>,
    /// The namespaces whose alerts it may see, by the output field `ka.target.namespace`; an alert without it is of none.
    /// All, and those of none, where there is none.
    pub namespaces: Vec<Pattern>,
}

/// Identities by name.
pub(crate) type Identities = BTreeMap<String, GrpcIdentitySettings>;

/// What cannot be as it is set: each the key, beginning with `identities`, and what to do.
pub(crate) fn problems(identities: &Identities) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    for (name, settings) in identities {
        let key = format!("identities.{name}");
        if !is_name(name) {
            let text =
                "cannot name an identity: use up to 48 letters, digits, `_` and single `-` between them";
            problems.push((key.clone(), text.to_owned()));
        }
        if settings.token_file.is_none() && settings.certificate_names.is_empty() {
            let text = "nothing would be known of it: set its token_file, its certificate_names, or both";
            problems.push((key, text.to_owned()));
        }
    }
    let names = identities
        .iter()
        .flat_map(|(name, settings)| settings.certificate_names.iter().map(move |known| (name, known)));
    problems.extend(shared(names).map(|(name, other, known)| {
        let text =
            format!("{known} belongs to identities.{other} as well; a certificate must tell who it is");
        (format!("identities.{name}.certificate_names"), text)
    }));
    let files = identities.iter().filter_map(|(name, settings)| Some((name, settings.token_file.as_ref()?)));
    problems.extend(shared(files).map(|(name, other, file)| {
        let file = file.display();
        let text =
            format!("{file} is that of identities.{other} as well; give each identity tokens of its own");
        (format!("identities.{name}.token_file"), text)
    }));
    problems
}

/// Each thing that two identities have: the later one, the earlier one, the thing.
fn shared<'s, T: Eq + Hash + 's>(
    things: impl Iterator<Item = (&'s String, &'s T)>,
) -> impl Iterator<Item = (&'s String, &'s String, &'s T)> {
    let mut owners: HashMap<&T, &String> = HashMap::new();
    let mut found = Vec::new();
    for (name, thing) in things {
        match owners.get(thing) {
            Some(other) if *other != name => found.push((name, *other, thing)),
            _ => drop(owners.insert(thing, name)),
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_name_their_keys_and_both_identities() {
        let identities = serde_json::json!({
            "a": {"token_file": "/t", "certificate_names": ["CN=x", "CN=x", "DNS:y"]},
            "b": {"token_file": "/t"},
            "c": {},
            "d--e": {"certificate_names": ["DNS:Y"]},
        });
        let problems = problems(&serde_json::from_value(identities).unwrap());
        let keys: Vec<String> = problems.into_iter().map(|(key, _)| key).collect();
        assert_eq!(
            keys,
            [
                "identities.c",
                "identities.d--e",
                "identities.d--e.certificate_names",
                "identities.b.token_file"
            ]
        );
    }
}
