//! The stages of a program, as a person at a terminal sees them.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Does the work of one stage: its name and its time are shown while it lasts, and written down when it is done.
pub fn stage<T>(name: &str, work: impl FnOnce(&ProgressBar) -> T) -> T {
    let style = ProgressStyle::with_template("{spinner} {prefix} {msg} {elapsed}");
    let spinner = ProgressBar::new_spinner().with_prefix(name.to_owned());
    let spinner = spinner.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    spinner.enable_steady_tick(Duration::from_millis(100));
    let began = Instant::now();
    let done = work(&spinner);
    spinner.finish_and_clear();
    anstream::eprintln!("{name}: {:.1} s", began.elapsed().as_secs_f64());
    done
}
