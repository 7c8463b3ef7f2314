// What is wrong with a page in a window of this width, as a list of sentences. Contrast is that of
// WCAG 2.2, level AA.
(width) => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const named = (element) => {
    const name = element.tagName.toLowerCase();
    return `<${name}${element.getAttribute('class') ? ' class=' + element.getAttribute('class') : ''}>`;
  };

  const fits = (when) => {
    // A telephone shrinks what is too wide until it fits: its inner width grows with the page.
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > width) found.push(`overflow ${when}: ${scrollWidth} > ${width}`);
  };
  fits('as it opens');
  const unfolded = ({ open, lastElementChild }) => open || lastElementChild.checkVisibility({ contentVisibilityAuto: true });
  if (matchMedia('print').matches && !all('details').every(unfolded)) found.push('closed details are not printed');
  all('details').forEach((it) => { it.open = true; });
  fits('with all details open');

  const parsed = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { red, green, blue, alpha };
  };
  const over = (front, back) => {
    const mix = (part) => front[part] * front.alpha + back[part] * (1 - front.alpha);
    return { red: mix('red'), green: mix('green'), blue: mix('blue'), alpha: 1 };
  };
  // The page itself is white or, in the dark scheme, what the browser paints behind it.
  const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)';
  const behind = (element) => {
    if (!element) return parsed(canvas);
    const colour = parsed(getComputedStyle(element).backgroundColor);
    return colour.alpha === 1 ? colour : over(colour, behind(element.parentElement));
  };
  const luminance = ({ red, green, blue }) => {
    const linear = (value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  const contrast = (element) => {
    const style = getComputedStyle(element);
    const back = behind(element);
    const colour = element instanceof SVGElement ? style.fill : style.color;
    const [dark, light] = [over(parsed(colour), back), back].map(luminance).sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const hasText = (element) => [...element.childNodes].some((it) => it.nodeType === 3 && it.data.trim());
  for (const element of all('body *').filter(hasText)) {
    const { fontSize, fontWeight } = getComputedStyle(element);
    const isLarge = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && fontWeight >= 700);
    const least = isLarge ? 3 : 4.5;
    if (contrast(element) < least) {
      found.push(`contrast ${contrast(element).toFixed(2)} < ${least}: ${named(element)} ${element.textContent.trim().slice(0, 40)}`);
    }
  }

  const levels = all('h1, h2, h3, h4, h5, h6').map((it) => Number(it.tagName[1]));
  if (levels.filter((it) => it === 1).length !== 1 || levels[0] !== 1) found.push(`headings: ${levels}`);
  levels.slice(1).forEach((it, at) => { if (it > levels[at] + 1) found.push(`h${it} follows h${levels[at]}`); });
  if (!document.documentElement.lang) found.push('the page has no language');
  if (!document.title) found.push('the page has no title');
  for (const table of all('table')) {
    if (!table.querySelector('thead th')) found.push('a table has no header');
  }
  for (const header of all('th').filter((it) => it.textContent.trim())) {
    if (!header.scope) found.push(`a header has no scope: ${header.textContent}`);
  }
  // What stands in a named button, or is hidden from those who listen, needs no name.
  for (const drawing of all('svg:not([aria-hidden=true] svg, button[aria-label] svg)')) {
    if (drawing.getAttribute('role') !== 'img' || !drawing.getAttribute('aria-label')) found.push('a drawing has no name');
  }
  const ids = all('[id]').map((it) => it.id);
  ids.filter((it, at) => ids.indexOf(it) !== at).forEach((it) => found.push(`the id ${it} is there twice`));
  for (const link of all('a[href^="#"]')) {
    if (!document.getElementById(decodeURIComponent(link.hash.slice(1)))) found.push(`a link to nowhere: ${link.hash}`);
  }
  return found;
}
