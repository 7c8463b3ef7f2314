//! Correct variants of lesson 6.9. Each module is the solution in another style, which its documentation names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// A model of zeros, whose arrays are looked up by their names.
pub mod by_name {
    use std::collections::BTreeSet;

    use ex_6_4::{Config, Model, Style, tensors_mut, zeros};
    use ex_6_6::from_safetensors;
    pub use ex_6_9::*;
    use ndarray::{ArrayD, Axis, Slice};

    /// The name in a file, and which third of that array it is.
    fn published(name: &str) -> (String, Option<usize>) {
        let part = ["q", "k", "v"].iter().position(|it| name.contains(&format!("attention.{it}.")));
        let mut name = name.to_owned();
        for (ours, theirs) in [
            ("blocks.", "h."),
            ("embedding", "wte.weight"),
            ("positions", "wpe.weight"),
            ("attention.q.", "attn.c_attn."),
            ("attention.k.", "attn.c_attn."),
            ("attention.v.", "attn.c_attn."),
            ("attention.o.", "attn.c_proj."),
            ("feed_forward.up.", "mlp.c_fc."),
            ("feed_forward.down.", "mlp.c_proj."),
            ("norm1.", "ln_1."),
            ("norm2.", "ln_2."),
        ] {
            name = name.replace(ours, theirs);
        }
        let name = name.strip_prefix("norm.").map_or(name.clone(), |it| format!("ln_f.{it}"));
        let (of, last) = name.rsplit_once('.').expect("names have dots");
        let last = if matches!(last, "gain" | "w" | "weight") { "weight" } else { "bias" };
        (format!("{of}.{last}"), part)
    }

    fn bare(name: &str) -> &str {
        name.strip_prefix("transformer.").unwrap_or(name)
    }

    pub fn load(bytes: &[u8], config: &Config) -> Result<Model<f32>, LoadError> {
        assert!(config.style == Style::Gpt2 && config.kv_heads == config.heads);
        let arrays = from_safetensors(bytes).map_err(LoadError::File)?.tensors;
        let mut model = zeros(config);
        let mut used = BTreeSet::new();
        for (ours, mut place) in tensors_mut(&mut model) {
            let (name, part) = published(&ours);
            let mut expected = place.shape().to_vec();
            if ours.ends_with(".w") {
                expected.reverse();
            }
            if let (Some(_), Some(outputs)) = (part, expected.last_mut()) {
                *outputs *= 3;
            }
            let found: Option<&(String, ArrayD<f32>)> =
                arrays.iter().find(|(it, _)| bare(it) == name);
            let Some((_, array)) = found else { return Err(LoadError::Missing(name)) };
            if array.shape() != expected {
                let found = array.shape().to_vec();
                return Err(LoadError::Shape { name, found, expected });
            }
            used.insert(name);
            let turned = if ours.ends_with(".w") { array.t() } else { array.view() };
            let rows = place.shape()[0];
            let from = part.unwrap_or(0) * rows;
            place.assign(&turned.slice_axis(Axis(0), Slice::from(from..from + rows)));
        }
        for (name, array) in &arrays {
            let is_mask = (0..config.layers).any(|layer| {
                let of_layer = format!("h.{layer}.attn.");
                let mask = bare(name).strip_prefix(&of_layer);
                matches!(mask, Some("bias" | "masked_bias"))
            });
            let is_copy = name == "lm_head.weight" && *array == model.embedding.view().into_dyn();
            if !used.contains(bare(name)) && !is_mask && !is_copy {
                return Err(LoadError::Unknown(name.clone()));
            }
        }
        Ok(model)
    }
}

/// Arrays of their own in row-major order, and pieces that are split off one after the other.
pub mod copied_in_order {
    use ex_6_2::Linear;
    pub use ex_6_9::*;
    use ndarray::{Array1, Array2, Axis};

    pub fn from_conv1d(weight: Array2<f32>, bias: Array1<f32>) -> Linear<f32> {
        let (inputs, outputs) = weight.dim();
        assert!(bias.len() == outputs);
        let w = Array2::from_shape_fn((outputs, inputs), |(row, column)| weight[[column, row]]);
        Linear { w, b: Some(bias) }
    }

    pub fn split_qkv(packed: &Linear<f32>) -> [Linear<f32>; 3] {
        let Some(b) = &packed.b else { panic!("no bias") };
        let third = packed.w.nrows() / 3;
        assert!(3 * third == packed.w.nrows() && b.len() == 3 * third);
        let (q, others) = packed.w.view().split_at(Axis(0), third);
        let (k, v) = others.split_at(Axis(0), third);
        let (of_q, others) = b.view().split_at(Axis(0), third);
        let (of_k, of_v) = others.split_at(Axis(0), third);
        [(q, of_q), (k, of_k), (v, of_v)]
            .map(|(w, b)| Linear { w: w.to_owned(), b: Some(b.to_owned()) })
    }
}

/// Entries as fields of a struct, each with its own question.
pub mod entry_by_entry {
    use ex_6_4::{Config, Style};
    pub use ex_6_9::*;
    use serde_json::{Map, Value};

    fn number(entries: &Map<String, Value>, name: &str) -> Result<usize, LoadError> {
        match entries.get(name) {
            Some(Value::Number(number)) if number.is_u64() => {
                Ok(number.as_u64().unwrap_or_default() as usize)
            }
            _ => Err(LoadError::Entry(name.into())),
        }
    }

    fn must_be(entries: &Map<String, Value>, name: &str, text: &str) -> Result<(), LoadError> {
        let found = entries.get(name).and_then(Value::as_str);
        if found == Some(text) { Ok(()) } else { Err(LoadError::Entry(name.into())) }
    }

    pub fn read_config(json: &str) -> Result<Config, LoadError> {
        let Ok(Value::Object(entries)) = serde_json::from_str(json) else {
            return Err(LoadError::Json);
        };
        must_be(&entries, "activation_function", "gelu_new")?;
        must_be(&entries, "model_type", "gpt2")?;
        let heads = number(&entries, "n_head")?;
        let width = number(&entries, "n_embd")?;
        if width.checked_rem(heads) != Some(0) {
            return Err(LoadError::Entry("n_head".into()));
        }
        let is_given = entries.get("n_inner").is_some_and(|it| !it.is_null());
        let hidden =
            if is_given { Some(number(&entries, "n_inner")?) } else { width.checked_mul(4) };
        let epsilon = entries.get("layer_norm_epsilon").and_then(Value::as_f64);
        match (hidden, epsilon) {
            (None, _) => Err(LoadError::Entry("n_embd".into())),
            (Some(hidden), Some(epsilon)) if epsilon > 0.0 => Ok(Config {
                vocabulary: number(&entries, "vocab_size")?,
                context: number(&entries, "n_positions")?,
                width,
                heads,
                kv_heads: heads,
                hidden,
                layers: number(&entries, "n_layer")?,
                style: Style::Gpt2,
                rope_base: 10_000.0,
                epsilon,
            }),
            _ => Err(LoadError::Entry("layer_norm_epsilon".into())),
        }
    }
}
