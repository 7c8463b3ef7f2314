//! The beginning of a text that may be long, and how much more there was.

/// The beginning of a text.
#[derive(Debug, Clone)]
pub struct Excerpt {
    kept: Vec<u8>,
    max_kept: usize,
    total: usize,
}

impl Excerpt {
    /// Keeps at most `max_kept` bytes.
    pub fn new(max_kept: usize) -> Self {
        Self { kept: Vec::new(), max_kept, total: 0 }
    }

    /// Adds what comes next.
    pub fn push(&mut self, bytes: &[u8]) {
        let room = (self.max_kept - self.kept.len()).min(bytes.len());
        self.kept.extend_from_slice(&bytes[..room]);
        self.total += bytes.len();
    }

    /// The length of the whole text, in bytes.
    pub fn total(&self) -> usize {
        self.total
    }

    /// What was kept, whole characters only, and a line that counts the rest.
    pub fn text(&self) -> String {
        let whole = match std::str::from_utf8(&self.kept) {
            // Cut within a character.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.kept.len(),
        };
        let text = String::from_utf8_lossy(&self.kept[..whole]).into_owned();
        match self.total - whole {
            0 => text,
            more => format!("{}\n… {more} more bytes", text.trim_end()),
        }
    }
}

/// The beginning of a text, in bytes, and how much more there was.
pub fn excerpt(text: &str, max_kept: usize) -> String {
    let mut excerpt = Excerpt::new(max_kept);
    excerpt.push(text.as_bytes());
    excerpt.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_is_counted() {
        assert_eq!(excerpt("abc", 3), "abc");
        assert_eq!(excerpt("abcd", 3), "abc\n… 1 more bytes");
        assert_eq!(excerpt("aé", 2), "a\n… 2 more bytes", "never within a character");
    }

    #[test]
    fn text_may_come_in_pieces() {
        let mut excerpt = Excerpt::new(4);
        ["ab", "cd", "ef"].iter().for_each(|piece| excerpt.push(piece.as_bytes()));
        assert_eq!((excerpt.text(), excerpt.total()), ("abcd\n… 2 more bytes".to_owned(), 6));
    }
}
