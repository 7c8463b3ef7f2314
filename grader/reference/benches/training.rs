//! Training a small GPT beside PyTorch and plain loops in C, in f32 on two threads: the same weights, the same windows,
//! in turns.
//!
//! ```sh
//! export OPENBLAS_NUM_THREADS=1 MALLOC_MMAP_THRESHOLD_=33554432
//! export MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=67108864
//! export RUSTFLAGS="-C target-cpu=native"
//! PYTHON=python3 cargo bench --profile programs --package reference --bench training --features avx512 [-- large]
//! ```
//!
//! The variables are those of `./x train`. `large` is a model of ten million parameters. `PYTHON` is an interpreter that
//! has NumPy and PyTorch; without it PyTorch is left out.
//!
//! The plain loops are `plain.c`, which has the shape of the well-known trainings of GPT-2 in plain C. They are compiled
//! by `cc`, or what `CC` names, with `-O3 -march=native -fopenmp` and the options in `CFLAGS`; without a compiler they are
//! left out. With `-ffast-math` among them, sums are made in any order, and so of many numbers at once. Because they are
//! slow, they take part **in the first quarter of the turns alone**: their speed and the ratio are medians of those turns,
//! and the losses of all are shown after the last of them, too.
//!
//! What the products of `kernels` are worth is seen beside ones by OpenBLAS: `--features avx512,openblas,general`.

use std::{
    env, ffi::OsString, fs, hint::black_box, io, path::Path, process::Command, time::Instant,
};

use ex_3_4::Rng;
use ex_4_2::AdamW;
use ex_6_4::{Config, Model, Style, parameters, tensors, tensors_mut, zeros};
use ex_6_6::{MicroBatch, Settings, State, start, update};
use ndarray::{Array2, Axis, s};
use rival::{Rival, median};

#[path = "../../../solutions/rival.rs"]
mod rival;
#[path = "../../programs/src/threads.rs"]
#[allow(dead_code, reason = "a program measures validation losses as well")]
mod threads;

const THREADS: usize = 2;
const VOCABULARY: usize = 65;

const SCRIPT: &str = "
import json, resource, sys, time
import numpy as np, torch
import torch.nn.functional as F
from torch import nn
folder, sizes = sys.argv[1], json.loads(sys.argv[2])
V, T, D, H, L, B = (sizes[it] for it in ('vocabulary', 'context', 'width', 'heads', 'layers', 'batch'))
torch.set_num_threads(2)

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.o = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.up, self.down = nn.Linear(D, 4 * D), nn.Linear(4 * D, D)

    def forward(self, x):
        heads = [it.view(-1, T, H, D // H).transpose(1, 2) for it in self.qkv(self.norm1(x)).split(D, dim=2)]
        y = F.scaled_dot_product_attention(*heads, is_causal=True)
        x = x + self.o(y.transpose(1, 2).reshape(-1, T, D))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate='tanh'))

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.positions = nn.Embedding(V, D), nn.Embedding(T, D)
        self.blocks, self.norm = nn.ModuleList(Block() for _ in range(L)), nn.LayerNorm(D)

    def forward(self, x, y):
        h = self.embedding(x) + self.positions.weight
        for block in self.blocks:
            h = block(h)
        return F.cross_entropy((self.norm(h) @ self.embedding.weight.T).view(-1, V), y.reshape(-1))

model = Model()
numbers = torch.from_numpy(np.fromfile(folder + '/weights', dtype=np.float32))

def take(shape):
    global numbers
    count = int(np.prod(shape))
    taken, numbers = numbers[:count].view(shape), numbers[count:]
    return taken

with torch.no_grad():
    model.embedding.weight.copy_(take((V, D)))
    model.positions.weight.copy_(take((T, D)))
    for it in model.blocks:
        it.norm1.weight.copy_(take((D,))), it.norm1.bias.copy_(take((D,)))
        for part in range(3):
            rows = slice(part * D, (part + 1) * D)
            it.qkv.weight[rows].copy_(take((D, D))), it.qkv.bias[rows].copy_(take((D,)))
        it.o.weight.copy_(take((D, D))), it.o.bias.copy_(take((D,)))
        it.norm2.weight.copy_(take((D,))), it.norm2.bias.copy_(take((D,)))
        it.up.weight.copy_(take((4 * D, D))), it.up.bias.copy_(take((4 * D,)))
        it.down.weight.copy_(take((D, 4 * D))), it.down.bias.copy_(take((D,)))
    model.norm.weight.copy_(take((D,))), model.norm.bias.copy_(take((D,)))
assert len(numbers) == 0

groups = [[], []]
for it in model.parameters():
    groups[it.dim() > 1].append(it)
optimiser = torch.optim.AdamW(
    [dict(params=groups[0], weight_decay=0.0), dict(params=groups[1], weight_decay=0.1)],
    lr=1e-3, betas=(0.9, 0.99), eps=1e-8, fused=True)
windows = torch.from_numpy(np.fromfile(folder + '/windows', dtype=np.uint16).astype(np.int64)).view(-1, B, T + 1)
at = 0
for line in sys.stdin:
    if line.strip() == 'memory':
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
        continue
    began = time.perf_counter()
    sum = 0.0
    for _ in range(int(line)):
        step = windows[at]
        at += 1
        optimiser.zero_grad(set_to_none=True)
        loss = model(step[:, :-1], step[:, 1:])
        loss.backward()
        optimiser.step()
        sum += loss.item()
    print(time.perf_counter() - began, sum / int(line), flush=True)
";

/// How large a training is.
struct Size {
    config: Config,
    batch: usize,
    micro: usize,
    /// How many turns there are, and the steps of a turn.
    turns: usize,
    steps: usize,
}

impl Size {
    fn named(name: Option<&str>) -> Self {
        let is_large = name == Some("large");
        let number = |small, large| if is_large { large } else { small };
        let width = number(128, 384);
        let config = Config {
            vocabulary: VOCABULARY,
            context: number(64, 256),
            width,
            heads: number(4, 6),
            kv_heads: number(4, 6),
            hidden: 4 * width,
            layers: number(4, 6),
            style: Style::Gpt2,
            rope_base: 1e4,
            epsilon: 1e-5,
        };
        Self {
            config,
            batch: number(12, 4),
            micro: number(3, 2),
            turns: number(20, 5),
            steps: number(20, 2),
        }
    }

    /// The turns that the plain loops take part in.
    fn plain_turns(&self) -> usize {
        self.turns.div_ceil(4)
    }
}

/// Gains of 1, biases of 0, and matrices of small random numbers.
fn weights(config: &Config) -> Model<f32> {
    let mut rng = Rng::new(1);
    let mut model = zeros(config);
    for (name, mut array) in tensors_mut(&mut model) {
        match array.ndim() {
            1 => array.fill(if name.ends_with("gain") { 1.0 } else { 0.0 }),
            _ => array
                .mapv_inplace(|_| ((rng.next_u64() >> 40) as f32 / (1 << 24) as f32 - 0.5) * 0.07),
        }
    }
    model
}

/// The briefs of the course, each byte by its rank among the most frequent ones.
fn tokens() -> io::Result<Vec<usize>> {
    let exercises = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../exercises");
    let mut text = Vec::new();
    for folder in fs::read_dir(exercises)? {
        text.extend(fs::read(folder?.path().join("README.md"))?);
    }
    let mut counts = [0_usize; 256];
    text.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let rank = |byte: u8| counts.iter().filter(|it| **it > counts[usize::from(byte)]).count();
    let ranks: Vec<_> = (0..=255).map(|byte| rank(byte).min(VOCABULARY - 1)).collect();
    Ok(text.iter().map(|byte| ranks[usize::from(*byte)]).collect())
}

/// The windows of each step: (B, T + 1).
fn windows(size: &Size) -> io::Result<Vec<Array2<usize>>> {
    let (tokens, mut rng) = (tokens()?, Rng::new(2));
    let length = size.config.context + 1;
    let places = (tokens.len() - length) as u64;
    let mut window = |_| {
        let from = (rng.next_u64() % places) as usize;
        tokens[from..from + length].to_vec()
    };
    let mut of_step = |_| {
        let rows: Vec<_> = (0..size.batch).flat_map(&mut window).collect();
        Array2::from_shape_vec((size.batch, length), rows).expect("rows are as long")
    };
    Ok((0..size.turns * size.steps).map(&mut of_step).collect())
}

fn settings(size: &Size) -> Settings {
    Settings {
        batch: size.batch,
        micro: size.micro,
        time: size.config.context,
        seed: 0,
        ignore: None,
        adamw: AdamW { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.1 },
        // PyTorch clips nothing here.
        max_norm: 1e9,
        rate: 1e-3,
        min_rate: 1e-3,
        warmup: 0,
        total: size.turns * size.steps,
    }
}

/// Makes a step as `./x train` does, and gives its loss.
fn step(state: &mut State<f32>, size: &Size, settings: &Settings, windows: &Array2<usize>) -> f64 {
    let micro_batch = |rows: ndarray::ArrayView2<usize>| MicroBatch {
        x: rows.slice(s![.., ..-1]).to_owned(),
        y: rows.slice(s![.., 1..]).to_owned(),
    };
    let batches: Vec<_> = windows.axis_chunks_iter(Axis(0), size.micro).map(micro_batch).collect();
    let (loss, mut sum) = threads::gradients(&state.model, &size.config, &batches, THREADS, false);
    update(state, &mut sum, settings).expect("the gradients are finite");
    f64::from(loss)
}

/// What the rivals read: the weights, and the windows of all steps.
fn write(folder: &Path, model: &Model<f32>, windows: &[Array2<usize>]) -> io::Result<()> {
    let weights: Vec<_> = tensors(model)
        .iter()
        .flat_map(|(_, array)| array.iter().flat_map(|it| it.to_le_bytes()).collect::<Vec<_>>())
        .collect();
    let ids: Vec<_> = windows.iter().flatten().flat_map(|id| (*id as u16).to_le_bytes()).collect();
    fs::write(folder.join("weights"), weights)?;
    fs::write(folder.join("windows"), ids)
}

fn peak_memory() -> io::Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:")).unwrap_or_default();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().map_err(io::Error::other)?;
    Ok(kib / 1024.0)
}

/// The seconds of the turns that one side took, and the mean losses of their steps.
#[derive(Default)]
struct Turns {
    seconds: Vec<f64>,
    losses: Vec<f64>,
}

impl Turns {
    fn push(&mut self, seconds: f64, loss: f64) {
        self.seconds.push(seconds);
        self.losses.push(loss);
    }

    fn print_row(&self, name: &str, memory: f64, own: &Turns, size: &Size) {
        let tokens = (size.batch * size.config.context * size.steps) as f64;
        let speed = tokens / median(self.seconds.clone());
        let losses = [size.plain_turns(), size.turns].map(|turn| {
            self.losses.get(turn - 1).map_or("–".to_owned(), |loss| format!("{loss:.5}"))
        });
        let ratios = self.seconds.iter().zip(&own.seconds).map(|(theirs, own)| theirs / own);
        let ratio = median(ratios.collect());
        println!("| {name} | {speed:.0} | {} | {memory:.0} MiB | {ratio:.2} |", losses.join(" | "));
    }
}

/// Who trains beside the reference.
struct Side {
    name: &'static str,
    rival: Rival,
    /// It takes part in so many turns from the first on.
    most: usize,
    turns: Turns,
}

impl Side {
    fn take_turn(&mut self, steps: usize) {
        let answer = self.rival.ask(&steps.to_string());
        let numbers: Vec<f64> =
            answer.split_whitespace().map(|it| it.parse().expect("a number")).collect();
        self.turns.push(numbers[0], numbers[1]);
    }
}

fn torch(folder: &Path, size: &Size) -> Option<Side> {
    let Config { vocabulary, context, width, heads, layers, .. } = size.config;
    let sizes = serde_json::json!({
        "vocabulary": vocabulary, "context": context, "width": width, "heads": heads, "layers": layers,
        "batch": size.batch,
    });
    let arguments = [folder.into(), OsString::from(sizes.to_string())];
    let rival = Rival::start(SCRIPT, &arguments, THREADS as i32)?;
    Some(Side { name: "PyTorch", rival, most: size.turns, turns: Turns::default() })
}

/// Compiles and starts the plain loops; `None` where that fails.
fn plain(folder: &Path, size: &Size) -> Option<Side> {
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let options = env::var("CFLAGS").unwrap_or_default();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/plain.c");
    let program = folder.join("plain");
    let mut compile = Command::new(&compiler);
    compile.args(["-O3", "-march=native", "-fopenmp"]).args(options.split_whitespace());
    compile.arg("-o").args([&program, &source]).arg("-lm");
    if !compile.status().is_ok_and(|it| it.success()) {
        let name = compiler.display();
        println!(
            "plain C is left out: {name} did not compile it. Set CC to a C compiler with OpenMP."
        );
        return None;
    }
    let Config { vocabulary, context, width, heads, layers, .. } = size.config;
    let sizes = [vocabulary, context, width, heads, layers, size.batch].map(|it| it.to_string());
    let rival = Rival::spawn(Command::new(program).arg(folder).args(sizes));
    Some(Side { name: "plain C", rival, most: size.plain_turns(), turns: Turns::default() })
}

fn main() -> io::Result<()> {
    let name = env::args().skip(1).find(|it| !it.starts_with('-'));
    let size = Size::named(name.as_deref());
    let (settings, windows) = (settings(&size), windows(&size)?);
    let mut state = start(weights(&size.config));
    let folder = tempfile::tempdir()?;
    write(folder.path(), &state.model, &windows)?;
    let rivals = [torch(folder.path(), &size), plain(folder.path(), &size)];
    let mut rivals: Vec<_> = rivals.into_iter().flatten().collect();
    let tokens = size.batch * size.config.context;
    println!("{} parameters, {tokens} tokens a step", parameters(&size.config));
    let mut own = Turns::default();
    for (at, turn) in windows.chunks(size.steps).enumerate() {
        let began = Instant::now();
        let sum: f64 =
            turn.iter().map(|it| black_box(step(&mut state, &size, &settings, it))).sum();
        own.push(began.elapsed().as_secs_f64(), sum / size.steps as f64);
        rivals.iter_mut().filter(|it| at < it.most).for_each(|it| it.take_turn(size.steps));
    }
    let (quarter, end) = (size.plain_turns(), size.turns);
    println!(
        "| | tokens/s | loss of turn {quarter} | loss of turn {end} | memory | reference / it |"
    );
    println!("|---|---|---|---|---|---|");
    own.print_row("reference", peak_memory()?, &own, &size);
    for Side { name, mut rival, turns, .. } in rivals {
        turns.print_row(name, rival.seconds("memory"), &own, &size);
    }
    Ok(())
}
