//! The command line.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Runs what you wrote, on real data.
#[derive(Debug, Parser)]
#[command(name = "./x", bin_name = "./x")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// Run the course's solutions, and not what you wrote.
    #[arg(long, global = true)]
    pub reference: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a corpus with your lessons 5.1 to 5.3: a tokeniser, and files of tokens for training and validation.
    Corpus(Corpus),
    /// Show the windows of a corpus, batch by batch, from any position on.
    Windows(Windows),
    /// Train a model with your lessons 6.4 and 6.6, on a corpus. It goes on from the last checkpoint.
    Train(Train),
    /// Let the model of `./x train` write, with your lesson 6.7.
    Sample(Sample),
}

#[derive(Debug, Args)]
pub struct Corpus {
    /// The texts, in UTF-8; the course's own pages by default. Documents are separated by <|endoftext|>. A file
    /// without it is cut at empty lines.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub text: Vec<PathBuf>,
    /// How many tokens there are, with the 256 bytes and <|endoftext|>. More than 65536 do not fit into the two
    /// bytes of a token.
    #[arg(long, value_name = "N", default_value_t = 1024,
          value_parser = clap::value_parser!(u32).range(257..=65536))]
    pub vocabulary: u32,
    /// How many of 100 documents are kept for validation, on average.
    #[arg(long, value_name = "PERCENT", default_value_t = 10,
          value_parser = clap::value_parser!(u64).range(1..=99))]
    pub validation: u64,
    /// The tokens of a window. Training and validation have to be longer.
    #[arg(long, value_name = "T", default_value_t = 256,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub context: u32,
    /// The folder that the files go to.
    #[arg(long, value_name = "DIR", default_value_os_t = default_folder())]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct Windows {
    /// The folder of the corpus.
    #[arg(long, value_name = "DIR", default_value_os_t = default_folder())]
    pub corpus: PathBuf,
    /// How many windows a batch has.
    #[arg(long, value_name = "B", default_value_t = 4)]
    pub batch: usize,
    /// The tokens of a window.
    #[arg(long, value_name = "T", default_value_t = 32,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub context: u32,
    /// The seed of the order of the windows.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// How many epochs are over.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub epoch: u64,
    /// How many windows of this epoch have been used.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub window: usize,
    /// How many batches are shown.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub count: usize,
}

#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub struct Train {
    /// The folder of the corpus.
    #[arg(long, value_name = "DIR", default_value_os_t = default_folder(), conflicts_with = "text")]
    pub corpus: PathBuf,
    /// Texts to train on, in UTF-8, in place of a corpus. One is made of them first, in the folder of the model.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub text: Vec<PathBuf>,
    /// How many tokens there are for these texts; with 257 each byte is one.
    #[arg(long, value_name = "N", default_value_t = 1024, requires = "text",
          value_parser = clap::value_parser!(u32).range(257..=65536))]
    pub vocabulary: u32,
    /// The folder that checkpoints, the log and the curve go to.
    #[arg(long, value_name = "DIR", default_value_os_t = target().join("model"))]
    pub out: PathBuf,
    /// How many steps are made in all, with those of the checkpoint.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = at_least_one)]
    pub steps: usize,
    /// The parts of the model.
    #[arg(long, value_enum, default_value_t = StyleName::Gpt2)]
    pub style: StyleName,
    /// D, the width of the model.
    #[arg(long, value_name = "D", default_value_t = 128)]
    pub width: usize,
    /// How many blocks it has.
    #[arg(long, value_name = "L", default_value_t = 4, value_parser = at_least_one)]
    pub layers: usize,
    /// How many heads it has.
    #[arg(long, value_name = "H", default_value_t = 4)]
    pub heads: usize,
    /// The tokens of a window.
    #[arg(long, value_name = "T", default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub context: u32,
    /// The windows of a step.
    #[arg(long, value_name = "B", default_value_t = 12, value_parser = at_least_one)]
    pub batch: usize,
    /// The windows of a micro-batch.
    #[arg(long, value_name = "B", default_value_t = 3, value_parser = at_least_one)]
    pub micro: usize,
    /// The largest learning rate.
    #[arg(long, value_name = "RATE", default_value_t = 1e-3)]
    pub rate: f64,
    /// How many steps it rises; then it falls to a tenth, until --steps. By default a tenth of them, and at most 100.
    #[arg(long, value_name = "N")]
    pub warmup: Option<usize>,
    /// The weight decay of matrices.
    #[arg(long, value_name = "DECAY", default_value_t = 0.1)]
    pub decay: f64,
    /// The seed of the weights and of the order of the windows.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// How many steps lie between two checkpoints, each with a loss on the text for validation.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = at_least_one)]
    pub every: usize,
    /// How many threads share the micro-batches of a step; as many as there are processors by default.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub threads: Option<usize>,
    /// Make the result the same to the bit, whatever the number of threads is.
    #[arg(long)]
    pub deterministic: bool,
}

#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub struct Sample {
    /// What the text begins with. Without it, the model begins a document.
    #[arg(value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub text: String,
    /// The folder of the model.
    #[arg(long, value_name = "DIR", default_value_os_t = target().join("model"))]
    pub model: PathBuf,
    /// How many tokens it writes; fewer where it ends the document.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = at_least_one)]
    pub tokens: usize,
    /// At 0 the most likely token comes each time, at 1 each as often as the model has it, at inf all equally often.
    #[arg(long, value_name = "TAU", default_value_t = 1.0, value_parser = temperature,
          allow_negative_numbers = true)]
    pub temperature: f64,
    /// Draw from the K most likely tokens only.
    #[arg(long, value_name = "K", value_parser = at_least_one)]
    pub top_k: Option<usize>,
    /// Draw from the fewest tokens only that have this probability together.
    #[arg(long, value_name = "P", value_parser = mass, allow_negative_numbers = true)]
    pub top_p: Option<f64>,
    /// The seed of the random numbers: the same one gives the same text.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

/// What `--style` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StyleName {
    Gpt2,
    Llama,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}

fn temperature(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(tau) if tau >= 0.0 => Ok(tau),
        _ => Err("a number from 0 on, or inf".to_owned()),
    }
}

fn mass(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(mass) if (0.0..=1.0).contains(&mass) => Ok(mass),
        _ => Err("a number from 0 to 1".to_owned()),
    }
}

/// The folder of the course.
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// Where a corpus lies unless another folder is named.
fn default_folder() -> PathBuf {
    target().join("corpus")
}

/// The folder of what is made.
fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    root().join(target.unwrap_or_else(|| "target".into()))
}
