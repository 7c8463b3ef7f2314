//! A share of a class, so that several machines grade it without asking each other.

use std::{fmt, str::FromStr};

use engine::hash;

/// Part `part` of `parts`, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    part: u64,
    parts: u64,
}

/// Text that is no partition.
#[derive(Debug, thiserror::Error)]
#[error("a part is written hash:2/8, the second of eight")]
pub struct NoPartition;

impl Partition {
    /// All of it.
    pub const WHOLE: Self = Self { part: 1, parts: 1 };

    /// True when a learner, or a team, belongs to this part. It depends on nothing but the name.
    pub fn holds(self, name: &str) -> bool {
        // 60 bits of the hash: enough for any class, and the same on every machine.
        let number = u64::from_str_radix(&hash([name])[..15], 16).unwrap_or(0);
        number % self.parts == self.part - 1
    }

    /// Every part of so many.
    pub fn all(parts: u64) -> impl Iterator<Item = Self> {
        (1..=parts).map(move |part| Self { part, parts })
    }

    /// How many parts there are.
    pub fn parts(self) -> u64 {
        self.parts
    }
}

impl FromStr for Partition {
    type Err = NoPartition;

    fn from_str(text: &str) -> Result<Self, NoPartition> {
        let (part, parts) =
            text.strip_prefix("hash:").and_then(|it| it.split_once('/')).ok_or(NoPartition)?;
        let number = |text: &str| text.parse::<u64>().map_err(|_| NoPartition);
        let (part, parts) = (number(part)?, number(parts)?);
        if part == 0 || part > parts { Err(NoPartition) } else { Ok(Self { part, parts }) }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hash:{}/{}", self.part, self.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_learner_belongs_to_one_part() {
        let parts: Vec<Partition> =
            ["hash:1/3", "hash:2/3", "hash:3/3"].map(|it| it.parse().unwrap()).into();
        let mut sizes = [0; 3];
        for learner in 0..300 {
            let name = format!("s{learner}");
            let holding: Vec<_> = (0..3).filter(|&at| parts[at].holds(&name)).collect();
            assert_eq!(holding.len(), 1, "{name}");
            sizes[holding[0]] += 1;
        }
        assert!(sizes.iter().all(|&size| size > 70), "{sizes:?}");
        assert!(Partition::WHOLE.holds("s1"));
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for text in ["", "1/2", "hash:0/2", "hash:3/2", "hash:1/0", "hash:a/b", "hash:-1/2"] {
            assert!(text.parse::<Partition>().is_err(), "{text}");
        }
    }
}
