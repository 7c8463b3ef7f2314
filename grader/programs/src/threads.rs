//! Work on several threads. Sums are made on one, in an order of their own.

use std::{panic, thread};

use ex_6_4::{Config, Model, tensors, tensors_mut, zeros};
use ex_6_6::{MicroBatch, add_micro_batch, evaluate};

/// What `work` makes of each part, in the order of the parts. Each thread takes parts that lie side by side.
fn shared<P: Sync, R: Send>(parts: &[P], threads: usize, work: impl Fn(&P) -> R + Sync) -> Vec<R> {
    let size = parts.len().div_ceil(threads).max(1);
    let of_thread = |some: &[P]| -> Vec<R> { some.iter().map(&work).collect() };
    thread::scope(|scope| {
        let of_thread = &of_thread;
        let running: Vec<_> =
            parts.chunks(size).map(|some| scope.spawn(move || of_thread(some))).collect();
        // A panic of a learner's code goes on here, after the message that it printed.
        let results =
            running.into_iter().map(|it| it.join().unwrap_or_else(|it| panic::resume_unwind(it)));
        results.flatten().collect()
    })
}

/// The mean loss of all targets and its gradients.
///
/// Sums are made in the order of the micro-batches: first within a group, then of the groups. A group is what one thread
/// takes; with `deterministic` it is a single micro-batch, so that the number of threads moves no bracket.
pub fn gradients(
    model: &Model<f32>,
    config: &Config,
    batches: &[MicroBatch],
    threads: usize,
    deterministic: bool,
) -> (f32, Model<f32>) {
    let total = batches.iter().map(|it| it.y.len()).sum();
    let size = if deterministic { 1 } else { batches.len().div_ceil(threads).max(1) };
    let groups: Vec<_> = batches.chunks(size).collect();
    let of_groups = shared(&groups, threads, |group| {
        let mut gradients = zeros(config);
        let part = |it| add_micro_batch(model, config, it, None, total, &mut gradients);
        (group.iter().map(part).sum::<f32>(), gradients)
    });
    let mut of_groups = of_groups.into_iter();
    let (mut loss, mut sum) = of_groups.next().unwrap_or_else(|| (0.0, zeros(config)));
    for (of_group, gradients) in of_groups {
        loss += of_group;
        add(&mut sum, &gradients);
    }
    (loss, sum)
}

fn add(sum: &mut Model<f32>, gradients: &Model<f32>) {
    for ((_, mut sum), (_, it)) in tensors_mut(sum).into_iter().zip(tensors(gradients)) {
        sum += &it;
    }
}

/// The mean loss of all targets of `data`, in windows of `time` tokens, `batch` of which are one thread's at a time. The
/// number of threads changes no bit of it.
pub fn mean_loss(
    model: &Model<f32>,
    config: &Config,
    data: &[u8],
    (batch, time): (usize, usize),
    threads: usize,
) -> f64 {
    let targets = data.len() / 2 - 1;
    let piece = |from: usize| &data[2 * from..2 * (targets.min(from + batch * time) + 1)];
    let pieces: Vec<_> = (0..targets).step_by(batch * time).map(piece).collect();
    let parts = shared(&pieces, threads, |piece| evaluate(model, config, piece, batch, time));
    parts.iter().map(|(sum, _)| sum).sum::<f64>() / targets as f64
}

#[cfg(test)]
mod tests {
    use ex_6_4::Style;
    use ndarray::Array2;

    use super::*;

    /// A model, and five micro-batches of unequal sizes.
    fn example() -> (Model<f32>, Config, Vec<MicroBatch>) {
        let config = Config {
            vocabulary: 5,
            context: 3,
            width: 4,
            heads: 2,
            kv_heads: 2,
            hidden: 6,
            layers: 1,
            style: Style::Llama,
            rope_base: 1e4,
            epsilon: 1e-5,
        };
        let mut model = zeros(&config);
        for (at, (_, mut array)) in tensors_mut(&mut model).into_iter().enumerate() {
            array
                .iter_mut()
                .zip(1_u16..)
                .for_each(|(it, i)| *it = (f32::from(i) * 1.7 + at as f32).sin());
        }
        let ids =
            |rows, ahead| Array2::from_shape_fn((rows, 3), |(b, t)| (3 * b + t * t + ahead) % 5);
        let batch = |rows| MicroBatch { x: ids(rows, rows), y: ids(rows, rows + 1) };
        (model, config, [2, 1, 3, 1, 2].map(batch).to_vec())
    }

    #[test]
    fn threads_share_the_micro_batches() {
        let (model, config, batches) = example();
        let (want, whole) = ex_6_6::accumulate(&model, &config, &batches, None);
        for threads in [1, 2, 3, 8] {
            let (loss, sum) = gradients(&model, &config, &batches, threads, false);
            assert!((loss - want).abs() < 1e-5 * want);
            for ((name, sum), (_, whole)) in tensors(&sum).into_iter().zip(tensors(&whole)) {
                let is_near = |(one, other): (&f32, &f32)| (one - other).abs() < 1e-5;
                assert!(sum.iter().zip(whole).all(is_near), "{name} on {threads} threads");
            }
        }
    }

    #[test]
    fn a_deterministic_sum_does_not_depend_on_the_threads() {
        let (model, config, batches) = example();
        let one = gradients(&model, &config, &batches, 1, true);
        for threads in [2, 3, 8] {
            assert!(gradients(&model, &config, &batches, threads, true) == one);
        }
    }

    #[test]
    fn every_target_has_its_part_in_the_mean() {
        let (model, config, _) = example();
        let tokens: Vec<_> = (0..24_u16).flat_map(|at| (at * at % 5).to_le_bytes()).collect();
        let (sum, targets) = evaluate(&model, &config, &tokens, 100, 3);
        for threads in [1, 2, 50] {
            let mean = mean_loss(&model, &config, &tokens, (2, 3), threads);
            assert!((mean - sum / targets as f64).abs() < 1e-6, "{mean}");
            assert_eq!(mean, mean_loss(&model, &config, &tokens, (2, 3), 1));
        }
    }
}
