//! Base64 back to bytes, as strict as the language wants it.

/// What `text` stands for. At most two `=` at its end do not count; anything else outside the alphabet, a length
/// that cannot be and spare bits that are not zero make it no Base64.
#[must_use]
pub fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let bits = group.iter().try_fold(0, |bits, &digit| Some(bits << 6 | digit_value(digit)?))?;
        let [_, high, middle, low] = (bits << (6 * (4 - group.len()))).to_be_bytes();
        match group.len() {
            4 => bytes.extend_from_slice(&[high, middle, low]),
            3 if low == 0 => bytes.extend_from_slice(&[high, middle]),
            2 if low == 0 && middle == 0 => bytes.push(high),
            _ => return None,
        }
    }
    Some(bytes)
}

fn digit_value(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes() {
        assert_eq!(decode_base64(b"YWxpY2U=").as_deref(), Some(&b"alice"[..]));
        assert_eq!(decode_base64(b"YWxpY2U").as_deref(), Some(&b"alice"[..]));
        assert_eq!(decode_base64(b"YWw=").as_deref(), Some(&b"al"[..]));
        assert_eq!(decode_base64(b"YQ==").as_deref(), Some(&b"a"[..]));
        assert_eq!(decode_base64(b"YWxp").as_deref(), Some(&b"ali"[..]));
        assert_eq!(decode_base64(b"").as_deref(), Some(&b""[..]));
    }

    #[test]
    fn refuses_what_is_not_base64() {
        for text in ["***", "Y", "YWxpY", "YR==", "YWx=", "YWxp====", "YW=p", "YWxp\n"] {
            assert_eq!(decode_base64(text.as_bytes()), None, "{text}");
        }
    }
}
