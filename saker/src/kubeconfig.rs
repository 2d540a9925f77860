//! The file that tells an API server where to post its audit events.

use serde_json::Value;

/// A kubeconfig for `--audit-webhook-config-file` of kube-apiserver.
pub fn kubeconfig(server: &str) -> String {
    // JSON is YAML: the quotes keep any URL one value.
    let server = Value::from(server);
    format!(
        "apiVersion: v1\n\
         kind: Config\n\
         clusters:\n\
         - name: saker\n\
         \x20 cluster:\n\
         \x20   server: {server}\n\
         contexts:\n\
         - name: saker\n\
         \x20 context:\n\
         \x20   cluster: saker\n\
         \x20   user: \"\"\n\
         current-context: saker\n\
         preferences: {{}}\n\
         users: []\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_the_server() {
        insta::assert_snapshot!(kubeconfig("http://127.0.0.1:8765/k8s_audit/prod"), @r#"
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
}
