//! `./x train`: a model of your own, from random weights on.

use std::{
    fs, io,
    num::NonZero,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use ex_3_4::Rng;
use ex_4_1::gpt2_residual;
use ex_4_2::AdamW;
use ex_5_3::{next_batch, window_count};
use ex_6_4::{Config, Model, Style, parameters, tensors_mut, zeros};
use ex_6_6::{Diverged, MicroBatch, Settings, Step, start, update};
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use ndarray::{Array2, Axis};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

use crate::{
    checkpoint::{self, Checkpoint},
    cli::{Corpus, StyleName, Train},
    corpus, divergence, is_reference,
    log::{CURVE, LOG, Log},
    store::Store,
    threads,
};

/// The file of a checkpoint.
pub const CHECKPOINT: &str = "last.safetensors";

/// The most tokens on which a validation loss is measured between two checkpoints.
const MAX_VALIDATION_TOKENS: usize = 20_000;

/// Why a training does not begin, or ends early.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
enum TrainError {
    #[error("failed to go on at step {step}: {what}")]
    #[diagnostic(help(
        "the last good checkpoint is as it was. A smaller rate (--rate) or a longer warm-up (--warmup) may help; `./x \
         grade ex_6_4` and `./x grade ex_6_6` look for what else it may be"
    ))]
    Diverged { step: usize, what: String },
    #[error(
        "failed to make a window of {context} tokens and the one behind: the text for {purpose} has {tokens}"
    )]
    #[diagnostic(help("take shorter windows (--context), or more text (--text FILE)"))]
    Short { purpose: &'static str, tokens: usize, context: usize },
    #[error("failed to go on from {path}: {what}")]
    #[diagnostic(help(
        "take the options and the text that it was made with, or another folder to begin anew: --out DIR"
    ))]
    Another { path: PathBuf, what: String },
    #[error("failed to share {width} columns among {heads} heads")]
    #[diagnostic(help(
        "--width is a multiple of --heads, and each head has an even number of columns"
    ))]
    Heads { width: usize, heads: usize },
    #[error("failed to use {number} as {option}")]
    #[diagnostic(help("--rate and --decay are numbers from 0 on"))]
    Number { option: &'static str, number: f64 },
    #[error("failed to use a warm-up of {warmup} steps: there are {steps} in all")]
    #[diagnostic(help("--warmup is not longer than --steps"))]
    Warmup { warmup: usize, steps: usize },
    #[error("failed to write {path}")]
    #[diagnostic(help(
        "what was saved before is as it was. Make room, or name another folder: --out DIR"
    ))]
    Write { path: PathBuf, source: io::Error },
    #[error("failed to read {path}")]
    #[diagnostic(help("name another folder: --out DIR"))]
    Read { path: PathBuf, source: io::Error },
    #[error("failed to be told of Ctrl-C")]
    Signal(#[source] io::Error),
}

/// Trains a model until all steps are made, or until Ctrl-C.
///
/// # Errors
/// When there is no corpus, when a checkpoint does not fit or cannot be written, and when the loss is no number.
pub fn run(command: &Train) -> miette::Result<()> {
    let settings = settings(command)?;
    heads(command)?;
    let store = store(command)?;
    let config = config(command, &store);
    check(&store, &config)?;
    fs::create_dir_all(&command.out)
        .map_err(|source| TrainError::Write { path: command.out.clone(), source })?;
    let checkpoint = begin(command, &store, config)?;
    announce(&checkpoint);
    let stop = told_to_stop().map_err(TrainError::Signal)?;
    let log = Log::open(&command.out, checkpoint.state.moments.steps)
        .map_err(|source| TrainError::Read { path: command.out.join(LOG), source })?;
    let mut run = Run { command, settings, store, checkpoint, log };
    run.steps(&stop)?;
    anstream::println!("{}", run.summary());
    Ok(())
}

/// The corpus that is named, or one of the texts.
fn store(command: &Train) -> miette::Result<Store> {
    let folder = match command.text.is_empty() {
        true => command.corpus.clone(),
        false => {
            let out = command.out.join("corpus");
            let Train { text, vocabulary, context, .. } = command;
            corpus::make(&Corpus {
                text: text.clone(),
                vocabulary: *vocabulary,
                validation: 10,
                context: *context,
                out: out.clone(),
            })?;
            out
        }
    };
    Ok(Store::open(&folder)?)
}

fn heads(command: &Train) -> Result<(), TrainError> {
    let &Train { width, heads, .. } = command;
    match heads > 0 && width > 0 && width.is_multiple_of(2 * heads) {
        true => Ok(()),
        false => Err(TrainError::Heads { width, heads }),
    }
}

fn config(command: &Train, store: &Store) -> Config {
    let &Train { width, heads, layers, style, .. } = command;
    let (style, hidden) = match style {
        StyleName::Gpt2 => (Style::Gpt2, 4 * width),
        StyleName::Llama => (Style::Llama, ex_6_3::hidden_width(width, 32)),
    };
    Config {
        vocabulary: 256 + store.tokeniser.merges.len() + store.tokeniser.special.len(),
        context: command.context as usize,
        width,
        heads,
        kv_heads: heads,
        hidden,
        layers,
        style,
        rope_base: 1e4,
        epsilon: 1e-5,
    }
}

fn settings(command: &Train) -> Result<Settings, TrainError> {
    let &Train { batch, micro, context, seed, rate, decay, steps, .. } = command;
    for (option, number) in [("--rate", rate), ("--decay", decay)] {
        if !(number.is_finite() && number >= 0.0) {
            return Err(TrainError::Number { option, number });
        }
    }
    let warmup = command.warmup.unwrap_or((steps / 10).min(100));
    if warmup > steps {
        return Err(TrainError::Warmup { warmup, steps });
    }
    Ok(Settings {
        batch,
        micro,
        time: context as usize,
        seed,
        ignore: None,
        adamw: AdamW { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, decay },
        max_norm: 1.0,
        rate,
        min_rate: rate / 10.0,
        warmup,
        total: steps,
    })
}

/// Refuses a corpus without a window.
fn check(store: &Store, config: &Config) -> Result<(), TrainError> {
    for (purpose, map) in [("training", &store.training), ("validation", &store.validation)] {
        let (tokens, context) = (map.len() / 2, config.context);
        if window_count(tokens, context) == 0 {
            return Err(TrainError::Short { purpose, tokens, context });
        }
    }
    Ok(())
}

/// The last checkpoint, or random weights.
fn begin(command: &Train, store: &Store, config: Config) -> miette::Result<Checkpoint> {
    let path = command.out.join(CHECKPOINT);
    let Some(found) = checkpoint::read(&path)? else {
        let state = start(initial(&config, command.seed));
        return Ok(Checkpoint { config, tokeniser: store.tokeniser.clone(), state });
    };
    let both = checkpoint::sizes(&found.config).into_iter().zip(checkpoint::sizes(&config));
    let what = match both.into_iter().find(|(its, wanted)| its != wanted) {
        Some(((key, its), (_, wanted))) => format!("its {key} is {its}, and not {wanted}"),
        None if found.tokeniser != store.tokeniser => "its tokeniser is another one".to_owned(),
        None if found.state.position.window
            >= window_count(store.training.len() / 2, config.context) =>
        {
            "the text has fewer windows than it has seen".to_owned()
        }
        None => return Ok(found),
    };
    Err(TrainError::Another { path, what }.into())
}

/// Weights as in GPT-2: normal with the deviation 0.02, less where outputs are added to the residual stream; gains of 1,
/// biases of 0.
fn initial(config: &Config, seed: u64) -> Model<f32> {
    let mut rng = Rng::new(seed);
    let mut model = zeros(config);
    for (name, mut array) in tensors_mut(&mut model) {
        if name.ends_with("gain") {
            array.fill(1.0);
        } else if let [rows, columns] = *array.shape() {
            let draws = Array2::from_shape_simple_fn((rows, columns), || normal(&mut rng));
            let is_added = ["attention.o.w", "feed_forward.down.w", "feed_forward.w2"];
            let weights = match is_added.iter().any(|it| name.ends_with(it)) {
                true => gpt2_residual(&draws, config.layers),
                false => 0.02 * draws,
            };
            array.assign(&weights.mapv(|it| it as f32));
        }
    }
    model
}

/// A draw of the standard normal distribution, by Box and Muller.
fn normal(rng: &mut Rng) -> f64 {
    // In (0, 1]: 53 bits of a random number.
    let mut uniform = || ((rng.next_u64() >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
    let (radius, angle) = ((-2.0 * uniform().ln()).sqrt(), uniform());
    radius * (std::f64::consts::TAU * angle).cos()
}

fn announce(checkpoint: &Checkpoint) {
    let whose = if is_reference() { "the course's solutions" } else { "your own" };
    let products = if cfg!(feature = "openblas") { "OpenBLAS" } else { "ndarray's own GEMM" };
    let count = parameters(&checkpoint.config);
    anstream::eprintln!(
        "Lessons 3.4 to 6.6: {whose}, on {products}. A model of {count} parameters."
    );
    match checkpoint.state.moments.steps {
        0 => anstream::eprintln!("It begins with random weights."),
        steps => anstream::eprintln!("It goes on after step {steps}."),
    }
}

/// Becomes true at Ctrl-C, or when the system wants the program to end.
fn told_to_stop() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The second one ends the program at once.
        flag::register_conditional_default(signal, Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

impl Checkpoint {
    /// Why no step is made from here: where the model stops being finite, or else `what`.
    fn diverged(&self, what: String, loss_of: impl Fn(&Model<f32>, &Config) -> f64) -> TrainError {
        let Self { config, state, .. } = self;
        let what = divergence::origin(&state.model, config, loss_of).unwrap_or(what);
        TrainError::Diverged { step: state.moments.steps + 1, what }
    }
}

/// A training that runs.
struct Run<'a> {
    command: &'a Train,
    settings: Settings,
    store: Store,
    checkpoint: Checkpoint,
    log: Log,
}

impl Run<'_> {
    fn made(&self) -> usize {
        self.checkpoint.state.moments.steps
    }

    /// Makes steps until there are enough, or until somebody wants it to end.
    fn steps(&mut self, stop: &AtomicBool) -> Result<(), TrainError> {
        let &Train { steps: wanted, every, .. } = self.command;
        let (progress, began, first) = (progress(wanted), Instant::now(), self.made());
        let mut saved = first;
        while self.made() < wanted && !stop.load(Ordering::Relaxed) {
            let step = self.step()?;
            let made = self.made();
            self.log.note(made, &step);
            let pace = Pace { steps: made - first, time: began.elapsed() };
            let said = format!("loss {:.4}, {}", step.loss, pace.told(step.tokens, wanted - made));
            progress.set_position(made as u64);
            progress.set_message(said.clone());
            if made.is_multiple_of(every) || made == wanted {
                let loss = self.validation()?;
                self.log.validated(made, loss);
                self.save()?;
                saved = made;
                let line = format!("step {made}: validation {loss:.4}, {said}");
                progress.suspend(|| anstream::eprintln!("{line}"));
            }
        }
        progress.finish_and_clear();
        if saved < self.made() {
            // A model whose loss is no number is not saved, here neither.
            self.validation()?;
            self.save()?;
        }
        Ok(())
    }

    /// One step, as `train` of lesson 6.6 makes it, with the micro-batches shared among threads.
    fn step(&mut self) -> Result<Step, TrainError> {
        let &Settings { batch, micro, time, seed, .. } = &self.settings;
        let (threads, deterministic) = (self.threads(), self.command.deterministic);
        let Checkpoint { config, state, .. } = &mut self.checkpoint;
        let (x, y, next) = next_batch(&self.store.training, batch, time, seed, state.position);
        let parts = x.axis_chunks_iter(Axis(0), micro).zip(y.axis_chunks_iter(Axis(0), micro));
        let batches: Vec<_> =
            parts.map(|(x, y)| MicroBatch { x: x.to_owned(), y: y.to_owned() }).collect();
        let gradients = |model: &Model<f32>, config: &Config| {
            threads::gradients(model, config, &batches, threads, deterministic)
        };
        let (loss, mut sum) = gradients(&state.model, config);
        let updated = match loss.is_finite() {
            true => update(state, &mut sum, &self.settings).map_err(|Diverged { tensor, .. }| {
                format!("the gradient of `{tensor}` is the first in the backward pass that is not finite")
            }),
            false => Err("the loss is not finite".to_owned()),
        };
        let loss_of = |model: &Model<f32>, config: &Config| f64::from(gradients(model, config).0);
        let (grad_norm, rate) = updated.map_err(|what| self.checkpoint.diverged(what, loss_of))?;
        self.checkpoint.state.position = next;
        Ok(Step { loss: f64::from(loss), grad_norm, rate, tokens: y.len() })
    }

    fn threads(&self) -> usize {
        let processors = || thread::available_parallelism().map_or(1, NonZero::get);
        self.command.threads.unwrap_or_else(processors)
    }

    /// The mean loss of the first tokens for validation, which is a number.
    fn validation(&self) -> Result<f64, TrainError> {
        let bytes = self.store.validation.len().min(2 * MAX_VALIDATION_TOKENS);
        let (data, &Settings { micro, time, .. }) =
            (&self.store.validation[..bytes], &self.settings);
        let loss_of = |model: &Model<f32>, config: &Config| {
            threads::mean_loss(model, config, data, (micro, time), self.threads())
        };
        let Checkpoint { config, state, .. } = &self.checkpoint;
        let loss = loss_of(&state.model, config);
        if loss.is_finite() {
            return Ok(loss);
        }
        Err(self.checkpoint.diverged("the loss is not finite".to_owned(), loss_of))
    }

    /// Writes the log and the curve, then the checkpoint: what a log has of steps behind its checkpoint is forgotten, and
    /// what it lacks could not be found again.
    fn save(&self) -> Result<(), TrainError> {
        let write = |(path, source)| TrainError::Write { path, source };
        self.log.write().map_err(write)?;
        let path = self.command.out.join(CHECKPOINT);
        checkpoint::write(&path, &self.checkpoint).map_err(|source| write((path, source)))
    }

    fn summary(&self) -> String {
        let (made, wanted) = (self.made(), self.command.steps);
        let folder = self.command.out.display();
        let rest = match made < wanted {
            true => format!(" The same command goes on from there, to step {wanted}."),
            false => String::new(),
        };
        format!("After step {made}: {CHECKPOINT}, {LOG} and {CURVE} are in {folder}.{rest}")
    }
}

/// How fast a training is.
struct Pace {
    /// The steps made here.
    steps: usize,
    time: Duration,
}

impl Pace {
    /// Tokens a second, and the time left.
    fn told(&self, tokens_of_step: usize, left: usize) -> String {
        let speed = (self.steps * tokens_of_step) as f64 / self.time.as_secs_f64();
        let rest = self.time.mul_f64(left as f64 / self.steps as f64);
        format!("{speed:.0} tokens/s, {} left", HumanDuration(rest))
    }
}

fn progress(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}");
    let bar = ProgressBar::new(steps as u64);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_of_the_steps_made_tells_how_long_the_others_take() {
        let pace = Pace { steps: 50, time: Duration::from_secs(10) };
        assert_eq!(pace.told(768, 600), "3840 tokens/s, 2 minutes left");
    }
}
