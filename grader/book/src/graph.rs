//! Graphs: pikchr in, SVG out, in the colours of the page.

use pikchr::{Pikchr, PikchrFlags};

/// Up to this width in pixels, a graph is shown as wide as it is, however small the screen: it scrolls. A wider one
/// is shown at two thirds of its width at least, where its texts can still be read.
const READABLE: isize = 560;

/// A graph as a figure in one line.
///
/// # Errors
/// What pikchr says is wrong with it.
pub fn drawn(text: &str) -> Result<String, String> {
    let graph = Pikchr::render(text, None, PikchrFlags::default())
        .map_err(|error| format!("the graph does not draw: {}", error.trim()))?;
    let (svg, width) = (graph.rendered(), graph.width());
    let (_, rest) = svg.split_once("viewBox").ok_or("the graph is empty")?;
    let name = format!("Graph: {}", named(svg).join(", "));
    let least = width.min(READABLE).max(2 * width / 3);
    let style = format!("width:{width}px;min-width:{least}px");
    let drawing =
        format!("<svg role=\"img\" aria-label=\"{name}\" style=\"{style}\" viewBox{rest}");
    let drawing = drawing.lines().collect::<String>().replace("rgb(0,0,0)", "currentColor");
    Ok(format!("<figure class=\"graph\">{drawing}</figure>"))
}

/// The texts of a drawing, for those who do not see it.
fn named(svg: &str) -> Vec<String> {
    let texts = svg.split("<text").skip(1).filter_map(|it| {
        let (_, rest) = it.split_once('>')?;
        Some(rest.split_once("</text>")?.0.replace('"', "&quot;"))
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_takes_the_colour_of_the_page_and_has_a_name() {
        let found = drawn("box \"tanh\"; arrow \"a\" above; circle \"L\"").unwrap();
        assert!(found.contains("currentColor") && !found.contains("rgb("), "{found}");
        assert!(found.contains("aria-label=\"Graph: tanh, a, L\""), "{found}");
        assert!(!found.contains('\n'));
    }

    #[test]
    fn a_small_screen_makes_a_graph_no_smaller_than_it_can_be_read() {
        for (inches, least) in [(1, 148), (5, 560), (7, 674)] {
            let found = drawn(&format!("line right {inches}")).unwrap();
            assert!(found.contains(&format!("min-width:{least}px")), "{inches}: {found}");
        }
    }

    #[test]
    fn a_graph_that_does_not_draw_is_told() {
        let found = drawn("box \"tanh").unwrap_err();
        assert!(found.contains("does not draw"), "{found}");
    }
}
