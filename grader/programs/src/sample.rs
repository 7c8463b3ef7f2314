//! `./x sample`: what a model of your own writes.

use std::{
    io::{self, ErrorKind, Write},
    path::PathBuf,
    time::Instant,
};

use ex_3_4::Rng;
use ex_5_1::vocabulary;
use ex_5_2::{decode, encode, take_text};
use ex_6_4::parameters;
use ex_6_7::{KvCache, Sampling, draw, empty_cache, prefill, probabilities, step};
use ndarray::Array1;

use crate::{
    checkpoint::{self, Checkpoint},
    cli::Sample,
    is_reference,
    train::CHECKPOINT,
};

/// Why a model writes nothing, or not to the end.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
enum SampleError {
    #[error("failed to find a model in {folder}")]
    #[diagnostic(help("`./x train` makes one; --model DIR names another folder"))]
    Missing { folder: PathBuf },
    #[error("failed to encode the text: decoding its tokens gives another one")]
    #[diagnostic(help("`./x grade ex_5_1` and `./x grade ex_5_2` look for what is wrong"))]
    Lossy,
    #[error("failed to read a text of {tokens} tokens: the model has a context of {context}")]
    #[diagnostic(help(
        "take a shorter text, or train a model with a longer context: `./x train --context N --out DIR`"
    ))]
    Long { tokens: usize, context: usize },
    #[error("failed to go on: `draw` gives token {id}, and there are {count}")]
    #[diagnostic(help("`./x grade ex_6_7` looks for what is wrong"))]
    Drawn { id: usize, count: usize },
    #[error("failed to write the text")]
    Output(#[source] io::Error),
}

/// Writes a text, token by token.
///
/// # Errors
/// When there is no model, when the text does not fit, and when nobody takes what is written.
pub fn run(command: &Sample) -> miette::Result<()> {
    let checkpoint = checkpoint::read(&command.model.join(CHECKPOINT))?;
    let checkpoint =
        checkpoint.ok_or_else(|| SampleError::Missing { folder: command.model.clone() })?;
    let tokeniser = &checkpoint.tokeniser;
    let end = 256 + tokeniser.merges.len();
    let words = vocabulary(tokeniser);
    let prompt = prompt(&command.text, &checkpoint, end)?;
    announce(&checkpoint);
    let sampling =
        Sampling { temperature: command.temperature, top_k: command.top_k, top_p: command.top_p };
    let mut text = Text::new(&checkpoint, sampling, prompt);
    let mut paper = Paper { words, pending: command.text.clone().into_bytes() };
    let began = Instant::now();
    let written = write(&mut text, &mut paper, command, end);
    match written {
        // Whoever read it has enough, as `head` has.
        Err(SampleError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(error.into()),
        Ok(count) => {
            let speed = count as f64 / began.elapsed().as_secs_f64();
            anstream::eprintln!("{count} tokens, {speed:.0} tokens/s.{}", text.remark());
            Ok(())
        }
    }
}

/// The tokens of a text; the one between documents where it is empty.
fn prompt(
    text: &str,
    Checkpoint { tokeniser, config, .. }: &Checkpoint,
    end: usize,
) -> Result<Vec<usize>, SampleError> {
    if text.is_empty() {
        return Ok(vec![end]);
    }
    // Every byte is a token, so that there is no text without tokens.
    let ids = encode(tokeniser, text);
    if decode(tokeniser, &ids) != Ok(text.as_bytes().to_vec()) {
        return Err(SampleError::Lossy);
    }
    let (tokens, context) = (ids.len(), config.context);
    if tokens > context {
        return Err(SampleError::Long { tokens, context });
    }
    Ok(ids.into_iter().map(|id| id as usize).collect())
}

fn announce(Checkpoint { config, state, .. }: &Checkpoint) {
    let whose = if is_reference() { "the course's solutions" } else { "your own" };
    let (count, steps) = (parameters(config), state.moments.steps);
    anstream::eprintln!(
        "Lessons 3.4 to 6.7: {whose}. A model of {count} parameters after step {steps}."
    );
}

/// Writes so many tokens, or fewer where the document ends; gives how many the model has drawn.
fn write(
    text: &mut Text,
    paper: &mut Paper,
    command: &Sample,
    end: usize,
) -> Result<usize, SampleError> {
    let mut rng = Rng::new(command.seed);
    paper.put(&[]).map_err(SampleError::Output)?;
    for drawn in 1..=command.tokens {
        let id = text.next(uniform(&mut rng));
        if id == end {
            paper.finish().map_err(SampleError::Output)?;
            return Ok(drawn);
        }
        let count = paper.words.len();
        let word = paper.words.get(id).ok_or(SampleError::Drawn { id, count })?.clone();
        paper.put(&word).map_err(SampleError::Output)?;
    }
    paper.finish().map_err(SampleError::Output)?;
    Ok(command.tokens)
}

/// A random number in [0, 1), of 53 bits.
fn uniform(rng: &mut Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// A text that grows.
struct Text<'a> {
    checkpoint: &'a Checkpoint,
    sampling: Sampling,
    cache: KvCache<f32>,
    ids: Vec<usize>,
    /// How many of them the model has read.
    read: usize,
    /// How often it has begun anew.
    begun: usize,
}

impl<'a> Text<'a> {
    fn new(checkpoint: &'a Checkpoint, sampling: Sampling, prompt: Vec<usize>) -> Self {
        let cache = empty_cache(&checkpoint.config);
        Self { checkpoint, sampling, cache, ids: prompt, read: 0, begun: 0 }
    }

    /// Draws one token more.
    fn next(&mut self, u: f64) -> usize {
        let logits = self.logits();
        let id = draw(&probabilities(&logits, &self.sampling), u);
        self.ids.push(id);
        id
    }

    /// The logits of what comes behind the text.
    fn logits(&mut self) -> Array1<f32> {
        let Checkpoint { config, state, .. } = self.checkpoint;
        if self.cache.length == config.context {
            self.begin_anew();
        }
        let new = &self.ids[self.read..];
        self.read = self.ids.len();
        match *new {
            [id] => step(&state.model, config, id, &mut self.cache),
            _ => prefill(&state.model, config, new, &mut self.cache),
        }
    }

    /// Forgets all but the end of the text, which has half of the context for itself.
    fn begin_anew(&mut self) {
        self.cache = empty_cache(&self.checkpoint.config);
        self.read = self.ids.len() - self.kept();
        self.begun += 1;
    }

    fn kept(&self) -> usize {
        (self.checkpoint.config.context / 2).max(1)
    }

    fn remark(&self) -> String {
        let (context, kept) = (self.checkpoint.config.context, self.kept());
        match self.begun {
            0 => String::new(),
            1 => {
                format!(" The context of {context} was full once: the last {kept} were read anew.")
            }
            many => format!(
                " The context of {context} was full {many} times: the last {kept} were read anew each time."
            ),
        }
    }
}

/// Where the text is written.
struct Paper {
    /// The bytes of each token.
    words: Vec<Vec<u8>>,
    /// What may be the beginning of a character.
    pending: Vec<u8>,
}

impl Paper {
    /// Shows all that is a text with these bytes.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pending.extend(bytes);
        show(&take_text(&mut self.pending))
    }

    fn finish(&mut self) -> io::Result<()> {
        let rest = String::from_utf8_lossy(&self.pending).into_owned();
        show(&format!("{rest}\n"))
    }
}

fn show(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(printable(text).as_bytes())?;
    out.flush()
}

/// The text without the characters that a terminal obeys: a model that has learned little draws any byte.
fn printable(text: &str) -> String {
    let is_obeyed = |it: char| it.is_control() && it != '\n' && it != '\t';
    text.replace(is_obeyed, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use ex_5_1::Tokeniser;
    use ex_6_4::{Config, Style, tensors_mut, zeros};
    use ex_6_6::start;
    use ex_6_7::generate;

    use super::*;

    fn checkpoint(style: Style) -> Checkpoint {
        let config = Config {
            vocabulary: 257,
            context: 6,
            width: 4,
            heads: 2,
            kv_heads: 2,
            hidden: 6,
            layers: 2,
            style,
            rope_base: 1e4,
            epsilon: 1e-5,
        };
        let mut model = zeros(&config);
        for (at, (_, mut array)) in tensors_mut(&mut model).into_iter().enumerate() {
            let number = |i: u16| (f32::from(i) * 1.7 + at as f32).sin();
            array.iter_mut().zip(1_u16..).for_each(|(it, i)| *it = number(i));
        }
        let tokeniser = Tokeniser { merges: Vec::new(), special: vec!["<end>".to_owned()] };
        Checkpoint { config, tokeniser, state: start(model) }
    }

    const SAMPLING: Sampling = Sampling { temperature: 1.5, top_k: Some(6), top_p: Some(0.95) };
    const UNIFORMS: [f64; 7] = [0.9, 0.1, 0.5, 0.7, 0.3, 0.8, 0.6];

    #[test]
    fn a_text_is_what_the_lesson_generates() {
        for style in [Style::Gpt2, Style::Llama] {
            let checkpoint = checkpoint(style);
            let go = |prompt: &[usize], uniforms: &[f64]| {
                let Checkpoint { config, state, .. } = &checkpoint;
                generate(&state.model, config, prompt, uniforms, &SAMPLING)
            };
            let mut text = Text::new(&checkpoint, SAMPLING, vec![1, 2, 3]);
            let ids = UNIFORMS.map(|u| text.next(u));
            assert_eq!(ids[..4], go(&[1, 2, 3], &UNIFORMS[..4]));
            // The context of 6 is full now: the model goes on behind the last three tokens.
            assert_eq!(ids[4..], go(&ids[1..4], &UNIFORMS[4..]));
            assert_eq!(text.begun, 1);
        }
    }

    #[test]
    fn a_context_of_one_token_is_enough() {
        let mut checkpoint = checkpoint(Style::Llama);
        checkpoint.config.context = 1;
        let mut text = Text::new(&checkpoint, SAMPLING, vec![1]);
        for u in UNIFORMS {
            text.next(u);
        }
        assert_eq!((text.ids.len(), text.begun), (8, 6));
    }

    #[test]
    fn a_terminal_has_nothing_to_obey() {
        assert_eq!(printable("a\u{1b}[2J\n\tä\u{7}\u{9b}"), "a\u{fffd}[2J\n\tä\u{fffd}\u{fffd}");
    }
}
