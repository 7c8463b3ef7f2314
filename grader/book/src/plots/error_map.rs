//! Where a wrong gradient is wrong, as the checker of the course finds it.

use ex_3_2::{backward_weight, forward};
use gradcheck::{HeatMap, check_loss, random};
use ndarray::{Array1, Array2, s};
use plotters::prelude::*;

use super::chart::{INK, PENS, RULE, figure};

/// Pixels of a cell.
const CELL: i32 = 22;
/// Units, and inputs of each.
const SHAPE: (usize, usize) = (12, 20);

/// dL/dW of a layer where one unit was forgotten and a loop ended too early.
pub fn drawn() -> String {
    let map = map();
    let (rows, columns) = (SHAPE.0 as i32, SHAPE.1 as i32);
    let size = (columns * CELL + 2, rows * CELL + 2);
    let caption = "dL/dW of a linear layer with 12 units of 20 inputs, checked against finite differences. Filled \
                   cells are wrong: the gradient of one unit was left at 0, and a loop over the inputs ended three \
                   too early. The pattern says what to look for; a report shows such a map for each wrong gradient.";
    let name = "A map of a gradient of 12 rows and 20 columns, wrong in one row and in the last three columns";
    figure(name, caption, (size.0 as u32, size.1 as u32), |canvas| {
        for (row, cells) in map.rows().iter().enumerate() {
            for (column, symbol) in cells.chars().enumerate() {
                let (x, y) = (column as i32 * CELL + 1, row as i32 * CELL + 1);
                let corners = [(x, y), (x + CELL - 2, y + CELL - 2)];
                canvas.draw(&Rectangle::new(corners, style(symbol))).expect("a drawing in memory");
            }
        }
    })
}

fn map() -> HeatMap {
    let x: Array2<f64> = random((6, SHAPE.1), 1);
    let w: Array2<f64> = random(SHAPE, 2);
    let b: Array1<f64> = random(SHAPE.0, 3);
    let upstream: Array2<f64> = random((6, SHAPE.0), 4);
    let mut dw = backward_weight(&upstream, &x);
    dw.row_mut(4).fill(0.0);
    dw.slice_mut(s![.., -3..]).fill(0.0);
    let report =
        check_loss(("W", &w, &dw), |w: &Array2<f64>| (&upstream * &forward(&x, w, &b)).sum());
    report.heat_map("W").expect("the gradient is a matrix, and wrong")
}

/// A right cell is empty; the more is wrong, the fuller the cell.
fn style(symbol: char) -> ShapeStyle {
    let step = HeatMap::LEGEND.iter().position(|(it, _)| *it == symbol).unwrap_or(0);
    match step {
        0 => RULE.stroke_width(1),
        4 => INK.filled(),
        step => PENS[1].mix(0.25 + 0.25 * step as f64).filled(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_and_three_columns_are_wrong() {
        let right = HeatMap::LEGEND[0].0;
        let rows = map().rows();
        for (at, row) in rows.iter().enumerate() {
            let wrong = row.chars().filter(|it| *it != right).count();
            assert_eq!(wrong, if at == 4 { 20 } else { 3 }, "row {at}: {row}");
        }
    }
}
