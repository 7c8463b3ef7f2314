use std::fmt;

use ndarray::{Array2, ArrayView1, s};

use super::coordinate::Coordinate;

/// How many cells the terminal shows: with the numbers of the rows in 80 columns.
const IN_TERMINAL: [usize; 2] = [24, 64];

/// How many cells the picture shows.
const IN_PICTURE: [usize; 2] = [64, 128];

/// Pixels: a cell, the margin around the map, the height of a line of text, the numbers at the left.
const CELL: usize = 12;
const MARGIN: usize = 16;
const LINE: usize = 20;
const NUMBERS: usize = 40;

/// Every so many rows and columns one is numbered.
const NUMBERED: usize = 5;

/// Where the gradient of a matrix is wrong, and by how much: one cell for each coordinate, or for
/// the worst of several in a large matrix. As text of 80 columns, and as a picture.
///
/// ```
/// use gradcheck::{check_loss, random};
/// use ndarray::Array2;
///
/// let w: Array2<f64> = random((4, 6), 1);
/// let mut dw = 2.0 * &w;
/// dw.row_mut(2).fill(0.0);
/// let report = check_loss(("W", &w, &dw), |w| w.mapv(|w| w * w).sum());
/// let map = report.heat_map("W").expect("W is a matrix");
/// assert!(map.to_string().contains("2 ██████"));
/// assert!(map.to_svg().starts_with("<svg"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    argument: String,
    /// Relative errors; zero where the gradients agree, NaN where one is not finite.
    errors: Array2<f64>,
}

/// A range of relative errors, up to the largest, and how it is shown.
struct Level {
    largest: f64,
    symbol: char,
    colour: &'static str,
    label: &'static str,
}

/// Of increasing size, told apart without colours and by people who see few of them.
const LEVELS: [Level; 5] = [
    Level { largest: 0.0, symbol: '·', colour: "#e3e6ea", label: "agrees" },
    Level { largest: 1e-3, symbol: '░', colour: "#fdd49e", label: "off by up to 0.1 %" },
    Level { largest: 0.1, symbol: '▒', colour: "#fc8d59", label: "off by up to 10 %" },
    Level {
        largest: f64::INFINITY,
        symbol: '█',
        colour: "#b30000",
        label: "off by more than 10 %",
    },
    Level { largest: f64::NAN, symbol: '!', colour: "#54278f", label: "not finite" },
];

impl HeatMap {
    /// The map of a matrix's or a vector's coordinates, which are in row-major order.
    pub(crate) fn of(coordinates: &[&Coordinate]) -> Option<Self> {
        let last = coordinates.last()?;
        let shape = match last.index[..] {
            [column] => (1, column + 1),
            [row, column] => (row + 1, column + 1),
            _ => return None,
        };
        let errors = coordinates.iter().map(|it| it.relative_error()).collect();
        let errors = Array2::from_shape_vec(shape, errors).ok()?;
        Some(Self { argument: last.argument.clone(), errors })
    }

    pub(crate) fn is_matrix(&self) -> bool {
        self.errors.nrows() > 1 && self.errors.ncols() > 1
    }

    /// The symbols of the text, from what agrees to what is not finite, and what each says.
    pub const LEGEND: [(char, &str); 5] = {
        let [a, b, c, d, e] = &LEVELS;
        [
            (a.symbol, a.label),
            (b.symbol, b.label),
            (c.symbol, c.label),
            (d.symbol, d.label),
            (e.symbol, e.label),
        ]
    };

    /// How many rows and columns the gradient has; a vector is one row.
    pub fn shape(&self) -> [usize; 2] {
        [self.errors.nrows(), self.errors.ncols()]
    }

    /// The cells as the text shows them: a line for each row, and a symbol of the
    /// [legend](Self::LEGEND) for each cell.
    pub fn rows(&self) -> Vec<String> {
        self.cells(IN_TERMINAL).symbols()
    }

    /// How many rows and columns of the gradient a cell of [`rows`](Self::rows) stands for: it shows
    /// the worst of them.
    pub fn pooled(&self) -> [usize; 2] {
        self.cells(IN_TERMINAL).pooled
    }

    /// The map as a picture: a document of its own in Scalable Vector Graphics.
    pub fn to_svg(&self) -> String {
        let cells = self.cells(IN_PICTURE);
        let (rows, columns) = cells.levels.dim();
        let width = (2 * MARGIN + NUMBERS + columns * CELL).max(700);
        let height = 2 * MARGIN + 4 * LINE + rows * CELL;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" font-family=\"sans-serif\" \
             font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        );
        svg += &text(MARGIN, MARGIN + LINE / 2, "start", &self.title(&cells));
        for ((row, column), level) in cells.levels.indexed_iter() {
            let Level { colour, label, .. } = LEVELS[*level];
            let title = format!("{}: {label}", self.place(&cells, row, column));
            svg += &cell(cell_x(column), cell_y(row), colour, &title);
        }
        svg + &cells.numbers() + &legend(height - MARGIN) + "</svg>\n"
    }

    fn title(&self, cells: &Cells) -> String {
        let [rows, columns] = cells.pooled;
        let whole = format!("dL/d{}, {:?}", self.argument, self.errors.shape());
        if rows * columns == 1 {
            return whole;
        }
        format!("{whole}: a cell is the worst of {rows} × {columns} coordinates")
    }

    /// What a cell stands for.
    fn place(&self, cells: &Cells, row: usize, column: usize) -> String {
        let range = |at: usize, axis: usize| {
            let (step, length) = (cells.pooled[axis], self.errors.shape()[axis]);
            match step {
                1 => at.to_string(),
                _ => format!("{}..{}", at * step, ((at + 1) * step).min(length)),
            }
        };
        format!("{}[{}, {}]", self.argument, range(row, 0), range(column, 1))
    }

    /// At most so many rows and columns, each the worst of those it stands for.
    fn cells(&self, most: [usize; 2]) -> Cells {
        let shape = [self.errors.nrows(), self.errors.ncols()];
        let pooled = [0, 1].map(|axis| shape[axis].div_ceil(most[axis]).max(1));
        let [rows, columns] = pooled;
        let size = [0, 1].map(|axis| shape[axis].div_ceil(pooled[axis]));
        let levels = Array2::from_shape_fn(size, |(row, column)| {
            let (top, left) = (row * rows, column * columns);
            let bottom = (top + rows).min(shape[0]);
            let right = (left + columns).min(shape[1]);
            let block = self.errors.slice(s![top..bottom, left..right]);
            block.iter().map(|error| level(*error)).max().unwrap_or(0)
        });
        Cells { levels, pooled }
    }
}

/// The map at the size it is shown.
struct Cells {
    /// Positions in [`LEVELS`].
    levels: Array2<usize>,
    /// How many rows and columns of the matrix a cell stands for.
    pooled: [usize; 2],
}

impl Cells {
    /// A line for each row.
    fn symbols(&self) -> Vec<String> {
        let symbols = |row: ArrayView1<usize>| row.iter().map(|it| LEVELS[*it].symbol).collect();
        self.levels.rows().into_iter().map(symbols).collect()
    }

    /// The numbers of rows at the left and of columns above.
    fn numbers(&self) -> String {
        let (rows, columns) = self.levels.dim();
        let row = |at: usize| {
            let number = (at * self.pooled[0]).to_string();
            text(MARGIN + NUMBERS - 6, cell_y(at) + CELL - 1, "end", &number)
        };
        let column = |at: usize| {
            let number = (at * self.pooled[1]).to_string();
            text(cell_x(at), MARGIN + 2 * LINE - 6, "start", &number)
        };
        let rows = (0..rows).step_by(NUMBERED).map(row);
        rows.chain((0..columns).step_by(NUMBERED).map(column)).collect()
    }
}

/// The first range that the error is in; what is not a number is in the last.
fn level(error: f64) -> usize {
    LEVELS.iter().position(|level| error <= level.largest).unwrap_or(LEVELS.len() - 1)
}

fn cell_x(column: usize) -> usize {
    MARGIN + NUMBERS + column * CELL
}

fn cell_y(row: usize) -> usize {
    MARGIN + 2 * LINE + row * CELL
}

fn legend(y: usize) -> String {
    let mut x = MARGIN;
    let entry = |level: &Level| {
        let entry = cell(x, y + 2 - CELL, level.colour, level.label)
            + &text(x + CELL + 4, y, "start", level.label);
        x += 40 + 7 * level.label.len();
        entry
    };
    LEVELS.iter().map(entry).collect()
}

fn cell(x: usize, y: usize, colour: &str, title: &str) -> String {
    let (side, title) = (CELL - 1, escaped(title));
    format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"{side}\" fill=\"{colour}\">\
         <title>{title}</title></rect>\n"
    )
}

fn text(x: usize, y: usize, anchor: &str, text: &str) -> String {
    let text = escaped(text);
    format!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>\n")
}

/// An argument may be called anything.
fn escaped(text: &str) -> String {
    let escape = |letter| match letter {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        letter if letter.is_control() => " ".to_owned(),
        letter => letter.to_string(),
    };
    text.chars().map(escape).collect()
}

impl fmt::Display for HeatMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = self.cells(IN_TERMINAL);
        writeln!(f, "{}", self.title(&cells))?;
        for (at, symbols) in cells.symbols().iter().enumerate() {
            writeln!(f, "{:>6} {symbols}", at * cells.pooled[0])?;
        }
        let shown =
            LEVELS.iter().enumerate().filter(|(at, _)| cells.levels.iter().any(|it| it == at));
        let legend = shown.map(|(_, level)| format!("{} {}", level.symbol, level.label));
        write!(f, "       {}", legend.collect::<Vec<_>>().join("   "))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn map(errors: Array2<f64>) -> HeatMap {
        HeatMap { argument: "W".to_owned(), errors }
    }

    #[test]
    fn every_size_of_error_has_a_symbol() {
        let errors = ndarray::array![[0.0, 1e-9, 1e-3, 0.05], [0.1, 0.2, 2.0, f64::NAN]];
        let text = map(errors).to_string();
        assert!(text.contains("     0 ·░░▒\n     1 ▒██!\n"), "{text}");
    }

    #[test]
    fn a_large_matrix_keeps_its_worst_cells_and_its_width() {
        let mut errors = Array2::zeros((1000, 7680));
        errors[[999, 7679]] = 1.0;
        errors[[0, 0]] = f64::NAN;
        let text = map(errors).to_string();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.matches('█').count(), 2, "the cell and the legend:\n{text}");
        assert_eq!(text.matches('!').count(), 2, "the cell and the legend:\n{text}");
        assert!(text.contains("a cell is the worst of 42 × 120 coordinates"), "{text}");
    }

    #[test]
    fn a_program_reads_the_cells_that_the_text_shows() {
        let small = map(ndarray::array![[0.0, 1e-9], [0.05, f64::NAN]]);
        assert_eq!(
            (small.rows(), small.pooled()),
            (vec!["·░".to_owned(), "▒!".to_owned()], [1, 1])
        );
        let large = map(Array2::zeros((1000, 7680)));
        assert_eq!((large.shape(), large.pooled()), ([1000, 7680], [42, 120]));
        assert_eq!(large.rows(), vec!["·".repeat(64); 24]);
    }

    #[test]
    fn the_picture_has_a_cell_for_every_coordinate_and_escapes_names() {
        let svg =
            HeatMap { argument: "<W&\u{1b}>".to_owned(), errors: Array2::zeros((3, 5)) }.to_svg();
        assert_eq!(svg.matches("<title>&lt;W&amp; &gt;[").count(), 15, "{svg}");
        assert!(!svg.contains('\u{1b}') && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn an_empty_matrix_has_no_map() {
        assert_eq!(HeatMap::of(&[]), None);
    }
}
