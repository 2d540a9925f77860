//! What transformers make of values.
//!
//! Falco keeps texts as bytes and a length. Its transformers of single texts count a NUL at the end of what they make,
//! which shows where texts are compared by their length: in lists, and to the right of `in`. The exact meaning puts
//! that NUL there; the documented one does not.

use super::plan::{Plan, Slot, SlotId};
use crate::check::ir::Mapping;
use crate::fields::{Extracted, Meaning, Piece, Store, Texts};
use crate::value::decode_base64;

mod getopt;

/// The operands that `slot` is made of.
pub(super) fn inputs(slot: &Slot) -> impl Iterator<Item = SlotId> {
    let (one, two, many): (_, _, &[SlotId]) = match slot {
        Slot::Field(..) | Slot::Constant(_) => (None, None, &[]),
        Slot::Items(items) | Slot::Concat(items) => (None, None, items),
        Slot::Map(_, inner) | Slot::Len(inner) => (Some(*inner), None, &[]),
        Slot::Join { separator, list } => (Some(*separator), Some(*list), &[]),
        Slot::Getopt { arguments, options, .. } => (Some(*arguments), Some(*options), &[]),
    };
    one.into_iter().chain(two).chain(many.iter().copied())
}

/// The value of a slot that is no field, from those of its [`inputs`].
pub(super) fn derive(
    plan: &Plan,
    slot: &Slot,
    value: impl Fn(SlotId) -> Extracted,
    (event, store): (&[u8], &mut Store),
) -> Extracted {
    let mut maker = Maker { plan, event, store };
    let made = match slot {
        Slot::Field(..) => None,
        Slot::Constant(text) => Some(Extracted::Text(maker.store.raw(|bytes| bytes.extend_from_slice(text)))),
        Slot::Items(items) => maker.items(items, value),
        Slot::Map(mapping, inner) => maker.map(*mapping, value(*inner)),
        Slot::Len(inner) => maker.len(value(*inner)),
        Slot::Join { separator, list } => maker.join(value(*separator), value(*list)),
        Slot::Concat(parts) => maker.concat(parts, value),
        Slot::Getopt { arguments, options, selected } => {
            maker.getopt(value(*arguments), value(*options), *selected)
        }
    };
    made.unwrap_or(Extracted::Absent)
}

struct Maker<'a> {
    plan: &'a Plan,
    event: &'a [u8],
    store: &'a mut Store,
}

impl Maker<'_> {
    fn items(&mut self, items: &[SlotId], value: impl Fn(SlotId) -> Extracted) -> Option<Extracted> {
        let start = self.store.start_list();
        for &item in items {
            match value(item) {
                Extracted::Absent => return Some(self.store.drop_list(start)),
                Extracted::Text(piece) => self.store.push(piece),
                Extracted::List(list) => {
                    for piece in self.texts().list(list).to_vec() {
                        self.store.push(piece);
                    }
                }
                Extracted::Number(number) => {
                    let is_field = matches!(self.plan.slots.get(item.0), Some(Slot::Field(..)));
                    let text = if is_field { number.to_string().into_bytes() } else { raw_number(number) };
                    let piece = self.store.raw(|bytes| bytes.extend_from_slice(&text));
                    self.store.push(piece);
                }
            }
        }
        Some(self.store.end_list_even_if_empty(start))
    }

    fn map(&mut self, mapping: Mapping, value: Extracted) -> Option<Extracted> {
        match value {
            Extracted::Text(piece) => self.map_piece(mapping, piece).map(Extracted::Text),
            Extracted::List(list) => {
                let start = self.store.start_list();
                for piece in self.texts().list(list).to_vec() {
                    let Some(mapped) = self.map_piece(mapping, piece) else {
                        return Some(self.store.drop_list(start));
                    };
                    self.store.push(mapped);
                }
                Some(self.store.end_list_even_if_empty(start))
            }
            _ => None,
        }
    }

    fn map_piece(&mut self, mapping: Mapping, piece: Piece) -> Option<Piece> {
        let text = self.texts().trimmed(piece);
        let mut mapped = match mapping {
            Mapping::ToLower => text.to_ascii_lowercase(),
            Mapping::ToUpper => text.to_ascii_uppercase(),
            Mapping::Base64 => decode_base64(text)?,
            Mapping::Basename => text.rsplit(|&byte| byte == b'/').next().unwrap_or(text).to_vec(),
        };
        if self.plan.meaning == Meaning::FalcoExact && mapped.last() != Some(&0) {
            mapped.push(0);
        }
        Some(self.store.raw(|bytes| bytes.extend_from_slice(&mapped)))
    }

    fn len(&self, value: Extracted) -> Option<Extracted> {
        let len = match value {
            Extracted::Text(piece) => self.texts().text(piece).len(),
            Extracted::List(list) => list.len(),
            _ => return None,
        };
        u64::try_from(len).ok().map(Extracted::Number)
    }

    fn join(&mut self, separator: Extracted, list: Extracted) -> Option<Extracted> {
        let separator = self.bytes(separator)?;
        let Extracted::List(list) = list else { return None };
        let mut joined = Vec::new();
        let texts = self.texts();
        for (at, &piece) in texts.list(list).iter().enumerate() {
            if at > 0 {
                joined.extend_from_slice(&separator);
            }
            joined.extend_from_slice(texts.text(piece));
        }
        Some(Extracted::Text(self.store.raw(|bytes| bytes.extend_from_slice(&joined))))
    }

    fn concat(&mut self, parts: &[SlotId], value: impl Fn(SlotId) -> Extracted) -> Option<Extracted> {
        let mut whole = Vec::new();
        for &part in parts {
            let bytes = self.bytes(value(part))?;
            let len = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
            whole.extend_from_slice(bytes.get(..len)?);
        }
        Some(Extracted::Text(self.store.raw(|bytes| bytes.extend_from_slice(&whole))))
    }

    fn getopt(
        &mut self,
        arguments: Extracted,
        options: Extracted,
        selected: Option<u8>,
    ) -> Option<Extracted> {
        let options = self.bytes(options)?;
        let Extracted::List(list) = arguments else { return None };
        let texts = self.texts();
        let arguments: Vec<&[u8]> = texts.list(list).iter().map(|&piece| texts.get(piece)).collect();
        let found = getopt::scan(&arguments, &options, selected);
        let mut pieces = Vec::with_capacity(found.len());
        for text in found.iter().map(|text| text.to_vec()).collect::<Vec<_>>() {
            pieces.push(self.store.raw(|bytes| bytes.extend_from_slice(&text)));
        }
        if selected.is_some() {
            return pieces.last().copied().map(Extracted::Text);
        }
        let start = self.store.start_list();
        pieces.into_iter().for_each(|piece| self.store.push(piece));
        Some(self.store.end_list_even_if_empty(start))
    }

    /// The bytes of a single value; numbers as they lie in memory, which is what Falco's transformers of several values
    /// take them for.
    fn bytes(&self, value: Extracted) -> Option<Vec<u8>> {
        match value {
            Extracted::Text(piece) => Some(self.texts().get(piece).to_vec()),
            Extracted::Number(number) => Some(raw_number(number)),
            _ => None,
        }
    }

    fn texts(&self) -> Texts<'_> {
        Texts::new(self.event, self.store)
    }
}

fn raw_number(number: u64) -> Vec<u8> {
    number.to_le_bytes().to_vec()
}
