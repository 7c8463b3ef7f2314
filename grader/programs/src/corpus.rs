//! `./x corpus`: from texts to files of tokens.

use std::path::{Path, PathBuf};

use ex_3_4::Rng;
use ex_5_1::{Tokeniser, TrainError, train};
use ex_5_2::{decode, decode_lossy, encode};
use ex_5_3::{pack, random_batch, split, window_count};
use indicatif::ProgressBar;

use crate::{
    cli::{self, Corpus},
    is_reference,
    stage::stage,
    store::{self, Store},
    text::{self, END},
};

/// How many documents are encoded with one call: what `encode` makes of the merges serves all of them.
const DOCUMENTS_AT_ONCE: usize = 1000;

/// How many tokens of the corpus are shown.
const SHOWN: usize = 32;

/// Why texts make no corpus.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
enum CorpusError {
    #[error("failed to train a tokeniser: `train` refuses {vocabulary} tokens with {error:?}")]
    #[diagnostic(help("`./x grade ex_5_1` looks for what is wrong"))]
    Untrained { vocabulary: u32, error: TrainError },
    #[error("failed to encode a text: decoding its tokens gives another one")]
    #[diagnostic(help("`./x grade ex_5_1` and `./x grade ex_5_2` look for what is wrong"))]
    Lossy,
    #[error(
        "failed to make a corpus: the {tokens} tokens for {purpose} have no window of {context} and its last target"
    )]
    #[diagnostic(help(
        "take more text (--text), shorter windows (--context), or another percentage of documents for validation \
         (--validation). Documents that are not separated by <|endoftext|> or empty lines are one"
    ))]
    Short { purpose: &'static str, tokens: usize, context: usize },
}

/// The documents for one purpose.
struct Part {
    purpose: &'static str,
    documents: usize,
    bytes: usize,
    tokens: Vec<u16>,
}

/// Makes a corpus, and says what is in it.
///
/// # Errors
/// When there is no text to make it of, or when it cannot be written.
pub fn make(command: &Corpus) -> miette::Result<()> {
    let whose = if is_reference() { "the course's solutions" } else { "your own" };
    anstream::eprintln!("Lessons 5.1 to 5.3: {whose}.");
    let documents = match command.text.is_empty() {
        true => text::of_course(cli::root())?,
        false => text::of_files(&command.text)?,
    };
    // By their bytes, before there are tokens: a tokeniser that is trained anew moves no document, and it
    // learns nothing of those for validation.
    let is_for_training = |document: &String| {
        let bytes = document.bytes().map(u16::from).collect();
        !split(&[bytes], command.validation).0.is_empty()
    };
    let (training, validation): (Vec<_>, Vec<_>) = documents.into_iter().partition(is_for_training);
    let tokeniser = trained(&training, command.vocabulary)?;
    let training = Part::new("training", &training, &tokeniser)?;
    let validation = Part::new("validation", &validation, &tokeniser)?;
    let context = command.context as usize;
    training.require(context)?;
    validation.require(context)?;
    store::write(&command.out, &tokeniser, &training.tokens, &validation.tokens)?;
    print_summary(&[training, validation], command)
}

fn trained(documents: &[String], vocabulary: u32) -> Result<Tokeniser, CorpusError> {
    let special = [END.to_owned()];
    let tokeniser = stage("training a tokeniser", |_| {
        train(&documents.join(END), vocabulary as usize, &special)
    });
    tokeniser.map_err(|error| CorpusError::Untrained { vocabulary, error })
}

impl Part {
    fn new(
        purpose: &'static str,
        documents: &[String],
        tokeniser: &Tokeniser,
    ) -> Result<Self, CorpusError> {
        let name = format!("encoding what is for {purpose}");
        let encoded = stage(&name, |progress| encoded(documents, tokeniser, progress))?;
        Ok(Self {
            purpose,
            documents: documents.len(),
            bytes: documents.iter().map(String::len).sum(),
            tokens: pack(&encoded, end(tokeniser)?),
        })
    }

    fn require(&self, context: usize) -> Result<(), CorpusError> {
        let Self { purpose, ref tokens, .. } = *self;
        match window_count(tokens.len(), context) {
            0 => Err(CorpusError::Short { purpose, tokens: tokens.len(), context }),
            _ => Ok(()),
        }
    }
}

/// The id of the end of text, which is the only special token.
fn end(tokeniser: &Tokeniser) -> Result<u16, CorpusError> {
    u16::try_from(256 + tokeniser.merges.len()).map_err(|_| CorpusError::Lossy)
}

/// The tokens of each document.
fn encoded(
    documents: &[String],
    tokeniser: &Tokeniser,
    progress: &ProgressBar,
) -> Result<Vec<Vec<u16>>, CorpusError> {
    let end = u32::from(end(tokeniser)?);
    let mut all = Vec::with_capacity(documents.len());
    for some in documents.chunks(DOCUMENTS_AT_ONCE) {
        progress.set_message(format!("{} of {}", all.len(), documents.len()));
        let text = some.join(END);
        let ids = encode(tokeniser, &text);
        if decode(tokeniser, &ids) != Ok(text.into_bytes()) {
            return Err(CorpusError::Lossy);
        }
        for document in ids.split(|id| *id == end) {
            let tokens = document.iter().map(|id| u16::try_from(*id));
            all.push(tokens.collect::<Result<_, _>>().map_err(|_| CorpusError::Lossy)?);
        }
    }
    Ok(all)
}

/// Says what is in a corpus, by what is on disk now.
fn print_summary(parts: &[Part], command: &Corpus) -> miette::Result<()> {
    let store = Store::open(&command.out)?;
    let context = command.context as usize;
    anstream::println!(
        "            documents       bytes      tokens  bytes per token  windows of {context}"
    );
    for (Part { purpose, documents, bytes, .. }, map) in
        parts.iter().zip([&store.training, &store.validation])
    {
        let tokens = map.len() / 2;
        let (ratio, windows) = (*bytes as f64 / tokens as f64, window_count(tokens, context));
        anstream::println!(
            "{purpose:<10} {documents:>10} {bytes:>11} {tokens:>11} {ratio:>16.2} {windows:>11}"
        );
    }
    let merges = store.tokeniser.merges.len();
    anstream::println!("The vocabulary has 256 bytes, {merges} merges and {END}.");
    let shown = SHOWN.min(context);
    let (x, _) = random_batch(&store.training, 1, shown, &mut Rng::new(0));
    let text = shown_text(&store.tokeniser, x.iter().copied());
    anstream::println!("At a random place stands {text}");
    anstream::println!("The files are in {}.", briefly(&command.out).display());
    Ok(())
}

/// Some tokens as a text in quotes.
pub fn shown_text(tokeniser: &Tokeniser, ids: impl Iterator<Item = usize>) -> String {
    let ids: Vec<_> = ids.map(|id| id as u32).collect();
    match decode_lossy(tokeniser, &ids) {
        Ok(text) => format!("{text:?}"),
        Err(unknown) => format!("{unknown:?}"),
    }
}

/// A folder as it is named from here.
fn briefly(folder: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    folder.strip_prefix(here).unwrap_or(folder).to_owned()
}
