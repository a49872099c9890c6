// Keys for those who live at the desk. Every page works without this file; keys can be switched off (WCAG 2.1.4).
"use strict";

(() => {
  const KEPT = "desk-keys";
  const rows = document.querySelector("[data-rows]");
  const judge = document.querySelector("[data-judge]");
  const help = document.querySelector("[data-keys]");
  const box = help && help.querySelector("[data-keys-on]");

  const remembered = () => {
    try { return localStorage.getItem(KEPT) !== "off"; } catch { return true; }
  };
  const remember = (on) => {
    try { localStorage.setItem(KEPT, on ? "on" : "off"); } catch { /* This browser keeps nothing: on until it leaves. */ }
  };
  if (help) {
    help.hidden = false;
    box.checked = remembered();
    box.addEventListener("change", () => remember(box.checked));
  }

  const follow = (selector) => {
    const link = document.querySelector(selector);
    if (link) link.click();
    return Boolean(link);
  };

  const step = (by) => {
    const links = [...rows.querySelectorAll(".name a")];
    const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    const wanted = links[here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by];
    if (wanted) wanted.focus();
    return Boolean(wanted);
  };
  const tick = () => {
    const row = document.activeElement.closest("tr");
    const mark = row && row.querySelector("input[type=checkbox]");
    if (mark) mark.click();
    return Boolean(mark);
  };
  const press = (selector) => {
    const input = judge.querySelector(selector);
    if (input) { input.click(); input.focus(); }
    return Boolean(input);
  };
  const confirmItem = (number) => {
    const items = judge.querySelectorAll("input[name=checklist]");
    if (!items[number - 1]) return false;
    items[number - 1].click();
    items[number - 1].focus();
    return true;
  };

  const inRows = { j: () => step(1), k: () => step(-1), x: tick };
  const inJudge = {
    a: () => press("input[value=approve]"),
    c: () => press("input[value=request_changes]"),
    r: () => press("input[value=reject]"),
  };
  const onPage = { n: () => follow("a[rel=next]"), u: () => follow("a[data-up]") };

  document.addEventListener("keydown", (event) => {
    if (!box || !box.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typed = event.target.matches("textarea, select, input:not([type=checkbox]):not([type=radio])");
    if (typed) return;
    const key = event.key.toLowerCase();
    let done = false;
    if (rows && inRows[key]) done = inRows[key]();
    else if (judge && inJudge[key]) done = inJudge[key]();
    else if (judge && /^[1-9]$/.test(key)) done = confirmItem(Number(key));
    else if (!rows && onPage[key]) done = onPage[key]();
    if (done) event.preventDefault();
  });
})();
