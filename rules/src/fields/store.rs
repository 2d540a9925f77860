//! Where extracted values live during one event: texts in the event itself or in one growing buffer, lists in another,
//! both used again for the next event.

use crate::event::Json;

/// Buffers for what does not stand in the event as it is.
#[derive(Debug, Default)]
pub struct Store {
    bytes: Vec<u8>,
    lists: Vec<Piece>,
}

/// A text, in the event or in a [`Store`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    place: Place,
    start: usize,
    end: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Event,
    Store,
    /// In a store, and possibly with NULs in it.
    StoreRaw,
}

/// What a field or transformer has in an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extracted {
    /// Nothing.
    Absent,
    /// One text.
    Text(Piece),
    /// Texts.
    List(List),
    /// A number; a truth value as 0 or 1.
    Number(u64),
}

/// A list in a [`Store`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct List {
    start: usize,
    end: usize,
}

/// The view of what is extracted.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    event: &'a [u8],
    store: &'a Store,
}

impl Store {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.lists.clear();
    }

    /// The text of a JSON value. It ends before its first NUL, as it does on the way into Falco's engine.
    pub fn json(&mut self, value: &Json<'_>) -> Piece {
        if value.plain().is_some() {
            let place = value.place();
            let len = text_len(value.source());
            return Piece { place: Place::Event, start: place.start, end: place.start + len };
        }
        self.text(|bytes| value.write_text(bytes))
    }

    /// What `write` appends, up to its first NUL.
    pub fn text(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Piece {
        let mut piece = self.raw(write);
        let written = self.bytes.get(piece.start..piece.end).unwrap_or_default();
        piece.end = piece.start + text_len(written);
        piece.place = Place::Store;
        piece
    }

    /// What `write` appends.
    pub fn raw(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Piece {
        let start = self.bytes.len();
        write(&mut self.bytes);
        Piece { place: Place::StoreRaw, start, end: self.bytes.len() }
    }

    /// A copy of `text`, up to its first NUL.
    pub fn copy(&mut self, text: &[u8]) -> Piece {
        self.text(|bytes| bytes.extend_from_slice(text))
    }

    /// What is to come will be a list that starts here.
    pub fn start_list(&self) -> usize {
        self.lists.len()
    }

    /// Adds to the list that is being made.
    pub fn push(&mut self, piece: Piece) {
        self.lists.push(piece);
    }

    /// The list that started at `start`; an empty one is absent.
    pub fn end_list(&mut self, start: usize) -> Extracted {
        match self.end_list_even_if_empty(start) {
            Extracted::List(list) if list.start == list.end => Extracted::Absent,
            list => list,
        }
    }

    /// The list that started at `start`.
    pub fn end_list_even_if_empty(&mut self, start: usize) -> Extracted {
        Extracted::List(List { start, end: self.lists.len() })
    }

    /// Forgets the list that started at `start`: it turned out to be absent.
    pub fn drop_list(&mut self, start: usize) -> Extracted {
        self.lists.truncate(start);
        Extracted::Absent
    }

    /// A piece of a list by its place.
    pub fn piece(&self, list: List, at: usize) -> Option<Piece> {
        self.lists.get(list.start..list.end)?.get(at).copied()
    }
}

impl List {
    /// How many.
    #[must_use]
    pub fn len(self) -> usize {
        self.end - self.start
    }
}

impl<'a> Texts<'a> {
    /// Of an event and what was extracted from it.
    #[must_use]
    pub fn new(event: &'a [u8], store: &'a Store) -> Self {
        Self { event, store }
    }

    /// The bytes of a piece up to its first NUL: what C takes it for.
    #[must_use]
    pub fn text(&self, piece: Piece) -> &'a [u8] {
        let bytes = self.get(piece);
        match piece.place {
            Place::StoreRaw => bytes.get(..text_len(bytes)).unwrap_or_default(),
            _ => bytes,
        }
    }

    /// The bytes of a piece without NULs at its end.
    #[must_use]
    pub fn trimmed(&self, piece: Piece) -> &'a [u8] {
        let bytes = self.get(piece);
        let len = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        match piece.place {
            Place::StoreRaw => bytes.get(..len).unwrap_or_default(),
            _ => bytes,
        }
    }

    /// The bytes of a piece.
    #[must_use]
    pub fn get(&self, piece: Piece) -> &'a [u8] {
        let bytes = match piece.place {
            Place::Event => self.event,
            Place::Store | Place::StoreRaw => &self.store.bytes,
        };
        bytes.get(piece.start..piece.end).unwrap_or_default()
    }

    /// The pieces of a list.
    #[must_use]
    pub fn list(&self, list: List) -> &'a [Piece] {
        self.store.lists.get(list.start..list.end).unwrap_or_default()
    }
}

fn text_len(bytes: &[u8]) -> usize {
    memchr::memchr(0, bytes).unwrap_or(bytes.len())
}
