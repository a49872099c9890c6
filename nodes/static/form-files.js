/* Files of the form: dropped or chosen, sent to the node at once and in pieces, tried again where they broke off. */
"use strict";

(() => {
  const commons = window.CommonsForm;
  if (!commons) return;
  const { form, say, says, ask, field, changed, checking, numbered, button, location_of_draft } = commons;
  const PIECE = 8 * 1024 * 1024, AT_ONCE = 3, MOST = 200, TRIES = 4;
  const drop = document.getElementById("drop"), list = document.getElementById("file-list");
  const pattern = document.getElementById("file-pattern"), chooser = document.getElementById("new-files");
  const uploads = form.dataset.uploads, contents = form.dataset.contents;
  const waiting = [], jobs = new Set();
  let active = 0, next = list.querySelectorAll(":scope > li").length;

  /* -- choosing ---------------------------------------------------------------------------------------- */

  const folder = Object.assign(document.createElement("input"), { type: "file", multiple: true, hidden: true });
  folder.webkitdirectory = true;
  /* A button takes the chooser's place, and its name: what is wrong with the files is said there. */
  const opener = button(say("choose"), () => chooser.click(), "btn");
  Object.assign(chooser, { id: "chosen", tabIndex: -1 });
  opener.id = "new-files";
  const zone = document.createElement("div");
  zone.className = "zone";
  zone.append(
    Object.assign(document.createElement("p"), { textContent: say("drop") }),
    opener,
    button(say("folder"), () => folder.click(), "btn quiet"),
    folder,
  );
  const message = Object.assign(document.createElement("p"), { className: "fault", hidden: true });
  message.setAttribute("role", "alert");
  form.querySelector(".chooser-files").before(zone, message);
  form.querySelector(".chooser-files").classList.add("visually-hidden");
  form.querySelector(".chooser-files").setAttribute("aria-hidden", "true");
  field("new-role").tabIndex = -1;
  const fault = document.getElementById("new-files-fault");
  if (fault) zone.append(fault);
  /* What the chooser holds goes its own way: it must not be sent a second time with the form. */
  for (const one of [chooser, folder]) {
    one.addEventListener("change", event => {
      event.stopPropagation();
      add([...one.files]);
      one.value = "";
    });
  }

  let over = 0;
  const shows = event => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragenter", event => { if (shows(event)) { over += 1; drop.classList.add("over"); } });
  addEventListener("dragleave", event => { if (shows(event) && !(over -= 1)) drop.classList.remove("over"); });
  addEventListener("dragover", event => { if (shows(event)) event.preventDefault(); });
  addEventListener("drop", async event => {
    if (!shows(event)) return;
    event.preventDefault();
    over = 0;
    drop.classList.remove("over");
    const entries = [...event.dataTransfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean);
    const found = entries.length ? (await Promise.all(entries.map(within))).flat() : [...event.dataTransfer.files];
    add(found);
  });

  /* All files of an entry, a folder's in the order of their names. */
  async function within(entry) {
    if (entry.isFile) return new Promise(done => entry.file(file => done([Object.assign(file, { place: entry.fullPath })]), () => done([])));
    const reader = entry.createReader(), inside = [];
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed)).catch(() => []);
      if (!some.length) break;
      inside.push(...some);
    }
    inside.sort((a, b) => a.name.localeCompare(b.name, "zh", { numeric: true }));
    return (await Promise.all(inside.map(within))).flat();
  }

  const hidden = name => name.startsWith(".") || ["Thumbs.db", "desktop.ini"].includes(name);
  const folded = name => name.normalize("NFC").toLowerCase();
  const names = (but = null) => new Set([...list.querySelectorAll('input[name$="-name"]')].filter(one => one !== but).map(one => folded(one.value)));
  const brought = new Map();
  const place = file => (file.place ?? file.webkitRelativePath).replace(/^\//, "");
  const same = (a, b) => a.name === b.name && a.size === b.size && a.lastModified === b.lastModified
    && (!place(a) || !place(b) || place(a) === place(b));

  /* Files of different folders may be called the same: the later one gets a number, as file managers do it. */
  function numbered_name(name, there) {
    const [, stem, suffix] = name.match(/^(.+?)(\.[^.]{1,10})?$/su) ?? [, name, ""];
    let made = name;
    for (let number = 2; there.has(folded(made)); number += 1) made = `${stem} (${number})${suffix ?? ""}`;
    return made;
  }

  function add(files) {
    const told = [], there = names();
    for (const file of files.filter(one => !hidden(one.name))) {
      if ([...brought].some(([row, one]) => row.isConnected && same(one, file))) { told.push(say("twice", { name: file.name })); continue; }
      if (list.children.length >= MOST) { told.push(say("many", { max: MOST, extra: files.length - files.indexOf(file) })); break; }
      const name = numbered_name(file.name, there);
      there.add(folded(name));
      brought.set(show(file, name), file);
    }
    message.textContent = told.slice(0, 3).join(" ");
    message.hidden = !told.length;
    go();
  }

  /* -- one file ---------------------------------------------------------------------------------------- */

  function show(file, called) {
    const row = numbered(pattern, next++);
    row.querySelector('input[name$="-name"]').value = called;
    row.querySelector('select[name$="-role"]').value = role_of(file.name);
    row.querySelector(".suffix").textContent = (file.name.match(/\.([^.]{1,5})$/)?.[1] ?? "").toUpperCase();
    const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
    const state = Object.assign(document.createElement("span"), { className: "meta state-of-file", textContent: say("waiting") });
    bar.setAttribute("aria-label", file.name);
    row.querySelector(".says").append(state, bar);
    list.append(row);
    list.hidden = false;
    // Not a part of the form until all of it is here: a draft names only files that there are.
    for (const one of row.querySelectorAll("[name]")) one.disabled = true;
    const job = { file, called, row, bar, state, key: "", at: 0, ...broken_off(file) };
    jobs.add(job);
    removable(row, job);
    waiting.push(job);
    changed();
    return row;
  }

  const role_of = name => /\.(vtt|srt)$/i.test(name) ? "caption" : /^(cover|封面)\b/i.test(name) ? "cover" : "main";

  function removable(row, job) {
    const remove = button(say("remove"), () => {
      if (job) job.gone = true;
      const other = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      list.hidden = !list.children.length;
      (other?.querySelector("input:not([type=hidden])") ?? opener).focus();
      changed();
      checking();
    }, "btn quiet small");
    remove.setAttribute("aria-label", `${say("remove")} ${row.querySelector('input[name$="-name"]').value}`);
    row.querySelector(".keep").after(remove);
  }
  for (const row of list.querySelectorAll(":scope > li")) removable(row);

  function go() {
    while (active < AT_ONCE && waiting.length) {
      active += 1;
      const job = waiting.shift();
      send(job).catch(error => failed(job, error)).finally(() => { active -= 1; go(); if (!active) settled(); });
    }
  }

  const body = values => new URLSearchParams(values);

  async function send(job) {
    const begun = job.key;
    try {
      await all(job);
    } catch (error) {
      // What broke off long ago is not there any more.
      if (!begun || error.status !== 404) throw error;
      Object.assign(job, { key: "", at: 0 });
      await all(job);
    }
    jobs.delete(job);
  }

  async function all(job) {
    if (job.gone) return;
    const { file } = job;
    job.state.textContent = say("sending", { percent: Math.floor(100 * job.at / (file.size || 1)) });
    if (!job.key) job.key = (await ask(uploads, body({ name: file.name, size: file.size }))).key;
    while (job.at < file.size && !job.gone) {
      await piece(job);
      job.bar.value = job.at / file.size;
      job.state.textContent = say("sending", { percent: Math.floor(100 * job.at / file.size) });
    }
    if (job.gone) return;
    const kept = await ask(`${uploads}/${job.key}/finished`, body({}));
    // A name that some system could not hold has become one that all can.
    const name = job.row.querySelector('input[name$="-name"]');
    if (name.value === job.called && kept.name !== file.name) name.value = numbered_name(kept.name, names(name));
    job.row.querySelector('input[name$="-key"]').value = "upload:" + job.key;
    for (const one of job.row.querySelectorAll("[name]")) one.disabled = false;
    job.state.textContent = say("reading");
    changed();
    await told(job);
  }

  /* One piece; when the line breaks, again after a while, from where the node has got to. */
  async function piece(job) {
    for (let tried = 1; ; tried += 1) {
      let data;
      try {
        data = await job.file.slice(job.at, job.at + PIECE).arrayBuffer();
      } catch { throw new Error(say("changed")); }
      try {
        job.at = (await ask(`${uploads}/${job.key}?offset=${job.at}`, data)).received;
        return;
      } catch (error) {
        if (error.said?.type?.endsWith("piece_misplaced")) { job.at = error.said.received; return; }
        if (!error.lost || tried === TRIES) throw error;
        await new Promise(done => setTimeout(done, 700 * 2 ** tried));
      }
    }
  }

  async function told(job) {
    const line = job.row.querySelector(".says");
    try {
      const said = await ask(`${uploads}/${job.key}/facts`, body({}));
      line.textContent = said.says;
      job.row.querySelector(".alt").hidden = !said.alt;
      if (said.picture || said.film) picture(job, said);
    } catch {
      line.textContent = say("here");
    }
  }

  function picture(job, said) {
    const made = document.createElement(said.picture ? "img" : "video");
    Object.assign(made, { src: `${contents}upload:${job.key}${said.film ? "#t=0.1" : ""}`, width: 96, height: 72, alt: "", preload: "metadata", muted: true });
    made.addEventListener("error", () => made.replaceWith(job.row.querySelector(".suffix") ?? ""));
    job.row.querySelector(".shot").replaceChildren(made);
  }

  function failed(job, error) {
    if (job.gone) return;
    const text = Object.assign(document.createElement("span"), { className: "fault", textContent: say("failed", { cause: error.message }) });
    const line = job.row.querySelector(".says");
    line.replaceChildren(text, button(say("again"), () => {
      // What changed since begins anew; what the line broke off goes on.
      if (!error.lost) Object.assign(job, { key: "", at: 0 });
      line.replaceChildren(job.state, job.bar);
      waiting.push(job);
      go();
    }, "btn quiet small"));
    line.setAttribute("role", "alert");
  }

  function settled() {
    checking();
    form.dispatchEvent(new CustomEvent("files-read"));
  }

  /* -- what broke off ---------------------------------------------------------------------------------- */

  /* A page that goes away cannot take files along: it notes how far they got, and whoever chooses them again goes on. */
  const NOTED = "commons-unfinished";
  const unfinished = JSON.parse(localStorage.getItem(NOTED) ?? "[]");
  const note = () => localStorage.setItem(NOTED, JSON.stringify(unfinished.slice(-MOST)));

  function broken_off(file) {
    const at = unfinished.findIndex(one => one.name === file.name && one.size === file.size && one.modified === file.lastModified);
    if (at < 0) return {};
    const [{ key, at: got }] = unfinished.splice(at, 1);
    note();
    return { key, at: got };
  }

  addEventListener("pagehide", () => {
    for (const { file, key, at, gone } of jobs) {
      if (key && !gone) unfinished.push({ name: file.name, size: file.size, modified: file.lastModified, key, at, draft: location_of_draft() });
    }
    if (jobs.size) note();
  });
  const ours = unfinished.filter(one => one.draft === location_of_draft()).map(one => one.name);
  if (ours.length) {
    message.textContent = say("unfinished", { names: ours.join(says.separator) });
    message.hidden = false;
  }

  /* -- leaving ----------------------------------------------------------------------------------------- */

  const busy = () => active > 0 || waiting.length > 0;
  addEventListener("beforeunload", event => { if (busy()) event.preventDefault(); });
  form.addEventListener("submit", event => {
    if (!busy()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    message.textContent = say("busy");
    message.hidden = false;
    message.scrollIntoView({ block: "center" });
  }, true);
})();
