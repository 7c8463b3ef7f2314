//! Which submissions share unusually long passages: a reason to look, and no more than that.
//!
//! Fingerprints are chosen by winnowing: of the hashes of all runs of [`RUN`] tokens, the smallest of each
//! [`WINDOW`] neighbours. Two texts that share a run of `RUN + WINDOW - 1` tokens share a fingerprint
//! (Schleimer, Wilkerson and Aiken, “Winnowing”, SIGMOD 2003). Names and numbers count as what they are and
//! not as which ones, so that renaming changes nothing.

use std::{
    collections::{BTreeMap, BTreeSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

/// How many tokens are hashed together.
const RUN: usize = 14;

/// Of how many hashes in a row one is kept.
const WINDOW: usize = 6;

/// What fewer share is the usual way to write it, and is no sign of anything.
const MIN_SHARED: usize = 5;

/// What more than one in so many share is the usual way to write it as well.
const USUAL: usize = 5;

/// Pairs from this share on are named.
const MIN_SHARE: f64 = 0.6;

/// What has a meaning of its own in Rust; every other word is a name.
const KEYWORDS: [&str; 24] = [
    "as", "break", "const", "continue", "else", "enum", "fn", "for", "if", "impl", "in", "let",
    "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "struct", "trait", "use",
    "while",
];

/// The fingerprints of a text.
pub type Fingerprints = BTreeSet<u64>;

/// Two learners whose texts for a lesson share passages.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The lesson.
    pub lesson: String,
    /// One of them.
    pub one: String,
    /// The other one.
    pub other: String,
    /// The part of the shorter text's fingerprints that both have, from 0 to 1.
    pub share: f64,
}

/// The fingerprints of a text.
pub fn fingerprints(text: &str) -> Fingerprints {
    let tokens = tokens(text);
    let hashes: Vec<_> = tokens.windows(RUN).map(hashed).collect();
    let smallest = |window: &[u64]| window.iter().copied().min();
    let mut kept: Fingerprints = hashes.windows(WINDOW).filter_map(smallest).collect();
    if hashes.len() < WINDOW {
        kept.extend(hashes.into_iter().min());
    }
    kept
}

/// Pairs of learners who share much, the most alike first. `texts` has the fingerprints of each learner and
/// the name of their team; `given` those of what everybody was given.
pub fn pairs(
    lesson: &str,
    texts: &[(&str, &str, &Fingerprints)],
    given: &Fingerprints,
) -> Vec<Pair> {
    let mut holders: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, (.., fingerprints)) in texts.iter().enumerate() {
        for fingerprint in fingerprints.difference(given) {
            holders.entry(*fingerprint).or_default().push(at);
        }
    }
    holders.retain(|_, holders| holders.len() <= (texts.len() / USUAL).max(2));
    let (mut own, mut shared) = (vec![0; texts.len()], BTreeMap::new());
    for holders in holders.values() {
        for (place, &one) in holders.iter().enumerate() {
            own[one] += 1;
            for &other in &holders[place + 1..] {
                *shared.entry((one, other)).or_insert(0) += 1;
            }
        }
    }
    let pair = |((one, other), shared): ((usize, usize), usize)| {
        let share = shared as f64 / own[one].min(own[other]) as f64;
        let [(one, team, _), (other, other_team, _)] = [texts[one], texts[other]];
        let together = !team.is_empty() && team == other_team;
        let is_much = shared >= MIN_SHARED && share >= MIN_SHARE && !together;
        let [lesson, one, other] = [lesson, one, other].map(str::to_owned);
        is_much.then_some(Pair { lesson, one, other, share })
    };
    let mut pairs: Vec<_> = shared.into_iter().filter_map(pair).collect();
    pairs.sort_by(|one, other| other.share.total_cmp(&one.share));
    pairs
}

/// Not the hash of a file: the same within one run is enough, and this one is the same for one compiler.
fn hashed(run: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    run.hash(&mut hasher);
    hasher.finish()
}

/// The tokens of a text, without comments. Hostile text gets no further than here: nothing is nested, and
/// nothing is parsed.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => string(rest),
            _ if is_word(first) => rest.find(|it| !is_word(it)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        let is_comment = token.starts_with("//") || token.starts_with("/*");
        if !is_comment && !first.is_whitespace() {
            tokens.push(kind(token));
        }
    }
    tokens
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// How long a string literal is, quotes included.
fn string(rest: &str) -> usize {
    let mut escaped = false;
    let ends = |(_, character): &(usize, char)| {
        let ends = *character == '"' && !escaped;
        escaped = *character == '\\' && !escaped;
        ends
    };
    rest.char_indices().skip(1).find(ends).map_or(rest.len(), |(at, _)| at + 1)
}

/// What a token is, and not which one.
fn kind(token: &str) -> String {
    let first = token.chars().next().unwrap_or(' ');
    match first {
        _ if KEYWORDS.contains(&token) => token.to_owned(),
        '0'..='9' => "1".to_owned(),
        '"' => "\"".to_owned(),
        _ if is_word(first) => "a".to_owned(),
        _ => token.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOP: &str = "pub fn total(xs: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (at, x) in xs.iter().enumerate() { if at % 2 == 0 { sum += x * 3.0; } else { sum -= x; } }
        sum / xs.len() as f64
    }";
    const FOLD: &str = "pub fn total(values: &[f64]) -> f64 {
        values.chunks(2).map(|it| 3.0 * it[0] - it.get(1).copied().unwrap_or(0.0)).sum::<f64>()
            / (values.len() as f64).max(1.0)
    }";

    fn of(texts: &[(&str, &str, &str)], given: &str) -> Vec<Pair> {
        let prints: Vec<_> = texts.iter().map(|(.., text)| fingerprints(text)).collect();
        let texts: Vec<_> =
            texts.iter().zip(&prints).map(|((id, team, _), it)| (*id, *team, it)).collect();
        pairs("ex_1_1", &texts, &fingerprints(given))
    }

    #[test]
    fn other_names_and_comments_are_the_same_text() {
        let renamed = LOOP.replace("sum", "result").replace("xs", "v") + "// mine";
        let renamed = renamed.replace("let mut", "/* so */ let mut").replace("3.0", "3.00");
        let found = of(&[("ada", "", LOOP), ("bob", "", &renamed), ("cy", "", FOLD)], "");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].one.as_str(), found[0].other.as_str()), ("ada", "bob"));
        assert_eq!(found[0].share, 1.0);
    }

    #[test]
    fn what_was_given_and_what_a_team_shares_is_no_sign() {
        assert!(of(&[("ada", "", LOOP), ("bob", "", LOOP)], LOOP).is_empty());
        assert!(of(&[("ada", "red", LOOP), ("bob", "red", LOOP)], "").is_empty());
        assert_eq!(of(&[("ada", "red", LOOP), ("bob", "blue", LOOP)], "").len(), 1);
    }

    #[test]
    fn what_many_write_is_no_sign() {
        let many: Vec<_> = (0..20).map(|at| format!("s{at}")).collect();
        let texts: Vec<_> = many.iter().map(|id| (id.as_str(), "", LOOP)).collect();
        assert!(of(&texts, "").is_empty());
    }

    #[test]
    fn any_text_has_tokens() {
        let text = "let s = \"a \\\" // b\"; /* open";
        assert_eq!(tokens(text), ["let", "a", "=", "\"", ";"]);
        assert_eq!(tokens("\"open").len() + tokens("é∂").len() + tokens("").len(), 3);
        fingerprints(&"{".repeat(100_000));
    }
}
