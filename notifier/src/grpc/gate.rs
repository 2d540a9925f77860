//! [`Gate`]: who is let in, and as whom, by what they present: a bearer token, a client certificate, or both. Each call is
//! held against the newest credentials, and streams that are open once in a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use service::credentials::{Certificate, NotBearer, Token, bearer};
use tokio::sync::watch;
use tonic::{Request, Status};

use super::caller::Caller;
use super::credentials::{Known, Snapshot};
use super::monitor::{GrpcMonitor, Reason};
use super::viewer::Viewer;

/// How often the log tells of somebody who was turned away.
const COMPLAIN_EVERY: Duration = Duration::from_secs(1);

/// Lets calls in; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    now: watch::Receiver<Arc<Snapshot>>,
    anybody: Arc<Viewer>,
    told: GrpcMonitor,
    complained: Arc<Mutex<Option<Instant>>>,
}

/// A call that was let in.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) viewer: Arc<Viewer>,
    gate: Gate,
    presented: Presented,
}

/// What a call presents.
#[derive(Debug)]
struct Presented {
    caller: Option<Arc<Caller>>,
    token: Result<Option<HiddenToken>, NotBearer>,
}

/// A token's hash, which is not shown.
#[derive(Clone, Copy)]
struct HiddenToken(Token);

impl std::fmt::Debug for HiddenToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Gate {
    /// One that goes by these credentials.
    pub(crate) fn new(now: watch::Receiver<Arc<Snapshot>>, max_streams: usize, told: GrpcMonitor) -> Self {
        Self { now, anybody: Arc::new(Viewer::anybody(max_streams)), told, complained: Arc::default() }
    }

    /// Where to tell of clients and streams.
    pub(crate) fn told(&self) -> GrpcMonitor {
        self.told.clone()
    }

    /// What is in force now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.now.borrow())
    }

    /// Lets a call in, or says why not.
    pub(crate) fn admit<T>(&self, request: &Request<T>) -> Result<Admitted, Status> {
        let token = bearer(request.metadata().as_ref());
        let presented = Presented {
            caller: request.extensions().get::<Arc<Caller>>().cloned(),
            token: token.map(|token| token.map(|token| HiddenToken(Token::of(token)))),
        };
        match self.judge(&presented) {
            Ok(viewer) => Ok(Admitted { viewer, gate: self.clone(), presented }),
            Err(why) => {
                self.told.refused(Reason::Credentials);
                let peer = presented.caller.as_ref().map(ToString::to_string).unwrap_or_default();
                self.complain(&format!("turned a gRPC call of {peer} away: {why}"));
                Err(Status::unauthenticated(why))
            }
        }
    }

    /// Tells of somebody who was turned away, unless it has just told of another.
    pub(crate) fn complain(&self, text: &str) {
        let mut last = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= COMPLAIN_EVERY) {
            *last = Some(Instant::now());
            tracing::warn!("{text}");
        }
    }

    fn judge(&self, presented: &Presented) -> Result<Arc<Viewer>, String> {
        let snapshot = self.snapshot();
        let Some(known) = &snapshot.known else { return Ok(Arc::clone(&self.anybody)) };
        let token = presented.token.map_err(|NotBearer| {
            "the authorization is no bearer token: send `authorization: Bearer TOKEN`, once".to_owned()
        })?;
        let by_token = token.map(|HiddenToken(token)| {
            known.by_token(token).ok_or_else(|| {
                "the token is not known: is it in the token_file of an identity, and that file the newest?".to_owned()
            })
        });
        let by_token = by_token.transpose()?;
        let certificate = presented
            .caller
            .as_ref()
            .map_or(Certificate::None, |caller| caller.certificate(&snapshot, SystemTime::now()));
        let by_certificate = of_certificate(known, certificate)?;
        match (by_token, by_certificate) {
            (Some(token), Some(certificate)) if !Arc::ptr_eq(token, certificate) => {
                Err("token and client certificate belong to two identities: present one of them".to_owned())
            }
            (Some(viewer), _) | (None, Some(viewer)) => Ok(Arc::clone(viewer)),
            (None, None) if matches!(certificate, Certificate::Good(_)) => Err(
                "the client certificate is good, but none of its names is among the certificate_names of an identity"
                    .to_owned(),
            ),
            (None, None) => {
                Err("it is not known who asks: present a bearer token or a client certificate".to_owned())
            }
        }
    }
}

impl Admitted {
    /// Whether it would be let in still.
    ///
    /// # Errors
    /// Where it would not.
    pub(crate) fn still(&self) -> Result<(), Status> {
        match self.gate.judge(&self.presented) {
            Ok(viewer) if Arc::ptr_eq(&viewer, &self.viewer) => Ok(()),
            Ok(_) => Err(Status::unauthenticated("the credentials belong to another identity now")),
            Err(why) => {
                self.gate.told.refused(Reason::Credentials);
                Err(Status::unauthenticated(why))
            }
        }
    }
}

/// The one whose names it bears.
fn of_certificate<'k>(
    known: &'k Known,
    certificate: Certificate<'_>,
) -> Result<Option<&'k Arc<Viewer>>, String> {
    let names = match certificate {
        Certificate::None => return Ok(None),
        Certificate::Expired => return Err("the client certificate has expired".to_owned()),
        Certificate::Distrusted => {
            return Err("the client certificate is no longer trusted, or was revoked".to_owned());
        }
        Certificate::Good(names) => names,
    };
    let mut viewers = known.by_names(names);
    let first = viewers.next();
    if first.is_some_and(|first| viewers.any(|other| !Arc::ptr_eq(first, other))) {
        return Err("the client certificate bears names of two identities".to_owned());
    }
    Ok(first)
}
