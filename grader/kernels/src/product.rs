//! Products of matrices of `f32`, after K. Goto and R. van de Geijn, “Anatomy of High-Performance Matrix
//! Multiplication”, ACM Transactions on Mathematical Software 34 (2008), article 12.
//!
//! A strip of B, some registers wide, is copied row by row and stays in the first cache. A tile of C, as wide as the strip
//! and some rows high, stays in registers while all of the strip is multiplied. A is read where it lies: to copy it, too,
//! would take a tenth of the time where matrices are as small as those of these lessons.

use std::{cell::RefCell, mem, ops::Range};

use rten_simd::{
    Isa, Simd, SimdOp,
    ops::{BitOps, NumOps},
};

/// How many rows of B are multiplied at a time, so that a strip of them fits into the first cache.
const MAX_DEPTH: usize = 128;

/// How many rows of A are multiplied by one strip after the other, so that they fit into the second cache.
const MAX_ROWS: usize = 256;

/// Four of the widest registers.
const MAX_WIDTH: usize = 64;

/// A matrix without gaps in memory.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    pub numbers: &'a [f32],
    pub rows: usize,
    pub columns: usize,
    /// Whether the numbers of a row lie side by side, else those of a column do.
    pub is_by_rows: bool,
}

impl<'a> Matrix<'a> {
    /// `count` numbers, from number `from` on, of each of some rows; of columns where those lie side by side.
    #[inline(always)]
    fn lines<const N: usize>(&self, first: usize, from: usize, count: usize) -> [&'a [f32]; N] {
        let length = if self.is_by_rows { self.columns } else { self.rows };
        let mut lines = [&[][..]; N];
        for (line, place) in lines.iter_mut().zip(first..) {
            *line = &self.numbers[place * length + from..][..count];
        }
        lines
    }

    /// Copies a strip of some rows, so many registers wide and filled up with zeros where the matrix ends.
    #[inline(always)]
    fn copy_strip<I: Isa, const WIDE: usize>(
        &self,
        isa: I,
        rows: &Range<usize>,
        column: usize,
        strip: &mut [f32],
    ) {
        let width = WIDE * isa.f32().len();
        let filled = width.min(self.columns - column);
        if filled < width {
            strip.fill(0.0);
        }
        if self.is_by_rows {
            for (row, copy) in rows.clone().zip(strip.chunks_exact_mut(width)) {
                let row = &self.numbers[row * self.columns + column..][..filled];
                copy_row::<I, WIDE>(isa, row, copy);
            }
            return;
        }
        let mut at = 0;
        while at < filled {
            let (column, strip) = (column + at, &mut strip[at..]);
            at += match filled - at {
                8.. => self.copy_columns::<8>(rows, column, width, strip),
                _ => self.copy_columns::<1>(rows, column, width, strip),
            };
        }
    }

    /// Copies some columns into a strip whose rows are so wide, and gives how many.
    #[inline(always)]
    fn copy_columns<const N: usize>(
        &self,
        rows: &Range<usize>,
        column: usize,
        width: usize,
        strip: &mut [f32],
    ) -> usize {
        let lines = self.lines::<N>(column, rows.start, rows.len());
        for (row, copy) in (0..rows.len()).zip(strip.chunks_mut(width)) {
            copy[..N].copy_from_slice(&column_of(&lines, row));
        }
        N
    }
}

/// Copies a row by registers where it is as long as they are: a call that copies bytes would take as long again.
#[inline(always)]
fn copy_row<I: Isa, const WIDE: usize>(isa: I, row: &[f32], copy: &mut [f32]) {
    let ops = isa.f32();
    if row.len() < copy.len() {
        return copy[..row.len()].copy_from_slice(row);
    }
    let registers = ops.load_many::<WIDE>(row);
    for (register, copy) in registers.into_iter().zip(copy.chunks_exact_mut(ops.len())) {
        ops.store(register, copy);
    }
}

/// What each of some lines has at a place. A loop, since the compiler does not inline `map` of an array.
#[inline(always)]
fn column_of<const N: usize>(lines: &[&[f32]; N], at: usize) -> [f32; N] {
    let mut column = [0.0; N];
    for (number, line) in column.iter_mut().zip(lines) {
        *number = line[at];
    }
    column
}

/// C ← α·A·B + β·C, where the numbers of a row of C lie side by side, the shapes fit, and A has columns.
pub fn product(alpha: f32, a: Matrix, b: Matrix, beta: f32, c: &mut [f32]) {
    STRIP.with_borrow_mut(|strip| Product { alpha, a, b, beta, c, strip }.dispatch());
}

struct Product<'a> {
    alpha: f32,
    a: Matrix<'a>,
    b: Matrix<'a>,
    beta: f32,
    c: &'a mut [f32],
    strip: &'a mut [f32],
}

thread_local! {
    /// Where strips of B are copied to, one after the other.
    static STRIP: RefCell<Vec<f32>> = RefCell::new(vec![0.0; MAX_DEPTH * MAX_WIDTH]);
}

impl SimdOp for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(mut self, isa: I) {
        let strip = mem::take(&mut self.strip);
        for (rows, part, is_first) in blocks(self.a.rows, self.b.rows) {
            let mut column = 0;
            while column < self.b.columns {
                let block = Block { rows: rows.clone(), part: part.clone(), column, is_first };
                // AVX-512 has 32 registers, and others 16.
                let is_wide = isa.f32().len() == 16 && self.b.columns - column > 2 * 16;
                column += match is_wide {
                    true => self.multiply::<I, 4>(isa, block, strip),
                    false => self.multiply::<I, 2>(isa, block, strip),
                };
            }
        }
    }
}

/// Some rows of A, and a part of their numbers, for all parts of all rows.
fn blocks(rows: usize, depth: usize) -> impl Iterator<Item = (Range<usize>, Range<usize>, bool)> {
    even(rows, MAX_ROWS).flat_map(move |rows| {
        even(depth, MAX_DEPTH).map(move |part| (rows.clone(), part.clone(), part.start == 0))
    })
}

/// Parts of so many at most, of about one length.
fn even(count: usize, most: usize) -> impl Iterator<Item = Range<usize>> {
    let step = count.div_ceil(count.div_ceil(most).max(1)).max(1);
    (0..count).step_by(step).map(move |first| first..count.min(first + step))
}

/// What is multiplied while a strip of B is in cache.
struct Block {
    /// The rows of A and C.
    rows: Range<usize>,
    /// The columns of A and rows of B.
    part: Range<usize>,
    /// The first column of B and C.
    column: usize,
    /// Whether C has nothing yet of this product.
    is_first: bool,
}

impl Product<'_> {
    /// Adds the products of a block and a strip of B, so many registers wide. Gives the number of columns.
    #[inline(always)]
    fn multiply<I: Isa, const WIDE: usize>(
        &mut self,
        isa: I,
        block: Block,
        strip: &mut [f32],
    ) -> usize {
        let width = WIDE * isa.f32().len();
        let strip = &mut strip[..width * block.part.len()];
        self.b.copy_strip::<I, WIDE>(isa, &block.part, block.column, strip);
        let mut row = block.rows.start;
        while row < block.rows.end {
            row += match block.rows.end - row {
                6.. => self.tile::<I, WIDE, 6>(isa, &block, row, strip),
                2.. => self.tile::<I, WIDE, 2>(isa, &block, row, strip),
                _ => self.tile::<I, WIDE, 1>(isa, &block, row, strip),
            };
        }
        width
    }

    /// Asks for a tile of C before it is needed.
    #[inline(always)]
    fn prefetch<I: Isa, const WIDE: usize>(&mut self, isa: I, rows: Range<usize>, column: usize) {
        let (ops, columns) = (isa.f32(), self.b.columns);
        for row in rows {
            let c = &mut self.c[row * columns..][..columns][column..];
            for register in c.chunks_mut(ops.len()).take(WIDE) {
                ops.prefetch_write(register.as_mut_ptr());
            }
        }
    }

    /// Computes a tile of C with so many rows, and gives how many.
    #[inline(always)]
    fn tile<I: Isa, const WIDE: usize, const ROWS: usize>(
        &mut self,
        isa: I,
        block: &Block,
        row: usize,
        strip: &[f32],
    ) -> usize {
        // One length for all lines: the compiler then leaves out the checks of their bounds.
        let (a, depth) = (self.a, block.part.len());
        self.prefetch::<I, WIDE>(isa, row..row + ROWS, block.column);
        let sums: [[_; WIDE]; ROWS] = if a.is_by_rows {
            let lines = a.lines(row, block.part.start, depth);
            let lines: &[_; ROWS] = &lines;
            sums(isa, (0..depth).map(|at| move |row: usize| lines[row][at]), strip)
        } else {
            let columns = a.numbers[block.part.start * a.rows..].chunks_exact(a.rows).take(depth);
            let rows = columns.map(|column| &column[row..][..ROWS]);
            sums(isa, rows.map(|rows| move |row: usize| rows[row]), strip)
        };
        let beta = if block.is_first { self.beta } else { 1.0 };
        let columns = self.b.columns;
        for (row, sums) in (row..).zip(sums) {
            let c = &mut self.c[row * columns..][..columns][block.column..];
            finish(isa, sums, [self.alpha, beta], c);
        }
        ROWS
    }
}

/// The products of some rows of A, given column by column, and a strip of B. A column is a function of the row, and no
/// array: compilers would put an array together in registers, number by number, before it is multiplied.
#[inline(always)]
fn sums<I: Isa, const WIDE: usize, const ROWS: usize>(
    isa: I,
    a: impl Iterator<Item = impl Fn(usize) -> f32>,
    strip: &[f32],
) -> [[I::F32; WIDE]; ROWS] {
    let ops = isa.f32();
    let mut sums = [[ops.zero(); WIDE]; ROWS];
    for (a, b) in a.zip(strip.chunks_exact(WIDE * ops.len())) {
        let b = ops.load_many::<WIDE>(b);
        for (row, sums) in sums.iter_mut().enumerate() {
            let a = ops.splat(a(row));
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = ops.mul_add(a, b, *sum);
            }
        }
    }
    sums
}

/// Puts α·sums + β·C in the place of what a row of C has there, or as much as it has.
#[inline(always)]
fn finish<I: Isa, const WIDE: usize>(
    isa: I,
    sums: [I::F32; WIDE],
    [alpha, beta]: [f32; 2],
    c: &mut [f32],
) {
    let ops = isa.f32();
    let new = |sum, old| match beta {
        // Where C does not count: 0·NaN would be NaN.
        0.0 => ops.mul(sum, ops.splat(alpha)),
        _ => ops.mul_add(old, ops.splat(beta), ops.mul(sum, ops.splat(alpha))),
    };
    if c.len() >= WIDE * ops.len() {
        for (sum, c) in sums.into_iter().zip(c.chunks_exact_mut(ops.len())) {
            ops.store(new(sum, ops.load(c)), c);
        }
    } else {
        for (sum, c) in sums.into_iter().zip(c.chunks_mut(ops.len())) {
            c.copy_from_slice(&new(sum, ops.load_pad(c).0).to_array().as_ref()[..c.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use rten_simd::isa::GenericIsa;

    use super::*;

    #[test]
    fn a_processor_without_simd_gets_the_same_product() {
        let numbers =
            |count: usize| -> Vec<_> { (0..count).map(|i| (i % 7) as f32 - 3.0).collect() };
        let (m, k, n) = (13, 300, 70);
        let (of_a, of_b) = (numbers(m * k), numbers(k * n));
        let a = Matrix { numbers: &of_a, rows: m, columns: k, is_by_rows: true };
        let b = Matrix { numbers: &of_b, rows: k, columns: n, is_by_rows: false };
        let (mut plain, mut c) = (vec![2.0; m * n], vec![2.0; m * n]);
        product(1.0, a, b, -1.0, &mut c);
        let strip = &mut vec![0.0; MAX_DEPTH * MAX_WIDTH][..];
        Product { alpha: 1.0, a, b, beta: -1.0, c: &mut plain, strip }.eval(GenericIsa::new());
        assert_eq!(c, plain);
        assert_eq!(c[n + 1], (0..k).map(|i| of_a[k + i] * of_b[k + i]).sum::<f32>() - 2.0);
    }
}
