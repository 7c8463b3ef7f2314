//! Correct variants of lesson 6.5. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Groups are halved by recursion, and directions are built by numbers.
pub mod by_recursion {
    pub use ex_6_5::*;
    use ndarray::Array1;

    type Loss<'a> = &'a dyn Fn(&Array1<f64>) -> f64;

    pub fn slope(
        loss: &dyn Fn(&Array1<f64>) -> f64,
        weights: &Array1<f64>,
        direction: &Array1<f64>,
        epsilon: f64,
    ) -> f64 {
        let (mut above, mut below) = (weights.clone(), weights.clone());
        above.scaled_add(epsilon, direction);
        below.scaled_add(-epsilon, direction);
        (loss(&above) - loss(&below)) / epsilon / 2.0
    }

    fn search(
        loss: Loss<'_>,
        [w, g, d]: [&Array1<f64>; 3],
        all: &[Tensor],
        tolerance: f64,
    ) -> Vec<usize> {
        let is_in = |at: usize| all.iter().any(|it| (it.start..it.end).contains(&at));
        let part = Array1::from_shape_fn(d.len(), |at| if is_in(at) { d[at] } else { 0.0 });
        let away = slope(loss, w, &part, 1e-4) - (g * &part).sum();
        if all.is_empty() || away.abs() <= tolerance {
            return Vec::new();
        }
        if all.len() == 1 {
            return vec![0];
        }
        let (left, right) = all.split_at(all.len() / 2);
        let mut wrong = search(loss, [w, g, d], left, tolerance);
        let others = search(loss, [w, g, d], right, tolerance);
        wrong.extend(others.into_iter().map(|at| at + left.len()));
        wrong
    }

    pub fn wrong_tensors(
        loss: &dyn Fn(&Array1<f64>) -> f64,
        weights: &Array1<f64>,
        gradient: &Array1<f64>,
        direction: &Array1<f64>,
        tensors: &[Tensor],
        tolerance: f64,
    ) -> Vec<usize> {
        search(loss, [weights, gradient, direction], tensors, tolerance)
    }
}

/// A table of what is measured, from which the fault is read.
pub mod from_a_table {
    pub use ex_6_5::*;
    use ndarray::Array1;

    pub fn diagnose(program: &dyn Program) -> Fault {
        let (weights, documents) = (program.weights(), program.documents());
        let tensors = program.tensors();
        let vocabulary = program.logits(&weights, &documents[0]).ncols();
        let depends =
            influence(&|ids: &[usize]| program.logits(&weights, ids), &documents[0], vocabulary);
        let leaks =
            (0..depends.nrows()).any(|row| (row + 1..depends.ncols()).any(|id| depends[[row, id]]));
        let own = next_token_loss(&|ids: &[usize]| program.logits(&weights, ids), &documents);
        let differs = (program.evaluate(&weights, &documents) / own - 1.0).abs() > 1e-4;
        let after = program.step(&weights, &Array1::zeros(weights.len()));
        let moves = tensors.iter().any(|it| {
            it.kind == Kind::Gain && (it.start..it.end).any(|at| weights[at] != after[at])
        });
        let wrong = [&documents[..1], &documents[..]].map(|documents| {
            let gradient = program.gradient(&weights, documents);
            let loss = |weights: &Array1<f64>| {
                next_token_loss(&|ids: &[usize]| program.logits(weights, ids), documents)
            };
            let direction = Array1::from_shape_fn(weights.len(), |at| (3.1 * at as f64).cos());
            let wrong = wrong_tensors(&loss, &weights, &gradient, &direction, &tensors, 1e-5);
            wrong.into_iter().map(|at| tensors[at].kind).collect::<Vec<_>>()
        });
        match (leaks, moves, &wrong[0][..], &wrong[1][..], differs) {
            (true, ..) => Fault::Leak,
            (_, true, ..) => Fault::DecayOnNorms,
            (_, _, [], [], true) => Fault::DropoutInEvaluation,
            (_, _, [], [], _) => Fault::None,
            (_, _, [], ..) => Fault::UnequalAccumulation,
            (_, _, [Kind::Table], ..) => Fault::HalfTiedGradient,
            _ => Fault::DoubleShift,
        }
    }
}

/// The loss from logarithms of its own, and a norm by numbers.
pub mod by_numbers {
    pub use ex_6_5::*;
    use ndarray::{Array1, Array2};

    pub fn next_token_loss(
        logits: &dyn Fn(&[usize]) -> Array2<f64>,
        documents: &[Vec<usize>],
    ) -> f64 {
        let mut losses = Vec::new();
        for ids in documents {
            let (_, x) = ids.split_last().expect("an id");
            assert!(!x.is_empty());
            for (z, &target) in logits(x).outer_iter().zip(&ids[1..]) {
                let most = z.fold(f64::NEG_INFINITY, |most: f64, z| most.max(*z));
                let sum: f64 = z.iter().map(|z| (z - most).exp()).sum();
                losses.push(most + sum.ln() - z[target]);
            }
        }
        assert!(!losses.is_empty());
        losses.iter().sum::<f64>() / losses.len() as f64
    }

    pub fn beyond_chance(loss: f64, vocabulary: usize) -> f64 {
        assert!(vocabulary >= 2);
        let chance = (vocabulary as f64).ln();
        (loss - chance) / chance
    }

    pub fn norms(gradient: &Array1<f64>, tensors: &[Tensor]) -> Vec<f64> {
        let mut norms = vec![0.0; tensors.len()];
        for (norm, tensor) in norms.iter_mut().zip(tensors) {
            for at in tensor.start..tensor.end {
                *norm += gradient[at] * gradient[at];
            }
            *norm = f64::sqrt(*norm);
        }
        norms
    }
}
