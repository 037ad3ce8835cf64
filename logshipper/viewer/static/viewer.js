// Draws the dashboard's charts and keeps them fresh. Whatever comes from a log is set as text, never as HTML.
"use strict";

const charts = JSON.parse(document.getElementById("charts").textContent);
const drawn = new Map(); // the Vega view of each chart that has one

// The page sends only SQL that it was given: the viewer knows it as its own.
async function load(query) {
  const wanted = new URLSearchParams(location.search);
  wanted.set("sql", query);
  wanted.set("_shape", "objects");
  const answer = await fetch(`${window.DATA_URL}?${wanted}`);
  const data = await answer.json();
  if (data.ok === false || data.error) throw new Error(data.error || answer.statusText);
  return data.rows;
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

function cell(column, value) {
  const td = document.createElement("td");
  if (typeof value === "number") td.className = "number";
  const text = value === null ? "" : typeof value === "number" ? value.toLocaleString("en") : String(value);
  if (column === "uri" && text) {
    const link = document.createElement("a");
    const wanted = new URLSearchParams(location.search);
    wanted.set("uri", text);
    link.href = `?${wanted}`;
    link.textContent = text;
    td.append(link);
  } else {
    td.textContent = text;
  }
  td.title = text;
  return td;
}

function drawRows(place, chart, rows) {
  const columns = Object.keys(rows[0]);
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const column of columns) {
    const th = document.createElement("th");
    th.textContent = column;
    if (rows.some((row) => typeof row[column] === "number")) th.className = "number";
    head.append(th);
  }
  const body = table.createTBody();
  for (const row of rows) body.insertRow().append(...columns.map((column) => cell(column, row[column])));
  place.replaceChildren(table);
}

async function drawVega(place, chart, rows, key) {
  const view = drawn.get(key);
  if (view) {
    await view.change("rows", vega.changeset().remove(() => true).insert(parsed(rows))).runAsync();
    return;
  }
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json", // a name for the format, not fetched
    width: "container",
    height: "container",
    autosize: { type: "fit", contains: "padding" },
    config: { view: { stroke: null }, axis: { gridColor: "#edf0f2", domainColor: "#c9cdd3" }, background: null },
    data: { name: "rows", values: parsed(rows) },
    ...chart.display,
  };
  drawn.set(key, (await vegaEmbed(place, spec, { actions: false, renderer: "svg" })).view);
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

async function draw(key, chart) {
  const card = document.getElementById(`card-${key}`);
  const place = document.getElementById(`chart-${key}`);
  try {
    if (chart.exists && (await load(chart.exists)).length === 0) {
      card.hidden = true;
      return;
    }
    const rows = await load(chart.query);
    if (rows.length === 0) {
      forget(key);
      note(place, "nothing in this period");
    } else {
      await { metric: drawMetric, rows: drawRows, "vega-lite": drawVega }[chart.library](place, chart, rows, key);
    }
    if (chart.exists) card.hidden = rows.length === 0;
  } catch (error) {
    forget(key);
    note(place, /no such table/.test(error.message) ? "no requests yet" : error.message);
  }
}

async function showNewest() {
  const [row] = await load(window.HEADLINE);
  if (!row || !row.newest) return;
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(row.newest.slice(0, 23) + "Z")) / 1000));
  const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(([s]) => seconds >= s) || [1, "second"];
  const age = new Intl.RelativeTimeFormat("en").format(-Math.floor(seconds / size), unit);
  document.getElementById("newest").textContent = `The newest request: ${row.newest.slice(0, 19)} (${age}).`;
  if (row.later) {
    const many = `${row.later.toLocaleString("en")} ${row.later === 1 ? "request is" : "requests are"}`;
    document.getElementById("newest").textContent += ` ${many} dated in the future and not shown: check timezone.`;
  }
}

async function refresh() {
  const started = performance.now();
  await Promise.all([showNewest().catch(() => {}), ...Object.entries(charts).map(([key, chart]) => draw(key, chart))]);
  const took = performance.now() - started;
  document.body.dataset.drawn = String(Number(document.body.dataset.drawn || 0) + 1); // for whoever waits for it
  setTimeout(again, Math.max(2000, 10 * took)); // a large file is asked less often
}

function again() {
  if (document.getElementById("live").checked && !document.hidden) refresh();
  else setTimeout(again, 1000);
}

for (const field of document.querySelectorAll("form.filters [name]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}
refresh();
