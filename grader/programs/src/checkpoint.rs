//! Checkpoints on disk: all that a training goes on from, in the format safetensors.

use std::{
    collections::HashMap,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use ex_5_1::Tokeniser;
use ex_5_3::Position;
use ex_6_4::{Config, Style, parameters, tensors, tensors_mut, zeros};
use ex_6_6::{State, start};
use ndarray::{ArrayD, ArrayViewD};
use safetensors::{Dtype, SafeTensorError, SafeTensors, tensor::TensorView};
use serde_json::Value;

use crate::store;

/// What a checkpoint is written as; another number is another format.
const VERSION: &str = "1";

/// The largest width, depth or number of tokens of a model that is read: products of three of them are numbers.
const MAX_SIZE: usize = 1 << 19;

/// A model in its training, and what its tokens mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    pub config: Config,
    pub tokeniser: Tokeniser,
    pub state: State<f32>,
}

/// Why a checkpoint is not read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum CheckpointError {
    #[error("failed to read {path}")]
    #[diagnostic(help("name another folder"))]
    Read { path: PathBuf, source: io::Error },
    #[error("failed to read {path}: it is no whole file of tensors")]
    #[diagnostic(help(
        "it was cut short or is something else. Remove it to train anew, or name another folder"
    ))]
    Format { path: PathBuf, source: SafeTensorError },
    #[error("failed to read {path}: {what} is missing or does not fit")]
    #[diagnostic(help(
        "`./x train` of another version wrote it, or another program. Remove it to train anew, or name another folder"
    ))]
    Other { path: PathBuf, what: String },
}

/// The sizes of a model, as texts.
pub fn sizes(config: &Config) -> [(&'static str, String); 10] {
    let style = match config.style {
        Style::Gpt2 => "gpt2",
        Style::Llama => "llama",
    };
    [
        ("style", style.to_owned()),
        ("vocabulary", config.vocabulary.to_string()),
        ("context", config.context.to_string()),
        ("width", config.width.to_string()),
        ("heads", config.heads.to_string()),
        ("kv_heads", config.kv_heads.to_string()),
        ("hidden", config.hidden.to_string()),
        ("layers", config.layers.to_string()),
        ("rope_base", config.rope_base.to_string()),
        ("epsilon", config.epsilon.to_string()),
    ]
}

/// Writes a checkpoint beside its place, and puts it there when all of it is on disk.
///
/// # Errors
/// When the system fails. What was there is then as it was.
pub fn write(path: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    store::replace_file(path, &to_bytes(checkpoint).map_err(io::Error::other)?)
}

fn to_bytes(checkpoint: &Checkpoint) -> Result<Vec<u8>, SafeTensorError> {
    let State { model, moments, .. } = &checkpoint.state;
    let mut all = Vec::new();
    for ((name, weights), (m, s)) in
        tensors(model).into_iter().zip(moments.m.iter().zip(&moments.s))
    {
        for (prefix, array) in [("model", weights), ("m", m.view()), ("s", s.view())] {
            all.push((format!("{prefix}.{name}"), array.shape().to_vec(), bytes_of(&array)));
        }
    }
    let views = all
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, SafeTensorError>>()?;
    safetensors::serialize(views, Some(texts(checkpoint)))
}

fn bytes_of(array: &ArrayViewD<'_, f32>) -> Vec<u8> {
    array.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// What a checkpoint has beside its arrays.
fn texts(checkpoint: &Checkpoint) -> HashMap<String, String> {
    let Checkpoint { config, tokeniser, state: State { moments, position, .. } } = checkpoint;
    let others = [
        ("version", VERSION.to_owned()),
        ("merges", Value::from_iter(tokeniser.merges.iter().map(|&(a, b)| vec![a, b])).to_string()),
        ("special", Value::from_iter(tokeniser.special.clone()).to_string()),
        ("steps", moments.steps.to_string()),
        ("epoch", position.epoch.to_string()),
        ("window", position.window.to_string()),
    ];
    let all = sizes(config).into_iter().chain(others);
    all.map(|(key, text)| (key.to_owned(), text)).collect()
}

/// What a checkpoint holds; `None` where there is no file.
///
/// # Errors
/// When it cannot be read, or is not a whole checkpoint.
pub fn read(path: &Path) -> Result<Option<Checkpoint>, CheckpointError> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|source| CheckpointError::Read { path: path.to_owned(), source })?,
    };
    let format = |source| CheckpointError::Format { path: path.to_owned(), source };
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(format)?;
    let arrays = SafeTensors::deserialize(&bytes).map_err(format)?;
    let texts = header.metadata().clone().unwrap_or_default();
    let other = |what| CheckpointError::Other { path: path.to_owned(), what };
    from_parts(&texts, &arrays, header.data_len()).map(Some).map_err(other)
}

/// A checkpoint, or what of it is missing or does not fit.
fn from_parts(
    texts: &HashMap<String, String>,
    arrays: &SafeTensors,
    bytes: usize,
) -> Result<Checkpoint, String> {
    if texts.get("version").map(String::as_str) != Some(VERSION) {
        return Err("the version".to_owned());
    }
    let (config, tokeniser) = (config(texts)?, tokeniser(texts)?);
    let tokens = 256 + tokeniser.merges.len() + tokeniser.special.len();
    if config.vocabulary != tokens || !is_filled_by(&config, bytes) {
        return Err("a size".to_owned());
    }
    let mut state = start(zeros(&config));
    let State { model, moments, position } = &mut state;
    for ((name, mut weights), (m, s)) in
        tensors_mut(model).into_iter().zip(moments.m.iter_mut().zip(&mut moments.s))
    {
        let shape = weights.shape().to_vec();
        weights.assign(&array(arrays, &format!("model.{name}"), &shape)?);
        *m = array(arrays, &format!("m.{name}"), &shape)?;
        *s = array(arrays, &format!("s.{name}"), &shape)?;
    }
    moments.steps = number(texts, "steps")?;
    *position = Position { epoch: number(texts, "epoch")?, window: number(texts, "window")? };
    Ok(Checkpoint { config, tokeniser, state })
}

fn number<T: std::str::FromStr>(texts: &HashMap<String, String>, key: &str) -> Result<T, String> {
    texts.get(key).and_then(|it| it.parse().ok()).ok_or_else(|| format!("the text `{key}`"))
}

fn config(texts: &HashMap<String, String>) -> Result<Config, String> {
    let style = match texts.get("style").map(String::as_str) {
        Some("gpt2") => Style::Gpt2,
        Some("llama") => Style::Llama,
        _ => return Err("the text `style`".to_owned()),
    };
    Ok(Config {
        vocabulary: number(texts, "vocabulary")?,
        context: number(texts, "context")?,
        width: number(texts, "width")?,
        heads: number(texts, "heads")?,
        kv_heads: number(texts, "kv_heads")?,
        hidden: number(texts, "hidden")?,
        layers: number(texts, "layers")?,
        style,
        rope_base: number(texts, "rope_base")?,
        epsilon: number(texts, "epsilon")?,
    })
}

/// Whether so many bytes are the weights and moments of such a model: nothing larger than the file is made.
fn is_filled_by(config: &Config, bytes: usize) -> bool {
    let &Config { vocabulary, context, width, heads, kv_heads, hidden, layers, .. } = config;
    let sizes = [vocabulary, context, width, heads, kv_heads, hidden, layers];
    sizes.iter().all(|size| (1..=MAX_SIZE).contains(size))
        && width.is_multiple_of(2 * heads)
        && heads.is_multiple_of(kv_heads)
        && 12 * parameters(config) == bytes
}

fn tokeniser(texts: &HashMap<String, String>) -> Result<Tokeniser, String> {
    Ok(Tokeniser { merges: json(texts, "merges")?, special: json(texts, "special")? })
}

fn json<T: serde::de::DeserializeOwned>(
    texts: &HashMap<String, String>,
    key: &str,
) -> Result<T, String> {
    let parsed = texts.get(key).and_then(|it| serde_json::from_str(it).ok());
    parsed.ok_or_else(|| format!("the text `{key}`"))
}

fn array(arrays: &SafeTensors, name: &str, shape: &[usize]) -> Result<ArrayD<f32>, String> {
    let missing = || format!("the array `{name}`");
    let view = arrays.tensor(name).map_err(|_| missing())?;
    if (view.dtype(), view.shape()) != (Dtype::F32, shape) {
        return Err(missing());
    }
    let (numbers, _) = view.data().as_chunks();
    let numbers = numbers.iter().map(|it| f32::from_le_bytes(*it)).collect();
    ArrayD::from_shape_vec(shape, numbers).map_err(|_| missing())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let config = Config {
            vocabulary: 258,
            context: 3,
            width: 4,
            heads: 2,
            kv_heads: 1,
            hidden: 6,
            layers: 1,
            style: Style::Gpt2,
            rope_base: 1e4,
            epsilon: 1e-5,
        };
        let mut state = start(zeros(&config));
        let State { model, moments, position } = &mut state;
        for (at, (_, mut array)) in tensors_mut(model).into_iter().enumerate() {
            array.iter_mut().zip(0_u16..).for_each(|(it, i)| *it = f32::from(i) / 7.0 + at as f32);
            moments.m[at].fill(at as f32 + 0.25);
            moments.s[at].fill(at as f32 + 0.5);
        }
        (moments.steps, *position) = (17, Position { epoch: 3, window: 5 });
        let tokeniser = Tokeniser { merges: vec![(104, 105)], special: vec!["\"end\"".to_owned()] };
        Checkpoint { config, tokeniser, state }
    }

    /// What is said of a checkpoint whose texts were changed.
    fn refused(change: impl FnOnce(&mut HashMap<String, String>)) -> String {
        let checkpoint = checkpoint();
        let bytes = to_bytes(&checkpoint).unwrap();
        let arrays = SafeTensors::deserialize(&bytes).unwrap();
        let mut texts = texts(&checkpoint);
        change(&mut texts);
        from_parts(&texts, &arrays, 12 * parameters(&checkpoint.config)).unwrap_err()
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("last.safetensors");
        assert!(read(&path).unwrap().is_none());
        write(&path, &checkpoint()).unwrap();
        assert!(read(&path).unwrap() == Some(checkpoint()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    /// What the program writes with the maintained crate, lesson 6.6 reads.
    #[test]
    fn the_lesson_reads_the_same_arrays() {
        let contents = ex_6_6::from_safetensors(&to_bytes(&checkpoint()).unwrap()).unwrap();
        assert_eq!(contents.metadata["steps"], "17");
        let (_, array) = contents.tensors.iter().find(|(name, _)| name == "s.embedding").unwrap();
        assert!(*array == checkpoint().state.moments.s[0]);
    }

    #[test]
    fn a_file_that_was_cut_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("last.safetensors");
        let whole = to_bytes(&checkpoint()).unwrap();
        for length in [0, 7, 100, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            let error = read(&path).unwrap_err();
            assert!(matches!(error, CheckpointError::Format { .. }), "{length}: {error}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let with = |key: &'static str, text: &'static str| {
            refused(|texts| drop(texts.insert(key.to_owned(), text.to_owned())))
        };
        assert_eq!(with("version", "2"), "the version");
        assert_eq!(with("steps", "-1"), "the text `steps`");
        assert_eq!(with("merges", "[[1]]"), "the text `merges`");
        assert_eq!(with("style", "bert"), "the text `style`");
        // More than the file has, more than memory has, more than a number holds, and what cannot be shared among heads.
        for (key, text) in [
            ("layers", "2"),
            ("context", "524288"),
            ("vocabulary", "257"),
            ("width", "18446744073709551615"),
            ("heads", "0"),
            ("kv_heads", "0"),
        ] {
            assert_eq!(with(key, text), "a size", "{key}");
        }
        assert_eq!(refused(|texts| drop(texts.remove("epoch"))), "the text `epoch`");
        // As many numbers, in arrays of other shapes.
        assert_eq!(with("style", "llama"), "a size");
    }
}
