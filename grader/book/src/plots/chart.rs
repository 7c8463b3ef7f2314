//! What all plots share: axes, lines, labels, and the colours of the page.

use std::ops::Range;

use plotters::{
    coord::{Shift, types::RangedCoordf64},
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

/// A plot's canvas.
type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// The part of a plot between its axes.
pub type Plane<'a, 'b> =
    ChartContext<'b, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Colours that stand for those of the page, which differ by day and by night.
pub const INK: RGBColor = RGBColor(1, 1, 1);
pub const RULE: RGBColor = RGBColor(2, 2, 2);
pub const LOW: RGBColor = RGBColor(3, 3, 3);
pub const HIGH: RGBColor = RGBColor(4, 4, 4);
pub const PENS: [RGBColor; 4] =
    [RGBColor(5, 5, 5), RGBColor(6, 6, 6), RGBColor(7, 7, 7), RGBColor(8, 8, 8)];
const ON_THE_PAGE: [(&str, &str); 8] = [
    ("#010101", "currentColor"),
    ("#020202", "var(--rule)"),
    ("#030303", "var(--plot-low)"),
    ("#040404", "var(--plot-high)"),
    ("#050505", "var(--plot-1)"),
    ("#060606", "var(--plot-2)"),
    ("#070707", "var(--plot-3)"),
    ("#080808", "var(--plot-4)"),
];

/// Pixels of a text.
const TEXT: i32 = 15;
/// Up to this width in pixels, a plot is shown as wide as it is, however small the screen.
const READABLE: u32 = 460;

/// Whether equal distances are equal differences or equal ratios.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Linear,
    /// Powers of ten.
    Log,
}

#[derive(Debug, Clone)]
pub struct Axis {
    pub label: &'static str,
    pub range: Range<f64>,
    pub scale: Scale,
}

/// A line with its name beside it.
#[derive(Debug, Clone)]
pub struct Line {
    pub label: &'static str,
    pub points: Vec<(f64, f64)>,
    pub pen: RGBColor,
    /// Where the name stands, in the units of the axes.
    pub label_at: (f64, f64),
}

#[derive(Debug)]
pub struct Chart {
    /// For those who do not see it.
    pub name: &'static str,
    /// What is drawn, and from what.
    pub caption: String,
    pub size: (u32, u32),
    pub x: Axis,
    pub y: Axis,
}

impl Axis {
    pub fn linear(label: &'static str, range: Range<f64>) -> Self {
        Self { label, range, scale: Scale::Linear }
    }

    /// From one power of ten to another.
    pub fn log(label: &'static str, from: i32, to: i32) -> Self {
        Self { label, range: 10_f64.powi(from)..10_f64.powi(to), scale: Scale::Log }
    }

    /// Where a value lies on the paper.
    pub fn place(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log => value.log10(),
        }
    }

    fn places(&self) -> Range<f64> {
        self.place(self.range.start)..self.place(self.range.end)
    }

    /// How many numbers it has. Of a logarithmic one, at most each power of ten.
    fn numbers(&self) -> usize {
        let Range { start, end } = self.places();
        match self.scale {
            Scale::Linear => 6,
            Scale::Log => ((end - start) as usize + 1).min(9),
        }
    }

    fn number(&self, place: f64) -> String {
        match self.scale {
            Scale::Linear => {
                let text = format!("{place:.2}").replace('-', "−");
                let text = text.trim_end_matches('0').trim_end_matches('.');
                if text == "−0" { "0".to_owned() } else { text.to_owned() }
            }
            Scale::Log => match place.round() as i32 {
                exponent @ -1..=3 => format!("{}", 10_f64.powi(exponent)),
                exponent => format!("10{}", superscript(exponent)),
            },
        }
    }
}

fn superscript(number: i32) -> String {
    let sign = |digit: char| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    };
    number.to_string().chars().map(sign).collect()
}

impl Chart {
    /// Draws axes and lines, and what else there is, first.
    pub fn drawn(&self, lines: &[Line], first: impl FnOnce(&mut Plane<'_, '_>)) -> String {
        figure(self.name, &self.caption, self.size, |canvas| {
            let mut builder = ChartBuilder::on(canvas);
            builder.margin(10).x_label_area_size(46).y_label_area_size(58);
            let mut plane = builder
                .build_cartesian_2d(self.x.places(), self.y.places())
                .expect("a drawing in memory");
            first(&mut plane);
            self.draw_axes(&mut plane);
            lines.iter().for_each(|line| self.draw(line, &mut plane));
        })
    }

    fn draw_axes(&self, plane: &mut Plane<'_, '_>) {
        plane
            .configure_mesh()
            .disable_mesh()
            .x_labels(self.x.numbers())
            .y_labels(self.y.numbers())
            .x_label_formatter(&|place| self.x.number(*place))
            .y_label_formatter(&|place| self.y.number(*place))
            .x_desc(self.x.label)
            .y_desc(self.y.label)
            .axis_style(RULE)
            .label_style(text(INK))
            .axis_desc_style(text(INK))
            .draw()
            .expect("a drawing in memory");
    }

    fn draw(&self, line: &Line, plane: &mut Plane<'_, '_>) {
        let inside = |point: &&(f64, f64)| {
            self.x.range.contains(&point.0)
                && (self.y.range.start..=self.y.range.end).contains(&point.1)
        };
        let place = |point: &(f64, f64)| (self.x.place(point.0), self.y.place(point.1));
        let points: Vec<_> = line.points.iter().filter(inside).map(place).collect();
        let style = line.pen.stroke_width(2);
        plane.draw_series(LineSeries::new(points, style)).expect("a drawing in memory");
        label(plane, line.label, place(&line.label_at), line.pen);
    }
}

/// A text in a plot, its middle at this place.
pub fn label(plane: &mut Plane<'_, '_>, words: &str, at: (f64, f64), pen: RGBColor) {
    let style = text(pen).pos(Pos::new(HPos::Center, VPos::Center));
    let text = Text::new(words.to_owned(), at, style);
    plane.draw_series(std::iter::once(text)).expect("a drawing in memory");
}

fn text(pen: RGBColor) -> TextStyle<'static> {
    TextStyle { color: pen.to_backend_color(), ..TextStyle::from(("serif", TEXT)) }
}

/// A drawing with a caption, in one line, in the colours of the page.
pub fn figure(
    name: &str,
    caption: &str,
    size: (u32, u32),
    draw: impl FnOnce(&Canvas<'_>),
) -> String {
    let mut svg = String::new();
    {
        let canvas = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&canvas);
        canvas.present().expect("a drawing in memory");
    }
    let (_, elements) = svg.split_once("xmlns=\"http://www.w3.org/2000/svg\">").unwrap_or_default();
    let elements: String = elements.lines().map(str::trim).collect();
    let on_the_page = |svg: String, (sign, colour): &(&str, &str)| svg.replace(sign, colour);
    let elements = ON_THE_PAGE.iter().fold(elements, on_the_page).replace(" opacity=\"1\"", "");
    let ((width, height), least) = (size, size.0.min(READABLE));
    format!(
        "<figure class=\"plot\"><svg role=\"img\" aria-label=\"{name}\" viewBox=\"0 0 {width} {height}\" \
         style=\"width:{width}px;min-width:{least}px\">{elements}<figcaption>{caption}</figcaption></figure>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_on_paper() {
        let log = Axis::log("ε", -12, 0);
        assert_eq!(log.numbers(), 9);
        assert_eq!(
            [-12.0, -1.0, 0.0, 2.0, 4.0].map(|it| log.number(it)),
            ["10⁻¹²", "0.1", "1", "100", "10⁴"]
        );
        let linear = Axis::linear("z", -4.0..4.0);
        assert_eq!([-0.5, 2.0, -0.0].map(|it| linear.number(it)), ["−0.5", "2", "0"]);
    }
}
