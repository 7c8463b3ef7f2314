//! Where the numbers of a training stopped being finite.

use ex_6_4::{Config, Model, tensors};

/// What of a model makes its loss NaN or infinite; `None` where the loss is a number. `loss` is asked about the model
/// with less and less cut off.
pub fn origin(
    model: &Model<f32>,
    config: &Config,
    loss: impl Fn(&Model<f32>, &Config) -> f64,
) -> Option<String> {
    let is_broken = |numbers: &ndarray::ArrayViewD<f32>| numbers.iter().any(|it| !it.is_finite());
    if let Some((name, _)) = tensors(model).into_iter().find(|(_, it)| is_broken(it)) {
        return Some(format!("the weights `{name}` are not finite"));
    }
    let is_cut_broken = |layers: &usize| {
        let config = Config { layers: *layers, ..config.clone() };
        let blocks = model.blocks[..*layers].to_vec();
        !loss(&Model { blocks, ..model.clone() }, &config).is_finite()
    };
    (0..=config.layers).find(is_cut_broken).map(|layers| match layers.checked_sub(1) {
        None => "the loss is not finite, even without any block: it begins in `embedding`, `norm` or the head"
            .to_owned(),
        Some(block) => format!("the loss is not finite: it begins in `blocks.{block}`"),
    })
}

#[cfg(test)]
mod tests {
    use ex_6_4::{Style, forward, zeros};
    use ndarray::array;

    use super::*;

    fn example() -> (Model<f32>, Config) {
        let config = Config {
            vocabulary: 5,
            context: 3,
            width: 4,
            heads: 2,
            kv_heads: 2,
            hidden: 6,
            layers: 3,
            style: Style::Gpt2,
            rope_base: 1e4,
            epsilon: 1e-5,
        };
        let mut model = zeros(&config);
        for (_, mut array) in ex_6_4::tensors_mut(&mut model) {
            array.iter_mut().zip(1_u16..).for_each(|(it, i)| *it = (f32::from(i) * 1.7).sin());
        }
        (model, config)
    }

    fn sum_of_logits(model: &Model<f32>, config: &Config) -> f64 {
        f64::from(forward(model, config, &array![[1, 2, 0]]).0.sum())
    }

    fn found(change: impl FnOnce(&mut Model<f32>)) -> Option<String> {
        let (mut model, config) = example();
        change(&mut model);
        origin(&model, &config, sum_of_logits)
    }

    #[test]
    fn the_first_part_that_is_not_finite_is_found() {
        assert_eq!(found(|_| ()), None);
        let of_weights = found(|model| model.blocks[2].attention.k.w[[1, 1]] = f32::NAN);
        assert_eq!(of_weights.unwrap(), "the weights `blocks.2.attention.k.w` are not finite");
        let of_block = found(|model| model.blocks[1].attention.v.w.fill(3e38));
        assert_eq!(of_block.unwrap(), "the loss is not finite: it begins in `blocks.1`");
        let of_ends = found(|model| model.embedding.fill(3e38));
        assert!(of_ends.unwrap().contains("even without any block"));
    }
}
