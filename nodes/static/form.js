/* The form, filled in with a script: it keeps itself as a draft, checks itself with the hub's schema, and grows rows.

   The page says what is needed: addresses in data-*, sentences in data-says. Without this file it works as well. */
"use strict";

window.CommonsForm = (() => {
  const form = document.getElementById("resource-form");
  if (!form) return null;
  document.documentElement.classList.add("scripted");
  const says = JSON.parse(form.dataset.says);
  const live = form.dataset.live.replace(/draft$/, "");
  const say = (name, values = {}) => says[name].replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");

  /* -- speaking with the node -------------------------------------------------------------------------- */

  const field = name => form.elements.namedItem(name);
  const token = () => field("csrf_token").value;

  async function renew() {
    const answer = await fetch("/live/token");
    if (answer.ok) field("csrf_token").value = (await answer.json()).token;
  }

  /* The node's answer; a node that was started anew knows no old token, so it is asked for another, once. */
  async function ask(address, body, options = {}) {
    let answer, said;
    for (const last of [false, true]) {
      try {
        answer = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token() }, ...options });
        said = await answer.json();
      } catch (error) {
        throw Object.assign(new Error(error.name === "NotReadableError" ? say("changed") : say("offline")), { lost: true });
      }
      if (answer.ok) return said;
      if (said.type?.endsWith("csrf_failed") && !last) await renew();
      else break;
    }
    throw Object.assign(new Error(said.detail), { said, status: answer.status });
  }

  /* What the form says, without the bytes of files: they go their own way. */
  function values() {
    const data = new FormData(form);
    data.delete("new-files");
    data.set("csrf_token", token());
    return data;
  }

  /* -- the draft --------------------------------------------------------------------------------------- */

  const kept = document.getElementById("kept");
  const notice = document.getElementById("script-notice");
  const DELAY = 2500;
  let timer = 0, running = false, again = false, stopped = form.dataset.overtaken === "yes", leaving = false;

  function changed() {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(keep, DELAY);
  }

  async function keep(over = false) {
    if (running) { again = true; return; }
    running = true;
    clearTimeout(timer);
    timer = 0;
    const data = values();
    if (over) data.set("over", "1");
    try {
      const said = await ask(live + "draft", data);
      field("revision").value = said.revision;
      kept.textContent = say("kept", { time: said.saved });
      // Whoever loads the page again gets the draft and no empty form.
      history.replaceState(null, "", location_of_draft());
      stopped = false;
      notice.hidden = true;
    } catch (error) {
      refused(error);
    }
    running = false;
    if (again && !stopped) { again = false; changed(); }
  }

  function refused(error) {
    if (error.said?.type?.endsWith("draft_overtaken")) {
      stopped = true;
      const mine = button(say("mine"), () => keep(true));
      const theirs = Object.assign(document.createElement("a"), { href: location_of_draft(), textContent: say("theirs") });
      notice.replaceChildren(Object.assign(document.createElement("p"), { textContent: error.message }), mine, " ", theirs);
      notice.hidden = false;
    } else if (error.said?.type?.endsWith("draft_spent")) {
      stopped = true;
      kept.textContent = error.message;
    } else {
      kept.textContent = say("unkept", { cause: error.message });
      clearTimeout(timer);
      timer = setTimeout(keep, 4 * DELAY);
    }
  }

  const location_of_draft = () => "/drafts/" + (field("record")?.value ?? live.split("/")[2]);

  function button(text, act, kind = "btn small") {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text, className: kind });
    made.addEventListener("click", act);
    return made;
  }

  /* A tab that goes away says its last words; what has been registered needs no draft. When it was only loaded
     anew, the page may come before those words have arrived, so it looks again. */
  const LEFT = "commons-left";
  addEventListener("pagehide", () => {
    if (!timer || stopped || leaving) return;
    sessionStorage.setItem(LEFT, location_of_draft());
    fetch(live + "draft", { method: "POST", body: values(), keepalive: true, headers: { "X-CSRFToken": token() } }).catch(() => {});
  });
  const last = sessionStorage.getItem(LEFT);
  sessionStorage.removeItem(LEFT);
  if (last && performance.getEntriesByType("navigation")[0]?.type === "reload") {
    setTimeout(async () => {
      const there = await fetch(last, { method: "HEAD" }).catch(() => null);
      if (there?.ok && !timer) { leaving = true; location.replace(last); }
    }, 700);
  }
  form.addEventListener("submit", () => { leaving = true; clearTimeout(timer); });

  /* In another language one goes on with what was typed, and not with an empty form. */
  for (const link of document.querySelectorAll('a[href^="/language/"]')) {
    link.addEventListener("click", async event => {
      if (stopped || !(timer || running || field("revision").value)) return;
      event.preventDefault();
      if (timer) await keep();
      while (running) await new Promise(done => setTimeout(done, 50));
      if (stopped || timer) return;
      location.assign(`${link.pathname}?next=${encodeURIComponent(location_of_draft())}`);
    });
  }

  /* -- faults ------------------------------------------------------------------------------------------ */

  const left = document.getElementById("left");
  const visited = new Set();
  let look = 0, looks = 0;

  /* The element that a place on the form is, with the span that says its faults. */
  function mark(place, sentences) {
    const element = document.getElementById(place);
    if (!element) return;
    let span = document.getElementById(place + "-fault");
    if (!span && !sentences.length) return;
    if (!span) span = spot(element);
    if (span.textContent !== sentences.join("")) {
      span.replaceChildren(...sentences.map(text => Object.assign(document.createElement("span"), { className: "fault", textContent: text })));
    }
    const ids = (element.getAttribute("aria-describedby") ?? "").split(" ").filter(id => id && id !== span.id);
    if (sentences.length) ids.push(span.id);
    element.setAttribute("aria-describedby", ids.join(" "));
    if (sentences.length) element.setAttribute("aria-invalid", "true");
    else element.removeAttribute("aria-invalid");
  }

  /* A span is there before it speaks: only then do screen readers say what comes into it. */
  function spot(element) {
    const span = Object.assign(document.createElement("span"), { className: "faults", id: element.id + "-fault" });
    span.setAttribute("aria-live", "polite");
    if (element.tagName === "FIELDSET") element.append(span);
    else if (element.parentElement.classList.contains("zone")) element.parentElement.append(span);
    else element.after(span);
    return span;
  }

  function name_of(place) {
    const element = document.getElementById(place);
    const part = element?.closest("[data-called]");
    if (part) return part.dataset.called;
    const label = element && (element.querySelector("legend") ?? form.querySelector(`label[for="${CSS.escape(place)}"]`));
    return (label?.firstChild?.textContent ?? place).trim();
  }

  function checking() {
    clearTimeout(look);
    look = setTimeout(check, 500);
  }

  async function check() {
    const mine = ++looks;
    let said;
    try {
      said = await ask(live + "faults", values());
    } catch { return; }
    if (mine !== looks) return;
    const by = new Map();
    for (const one of said.faults) by.set(one.place, [...(by.get(one.place) ?? []), one]);
    const open = new Set([...visited, ...[...form.querySelectorAll("[aria-invalid]")].map(one => one.id)]);
    for (const place of open) {
      mark(place, (by.get(place) ?? []).map(one => one.says));
    }
    tell([...by].filter(([, faults]) => faults.some(one => one.missing)).map(([place]) => place), by.size);
  }

  /* What is still to come, as links to where it goes. */
  function tell(places, faults) {
    left.hidden = false;
    if (!places.length) {
      left.textContent = faults ? "" : say("ready");
      left.className = "left good";
      return;
    }
    const [before, after] = says.left.split("{names}");
    const links = places.flatMap((place, at) => {
      const link = Object.assign(document.createElement("a"), { href: "#" + place, textContent: name_of(place) });
      return at ? [says.separator, link] : [link];
    });
    left.replaceChildren(before, ...links, after ?? "");
    left.className = "left";
  }

  form.addEventListener("focusout", event => {
    const element = event.target.closest("fieldset[id]:not(.rows)") ?? event.target;
    if (!element.id || element.closest("template, .questions") || element.type === "file") return;
    if (element.tagName === "FIELDSET" && element.contains(event.relatedTarget)) return;
    visited.add(element.id);
    if (!document.getElementById(element.id + "-fault") && "INPUT SELECT TEXTAREA FIELDSET".includes(element.tagName)) spot(element);
    checking();
  });

  /* A link into a part that is folded away opens it first. */
  form.addEventListener("click", event => {
    const link = event.target.closest('a[href^="#"]');
    const element = link && document.getElementById(link.hash.slice(1));
    if (!element) return;
    for (let part = element.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    event.preventDefault();
    element.focus();
    element.scrollIntoView({ block: "center" });
  });

  /* -- rows -------------------------------------------------------------------------------------------- */

  for (const group of form.querySelectorAll("[data-rows]")) {
    const adder = group.querySelector(".add"), pattern = group.querySelector("template");
    adder.addEventListener("click", event => {
      event.preventDefault();
      const number = group.querySelectorAll(":scope > .cells").length;
      const row = numbered(pattern, number);
      pattern.before(row);
      row.querySelector("input, select, textarea").focus();
    });
  }

  /* A copy of a pattern whose names and ids have their number. */
  function numbered(pattern, number) {
    const row = pattern.content.firstElementChild.cloneNode(true);
    for (const one of [row, ...row.querySelectorAll("*")]) {
      for (const name of ["id", "name", "for", "aria-describedby"]) {
        if (one.hasAttribute(name)) one.setAttribute(name, one.getAttribute(name).replace("__n__", number));
      }
    }
    return row;
  }

  form.addEventListener("input", () => { changed(); checking(); });
  form.addEventListener("change", () => { changed(); checking(); });
  if (form.dataset.fresh === "no" || field("revision").value) checking();

  return { form, field, say, says, ask, live, values, changed, checking, keep, numbered, button, name_of, location_of_draft };
})();
