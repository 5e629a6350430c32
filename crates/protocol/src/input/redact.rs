//! The beginning of a refused input, fit to be stored and shown: its shape without its content.
//!
//! The bytes may be anything, so this is a scanner that cannot fail, not a parser. What is left is ASCII: JSON
//! punctuation, keys that look like field names, `true`, `false` and `null`; strings become `"*"` and every other run
//! of characters, numbers among them, becomes `*`.

/// How much of an input is looked at, in bytes.
pub const HEAD_SIZE: usize = 256;
/// A longer key is content rather than a field's name.
const KEY_SIZE_MAX: usize = 64;

pub fn redacted_head(bytes: &[u8]) -> String {
    let mut rest = &bytes[..bytes.len().min(HEAD_SIZE)];
    let mut head = String::with_capacity(HEAD_SIZE);
    // A key stands where `{` or `,` came last; anywhere else a string is a value, whatever follows it.
    let mut may_be_key = false;
    while let Some(&byte) = rest.first() {
        match byte {
            b'{' | b'}' | b'[' | b']' | b',' | b':' => {
                head.push(char::from(byte));
                may_be_key = byte == b'{' || byte == b',';
                rest = &rest[1..];
            }
            blank if is_blank(blank) => {
                head.push(' ');
                let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
                rest = &rest[blanks..];
            }
            b'"' => {
                let (content, after) = split_string(&rest[1..]);
                let is_key = may_be_key && is_field_name(content) && is_colon_next(after);
                head.push('"');
                head.push_str(if is_key { std::str::from_utf8(content).unwrap_or("*") } else { "*" });
                head.push('"');
                may_be_key = false;
                rest = after;
            }
            _ => {
                let length = rest.iter().take_while(|byte| is_other(**byte)).count();
                head.push_str(match &rest[..length] {
                    b"true" => "true",
                    b"false" => "false",
                    b"null" => "null",
                    _ => "*",
                });
                may_be_key = false;
                rest = &rest[length..];
            }
        }
    }
    if bytes.len() > HEAD_SIZE {
        head.push_str("...");
    }
    head
}

/// The content up to the closing quote, and what follows it; a string that does not end takes everything.
fn split_string(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return (&bytes[..at], &bytes[at + 1..]),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    (bytes, &[])
}

fn is_field_name(content: &[u8]) -> bool {
    (1..=KEY_SIZE_MAX).contains(&content.len())
        && content.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn is_colon_next(bytes: &[u8]) -> bool {
    bytes.iter().find(|byte| !is_blank(**byte)) == Some(&b':')
}

/// White space of JSON.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

fn is_other(byte: u8) -> bool {
    !is_blank(byte) && !matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_and_values_go() {
        for (bytes, head) in [
            (&br#"{"type":"contact_create", "points": -12.5e3}"#[..], r#"{"type":"*", "points": *}"#),
            (br#"{"a":[true,false,null,1,"x"]}"#, r#"{"a":[true,false,null,*,"*"]}"#),
            (br#"{"a":"say \"secret\":1"}"#, r#"{"a":"*"}"#),
            (br#"{"a" "secret": 1}"#, r#"{"*" "*": *}"#),
            (br#"["secret": 1]"#, r#"["*": *]"#),
            (br#"{"Jan Jansen": 1}"#, r#"{"*": *}"#),
            (b"plain secret text", "* * *"),
            (b"\xff\xfe\x00", "*"),
            (br#"{"a":"no end"#, r#"{"a":"*""#),
            (br#"{"a":"escape at the end\"#, r#"{"a":"*""#),
            (b"\x0b\x0c{}", "*{}"),
            (b"{\"a\"\x0c:3, \"b\" :4}", r#"{"*"*:*, "b" :*}"#),
            (b"", ""),
        ] {
            assert_eq!(redacted_head(bytes), head, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn only_the_beginning_is_looked_at() {
        let head = redacted_head(&[b','; 1_000]);
        assert_eq!(head.len(), HEAD_SIZE + 3);
        assert!(head.ends_with("..."));
    }
}
