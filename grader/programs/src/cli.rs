//! The command line.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};

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

/// The folder of the course.
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// Where a corpus lies unless another folder is named.
fn default_folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    root().join(target.unwrap_or_else(|| "target".into())).join("corpus")
}
