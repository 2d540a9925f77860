//! What servers and clients show to one another: certificates and their keys, names in certificates, bearer
//! tokens; and the files that they stand in, which are read again while a process runs.

#[cfg(test)]
#[path = "../../../ingest/tests/it/authority.rs"]
#[expect(dead_code, reason = "the tests that start a listener need more of it")]
mod authority;
mod certificate;
mod files;
mod material;
mod name;
mod presented;
mod tls_settings;
mod token;

pub use certificate::Facts;
pub use files::{Contents as FileContents, Files, Mark, Problem};
pub use material::{Contents, Material, MaterialError, Need, material};
pub use name::{CertificateName, CertificateNameError};
pub use presented::{Certificate, Presented, Unreadable};
pub use tls_settings::TlsSettings;
pub use token::{NotBearer, Token, TokenError, bearer, tokens};
