// Makes elements. Text from logs becomes text nodes only, with every character that could act or hide shown as its code.

const SVG = "http://www.w3.org/2000/svg";
const UNSAFE = new RegExp(
  "[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180e" +
  "\\u200b-\\u200f\\u2028-\\u202f\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff9-\\ufffb\\ud800-\\udfff" +
  "\\u{e0000}-\\u{e0fff}]", "gu");
const STACKED = /(\p{M}{4})\p{M}+/gu; // marks piled on one letter would run across the page
const LONG = 420;

function shown(value) {
  if (value === null || value === undefined) return "";
  return String(value).replace(STACKED, "$1…").replace(UNSAFE, (found) => {
    const code = found.codePointAt(0);
    return code < 256 ? "\\x" + code.toString(16).padStart(2, "0") : "\\u" + code.toString(16).padStart(4, "0");
  });
}

function short(value, most) {
  const text = shown(value);
  return text.length > most ? text.slice(0, most - 1) + "…" : text;
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  add(node, children);
  return node;
}

function add(node, children) {
  for (const child of children.flat(9)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(shown(child)));
  }
}

// el("p", {class: "x", click: handler}, "text", other, [more])
function el(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function empty(node, ...children) {
  node.replaceChildren();
  add(node, children);
  return node;
}

function button(label, action, attributes) {
  return el("button", { type: "button", click: action, ...attributes }, label);
}

// A text that may be huge: its beginning, and a button that shows the rest.
function long(value, most = LONG) {
  const text = shown(value);
  if (text.length <= most) return text;
  const head = document.createTextNode(text.slice(0, most) + "… ");
  const more = button("show all " + number(text.length) + " characters", () => {
    head.nodeValue = text;
    more.remove();
  }, { class: "more" });
  return [head, more];
}

function number(value) {
  return Number(value).toLocaleString("en-US");
}

// What a table of our own words says of a name from outside; nothing of what every object has.
function own(table, name) {
  return table && Object.hasOwn(table, name) ? table[name] : undefined;
}

function count(value, noun, plural) {
  return number(value) + " " + (value === 1 ? noun : plural || noun + "s");
}

function say(text) {
  document.getElementById("live").textContent = shown(text);
}

// A colour of the style sheet, as the current theme has it.
function colour(name) {
  const probe = document.getElementById("probe") || document.body.appendChild(el("i", { id: "probe", hidden: true }));
  probe.style.color = "var(--" + name + ")";
  return getComputedStyle(probe).color;
}

function copier(text, label = "Copy pointer") {
  const told = button(label, async () => {
    const done = await copied(text);
    told.textContent = done ? "Copied" : "Select and copy by hand";
    say(done ? "Copied: " + text : "The browser does not let the page copy");
    setTimeout(() => { told.textContent = label; }, 1600);
  }, { class: "copy", title: shown(text) });
  return told;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.body.appendChild(el("textarea", { class: "unseen", "aria-hidden": "true" }));
    area.value = text;
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
