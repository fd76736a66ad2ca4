// What the pages do by themselves: follow the history, copy, go from row to row, submit a selection, let the clock run.
// Without it everything else works.
"use strict";

const INTERVAL = 1500;
const MOST_ROWS = 500;

for (const form of document.querySelectorAll("[data-submit-on-change]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

// On narrow screens: the section that one is in can be seen.
document.querySelector(".top [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Filters that are not used take no room on narrow screens.
const wide = matchMedia("(min-width: 641px)");
for (const details of document.querySelectorAll("[data-open-when-wide]")) {
  details.open = wide.matches;
  wide.addEventListener("change", () => { details.open = wide.matches; });
}

// The arrow keys go from row to row, as long as one is on a row's link.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const row = event.target.closest?.("tbody tr");
  if (!step || !row || event.target.tagName !== "A") return;
  const link = row[step]?.querySelector("a[href]");
  if (!link) return;
  event.preventDefault();
  link.focus();
});

const clock = document.querySelector("[data-ticking] time");
if (clock) {
  const ahead = Date.parse(clock.dateTime) - Date.now();
  setInterval(() => { clock.replaceChildren(...instant(new Date(Date.now() + ahead).toISOString())); }, 1000);
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const { copy: target } = button.dataset;
    const done = await copy(target ? document.querySelector(target) : button.previousElementSibling);
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    // Not allowed, or no secure context: the text is selected, and the old way tried.
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}

function instant(text) {
  const day = document.createElement("span");
  day.className = "day";
  day.textContent = `${text.slice(0, 10)} `;
  return [day, text.slice(11, 19)];
}

const live = document.querySelector("[data-live]");
if (live) follow(live, document.querySelector("[data-events]"));

function follow(button, table) {
  const said = document.querySelector("[data-live-status]");
  const template = document.getElementById("event-row");
  const rows = table.tBodies[0];
  let cursor = table.dataset.head;
  let failed = false;
  let timer = setTimeout(poll, INTERVAL);
  let busy = false;

  button.hidden = false;
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(!isOn()));
  });
  document.addEventListener("visibilitychange", poll); // who comes back sees at once what was missed

  function isOn() {
    return button.getAttribute("aria-pressed") === "true";
  }

  async function poll() {
    if (busy) return;
    clearTimeout(timer);
    busy = true;
    if (isOn() && !document.hidden) {
      try {
        await catchUp();
        if (failed) say("");
        failed = false;
      } catch {
        failed = true;
        say("The server does not answer; trying again.");
      }
    }
    busy = false;
    timer = setTimeout(poll, INTERVAL);
  }

  async function catchUp() {
    const address = new URL(table.dataset.events, location.href);
    address.searchParams.set("after", cursor);
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.status === 401) {
      location.reload(); // the session is over: this leads to signing in
      return;
    }
    if (!answer.ok) throw new Error(answer.statusText);
    const page = await answer.json();
    if (String(page.epoch) !== table.dataset.epoch) {
      location.reload(); // the history was reset, or the server started anew
      return;
    }
    cursor = page.cursor;
    for (const event of page.events) rows.prepend(line(event));
    while (rows.rows.length > MOST_ROWS && !rows.lastElementChild.contains(document.activeElement)) rows.deleteRow(-1);
    if (page.events.length) {
      document.querySelector("[data-empty]").hidden = true;
      document.querySelector("[data-table]").hidden = false;
      say(`${page.events.length} new ${page.events.length === 1 ? "event" : "events"}`);
    }
  }

  function line(event) {
    const row = template.content.firstElementChild.cloneNode(true);
    const cell = (name) => row.querySelector(`[data-field="${name}"]`);
    const time = document.createElement("time");
    time.dateTime = event.eventTime;
    time.append(...instant(event.eventTime));
    cell("time").append(time);
    const address = new URL(table.dataset.record, location.href);
    address.pathname += encodeURIComponent(event.eventID);
    address.searchParams.set("at", event.number);
    cell("name").href = address;
    for (const word of event.eventName.split(/(?=[A-Z])/)) cell("name").append(word, document.createElement("wbr"));
    cell("access").hidden = !event.readOnly;
    cell("user").append(cut(event.userName));
    cell("source").textContent = event.eventSource.replace(".amazonaws.com", "");
    cell("resource").append(...event.resourceNames.map(cut));
    cell("outcome").textContent = event.errorCode || "ok";
    cell("outcome").className = `status ${event.errorCode ? "bad" : "good"}`;
    cell("where").textContent = `${event.accountId} · ${event.awsRegion}`;
    row.classList.add("fresh");
    return row;
  }

  // An ARN by what it names, anything else as it is; in full when pointed at.
  function cut(name) {
    const shown = document.createElement("span");
    shown.className = "cut";
    shown.title = name;
    shown.textContent = name.startsWith("arn:") ? name.split(":").slice(5).join(":") : name;
    return shown;
  }

  function say(text) {
    said.textContent = text;
  }
}
