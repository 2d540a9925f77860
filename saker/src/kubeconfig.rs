//! The file that tells an API server where to post its audit events, and what to show there.

use std::fmt;
use std::path::PathBuf;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::Value;

/// A kubeconfig for `--audit-webhook-config-file` of kube-apiserver.
#[derive(Debug, Clone)]
pub(crate) struct Kubeconfig {
    /// The webhook's URL.
    pub server: String,
    /// Whom to trust to be the webhook; without it the authorities that the API server's machine trusts.
    pub ca: Option<Part>,
    /// The client certificate and its key.
    pub certificate: Option<(Part, Part)>,
    /// The bearer token.
    pub token: Option<Part>,
}

/// A file's contents: in the kubeconfig itself, or where it is to be found.
#[derive(Clone)]
pub(crate) enum Part {
    /// The contents.
    Text(String),
    /// The file, which the API server reads again when it has changed.
    File(PathBuf),
}

impl Kubeconfig {
    /// One for a webhook that asks for nothing.
    pub(crate) fn plain(server: String) -> Self {
        Self { server, ca: None, certificate: None, token: None }
    }

    /// Whether it holds a secret itself.
    pub(crate) fn is_secret(&self) -> bool {
        let key = self.certificate.as_ref().map(|(_, key)| key);
        [key, self.token.as_ref()].into_iter().flatten().any(|part| matches!(part, Part::Text(_)))
    }
}

impl fmt::Display for Kubeconfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("apiVersion: v1\nkind: Config\nclusters:\n- name: saker\n  cluster:\n")?;
        line(f, "server", &self.server)?;
        if let Some(ca) = &self.ca {
            file(f, "certificate-authority", ca)?;
        }
        let has_user = self.certificate.is_some() || self.token.is_some();
        let user = if has_user { "saker" } else { "\"\"" };
        write!(f, "contexts:\n- name: saker\n  context:\n    cluster: saker\n    user: {user}\n")?;
        f.write_str("current-context: saker\npreferences: {}\n")?;
        if !has_user {
            return f.write_str("users: []\n");
        }
        f.write_str("users:\n- name: saker\n  user:\n")?;
        if let Some((certificate, key)) = &self.certificate {
            file(f, "client-certificate", certificate)?;
            file(f, "client-key", key)?;
        }
        match &self.token {
            Some(Part::Text(token)) => line(f, "token", token),
            Some(Part::File(path)) => line(f, "tokenFile", &path.display().to_string()),
            None => Ok(()),
        }
    }
}

fn file(f: &mut fmt::Formatter<'_>, key: &str, part: &Part) -> fmt::Result {
    match part {
        Part::Text(text) => line(f, &format!("{key}-data"), &BASE64_STANDARD.encode(text)),
        Part::File(path) => line(f, key, &path.display().to_string()),
    }
}

/// JSON is YAML: the quotes keep any text one value.
fn line(f: &mut fmt::Formatter<'_>, key: &str, text: &str) -> fmt::Result {
    writeln!(f, "    {key}: {}", Value::from(text))
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("***"),
            Self::File(path) => path.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_the_server() {
        let plain = Kubeconfig::plain("http://127.0.0.1:8765/k8s_audit/prod".to_owned());
        assert!(!plain.is_secret());
        insta::assert_snapshot!(plain, @r#"
        apiVersion: v1
        kind: Config
        clusters:
        - name: saker
          cluster:
            server: "http://127.0.0.1:8765/k8s_audit/prod"
        contexts:
        - name: saker
          context:
            cluster: saker
            user: ""
        current-context: saker
        preferences: {}
        users: []
        "#);
    }

    #[test]
    fn it_brings_everything_along() {
        let text = |text: &str| Part::Text(text.to_owned());
        let whole = Kubeconfig {
            server: "https://saker:8765/k8s_audit".to_owned(),
            ca: Some(text("authority")),
            certificate: Some((text("certificate"), text("key"))),
            token: Some(text("geheim")),
        };
        assert!(whole.is_secret());
        assert!(!format!("{whole:?}").contains("geheim"), "{whole:?}");
        insta::assert_snapshot!(whole);
    }

    #[test]
    fn it_says_where_files_are() {
        let at = |path: &str| Part::File(PathBuf::from(path));
        let pointing = Kubeconfig {
            server: "https://saker:8765/k8s_audit".to_owned(),
            ca: Some(at("/etc/saker/ca.crt")),
            certificate: Some((at("/etc/saker/prod.crt"), at("/etc/saker/prod.key"))),
            token: Some(at("/etc/saker/prod: token")),
        };
        assert!(!pointing.is_secret());
        insta::assert_snapshot!(pointing);
    }
}
