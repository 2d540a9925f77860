//! Values of containers that take more than going along a path.

use super::call::Call;
use super::store::{Extracted, Piece, Store};
use super::walk::{self, walk};
use crate::event::{Json, Kind};

/// The image of the first container.
pub(super) fn first_image(call: &Call<'_>, store: &mut Store) -> Extracted {
    first(call, store, |image, store| store.json(&image))
}

/// The repository of the image of the first container.
pub(super) fn first_repository(call: &Call<'_>, store: &mut Store) -> Extracted {
    first(call, store, |image, store| store.copy(repository(&image.text())))
}

/// The same, taken for shorter if the registry has a port.
pub(super) fn first_repository_cut(call: &Call<'_>, store: &mut Store) -> Extracted {
    first(call, store, |image, store| store.copy(cut_repository(&image.text())))
}

/// The repositories of all images.
pub(super) fn repositories(call: &Call<'_>, store: &mut Store) -> Extracted {
    images(call, store, repository)
}

/// The same, taken for shorter if the registry has a port.
pub(super) fn repositories_cut(call: &Call<'_>, store: &mut Store) -> Extracted {
    images(call, store, cut_repository)
}

/// An array of strings of each container as one text.
pub(super) fn joined(call: &Call<'_>, store: &mut Store) -> Extracted {
    walk::collect(call, store, |words, store| {
        let Some(words) = words else { return Some(()) };
        if words.kind() != Kind::Array || words.elements().any(|word| word.kind() != Kind::String) {
            return None;
        }
        let piece = store.text(|bytes| {
            for (at, word) in words.elements().enumerate() {
                if at > 0 {
                    bytes.push(b' ');
                }
                word.write_text(bytes);
            }
        });
        store.push(piece);
        Some(())
    })
}

/// The elements of the arrays at the end of the path, end to end.
pub(super) fn flattened(call: &Call<'_>, store: &mut Store) -> Extracted {
    walk::collect(call, store, |values, store| {
        for value in values.iter().flat_map(Json::elements) {
            let piece = store.json(&value);
            store.push(piece);
        }
        Some(())
    })
}

/// A value of the container's security context, or else of the pod's, or else 0.
pub(super) fn effective(call: &Call<'_>, store: &mut Store) -> Extracted {
    let of_pod =
        call.path.last().and_then(|key| call.root().path(&["requestObject", "spec", "securityContext", key]));
    or_default(call, store, of_pod)
}

/// The same as Falco reads it: beside the security contexts, where nothing stands.
pub(super) fn effective_misread(call: &Call<'_>, store: &mut Store) -> Extracted {
    let of_pod = call.path.last().and_then(|key| call.root().path(&["requestObject", "spec", key]));
    or_default(call, store, of_pod)
}

/// `hostPort` of every port, or `containerPort` where there is none.
pub(super) fn host_ports(call: &Call<'_>, store: &mut Store) -> Extracted {
    walk::collect(call, store, |ports, store| {
        let Some(ports) = ports else { return Some(()) };
        if ports.kind() != Kind::Array {
            return None;
        }
        for port in ports.elements() {
            if let Some(number) = port.get(b"hostPort").or_else(|| port.get(b"containerPort")) {
                let piece = store.json(&number);
                store.push(piece);
            }
        }
        Some(())
    })
}

/// An image without tag and digest: the tag starts at a colon behind the last slash.
pub(super) fn repository(image: &[u8]) -> &[u8] {
    let image = before(image, b'@');
    let name = image.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    let tag = image.iter().skip(name).position(|&byte| byte == b':');
    tag.and_then(|tag| image.get(..name + tag)).unwrap_or(image)
}

fn cut_repository(image: &[u8]) -> &[u8] {
    before(before(image, b':'), b'@')
}

fn before(text: &[u8], mark: u8) -> &[u8] {
    text.split(|&byte| byte == mark).next().unwrap_or(text)
}

fn first(call: &Call<'_>, store: &mut Store, read: impl Fn(Json<'_>, &mut Store) -> Piece) -> Extracted {
    let mut image = None;
    walk(call.root(), call.path, Some(0), &mut |value| image = value);
    image.map_or(Extracted::Absent, |image| Extracted::Text(read(image, store)))
}

fn images(call: &Call<'_>, store: &mut Store, cut: fn(&[u8]) -> &[u8]) -> Extracted {
    walk::collect(call, store, |image, store| {
        let piece = store.copy(cut(&image?.text()));
        store.push(piece);
        Some(())
    })
}

fn or_default(call: &Call<'_>, store: &mut Store, default: Option<Json<'_>>) -> Extracted {
    walk::collect(call, store, |value, store| {
        let piece = match value.or(default) {
            Some(value) => store.json(&value),
            None => store.copy(b"0"),
        };
        store.push(piece);
        Some(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_keep_the_port_of_their_registry() {
        for (image, expected) in [
            ("nginx:1.25", "nginx"),
            ("nginx", "nginx"),
            ("reg:5000/a/b:1", "reg:5000/a/b"),
            ("reg:5000/a/b@sha256:abc", "reg:5000/a/b"),
            ("reg:5000/a/b:1@sha256:abc", "reg:5000/a/b"),
            ("", ""),
        ] {
            assert_eq!(repository(image.as_bytes()), expected.as_bytes(), "{image}");
        }
        assert_eq!(cut_repository(b"reg:5000/a/b:1"), b"reg");
        assert_eq!(cut_repository(b"a/b@sha256:abc"), b"a/b");
    }
}
