// What is wrong with a page of the book, as a list of sentences. Leaves a probe with every letter of the page
// behind, for whoever asks which fonts it is set in.
async (width) => {
  const found = [];
  await document.fonts.ready;
  const main = document.querySelector('main');
  const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  const letters = new Map();
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (parentElement.closest('script, style')) continue;
    if (data.includes('$') && !parentElement.closest('code')) found.push(`a raw $: ${data.trim().slice(0, 60)}`);
    const { fontFamily, fontStyle, fontWeight } = getComputedStyle(parentElement);
    const font = `${fontStyle} ${fontWeight} 32px ${fontFamily}`;
    if (!letters.has(font)) letters.set(font, new Set());
    for (const letter of data) if (letter.trim()) letters.get(font).add(letter);
  }

  // A letter without a glyph is drawn like one that Unicode has not assigned.
  const canvas = Object.assign(document.createElement('canvas'), { width: 48, height: 48 });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const picture = (font, letter) => {
    context.clearRect(0, 0, 48, 48);
    context.font = font;
    context.fillText(letter, 4, 38);
    return context.getImageData(0, 0, 48, 48).data.join();
  };
  const probe = Object.assign(document.createElement('div'), { id: 'probe' });
  for (const [font, set] of letters) {
    const missing = picture(font, '\u0378');
    for (const letter of set) {
      if (letter > '~' && picture(font, letter) === missing) {
        found.push(`no glyph for U+${letter.codePointAt(0).toString(16)} in ${font}`);
      }
    }
    const line = Object.assign(document.createElement('p'), { textContent: [...set].join('') });
    line.style.font = font;
    probe.append(line);
  }

  // What scrolls by itself may be as wide as it likes.
  const scrolls = (element) => element && element !== main
    && (/auto|scroll/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  for (const element of main.querySelectorAll('*')) {
    const { right, width: own } = element.getBoundingClientRect();
    if (own && right > width + 1 && !scrolls(element.parentElement) && !element.closest('svg, math')) {
      found.push(`<${element.tagName.toLowerCase()}> is wider than the page: ${Math.round(right)} > ${width}`);
    }
  }
  main.append(probe);
  return found;
}
