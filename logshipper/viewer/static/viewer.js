// Draws the dashboard's cards and keeps them fresh. Whatever comes from a log is set as text, never as HTML.
"use strict";

const charts = JSON.parse(document.getElementById("charts").textContent);
const drawn = new Map(); // the Vega view of each chart that has one
const order = new Map(); // how each table is sorted: its column, and 1 or -1
const dark = matchMedia("(prefers-color-scheme: dark)");
let stamp = ""; // what the file was like at the last answer

async function load() {
  if (window.FIRST) { // what the page asked for while this script was on its way
    const first = await window.FIRST;
    window.FIRST = null;
    return first.json();
  }
  const wanted = new URLSearchParams(location.search);
  wanted.set("stamp", stamp);
  const answer = await fetch(`${window.FIGURES}?${wanted}`);
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

function note(place, text) {
  const line = document.createElement("div");
  line.className = "note";
  line.textContent = text;
  place.replaceChildren(line);
}

function drawMetric(place, chart, rows) {
  const { field, suffix = "" } = chart.display;
  place.textContent = `${rows[0][field]}${suffix}`;
}

// The address of this page with other filters; "" removes one.
function address(changes) {
  const wanted = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") wanted.delete(name);
    else wanted.set(name, value);
  }
  return `?${wanted}`;
}

// The filter that a click on a cell of a column sets.
const NARROWS = { uri: "uri", method: "method", status_class: "status_class", remoteAddr: "address", client_ip: "address", path: "log" };

// What a click on a cell narrows the page to.
function choice(column, value) {
  if (value === "(other)") return null; // many values, counted together
  if (NARROWS[column]) return { [NARROWS[column]]: String(value) };
  if (column === "status") return { status_class: `${String(value)[0]}xx` };
  return null;
}

function cell(column, value) {
  const td = document.createElement("td");
  if (typeof value === "number") td.className = "number";
  // A status is a name, not an amount.
  const isAmount = typeof value === "number" && column !== "status";
  const text = value === null ? "" : isAmount ? value.toLocaleString("en") : String(value);
  const chosen = text && choice(column, value);
  if (chosen) {
    const link = document.createElement("a");
    link.href = address(chosen);
    link.textContent = text;
    td.append(link);
  } else {
    td.textContent = text;
  }
  td.title = text;
  return td;
}

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return a < b ? -1 : 1;
}

function drawRows(place, chart, rows, key) {
  const columns = Object.keys(rows[0]);
  const [by, direction] = order.get(key) || [null, 1];
  const sorted = by ? [...rows].sort((a, b) => direction * compare(a[by], b[by])) : rows;
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const column of columns) {
    const th = document.createElement("th");
    const button = document.createElement("button");
    const isNumber = rows.some((row) => typeof row[column] === "number");
    button.type = "button";
    button.textContent = column;
    button.title = `sort by ${column}`;
    button.addEventListener("click", () => {
      order.set(key, [column, by === column ? -direction : isNumber ? -1 : 1]);
      drawRows(place, chart, rows, key);
      place.querySelectorAll("th button")[columns.indexOf(column)].focus();
    });
    if (by === column) th.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    if (isNumber) th.className = "number";
    th.append(button);
    head.append(th);
  }
  const body = table.createTBody();
  for (const row of sorted) body.insertRow().append(...columns.map((column) => cell(column, row[column])));
  place.replaceChildren(table);
}

function colours() {
  const [text, grid, line] = dark.matches ? ["#c5ccd3", "#31383f", "#4a535c"] : ["#3b444e", "#edf0f2", "#c9cdd3"];
  const words = { labelColor: text, titleColor: text };
  return { view: { stroke: null }, axis: { gridColor: grid, domainColor: line, tickColor: line, ...words }, legend: words, background: null };
}

async function drawVega(place, chart, rows, key) {
  const view = drawn.get(key);
  if (view) {
    await view.change("rows", vega.changeset().remove(() => true).insert(parsed(rows))).runAsync();
    return;
  }
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json", // a name for the format, not fetched
    width: "container",
    height: "container",
    autosize: { type: "fit", contains: "padding" },
    config: colours(),
    data: { name: "rows", values: parsed(rows) },
    ...chart.display,
  };
  const made = (await vegaEmbed(place, spec, { actions: false, renderer: "svg", ast: true })).view;
  drawn.set(key, made);
  listen(made, chart);
}

// A click on a part of a chart narrows the page to it; dragging over a chart chooses a period.
function listen(view, chart) {
  if (!JSON.stringify(chart.display).includes('"period"')) {
    view.addEventListener("click", (event, item) => {
      const { uri, status_class } = (item && item.datum) || {};
      if (uri !== "(other)" && (uri || status_class)) location.search = address(uri ? { uri } : { status_class });
    });
    return;
  }
  let period = null;
  view.addSignalListener("period", (name, value) => {
    period = value.time || null;
  });
  window.addEventListener("pointerup", () => {
    if (!period || period[1] - period[0] < 1000) return;
    const [from, to] = period.map((time) => new Date(time).toISOString().slice(0, 19));
    location.search = address({ from, to, last: "all" });
  });
}

function parsed(rows) {
  // Vega wants times as numbers where rows are put in later; it parses them only at the start.
  const time = (text) => (typeof text === "string" ? Date.parse(text) : text);
  return rows.map((row) => ("time" in row ? { ...row, time: time(row.time), until: time(row.until) } : row));
}

function forget(key) {
  const view = drawn.get(key);
  if (view) view.finalize();
  drawn.delete(key);
}

async function draw(key, chart, rows) {
  const place = document.getElementById(`chart-${key}`);
  document.getElementById(`card-${key}`).hidden = rows === null;
  if (rows === null) return;
  try {
    if (!rows || rows.length === 0) {
      forget(key);
      note(place, "nothing in this period");
    } else {
      await { metric: drawMetric, rows: drawRows, "vega-lite": drawVega }[chart.library](place, chart, rows, key);
    }
  } catch (error) {
    forget(key);
    note(place, error.message);
  }
}

function age(moment) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(moment)) / 1000));
  const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(([s]) => seconds >= s) || [1, "second"];
  return new Intl.RelativeTimeFormat("en").format(-Math.floor(seconds / size), unit);
}

const short = (moment) => moment.slice(0, 19).replace("T", " ");

function say(found) {
  const newest = document.getElementById("newest");
  const notes = [...(found.notes || [])];
  if (found.error) notes.push(`This took too long or failed: ${found.error}.`);
  if (found.newest) {
    const size = found.bytes < 1e6 ? `${Math.ceil(found.bytes / 1e3)} kB` : `${(found.bytes / 1e6).toFixed(1)} MB`;
    newest.textContent = `From ${short(found.from)} to ${short(found.to)}. The newest request: ${short(found.newest)} (${age(found.newest)}), the oldest: ${short(found.oldest)}; the file has ${size}.`;
    if (found.later) {
      const many = `${found.later.toLocaleString("en")} ${found.later === 1 ? "request is" : "requests are"}`;
      notes.push(`${many} dated in the future and not shown: check timezone.`);
    }
  } else if (!found.error) {
    notes.push("There are no requests yet.");
  }
  document.getElementById("notes").textContent = notes.join(" ");
}

let last = null;

async function refresh() {
  const started = performance.now();
  try {
    const found = await load();
    if (!found.unchanged) {
      last = found;
      stamp = found.stamp;
      say(found);
      await Promise.all(Object.entries(charts).map(([key, chart]) => draw(key, chart, found.cards[key])));
    } else if (last) {
      say(last); // the age of the newest request
    }
  } catch (error) {
    document.getElementById("notes").textContent = `The viewer does not answer: ${error.message}.`;
  }
  const took = performance.now() - started;
  document.body.dataset.drawn = String(Number(document.body.dataset.drawn || 0) + 1); // for whoever waits for it
  setTimeout(again, Math.max(2000, 10 * took)); // a large file is asked less often
}

function again() {
  if (document.getElementById("live").checked && !document.hidden) refresh();
  else setTimeout(again, 1000);
}

for (const field of document.querySelectorAll("form.filters [name]")) {
  field.addEventListener("change", () => {
    const { last, from, to } = field.form.elements;
    if (field === last) from.value = to.value = "";
    else if (field === from || field === to) last.value = "all";
    location.search = address(Object.fromEntries(new FormData(field.form)));
  });
}
dark.addEventListener("change", async () => {
  for (const key of [...drawn.keys()]) forget(key);
  if (last) await Promise.all(Object.entries(charts).map(([key, chart]) => draw(key, chart, last.cards[key])));
});
refresh();
