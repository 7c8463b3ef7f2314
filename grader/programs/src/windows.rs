//! `./x windows`: the windows of a corpus, as a training gets them.

use std::path::PathBuf;

use ex_5_3::{Position, next_batch, window_count};

use crate::{cli::Windows, corpus::shown_text, store::Store};

/// There is nothing at a position.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error(
    "failed to begin with window {window}: an epoch of {folder} has {count} windows of {context} tokens"
)]
#[diagnostic(help("the first one is 0; shorter windows are more (--context)"))]
struct NoWindow {
    window: usize,
    folder: PathBuf,
    count: usize,
    context: usize,
}

/// Shows batches, and the position to go on from.
///
/// # Errors
/// When there is no corpus, or no such position in it.
pub fn show(command: &Windows) -> miette::Result<()> {
    let store = Store::open(&command.corpus)?;
    let Windows { batch, seed, epoch, window, .. } = *command;
    let context = command.context as usize;
    let count = window_count(store.training.len() / 2, context);
    if window >= count {
        return Err(NoWindow { window, folder: command.corpus.clone(), count, context }.into());
    }
    let mut position = Position { epoch, window };
    for _ in 0..command.count {
        let Position { epoch, window } = position;
        anstream::println!("epoch {epoch}, window {window}:");
        let (x, y, next) = next_batch(&store.training, batch, context, seed, position);
        for (x, y) in x.outer_iter().zip(y.outer_iter()) {
            let inputs = shown_text(&store.tokeniser, x.iter().copied());
            let target = shown_text(&store.tokeniser, y.iter().copied().last().into_iter());
            anstream::println!("  {inputs} → {target}");
        }
        position = next;
    }
    let Position { epoch, window } = position;
    anstream::println!("The next batch: --epoch {epoch} --window {window}");
    Ok(())
}
