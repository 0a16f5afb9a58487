// Elements of the page, made without HTML in strings.

export function element(name, attributes = {}, children = []) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** A picture of the page's symbols. */
export function icon(id) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${id}`);
  svg.append(use);
  return svg;
}

export function iconButton(id, label) {
  return element("button", { class: "icon", "aria-label": label, title: label, type: "button" }, [icon(id)]);
}

export function setIcon(button, id) {
  button.querySelector("use").setAttribute("href", `#${id}`);
}
