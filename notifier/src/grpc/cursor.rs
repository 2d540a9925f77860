//! [`Cursor`]: a place on the stream of alerts, opaque to clients.

use bus::Id;
use bytes::{BufMut, Bytes, BytesMut};
use tonic::Status;

/// The first byte of every cursor.
const FORMAT: u8 = 1;

/// What stands for the id where it is not known.
const NO_ID: [u8; 16] = [0; 16];

/// The place behind a message. Its id tells whether the stream is still the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) sequence: u64,
    pub(crate) id: Option<Id>,
}

impl Cursor {
    /// Behind the message of that id.
    pub(crate) fn behind(sequence: u64, id: Id) -> Self {
        Self { sequence, id: Some(id) }
    }

    /// Before the message with that sequence number, whatever came before it.
    pub(crate) fn before(sequence: u64) -> Self {
        Self { sequence: sequence.saturating_sub(1), id: None }
    }

    /// The sequence number of the next message.
    pub(crate) fn next(self) -> u64 {
        self.sequence.saturating_add(1)
    }

    /// As clients keep it.
    pub(crate) fn to_bytes(self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(25);
        bytes.put_u8(FORMAT);
        bytes.put_u64(self.sequence);
        bytes.put_slice(self.id.as_ref().map_or(&NO_ID[..], |id| id.as_bytes()));
        bytes.freeze()
    }

    /// What a client kept.
    pub(crate) fn of_client(bytes: &[u8]) -> Result<Self, Status> {
        let wrong = || Status::invalid_argument("this is no cursor: send one as it was received");
        let (format, rest) = bytes.split_first().ok_or_else(wrong)?;
        let (sequence, id) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
        let id: [u8; 16] = id.try_into().map_err(|_| wrong())?;
        if *format != FORMAT {
            return Err(wrong());
        }
        let id = (id != NO_ID).then(|| Id::from_bytes(id));
        Ok(Self { sequence: u64::from_be_bytes(*sequence), id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_as_they_went() {
        let id = Id::of([b"x".as_slice()]);
        for cursor in [Cursor::behind(7, id), Cursor::before(1), Cursor::before(u64::MAX)] {
            assert_eq!(Cursor::of_client(&cursor.to_bytes()).unwrap(), cursor);
        }
        assert_eq!((Cursor::before(0).next(), Cursor::behind(u64::MAX, id).next()), (1, u64::MAX));
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let good = Cursor::before(5).to_bytes();
        for bad in
            [&b""[..], b"\x01", &good[..24], &[good.as_ref(), b"x"].concat(), &[b"\x02", &good[1..]].concat()]
        {
            assert_eq!(Cursor::of_client(bad).unwrap_err().code(), tonic::Code::InvalidArgument, "{bad:?}");
        }
    }
}
